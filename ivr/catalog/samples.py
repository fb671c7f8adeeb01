"""Values to look at a menu with: a typical line with typical answers, or the largest that services.yaml allows."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence

from ivr.catalog.entry_proofs import line_kinds
from ivr.catalog.extent import Sheet, measured
from ivr.catalog.largest import largest_money, of_field, of_type
from ivr.catalog.services import ListType, Type, most_of
from ivr.engine.expressions import Constant, Name, Node, Operation, names
from ivr.engine.model import Field, FieldType, Menu, Operator, Reference
from ivr.engine.values import MICRO, Count, Line, Money, Msisdn, Record, Span, Tariff, Value

TYPICAL: Mapping[str, Value] = {
    "date": datetime.date(2027, 3, 5),
    "time": datetime.datetime(2027, 3, 5, 12, 30, tzinfo=datetime.UTC),
    "count": Count(1500, "megabyte"),
    "number": 3,
    "span": Span(1800),
    "text": "example",
    "flag": False,
}
"""What a typical service answers; an amount is 12.34, a tariff the first that the line may have, a list has three items."""
_MONEY = 12_340_000
_ITEMS = (Count(1500, "megabyte"), Count(121, "minute"), Count(50, "message"))
_MOST_VARIANTS = 32


class Samples:
    """Makes the values of one menu for one language and channel (those of `sheet`)."""

    def __init__(self, sheet: Sheet, line: Line, largest: bool) -> None:
        self.sheet, self.line, self.largest = sheet, line, largest
        self.operator = sheet.model.operator

    def records(self, menu: Menu, outcome: str = "") -> dict[str, Value]:
        """What the menu's look-ups and its act have brought, by name."""
        return {name: self.record(kinds) for name, kinds in self.sheet.largest.given(menu, outcome).items()}

    def record(self, kinds: Mapping[str, Type], number: int = 0) -> Record:
        """A record of such fields; `number`: which item of a list it is."""
        return {name: self.value(kind, number) for name, kind in kinds.items()}

    def value(self, kind: Type, number: int = 0) -> Value:
        """One value of a type of services.yaml."""
        if isinstance(kind, ListType):
            most = kind.most if self.largest else min(3, kind.most)
            return tuple(self.record(kind.record, item) for item in range(most))
        if self.largest and kind not in ("money", "tariff"):
            values = of_type(kind, self.operator)
            return self._longest(values) if values else TYPICAL.get(kind)
        match kind:
            case "money":
                # of two amounts of one length the one above zero, for most conditions ask for that
                most = largest_money(self.operator).micro
                return Money(most if self.largest else min(_MONEY, most), self.operator.currency)
            case "count":
                count = _ITEMS[number % len(_ITEMS)]
                return Count(min(count.number, most_of(kind)), count.unit)
            case "number":
                return min(3, most_of(kind))
            case "tariff":
                return Tariff(self.line.tariff)
            case "msisdn":
                return Msisdn(number_of(self.operator, 2 + number))
            case "text":
                return "example"[: most_of(kind)]
        return TYPICAL.get(kind)

    def field(self, kind: FieldType) -> Value:
        """What was typed into a field."""
        if kind.secret:
            return None
        if self.largest:
            return self._longest(of_field(kind, self.operator))
        match kind.kind:
            case "one_of":
                return kind.words[0] if kind.words else ""
            case "digits":
                return ("1234567890" * 6)[: kind.least or kind.most or 4]
            case "money":
                return Money(max(kind.least or 0, min(10 * MICRO, kind.most or 10 * MICRO)), self.operator.currency)
            case "number":
                return max(kind.least or 0, min(3, kind.most or 3))
            case "msisdn":
                return Msisdn(number_of(self.operator, 2))
        return TYPICAL.get(kind.kind, "example")

    def fields(self, asked: Sequence[Field]) -> dict[str, Value]:
        """All fields of a form, filled."""
        return {field.name: self.field(field.type) for field in asked}

    def _longest(self, values: Sequence[Value]) -> Value:
        reference = Reference(("value",))
        return max(values, key=lambda value: self._size(reference, value), default=None)

    def _size(self, reference: Reference, value: Value) -> tuple[bool, int]:
        extent = measured(self.sheet.shown(reference, value, self.sheet.language))
        return bool(extent.outside), extent.units


