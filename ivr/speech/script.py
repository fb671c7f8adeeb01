"""The recording script: everything that a speaker reads, with its file's name, where it is said, and how it ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ivr.speech.inventory import OperatorSpeech, examples, inventory_of
from ivr.speech.units import Unit, unit

COLUMNS = ("id", "words", "context", "intonation", "language", "file")
"""What a row of the CSV says; the first line names them."""

_MARKS: Mapping[str, str] = {"medial": "→", "final": "↘", "question": "↗"}
_HOW: Mapping[str, str] = {
    "medial": "the voice stays up: the sentence goes on",
    "final": "the voice falls: the sentence ends here",
    "question": "the voice rises: somebody is asked",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Fixed words of a menu: `context` is the whole wording, its slots in braces; `final`: the sentence ends with them."""

    language: str
    words: str
    final: bool
    context: str


@dataclass(frozen=True, slots=True)
class Row:
    """One recording to make. `value`: a piece of amounts, numbers and days, not a menu's own words."""

    unit: Unit
    context: str
    value: bool

    def fields(self) -> tuple[str, ...]:
        """As `COLUMNS`."""
        one = self.unit
        file = f"prompts/{one.language}/VOICE/{one.id}.wav"
        return (one.id, one.words, self.context, one.intonation, one.language, file)


def rows(lines: Iterable[Line], languages: Sequence[str], operators: Sequence[OperatorSpeech]) -> list[Row]:
    """Everything to record, each once: by language, the menus' own words first. Raises SpeechError for an unknown language, or a currency
    without words."""
    found: dict[str, dict[str, Row]] = {language: {} for language in languages}
    for line in lines:
        if line.language in found:
            one = unit(line.words, line.language, line.final)
            found[line.language].setdefault(one.id, Row(one, line.context, value=False))
    for language, mine in found.items():
        for operator in operators:
            if language in operator.languages:
                shown = examples(language, operator.said_in(language), operator.rules)
                for one in inventory_of([operator], [language]):
                    mine.setdefault(one.id, Row(one, shown.get(one.id, one.words), value=True))
    return [row for mine in found.values() for row in mine.values()]


def as_csv(found: Iterable[Row]) -> str:
    """Rows as CSV (RFC 4180, lines ended as here) with a first line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_inert(row.fields()) for row in found)
    return text.getvalue()


def _inert(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Fields that a spreadsheet takes for text: one that begins like a formula gets an apostrophe before it."""
    return tuple(f"'{field}" if field[:1] in ("=", "+", "-", "@") else field for field in fields)


_STYLE = """
body { font: 14pt/1.4 sans-serif; margin: 2em auto; max-width: 60em; color: #111; background: #fff }
table { border-collapse: collapse; width: 100%; margin-bottom: 2em }
td, th { border-bottom: 1px solid #bbb; padding: .35em .5em; text-align: left; vertical-align: top }
td.words { font-size: 120%; font-weight: bold } td.id { font: 9pt monospace; color: #555 } td.context { color: #444; font-size: 85% }
tr { break-inside: avoid } thead { display: table-header-group } h2 { break-before: page } h2:first-of-type { break-before: auto }
"""


def as_html(found: Sequence[Row]) -> str:
    """Rows as a page to print and read from: by language, the menus' own words before the values, a mark for the intonation of each."""
    keys = "".join(f"<li><b>{_MARKS[name]}</b> {escape(how)}</li>" for name, how in _HOW.items())
    out = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Recording script</title>',
        f"<style>{_STYLE}</style></head><body>\n<h1>Recording script</h1>",
        "<p>Read each line as it stands in its sentence, in one tone and at one distance. Save it as a mono WAV of 16 to 48 kHz under the",
        f"name in the last column, in <code>prompts/LANGUAGE/VOICE/</code>, then run <code>ivr prompts build</code>.</p>\n<ul>{keys}</ul>",
    ]
    for language in dict.fromkeys(row.unit.language for row in found):
        for value, title in ((False, "sentences"), (True, "numbers, amounts and days")):
            mine = [row for row in found if row.unit.language == language and row.value is value]
            if mine:
                out.append(f"<h2>{escape(language)}: {title} ({len(mine)})</h2>\n<table>{_HEAD}<tbody>")
                out += [_line(number, row) for number, row in enumerate(mine, 1)]
                out.append("</tbody></table>")
    return "\n".join([*out, "</body></html>"]) + "\n"


_HEAD = "<thead><tr><th>#</th><th></th><th>read</th><th>said in</th><th>file</th></tr></thead>"


def _line(number: int, row: Row) -> str:
    one = row.unit
    return (
        f'<tr><td>{number}</td><td title="{one.intonation}">{_MARKS[one.intonation]}</td>'
        f'<td class="words" lang="{escape(one.language)}">{escape(one.words)}</td>'
        f'<td class="context" lang="{escape(one.language)}">{escape(row.context)}</td><td class="id">{escape(one.id)}.wav</td></tr>'
    )
