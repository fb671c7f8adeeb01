"""Which entry an SMS comes in by, and which free answers are sent only so often."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.engine.events import Begin
from ivr.engine.model import Model
from ivr.engine.step import Step, begin
from ivr.engine.values import Line
from tests.catalog.test_compile_faults import OPERATOR
from tests.engine.fake import NOW, Walk, postpaid, prepaid, shipped

NOT_SERVED = "This is for postpaid lines. Yours: *111#, a call to 2112 or an empty SMS to 2112."


@pytest.fixture(scope="module")
def grants() -> Model:
    """Rights to read a bill are given by `+NUMBER` (postpaid lines), and used by `NUMBER` (all lines), both to 650."""
    return shipped()


def sent(model: Model, text: str, line: Line | None, code: str = "650") -> Step:
    return begin(model, "s", Begin("sms", code, line.msisdn if line else "994509999999", line, NOW, text))


def entered(step: Step) -> str:
    return next((traced.detail for traced in step.trace if traced.what == "menu"), "")


def answer(step: Step) -> str:
    from ivr.engine.effects import Sms

    return "".join(effect.text for effect in step.effects if isinstance(effect, Sms))


@pytest.mark.parametrize(
    "text", ["+994501110101", "-994501110101", "–994501110101", "＋0501110101", " +501110101 ", "+", "-", "+abc", "-99450"]
)
def test_what_is_meant_for_postpaid_lines_is_not_answered_to_a_prepaid_one_as_something_else(grants: Model, text: str) -> None:
    step = sent(grants, text, prepaid())
    assert entered(step) == "" and answer(step) == NOT_SERVED


@pytest.mark.parametrize(
    ("text", "menu"),
    [("+994501110001", "grants.give"), ("-994501110001", "grants.take_back"), ("+", "grants.readers"), ("–", "grants.readers")],
)
def test_and_a_postpaid_line_gets_it(grants: Model, text: str, menu: str) -> None:
    assert entered(sent(grants, text, postpaid())) == menu


@pytest.mark.parametrize("line", [prepaid(), postpaid()])
def test_a_number_alone_asks_for_its_bill(grants: Model, line: Line) -> None:
    assert entered(sent(grants, "994501110101", line)) == "granted.read"


MENU = """\
serves: everyone
not_served: "Not for you."
entries:
  - {sms: "7", text: "{word}", go: word}
  - {sms: "7", text: "{amount}", serves: postpaid, go: pay}
  - {sms: "8", text: "{word}", go: any}
  - {sms: "8", text: "pay {amount}", serves: postpaid, go: pay}
  - {sms: "8", text: "pay {amount} now", serves: prepaid, go: pay}
menus:
  word:
    ask: {word: {one_of: [one, two], no_match: "One or two."}}
    say: "{word}"
  any:
    ask: {word: {type: text}}
    say: "Any {word}"
  pay:
    ask: {amount: {type: money, no_match: "No amount."}}
    say: "Pay {amount}"
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("texts") / "menus" / "small"
    folder.mkdir(parents=True)
    operator = OPERATOR
    if "postpaid:" not in operator:
        operator = operator.replace("everyone: {}", "everyone: {}\n  prepaid: {line: prepaid}\n  postpaid: {line: postpaid}")
    (folder / "operator.yaml").write_text(operator, "utf-8")
    (folder / "m.yaml").write_text(MENU, "utf-8")
    found = compile_operator(folder, Path(folder / "locales"))
    assert found.model is not None, "\n".join(map(str, found.faults))
    return found.model


@pytest.mark.parametrize(
    ("code", "text", "line", "said"),
    [
        ("8", "hello", prepaid(), "Any hello"),
        ("8", "pay 5", prepaid(), "Not for you."),  # the fixed signs are another's, which does not serve this line
        ("8", "pay 5", postpaid(), "Pay 5.00 AZN"),
        ("8", "pay 5 now", prepaid(), "Pay 5.00 AZN"),
        ("8", "pay five", prepaid(), "Any pay five"),  # the shape is wrong there and right here
        ("7", "two", prepaid(), "two"),
        ("7", "5", prepaid(), "One or two."),  # no fixed signs on either side: who is served goes first
    ],
)
def test_who_has_the_fixed_signs_of_a_text_has_the_text(small: Model, code: str, text: str, line: Line, said: str) -> None:
    assert answer(sent(small, text, line, code)) == said


def test_only_free_answers_to_nobodys_request_have_a_limit() -> None:
    def limits(text: str, line: Line | None, channel: str = "sms") -> list[str]:
        step = begin(shipped(), "s", Begin(channel, "2112", "994509999999", line, NOW, text))
        return [getattr(effect, "limit", "") for effect in step.effects if hasattr(effect, "text")]

    assert limits("nonsense", prepaid()) == ["help_replies"]
    assert limits("", None) == limits("", prepaid(status="barred")) == limits("", prepaid(status="expired")) == ["refusal_replies"]
    assert limits("", postpaid()) == [""], "a line that is not served is told where it is"
    assert Walk("*999#", prepaid()).messages == []
