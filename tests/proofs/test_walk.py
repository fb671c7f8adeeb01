"""The walk over all states: the shipped menus close without a bound, and what is broken on purpose is found."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.cli import main
from ivr.commands_walk import covered_by_scenarios, walk_folder
from ivr.engine import keys, show, walk
from ivr.engine.effects import Page
from ivr.engine.events import Begin
from ivr.engine.step import begin
from ivr.engine.turn import Turn
from ivr.engine.values import Money
from ivr.proofs.conditions import MIXED, questions_by_menu
from ivr.proofs.explorer import Explorer
from ivr.proofs.uncovered import Covered, uncovered
from ivr.proofs.values import Representatives
from ivr.proofs.walked import Walked
from tests.fuzz.operators import compiled, known_services, operator_file
from tests.fuzz.test_models import MONDAY

pytestmark = pytest.mark.timeout(600)  # the whole of azercell takes more than a minute of a quiet core

ROOT = Path(__file__).resolve().parents[2]


SHIPPED = ("azercell", "tcell")
FIRST_CALLS = {"tcell": {"language.first"}}
"""Menus of a line that has no language yet, where no demo line is one: `tests/scenarios/test_first_call.py` plays them."""


@functools.cache
def shipped(operator: str) -> Walked:
    walked = walk_folder(ROOT / "menus" / operator)
    assert walked is not None
    return walked


def house(**changes: Any) -> dict[str, Any]:
    """An operator.yaml that is the same every time."""
    from random import Random

    plain = operator_file(Random(1))
    plain["languages"] = {"offered": ["en"], "default": "en"}
    plain["fees"] = {"small": {"sms": "0.10", "ussd": "0.10", "call": "free", "web": "free", "once": "session"}}
    plain["ussd"] = {"octets": 160, "wait": "60s", "longest": "180s", "stay_open": True}
    plain["switches"] = {"news": True}
    tries = {"most": 3, "say": "Again.", "then": "goodbye"}
    return {**plain, "tries": {"no_input": tries, "no_match": tries}, **changes}


def tree(menus: dict[str, Any], **changes: Any) -> Walked:
    """All states of an operator with these menus; `main` is what *111# and 2112 lead to."""
    entries = [{"ussd": "*111#", "go": "main"}, {"call": "2112", "go": "main"}]
    operator = changes.pop("operator", {})
    found = compiled({"operator": house(**operator), "tree": {"entries": entries, "menus": menus, **changes}})
    assert found.model is not None, "\n".join(map(str, found.errors))
    return Explorer(found.model, known_services(), MONDAY).walk()


MAIN = {"say": "Menu", "choices": {"1": {"label": "Figures", "go": "figures"}}}
OUT = {"1": {"label": "Out", "go": "end"}}
FIGURES = {"get": {"got": "a.figures"}, "fee": "small", "say": "You have {got.main}."}


# -- the shipped menus


@pytest.mark.parametrize("operator", SHIPPED)
def test_the_shipped_menus_close_and_nothing_is_broken(operator: str) -> None:
    walked = shipped(operator)
    assert walked.bounds == set()
    assert walked.broken == []
    assert list(walked.never()) == []
    assert {menu for menu, _ in walked.menus} == set(walked.model.menus)
    assert len(walked.nodes) > 1000 and walked.transitions > 5 * len(walked.nodes)


@pytest.mark.parametrize("operator", SHIPPED)
def test_scenarios_go_wherever_the_walk_goes(operator: str) -> None:
    left = uncovered(shipped(operator), covered_by_scenarios(ROOT / "menus" / operator))
    played_elsewhere = FIRST_CALLS.get(operator, set())
    assert {one.menu for one in left} == played_elsewhere, "\n".join(map(str, left))


@pytest.mark.parametrize("operator", SHIPPED)
def test_every_shipped_choice_and_outcome_is_reached(operator: str) -> None:
    walked = shipped(operator)
    choices = {(menu, key) for menu, key, _ in walked.choices}
    assert choices >= {(name, choice.key) for name, menu in walked.model.menus.items() for choice in menu.choices}
    for name, menu in walked.model.menus.items():
        outcomes = {outcome for reached, outcome, _ in walked.outcomes if reached == name}
        assert outcomes >= set(menu.otherwise), name
        assert not menu.get or {"ok", "unavailable", "late"} <= outcomes, name


