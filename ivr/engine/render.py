"""Wordings and values made into what a phone shows and what a call speaks.

Text forms are those of services.md, "For both": `12.34 AZN` and `05.03.2027` in every language, balances rounded down to two decimals, fees
with all of theirs, no sign and no space that would force UCS-2.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.expressions import evaluate
from ivr.engine.model import Listing, Message, Model, Reference, Say, Template, Wording
from ivr.engine.opening import opening_speech, opening_text
from ivr.engine.state import Frame
from ivr.engine.text import fold
from ivr.engine.values import Count, Line, Money, Msisdn, Opening, Secret, Span, Tariff, Value

SENTENCE_PAUSE = 350
"""Milliseconds of silence between two parts of a spoken page."""
COMMA_PAUSE = 150
"""Milliseconds where a wording has a comma or colon between two slots."""

_PAUSES = {".": SENTENCE_PAUSE, ",": COMMA_PAUSE, ":": COMMA_PAUSE, ";": COMMA_PAUSE}


@dataclass(frozen=True, slots=True)
class View:
    """Everything a wording may name while one menu is shown to one line.

    `channel` is the one whose wording is shown, `priced` the one whose fees hold (the same where it is empty).
    """

    model: Model
    channel: str
    language: str
    line: Line | None
    frame: Frame
    fee: str | None = None
    switches: Mapping[str, bool] = field(default_factory=dict)
    extra: Mapping[str, Value] = field(default_factory=dict)
    now: datetime.datetime | None = None
    priced: str = ""

    def lookup(self, path: tuple[str, ...]) -> Value:
        """The value that a dotted name means here. Raises KeyError where nothing has it."""
        head = path[0]
        if head in self.extra:
            return _descend(self.extra[head], path[1:])
        operator = self.model.operator
        if head == "line" and self.line is not None:
            return _descend(self.line.record(), path[1:])
        if head == "fee" and len(path) == 1:
            return self.price(self.fee) or Money(0, operator.currency)
        if head == "fees" and len(path) == 3:
            return operator.fees[path[1]].prices[path[2]]
        if head == "limits" and len(path) == 2:
            return operator.limits[path[1]]
        if head == "numbers" and len(path) == 2:
            return operator.numbers[path[1]]
        if head == "switches" and len(path) == 2:
            return self.switches.get(path[1], operator.switches[path[1]])
        if head == "hours" and len(path) == 2:
            hours = operator.hours[path[1]]
            return Opening(hours, self.now is not None and hours.open_at(self.now))
        if head in self.frame.got:
            return _descend(self.frame.got[head], path[1:])
        return _descend(self.frame.fields[head], path[1:])

    def price(self, fee: str | None) -> Money | None:
        """What fee `fee` costs on this channel; None where it is free or there is none."""
        if fee is None:
            return None
        price = self.model.operator.fees[fee].prices.get(self.priced or self.channel)
        return price if price is not None and price.micro > 0 else None

    def with_extra(self, extra: Mapping[str, Value]) -> View:
        """The same view with more names: an item's, a choice's key."""
        merged = {**self.extra, **extra}
        return View(self.model, self.channel, self.language, self.line, self.frame, self.fee, self.switches, merged, self.now, self.priced)

    # -- text

    def message(self, wording: Wording) -> Message | None:
        """The wording for this channel and language; None where nothing is said."""
        by_language = wording.get(self.channel)
        return None if by_language is None else by_language[self.language]

    def text(self, wording: Wording) -> str:
        """`wording` as this channel writes it; empty where it says nothing."""
        message = self.message(wording)
        if message is None:
            return ""
        form = self._form(message)
        if len(form) == 1 and isinstance(form[0], str):  # most wordings have no slots
            written = form[0]
        else:
            written = "".join([piece if isinstance(piece, str) else self._write(piece, message.language) for piece in form])
        return fold(written) if self.channel in self.model.operator.fold.get(message.language, ()) else written

    def lines(self, say: Say) -> list[str]:
        """The parts of `say` that are said here, a line each (a part may hold line breaks of its own)."""
        return [line for part in self._parts(say) for line in self.text(part).split("\n") if line]

    def listed(self, listing: Listing, numbered: bool = False) -> list[str]:
        """A list as lines: every item, its number before it where it can be chosen, or what is said where there are none."""
        items = self.items(listing)
        if not items:
            return [] if listing.none is None else [line for line in self.text(listing.none).split("\n") if line]
        texts = [self.with_extra(item).text(listing.item) for item in items]
        if numbered:
            texts = [f"{number}. {text}" for number, text in enumerate(texts, 1)]
        return [line for text in texts for line in text.split("\n") if line]

    # -- speech

    def spoken(self, wording: Wording) -> list[Spoken]:
        """`wording` as this call says it: fixed words and slots in order."""
        message = self.message(wording)
        if message is None:
            return []
        return list(self._speak(self._form(message), message.language))

    def sentences(self, say: Say) -> list[Spoken]:
        """The parts of `say` with a pause after each."""
        spoken: list[Spoken] = []
        for part in self._parts(say):
            _sentence(spoken, self.spoken(part))
        return spoken

    def spoken_list(self, listing: Listing, start: int = 0, chosen: bool = False) -> tuple[list[Spoken], bool]:
        """The items from `start`, as many as a call says at once, each with its key where it can be `chosen`; and whether more follow."""
        items = self.items(listing)
        spoken: list[Spoken] = []
        if not items:
            if listing.none is not None:
                _sentence(spoken, self.spoken(listing.none))
            return spoken, False
        end = len(items) if listing.speak is None else start + listing.speak
        for number, item in enumerate(items[start:end], 1):
            view = self.with_extra(item)
            _sentence(spoken, view.spoken(listing.item))
            if chosen and listing.choose is not None:
                _sentence(spoken, view.with_extra({"key": number}).spoken(listing.choose.label))
        return spoken, end < len(items)

    # -- inside

    def _parts(self, say: Say) -> Iterable[Wording]:
        for part in say:
            if (part.only is None or self.channel in part.only) and (part.when is None or evaluate(part.when, self.lookup)):
                yield part.wording

    def items(self, listing: Listing) -> list[Mapping[str, Value]]:
        """What a list holds, as it was first read: paging and choosing use this snapshot."""
        items = self.lookup(listing.of)
        return [item for item in items if isinstance(item, Mapping)] if isinstance(items, tuple) else []

    def _form(self, message: Message) -> Template:
        if message.count is None or message.rule is None:
            return message.forms[0]
        number = self.lookup(message.count)
        amount = number.number if isinstance(number, Count) else number
        return message.forms[min(message.rule(abs(amount)), len(message.forms) - 1)] if isinstance(amount, int) else message.forms[-1]

    def _write(self, reference: Reference, language: str) -> str:
        value = self.lookup(reference.path)
        form = reference.form or ("exact" if reference.path[0] in ("fee", "fees") else "")
        match value:
            case None | bool() | Secret():
                return ""
            case Money():
                return f"{value.exact_text() if form == 'exact' else value.rounded_down()} {value.currency}"
            case Count():
                return self._count(value, language)
            case Span():
                return self._count(_span(value), language)
            case Tariff():
                return fold(value.name) if self.channel in self.model.operator.fold_names else value.name
            case Msisdn():
                return _grouped(value.digits, self.model.operator.country) if form == "grouped" else value.digits
            case Opening():
                return opening_text(value.hours, self.model.operator.days[language])
            case datetime.datetime():
                return value.strftime("%H:%M")
            case datetime.date():
                date = value.strftime("%d.%m.%Y")
                # the slot brings its own word where a language needs a case
                return self.model.operator.until.get(language, "{date}").replace("{date}", date) if form == "until" else date
        return str(value)

    def _count(self, count: Count, language: str) -> str:
        message = self.model.operator.units[count.unit][language]
        form = message.forms[min(message.rule(abs(count.number)), len(message.forms) - 1)] if message.rule else message.forms[0]
        return "".join(piece if isinstance(piece, str) else str(count.number) for piece in form)

    def _speak(self, template: Template, language: str) -> Iterable[Spoken]:
        for piece in template:
            if isinstance(piece, str):
                # a sign between a slot and the words after it is heard as a pause; at the very end it is nothing
                sign = piece.strip()[:1]
                words = fixed_words(piece)
                if sign in _PAUSES and (words or sign != "."):
                    yield Pause(_PAUSES[sign])
                if words:
                    yield Words(words, language)
                continue
            value = self.lookup(piece.path)
            form = piece.form or ("exact" if piece.path[0] in ("fee", "fees") else "")
            rules = self.model.operator.speech
            if piece.path[0] == "numbers":
                yield Slot(Msisdn(str(value)), "digits", language, rules=rules)
            elif isinstance(value, Tariff):
                spoken = self.model.operator.spoken.get(value.name, {})
                yield Slot(value, form, language, spoken.get(language, value.name), rules)
            elif isinstance(value, Msisdn):
                yield Slot(value, form or self.model.operator.call.speak_numbers, language, rules=rules)
            elif isinstance(value, Opening):
                yield from opening_speech(value.hours, self.model.operator.days[language], language)
            elif value is not None and not isinstance(value, bool | Secret):
                yield Slot(value, form, language, rules=rules)


def fixed_words(text: str) -> str:
    """The words of a piece of a wording as they are recorded: white space folded, no sign in front; empty where there are only signs."""
    words = " ".join(text.split())
    return words.lstrip(".,:; ") if words.strip(" .,:;!?-") else ""


def _sentence(spoken: list[Spoken], words: list[Spoken]) -> None:
    if words:
        spoken.extend(words)
        spoken.append(Pause(SENTENCE_PAUSE))


def _descend(value: Value, path: tuple[str, ...]) -> Value:
    for name in path:
        if not isinstance(value, Mapping):
            raise KeyError(name)
        value = value[name]
    return value


def _grouped(digits: str, country: str) -> str:
    """`994501110001` as `994 50 111 00 01`."""
    rest = digits.removeprefix(country)
    if rest == digits or len(rest) != 9:
        return digits
    return " ".join((country, rest[:2], rest[2:5], rest[5:7], rest[7:]))


def _span(span: Span) -> Count:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if span.seconds and span.seconds % seconds == 0:
            return Count(span.seconds // seconds, unit)
    return Count(span.seconds, "second")
