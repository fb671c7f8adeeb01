"""`ivr diff`: every kind of change is told once, with its place; what changes nothing for subscribers is no change."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ivr import cli
from ivr.catalog.diff import KINDS, changes
from ivr.catalog.diff_sources import Side, read_side
from ivr.catalog.diff_types import Change
from ivr.commands_diff import NOTHING, as_text
from ivr.engine.model import Message, Part
from tests.tools.trees import OPERATOR, PREPAID, SETTINGS, SMALL, large, write

ROOT = Path(__file__).resolve().parents[2]


def side(folder: Path, files: Mapping[str, str] = SMALL) -> Side:
    return read_side(write(folder, files), folder / "locales")


def compared(tmp_path: Path, after: Mapping[str, str], before: Mapping[str, str] = SMALL) -> tuple[Change, ...]:
    return changes(side(tmp_path / "a", before), side(tmp_path / "b", after))


def edited(*replacements: tuple[str, str], file: str = "prepaid", files: Mapping[str, str] = SMALL) -> dict[str, str]:
    text = files[file]
    for old, new in replacements:
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        text = text.replace(old, new)
    return {**files, file: text}


def rows(found: tuple[Change, ...]) -> list[tuple[str, str, str | None, str | None]]:
    return [(change.kind, change.what, change.before, change.after) for change in found]


# -- what is no change


def test_the_same_menus(tmp_path: Path) -> None:
    assert compared(tmp_path, SMALL) == ()


def test_the_shipped_menus_against_themselves(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    before = read_side(ROOT / "menus" / "azercell", ROOT / "locales")
    assert changes(before, read_side(tmp_path / "menus" / "azercell", tmp_path / "locales")) == ()


def shuffled(text: str, chance: random.Random) -> str:
    """The menus of a file in another order, comments and empty lines between."""
    head, _, menus = text.partition("\nmenus:\n")
    blocks = re.split(r"(?m)^(?=  [a-z])", menus)
    blocks = [block for block in blocks if block.strip()]
    chance.shuffle(blocks)
    return f"# another comment\n{head}\n\nmenus:\n" + "\n".join(f"  # a note\n{block}" for block in blocks)


@pytest.mark.parametrize("seed", range(5))
def test_another_order_of_menus_and_comments(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = large(40, seed)
    moved = {name: text if name == "operator" else shuffled(text, chance) for name, text in files.items()}
    assert moved != files
    assert compared(tmp_path, moved, files) == ()
    assert compared(tmp_path, files, moved) == ()


LAYOUT = [
    ('say: {default: Hello, call: "Main menu."}', 'say:\n      call: "Main menu."\n      default: "Hello"'),
    ('- {ussd: "*1#", go: main}', "- go: prepaid.main\n    ussd: '*1#'"),
    ("say: Account", 'say: ["Account"]'),
    ("get: {account: accounts.balance}", "get: {account: {from: accounts.balance}}"),
    ("otherwise: {already: {say: Off already, go: main}}", "otherwise:\n      already: {go: main, say: [Off already]}"),
]


@pytest.mark.parametrize(("old", "new"), LAYOUT)
def test_layout_is_no_change(tmp_path: Path, old: str, new: str) -> None:
    assert compared(tmp_path, edited((old, new))) == ()


def test_names_that_nobody_hears_are_no_change(tmp_path: Path) -> None:
    """Names of look-ups, fees, groups; a span written in other units; a fee that nobody is charged."""
    after = edited(
        ("get: {account: accounts.balance}", "get: {mine: accounts.balance}"),
        (
            'say: {default: "You have {account.main}", call: "Your balance is {account.main}."}',
            'say: {default: "You have {mine.main}", call: "Your balance is {mine.main}."}',
        ),
        ("fee: balance", "fee: look"),
    )
    after = edited(
        ("  balance: {ussd", "  look: {ussd"),
        ("wait: 60s", "wait: 1m"),
        ("fees:\n", 'fees:\n  nobody: {ussd: "9.99", call: "9.99"}\n'),
        file="operator",
        files=after,
    )
    assert compared(tmp_path, after) == ()


def test_other_places_of_entries_are_no_change(tmp_path: Path) -> None:
    one, two = '  - {ussd: "*1#", go: main}\n', '  - {call: "1", go: balance, then: main}\n'
    assert compared(tmp_path, edited((one + two, two + one))) == ()


# -- what is a change


def test_menus_new_gone_and_renamed(tmp_path: Path) -> None:
    after = edited(
        ("  charges:\n", "  postings:\n"), ("go: charges}", "go: postings}"), ("menus:\n", "menus:\n  hours: {say: From nine}\n")
    )
    after = edited(('"2": {label: Language', '"5": {label: Hours, go: hours}\n      "2": {label: Language'), files=after)
    found = compared(tmp_path, after)
    assert rows(found)[:2] == [
        ("menu", "prepaid.hours is new", None, "prepaid.hours"),
        ("menu", "prepaid.charges is called prepaid.postings now", "prepaid.charges", "prepaid.postings"),
    ]
    assert [change.place for change in found[:2]] == ["menus/small/prepaid.yaml:7:3", "menus/small/prepaid.yaml:25:3"]
    assert ("code", "*1*5#", None, "prepaid.hours") in rows(found)
    assert ("choice", "prepaid.main: key 5", None, '"Hours" to prepaid.hours') in rows(found)
    # The renamed menu is the same one: its code leads where it led.
    assert not [change for change in found if "*1*1*1#" in change.what]
    back = compared(tmp_path, SMALL, after)
    assert ("menu", "prepaid.hours is gone", "prepaid.hours", None) in rows(back)
    assert ("code", "*1*5#", "prepaid.hours", None) in rows(back)


def test_a_whole_file_renamed(tmp_path: Path) -> None:
    after = {"operator": OPERATOR, "prepaid": PREPAID.replace("settings.", "options."), "options": SETTINGS}
    found = compared(tmp_path, after)
    assert rows(found) == [
        ("menu", "settings.language is called options.language now", "settings.language", "options.language"),
        ("menu", "settings.change is called options.change now", "settings.change", "options.change"),
    ]


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        (
            ("say: Charges", "say: Your charges"),
            [("wording", "prepaid.charges: say (everywhere; en)", "Charges", "Your charges")],
        ),
        (
            ('call: "Main menu."', 'call: "The main menu."'),
            [("wording", "prepaid.main: say (call; en)", "Main menu.", "The main menu.")],
        ),
        (
            ("none: Nothing yet", "none: Nothing at all"),
            [("wording", "prepaid.charges: an empty list (everywhere; en)", "Nothing yet", "Nothing at all")],
        ),
        (
            ('item: "{at} {amount}"', 'item: "{at}: {amount}"'),
            [("wording", "prepaid.charges: item (everywhere; en)", "{at} {amount}", "{at}: {amount}")],
        ),
        (
            ("label: Charges", "label: Last charges"),
            [("wording", "prepaid.account: key 1: label (everywhere; en)", "Charges", "Last charges")],
        ),
        (
            ("say: Off already", "say: Already off"),
            [("wording", 'prepaid.turn_off: outcome "already" (everywhere; en)', "Off already", "Already off")],
        ),
        (
            ("    say: Notices off\n", "    say: [Notices off, {when: line.roaming, say: Abroad}]\n"),
            [("wording", "prepaid.turn_off: say (everywhere; en)", None, "[when line.roaming] Abroad")],
        ),
        (
            ("say: Off already, go: main", "say: Off already, go: account"),
            [("flow", 'prepaid.turn_off: outcome "already" leads to', "prepaid.main", "prepaid.account")],
        ),
        (
            (", when: line.notices}", ", when: not line.roaming}"),
            [("choice", "prepaid.main: key 3 is shown", "when line.notices", "when not line.roaming")],
        ),
        (
            (", when: line.notices}", "}"),
            [("choice", "prepaid.main: key 3 is shown", "when line.notices", "always")],
        ),
        (
            ("label: Notices, go: turn_off", "label: Notices, only: [call], go: turn_off"),
            [
                ("code", "*1*3#", "prepaid.turn_off", None),
                ("choice", "prepaid.main: key 3 is on", "every channel", "call"),
            ],
        ),
        (
            ("go: end}", "go: home}"),
            [("code", "*1*4#", "end", "home"), ("choice", "prepaid.main: key 4 leads to", "end", "home")],
        ),
        (
            ('call: "1", go: balance, then: main', 'call: "1", go: account, then: main'),
            [("entry", "call 1", "prepaid.balance", "prepaid.account")],
        ),
        (
            ('call: "1", go: balance, then: main', 'call: "1", go: balance'),
            [("entry", "call 1 goes on to", "prepaid.main", None)],
        ),
        (
            ("statement: accounts.statement}\n", "statement: accounts.statement}\n    fee: line_info\n"),
            [("fee", "prepaid.charges: fee", None, "line_info, 0.02 sms")],
        ),
        (
            ("    fee: balance\n", "    fee: line_info\n"),
            [("fee", "prepaid.balance: fee", "balance, 0.10 ussd sms", "line_info, 0.02 sms")],
        ),
        (
            ("    do: accounts.notices_off\n", "    do: accounts.notices_on\n"),
            [("service", "prepaid.turn_off: does", "accounts.notices_off", "accounts.notices_on")],
        ),
        (
            ("get: {statement: accounts.statement}", "get: {statement: accounts.statement, account: accounts.balance}"),
            [("service", "prepaid.charges: looks up", None, "accounts.balance")],
        ),
        (
            ("    say: Account\n", "    back: false\n    say: Account\n"),
            [("flow", "prepaid.account: a way back", "yes", "no")],
        ),
    ],
)
def test_changes_of_a_menu(tmp_path: Path, replacement: tuple[str, str], expected: list[tuple[str, str, str | None, str | None]]) -> None:
    after = edited(replacement)
    found = compared(tmp_path, after)
    shown = [row for row in rows(found) if row[0] != "page"]
    assert shown == expected
    line = 1 + PREPAID[: PREPAID.index(replacement[0])].count("\n")
    near = [int(change.place.split(":")[1]) for change in found if change.kind != "page"]
    assert all(change.place.startswith("menus/small/prepaid.yaml:") for change in found)
    assert any(abs(one - line) <= 3 for one in near), (line, near)
    # and back: the same changes, the other way round
    assert sorted(rows(compared(tmp_path, SMALL, after)), key=str) == sorted(
        ((kind, what.replace("Last charges", "Charges"), now, was) for kind, what, was, now in rows(found)), key=str
    )


def test_a_key_that_moved_and_one_that_took_its_place(tmp_path: Path) -> None:
    after = edited(
        ('"1": {label: Charges, go: charges}', '"1": {label: Balance, go: balance}'),
        ('"2": {label: Balance, go: balance}', '"2": {label: Charges, go: charges}'),
        ("*1*1*2#", "*1*1*1#"),
    )
    assert rows(compared(tmp_path, after)) == [
        ("code", "*1*1*1#", "prepaid.charges", "prepaid.balance"),
        ("code", "*1*1*2#", "prepaid.balance", "prepaid.charges"),
        ("choice", 'prepaid.account: "Balance" to prepaid.balance is on key', "2", "1"),
        ("choice", 'prepaid.account: "Charges" to prepaid.charges is on key', "1", "2"),
    ]


def test_the_same_keys_in_another_order_on_the_page(tmp_path: Path) -> None:
    one, two = '      "1": {label: Charges, go: charges}\n', '      "2": {label: Balance, go: balance}\n'
    assert rows(compared(tmp_path, edited((one + two, two + one)))) == [
        ("choice", "prepaid.account: choices stand in the order", "1, 2", "2, 1"),
    ]


def test_a_code_of_its_own_takes_the_place_of_a_way_through_the_menus(tmp_path: Path) -> None:
    after = edited(("entries:\n", 'entries:\n  - {ussd: "*1*1#", go: charges}\n'), ('published: {"*1*1*2#": balance}\n', ""))
    found = rows(compared(tmp_path, after))
    assert ("entry", "*1*1#", None, "prepaid.charges") in found
    assert ("code", "*1*1*2#", "prepaid.balance", None) in found


def test_translations_by_language(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(ROOT / "locales", tmp_path / name / "locales")
        shutil.copytree(ROOT / "menus", tmp_path / name / "menus")
    catalog = tmp_path / "b" / "locales" / "ru" / "LC_MESSAGES" / "messages.po"
    text = catalog.read_text("utf-8")
    changed, count = re.subn(r'(msgctxt "prepaid\.turn_off"\nmsgid "Notices are off\."\nmsgstr ")[^"]+', r"\1Больше не сообщаем.", text)
    assert count == 1
    catalog.write_text(changed, "utf-8")
    before, after = (read_side(tmp_path / name / "menus" / "azercell", tmp_path / name / "locales") for name in ("a", "b"))
    (change,) = changes(before, after)
    assert (change.kind, change.what, change.after) == ("wording", "prepaid.turn_off: say (everywhere; ru)", "Больше не сообщаем.")
    assert change.place == before.model.menus["prepaid.turn_off"].say[0].place
    catalog.write_text(re.sub(r'(msgid "Notices are off\."\nmsgstr ")[^"]+', r"\1", text), "utf-8")
    (lost,) = [
        one
        for one in changes(before, read_side(tmp_path / "b" / "menus" / "azercell", tmp_path / "b" / "locales"))
        if one.kind == "wording"
    ]
    assert lost.after == "Notices are off. (said in en)"


@pytest.mark.parametrize(
    ("replacement", "expected", "line"),
    [
        (
            ('balance: {ussd: "0.10", call: free, sms: "0.10"', 'balance: {ussd: "0.15", call: free, sms: "0.15"'),
            ("fee", "balance by ussd, sms, charged by prepaid.balance *1*1*2#", "0.10", "0.15"),
            "balance:",
        ),
        (
            ('balance: {ussd: "0.10", call: free, sms: "0.10", web: free}', 'balance: {ussd: "0.10", call: free, sms: "0.10", web: free, once: session}'),
            ("fee", "balance is charged, charged by prepaid.balance *1*1*2#", "each time", "once a session"),
            "balance:",
        ),
        (('largest: "99.99"', 'largest: "50.00"'), ("operator", "limits.largest", "99.99 AZN", "50.00 AZN"), "limits:"),
        (("shop: true", "shop: false"), ("operator", "switches.shop", "true", "false"), "switches:"),
        (('back: "0", home', 'back: "8", home'), ("operator", "keys.ussd_back", "0", "8"), "keys:"),
        (("wait: 60s", "wait: 50s"), ("operator", "ussd.wait", "1m", "50s"), "ussd: {octets"),
        (("longest: 10m", "longest: 5m"), ("operator", "call.longest", "10m", "5m"), "call: {first"),
        (("late: 3s", "late: 4s"), ("operator", "late", "3s", "4s"), "sessions:"),
        (('support: "111"', 'support: "112"'), ("operator", "numbers.support", "111", "112"), "numbers:"),
        (("prepaid: {line: prepaid}, postpaid", "prepaid: {line: postpaid}, postpaid"), ("operator", "groups.prepaid.line", "prepaid", "postpaid"), "groups:"),
        (("SimSim: {line: prepaid}", 'SimSim: {line: prepaid, call: "0.01"}'), ("operator", "tariffs.SimSim.call", None, "0.01"), "tariffs:"),
        (("most: 3, say: No key", "most: 2, say: No key"), ("flow", "silence", "3 times, then goodbye", "2 times, then goodbye"), "tries:"),
        (("say: No choice", "say: No such choice"), ("wording", "wrong keys: told (everywhere; en)", "No choice", "No such choice"), "tries:"),
        (("  barred: Answer barred", "  barred: Ring us"), ("wording", "answer barred (everywhere; en)", "Answer barred", "Ring us"), "  barred:"),
        (
            ('choice: "{label}: press {key}"', 'choice: "For {label} press {key}"'),
            ("wording", "what is said around a choice (call; en)", "{label}: press {key}", "For {label} press {key}"),
            "call: {first",
        ),
    ],
)  # fmt: skip
def test_changes_of_the_operator(
    tmp_path: Path, replacement: tuple[str, str], expected: tuple[str, str, str | None, str | None], line: str
) -> None:
    """One change each: `call.choice` too, though every label of a call is said inside it."""
    after = edited(replacement, file="operator")
    (change,) = compared(tmp_path, after)
    assert rows((change,)) == [expected]
    number = next(number for number, text in enumerate(after["operator"].splitlines(), 1) if line in text)
    assert change.place.startswith(f"menus/small/operator.yaml:{number}:")


def test_pages_that_a_menu_takes(tmp_path: Path) -> None:
    lines = r"\n".join(["A long account of what there is"] * 6)
    found = compared(tmp_path, edited(("say: Account\n", f'say: {{ussd: "{lines}", default: Account}}\n')))
    assert ("page", "prepaid.account at its longest (en)", "1 page, gsm7", "2 pages, gsm7") in rows(found)


def test_pages_in_another_encoding(tmp_path: Path) -> None:
    """By the model, for a letter outside GSM-7 may be a fault of its own in menus."""
    before = side(tmp_path)
    menu = before.model.menus["prepaid.account"]
    wording = {channel: {"en": Message((("Счёт",),), "en")} for channel in ("ussd", "call", "sms", "web")}
    menus = {**before.model.menus, menu.name: replace(menu, say=(Part(wording),))}
    found = changes(before, replace(before, model=replace(before.model, menus=menus)))
    assert ("page", "prepaid.account at its longest (en)", "1 page, gsm7", "1 page, ucs2") in rows(found)


def test_a_back_end_of_the_operators_own(tmp_path: Path) -> None:
    """Its services stand beside the operators' folders; what they bring counts in the pages."""
    own = "services:\n  shop.offers: {kind: read, gives: {name: {text: 24}}}\n"
    files = edited(
        (
            "  charges:\n    get: {statement: accounts.statement}\n",
            "  charges:\n    get: {offer: shop.offers, statement: accounts.statement}\n",
        )
    )
    files = edited(("say: Charges", 'say: "{offer.name}"'), files=files)
    for name in ("a", "b"):
        write(tmp_path / name, files if name == "b" else SMALL)
        (tmp_path / name / "menus" / "services.yaml").write_text(own, "utf-8")
    sides = [read_side(tmp_path / name / "menus" / "small", tmp_path / name / "locales") for name in ("a", "b")]
    found = rows(changes(sides[0], sides[1]))
    assert ("service", "prepaid.charges: looks up", None, "shop.offers") in found
    assert ("wording", "prepaid.charges: say (everywhere; en)", "Charges", "{offer.name}") in found
    assert "shop.offers" in sides[1].services


