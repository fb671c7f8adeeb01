"""What a scenario does, and that every expectation can fail, at its own place."""

from __future__ import annotations

import pytest

from ivr.scenarios.transcript import difference
from tests.scenarios.helping import LINE, POSTPAID, Folder, problems

GOOD = '- {dial: "*111*1*7#", see: ["12.24 AZN till 05.03.2027", GencOL], encoding: gsm7, charged: "0.10", ends: false}'


@pytest.mark.parametrize(
    ("wrong", "place", "message"),
    [
        ("see: 12.34 AZN", "7:34", 'should see "12.34 AZN"'),
        ("see: [GencOL, SimSim]", "7:43", 'should see "SimSim"'),
        ("page: GencOL", "7:35", "should show exactly this page"),
        ("encoding: ucs2", "7:39", "should be written in ucs2, not in gsm7"),
        ('charged: "0.11"', "7:38", "should charge 0.11, and charged 0.10"),
        ("ends: true", "7:35", "should end the session, and it goes on"),
        ("get: hello", "7:34", f'{LINE} should get "hello", and got no SMS'),
        ('told: {to: "994501110002", get: hello}', "7:61", '994501110002 should get "hello", and got no SMS'),
        ("hidden: [nothing, GencOL]", "7:47", 'must stay hidden, and stands in the page of step 1: "GencOL"'),
    ],
)
def test_an_expectation_that_is_not_met(folder: Folder, wrong: str, place: str, message: str) -> None:
    result = folder.one(f'- {{dial: "*111*1*7#", {wrong}}}')
    assert problems(result) == [f"{place} {message}"]


def test_what_is_met(folder: Folder) -> None:
    assert folder.one(GOOD).passed


def test_every_failure_of_a_step_and_no_later_step(folder: Folder) -> None:
    result = folder.one('- {dial: "*111#", see: [nix, nought], ends: true}\n- {press: "1", see: nothing}')
    assert [failure.message for failure in result.failures] == [
        'should see "nix"',
        'should see "nought"',
        "should end the session, and it goes on",
    ]
    assert len(result.played) == 1


def test_the_difference_shows_step_and_line(folder: Folder) -> None:
    result = folder.one('- {dial: "*111#"}\n- {press: "1", see: "1. Balanse"}')
    shown = difference(result.played, result.failures).split("\n")
    assert '  step 1  994501110001  dial: "*111#"' in shown
    marked = shown.index('> step 2  994501110001  press: "1"')
    assert "-     1. Balanse" in shown[marked:] and "+     1. Balance" in shown[marked:]
    assert "      2. Last charges" in shown[marked:]


def test_two_texts_that_are_like_one_line_are_both_shown(folder: Folder) -> None:
    result = folder.one('- {dial: "*111*1#", see: ["1. Balanse", "1. Balanze"], charged: "2"}')
    shown = difference(result.played, result.failures).split("\n")
    assert {"-     1. Balanse", "-     1. Balanze", "+     1. Balance", "-     (should charge 2, and charged 0)"} <= set(shown)
    assert "      (gsm7, en, waits)" in shown


def test_a_page_as_it_is(folder: Folder) -> None:
    page = '- dial: "*111*1#"\n  page: |-\n    Account\n    1. Balance\n    2. Last charges\n    7. Expiry, tariff, bonuses\n    0. Back\n    00. Menu'
    assert folder.one(page).passed
    assert not folder.one(page.replace("0. Back", "0.  Back")).passed


def test_white_space_is_folded_where_a_text_is_searched(folder: Folder) -> None:
    assert folder.one('- dial: "*111*1#"\n  see: |\n    1. Balance\n       2.  Last charges').passed


def test_a_scenario_leaves_nothing_to_the_next(folder: Folder) -> None:
    body = f'    line: "{LINE}"\n    language: en\n    steps:\n      {GOOD}\n'
    folder.write(f'now: "2026-11-22 12:00"\nscenarios:\n  one:\n{body}  two:\n{body}')
    assert [result.passed for result in folder.run()] == [True, True]


def test_steps_of_one_scenario_share_the_books(folder: Folder) -> None:
    assert folder.one(f'{GOOD}\n- {{dial: "*111*1*1#", see: "Balance: 12.14 AZN", charged: "0.10"}}').passed


def test_the_same_scenario_gives_the_same_twice(folder: Folder) -> None:
    folder.steps('- {call: "2112", hear: nix}')
    first, second = folder.run()[0], folder.run()[0]
    assert first.played == second.played and first.failures == second.failures


def test_words_of_a_call(folder: Folder) -> None:
    result = folder.one('- {call: "2112", hear: ["Your balance is twelve manats", Main menu.], heard: nix, charged: "0"}')
    assert problems(result) == ["7:84 should say exactly this"]
    assert folder.one('- {call: "2112", hear: twelwe manats}').failures[0].message == 'should hear "twelwe manats"'


