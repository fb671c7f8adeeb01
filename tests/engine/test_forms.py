"""Forms, confirmations, outcomes and pages that lead on by themselves, in a small operator of their own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.engine.model import FieldType, Model
from tests.catalog.test_compile_faults import OPERATOR
from tests.engine.fake import Operator, Walk, prepaid

MENU = """\
serves: everyone
entries:
  - {ussd: "*1#", go: main}
  - {ussd: "*2#", go: change}
  - {ussd: "*3#", go: turn_off}
  - {ussd: "*4#", go: hello}
  - {call: "1", go: main}
  - {call: "2", go: change, then: main}
  - {call: "3", go: turn_off, then: main}
menus:
  main:
    say: Hello
    choices:
      "1": {label: Language, go: change}
      "2": {label: Notices, go: turn_off}
      "3": {label: Hello, go: hello}
  change:
    ask:
      language: {say: Which language, no_match: "One of az, en, ru"}
    do: accounts.set_language
    say: "Changed to {language}"
  turn_off:
    confirm: Turn them off
    do: accounts.notices_off
    say: Notices off
    otherwise: {already: {say: Were off, go: main}}
  hello:
    say: One moment
    then: main
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("forms") / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(OPERATOR, "utf-8")
    (folder / "m.yaml").write_text(MENU, "utf-8")
    found = compile_operator(folder, folder / "locales")
    assert found.model is not None, found.faults
    return found.model


MAIN = "Hello\n1. Language\n2. Notices\n3. Hello"
NAVIGATION = "0. Answer back\n00. Answer home"


def test_a_field_is_asked_for(model: Model) -> None:
    walk = Walk("*1#", prepaid(), model=model).press("1")
    assert walk.text == f"Which language\n{NAVIGATION}" and walk.services == []
    assert walk.state.waiting == "field:language"
    assert walk.press("RU").text == f"Changed to ru\n{NAVIGATION}"
    assert walk.services == ["accounts.set_language"]


def test_a_wrong_value_is_explained_and_asked_again(model: Model) -> None:
    walk = Walk("*2#", prepaid(), model=model).press("de")
    assert walk.text == "One of az, en, ru\nWhich language"
    assert walk.services == []
    assert walk.press("en").text == "Changed to en"


def test_three_wrong_values_end(model: Model) -> None:
    walk = Walk("*2#", prepaid(), model=model).press("de", "x" * 10_000)
    assert walk.page.more
    assert walk.press("").text == "One of az, en, ru\nAnswer goodbye"
    assert walk.end == "completed"


def test_direct_dial_fills_a_field_and_is_validated(model: Model) -> None:
    # `*2*2#`: a part of digits is a value, which is wrong here
    assert Walk("*2*2#", prepaid(), model=model).text == "One of az, en, ru\nWhich language"
    digits = {**model.menus, "m.change": with_type(model, FieldType("digits", 1, 3))}
    walk = Walk("*1*1*12#", prepaid(), model=dataclasses.replace(model, menus=digits))
    assert walk.services == ["accounts.set_language"] and walk.text.startswith("Changed to 12")


def test_direct_dial_stops_at_a_secret_field(model: Model) -> None:
    secret = {**model.menus, "m.change": with_type(model, FieldType("digits", 1, 3, secret=True))}
    walk = Walk("*1*1*12#", prepaid(), model=dataclasses.replace(model, menus=secret))
    assert walk.services == [] and walk.state.waiting == "field:language" and walk.page.secret


def with_type(model: Model, kind: FieldType) -> object:
    menu = model.menus["m.change"]
    return dataclasses.replace(menu, ask=(dataclasses.replace(menu.ask[0], type=kind),))


def test_a_field_in_a_call_ends_with_the_hash_key(model: Model) -> None:
    walk = Walk("2", prepaid(), model=model)
    collect = walk.speak.collect
    assert collect is not None and collect.end == "#" and collect.most > 1
    assert walk.silent().said == "No key Which language"


def test_back_out_of_a_form(model: Model) -> None:
    assert Walk("*1#", prepaid(), model=model).press("1", "0").text == MAIN


def test_a_confirmation_is_asked_and_refused(model: Model) -> None:
    walk = Walk("*1#", prepaid(), model=model).press("2")
    assert walk.text == f"Turn them off\n1. Answer confirm\n2. Answer refuse\n{NAVIGATION}"
    assert walk.services == []
    walk.press("2")
    assert walk.services == [] and walk.text == f"Answer not sent\n{MAIN}"


def test_a_confirmation_is_given(model: Model) -> None:
    walk = Walk("*1#", prepaid(), model=model).press("2", "1")
    assert walk.services == ["accounts.notices_off"] and walk.text == f"Notices off\n{NAVIGATION}"
    # shown again it is not done again
    assert walk.press("5").services == [] and walk.text.startswith("No choice\nNotices off")


def test_a_confirmation_needs_one_of_its_two_keys(model: Model) -> None:
    walk = Walk("*3#", prepaid(), model=model).press("3", "yes")
    assert walk.services == [] and walk.text.startswith("No choice\nTurn them off")
    assert walk.press("x").text == "No choice\nAnswer goodbye"


def test_direct_dial_stops_at_a_confirmation(model: Model) -> None:
    walk = Walk("*1*2*1#", prepaid(), model=model)
    assert walk.services == [] and walk.state.waiting == "confirm"


def test_a_confirmation_in_a_call(model: Model) -> None:
    walk = Walk("3", prepaid(), model=model)
    assert walk.said == "Turn them off Answer confirm: press <1> Answer refuse: press <2>"
    assert walk.press("1").said.startswith("Notices off Hello Language: press <1>")


def test_an_outcome_leads_elsewhere(model: Model) -> None:
    walk = Walk("*3#", prepaid(), model=model, operator=Operator(outcomes={"accounts.notices_off": "already"})).press("1")
    assert walk.text == f"Were off\n{MAIN}\n00. Answer home"


def test_a_menu_that_goes_on_by_itself(model: Model) -> None:
    assert Walk("*4#", prepaid(), model=model).text.startswith(f"One moment\n{MAIN}")


def test_the_operator_may_end_sessions_at_the_last_page(model: Model, tmp_path: Path) -> None:
    ussd = dataclasses.replace(model.operator.ussd, stay_open=False)
    walk = Walk("*2#", prepaid(), model=dataclasses.replace(model, operator=dataclasses.replace(model.operator, ussd=ussd))).press("en")
    assert walk.text == "Changed to en" and walk.state.ended and not walk.page.more and walk.end == "completed"
