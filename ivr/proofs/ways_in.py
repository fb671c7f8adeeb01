"""Every way into an operator's menus that makes a difference: each entry with each line, and those who may not come in."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ivr.engine.events import Begin
from ivr.engine.model import Entry, Model, Reference
from ivr.engine.values import Line
from ivr.proofs.lines import FLAGS
from ivr.proofs.stimuli import Stimuli


@dataclass(frozen=True, slots=True)
class Opening:
    """A way in. `label` names it in paths: the line's kind, the code."""

    label: str
    event: Begin

    def dialling(self, code: str) -> Opening:
        """The same line with another code."""
        return Opening(self.label.replace(self.event.address, code), dataclasses.replace(self.event, address=code))


def openings(model: Model, lines: Sequence[Line], languages: Iterable[str], now: datetime.datetime, stimuli: Stimuli) -> Iterator[Opening]:
    """Each entry with each line in each language; then the lines that nobody serves."""
    told = [
        name
        for name in ("tariff", *FLAGS)
        if len({(line.kind, getattr(line, name)) for line in lines}) > len({line.kind for line in lines})
    ]
    known = list(languages)
    for entry in model.entries:
        for channel, address, text in dict.fromkeys(_addresses(model, entry, stimuli)):
            for line in lines:
                # elsewhere a line without a language is answered in the default one, like a line that has it
                first = [None] if channel == "call" and model.operator.first_call else []
                for language in [*known, *first]:
                    yield _opening(channel, address, text, dataclasses.replace(line, language=language), line.msisdn, now, told)
            for outsider in _outsiders(lines):
                yield _opening(channel, address, text, outsider, lines[0].msisdn, now)
    for channel, address in (("ussd", "*999999#"), ("call", "999999"), ("ussd", "111"), ("sms", "999999")):
        yield _opening(channel, address, "", lines[0], lines[0].msisdn, now)


def _opening(
    channel: str, address: str, text: str, line: Line | None, msisdn: str, now: datetime.datetime, told: Sequence[str] = ()
) -> Opening:
    who = ["unknown line" if line is None else line.kind if line.status == "active" else f"{line.status} line"]
    if line is not None:
        who += [line.language or "no language"]
        who += [getattr(line, name) if name == "tariff" else f"{name} {'on' if getattr(line, name) else 'off'}" for name in told]
    what = f'{address} "{text}"' if channel == "sms" else address
    return Opening(f"{' '.join(who)}: {what}", Begin(channel, address, msisdn, line, now, text))


def _outsiders(lines: Sequence[Line]) -> Iterator[Line | None]:
    yield None
    for status in ("barred", "expired"):
        yield dataclasses.replace(lines[0], status=status)


def _addresses(model: Model, entry: Entry, stimuli: Stimuli) -> Iterator[tuple[str, str, str]]:
    """What is dialled or written for an entry; where it takes fields, with right values and one wrong one for each cause."""
    fields = {field.name: field for field in (model.menus[entry.go].ask if entry.go in model.menus else ())}

    def filled(pieces: Sequence[str | Reference]) -> Iterator[list[str]]:
        names = [piece.path[0] for piece in pieces if isinstance(piece, Reference)]
        values = {name: stimuli.typed(entry.go, fields[name], False) for name in names if name in fields}
        right = {name: next((text for text, cause in typed if not cause), "1") for name, typed in values.items()}
        cases = [right, *({**right, name: text} for name, typed in values.items() for text, _ in typed if text != right[name])]
        for case in cases:
            yield [case.get(piece.path[0], "1") if isinstance(piece, Reference) else piece for piece in pieces]

    if entry.channel == "ussd":
        for parts in filled(entry.parts):
            yield "ussd", f"*{'*'.join(parts)}#", ""
    elif entry.channel == "sms" and entry.text is not None:
        for pieces in filled(entry.text):
            yield "sms", str(entry.parts[0]), "".join(pieces)
        yield "sms", str(entry.parts[0]), "nobody would write this"
    else:
        yield entry.channel, str(entry.parts[0]), ""