def test_keys_typed_ahead(folder: Folder) -> None:
    result = folder.one('- {call: "2112", press: "11", hear: "Balance: twelve manats"}')
    assert result.passed, problems(result)
    # what a caller cut short by the second key is not heard
    assert "Your account. Balance: press one 2" not in " ".join(result.played[0].said)


def test_silence_and_hanging_up(folder: Folder) -> None:
    assert folder.one(
        '- {call: "2112"}\n- {silence: 2, hear: I did not hear a key., ends: false}\n- {silence: 1, hear: Goodbye., ends: true}'
    ).passed
    result = folder.one('- {call: "2112"}\n- {hang_up: true, ends: true}')
    assert "no session was asked" in result.failures[0].message


def test_time_passes_only_by_wait(folder: Folder) -> None:
    assert folder.one('- {dial: "*111#"}\n- {wait: 60s, press: "1", see: "1. Balance"}').passed
    assert folder.one('- {dial: "*111#"}\n- {wait: 61s, press: "1", see: The time is over., ends: true}').passed
    assert folder.one('- {dial: "*111#"}\n- {silence: 1}\n- {press: "1", see: The time is over.}').passed
    assert folder.one('- {wait: 12d}\n- {dial: "*111*3#", see: Your line expired on 01.12.2026.}', line="994501110003").passed


def test_now_is_the_operators_time_and_dates_count_from_it(folder: Folder) -> None:
    result = folder.one(
        '- {dial: "*111*1*7#", see: "12.24 AZN till 14.04.2027"}\n- {dial: "*111*1*2#", see: "01.01.2027 -0.10 AZN"}',
        'now: "2027-01-01 00:05"\nlanguage: en',
    )
    assert result.passed, problems(result)


def test_another_line_acts(folder: Folder) -> None:
    result = folder.one(
        f'- {{dial: "*111#", see: Account}}\n- {{as: "{POSTPAID}", dial: "*650#", see: "5.01 AZN"}}\n- {{press: "1", see: "1. Balance"}}'
    )
    assert result.passed, problems(result)


def test_language(folder: Folder) -> None:
    assert folder.one('- {dial: "*111#", see: "1. Hesab"}', "").passed
    assert folder.one('- {dial: "*111#", see: "1. Счёт"}', "language: ru").passed
    assert folder.one('- {dial: "*111#", see: is not served by Azercell.}', line="994509999999").passed
    # a language that is chosen in the scenario stays
    assert folder.one('- {dial: "*111*8*3#"}\n- {dial: "*111#", see: "1. Счёт"}').passed


@pytest.mark.parametrize(
    ("services", "seen", "charged"),
    [
        ("accounts.balance: unavailable", "We cannot answer now.", "0"),
        ("accounts.balance: late", "It takes longer than usual.", "0"),
        ("accounts.balance: {outcome: ok, gives: {expires: \"2030-01-31\", bonuses: [{left: 7 minute, until: \"2030-01-30\"}]}}", "till 31.01.2030 GencOL 7 minutes till 30.01.2030", "0.10"),
        ("accounts.funds: not_enough", "The fee is 0.10 AZN", "0"),
        ("accounts.charge: unavailable", "We cannot answer now.", "0"),
        ("line: unavailable", "", "0"),
    ],
)  # fmt: skip
def test_services_answer_as_programmed(folder: Folder, services: str, seen: str, charged: str) -> None:
    see = f', see: "{seen}"' if seen else ""
    result = folder.one(f'- {{dial: "*111*1*7#", charged: "{charged}"{see}}}', f"language: en\nservices: {{{services}}}")
    assert result.passed, problems(result)


def test_answers_in_turn(folder: Folder) -> None:
    again = '- {dial: "*111*1*1#", see: "Balance: 12.24 AZN"}'
    down = '- {dial: "*111*1*1#", see: We cannot answer now.}'
    assert folder.one(f"{down}\n{again}", "language: en\nservices: {accounts.balance: [unavailable]}").passed
    assert not folder.one(f"{down}\n{again}", "language: en\nservices: {accounts.balance: unavailable}").passed


def test_what_shall_be_hidden_stays_hidden_to_the_end(folder: Folder) -> None:
    result = folder.one('- {dial: "*111#", hidden: [GencOL]}\n- {press: "1"}\n- {press: "7", see: GencOL}')
    assert problems(result) == ['7:34 must stay hidden, and stands in the page of step 3: "GencOL"']
    result = folder.one('- {dial: "*111*1*7#"}\n- {press: "0", hidden: [GencOL]}')
    assert problems(result) == ['8:31 must stay hidden, and stands in the page of step 1: "GencOL"']
    # the log knows the menu
    assert "the log of step 1" in folder.one('- {dial: "*111*1*7#", hidden: ["menu=prepaid.balance"]}').failures[0].message