@pytest.mark.parametrize("operator", SHIPPED)
def test_a_way_that_is_told_leads_there(operator: str) -> None:
    """The codes that the walk prints, dialled again from nothing."""
    walked, dialled = shipped(operator), 0
    for (menu, channel), way in walked.menus.items():
        address = way[0].rpartition(": ")[2]
        if channel != "ussd" or len(way) > 1:
            continue
        node = next(node for node in walked.nodes if node.opening.label.partition(": ")[0] == way[0].rpartition(": ")[0])
        event = node.opening.event
        assert event.line is not None
        done = begin(walked.model, "again", Begin("ussd", address, event.line.msisdn, event.line, MONDAY))
        passed = [traced.detail for traced in done.trace if traced.what == "menu"]
        # what lies behind a look-up is reached with its answer
        assert menu in passed or done.effects[0].__class__.__name__ == "Call", way
        dialled += 1
    assert dialled >= 5


# -- what makes a difference


@pytest.mark.parametrize(
    ("condition", "kind", "ways"),
    [
        ("got.main > 0", "money", 2),
        ("got.main > 0 and got.main < 10", "money", 3),
        ("got.main == 7.50", "money", 2),
        ("got.main < limits.least", "money", 2),
        ("got.main * 2 > limits.least + 1", "money", 2),
        ("got.open", "flag", 2),
        ("got.some >= 3 or got.some == 1", "number", 3),
        ("got.word == 'abc'", "text", 2),
        ("got.plan == 'One'", "tariff", 2),
        ("line.notices", "money", 1),
    ],
)
def test_values_are_tried_in_each_way_that_a_condition_tells_apart(condition: str, kind: str, ways: int) -> None:
    figures = {"get": {"got": "a.figures"}, "say": ["Here.", {"when": condition, "say": "This too."}]}
    found = compiled({"operator": house(), "tree": {"entries": [{"ussd": "*111#", "go": "main"}], "menus": {"main": figures}}})
    assert found.model is not None, found.errors
    questions = questions_by_menu(found.model)["tree.main"]
    name = next((path for path in questions if path[0] == "got"), ("got", "main"))
    assert len(Representatives(found.model.operator).of(kind, questions.get(name, frozenset()))) == ways


def test_two_values_that_are_compared_are_not_told_apart() -> None:
    figures = {
        "get": {"got": "a.figures", "more": "a.figures"},
        "say": ["Here.", {"when": "got.main > more.main", "say": "More."}],
        "choices": OUT,
    }
    walked = tree({"main": figures})
    assert questions_by_menu(walked.model)["tree.main"][("got", "main")] == frozenset([MIXED])
    texts = set(_pages(walked))
    assert any("More." in page for page in texts) and any("More." not in page for page in texts)


def test_what_a_choice_hands_over_is_varied_for_the_menu_that_asks_of_it() -> None:
    menus = {
        "main": {
            "get": {"got": "a.figures"},
            "say": "Menu",
            "choices": {"1": {"label": "Use {got.some}", "go": "use", "with": {"much": "{got.some}"}}},
        },
        "use": {"ask": {"much": {}}, "do": "a.number", "say": ["Done.", {"when": "much > 5", "say": "Much."}]},
    }
    walked = tree(menus)
    assert questions_by_menu(walked.model)["tree.main"].keys() == {("got", "some")}


def _pages(walked: Walked) -> Iterator[str]:
    """Every page's text: each state's, rendered again."""
    for node in walked.nodes:
        if node.state.channel == "ussd" and node.state.waiting == "menu":
            turn = Turn.of(walked.model, node.state, MONDAY, {})
            show.page(turn)
            yield from (effect.text for effect in turn.effects if isinstance(effect, Page))


def test_lists_are_tried_empty_with_one_item_and_with_most() -> None:
    menus = {
        "main": {
            "get": {"got": "a.items"},
            "say": "Items",
            "list": {"of": "got.items", "item": "{name} {price}", "none": "Nothing."},
            "choices": OUT,
        }
    }
    pages = set(_pages(tree(menus)))
    assert any("Nothing." in page for page in pages)
    assert any("98. More" in page for page in pages)


