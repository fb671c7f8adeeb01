"""The gettext catalogs as they are on disk: context and English text to a translation, with positions for faults.

The .po files are read straight into the compiled menus; there is no .mo and no look-up while a session runs. They are read by a reader of
our own: it takes what gettext's tools write and refuses the rest with its line, and takes a fifth of the time of Babel's, which was half
of a check. The tests compare the two. (`ivr i18n`, which also writes catalogs, keeps to Babel.)
"""

from __future__ import annotations

import functools
import gettext
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ivr.catalog.faults import Faults
from ivr.catalog.proofs.plural_forms import wrong_rule
from ivr.catalog.source import Refused, content

LARGEST_CATALOG = 20_000_000
"""Bytes a gettext catalog may have."""
LONGEST_LINE = 100_000
"""Characters a line of a catalog may have."""
MOST_FORMS = 6
"""Plural forms a language may have (Arabic has six)."""
LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,8})*", re.ASCII)
"""What a language may be called: a folder of the catalogs is called so too, so no `../` may stand in it."""
_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr)(?:\[([0-9])\])?[ \t]*(\".*\")")
_SIMPLE = re.compile(r"(?:#[:. ][^\n]*\n)*(?:msgctxt \"([^\"\\\n]*)\"\n)?msgid \"([^\"\\\n]+)\"\nmsgstr \"([^\"\\\n]*)\"\n?")
"""A message of the commonest form, whole."""
_QUOTED = re.compile(r"[^\"\\]*(?:\\.[^\"\\]*)*")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_PLURAL_FORMS = re.compile(r"\s*nplurals\s*=\s*([0-9]{1,3})\s*;\s*plural\s*=\s*([^;]+?)\s*;?\s*")