def test_sms(folder: Folder) -> None:
    result = folder.one(
        '- {sms: "2112", text: "", get: ["12.24 AZN till 05.03.2027", GencOL], encoding: gsm7, charged: "0.10", ends: true}'
    )
    assert result.passed, problems(result)
    result = folder.one('- {sms: "2112", get: SimSim}')
    assert problems(result) == [f'7:28 {LINE} should get "SimSim"']
    assert f"-     SMS to {LINE}: SimSim" in difference(result.played, result.failures).split("\n")
    # the same text once more is another SMS, and asked for anew
    assert folder.one('- {sms: "2112", charged: "0.10"}\n- {sms: "2112", charged: "0.10"}').passed


def test_an_sms_of_a_line_that_cannot_be_looked_up(folder: Folder) -> None:
    assert folder.one('- {sms: "2112", get: Hazirda, charged: "0"}', "services: {line: unavailable}").passed


def test_a_person(folder: Folder) -> None:
    call = '- {call: "650", press: "63", hear: we are connecting you}\n'
    assert folder.one(f"{call}- {{person: answered, ends: true}}", line=POSTPAID).passed
    assert folder.one(f"{call}- {{person: busy, hear: All operators are busy., ends: false}}", line=POSTPAID).passed
    assert folder.one(f"{call}- {{person: no_answer, hear: Nobody answered.}}", line=POSTPAID).passed


NOTICES = """\
serves: prepaid
not_served: For prepaid lines.
entries: [{ussd: "*444#", go: main}]
menus:
  main: {say: Main, choices: {"1": {label: Details, go: details}}}
  details: {say: Details of it}
notices:
  charged: {about: usage.charged, by: [flash, sms], say: "Charged {event.charge}, left {event.balance}"}
  granted: {about: grants.done, by: [ussd_session, sms], go: main}
"""


def test_events(folder: Folder) -> None:
    (folder.menus / "azercell" / "notice.yaml").write_text(NOTICES.replace("event.", ""))
    event = '{name: usage.charged, to: "994501110002", charge: "0.05", balance: "12.29", from_bonus: false, expires: "2027-03-05"}'
    result = folder.one(f'- {{event: {event}, told: {{to: "994501110002", get: "Charged 0.05 AZN, left 12.29 AZN"}}}}')
    assert result.passed, problems(result)
    result = folder.one(f'- {{as: "994501110002", event: {event}, get: "Charged 0.06"}}')
    assert problems(result)[0].endswith('994501110002 should get "Charged 0.06"')
    assert folder.one('- {event: {name: grants.done, to: "994501110001", number: "994501110002", given: true}, get: Main}').passed


def test_a_session_that_the_network_opens(folder: Folder) -> None:
    (folder.menus / "azercell" / "notice.yaml").write_text(NOTICES.replace("event.", ""))
    event = f'{{name: grants.done, to: "{LINE}", ways: ussd_session, number: "994501110002", given: true}}'
    result = folder.one(f'- {{event: {event}, see: "1. Details", ends: false}}\n- {{press: "1", see: Details of it}}')
    assert result.passed, problems(result)


def test_a_session_that_the_network_did_not_open(folder: Folder) -> None:
    (folder.menus / "azercell" / "notice.yaml").write_text(NOTICES.replace("event.", ""))
    event = f'{{name: grants.done, to: "{POSTPAID}", ways: ussd_session, number: "994501110002", given: true}}'
    result = folder.one(f'- {{event: {event}}}\n- {{as: "{POSTPAID}", press: "1"}}')
    assert problems(result) == ["8:30 nothing is open for this line: the network opened no session"]


def test_looking_again(folder: Folder) -> None:
    assert folder.one('- {dial: "*111#"}\n- {see: "1. Account"}').passed


def test_an_engine_that_falls_over_fails_one_scenario(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.sessions.runner import Runner

    monkeypatch.setattr(Runner, "call", lambda *given: 1 / 0)
    result = folder.one(GOOD)
    assert problems(result) == ["7:9 the menus failed here: ZeroDivisionError: division by zero"]
    assert difference(result.played, result.failures).endswith("> step 1  the menus failed here: ZeroDivisionError: division by zero")


def test_the_logging_of_the_process_is_left_as_it_was(folder: Folder) -> None:
    import logging

    house = logging.getLogger("ivr")
    before = (house.level, house.propagate, list(house.handlers))
    folder.one(f'{GOOD}\n- {{press: "0", hidden: [nix]}}')
    assert (house.level, house.propagate, list(house.handlers)) == before
