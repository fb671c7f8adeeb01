"""Whether a condition means anything: its types fit, its words are words that can be, and it neither always nor never holds (E026)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.catalog.faults import suggest
from ivr.catalog.proofs.cases import COMPARISONS, Kind, Path, Table, TooMany, Words, written
from ivr.engine.expressions import Constant, Name, Node, Operation, evaluate, names

_NOUNS = {
    "money": "an amount of money",
    "number": "a number",
    "decimal": "a number",
    "span": "a length of time",
    "date": "a date",
    "time": "a time",
    "flag": "true or false",
    "text": "a text",
    "tariff": "a tariff",
    "msisdn": "a telephone number",
    "word": "a word",
    "list": "a list",
}
_NUMERIC = frozenset(["money", "number", "decimal", "span"])
_TEXTS = frozenset(["text", "tariff", "msisdn", "word"])
LINE_WORDS: dict[str, tuple[str, ...]] = {"kind": ("prepaid", "postpaid"), "status": ("active", "barred", "expired")}
"""What `line.kind` and `line.status` can be."""


class Wrong(NamedTuple):
    """What is wrong with a condition: the character it begins at (0 is the first), the code, the message."""

    at: int
    code: str
    message: str


def wrong_with(tree: Node, kind: Kind, words: Words) -> list[Wrong]:
    """Everything that is wrong with a condition whose names are known. `kind` gives a name's type, `words` those it may be."""
    checker = _Checker(kind, words)
    if (meant := checker.type_of(tree)) not in ("flag", None):
        checker.no_flag(tree, meant)
    if not checker.found and not checker.unknown:
        checker.found += _settled(tree, kind, words)
    return checker.found


def _settled(tree: Node, kind: Kind, words: Words) -> Iterator[Wrong]:
    """A condition, or a comparison inside it, whose answer is known beforehand."""
    for comparison in _comparisons(tree):
        if not names(comparison):
            always = evaluate(comparison, _nothing)
            yield Wrong(comparison.at, "E026", f'"{written(comparison)}" {"always" if always else "never"} holds; {_instead(always)}')
            return
    table = Table([tree], kind, words)
    try:
        held = {table.holds(tree, case) for case in table.cases()}
    except TooMany:
        return
    if len(held) == 1:
        always = held == {True}
        yield Wrong(tree.at, "E026", f'"{written(tree)}" {"always" if always else "never"} holds; {_instead(always)}')


def _instead(always: bool) -> str:
    return "leave `when` out" if always else "take away what depends on it, or ask for something that can be"


def _nothing(path: Path) -> None:
    raise KeyError(path)


def _comparisons(node: Node) -> Iterator[Node]:
    if isinstance(node, Constant) or (isinstance(node, Operation) and node.operator in COMPARISONS):
        yield node
    elif isinstance(node, Operation):
        for operand in node.operands:
            yield from _comparisons(operand)


def fixed_words(path: Path, meant: str | None, languages: Sequence[str], tariffs: Sequence[str]) -> Sequence[str] | None:
    """The words that a name of type `meant` may be, of those that stand outside the menu files; None where any may be."""
    if path[0] == "line" and len(path) == 2:
        if path[1] == "language":
            return languages
        if path[1] in LINE_WORDS:
            return LINE_WORDS[path[1]]
    return tariffs or None if meant == "tariff" else None


