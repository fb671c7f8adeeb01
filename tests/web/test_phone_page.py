"""The phone page in a real browser: USSD on the pad and by keyboard, a call with barge-in, looks in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.chromium import Chromium
from tests.web.fakes import MENU
from tests.web.test_server import Running

ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"

CONTRAST = """(() => {
  const parse = (text) => { const n = text.match(/[0-9.]+/g).map(Number); return {rgb: n.slice(0, 3), a: n[3] ?? 1}; };
  const light = (rgb) => { const [r, g, b] = rgb.map((c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb; } return [255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.offsetParent || e.disabled || e.closest('option, :disabled') || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color).rgb), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push(`${e.tagName}#${e.id}.${e.className} ${ratio.toFixed(2)}`);
  }
  return poor;
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as one:
        yield one


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = Running(tmp_path_factory.mktemp("phone") / "prompts")
    yield f"{running.address}/"
    running.stop()


@pytest.fixture
def phone(browser: Chromium, address: str) -> Iterator[Chromium]:
    browser.problems.clear()
    browser.size(1100, 900)
    browser.open(address)
    browser.until("document.querySelectorAll('#dials button').length === 2")
    yield browser
    assert browser.problems == []


def dial(phone: Chromium, keys: str) -> None:
    for key in keys:
        phone.click(f'#pad [data-key="{key}"]')


def test_ussd_on_the_pad(phone: Chromium) -> None:
    before = phone.run("document.querySelector('.phone').getBoundingClientRect().height")
    dial(phone, "*111#")
    assert phone.run("document.querySelector('#input').value") == "*111#"
    phone.click("#send")
    phone.until("document.querySelector('#page').textContent.startsWith('Balansiniz')")
    assert phone.run("document.querySelector('#page').textContent") == MENU
    assert phone.run("document.querySelector('#size').textContent") == f"GSM-7 {len(MENU)}/182"
    assert phone.run("document.querySelector('#clock').textContent") == "reply 1:00 · session 3:00"
    phone.picture(ARTIFACTS / "phone.png")
    dial(phone, "1")
    phone.click("#send")
    phone.until("document.querySelector('#page').textContent.includes('ədəd')")
    assert phone.run("document.querySelector('#note').textContent") == "charged 0.10"
    assert phone.run("document.querySelector('#size').textContent").startswith("UCS-2")
    assert "Paketiniz: 1500 MB" in phone.run("document.querySelector('#log').innerText")
    phone.picture(ARTIFACTS / "phone-charged.png")
    assert phone.run("document.querySelector('.phone').getBoundingClientRect().height") == before
    phone.click("#cancel")
    phone.until("document.querySelector('#note').textContent === 'Session cancelled'")
    assert phone.run("document.querySelector('#send').textContent") == "Dial"


def test_ussd_by_keyboard_and_a_secret(phone: Chromium) -> None:
    for key in "*111#":
        phone.key(key)
    phone.run("document.querySelector('#input').focus()")
    phone.key("Enter")
    phone.until("document.querySelector('#page').textContent.startsWith('Balansiniz')")
    phone.key("2")
    phone.key("Enter")
    phone.until("document.querySelector('#page').textContent === 'Password'")
    assert phone.run("document.querySelector('#input').type") == "password"
    for key in "4711":
        phone.key(key)
    phone.key("Enter")
    phone.until("document.querySelector('#note').textContent.includes('Session ended')")
    # The reply itself is masked; only what the menu says back is shown.
    assert phone.run("[...document.querySelectorAll('#log .sent .what')].map((e) => e.textContent)") == ["*111#", "2", "••••"]
    assert phone.run("document.querySelector('#input').type") == "text"


def test_a_limit_of_the_network_ends_the_session(phone: Chromium) -> None:
    phone.run("document.querySelector('#dials button').click()")
    phone.until("document.querySelector('#page').textContent.startsWith('Balansiniz')")
    # A minute passes: the page's clock is the only one that may be put forward.
    phone.run("(() => { const now = performance.now.bind(performance); performance.now = () => now() + 61000; })()")
    phone.until("document.querySelector('#note').textContent === 'Session ended by the network: no reply in 60 s'")
    assert phone.run("document.querySelector('#cancel').disabled")


def test_a_call(phone: Chromium) -> None:
    phone.click(".modes input[value=call] + span")
    dial(phone, "2112")
    phone.click("#send")
    phone.until("document.querySelector('#page').textContent.startsWith('Balansınız on iki')")
    phone.until("document.querySelector('#clock').textContent.includes('playing')")
    phone.picture(ARTIFACTS / "phone-call.png")
    phone.until("document.querySelector('#page').textContent === 'Balansınız on iki manat otuz dörd qəpik.'")
    # While it plays (two seconds of sound), a key interrupts.
    phone.key("5")
    phone.until("document.querySelector('#page').textContent === 'Siz 5 düyməsini basdınız.'", 1.5)
    phone.until("document.querySelector('#clock').textContent.startsWith('waits for a key')", 3)
    phone.until("document.querySelector('#page').textContent === 'Eşidilmədi.'", 3)
    phone.click('#pad [data-key="0"]')
    phone.until("document.querySelector('#note').textContent === 'The call is over'")
    assert phone.run("document.querySelector('#send').disabled") is False


def test_the_browser_can_play_a_prompt(phone: Chromium) -> None:
    load = "new Promise((done) => { const a = new Audio('/prompts/tone.wav'); a.oncanplaythrough = () => done(a.duration); a.onerror = () => done(a.error.message); })"
    assert phone.run(load) == 1


def test_hang_up_with_escape(phone: Chromium) -> None:
    phone.click(".modes input[value=call] + span")
    dial(phone, "650")
    phone.click("#send")
    phone.until("document.querySelector('#page').textContent !== ''")
    phone.key("Escape")
    phone.until("document.querySelector('#note').textContent === 'Hung up'")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1100, 390, 320])
def test_looks(phone: Chromium, dark: bool, width: int) -> None:
    phone.size(width, 900 if width > 400 else 844, dark, phone=width < 400)
    phone.run("document.querySelector('#dials button').click()")
    phone.until("document.querySelector('#page').textContent.startsWith('Balansiniz')")
    phone.picture(ARTIFACTS / f"phone-{width}-{'dark' if dark else 'light'}.png")
    assert phone.run("document.documentElement.scrollWidth") <= width
    assert phone.run(CONTRAST) == []
    if width < 400:
        smallest = "Math.min(...[...document.querySelectorAll('#pad button')].map((e) => e.getBoundingClientRect().height))"
        assert phone.run(smallest) >= 44
    phone.key("Escape")
    phone.until("document.querySelector('#note').textContent === 'Session cancelled'")