def test_forms(tmp_path: Path) -> None:
    form = 'serves: everyone\nentries:\n  - {ussd: "*5#", go: send}\nmenus:\n  send:\n    ask:\n      phone: {say: Whom, type: msisdn}\n      pin: {say: PIN, digits: "4"}\n    say: "To {phone}"\n'
    before = {"operator": OPERATOR, "form": form}
    found = rows(compared(tmp_path, edited(('digits: "4"', 'digits: "4-6", secret: true'), file="form", files=before), before))
    assert ("form", "form.send: field pin takes", "digits 4", "digits 4-6, secret") in found
    found = rows(compared(tmp_path, edited(("say: Whom", "say: To whom"), file="form", files=before), before))
    assert found == [("wording", "form.send: field phone: question (everywhere; en)", "Whom", "To whom")]
    found = rows(compared(tmp_path, edited(('      pin: {say: PIN, digits: "4"}\n', ""), file="form", files=before), before))
    assert ("form", "form.send: field pin", "digits 4", None) in found
    assert not [row for row in found if row[0] == "wording" and "field pin" not in row[1]]


def test_every_change_has_a_kind_and_a_place(tmp_path: Path) -> None:
    found = compared(tmp_path, large(60, 2), large(60, 1))
    assert len(found) > 50
    for change in found:
        assert change.kind in KINDS and change.before != change.after
        assert re.fullmatch(r"menus/small/[a-z]+\.yaml:\d+:\d+", change.place), change
    assert len(set(found)) == len(found)
    places = [(change.kind, change.place.split(":")[0], *map(int, change.place.split(":")[1:])) for change in found]
    assert places == sorted(places, key=lambda row: (KINDS.index(row[0]), row[1:]))
    # told one way exactly where it is told the other way
    assert compared(tmp_path, large(60, 1), large(60, 2)) != ()


