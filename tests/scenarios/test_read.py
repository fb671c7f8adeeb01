"""What is wrong with a scenario file: each fault with its place and what to write instead."""

from __future__ import annotations

import pytest

from tests.scenarios.helping import Folder

HEAD = 'now: "2026-11-22 12:00"\nscenarios:\n  one:\n'


@pytest.mark.parametrize(
    ("step", "place", "message"),
    [
        ('{dail: "*111#"}', "8:10", 'a step has no key "dail" - did you mean "dial"?'),
        ('{dial: "*111#", sea: x}', "8:25", 'a step has no key "sea" - did you mean "see"?'),
        ('{dial: "111 now"}', "8:16", "dial takes digits, * and #, such as \"*111#\", not '111 now'"),
        ('{press: "1"}', "8:10", "nothing is open for this line: dial or call first"),
        ('{dial: "*111#", hear: Account}', "8:25", "a USSD page is seen: write see (or page) instead of hear"),
        ('{call: "2112", see: Account}', "8:24", "a call is heard: write hear (or heard) instead of see"),
        ('{call: "2112", press: "1a"}', "8:31", "in a call keys are 0-9, * and #, not '1a'"),
        ('{dial: "*111#", call: "2112"}', "8:25", "a step opens one session: dial stands here already"),
        ('{dial: "*111#", person: busy}', "8:25", "only a call is handed to a person"),
        ('{call: "2112", person: asleep}', "8:32", "person is answered, busy or no_answer, not 'asleep'"),
        ('{wait: 9 days}', "8:16", "wait is a length of time such as 30s, 5m, 2h or 9d, not '9 days'"),
        ('{wait: 3651d}', "8:16", "wait is ten years at the most: 3650d"),
        ('{wait: 0m}', "8:16", "wait is a length of time"),
        ('{call: "2112", silence: never}', "8:33", "silence is how many times nothing is pressed, 1 to 100"),
        ('{dial: "*111#", text: hello}', "8:25", "text belongs to an SMS"),
        ('{dial: "*111#", charged: free}', "8:34", "charged is an amount in quotes, such as \"0.10\" or \"0\", not 'free'"),
        ('{dial: "*111#", encoding: latin1}', "8:35", "encoding is gsm7 or ucs2, not 'latin1'"),
        ('{dial: "*111#", ends: maybe}', "8:31", "ends is true or false"),
        ('{dial: "*111#", see: [a, " "]}', "8:34", "an empty text is part of everything"),
        ('{dial: "*111#", see: {a: b}}', "8:30", "see is a text or a list of texts here"),
        ('{dial: "*111#", told: {get: x}}', "8:31", 'told needs the key "to"'),
        ('{dial: "*111#", told: {to: "994501110002"}}', "8:31", 'told needs the key "get"'),
        ('{as: "0501110001", dial: "*111#"}', "8:14", "as is a number in international digits"),
        ('{as: "99450111000", dial: "*111#"}', "8:14", "as 99450111000 has 11 digits; a line of Azercell has 12"),
        ('{event: usage.charged}', "8:17", "event is a map here"),
        ('{event: {name: grants.done, number: "994501110001", given: true}}', "8:17", 'an event needs the key "to"'),
        ('{event: {name: usage.chraged, to: "994501110001"}}', "8:24", 'there is no event "usage.chraged" - did you mean "usage.charged"?'),
        ('{event: {name: grants.done, to: "994501110001", given: true}}', "8:17", "grants.done brings number, given; missing here: number"),
        ('{event: {name: grants.done, to: "994501110001", number: "994501110001", given: perhaps}}', "8:88", "given: this is true or false, not 'perhaps'"),
        ('{event: {name: grants.done, to: "994501110001", number: "994501110001", given: true, by: x}}', "8:94", 'grants.done does not bring "by"'),
        ('{event: {name: grants.done, to: "994501110001", number: "994501110001", given: true, ways: pigeon}}', "8:100", "a way is flash, sms, ussd_notice or ussd_session, not 'pigeon'"),
        ('{as: "994501110002"}', "8:9", "this step does nothing and expects nothing"),
        ("press", "8:9", "a step is a map of keys here"),
    ],
)  # fmt: skip
def test_a_step(folder: Folder, step: str, place: str, message: str) -> None:
    folder.write(f'{HEAD}    line: "994501110001"\n\n    language: en\n    steps:\n      - {step}\n')
    found = folder.faults()
    assert len(found) == 1, found
    assert found[0].startswith(f"menus/azercell/scenarios/try.yaml:{place} E090 ")
    assert message in found[0]