def test_switches_and_hours_are_tried_where_a_step_asks_for_them() -> None:
    choices = {
        "1": {"label": "News", "go": "news", "switch": "news"},
        "2": {"label": "Desk", "go": "desk", "when": "hours.desk"},
        "3": OUT["1"],
    }
    menus = {"main": {"say": "Menu", "choices": choices}, "news": {"say": "News."}, "desk": {"say": "We are open."}}
    walked = tree(menus, operator={"hours": {"desk": {"mon-fri": "09:00-18:00"}}, "switches": {"news": False}})
    assert walked.menus["tree.news", "ussd"][1:] == ("1 (news on)",)
    assert walked.menus["tree.desk", "ussd"][1:] == ("2 (Mon 09:00)",)
    assert not walked.broken and not list(walked.never())
    # where nothing asks for them, nothing is done twice
    plain = tree({"main": {"say": "Menu", "choices": OUT}}, operator={"hours": {"desk": {"mon-fri": "09:00-18:00"}}})
    assert plain.transitions == tree({"main": {"say": "Menu", "choices": OUT}}, operator={"switches": {}}).transitions


def test_a_form_gets_a_right_value_and_a_wrong_one_for_each_cause() -> None:
    form = {
        "ask": {name: {"say": f"{name}?"} for name in ("phone", "amount", "password")},
        "confirm": "Send {amount}?",
        "do": "a.send",
        "say": "Sent.",
    }
    form["otherwise"] = {"wrong_password": {"say": "No.", "retry": "password"}, "too_soon": "Wait.", "not_enough": "Poor."}
    walked = tree({"main": form})
    walker = Explorer(walked.model, known_services(), MONDAY)
    tried = {
        field.name: [cause for _, cause in walker.stimuli.typed("tree.main", field, False)] for field in walked.model.menus["tree.main"].ask
    }
    assert {name: set(causes) for name, causes in tried.items()} == {
        "phone": {"", "foreign", "other", "too_long"},
        "amount": {"", "too_small", "too_large", "other", "too_long"},
        "password": {"", "too_short", "too_long", "other"},
    }
    assert {outcome for _, outcome, _ in walked.outcomes} >= {"ok", "wrong_password", "too_soon", "not_enough", "unavailable"}
    assert not walked.broken and not walked.bounds


# -- what it finds


def test_what_nobody_can_reach_is_told() -> None:
    menus = {
        "main": {
            "get": {"got": "a.figures"},
            "say": "Menu",
            "choices": {
                "1": {"label": "Never", "go": "other", "when": "got.main < 1 and got.main > 2"},
                "2": {"label": "Out", "go": "end"},
            },
        },
        "other": {"say": "Nobody reads this."},
    }
    found = compiled({"operator": house(), "tree": {"entries": [{"ussd": "*111#", "go": "main"}], "menus": menus}})
    if found.model is None:
        assert {fault.code for fault in found.errors} <= {"E026", "E011"}, "check says so itself"
        return
    never = [what for _, what in Explorer(found.model, known_services(), MONDAY).walk().never()]
    assert never == ["nobody can press 1 in tree.main", "nobody comes to tree.other"]


def test_a_tree_without_an_end_reaches_a_bound() -> None:
    walked = tree({"main": {"say": "Menu", "choices": {"1": {"label": "Deeper", "go": "main"}}}})
    assert walked.bounds == {"more than 12 menus deep at tree.main"}


def _broken(monkeypatch: pytest.MonkeyPatch, target: object, name: str, value: object, menus: dict[str, Any] | None = None) -> set[str]:
    monkeypatch.setattr(target, name, value)
    return {one.what for one in tree(menus or {"main": MAIN, "figures": FIGURES}).broken}


def test_nothing_is_broken_in_the_small_tree() -> None:
    assert tree({"main": MAIN, "figures": FIGURES}).broken == []


def test_a_fee_taken_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def price(turn: Turn, fee: str | None) -> Money | None:
        return None if fee is None else turn.model.operator.fees[fee].prices["sms"]

    assert "the fee small is charged again" in _broken(monkeypatch, Turn, "price", price)


def test_a_fee_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def charged(turn: Turn, answer: object, acted: bool) -> None:
        walk.arrive(turn)

    assert "the fee small is paid and forgotten, so it can be charged again" in _broken(monkeypatch, walk, "_charged", charged)


def test_back_that_looks_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def back(turn: Turn) -> None:
        turn.frames.pop()
        turn.note("back", turn.top.menu)
        turn.change(walk.replace(turn.top, got={}))
        walk.ask(turn)

    menus = {
        "main": {"get": {"got": "a.figures"}, "say": "Menu", "choices": {"1": {"label": "Words", "go": "words"}}},
        "words": {"say": "Words."},
    }
    assert "back calls a.figures" in _broken(monkeypatch, keys, "back", back, menus)