# -- the command


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("IVR_OPERATOR", raising=False)
    monkeypatch.delenv("IVR_MENUS", raising=False)


def ivr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = cli.main(words)
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_says_it_as_diff_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "a", SMALL)
    new = write(tmp_path / "b", edited(("say: Charges", "say: Your charges"), ("go: end}", "go: home}")))
    assert ivr(capsys, "diff", str(old), str(old)) == (0, f"{NOTHING}\n", "")
    code, out, err = ivr(capsys, "diff", str(old.parent), str(new))
    assert (code, err) == (1, "")
    assert out == (
        "Direct dial\n"
        "  menus/small/prepaid.yaml:3:5  *1*4# led to end, leads to home\n"
        "\n"
        "Wordings\n"
        "  menus/small/prepaid.yaml:25:10  prepaid.charges: say (everywhere; en)\n"
        "    - Charges\n"
        "    + Your charges\n"
        "\n"
        "Choices\n"
        "  menus/small/prepaid.yaml:13:7  prepaid.main: key 4 leads to: end -> home\n"
        "\n"
        "3 changes for subscribers\n"
    )
    code, out, _ = ivr(capsys, "diff", str(old), str(new), "--format", "json")
    assert code == 1
    assert json.loads(out)[0] == {
        "kind": "code",
        "what": "*1*4#",
        "before": "end",
        "after": "home",
        "place": "menus/small/prepaid.yaml:3:5",
    }
    assert (ivr(capsys, "diff", str(old), str(old), "--format", "json")[:2]) == (0, "[]\n")