class CatalogError(ValueError):
    """A catalog that cannot be read. `line` counts from 1; the text says why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class Translation(NamedTuple):
    """One message of a catalog: its texts by plural form (one where it has no plural), whether it is fuzzy, and where it stands."""

    texts: tuple[str, ...]
    fuzzy: bool
    file: str
    line: int

    @property
    def place(self) -> str:
        """`file:line:col` of its msgid."""
        return f"{self.file}:{self.line}:1"


Rule = Callable[[int], int]


def english(number: int) -> int:
    """The plural rule of English, for texts that nobody has translated."""
    return int(number != 1)


@dataclass(slots=True)
class Translations:
    """A language's catalog. `rule` gives the plural form for a number (the header's Plural-Forms)."""

    language: str
    messages: dict[tuple[str, str], Translation] = field(default_factory=dict)
    rule: Rule = english
    forms: int = 2
    file: str = ""

    def find(self, context: str, text: str) -> Translation | None:
        """The translation of `text` in `context`; None where there is none."""
        return self.messages.get((context, text))


def catalog_file(locales: Path, language: str) -> Path:
    """Where the catalog of `language` stands."""
    return locales / language / "LC_MESSAGES" / "messages.po"


def load_translations(locales: Path, language: str, faults: Faults) -> Translations:
    """The catalog of `language`. English is the text itself and needs none."""
    shown = f"locales/{language}/LC_MESSAGES/messages.po"
    if language == "en":
        return Translations("en")
    if not LANGUAGE.fullmatch(language):
        # no folder is looked for under such a name: it may lead anywhere
        faults.add("locales:1:1", "E070", f'there is no catalog for "{language[:40]}": a language is called as in az, ru or pt_BR')
        return Translations(language, file="locales")
    try:
        data = content(catalog_file(locales, language), LARGEST_CATALOG)
    except FileNotFoundError as error:
        faults.add(f"{shown}:1:1", "E070", f"there is no catalog for {language}: {error.strerror}")
    except OSError as error:
        faults.add(f"{shown}:1:1", "E070", f"the catalog cannot be read: {error.strerror}")
    except Refused as error:
        faults.add(f"{shown}:1:1", "E070", f"the catalog cannot be read: {error}")
    else:
        return translations_of(data, language, shown, faults)
    return Translations(language, file=shown)


def translations_of(data: bytes, language: str, shown: str, faults: Faults) -> Translations:
    """The catalog in `data`. `shown` is its file in faults; where it cannot be read it is empty and `faults` says why."""
    result = Translations(language, file=shown)
    try:
        messages, header, header_line = read_catalog(data, shown, faults)
    except CatalogError as error:
        faults.add(f"{shown}:{error.line}:1", "E070", f"the catalog cannot be read: {error}")
        return result
    try:
        result.forms, result.rule = _plurals(header, language)
    except ValueError as error:
        faults.add(
            f"{shown}:{header_line}:1", "E073", f'Plural-Forms cannot be used: {error}; write for instance "nplurals=2; plural=(n != 1);"'
        )
    else:
        if (why := wrong_rule(language, result.forms, result.rule)) is not None:
            faults.add(f"{shown}:{header_line}:1", "E073", f"Plural-Forms: {why}")
    result.messages = {
        # a plural with fewer texts than the language has forms is not translated yet
        key: message._replace(texts=message.texts + ("",) * (result.forms - len(message.texts))) if plural else message
        for key, (message, plural) in messages.items()
    }
    return result


Messages = dict[tuple[str, str], tuple[Translation, bool]]
"""By context and English text: the translation, and whether it has a plural."""


def read_catalog(data: bytes, shown: str, faults: Faults) -> tuple[Messages, str, int]:
    """The messages of a .po file, its header and the header's line. Obsolete messages and comments are left out.

    Raises CatalogError where something stands that gettext's tools do not write. A message that stands twice is a fault (E070).
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(data[: error.start].count(b"\n") + 1, "this is not UTF-8; save the file as UTF-8") from error
    reader = _PoReader(shown, faults)
    reader.read(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    if (charset := re.search(r"(?im)^content-type:.*?charset\s*=\s*([^\s;]+)", reader.header)) and charset[1].lower() not in (
        "utf-8",
        "utf8",
        "us-ascii",
        "ascii",
        "charset",  # of a template that nobody has filled in
    ):
        raise CatalogError(reader.header_line, f"its header says charset={charset[1][:20]}; save the file as UTF-8 and write charset=utf-8")
    return reader.messages, reader.header, reader.header_line


class _PoReader:
    """Goes through the lines once. A message is what stands from its first keyword to the next comment or `msgctxt`/`msgid`."""

    def __init__(self, shown: str, faults: Faults) -> None:
        self.shown, self.faults = shown, faults
        self.messages: Messages = {}
        self.header, self.header_line = "", 1
        self._clear()

    def _clear(self) -> None:
        self.context: list[str] | None = None
        self.singular: list[str] | None = None
        self.plural: list[str] | None = None
        self.texts: list[list[str]] = []
        self.pieces: list[str] | None = None
        self.fuzzy = False
        self.line = 0

    def read(self, text: str) -> None:
        """Read all of it, message by message where they are parted by empty lines, as every tool writes them."""
        number = 1
        for block in text.split("\n\n"):
            lines = block.count("\n")
            if (found := _SIMPLE.fullmatch(block)) is not None:
                if self.singular is not None or self.context is not None:
                    self._finish(number)
                self._add((found[1] or "", found[2]), (found[3],), number + lines - 1 - block.endswith("\n"), False)
                self.fuzzy = False
            else:
                self._lines(block.split("\n"), number)
            number += lines + 2
        if self.singular is not None or self.context is not None:
            self._finish(number)

    def _lines(self, lines: list[str], start: int) -> None:
        pieces = self.pieces
        for number, raw in enumerate(lines, start):
            if len(raw) > LONGEST_LINE:
                raise CatalogError(number, f"this line has {len(raw):,} characters; {LONGEST_LINE:,} are allowed")
            line = raw.strip()
            if not line:
                continue
            first = line[0]
            if first == "#":
                pieces = None
                if self.singular is not None:
                    self._finish(number)
                if line[1:2] == "," and "fuzzy" in (flag.strip() for flag in line[2:].split(",")):
                    self.fuzzy = True
            elif first == '"':
                if pieces is None:
                    raise CatalogError(number, "a text in quotes stands behind no keyword (msgctxt, msgid, msgstr)")
                if len(line) < 2 or line[-1] != '"':
                    raise CatalogError(number, 'a text ends without its quote: "')
                pieces.append(self._text(line[1:-1], number))
            else:
                pieces = self._keyword(line, number)
        self.pieces = pieces

    def _keyword(self, line: str, number: int) -> list[str]:
        found = _KEYWORD.fullmatch(line)
        if found is None:
            if re.match(r"msg(ctxt|id|id_plural|str|str\[[0-9]\])[ \t]*\"", line):
                raise CatalogError(number, 'a text ends without its quote: "')
            raise CatalogError(number, f'this is no line of a catalog: "{line[:40]}"')
        keyword, form, quoted = found.groups()
        pieces = [self._text(quoted[1:-1], number)] if len(quoted) > 2 else []
        if len(quoted) < 2:
            raise CatalogError(number, 'a text ends without its quote: "')
        if keyword == "msgstr":
            wanted = len(self.texts)
            if self.singular is None:
                raise CatalogError(number, "msgstr stands behind no msgid")
            if (form is None) != (self.plural is None):
                raise CatalogError(number, "a message with msgid_plural has msgstr[0], msgstr[1] ...; any other has one msgstr")
            if (0 if form is None else int(form)) != wanted or (form is None and wanted) or wanted >= MOST_FORMS:
                raise CatalogError(number, f"{line.split()[0][:20]} is not what stands next; forms are counted from msgstr[0] on")
            self.texts.append(pieces)
            return pieces
        if form is not None:
            raise CatalogError(number, f"only msgstr has a number, not {keyword}")
        if keyword == "msgid_plural":
            if self.singular is None or self.plural is not None or self.texts:
                raise CatalogError(number, "msgid_plural stands between msgid and msgstr[0]")
            self.plural = pieces
            return pieces
        if self.texts:
            self._finish(number)
        if keyword == "msgctxt":
            if self.context is not None or self.singular is not None:
                raise CatalogError(number, "msgctxt stands before msgid, once")
            self.context, self.line = pieces, number
        else:
            if self.singular is not None:
                raise CatalogError(self.line, "this message has no msgstr")
            self.singular, self.line = pieces, number
        return pieces

    @staticmethod
    def _text(quoted: str, number: int) -> str:
        if "\\" not in quoted and '"' not in quoted:
            return quoted
        if not _QUOTED.fullmatch(quoted):
            raise CatalogError(number, 'a quote inside a text is written \\"')
        return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), quoted)

    def _finish(self, number: int) -> None:
        if self.singular is None or not self.texts:
            raise CatalogError(self.line or number, "this message has no " + ("msgid" if self.singular is None else "msgstr"))
        key = ("".join(self.context or ()), "".join(self.singular))
        texts = tuple(["".join(pieces) for pieces in self.texts])
        if key[1]:
            self._add(key, texts, self.line, self.plural is not None)
        elif not key[0] and not self.header:
            self.header, self.header_line = texts[0], self.line
        self._clear()

    def _add(self, key: tuple[str, str], texts: tuple[str, ...], line: int, plural: bool) -> None:
        before = self.messages.get(key)
        if before is None:
            self.messages[key] = (Translation(texts, self.fuzzy, self.shown, line), plural)
        else:
            told = f'"{key[1][:60]}" (context {key[0]}) is translated twice; the first is in line {before[0].line}'
            self.faults.add(f"{self.shown}:{line}:1", "E070", told)