def test_a_page_that_does_not_fit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def paginate(lines: list[str], navigation: object, first_navigation: list[str], more: object, octets: object) -> tuple[str, ...]:
        return ("\n".join([*lines, *first_navigation]),)

    long = {"main": {"say": "word " * 60, "choices": {"1": {"label": "Out", "go": "end"}}}}
    assert any("characters where" in what for what in _broken(monkeypatch, show, "paginate", paginate, long))


def test_a_crash_is_found_with_the_way_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def home(turn: Turn) -> None:
        raise LookupError("no home")

    monkeypatch.setattr(keys, "home", home)
    one = tree({"main": MAIN, "figures": FIGURES}).broken[0]
    assert one.what == "LookupError: no home"
    assert one.path[0].endswith(": *111*1#") and one.path[-1] == "00"


def test_a_secret_that_is_shown_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.engine.values import Secret

    form = {"ask": {name: {"say": f"{name}?"} for name in ("phone", "amount", "password")}, "do": "a.send", "say": "Sent."}
    form["otherwise"] = {"wrong_password": "No.", "too_soon": "Wait.", "not_enough": "Poor."}
    assert tree({"main": form}).broken == []
    real = show.page

    def page(turn: Turn) -> None:
        real(turn)
        secrets = [value.reveal() for frame in turn.frames for value in frame.fields.values() if isinstance(value, Secret)]
        turn.effects[:] = [show.replace_text(effect, " ".join(secrets)) for effect in turn.effects]

    def with_text(effect: object, text: str) -> object:
        import dataclasses

        return dataclasses.replace(effect, text=text) if isinstance(effect, Page) and text else effect

    monkeypatch.setattr(show, "replace_text", with_text, raising=False)
    monkeypatch.setattr(show, "page", page)
    assert "a secret is shown: Page" in {one.what for one in tree({"main": form}).broken}


def test_a_dead_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(turn: Turn, choice: object) -> None:
        show.page(turn)

    assert "a dead end in tree.main: nothing that can be typed leads on" in _broken(monkeypatch, keys, "follow", follow)


# -- against scenarios, and the command


def test_uncovered_is_what_was_reached_and_not_played() -> None:
    walked = tree({"main": MAIN, "figures": FIGURES})
    everything = uncovered(walked, Covered())
    assert ("outcome", "tree.figures", "unavailable", "ussd") in {(one.kind, one.menu, one.what, one.channel) for one in everything}
    ways = {(one.kind, one.menu, one.what, one.channel): ", ".join(one.way) for one in everything}
    assert ways["outcome", "tree.figures", "unavailable", "ussd"].endswith(": *111*1#, a.figures: unavailable")
    covered = Covered(set(walked.menus), set(walked.choices), {(menu, outcome, channel) for menu, outcome, channel in walked.outcomes})
    assert uncovered(walked, covered) == []


def test_the_command_prints_and_fails_as_it_should(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "menus" / "fuzz"
    folder.mkdir(parents=True)
    menus = {"main": {"say": "Menu", "choices": {"1": {"label": "Out", "go": "end"}}}}
    (folder / "operator.yaml").write_text(json.dumps(house()), "utf-8")
    (folder / "tree.yaml").write_text(json.dumps({"entries": [{"ussd": "*111#", "go": "main"}], "menus": menus}), "utf-8")
    assert main(["walk", str(tmp_path / "menus"), "--uncovered"]) == 0
    said = capsys.readouterr().out
    assert "fuzz: 1 menus" in said and "no bound reached" in said and "ussd  tree.main, key 1: prepaid en: *111*1#" in said
    assert main(["walk", str(folder), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["bounds"] == [] and row["broken"] == [] and row["states"] > 0
    menus["main"]["choices"]["1"]["go"] = "main"
    (folder / "tree.yaml").write_text(json.dumps({"entries": [{"ussd": "*111#", "go": "main"}], "menus": menus}), "utf-8")
    assert main(["walk", str(folder)]) == 1
    assert "bound: more than 12 menus deep at tree.main" in capsys.readouterr().out
    (folder / "tree.yaml").write_text("menus: [", "utf-8")
    assert main(["walk", str(folder)]) == 1
    assert "ivr check" in capsys.readouterr().err
    assert main(["walk", str(tmp_path / "nowhere")]) == 2
    assert main(["walk", str(tmp_path / "menus"), "--operator", "nobody"]) == 2
    assert "there is fuzz" in capsys.readouterr().err
