"""How long a wording can become: every line of it with the largest values, in septets and in UTF-16 units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.catalog.largest import Largest, Place, nested
from ivr.engine.model import Message, Model, Reference, Template, Wording
from ivr.engine.render import View
from ivr.engine.state import Frame
from ivr.engine.text import GSM7, GSM7_EXTENSION, fold
from ivr.engine.values import Value

_PLAIN = GSM7 - {"\n"}
_BOTH = GSM7 | GSM7_EXTENSION


class Extent(NamedTuple):
    """A text at its longest: `septets` while it is GSM-7, `units` of UTF-16 otherwise; `outside`: letters that GSM-7 lacks.

    `sample` is the text with the largest values, for people to read.
    """

    septets: int
    units: int
    outside: str
    sample: str


class Block(NamedTuple):
    """A wording at its longest: its lines, and what they take in a page, the line breaks after them included."""

    lines: tuple[Extent, ...]
    septets: int
    units: int
    outside: str


NOTHING = Block((), 0, 0, "")


def measured(text: str) -> Extent:
    """The extent of a fixed text."""
    length = len(text)
    if GSM7.issuperset(text):
        return Extent(length, length, "", text)
    units = length if max(text) < "\U00010000" else len(text.encode("utf-16-be", "surrogatepass")) // 2
    outside = "" if _BOTH.issuperset(text) else "".join(dict.fromkeys(letter for letter in text if letter not in _BOTH))
    return Extent(length + sum(map(text.count, GSM7_EXTENSION)), units, outside, text)


def whole(blocks: Iterable[Block]) -> Block:
    """Several wordings under each other."""
    lines: tuple[Extent, ...] = ()
    septets = units = 0
    outside = ""
    for block in blocks:
        lines += block.lines
        septets += block.septets
        units += block.units
        outside = outside or block.outside
    return Block(lines, septets, units, outside)


def block_of(lines: Iterable[Extent]) -> Block:
    """Lines as a block."""
    kept = tuple(lines)
    outside = next((line.outside for line in kept if line.outside), "")
    return Block(kept, sum(line.septets + 1 for line in kept), sum(line.units + 1 for line in kept), outside)


@dataclass(slots=True)
class Sheet:
    """Measures the wordings of one operator in one language on one channel, folded as the engine folds them."""

    model: Model
    largest: Largest
    channel: str
    language: str
    _texts: dict[tuple[str, bool, bool], Block] = field(default_factory=dict)
    _slots: dict[tuple[Reference, int, str], Extent] = field(default_factory=dict)
    _folded: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        operator = self.model.operator
        self._folded = {language: self.channel in operator.fold.get(language, ()) for language in operator.languages}

    def message(self, wording: Wording | None) -> Message | None:
        """What is said here of a wording; None where nothing is."""
        return None if wording is None else wording.get(self.channel, {}).get(self.language)

    def written(self, message: Message, text: str) -> str:
        """Fixed words as this channel writes them."""
        return fold(text) if self._folded.get(message.language) else text

    def block(self, wording: Wording | None, place: Place, one_line: bool = False) -> Block:
        """A wording's lines; `one_line`: it is a label, which pages do not break."""
        message = self.message(wording)
        if message is None:
            return NOTHING
        forms = [self._form(message, form, place, one_line) for form in message.forms]
        if len(forms) == 1:
            return forms[0]
        longest = max(forms, key=lambda form: form.units)
        return Block(
            tuple(line for form in forms for line in form.lines),
            max(form.septets for form in forms),
            longest.units,
            next((form.outside for form in forms if form.outside), ""),
        )

    def key_line(self, key: str, label: Wording, place: Place) -> Block:
        """`1. Balance`: a label behind its key."""
        block = self.block(label, place, one_line=True)
        if not block.lines:
            return block_of([measured(f"{key}. ")])
        before = len(key) + 2
        lines = tuple(Extent(line.septets + before, line.units + before, line.outside, f"{key}. {line.sample}") for line in block.lines)
        return Block(lines, block.septets + before, block.units + before, block.outside)

    # -- inside

    def _form(self, message: Message, form: Template, place: Place, one_line: bool) -> Block:
        if len(form) == 1 and isinstance(form[0], str):  # most wordings have no slots, and many are the same
            key = (form[0], bool(self._folded.get(message.language)), one_line)
            if key not in self._texts:
                text = self.written(message, form[0])
                self._texts[key] = block_of(map(measured, [text] if one_line else filter(None, text.split("\n"))))
            return self._texts[key]
        lines, line = [], Extent(0, 0, "", "")
        for piece in form:
            if isinstance(piece, Reference):
                line = _joined(line, self._slot(piece, place, message.language))
                continue
            first, *others = [self.written(message, piece)] if one_line else self.written(message, piece).split("\n")
            line = _joined(line, measured(first))
            for other in others:
                lines.append(line)
                line = measured(other)
        return block_of(line for line in [*lines, line] if line.units)

    def _slot(self, reference: Reference, place: Place, language: str) -> Extent:
        values = self.largest.values(reference.path, place, self.channel)
        key = (reference, id(values), language)
        if key not in self._slots:
            extents = [measured(self.shown(reference, value, language)) for value in values]
            longest = max(extents, key=lambda extent: (extent.units, bool(extent.outside), extent.septets), default=Extent(0, 0, "", ""))
            outside = "".join(dict.fromkeys(letter for extent in extents for letter in extent.outside))
            septets = max((extent.septets for extent in extents), default=0)
            self._slots[key] = Extent(septets, longest.units, outside, longest.sample)
        return self._slots[key]

    def shown(self, reference: Reference, value: Value, language: str) -> str:
        """A value as the engine writes it into a wording."""
        extra = nested(reference.path, value)
        view = View(self.model, self.channel, self.language, None, Frame(""), extra=extra)
        return view.text({self.channel: {self.language: Message(((reference,),), language)}})


def _joined(left: Extent, right: Extent) -> Extent:
    outside = left.outside + right.outside if left.outside and right.outside else left.outside or right.outside
    return Extent(left.septets + right.septets, left.units + right.units, outside, left.sample + right.sample)
