"""The phone page in headless Chromium against the running server. IVR_RECORD_PICTURE=1 renews the README's picture."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.settings import ROOT
from tests.main_job.server import Server
from tests.web.chromium import Chromium

ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"
EN = "994501110003"
PAGE = "document.querySelector('#page').textContent"


@pytest.fixture
def phone(ussd_server: Server) -> Iterator[Chromium]:
    with Chromium() as browser:
        browser.size(1100, 900)
        browser.open(f"http://127.0.0.1:{ussd_server.port}/")
        browser.until("document.querySelectorAll('#dials button').length > 0")
        browser.run(
            f"(() => {{ const line = document.querySelector('#line'); line.value = '{EN}'; line.dispatchEvent(new Event('change')); }})()"
        )
        yield browser
        assert browser.problems == []


def press(phone: Chromium, keys: str) -> None:
    for key in keys:
        phone.click(f'#pad [data-key="{key}"]')


def test_dial_reply_and_see_the_menu(phone: Chromium) -> None:
    press(phone, "*111*1*7#")
    phone.click("#send")
    phone.until(f"{PAGE} === '0.91 AZN till 01.12.2026\\nSimSim\\nNo bonuses\\n0. Back\\n00. Menu'")
    assert phone.run("document.querySelector('#note').textContent") == "charged 0.10"
    press(phone, "0")
    phone.click("#send")
    phone.until(f"{PAGE} === 'Account\\n1. Balance\\n2. Last charges\\n7. Expiry, tariff, bonuses\\n0. Back\\n00. Menu'")
    phone.until("!document.querySelector('.down') && document.getAnimations().length === 0")
    phone.picture(ARTIFACTS / "main-job-ussd.png")
    if os.environ.get("IVR_RECORD_PICTURE") == "1":
        shutil.copyfile(ARTIFACTS / "main-job-ussd.png", ROOT / "docs" / "phone.png")
    phone.click("#cancel")
    phone.until("document.querySelector('#note').textContent === 'Session cancelled'")


def test_call_press_a_key_and_hang_up(phone: Chromium, ussd_server: Server) -> None:
    phone.click(".modes input[value=call] + span")
    press(phone, "2112")
    phone.click("#send")
    phone.until(f"{PAGE}.startsWith('Your balance is')")
    phone.until("document.querySelector('#clock').textContent.includes('playing')")
    phone.picture(ARTIFACTS / "main-job-call-1.png")
    begun = time.monotonic()
    press(phone, "1")
    phone.until(f"{PAGE}.startsWith('Your account')")
    print(f"the key is answered on the page after {time.monotonic() - begun:.2f} s")
    assert "Last charges: press two" in phone.run(PAGE)
    phone.picture(ARTIFACTS / "main-job-call-2.png")
    phone.click("#cancel")
    phone.until("document.querySelector('#note').textContent === 'Hung up'")
    phone.picture(ARTIFACTS / "main-job-call-3.png")
    ussd_server.wait_calls_over()
