"""Which values make a difference: what the conditions of each menu ask of a name, also of what is handed on to other menus.

A question asked of one value alone (`bill.advance > 0`) is kept with that name replaced by `SELF` and every constant put in, so that values
which answer all questions alike are found by evaluating them. A question in which another value takes part (`a.x > a.y`) is `MIXED`: no
two values can be told to be alike there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from ivr.engine.expressions import Constant, Name, Node, Operation, evaluate
from ivr.engine.model import Field, Menu, Model, Part, Reference
from ivr.engine.values import Count, Money, Span, Tariff, Value

Path = tuple[str, ...]
SELF = ("self",)
MIXED: Node = Constant("mixed")
ITEM = "@item"
"""The first part of a path that names a field of the item chosen from a list."""
FIXED_HEADS = frozenset(["fee", "fees", "limits", "numbers", "hours", "switches"])
"""Names that no answer and no input changes."""

Questions = Mapping[Path, frozenset[Node]]
"""By dotted name, everything that is asked of it."""


def questions_by_menu(model: Model) -> dict[str, Questions]:
    """What each menu asks of its values: in its own conditions, and in those of menus to which it hands them on."""
    found = {name: _own(model, menu) for name, menu in model.menus.items()}
    changed = True
    while changed:
        changed = False
        for name, menu in model.menus.items():
            for target, field, path in handed_on(menu):
                asked = found[target].get((field,), set()) if target in found else set()
                if not asked <= found[name][path]:
                    found[name][path] |= asked
                    changed = True
    return {name: {path: frozenset(asked) for path, asked in paths.items() if asked} for name, paths in found.items()}


def questions_of_line(model: Model) -> Questions:
    """What any condition asks of the line."""
    found: dict[Path, set[Node]] = defaultdict(set)
    for paths in questions_by_menu(model).values():
        for path, asked in paths.items():
            if path[0] == "line":
                found[path] |= asked
    for notice in model.notices:
        if notice.when is not None:
            for path, node in _questions(notice.when, lambda path: None):
                if path[0] == "line":
                    found[path].add(node)
    return {path: frozenset(asked) for path, asked in found.items()}


def alike(values: Iterable[Value], asked: frozenset[Node]) -> list[Value]:
    """Of `values`, one for each set of answers that the questions can get; all of them where a question is mixed."""
    if MIXED in asked:
        return list(dict.fromkeys(values))
    ordered = sorted(asked, key=repr)
    seen: dict[tuple[bool, ...], Value] = {}
    for value in values:

        def lookup(path: Path, value: Value = value) -> Value:
            if path == SELF:
                return value
            raise KeyError(path[0])

        seen.setdefault(tuple(evaluate(node, lookup) for node in ordered), value)
    return list(seen.values())


def constants(asked: frozenset[Node]) -> list[Constant]:
    """Every constant that the questions compare with."""
    return [node for tree in sorted(asked, key=repr) for node in _leaves(tree) if isinstance(node, Constant) and node is not MIXED]


def handed_on(menu: Menu) -> Iterator[tuple[str, str, Path]]:
    """Where a menu hands values: the menu they go to, the field there, the name here."""
    for choice in menu.choices:
        for field, value in choice.hand.items():
            if isinstance(value, Reference):
                yield choice.go, field, value.path
    choose = menu.list.choose if menu.list is not None else None
    for field, value in choose.hand.items() if choose is not None else ():
        if isinstance(value, Reference) and choose is not None:
            yield choose.go, field, value.path if len(value.path) > 1 else (ITEM, *value.path)


def conditions(menu: Menu) -> Iterator[Node]:
    """Every `when` of a menu."""
    yield from (choice.when for choice in menu.choices if choice.when is not None)
    for say in _says(menu):
        yield from (part.when for part in say if part.when is not None)
    yield from (field.when for field in menu.ask if field.when is not None)


def _says(menu: Menu) -> Iterator[tuple[Part, ...]]:
    yield from (menu.say, menu.confirm, menu.after, menu.also_sms or ())
    yield from (outcome.say for outcome in menu.otherwise.values())
    for field in menu.ask:
        yield from _asks(field)


def _asks(field: Field) -> Iterator[tuple[Part, ...]]:
    yield from (field.say, field.again)


def _own(model: Model, menu: Menu) -> defaultdict[Path, set[Node]]:
    fields = {field.name for field in menu.ask}

    def fixed(path: Path) -> Value | None:
        if len(path) == 1 and path[0] not in fields and path[0] != "fee":
            return path[0]  # a bare word stands for itself
        return _fixed(model, path)

    found: defaultdict[Path, set[Node]] = defaultdict(set)
    for tree in conditions(menu):
        for path, node in _questions(tree, fixed):
            found[path].add(node)
    return found


def _questions(tree: Node, fixed: Callable[[Path], Value | None]) -> Iterator[tuple[Path, Node]]:
    if isinstance(tree, Operation) and tree.operator in ("and", "or", "not"):
        for operand in tree.operands:
            yield from _questions(operand, fixed)
        return
    variables = {path for path in _paths(tree) if path[0] not in FIXED_HEADS and fixed(path) is None}
    for path in variables:
        yield path, _about(tree, path, fixed) if len(variables) == 1 else MIXED


def _about(tree: Node, path: Path, fixed: Callable[[Path], Value | None]) -> Node:
    if isinstance(tree, Name):
        if tree.path == path:
            return Name(SELF)
        return _constant(fixed(tree.path)) or tree
    if isinstance(tree, Operation):
        return Operation(tree.operator, tuple(_about(operand, path, fixed) for operand in tree.operands))
    return tree


def _constant(value: Value | None) -> Constant | None:
    match value:
        case bool() | str():
            return Constant(value)
        case Money():
            return Constant(value.decimal())
        case Count():
            return Constant(Money(value.number * 1_000_000, "").decimal())
        case Span():
            return Constant(Money(value.seconds * 1_000_000, "").decimal())
        case Tariff():
            return Constant(value.name)
        case int():
            return Constant(Money(value * 1_000_000, "").decimal())
    return None


def _fixed(model: Model, path: Path) -> Value | None:
    operator = model.operator
    match path:
        case ("limits", name):
            return operator.limits.get(name)
        case ("numbers", name):
            return operator.numbers.get(name)
        case ("fees", fee, channel) if fee in operator.fees:
            return operator.fees[fee].prices.get(channel)
    return None


def _paths(tree: Node) -> Iterator[Path]:
    yield from (node.path for node in _leaves(tree) if isinstance(node, Name))


def _leaves(tree: Node) -> Iterator[Node]:
    if isinstance(tree, Operation):
        for operand in tree.operands:
            yield from _leaves(operand)
    else:
        yield tree


def moments(model: Model, now: datetime) -> list[datetime]:
    """Moments of the fortnight after `now` that differ in what is open: one for each set of opening hours open at once."""
    hours = model.operator.hours
    seen: dict[tuple[bool, ...], datetime] = {}
    for quarter in range(14 * 24 * 4 if hours else 1):
        moment = now + timedelta(minutes=15 * quarter)
        seen.setdefault(tuple(opening.open_at(moment) for opening in hours.values()), moment)
    return list(seen.values())