def keep(tmp_path: Path, folder: Path, release: str) -> None:
    """A release as it is kept in the data folder."""
    target = tmp_path / "home" / "releases" / "small" / release
    shutil.copytree(folder, target / "menus" / "small")
    (target / "locales").mkdir()


def test_releases_and_current(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, write(tmp_path / "a", SMALL), "0123456789ab")
    now = write(tmp_path / "b", edited(("say: Charges", "say: Your charges")))
    monkeypatch.setenv("IVR_MENUS", str(now.parent))
    assert ivr(capsys, "diff", "0123456789ab", "0123456789ab")[0] == 0
    code, out, _ = ivr(capsys, "diff", "0123456789ab", "current")
    assert code == 1 and "+ Your charges" in out
    assert "- Your charges" in ivr(capsys, "diff", "current", "0123456789ab")[1]
    code, _, err = ivr(capsys, "diff", "current", "000000000000")
    assert code == 2 and "no release 000000000000 is kept" in err and "small 0123456789ab" in err
    # What is served is the release of the marker, whatever stands in the folder.
    (tmp_path / "home" / "releases" / "small" / "current.json").write_text('{"release": "0123456789ab", "disk": "0123456789ab"}', "utf-8")
    assert ivr(capsys, "diff", "0123456789ab", "current")[0] == 0
    code, out, _ = ivr(capsys, "diff", "current", str(now.parent))
    assert code == 1 and "+ Your charges" in out
    (tmp_path / "home" / "releases" / "small" / "current.json").unlink()
    # Several operators: the release tells which.
    shutil.copytree(now, now.with_name("other"))
    assert ivr(capsys, "diff", "0123456789ab", "current")[0] == 1
    assert ivr(capsys, "diff", "current", "0123456789ab")[0] == 1
    code, _, err = ivr(capsys, "diff", "current", "current")
    assert code == 2 and "--operator" in err
    assert ivr(capsys, "diff", "current", "current", "--operator", "other")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere", "{home}"], '"nowhere" is neither a folder nor a release'),
        (["{home}", "nowhere"], '"nowhere" is neither a folder nor a release'),
        (["{home}"], "the following arguments are required: B"),
        (["{menus}", "{menus}", "--operator", "smal"], 'did you mean "small"?'),
        (["{root}", "{home}"], "no operator.yaml"),
        (["{home}", "{home}", "--format", "html"], "invalid choice"),
        (["", "{home}"], "is neither a folder"),
    ],
)
def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    home = write(tmp_path / "empty" / "x", SMALL)
    code, out, err = ivr(capsys, "diff", *(word.format(home=home, menus=home.parent, root=tmp_path / "empty") for word in words))
    assert (code, out) == (2, "") and told in err and "Traceback" not in err


def test_menus_with_faults_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "a", SMALL)
    new = write(tmp_path / "b", edited(("go: account}", "go: acount}")))
    code, out, err = ivr(capsys, "diff", str(old), str(new))
    assert (code, out) == (2, "") and "E012" in err and "has faults" in err


def test_long_values_stand_under_each_other() -> None:
    text = as_text((Change("operator", "limits.words", "a" * 60, "b" * 60, "f:1:1"), Change("page", "m (en)", None, "1 page", "f:1:1")))
    assert f"    - {'a' * 60}\n    + {'b' * 60}\n" in text and "m (en): 1 page, new" in text
