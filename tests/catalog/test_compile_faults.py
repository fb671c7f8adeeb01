"""Every fault that the compiler can give, each in a small operator: its exact place, its code, what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.catalog.compile import compile_operator
from ivr.catalog.shapes import ANSWERS

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = """\
operator: small
name: Small
currency: AZN
time_zone: Asia/Baku
languages: {offered: [en], default: en}
numbers: {country: "994", length: 9, prefixes: ["50"], written: ["994#########"], support: "111"}
groups: {prepaid: {line: prepaid}, postpaid: {line: postpaid}}
fees: {balance: {ussd: "0.10", call: free}, dear: {ussd: "1.00"}}
tariffs: {SimSim: {line: prepaid}}
limits: {largest: "99.99"}
ussd: {octets: 160, wait: 60s, longest: 180s, stay_open: true}
call: {first_digit: 6s, between_digits: 3s, barge_in: true, longest: 10m, choice: "{label}: press {key}", point: "*"}
keys: {ussd: {back: "0", home: "00", next: "98"}, call: {back: "*", repeat: "#", next: "9"}, confirm: "1", refuse: "2"}
tries: {no_input: {most: 3, say: No key, then: goodbye}, no_match: {most: 3, say: No choice, then: goodbye}}
switches: {shop: true}
sessions: {late: 3s}
answers:
""" + "".join(f"  {name}: Answer {name.replace('_', ' ')}\n" for name in ANSWERS)
MENU = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
  - {call: "1", go: main}
menus:
  main:
    say: Hello
    choices:
      "1": {label: More, go: more}
      "2": {label: Language, go: change, with: {language: en}}
      "3": {label: Notices, go: turn_off}
  more:
    get: {account: accounts.balance}
    fee: balance
    say: "You have {account.main}"
    list:
      of: account.bonuses
      item: "{left} till {until:until}"
  change:
    ask:
      language: {say: Which}
    do: accounts.set_language
    say: Done
  turn_off:
    do: accounts.notices_off
    say: Notices off
    otherwise: {already: Off already}
"""


def compiled(folder: Path, menu: str = MENU, operator: str = OPERATOR, **files: str) -> list[str]:
    home = folder / "menus" / "small"
    home.mkdir(parents=True, exist_ok=True)
    (home / "operator.yaml").write_text(operator, "utf-8")
    (home / "m.yaml").write_text(menu, "utf-8")
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text, "utf-8")
    found = compile_operator(home, folder / "locales")
    assert (found.model is None) == any(not fault.warning and fault.code not in ("E070", "E071") for fault in found.faults)
    return [str(fault).removeprefix("menus/small/") for fault in found.faults]


def edited(text: str, edits: dict[int, str]) -> str:
    """`text` with whole lines (counted from 1) replaced."""
    lines = text.split("\n")
    for number, line in edits.items():
        lines[number - 1] = line
    return "\n".join(lines)


def test_the_small_operator_has_no_faults(tmp_path: Path) -> None:
    assert compiled(tmp_path) == []


def test_the_shipped_menus_have_no_faults() -> None:
    for folder in sorted(path.parent for path in (ROOT / "menus").glob("*/operator.yaml")):
        assert compile_operator(folder, ROOT / "locales").faults == ()