@dataclass(slots=True)
class _Checker:
    kind: Kind
    words: Words
    found: list[Wrong] = field(default_factory=list)
    unknown: bool = False

    def say(self, node: Node, message: str, code: str = "E026") -> None:
        """Something is wrong at `node`."""
        self.found.append(Wrong(node.at, code, message))

    def no_flag(self, node: Node, meant: str) -> None:
        """A value where something true or false belongs."""
        name = written(node)
        if meant in _NUMERIC:
            self.say(node, f'"{name}" is {_NOUNS[meant]} and neither true nor false; compare it, such as {name} > 0')
        elif meant in _TEXTS and (fixed := self.fixed(node)):
            self.say(node, f'"{name}" is {_NOUNS[meant]} and neither true nor false; compare it, such as {name} == {_quoted(fixed[0])}')
        elif meant in _TEXTS:
            self.say(node, f"\"{name}\" is {_NOUNS[meant]} and neither true nor false; compare it, such as {name} == '...'")
        else:
            self.say(node, f'"{name}" is {_NOUNS.get(meant, meant)} and neither true nor false; compare it with another')

    def fixed(self, node: Node) -> Sequence[str] | None:
        """The words that `node` may be."""
        return self.words(node.path) if isinstance(node, Name) else None

    def type_of(self, node: Node) -> str | None:
        """The type of what `node` gives; None where that is not known, which is said elsewhere."""
        if isinstance(node, Constant):
            return "flag" if isinstance(node.value, bool) else "word" if isinstance(node.value, str) else "decimal"
        if isinstance(node, Name):
            return self._name(node)
        if node.operator in ("and", "or", "not"):
            for operand in node.operands:
                if (meant := self.type_of(operand)) not in ("flag", None):
                    self.no_flag(operand, str(meant))
            return "flag"
        types = [self.type_of(operand) for operand in node.operands]
        if node.operator in COMPARISONS:
            left, right = types
            if left is not None and right is not None:
                self._compared(node, left, right)
            return "flag"
        return self._figured(node, types)

    def _name(self, node: Name) -> str | None:
        meant = self.kind(node.path)
        if meant is None:
            if len(node.path) == 1:
                return "word"
            self.unknown = True
            return None
        if meant == "secret":
            self.say(node, f'"{written(node)}" is a secret: no condition may show what it is', "E050")
            return None
        if meant == "list":
            self.say(node, f'"{written(node)}" is a list; a condition asks for single values')
            return None
        return {"count": "number", "hours": "flag"}.get(meant, meant)

    # -- comparisons

    def _compared(self, node: Operation, left: str, right: str) -> None:
        one, other = node.operands
        order = node.operator not in ("==", "!=")
        if left in _TEXTS or right in _TEXTS:
            self._with_text(node, left, right, order)
        elif left in _NUMERIC and right in _NUMERIC:
            if left != right and "decimal" not in (left, right):
                self._unlike(node, left, right)
            elif "span" in (left, right) and left != right:
                self.say(
                    node, f'"{written(node)}" compares a length of time with a bare number; name a limit such as limits.NAME (30m, 2h)'
                )
        elif left != right:
            self._unlike(node, left, right)
        elif order:
            what = "true and false have no order" if left == "flag" else f"two {left}s can only be equal (==) or not (!=)"
            self.say(one, f'"{written(node)}": {what}')

    def _with_text(self, node: Operation, left: str, right: str, order: bool) -> None:
        for one, other, meant, theirs in (
            (node.operands[0], node.operands[1], left, right),
            (node.operands[1], node.operands[0], right, left),
        ):
            if theirs != "word" or meant == "word":
                continue
            bare = isinstance(other, Name)
            word = other.path[0] if isinstance(other, Name) else str(other.value) if isinstance(other, Constant) else ""
            if meant not in _TEXTS:
                if bare and len(names(other)) == 1:
                    told = f'"{written(one)}" is {_NOUNS.get(meant, meant)}, and nothing here is called "{word}"'
                    self.say(other, f"{told}; {self._comparable(one, meant)}")
                else:
                    self._unlike(node, left, right)
            elif order:
                self.say(other, f'"{written(node)}": two texts can only be equal (==) or not (!=)')
            elif (fixed := self.fixed(one)) is not None:
                if word not in fixed:
                    self.say(other, f'"{written(one)}" is never "{word}"{suggest(word, fixed)}')
            elif meant == "msisdn":
                if bare or not word.isdigit():
                    self.say(other, f"\"{written(one)}\" is a telephone number: compare it with international digits in 'quotes'")
            elif bare:
                self.say(other, f"\"{written(one)}\" can be any text: put what it is compared with in quotes: '{word}'")
            return
        if left == right == "word":
            bare_word = next((operand for operand in node.operands if isinstance(operand, Name)), None)
            if bare_word is not None:
                self.say(bare_word, f'nothing here is called "{written(bare_word)}", and a word is compared with a name')
        elif left not in _TEXTS or right not in _TEXTS or "msisdn" in (left, right) and left != right:
            self._unlike(node, left, right)
        elif order:
            self.say(node, f'"{written(node)}": two texts can only be equal (==) or not (!=)')

    def _comparable(self, node: Node, meant: str) -> str:
        match meant:
            case "flag":
                return f"write {written(node)} or not {written(node)}"
            case "money" | "number" | "decimal":
                return f"compare it with a figure, such as {written(node)} > 0"
        return "compare it with one of its own kind"

    def _unlike(self, node: Operation, left: str, right: str) -> None:
        self.say(node, f'"{written(node)}" compares {_NOUNS.get(left, left)} with {_NOUNS.get(right, right)}, which are never alike')

    # -- sums and products

    def _figured(self, node: Operation, types: list[str | None]) -> str | None:
        known = [meant for meant in types if meant is not None]
        if len(known) < len(types):
            return None
        for operand, meant in zip(node.operands, known, strict=True):
            if meant not in _NUMERIC:
                self.say(operand, f'"{written(operand)}" is {_NOUNS.get(meant, meant)}; only numbers and amounts can be reckoned with')
                return None
        figures = [meant for meant in known if meant != "decimal"]
        if node.operator == "negative" or not figures:
            return known[0]
        if node.operator == "*":
            if len([meant for meant in figures if meant != "number"]) > 1:
                self.say(
                    node, f'"{written(node)}" multiplies {_NOUNS[figures[0]]} by {_NOUNS[figures[1]]}; one of them must be a plain number'
                )
                return None
            return next((meant for meant in figures if meant != "number"), "number")
        if len(set(figures)) > 1 or (figures[0] == "span" and len(figures) < len(known)):
            self.say(node, f'"{written(node)}" puts {_NOUNS[known[0]]} and {_NOUNS[known[1]]} together, which do not fit')
            return None
        return figures[0]


def _quoted(word: str) -> str:
    return word if word.isascii() and word.isidentifier() and word.islower() else f"'{word}'"
