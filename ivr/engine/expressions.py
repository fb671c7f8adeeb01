"""Conditions of the menu language: a small safe language of comparisons, no calls, no indexing, no attributes.

`account.advance > 0 and not line.roaming`. Grammar, weakest first: or, and, not, one comparison, + -, *, unary -, a value in
parentheses. Money compares with money or with a bare decimal; a bare word stands for itself where no value has that name.
A parsed expression is a tree of frozen nodes; `evaluate` walks it. Parsing never recurses deeper than `DEEPEST`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ivr.engine.values import Count, Money, Msisdn, Opening, Span, Tariff, Value

LONGEST = 200
"""Characters a condition may have (LANGUAGE, "Conditions")."""
DEEPEST = 20
"""How deep parentheses and `not` may nest."""

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)|'([^']*)'|(==|!=|<=|>=|[<>+\-*()]))")
_COMPARE = ("==", "!=", "<", "<=", ">", ">=")


class ExpressionError(ValueError):
    """A condition that cannot be read; `at` is the character it stumbled over (0 is the first)."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Constant:
    """A decimal, a text in quotes, true or false."""

    value: Decimal | str | bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name: a value, or a bare word that stands for itself."""

    path: tuple[str, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its operands. `at`, as in every node: the character it begins with (0 is the first); it tells no trees apart."""

    operator: str
    operands: tuple[Node, ...]
    at: int = field(default=0, compare=False)


Node = Constant | Name | Operation
Lookup = Callable[[tuple[str, ...]], Value]
"""Gives a name's value. Raises KeyError where there is none."""


_HABITS = {
    "&": "and",
    "|": "or",
    "!": "not",
    "=": "==",
    '"': "a text in 'single quotes', a number without any",
    "/": "a product: * is all there is",
}
"""What other languages write, and what is written here."""


def parse(text: str) -> Node:
    """The tree of condition `text`. Raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"a condition may have {LONGEST} characters, this one has {len(text)}", LONGEST)
    tokens: list[tuple[str, str, int]] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if not found:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            word = re.match(r"[^\W\d_]\w*", text[at:])
            if word:
                raise ExpressionError(f"names have small letters; put a word with others in quotes: '{word.group(0)}'", at)
            hint = next((f"; write {right}" for wrong, right in _HABITS.items() if text.startswith(wrong, at)), "")
            raise ExpressionError(f"{text[at]!r} has no meaning here{hint}", at)
        kind = ("number", "name", "text", "sign")[(found.lastindex or 1) - 1]
        tokens.append((kind, found.group(found.lastindex or 0), found.start(found.lastindex or 0)))
        position = found.end()
    reader = _Reader(tokens, len(text))
    tree = reader.either(0)
    if reader.kind != "end":
        raise ExpressionError(f"{reader.text!r} is not expected here", reader.at)
    return tree


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, int]], end: int) -> None:
        self.tokens, self.position, self.end = tokens, 0, end

    @property
    def kind(self) -> str:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else "end"

    @property
    def text(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    @property
    def at(self) -> int:
        return self.tokens[self.position][2] if self.position < len(self.tokens) else self.end

    def take(self, *texts: str) -> bool:
        if self.kind in ("name", "sign") and self.text in texts:
            self.position += 1
            return True
        return False

    def either(self, depth: int) -> Node:
        return self._chain(("or",), self.both, depth)

    def both(self, depth: int) -> Node:
        return self._chain(("and",), self.negated, depth)

    def _chain(self, operators: tuple[str, ...], below: Callable[[int], Node], depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError("too many parentheses", self.at)
        tree = below(depth)
        while True:
            operator = self.text
            if not self.take(*operators):
                return tree
            tree = Operation(operator, (tree, below(depth)), tree.at)

    def negated(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError("too many 'not'", self.at)
        at = self.at
        if self.take("not"):
            return Operation("not", (self.negated(depth + 1),), at)
        tree = self.sum(depth)
        operator = self.text
        if self.take(*_COMPARE):
            tree = Operation(operator, (tree, self.sum(depth)), tree.at)
            if self.kind == "sign" and self.text in _COMPARE:
                raise ExpressionError("one comparison at a time; join two with 'and'", self.at)
        return tree

    def sum(self, depth: int) -> Node:
        return self._chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Node:
        return self._chain(("*",), self.single, depth)

    def single(self, depth: int) -> Node:
        at = self.at
        if self.take("-"):
            return Operation("negative", (self.single(depth + 1),), at) if depth <= DEEPEST else self._nothing()
        if self.take("("):
            tree = self.either(depth + 1)
            if not self.take(")"):
                raise ExpressionError("a ')' is missing", self.at)
            return tree
        kind, text = self.kind, self.text
        if kind == "end" or kind == "sign" or (kind == "name" and text in ("and", "or", "not")):
            return self._nothing()
        self.position += 1
        if kind == "number":
            return Constant(Decimal(text), at)
        if kind == "text":
            return Constant(text, at)
        if text in ("true", "false"):
            return Constant(text == "true", at)
        return Name(tuple(text.split(".")), at)

    def _nothing(self) -> Node:
        raise ExpressionError("a value is missing" if self.kind == "end" else f"{self.text!r} is not expected here", self.at)


def names(node: Node) -> tuple[tuple[str, ...], ...]:
    """Every dotted name in the tree, as written, from left to right."""
    if isinstance(node, Name):
        return (node.path,)
    if isinstance(node, Operation):
        return tuple(path for operand in node.operands for path in names(operand))
    return ()


def bare_words(node: Node) -> tuple[str, ...]:
    """Names of one word that are no side of == or !=: they must be values, for as a word of their own they would always hold."""
    if isinstance(node, Name):
        return (node.path[0],) if len(node.path) == 1 else ()
    if not isinstance(node, Operation):
        return ()
    sides = [operand for operand in node.operands if not (node.operator in ("==", "!=") and isinstance(operand, Name))]
    return tuple(word for operand in sides for word in bare_words(operand))


def evaluate(node: Node, lookup: Lookup) -> bool:
    """Whether the condition holds. A comparison with a value that is not there is false; so is one of unlike types."""
    return bool(_value(node, lookup))


def _value(node: Node, lookup: Lookup) -> Decimal | str | bool | None:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        try:
            return _plain(lookup(node.path))
        except KeyError:
            return node.path[0] if len(node.path) == 1 else None
    match node.operator:
        case "or":
            return any(_value(operand, lookup) for operand in node.operands)
        case "and":
            return all(_value(operand, lookup) for operand in node.operands)
        case "not":
            return not _value(node.operands[0], lookup)
        case "negative":
            number = _value(node.operands[0], lookup)
            return -number if isinstance(number, Decimal) else None
    left, right = (_value(operand, lookup) for operand in node.operands)
    if node.operator in ("==", "!="):
        return (left == right) == (node.operator == "==") if type(left) is type(right) else node.operator == "!="
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return False
    match node.operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
    return left * right


def _plain(value: Value) -> Decimal | str | bool | None:
    match value:
        case None | bool() | str():
            return value
        case int():
            return Decimal(value)
        case Money():
            return value.decimal()
        case Count():
            return Decimal(value.number)
        case Span():
            return Decimal(value.seconds)
        case Tariff():
            return value.name
        case Msisdn():
            return value.digits
        case Opening():
            return value.open
    return str(value)
