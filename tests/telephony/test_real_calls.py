"""Calls through a real Asterisk: who may call, what reaches the menus, what is heard."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.phones.agi_desk import AgiDesk
from tests.phones.fixtures import RealAsterisk
from tests.phones.listen import heard_in_order, is_heard
from tests.phones.rtp_phone import RtpPhone

AZ, TJ = "994501110001", "992931110001"
Prompt = Callable[[str, NDArray[np.float64]], str]
Speaker = Callable[..., NDArray[np.float64]]


@pytest.mark.parametrize(("line", "number"), [(AZ, "2112"), (AZ, "650"), (TJ, "202"), (TJ, "99999")])
def test_a_softphone_registers_and_its_call_reaches_the_menus(asterisk: RealAsterisk, desk: AgiDesk, line: str, number: str) -> None:
    with asterisk.phone(line) as phone:
        assert phone.register() == 200
        call = phone.dial(number, wait=False)
        with desk.call() as agi:
            assert agi.environment["agi_network_script"] == "ivr"
            assert agi.environment["agi_arg_1"] == number
            assert agi.environment["agi_arg_2"] == line
            assert agi.environment["agi_uniqueid"]
            assert call.status == 0, "nothing answers but the menus"
            assert agi.ask("ANSWER") == "200 result=0"
            assert call.wait_answered()
        assert call.wait_ended(), "when the menus are done the call ends"


def test_a_wrong_password_is_refused(asterisk: RealAsterisk, desk: AgiDesk) -> None:
    with asterisk.phone(AZ, password="guessed") as phone:
        assert phone.register() == 401
        assert phone.dial("2112").status == 401
    with asterisk.phone("994509999999", password="guessed") as phone:
        assert phone.dial("2112").status == 401
    with pytest.raises(queue.Empty):
        desk.call(timeout=0.3)


@pytest.mark.parametrize(
    ("claims", "dialled", "number"),
    [
        ("994501110002", "2112", "2112"),  # another line in the From header
        ("nobody", "2112", "2112"),
        (None, "650,994501110002", "650994501110002"),  # another line in the number: a comma parts the arguments of AGI
        (None, "2112)994501110002", "2112994501110002"),
        ("994501110002,1", "*111*1%23", "*111*1#"),
    ],
)
def test_nobody_calls_as_another(asterisk: RealAsterisk, desk: AgiDesk, claims: str | None, dialled: str, number: str) -> None:
    with asterisk.phone(AZ, claims=claims) as phone:
        phone.dial(dialled, wait=False)
        with desk.call() as agi:
            arguments = {name: value for name, value in agi.environment.items() if name.startswith("agi_arg")}
            assert arguments == {"agi_arg_1": number, "agi_arg_2": AZ}
            assert agi.environment["agi_callerid"] == AZ


@pytest.mark.parametrize(
    ("asserted", "line"),
    [
        ("<sip:+994501110003@exchange.example;user=phone>", "994501110003"),
        ('"994501110004 <sip:994501110005@a>" <sip:994501110003@exchange.example>', "994501110003"),
        ("sip:994501110003@exchange.example", "994501110003"),
        ("<tel:+994501110003>", "994501110003"),
        ("<tel:+994-50-111-00-03;phone-context=+994>", "994501110003"),
        ("<sip:994501110003@exchange.example>, <tel:+994501110003>", "994501110003"),
        ('"994501110005, <tel:+994501110005>" <tel:+994501110003>', "994501110003"),
    ],
)
def test_a_trunk_asserts_the_line(asterisk: RealAsterisk, desk: AgiDesk, asserted: str, line: str) -> None:
    header = [("P-Asserted-Identity", asserted)]
    with RtpPhone(asterisk.server, "994501110007", "", extra_headers=header, host="127.0.0.9") as exchange:
        exchange.dial("2112", wait=False)
        with desk.call() as agi:
            assert (agi.environment["agi_arg_1"], agi.environment["agi_arg_2"]) == ("2112", line)


@pytest.mark.parametrize("asserted", [None, "", "<sip:anonymous@anonymous.invalid>", '"994501110003" <sip:unknown@exchange.example>', ";"])
def test_a_trunk_call_without_an_assertion_is_refused(asterisk: RealAsterisk, desk: AgiDesk, asserted: str | None) -> None:
    header = [] if asserted is None else [("P-Asserted-Identity", asserted)]
    with RtpPhone(asterisk.server, "994501110007", "", extra_headers=header, host="127.0.0.9") as exchange:
        assert exchange.dial("2112").status == 403
    with pytest.raises(queue.Empty):
        desk.call(timeout=0.3)


def test_an_assertion_from_a_softphone_counts_for_nothing(asterisk: RealAsterisk, desk: AgiDesk) -> None:
    with asterisk.phone(AZ) as phone:
        phone.extra_headers.append(("P-Asserted-Identity", "<sip:994501110003@exchange.example>"))
        phone.dial("2112", wait=False)
        with desk.call() as agi:
            assert agi.environment["agi_arg_2"] == AZ


def test_without_the_menus_a_call_gets_congestion_at_once(asterisk: RealAsterisk) -> None:
    with asterisk.phone(AZ) as phone:
        begun = time.monotonic()
        call = phone.dial("2112")
        assert call.status == 503
        assert time.monotonic() - begun < 1.0
        assert call.first_packet_at is None


def test_keys_pressed_while_the_menus_are_busy_are_kept(asterisk: RealAsterisk, desk: AgiDesk) -> None:
    with asterisk.phone(AZ) as phone:
        call = phone.dial("2112", wait=False)
        with desk.call() as agi:
            agi.ask("ANSWER")
            assert agi.ask("GET VARIABLE KEYS") == "200 result=0"
            assert agi.ask("EXEC StoreDTMF RX,KEYS") == "200 result=0"
            assert call.wait_answered()
            call.press("7#", at=0.3)
            time.sleep(2.0)
            assert agi.ask("GET VARIABLE KEYS") == "200 result=1 (7#)"


def test_a_hang_up_is_told_out_of_band(asterisk: RealAsterisk, desk: AgiDesk) -> None:
    with asterisk.phone(AZ) as phone:
        call = phone.dial("2112", wait=False)
        with desk.call() as agi:
            agi.ask("ANSWER")
            assert call.wait_answered()
            begun = time.monotonic()
            call.hang_up()
            assert agi.line(timeout=2.0) == "HANGUP"
            assert time.monotonic() - begun < 1.0


def test_giving_up_before_the_answer(asterisk: RealAsterisk, desk: AgiDesk) -> None:
    with asterisk.phone(AZ) as phone:
        call = phone.dial("2112", wait=False)
        with desk.call() as agi:
            call.hang_up()
            assert agi.line(timeout=2.0) == "HANGUP"
        assert call.wait_ended()
        assert call.status == 487


def test_what_is_played_is_heard_in_order(asterisk: RealAsterisk, desk: AgiDesk, speak: Speaker, prompt: Prompt) -> None:
    words = ["your balance is twelve manats", "your balance is thirteen manats", "for bonuses press one"]
    sounds = [speak(text) for text in words]
    files = [prompt(f"p{number}", sound) for number, sound in enumerate(sounds)]
    with asterisk.phone(AZ) as phone:
        call = phone.dial("2112", wait=False)
        with desk.call() as agi:
            agi.ask("ANSWER")
            begun = time.monotonic()
            for name in (files[0], files[2]):
                assert agi.ask(f'STREAM FILE {name} ""').startswith("200 result=0 endpos=")
            assert call.wait_silence(0.3)
        assert call.first_audio_at is not None
        assert call.first_audio_at - begun < 0.2
        matches = heard_in_order(call.recording, [sounds[0], sounds[2]])
        assert [match.heard for match in matches] == [True, True]
        assert min(match.score for match in matches) > 0.8
        assert is_heard(call.recording, sounds[1]) < 0.5


def test_baresip_hears_the_prompt_and_its_keys_arrive(
    asterisk: RealAsterisk, desk: AgiDesk, speak: Speaker, prompt: Prompt, tmp_path: Path
) -> None:
    twelve, thirteen = speak("twelve manats"), speak("thirteen manats")
    with asterisk.baresip(TJ, tmp_path / "baresip") as phone:
        phone.wait_registered()
        phone.begin("202")
        with desk.call() as agi:
            assert agi.environment["agi_arg_2"] == TJ
            agi.ask("ANSWER")
            phone.wait_established()
            agi.ask("EXEC StoreDTMF RX,KEYS")
            agi.ask(f'STREAM FILE {prompt("twelve", twelve)} ""')
            phone.press("42#")
            time.sleep(0.3)
            assert agi.ask("GET VARIABLE KEYS") == "200 result=1 (42#)"
        phone.wait_ended()
    assert is_heard(phone.recording(), twelve) > 0.8
    assert is_heard(phone.recording(), thirteen) < 0.5
