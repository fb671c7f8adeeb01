"""Values that stand for all others: of each type one, and where conditions ask, one for each way in which they can be answered."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Mapping
from decimal import Decimal

from ivr.catalog.services import ListType, Type, most_of
from ivr.engine.model import Operator
from ivr.engine.values import MICRO, Count, Money, Msisdn, Span, Tariff, Value
from ivr.proofs.conditions import ITEM, MIXED, Path, Questions, alike, constants

MOST_COMBINATIONS = 256
"""Combinations of values that one answer is tried with; more is a bound reached, and said so."""
SECRET_DIGITS = "8264917350"
"""What is typed into secret fields, so that it can be looked for in everything that is said."""

Asked = frozenset  # of expression nodes
NOTHING: Asked = frozenset()  # type: ignore[type-arg]


class Representatives:
    """Values for the answers of services and the fields of one operator."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.cut: set[str] = set()
        longest = max(operator.spoken, key=len, default="Standard")
        self._plain: Mapping[str, Value] = {
            "flag": True,
            "money": self.money(Decimal("99999.99")),
            "number": 9999,
            "count": Count(9999, "megabyte"),
            "date": datetime.date(2028, 12, 31),
            "time": datetime.datetime(2028, 12, 31, 23, 59, tzinfo=datetime.UTC),
            "span": Span(86400),
            "tariff": Tariff(longest),
            "msisdn": self.number("7"),
            "text": "Wednesday morning",
        }

    def money(self, amount: Decimal) -> Money:
        """An amount in the operator's currency."""
        return Money(int(amount * MICRO), self.operator.currency)

    def number(self, digit: str) -> Msisdn:
        """A number of a line of the operator."""
        prefix = self.operator.prefixes[0] if self.operator.prefixes else ""
        return Msisdn(self.operator.country + prefix + digit * max(0, self.operator.length - len(prefix)))

    def of(self, kind: Type, asked: Asked = NOTHING, item: Questions | None = None, listed: bool = False) -> list[Value]:  # type: ignore[type-arg]
        """Values of type `kind`. `asked` are the questions about it, `item` those about a list's items; `listed`: a menu shows the list."""
        if isinstance(kind, ListType):
            return self._lists(kind, item or {}, listed or bool(asked))
        plain = _at_most(self._plain.get(kind, self._plain["text"]), most_of(kind))
        return alike([plain, *self._near(kind, asked)], asked) if asked else [plain]

    def records(self, kinds: Mapping[str, Type], questions: Questions, name: str, listed: Path | None = None) -> list[Mapping[str, Value]]:
        """Records of an answer called `name`: every combination of values that makes a difference."""
        item = {path[1:]: asked for path, asked in questions.items() if path[0] == ITEM}
        columns = [self.of(kind, questions.get((name, field), NOTHING), item, listed == (name, field)) for field, kind in kinds.items()]
        return [dict(zip(kinds, row, strict=True)) for row in self.combined(columns, name)]

    def combined(self, columns: Iterable[Iterable[Value]], what: str) -> list[tuple[Value, ...]]:
        """Every row of one value from each column, up to the bound."""
        rows = list(itertools.islice(itertools.product(*columns), MOST_COMBINATIONS + 1))
        if len(rows) > MOST_COMBINATIONS:
            self.cut.add(f"{what} can be answered in more than {MOST_COMBINATIONS} ways that make a difference")
        return rows[:MOST_COMBINATIONS]

    def _lists(self, kind: ListType, item: Questions, listed: bool) -> list[Value]:
        columns = [self.of(inner, item.get((field,), NOTHING)) for field, inner in kind.record.items()]
        items = [dict(zip(kind.record, row, strict=True)) for row in self.combined(columns, "an item")]
        if not listed:
            return [(items[0],)]
        most = tuple(itertools.islice(itertools.cycle(items), kind.most))
        return [(), (items[0],), *([] if kind.most == 1 else [most])]

    def _near(self, kind: str, asked: Asked) -> list[Value]:  # type: ignore[type-arg]
        written = [constant.value for constant in constants(asked)]
        numbers = [Decimal(0), *(value for value in written if isinstance(value, Decimal))]
        texts = [value for value in written if isinstance(value, str)]
        around = [number + step for number in numbers for step in (-1, 0, 1)]
        # two values that are compared with each other: enough of each that either is less, or both are equal
        apart = [Decimal(5), Decimal(10)] if MIXED in asked else []
        match kind:
            case "flag":
                return [False]
            case "money":
                cent = Decimal("0.01")
                return [self.money(number) for number in [*(number + step for number in numbers for step in (-cent, 0, cent)), *apart]]
            case "number":
                return [int(number) for number in [*around, *apart]]
            case "count":
                return [Count(int(number), "megabyte") for number in [*around, *apart]]
            case "span":
                return [Span(int(number)) for number in [*around, *apart]]
            case "tariff":
                return [Tariff(name) for name in (*texts, *self.operator.spoken)]
            case "msisdn":
                return [*map(Msisdn, texts), self.number("3")]
            case "date":
                return [*_dates(texts), datetime.date(2026, 1, 1), None]  # a line that does not expire has none
            case "time":
                return [datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), None]
        return [*texts]


def _at_most(value: Value, most: int) -> Value:
    """`value`, no larger than services.yaml allows its type; 0 is no limit."""
    match value:
        case str() if most:
            return value[:most]
        case int() if most and not isinstance(value, bool):
            return min(value, most)
        case Count() if most:
            return Count(min(value.number, most), value.unit)
        case Span() if most:
            return Span(min(value.seconds, most))
    return value


def _dates(texts: Iterable[str]) -> list[datetime.date]:
    dates = []
    for text in texts:
        try:
            dates.append(datetime.date.fromisoformat(text))
        except ValueError:
            continue
    return dates
