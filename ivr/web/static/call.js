// One voice call. The server says what happens when it happens; here it is played and shown. `show` is told what changed.
import {post} from "./api.js";

export class Call {
  #id = null;
  #source = null;
  #queue = [];       // rows that began before the sound of an earlier one had ended here
  #sound = null;
  #fresh = true;     // the next words begin a new caption
  #ended = false;
  #deadline = 0;     // of the wait for a key, by performance.now()
  #ticker = 0;

  /** `show`: {said(row, begins), waiting(seconds left), quiet(), over(why)}. */
  constructor(show) {
    this.show = show;
  }

  get open() { return this.#id !== null; }

  /** Call `number` from `msisdn`. */
  async dial(number, msisdn) {
    const {call} = await post("/api/call", {number, msisdn});
    this.#id = call;
    this.#queue = [];
    this.#fresh = true;
    this.#ended = false;
    // Events carry ids: after a lost connection the browser asks for what followed the last one.
    this.#source = new EventSource(`/api/call/${call}/events`);
    this.#source.onmessage = (message) => this.#happens(JSON.parse(message.data));
  }

  /** One key, now. Whether it cuts the sound short is the menu's to say: the server sends `cut`. */
  async press(key) {
    if (this.open) await post(`/api/call/${this.#id}/press`, {key});
  }

  /** Put the receiver down. */
  async hangUp(last = false) {
    const id = this.#id;
    if (id === null) return;
    this.#close();
    await post(`/api/call/${id}/hangup`, {}, last);
  }

  #happens(row) {
    if (row.state === "playing") {
      clearInterval(this.#ticker);
      this.#deadline = 0;
      this.#queue.push({...row, begins: this.#fresh});
      this.#fresh = false;
      if (this.#sound === null) this.#play();
    } else if (row.state === "cut") {
      this.#hush();
      this.#fresh = true;
      this.show.quiet();
    } else if (row.state === "waiting") {
      this.#fresh = true;
      this.#deadline = performance.now() + row.seconds * 1000;
      if (this.#sound === null) this.#wait();
    } else if (row.state === "ended") {
      this.#ended = true;
      if (this.#sound === null) this.#over();
    }
  }

  #play() {
    const row = this.#queue.shift();
    if (row === undefined) {
      this.#sound = null;
      if (this.#ended) this.#over();
      else if (this.#deadline > performance.now()) this.#wait();
      else this.show.quiet();
      return;
    }
    // A sound that goes on where a key had stopped it brings no new words.
    if (row.begin === 0 || row.begins) this.show.said(row, row.begins);
    this.#one(row, 0);
  }

  #one(row, at) {
    const file = row.files[at];
    if (file === undefined) return this.#play();
    const sound = new Audio(`/prompts/${file.split("/").map(encodeURIComponent).join("/")}.wav`);
    this.#sound = sound;
    const next = () => { if (this.#sound === sound) this.#one(row, at + 1); };
    if (at === 0 && row.begin > 0) sound.currentTime = row.begin;
    sound.onended = next;
    sound.onerror = next;
    // A browser that refuses to play still gets the words, for as long as the sound would last.
    sound.play().catch(() => { if (!sound.error) setTimeout(next, row.seconds * 1000); });
  }

  #wait() {
    clearInterval(this.#ticker);
    const look = () => {
      const left = (this.#deadline - performance.now()) / 1000;
      this.show.waiting(Math.max(0, left));
      if (left <= 0) clearInterval(this.#ticker);
    };
    this.#ticker = setInterval(look, 200);
    look();
  }

  #hush() {
    clearInterval(this.#ticker);
    this.#queue = [];
    const sound = this.#sound;
    this.#sound = null;
    sound?.pause();
  }

  #over() {
    this.#close();
    this.show.over("The call is over");
  }

  #close() {
    this.#id = null;
    this.#source?.close();
    this.#hush();
  }
}