CASES: list[tuple[str, dict[int, str], list[str]]] = [
    # E001 to E005 from the source reach the author too
    (
        "twice",
        {10: '      "1": {label: Language, go: change, with: {language: en}}'},
        ['m.yaml:10:7 E001 "1" stands here twice; the first is in line 9'],
    ),
    # E010
    (
        "unknown key of a menu",
        {7: "    say: Hello\n    sya: Hello"},
        ['m.yaml:8:5 E010 menu "main" has no key "sya" - did you mean "say"?'],
    ),
    ("unknown key of the file", {1: "severs: everyone"}, ['m.yaml:1:1 E010 a menu file has no key "severs" - did you mean "serves"?']),
    ("missing label", {9: '      "1": {go: more}'}, ['m.yaml:9:12 E010 a choice needs the key "label"', "m.yaml:12:3 E011"]),
    ("missing go", {9: '      "1": {label: More}'}, ['m.yaml:9:12 E010 a choice needs the key "go"', "m.yaml:12:3 E011"]),
    ("a menu that is a text", {24: "  turn_off: x", 25: "", 26: "", 27: ""}, ["m.yaml:24:13 E010"]),
    ("not a switch", {7: "    back: maybe\n    say: Hello"}, ["m.yaml:7:11 E010 back is true or false"]),
    ("speak is no count", {18: '      item: "{left}"\n      speak: many'}, ["m.yaml:19:14 E010 speak is a whole number from 1 to 50"]),
    ("two ways in", {3: '  - {ussd: "*1#", call: "2", go: main}'}, ["m.yaml:3:5 E010 an entry has exactly one of ussd, call, sms and web"]),
    ("not a code", {3: '  - {ussd: "111", go: main}'}, ['m.yaml:3:12 E010 a USSD code is written "*111#"']),
    (
        "a value that a field does not take",
        {10: '      "2": {label: Language, go: change, with: {language: de}}'},
        ['m.yaml:10:7 E010 "de" is no value that m.change takes as "language"'],
    ),
    (
        "a wording without such a channel",
        {7: "    say: {default: Hello, usd: Hi}"},
        ['m.yaml:7:27 E010 a wording has no key "usd" - did you mean "ussd"?'],
    ),
    (
        "only another channel",
        {7: "    say: {only: usdd, say: Hello}"},
        ['m.yaml:7:17 E010 there is no channel "usdd" - did you mean "ussd"?'],
    ),
    ("a name with capitals", {12: "  More:", 9: '      "1": {label: More, go: More}'}, ['m.yaml:12:3 E010 a menu "More" has letters']),
    # E011, E012
    (
        "nobody reaches",
        {9: '      "1": {label: More, go: change, with: {language: en}}'},
        ['m.yaml:12:3 E011 nobody can reach menu "m.more"'],
    ),
    (
        "unknown menu",
        {9: '      "1": {label: More, go: moer}'},
        ['m.yaml:9:30 E012 there is no menu "moer" - did you mean "more"?', "m.yaml:12:3 E011"],
    ),
    ("unknown menu of an entry", {3: '  - {ussd: "*1#", go: mian}'}, ['m.yaml:3:23 E012 there is no menu "mian" - did you mean "main"?']),
    (
        "same_as of nothing",
        {8: "    choices: {same_as: mroe}", 9: "", 10: "", 11: ""},
        ["m.yaml:8:24 E012", "m.yaml:12:3 E011", "m.yaml:19:3 E011", "m.yaml:24:3 E011"],
    ),
    # E013, E014
    ("unknown group", {1: "serves: prepayed"}, ['m.yaml:1:9 E013 there is no group "prepayed" - did you mean "prepaid"?']),
    ("unknown fee", {14: "    fee: balanse"}, ['m.yaml:14:10 E013 there is no fee "balanse" - did you mean "balance"?']),
    (
        "unknown switch",
        {9: '      "1": {label: More, go: more, switch: shpo}'},
        ['m.yaml:9:44 E013 there is no switch "shpo" - did you mean "shop"?'],
    ),
    (
        "unknown service",
        {25: "    do: accounts.notices_of"},
        ['m.yaml:25:9 E014 there is no service "accounts.notices_of" - did you mean "accounts.notices_off"?', "m.yaml:27:17 E041"],
    ),
    # E015
    ("a reserved menu", {12: "  home:", 9: '      "1": {label: More, go: m.home}'}, ['m.yaml:12:3 E015 "home" is a word of the language']),
    (
        "a name that means something",
        {13: "    get: {line: accounts.line, account: accounts.balance}"},
        ['m.yaml:13:11 E015 "line" already means something here'],
    ),
    # E016, E017
    ("a key of words", {9: '      "a": {label: More, go: more}'}, ["m.yaml:9:7 E016", "m.yaml:12:3 E011"]),
    ("a key of home", {9: '      "00": {label: More, go: more}'}, ["m.yaml:9:7 E016", "m.yaml:12:3 E011"]),
    ("a key of next", {9: '      "98": {label: More, go: more}'}, ["m.yaml:9:7 E016 the key 98 is taken", "m.yaml:9:7 E017"]),
    ("a key with a zero", {9: '      "07": {label: More, go: more}'}, ["m.yaml:9:7 E016", "m.yaml:12:3 E011"]),
    ("an endless key", {9: f'      "{"1" * 900}": {{label: More, go: more}}'}, ["m.yaml:9:7 E016", "m.yaml:12:3 E011"]),
    (
        "two digits in a call",
        {9: '      "12": {label: More, go: more}'},
        ["m.yaml:9:7 E017 a call has keys of one digit only; 12 cannot be pressed"],
    ),
    (
        "nine under a list",
        {18: '      item: "{left}"\n    choices: {"9": {label: Back, go: back}}'},
        ["m.yaml:19:15 E016 the key 9 is taken"],
    ),
    # E018
    (
        "a language that is not offered",
        {9: '      "1": {label: More, in: ru, go: more}'},
        ['m.yaml:9:30 E018 there is no offered language "ru"'],
    ),
    # E021 to E023
    ("a slot of nothing", {15: '    say: "You have {account.mian}"'}, ["m.yaml:15:10 E021 nothing here is called {account.mian}"]),
    ("a slot that is a flag", {15: '    say: "{account.roaming}"'}, ["m.yaml:15:10 E021 {account.roaming} has no words of its own"]),
    ("a slot that is a list", {15: '    say: "{account.bonuses}"'}, ["m.yaml:15:10 E021 {account.bonuses} is a list"]),
    (
        "a form for another type",
        {15: '    say: "{account.main:until}"'},
        ['m.yaml:15:10 E021 {account.main:until}: a money has no form "until"'],
    ),
    ("an item's name outside the list", {15: '    say: "{left}"'}, ["m.yaml:15:10 E021"]),
    ("a key outside a call", {9: '      "1": {label: "{key} more", go: more}'}, ["m.yaml:9:20 E021"]),
    (
        "a count of nothing",
        {7: "    say: {count: given.total, one: One, other: More}"},
        ['m.yaml:7:18 E021 "given.total" is no number here'],
    ),
    (
        "a condition that cannot be read",
        {9: '      "1": {label: More, go: more, when: line.kind = prepaid}'},
        ["m.yaml:9:42 E022 '=' has no meaning here; write == (at character 11 of the condition)"],
    ),
    (
        "a name in a condition",
        {9: '      "1": {label: More, go: more, when: line.knid == prepaid}'},
        ['m.yaml:9:42 E022 nothing here is called "line.knid"'],
    ),
    (
        "a list of nothing",
        {17: "      of: account.bonus"},
        ['m.yaml:17:11 E023 "account.bonus" is no list that a look-up here gives - did you mean "account.bonuses"?'],
    ),
    # E030 to E033
    ("a fee without a price", {14: "    fee: dear"}, ['m.yaml:14:10 E030 the fee "dear" has no price for call']),
    (
        "a field that is never asked",
        {10: '      "2": {label: Language, go: change}', 21: "      language: {}"},
        ['m.yaml:10:7 E031 "language" of m.change is never asked'],
    ),
    ("not served without a word", {1: "serves: prepaid"}, ["m.yaml:3:3 E032 some lines are not served here"]),
    (
        "a field that is not there",
        {9: '      "1": {label: More, go: more, with: {x: z}}'},
        ['m.yaml:9:7 E033 there is no field of m.more called "x"'],
    ),
    # E036 to E038
    (
        "an untyped field",
        {21: "      language: {say: Which}\n      other: {say: What}"},
        ['m.yaml:22:7 E036 no service here takes "other"'],
    ),
    (
        "get that changes",
        {13: "    get: {account: accounts.balance, x: accounts.notices_on}"},
        ["m.yaml:13:41 E037 accounts.notices_on: `get` looks up", "m.yaml:12:3 E040"],
    ),
    ("do that reads", {25: "    do: accounts.bill", 27: ""}, ["m.yaml:25:9 E037 accounts.bill: `do` acts"]),
    (
        "an input that is missing",
        {20: "    confirm: Sure", 21: "", 10: '      "2": {label: Language, go: change}'},
        ['m.yaml:22:9 E038 accounts.set_language takes "language"'],
    ),
    # E040 to E043
    ("an outcome without an answer", {27: ""}, ["m.yaml:24:3 E040 no answer for: already"]),
    (
        "an outcome that cannot be",
        {27: "    otherwise: {already: Off already, no_money: Sorry}"},
        ['m.yaml:27:39 E041 there is no outcome "no_money"'],
    ),
    (
        "retry of nothing",
        {27: "    otherwise: {already: {say: Was off, retry: amount}}"},
        ['m.yaml:27:48 E042 there is no field of this menu "amount"'],
    ),
    ("then beside choices", {7: "    say: Hello\n    then: more"}, ["m.yaml:8:5 E043", 'm.yaml:9:5 W001 "choices" happens before "then"']),
    # E060
    (
        "published elsewhere",
        {4: '  - {call: "1", go: main}\npublished: {"*1*1#": change}'},
        ["m.yaml:5:13 E060 *1*1# is printed for m.change and leads to m.more"],
    ),
    (
        "published nowhere",
        {4: '  - {call: "1", go: main}\npublished: {"*1*7#": more}'},
        ["m.yaml:5:13 E060 *1*7# is printed for m.more and leads nowhere"],
    ),
    ("published as no code", {4: '  - {call: "1", go: main}\npublished: {"7": more}'}, ["m.yaml:5:13 E060"]),
    # W001
    (
        "keys out of order",
        {13: "    fee: balance", 14: "    get: {account: accounts.balance}"},
        ['m.yaml:14:5 W001 "get" happens before "fee"'],
    ),
    # what was seen to crash
    (
        "a label by number",
        {13: "    get: {account: accounts.balance}", 9: '      "1": {label: {count: limits.largest, one: One, other: More}, go: more}'},
        ["m.yaml:9:28 E021"],
    ),
    ("a list as a wording", {9: '      "1": {label: [a, b], go: more}'}, ["m.yaml:9:20 E010"]),
    ("a map as a text", {9: '      "1": {label: More, go: {x: z}}'}, ["m.yaml:9:30 E010", "m.yaml:12:3 E011"]),
    (
        "a text as a map",
        {8: "    choices: none", 9: "", 10: "", 11: ""},
        ["m.yaml:8:14 E010", "m.yaml:12:3 E011", "m.yaml:19:3 E011", "m.yaml:24:3 E011"],
    ),
]