def _plurals(header: str, language: str) -> tuple[int, Rule]:
    """How many plural forms there are, and which one a number has. Raises ValueError where Plural-Forms cannot be used."""
    line = re.search(r"(?im)^plural-forms:(.*)$", header)
    if line is None:
        from babel.messages.plurals import get_plural

        forms, expression = get_plural(language)[:2]
        return forms, rule_of(expression, forms)
    found = _PLURAL_FORMS.fullmatch(line[1])
    if found is None:
        raise ValueError(f'"{line[1].strip()[:60]}" is not of the right form')
    forms = int(found[1])
    if not 1 <= forms <= MOST_FORMS:
        raise ValueError(f"no language has {forms} forms")
    return forms, rule_of(found[2], forms)


@functools.lru_cache(maxsize=64)
def rule_of(expression: str, forms: int) -> Rule:
    """The C expression `expression` in `n` as a function that gives 0 to `forms` - 1. Raises ValueError where it cannot be one.

    gettext.c2py takes the grammar of plural expressions only and bounds length and depth, so nothing else is ever run.
    """
    try:
        rule = gettext.c2py(expression)
        given = {rule(number) for number in range(1001)}
    except ArithmeticError as error:
        raise ValueError(f"it divides by zero ({expression[:60]})") from error
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("it is too complex") from error
    if not given <= set(range(forms)):
        raise ValueError(f"it gives form {str(max(given - set(range(forms))))[:20]} where nplurals says there are {forms}")

    def safe(number: int) -> int:
        try:
            return int(min(max(rule(number), 0), forms - 1))
        except ArithmeticError:
            return 0

    return safe
