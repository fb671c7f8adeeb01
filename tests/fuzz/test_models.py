"""Operators made at random: what compiles without a fault runs without one, whatever the subscriber does and the services answer.

The menus come from `operators`; the walk goes through all states of small ones (as far as its bounds), the runs go deep into larger ones.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from ivr.catalog import compile as compiling
from ivr.engine import show
from ivr.engine.effects import Call
from ivr.engine.events import Input, NoInput
from ivr.engine.model import Model
from ivr.engine.state import State, dump, load
from ivr.engine.step import Step, begin, step
from ivr.proofs import explorer
from ivr.proofs.explorer import Explorer
from ivr.proofs.invariants import broken
from ivr.proofs.lines import groups_of
from ivr.proofs.stimuli import Stimulus
from ivr.proofs.values import SECRET_DIGITS
from ivr.proofs.ways_in import openings
from tests.fuzz.operators import compiled, known_services, written
from tests.fuzz.profiles import few, many

MONDAY = datetime.datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Baku"))
SERVICES = known_services()
RANDOM = st.integers(0, 2**32 - 1).map(Random)  # what `st.randoms` draws is far from even: hardly a menu would have a condition
DIGITS = [
    "",
    "0",
    "00",
    "98",
    "*",
    "#",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "17",
    "5.00",
    "5*00",
    "0501112233",
    "1234567890",
    SECRET_DIGITS[:6],
    "en",
    "x" * 200,
]
UNREACHED = ("E011", "E061")
"""Faults that leave a model which can be run: to see that what they call impossible is."""


def model_of(random: Random, most: int) -> tuple[dict[str, Any], Model, bool]:
    """Menus without a fault, as written and as compiled, and whether check says that all their pages fit."""
    files = written(random, SERVICES, most)
    found = compiled(files)
    event("compiled" if found.model is not None else f"refused: {min(fault.code for fault in found.errors)}")
    assume(found.model is not None)
    assert found.model is not None
    return files, found.model, all(fault.code != "E075" for fault in found.errors)


def small_explorer(model: Model, monkeypatch: pytest.MonkeyPatch, states: int = 400) -> Explorer:
    monkeypatch.setattr(explorer, "DEEPEST", 4)
    monkeypatch.setattr(explorer, "MOST_STATES", states)
    return Explorer(model, SERVICES, MONDAY, languages=[model.operator.default_language])


def walk_all(random: Random, states: int) -> None:
    files, model, fits = model_of(random, 4)
    cut: list[str] = []

    def shorten(text: str, octets: int) -> str:
        shortened = real(text, octets)
        cut.extend([text] if shortened != text else [])
        return shortened

    real = show.shorten
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "shorten", shorten)
        walked = small_explorer(model, patch, states).walk()
    assert not (cut and fits), f"check is silent and the last words are cut: {cut[:1]!r}"
    assert not walked.broken, f"{walked.broken[0]}\n{json.dumps(files['tree'], indent=1)}"
    if not walked.bounds:
        event("closed")
        menus = {menu for menu, _ in walked.menus}
        assert menus == set(model.menus), f"check is silent and nobody comes to {set(model.menus) - menus}"


def run_deep(random: Random, steps: int) -> None:
    """One subscriber, hundreds of steps; every state is stored and read again in between."""
    files, model, _ = model_of(random, 8)
    walker = Explorer(model, SERVICES, MONDAY)
    ways = list(openings(model, walker.lines, walker.languages, MONDAY, walker.stimuli))
    done: Step | None = None
    before: State | None = None
    told: list[str] = []
    for _ in range(steps):
        if done is None or done.state.ended:
            opening = random.choice(ways)
            before, done = None, begin(model, "s", opening.event)
            told = [opening.label]
        else:
            state = load(json.loads(json.dumps(dump(done.state))))
            call = next((effect for effect in done.effects if isinstance(effect, Call)), None)
            stimulus = _choose(random, walker, state, call)
            told.append(stimulus.label)
            before, done = state, step(model, state, stimulus.event)
            assert done == step(model, state, stimulus.event), "a step is not the same when it is done again"
        wrong = list(broken(model, before, done, (SECRET_DIGITS[:4],) if _has_secret(model) else ()))
        wrong += _entered_wrongly(model, done)
        assert not wrong, f"{wrong} after {told}\n{json.dumps(files['tree'], indent=1)}"


def _choose(random: Random, walker: Explorer, state: State, call: Call | None) -> Stimulus:
    """Mostly something that makes a difference, now and then anything at all."""
    switches = {name: random.random() < 0.5 for name in walker.model.operator.switches}
    if call is None and state.waiting != "connect" and random.random() < 0.2:
        if state.channel == "call" and random.random() < 0.3:
            return Stimulus("silence", "silence", NoInput(MONDAY, switches))
        text = random.choice(DIGITS)
        return Stimulus(text, "key", Input(text, MONDAY, switches=switches))
    offered = [stimulus for stimulus in walker.stimuli.of(state, call, switches) if stimulus.kind != "gone" or random.random() < 0.05]
    return random.choice(offered)


def _has_secret(model: Model) -> bool:
    return any(field.type.secret for menu in model.menus.values() for field in menu.ask)


def _entered_wrongly(model: Model, done: Step) -> Iterator[str]:
    """No line comes to a menu that does not serve it: E019 says so beforehand."""
    line = done.state.line
    for traced in done.trace:
        if traced.what == "menu" and line is not None and model.menus[traced.detail].serves not in groups_of(model, line):
            yield f"{traced.detail} does not serve this line"


def nothing_impossible_is_reached(random: Random) -> None:
    """Menus of which check says that nobody can reach them (E011): the engine never enters one."""
    files = written(random, SERVICES, 4)
    lonely = f"alone{random.randrange(10)}"
    menus = files["tree"]["menus"]
    menus[lonely] = {"say": "Nobody is here.", "choices": {"1": {"label": "Out", "go": random.choice(sorted(menus))}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "UNTRANSLATED", compiling.UNTRANSLATED | set(UNREACHED))
        found = compiled(files)
        assume(found.model is not None)
        assert found.model is not None
        unreached = {fault.message.split('"')[1] for fault in found.faults if fault.code == "E011"}
        assert f"tree.{lonely}" in unreached
        if not any(fault.code == "E061" for fault in found.faults):
            walked = small_explorer(found.model, patch).walk()
            assert not unreached & {menu for menu, _ in walked.menus}


@few(20)
@given(RANDOM)
def test_every_state_of_small_operators(random: Random) -> None:
    walk_all(random, 400)


@few(40)
@given(RANDOM)
def test_long_runs_through_larger_operators(random: Random) -> None:
    run_deep(random, 200)


@few(10)
@given(RANDOM)
def test_what_check_calls_unreachable_is_never_reached(random: Random) -> None:
    nothing_impossible_is_reached(random)


@many(1_500)
@given(RANDOM)
def test_every_state_of_many_operators(random: Random) -> None:
    walk_all(random, 5_000)


@many(5_000)
@given(RANDOM)
def test_many_long_runs(random: Random) -> None:
    run_deep(random, 600)
