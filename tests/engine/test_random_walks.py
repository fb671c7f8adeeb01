"""Whatever a subscriber does, in any order: nothing raises, every page fits, the session waits or is over, the fee is taken once."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine.effects import Call, End, Page, Speak
from ivr.engine.text import measure
from tests.engine.fake import BONUSES, TEN, Operator, Walk, azn, day, postpaid, prepaid, shipped

KEYS = st.sampled_from(["0", "00", "98", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "", "17"]) | st.text(max_size=12)
DEEDS = st.lists(KEYS | st.just(None), max_size=25)
OUTCOMES = st.dictionaries(
    st.sampled_from(
        [
            "accounts.funds",
            "accounts.balance",
            "accounts.bill",
            "accounts.line",
            "accounts.charge",
            "accounts.statement",
            "accounts.notices_off",
            "accounts.set_language",
        ]
    ),
    st.sampled_from(["unavailable", "late", "not_enough", "already", "unheard of"]),
    max_size=2,
)
POSTINGS = tuple({"at": day("2026-11-22"), "amount": azn("-0.10"), "information": f"balance ussd {number}"} for number in range(12))
LINES = st.builds(
    lambda line, language, balance: dataclasses.replace(line, language=language, balance=balance if line.kind == "prepaid" else None),
    st.sampled_from([prepaid(), postpaid()]),
    st.sampled_from(["az", "en", "ru", None]),
    st.sampled_from([azn("12.34"), azn("0.05"), azn("0.10"), azn("99999.99")]),
)
CODES = st.sampled_from(["*111#", "*650#", "*111*1*7#", "*111*2*98#", "*111*6*2#", "*650*3*1#", "*111*8*1*1#"]) | st.lists(
    st.integers(0, 12), max_size=5
).map(lambda digits: "*" + "*".join(["111", *map(str, digits)]) + "#")


def check(walk: Walk) -> None:
    assert not [effect for effect in walk.effects if isinstance(effect, Call)]
    assert len([effect for effect in walk.effects if isinstance(effect, Page | Speak)]) <= 1
    if walk.state.ended:
        assert not walk.effects or isinstance(walk.effects[-1], End)
        return
    assert walk.effects, "a session that waits has shown something"
    stage, _, name = walk.state.waiting.partition(":")
    assert stage in ("menu", "field", "confirm", "connect")
    assert walk.state.frames and len(walk.state.frames) <= 51
    top = walk.model.menus[walk.state.frames[-1].menu]
    assert stage != "field" or name in [field.name for field in top.ask]
    for effect in walk.effects:
        if isinstance(effect, Page):
            size = measure(effect.text)
            assert (size.encoding, size.length, size.limit) == (effect.encoding, effect.length, effect.limit)
            assert size.fits and effect.text.strip() and effect.more
            assert "{" not in effect.text and "None" not in effect.text
        elif isinstance(effect, Speak):
            assert effect.parts and (effect.collect is not None) == (stage != "connect")
            assert (effect.connect == "111") == (stage == "connect")


@settings(max_examples=250, deadline=None)
@given(CODES, LINES, OUTCOMES, DEEDS, st.sampled_from([BONUSES, TEN, ()]))
def test_any_ussd_session(code: str, line: object, outcomes: dict[str, str], deeds: list[str | None], bonuses: tuple[object, ...]) -> None:
    operator = Operator(bonuses, outcomes, POSTINGS)
    walk = Walk(code, line, operator=operator)  # type: ignore[arg-type]
    check(walk)
    for deed in deeds:
        walk.press(deed or "")
        check(walk)
    assert operator.charged in ([], [("balance", "0.10")])


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["2112", "650"]), LINES, OUTCOMES, DEEDS)
def test_any_call(number: str, line: object, outcomes: dict[str, str], deeds: list[str | None]) -> None:
    operator = Operator(TEN, outcomes, POSTINGS)
    walk = Walk(number, line, operator=operator)  # type: ignore[arg-type]
    check(walk)
    for deed in deeds:
        if walk.state.waiting == "connect":
            walk.connected("busy" if deed else "no_answer")
        else:
            walk.silent() if deed is None else walk.press(deed)
        check(walk)
    assert operator.charged == []


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["*111#", "*650#", "2112", "650"]),
    st.lists(KEYS, max_size=10),
    st.sampled_from(["hung_up", "aborted", "timed_out", "superseded"]),
)
def test_leaving_is_possible_everywhere(address: str, keys: list[str], why: str) -> None:
    line = prepaid() if "11" in address else postpaid()
    walk = Walk(address, line).press(*keys)
    if not walk.state.ended:
        assert walk.gone(why).end == why
    assert walk.state.ended and walk.press("1").effects == ()


def test_going_in_circles_does_not_grow_without_bound() -> None:
    model = shipped()
    menus = dict(model.menus)
    help_menu = menus["help.main"]
    menus["help.main"] = dataclasses.replace(help_menu, choices=(dataclasses.replace(help_menu.choices[0], go="prepaid.main"),))
    walk = Walk("*111#", prepaid(), model=dataclasses.replace(model, menus=menus))
    first = walk.text
    for _ in range(60):
        walk.press("9", "1")
    assert len(walk.state.frames) == 51
    assert walk.text == first + "\n0. Back"
    for _ in range(50):
        walk.press("0")
    assert walk.text == first, "the way back still ends at the first menu"