@pytest.mark.parametrize(
    ("head", "place", "message"),
    [
        ("services: {accounts.balanse: unavailable}", "5:16", 'there is no service "accounts.balanse" - did you mean "accounts.balance"?'),
        ("services: {accounts.balance: already}", "5:34", 'accounts.balance has no outcome "already"'),
        ("services: {accounts.set_language: already}", "5:39", 'accounts.set_language has no outcome "already"'),
        ("services: {line: late}", "5:22", 'line has no outcome "late" - there is ok, unavailable'),
        ("services: {accounts.balance: []}", "5:34", "the list is empty"),
        ("services: unavailable", "5:15", "services is a map here"),
        ("services: {accounts.balance: {outcome: ok, gives: {mian: x}}}", "5:56", '"ok" of accounts.balance does not bring "mian" - did you mean "main"?'),
        ('services: {accounts.balance: {outcome: ok, gives: {main: "1,5"}}}', "5:62", "main: this is an amount in quotes, such as \"12.34\", not '1,5'"),
        ('services: {accounts.balance: {outcome: ok, gives: {expires: "31.12.2026"}}}', "5:65", "expires: this is a day in quotes"),
        ('services: {accounts.balance: {outcome: ok, gives: {bonuses: [{left: "5 minute"}]}}}', "5:66", 'bonuses: "until" is missing'),
        ("services: {accounts.balance: {what: ok}}", "5:35", 'an answer has no key "what"'),
        ("language: de", "5:15", 'Azercell does not offer the language "de"; it offers az, en, ru'),
        ("switches: {no_such_switch: false}", "5:16", 'switches has no key "no_such_switch"'),
        ("golden: maybe", "5:13", "golden is seen or unseen"),
        ('now: "22.11.2026"', "5:10", "now is a moment of the operator's local time"),
        ('now: "2026-02-30 12:00"', "5:10", "now is a moment of the operator's local time"),
        ("lines: x", "5:5", 'a scenario has no key "lines" - did you mean "line"?'),
    ],
)  # fmt: skip
def test_a_scenario(folder: Folder, head: str, place: str, message: str) -> None:
    folder.write(f'{HEAD}    line: "994501110001"\n    {head}\n    steps: [{{dial: "*111#", see: Account}}]\n')
    found = folder.faults()
    assert len(found) == 1, found
    assert found[0].startswith(f"menus/azercell/scenarios/try.yaml:{place} E090 ")
    assert message in found[0]


def test_all_faults_at_once(folder: Folder) -> None:
    folder.write("scenario: {}\n", "first")
    folder.write('scenarios:\n  One: {line: "12"}\n  two: [1]\n', "second")
    found = folder.faults()
    assert [fault.split(" ", 2)[0] for fault in found] == [
        "menus/azercell/scenarios/first.yaml:1:1",
        "menus/azercell/scenarios/first.yaml:1:1",
        "menus/azercell/scenarios/second.yaml:2:3",
        "menus/azercell/scenarios/second.yaml:2:8",
        "menus/azercell/scenarios/second.yaml:2:8",
        "menus/azercell/scenarios/second.yaml:2:15",
        "menus/azercell/scenarios/second.yaml:3:8",
    ]


def test_traps_of_yaml_have_their_own_codes(folder: Folder) -> None:
    folder.write('now: 2026-11-22 12:00\nscenarios: {one: {line: "994501110001", steps: [{dial: *111#}]}}\n')
    assert any("E003" in fault or "E005" in fault for fault in folder.faults())


def test_a_link_out_of_the_menus_is_not_followed(folder: Folder) -> None:
    outside = folder.menus.parent / "outside.yaml"
    outside.write_text("now: secret\n")
    (folder.scenarios / "link.yaml").symlink_to(outside)
    [fault] = folder.faults()
    assert "E005" in fault and "secret" not in fault
