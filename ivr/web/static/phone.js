// The handset: one screen, one pad, two ways to dial.
import {Call} from "./call.js";
import {Ussd} from "./ussd.js";

const at = (id) => document.getElementById(id);
const line = at("line"), screen = at("screen"), page = at("page"), fill = at("fill"), size = at("size"), clock = at("clock"), note = at("note");
const form = at("dial"), input = at("input"), send = at("send"), pad = at("pad"), cancel = at("cancel"), erase = at("erase"), log = at("log");
const limits = {idle: Number(document.body.dataset.idle), total: Number(document.body.dataset.total)};
const names = {gsm7: "GSM-7", ucs2: "UCS-2"};
const BLANK = "\u00a0";
let begun = 0, busy = false, secret = false;

const mode = () => document.querySelector("input[name=mode]:checked").value;
const minutes = (seconds) => { const whole = Math.ceil(seconds); return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`; };

function tell(text, kind = "") {
  note.textContent = text || BLANK;
  note.className = `note ${kind}`;
  note.title = text;
}

function write(kind, what, side = "") {
  const row = document.createElement("li"), time = document.createElement("time"), text = document.createElement("span"), small = document.createElement("small");
  row.className = kind;
  time.textContent = `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  text.className = "what";
  text.textContent = what;
  small.textContent = side;
  row.append(time, text, small);
  log.append(row);
  log.scrollTop = log.scrollHeight;
}

function measure(length, limit, encoding) {
  fill.max = limit || 182;
  fill.value = length;
  size.textContent = limit ? `${names[encoding] ?? encoding} ${length}/${limit}` : BLANK;
}

const ussd = new Ussd(limits, {
  page(row, over) {
    page.textContent = row.text;
    page.lang = row.language;
    screen.scrollTop = 0;
    measure(row.length, row.limit, row.encoding);
    const charged = Number(row.fee) > 0 ? `charged ${row.fee}` : "";
    write("page", row.text, [`${names[row.encoding] ?? row.encoding} ${row.length}/${row.limit}`, charged].filter(Boolean).join(" · "));
    for (const sms of row.messages) write("sms", sms.text, `${sms.flash ? "flash SMS" : "SMS"} from ${sms.from}`);
    secret = row.secret;
    tell([charged, over ? "Session ended" : ""].filter(Boolean).join(" · "), charged ? "fee" : "");
    if (over) clock.textContent = BLANK;
  },
  clock(idle, total) { clock.textContent = `reply ${minutes(idle)} · session ${minutes(total)}`; },
  over(why) { clock.textContent = BLANK; write("note", why); tell(why, "bad"); secret = false; face(); },
});

const call = new Call({
  said(row, begins) {
    if (begins) {
      page.textContent = row.said;
      write("page", row.said, row.language);
    } else if (row.said) {
      page.textContent += ` ${row.said}`;
      log.lastElementChild.querySelector(".what").textContent = page.textContent;
    }
    page.lang = row.language;
    screen.scrollTop = begins ? 0 : screen.scrollHeight;
    size.textContent = row.language ? `speaks ${row.language}` : BLANK;
    clock.textContent = "♪ playing";
  },
  waiting(left) { clock.textContent = `waits for a key ${minutes(left)}`; },
  quiet() { clock.textContent = BLANK; },
  over(why) { clock.textContent = BLANK; write("note", why); tell(why); face(); },
});

/** Make the controls fit what is going on. */
function face() {
  const calling = mode() === "call", open = ussd.open || call.open;
  send.textContent = open && !calling ? "Send" : calling ? "Call" : "Dial";
  send.disabled = busy || call.open;
  input.readOnly = call.open;
  input.type = secret && ussd.open ? "password" : "text";
  input.inputMode = calling || !open ? "tel" : "text";
  input.placeholder = open ? (calling ? "" : "Reply") : calling ? "2112" : "*111#";
  input.setAttribute("aria-label", open && !calling ? "Reply" : calling ? "Number to call" : "Code to dial");
  cancel.textContent = calling ? "Hang up" : "Cancel";
  cancel.disabled = !open;
  line.disabled = open || busy;
  for (const radio of document.querySelectorAll("input[name=mode]")) if (!radio.dataset.off) radio.disabled = open || busy;
  for (const button of at("dials").children) button.disabled = open || busy;
  screen.classList.toggle("busy", busy);
}

/** Run one exchange with the server; a refusal is told in the note. */
async function exchange(work) {
  if (busy) return;
  busy = true;
  tell("");
  face();
  try {
    await work();
  } catch (fault) {
    tell(fault.message, "bad");
  } finally {
    busy = false;
    face();
  }
}

function dial(text) {
  return exchange(async () => {
    log.replaceChildren();
    begun = performance.now();
    page.textContent = "";
    measure(0, 0, "");
    write("sent", text);
    if (mode() === "call") await call.dial(text, line.value);
    else await ussd.dial(text, line.value);
    input.value = "";
  });
}

function reply(text) {
  return exchange(async () => {
    write("sent", secret ? "•".repeat(text.length) : text);
    input.value = "";
    await ussd.send(text);
  });
}

function press(key) {
  const button = pad.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("down");
  setTimeout(() => button.classList.remove("down"), 120);
  if (call.open) {
    write("sent", key);
    call.press(key).catch((fault) => tell(fault.message, "bad"));
  } else {
    input.setRangeText(key, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, "end");
  }
}

async function giveUp() {
  const calling = call.open;
  if (!calling && !ussd.open) return;
  secret = false;
  clock.textContent = BLANK;
  write("note", calling ? "Hung up" : "Cancelled");
  try {
    await (calling ? call.hangUp() : ussd.cancel());
    tell(calling ? "Hung up" : "Session cancelled");
  } catch (fault) {
    tell(fault.message, "bad");
  }
  input.value = "";
  face();
}

function suggest() {
  const dials = (line.selectedOptions[0]?.dataset.dials ?? "").split(" ").filter(Boolean);
  at("dials").replaceChildren(...dials.map((code) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = code;
    button.onclick = () => {
      if (ussd.open || call.open || busy) return;
      // A code with a hash is USSD, a bare number a call.
      const wanted = document.querySelector(`input[name=mode][value=${code.endsWith("#") ? "ussd" : "call"}]`);
      if (wanted.disabled) return tell("Voice is off here", "bad");
      wanted.checked = true;
      input.value = code;
      dial(code);
    };
    return button;
  }));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (call.open) return;
  if (ussd.open) reply(input.value);
  else if (text) dial(text);
});
pad.addEventListener("click", (event) => { const key = event.target.dataset.key; if (key) press(key); });
erase.addEventListener("click", () => { if (!input.readOnly) input.value = input.value.slice(0, -1); });
cancel.addEventListener("click", giveUp);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") giveUp();
  else if (/^[0-9*#]$/.test(event.key) && !event.repeat && (call.open || (document.activeElement !== input && document.activeElement !== line))) {
    event.preventDefault();
    press(event.key);
  }
});
for (const radio of document.querySelectorAll("input[name=mode]")) {
  if (radio.disabled) radio.dataset.off = "1";
  radio.addEventListener("change", face);
}
line.addEventListener("change", suggest);
// The network notices a phone that is switched off; so does the server a page that is closed.
addEventListener("pagehide", () => { ussd.cancel("aborted", true).catch(() => {}); call.hangUp(true).catch(() => {}); });

const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
at("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  const next = dark ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
});
suggest();
face();