@pytest.mark.parametrize(("edits", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults_of_a_menu_file(tmp_path: Path, edits: dict[int, str], expected: list[str]) -> None:
    places_match(compiled(tmp_path, edited(MENU, edits)), expected)


def places_match(found: list[str], expected: list[str]) -> None:
    assert len(expected) <= len(found), found
    for wanted in expected:
        assert any(fault.startswith(wanted) for fault in found), f"{wanted}\nnot among\n" + "\n".join(found)
    # nothing but what follows from it: an unread menu leads nowhere
    codes = {wanted.split(" ")[1] for wanted in expected}
    assert {fault.split(" ")[1] for fault in found} <= codes | {"E012", "E010"}, found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("currency: AZN\n", "", 'operator.yaml:1:1 E010 operator.yaml needs the key "currency"'),
        ("Asia/Baku", "Asia/Bakuu", "operator.yaml:4:12 E010 there is no time zone Asia/Bakuu"),
        ("default: en", "default: de", 'operator.yaml:5:37 E018 there is no offered language "de"'),
        ("default: en", "default: en, first_call: m.nothing", 'operator.yaml:5:53 E012 there is no menu "m.nothing"'),
        ('ussd: "0.10"', "ussd: cheap", "operator.yaml:8:24 E010 a price is free or a decimal in quotes"),
        ('ussd: "0.10"', 'ussd: "-1"', "operator.yaml:8:24 E010 a price is free"),
        ('ussd: "0.10"', 'ussd: "1e999999"', "operator.yaml:8:24 E010 a price is free"),
        ('ussd: "0.10"', 'ussd: "NaN"', "operator.yaml:8:24 E010 a price is free"),
        ('ussd: "0.10"', 'ussd: "0.0000001"', "operator.yaml:8:24 E010 a price is free"),
        ('ussd: "0.10"', "usdd: free", 'operator.yaml:8:18 E010 a fee has no key "usdd" - did you mean "ussd"?'),
        ("line: prepaid}, post", "line: prepayed}, post", "operator.yaml:7:26 E010 a line is prepaid or postpaid"),
        ("wait: 60s", "wait: soon", "operator.yaml:11:27 E010 wait is a length of time such as 60s, 5m or 2h"),
        ("octets: 160", "octets: 161", "operator.yaml:11:16 E010 octets is a whole number from 1 to 160"),
        ("octets: 160", "octets: ²", "operator.yaml:11:16 E010 octets is a whole number"),
        ('largest: "99.99"', "largest: ²", "operator.yaml:10:19 E010"),
        ('largest: "99.99"', f"largest: {'9' * 5000}", "operator.yaml:10:19 E010"),
        ('choice: "{label}: press {key}", ', "", 'operator.yaml:12:7 E010 call needs the key "choice"'),
        ("  goodbye: Answer goodbye\n", "", 'operator.yaml:18:3 E010 the answer "goodbye" is missing: the engine says it itself'),
        ("  goodbye: ", "  godbye: ", 'operator.yaml:41:3 E010 there is no answer "godbye" - did you mean "goodbye"?'),
        ("Answer barred", '"{nothing}"', "operator.yaml:20:11 E021 nothing here is called {nothing}"),
        ("switches: {shop: true}", "switches: {shop: maybe}", "operator.yaml:15:18 E010 a switch is true or false"),
    ],
)
def test_faults_of_operator_yaml(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert before in OPERATOR
    found = compiled(tmp_path, operator=OPERATOR.replace(before, after, 1))
    assert any(fault.startswith(expected) for fault in found), "\n".join(found)


def test_a_folder_without_operator_yaml(tmp_path: Path) -> None:
    (tmp_path / "menus" / "small").mkdir(parents=True)
    found = compile_operator(tmp_path / "menus" / "small", tmp_path)
    assert [str(fault) for fault in found.faults] == ["menus/small/operator.yaml:1:1 E010 there is no operator.yaml in this folder"]


@pytest.mark.parametrize("name", ["line", "fees", "Menu", "a-b", "2x"])
def test_a_file_with_a_reserved_name(tmp_path: Path, name: str) -> None:
    assert compiled(tmp_path, **{name: "menus: {}"}) == [f'{name}.yaml:1:1 E015 a menu file cannot be called "{name}"']


def test_an_unreadable_file_hides_no_other_faults_and_makes_none_up(tmp_path: Path) -> None:
    menu = edited(MENU, {9: '      "1": {label: More, go: more}\n      "5": {label: Other, go: other.main}', 23: "    say: Done {nothing}"})
    found = compiled(tmp_path, menu, other="menus: [")
    assert [fault.split(" ")[:2] for fault in found] == [["m.yaml:24:10", "E021"], ["other.yaml:1:9", "E006"]]


PO = """\
msgid ""
msgstr ""
"Language: ru\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""
TINY = 'entries:\n  - {ussd: "*1#", go: main}\nmenus:\n  main:\n    say: "Hello {line.number}"\n'


def translated(tmp_path: Path, entry: str | bytes | None, menu: str = TINY) -> list[str]:
    if entry is not None:
        path = tmp_path / "locales" / "ru" / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True)
        path.write_bytes(entry if isinstance(entry, bytes) else (PO + "\n" + entry).encode())
    found = compiled(tmp_path, menu, OPERATOR.replace("offered: [en]", "offered: [en, ru]"))
    return [
        fault
        for fault in found
        if "m.main" in fault or "Hello" in fault or "operator." not in fault and "units" not in fault and "operator.yaml" not in fault
    ]


def test_a_translation_that_is_missing(tmp_path: Path) -> None:
    assert translated(tmp_path, "")[0].startswith('m.yaml:5:10 E070 no ru translation of "Hello {line.number}" (context m.main)')


def test_a_catalog_that_is_missing(tmp_path: Path) -> None:
    assert "locales/ru/LC_MESSAGES/messages.po:1:1 E070 there is no catalog for ru" in translated(tmp_path, None)[0]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"nonsense\n" * 3])
def test_a_catalog_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    found = translated(tmp_path, data)
    assert any(re.match(r"locales/ru/LC_MESSAGES/messages\.po:\d+:1 E070 ", fault) for fault in found), found


def test_a_fuzzy_translation(tmp_path: Path) -> None:
    found = translated(tmp_path, '#, fuzzy\nmsgctxt "m.main"\nmsgid "Hello {line.number}"\nmsgstr "Привет {line.number}"\n')
    assert len(found) == 1 and re.match(r"locales/ru/LC_MESSAGES/messages\.po:(7|8|9):1 E071 ", found[0]), found


@pytest.mark.parametrize("text", ["Привет", "Привет {line.kind}", "Привет {line.number} {line.tariff}"])
def test_a_translation_with_other_slots(tmp_path: Path, text: str) -> None:
    found = translated(tmp_path, f'msgctxt "m.main"\nmsgid "Hello {{line.number}}"\nmsgstr "{text}"\n')
    assert found and all(" E072 " in fault and "{line." in fault for fault in found), found


def test_a_translation_with_another_form_of_the_slot_is_right(tmp_path: Path) -> None:
    assert translated(tmp_path, 'msgctxt "m.main"\nmsgid "Hello {line.number}"\nmsgstr "{line.number:grouped}, привет"\n') == []


def test_a_plural_with_too_few_forms(tmp_path: Path) -> None:
    menu = TINY.replace(
        'say: "Hello {line.number}"',
        'say: {count: total, one: "Hello one", other: "Hello many"}\n    ask: {total: {type: number, say: "Hello?"}}',
    )
    found = translated(
        tmp_path, 'msgctxt "m.main"\nmsgid "Hello one"\nmsgid_plural "Hello many"\nmsgstr[0] "один"\nmsgstr[1] "два"\n', menu
    )
    assert any(" E073 2 plural forms; ru has 3" in fault or "E070" in fault and "Hello one" in fault for fault in found), found


# -- any file at all


def pieces() -> st.SearchStrategy[str]:
    names = [
        "main",
        "more",
        "x",
        "serves",
        "entries",
        "menus",
        "say",
        "choices",
        "go",
        "label",
        "get",
        "do",
        "fee",
        "list",
        "of",
        "item",
        "when",
        "ask",
        "otherwise",
        "then",
        "with",
        "no_input",
        "most",
        "only",
        "count",
        "one",
        "other",
        "published",
        "not_served",
        "same_as",
        "type",
        "digits",
        "retry",
        "speak",
        "in",
        "switch",
    ]
    scalar = st.sampled_from(
        [
            '"*1#"',
            '"1"',
            "accounts.balance",
            "accounts.set_language",
            "everyone",
            "prepaid",
            "balance",
            "account.bonuses",
            '"{account.main}"',
            '"{"',
            '"{a.b:c}"',
            "line.kind == prepaid",
            "true",
            "3",
            '"4-"',
            "ussd",
            "call",
            "en",
            "²",
            '""',
        ]
    )
    scalar |= st.sampled_from(names)
    key = st.sampled_from(names) | st.sampled_from(['"1"', '"9"', '"*1#"', "language"])
    return st.recursive(
        scalar,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
            | st.dictionaries(key, inner, min_size=1, max_size=4).map(
                lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs.items()) + "}"
            )
        ),
        max_leaves=14,
    )


@settings(max_examples=150, deadline=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces(), st.integers(7, 27))
def test_any_yaml_in_a_menu_file_is_compiled_or_refused(tmp_path: Path, piece: str, line: int) -> None:
    was = MENU.split("\n")[line - 1]
    head = was[: was.index(":") + 1] if ":" in was else "x:"
    compiled(tmp_path, edited(MENU, {line: f"{head} {piece}"}))
    compiled(tmp_path, f"menus: {{main: {piece}}}\nentries: [{{ussd: '*1#', go: main}}]\n")


@settings(max_examples=100, deadline=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces(), st.integers(1, 35))
def test_any_yaml_in_operator_yaml_is_compiled_or_refused(tmp_path: Path, piece: str, line: int) -> None:
    was = OPERATOR.split("\n")[line - 1]
    compiled(tmp_path, operator=edited(OPERATOR, {line: f"{was[: was.index(':') + 1]} {piece}"}))


def test_a_condition_of_one_misspelt_word(tmp_path: Path) -> None:
    found = compiled(tmp_path, edited(MENU, {9: '      "1": {label: More, go: more, when: romaing}'}))
    assert [fault.split(" ")[:2] for fault in found] == [["m.yaml:9:42", "E022"]]