def number_of(operator: Operator, last: int) -> str:
    """A number of the operator's own: 994500000001."""
    prefix = operator.prefixes[0] if operator.prefixes else ""
    return operator.country + prefix + str(last).zfill(max(1, operator.length - len(prefix)))


def line_of(operator: Operator, group: str, largest: bool, language: str) -> Line:
    """A line that a menu serves; `largest`: with the longest name of a tariff that such a line may have."""
    fitting = [pair for pair in line_kinds(operator) if pair[1] and operator.in_group(group, *pair)] or [("prepaid", "")]
    kind, tariff = max(fitting, key=lambda pair: len(pair[1])) if largest else fitting[0]
    balance = largest_money(operator) if largest else Money(_MONEY, operator.currency)
    return Line(
        number_of(operator, 1),
        kind,
        "active",
        tariff,
        language,
        expires=datetime.date(2027, 3, 5),
        balance=balance if kind == "prepaid" else None,
    )


def variants(
    conditions: Sequence[Node], values: Mapping[str, Value], line: Line
) -> Iterator[tuple[dict[str, Value], Line, tuple[str, ...]]]:
    """The same values as conditions tell them apart: flags on and off, amounts and numbers at what they are compared with.

    Each comes with what was changed, as `account.roaming: true`. The first is unchanged.
    """
    differing: dict[tuple[str, ...], list[Value]] = {}
    for condition in conditions:
        for path, value in _asked(condition):
            now = _at(path, values, line)
            if isinstance(now, bool):
                differing.setdefault(path, [now, not now])
            elif isinstance(now, Money | Count) or type(now) is int:
                other = _like(now, value)
                if other is not None and other != now:
                    options = differing.setdefault(path, [now])
                    options += [] if other in options else [other]
    for chosen in itertools.islice(itertools.product(*differing.values()), _MOST_VARIANTS):
        changed = {path: value for (path, options), value in zip(differing.items(), chosen, strict=True) if value != options[0]}
        told = tuple(f"{'.'.join(path)}: {_written(value)}" for path, value in changed.items())
        yield _put(values, changed), _put_line(line, changed), told


def _asked(condition: Node) -> Iterator[tuple[tuple[str, ...], Node | None]]:
    """The names of a condition, each with the constant it is compared with."""
    if isinstance(condition, Operation) and condition.operator in ("==", "!=", "<", "<=", ">", ">="):
        left, right = condition.operands
        if isinstance(left, Name) and isinstance(right, Constant):
            yield left.path, right
        return
    if isinstance(condition, Operation):
        for operand in condition.operands:
            yield from _asked(operand)
        return
    yield from ((path, None) for path in names(condition))


def _at(path: tuple[str, ...], values: Mapping[str, Value], line: Line) -> Value:
    value: Value = line.record() if path[0] == "line" else values.get(path[0])
    for name in path[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _like(now: Value, constant: Node | None) -> Value:
    """A decimal of a condition as a value of the same kind as `now`."""
    if not isinstance(constant, Constant) or isinstance(constant.value, bool | str):
        return None
    if isinstance(now, Money):
        return Money(int(constant.value * MICRO), now.currency)
    return Count(int(constant.value), now.unit) if isinstance(now, Count) else int(constant.value)


def _put(values: Mapping[str, Value], changed: Mapping[tuple[str, ...], Value]) -> dict[str, Value]:
    put = dict(values)
    for path, value in changed.items():
        record = put.get(path[0])
        if len(path) == 2 and isinstance(record, Mapping):
            put[path[0]] = {**record, path[1]: value}
        elif len(path) == 1:
            put[path[0]] = value
    return put


def _put_line(line: Line, changed: Mapping[tuple[str, ...], Value]) -> Line:
    roaming, notices = changed.get(("line", "roaming"), line.roaming), changed.get(("line", "notices"), line.notices)
    return Line(line.msisdn, line.kind, line.status, line.tariff, line.language, bool(roaming), bool(notices), line.expires, line.balance)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Money):
        return f"{value.exact_text()} {value.currency}"
    return str(value.number) if isinstance(value, Count) else str(value)
