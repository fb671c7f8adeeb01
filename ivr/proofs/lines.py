"""Lines that stand for all others: of each kind and tariff that a group or a condition tells apart, with every flag that one names."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping
from decimal import Decimal

from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.engine.turn import Turn
from ivr.engine.values import Line, Tariff, Value
from ivr.proofs.conditions import Questions, alike
from ivr.proofs.values import NOTHING, Representatives

FLAGS = ("roaming", "notices")
"""What of a line is on or off."""


def lines(
    model: Model, by_menu: Mapping[str, Questions], of_line: Questions, values: Representatives, kinds: Mapping[str, str] | None = None
) -> list[Line]:
    """Active lines, one for each way in which the menus can treat a line; with a language each, but for it alike.

    `of_line` is all that is asked of any line, `by_menu` by which menu: what only menus ask that do not serve a line makes no difference to
    it. `kinds` gives a tariff's kind of line where the operator file says it, so that no prepaid line has a postpaid tariff.
    """
    found = []
    for kind, tariff in _tariffs(model, of_line, kinds or {}):
        groups = groups_of(model, Line(model.operator.country, kind, "active", tariff, None))
        served = [asked for name, asked in by_menu.items() if model.menus[name].serves in groups]
        questions = {path: frozenset().union(*(asked.get(path, NOTHING) for asked in served)) for path in of_line}
        columns = [alike([True, False], questions.get(("line", flag), NOTHING)) for flag in FLAGS]
        expiries = values.of("date", questions.get(("line", "expires"), NOTHING)) if kind == "prepaid" else [None]
        for roaming, notices, expires in itertools.product(*columns, expiries):
            assert isinstance(roaming, bool) and isinstance(notices, bool)
            assert expires is None or isinstance(expires, datetime.date)
            balance = values.money(Decimal("99999.99")) if kind == "prepaid" else None
            found.append(Line(values.number("1").digits, kind, "active", tariff, None, roaming, notices, expires, balance))
    return found


def _tariffs(model: Model, questions: Questions, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A kind and a tariff for each set of groups a line may belong to and of answers to what conditions ask of its tariff."""
    tariffs: list[Value] = [Tariff(name) for name in model.operator.spoken] or [Tariff("Standard")]
    for kind in ("prepaid", "postpaid"):
        seen = set()
        asked = alike(tariffs, questions.get(("line", "tariff"), NOTHING))
        for tariff in [*asked, *tariffs]:
            assert isinstance(tariff, Tariff)
            if kinds.get(tariff.name, kind) != kind:
                continue
            line = Line(model.operator.country, kind, "active", tariff.name, None)
            mark = (groups_of(model, line), tariff.name if tariff in asked and len(asked) > 1 else "")
            if mark not in seen:
                seen.add(mark)
                yield kind, tariff.name


def groups_of(model: Model, line: Line) -> frozenset[str]:
    """The groups of operator.yaml that `line` belongs to, as the engine tells it."""
    state = State("", "ussd", model.operator.default_language, line.msisdn, line)
    turn = Turn.of(model, state, datetime.datetime.now(datetime.UTC), {})
    return frozenset(group for group in model.operator.groups if turn.serves(group))
