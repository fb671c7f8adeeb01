"""Which of several conditions can hold at once, so that `when: x` and `when: not x` are not both counted for one page.

A condition is taken apart into questions that are independent of each other: a flag that holds or not, a name that is one of some words,
two amounts of which one is less, equal or greater. Every set of answers is gone through; nothing is known of the values themselves, so
what comes out may hold more sets than there are, never fewer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from ivr.engine.expressions import Constant, Name, Node, Operation

MOST = 512
"""Sets of answers that are gone through; where there are more, all conditions count as holding at once."""

_Key = tuple[object, ...]
_SIGNS = {
    "<": frozenset([-1]),
    "<=": frozenset([-1, 0]),
    ">": frozenset([1]),
    ">=": frozenset([0, 1]),
    "==": frozenset([0]),
    "!=": frozenset([-1, 1]),
}


def together(conditions: Sequence[tuple[str, Node | None]]) -> Iterator[tuple[bool, ...]]:
    """Every way in which the conditions (each with the menu it is asked in; None always holds) can hold or not."""
    asked: dict[_Key, set[object]] = {}
    for menu, condition in conditions:
        _ask(condition, menu, asked)
    size = 1
    for possible in asked.values():
        size *= len(possible)
    if size > MOST:
        yield (True,) * len(conditions)
        return
    seen: set[tuple[bool, ...]] = set()
    for answers in itertools.product(*asked.values()):
        known = dict(zip(asked, answers, strict=True))
        held = tuple(condition is None or _holds(condition, menu, known) for menu, condition in conditions)
        if held not in seen:
            seen.add(held)
            yield held


def _ask(condition: Node | None, menu: str, asked: dict[_Key, set[object]]) -> None:
    if isinstance(condition, Operation) and condition.operator in ("and", "or", "not"):
        for operand in condition.operands:
            _ask(operand, menu, asked)
    elif condition is not None:
        key, answers = _question(condition, menu)
        asked.setdefault(key, set()).update(answers)


def _holds(condition: Node, menu: str, known: Mapping[_Key, object]) -> bool:
    if isinstance(condition, Operation):
        match condition.operator:
            case "and":
                return all(_holds(operand, menu, known) for operand in condition.operands)
            case "or":
                return any(_holds(operand, menu, known) for operand in condition.operands)
            case "not":
                return not _holds(condition.operands[0], menu, known)
    if isinstance(condition, Constant):
        return bool(condition.value)
    key, _ = _question(condition, menu)
    answer = known[key]
    if isinstance(condition, Operation) and key[0] == "word":
        return (answer == _word(condition.operands[1])) == (condition.operator == "==")
    if isinstance(condition, Operation) and key[0] == "order":
        return answer in _SIGNS[condition.operator]
    return bool(answer)


def _question(condition: Node, menu: str) -> tuple[_Key, set[object]]:
    """What a condition without and, or, not asks, and the answers that matter to it."""
    # what is asked of the line and of the clock is asked of the same one everywhere
    if isinstance(condition, Operation) and condition.operator in _SIGNS:
        left, right = condition.operands
        word = _word(right)
        if condition.operator in ("==", "!=") and isinstance(left, Name) and word is not None:
            return ("word", _owner(left, menu), left.path), {word, None}
        return ("order", _owner(left, menu), left, right), {-1, 0, 1}
    if isinstance(condition, Constant):
        return ("constant", condition.value), {condition.value}
    return ("flag", _owner(condition, menu), condition), {True, False}


def _owner(node: Node, menu: str) -> str:
    return "" if isinstance(node, Name) and node.path[0] in ("line", "switches", "hours") else menu


def _word(node: Node) -> str | None:
    if isinstance(node, Constant) and isinstance(node.value, str):
        return node.value
    return node.path[0] if isinstance(node, Name) and len(node.path) == 1 else None
