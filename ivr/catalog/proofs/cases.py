"""Truth tables of conditions: every case that some conditions tell apart, and which of them hold in it.

A case gives each name that the conditions ask for a value: true or false, one of its words or another one, an amount below, at, between
and above the figures it is compared with. Where a name's words are fixed (`line.kind`, a tariff, a field with `one_of`) there is no other
one, and what counts is never below zero; so `x` and `not x`, or a part for each kind of line, are seen to be all there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from ivr.engine.expressions import Constant, Name, Node, Operation

MOST = 2048
"""Cases that are gone through; of conditions that tell more apart nothing is said."""
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_WHOLE = frozenset(["number", "count", "span"])
_LINE = ("line", "kind"), ("line", "tariff")

Path = tuple[str, ...]
Kind = Callable[[Path], str | None]
"""The type of what a name stands for; None for a bare word."""
Words = Callable[[Path], Sequence[str] | None]
"""The words that a name may be; None where any may be."""
Case = Mapping[object, object]
"""A value for each name (by its path), for each comparison of two names (by itself) and for each switch."""


class TooMany(Exception):
    """The conditions tell apart more cases than are gone through."""


class Table:
    """The cases that `conditions` tell apart. `lines`: the (kind, tariff) that a line may have here; none: any."""

    def __init__(self, conditions: Iterable[Node | None], kind: Kind, words: Words, lines: Sequence[tuple[str, str]] = ()) -> None:
        self._kind, self._words, self._lines = kind, words, lines
        self._figures: dict[Path, set[Decimal]] = {}
        self._values: dict[object, list[object]] = {}
        for condition in conditions:
            if condition is not None:
                self._ask(condition)
        for path, figures in self._figures.items():
            self._values[path] = list(_between(sorted(figures), kind(path), path))

    def switches(self, names: Iterable[str]) -> None:
        """Switches that may be on or off."""
        for name in names:
            self._values.setdefault(("switches", name), [True, False])

    def also(self, key: object, values: Sequence[object]) -> None:
        """One more thing that differs from case to case."""
        self._values[key] = list(values)

    def by_line(self) -> None:
        """Tell lines apart even where no condition does."""
        if self._lines:
            self._values["line"] = list(self._lines)

    def cases(self) -> Iterator[Case]:
        """Every case. Raises TooMany."""
        size = 1
        for values in self._values.values():
            size *= len(values)
            if size > MOST:
                raise TooMany
        for chosen in itertools.product(*self._values.values()):
            yield dict(zip(self._values, chosen, strict=True))

    def holds(self, node: Node | None, case: Case) -> bool:
        """Whether a condition holds in a case."""
        if node is None:
            return True
        if isinstance(node, Constant):
            return bool(node.value)
        if isinstance(node, Name):
            return bool(self._value(node.path, case))
        match node.operator:
            case "and":
                return all(self.holds(operand, case) for operand in node.operands)
            case "or":
                return any(self.holds(operand, case) for operand in node.operands)
            case "not":
                return not self.holds(node.operands[0], case)
        if node.operator not in COMPARISONS:
            return False
        path, operator, constant = self._simple(node)
        if path is None:
            return _compared(node.operator, case[node.operands], 0)
        return _compared(operator, self._value(path, case), constant)

    # -- inside

    def _value(self, path: Path, case: Case) -> object:
        if path in _LINE and "line" in case:
            return case["line"][_LINE.index(path)]  # type: ignore[index]
        return case.get(path)

    def _ask(self, node: Node) -> None:
        if isinstance(node, Name):
            self._values.setdefault(node.path, [True, False])
        elif isinstance(node, Operation) and node.operator in ("and", "or", "not"):
            for operand in node.operands:
                self._ask(operand)
        elif isinstance(node, Operation) and node.operator in COMPARISONS:
            self._compare(node)

    def _compare(self, node: Operation) -> None:
        path, _, constant = self._simple(node)
        if path is None:
            self._values.setdefault(node.operands, [-1, 0, 1])
        elif path == ("line", "tariff") and self._lines:
            self.by_line()
        elif path == ("line", "kind") and self._lines:
            # tariffs are told apart only where something asks for them
            self._values.setdefault("line", [(kind, None) for kind in dict.fromkeys(kind for kind, _ in self._lines)])
        elif isinstance(constant, bool):
            self._values.setdefault(path, [True, False])
        elif isinstance(constant, Decimal):
            self._figures.setdefault(path, set()).add(constant)
        else:
            fixed = self._words(path)
            values = self._values.setdefault(path, list(fixed) if fixed is not None else [None])
            if fixed is None and constant not in values:
                values.append(constant)

    def _simple(self, node: Operation) -> tuple[Path | None, str, object]:
        """A comparison of a name with something fixed, as (name, operator, what it is compared with); None for any other."""
        left, right = node.operands
        for one, other, operator in ((left, right, node.operator), (right, left, _TURNED[node.operator])):
            if isinstance(one, Name) and self._kind(one.path) is not None:
                if isinstance(other, Constant):
                    return one.path, operator, other.value
                if isinstance(other, Name) and len(other.path) == 1 and self._kind(other.path) is None:
                    return one.path, operator, other.path[0]
                if isinstance(other, Operation) and other.operator == "negative" and isinstance(figure := other.operands[0], Constant):
                    return one.path, operator, -figure.value if isinstance(figure.value, Decimal) else None
        return None, node.operator, None


def _between(figures: list[Decimal], kind: str | None, path: Path) -> Iterator[object]:
    """A value below, at, between and above the figures. What counts things is whole; neither it nor a price is below zero."""
    whole = kind in _WHOLE
    if whole or path[0] in ("fee", "fees", "limits"):
        if figures[0] > 0:
            yield Decimal(0)
    else:
        yield figures[0] - 1
    for figure, following in zip(figures, [*figures[1:], None], strict=True):
        if figure >= 0 or not whole:
            yield figure
        if following is None:
            yield figure + 1
        elif not whole:
            yield (figure + following) / 2
        elif int(figure) + 1 < following:
            yield Decimal(int(figure) + 1)


def _compared(operator: str, left: object, right: object) -> bool:
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    if not isinstance(left, Decimal | int) or not isinstance(right, Decimal | int):
        return False
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def told(case: Case) -> str:
    """A case in words: `line.kind is postpaid, account.advance is 0`. What makes no difference is the caller's to leave out."""
    said = []
    for key, value in case.items():
        if key == "line" and isinstance(value, tuple):
            on = "" if value[1] is None else f" on {value[1] or 'a tariff that operator.yaml does not name'}"
            said.append(f"the line is {value[0]}{on}")
        elif isinstance(key, tuple) and all(isinstance(name, str) for name in key):
            name = ".".join(key)
            if isinstance(value, bool):
                said.append(f"{name} is {'true' if value else 'false'}")
            else:
                said.append(f"{name} is {'anything else' if value is None else value}")
        elif isinstance(key, tuple):
            said.append(f"{written(key[0])} is {('less than', 'equal to', 'more than')[int(str(value)) + 1]} {written(key[1])}")
        elif isinstance(key, str):
            said.append(f"{key} {value}")
    return ", ".join(said)


def written(node: Node) -> str:
    """A condition's tree as text again."""
    if isinstance(node, Name):
        return ".".join(node.path)
    if isinstance(node, Constant):
        return f"'{node.value}'" if isinstance(node.value, str) else str(node.value).lower()
    if node.operator == "negative":
        return f"-{written(node.operands[0])}"
    if node.operator == "not":
        return f"not {written(node.operands[0])}"
    return f" {node.operator} ".join(
        f"({written(operand)})" if isinstance(operand, Operation) and operand.operator in ("or", "+", "-") else written(operand)
        for operand in node.operands
    )
