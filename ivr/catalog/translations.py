"""The gettext catalogs as they are on disk: context and English text to a translation, with positions for faults.

The .po files are read straight into the compiled menus; there is no .mo and no look-up while a session runs. They are read by a reader of
our own (`ivr.catalog.po_reader`); `ivr i18n`, which also writes them, keeps to Babel.
"""

from __future__ import annotations

import functools
import gettext
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.catalog.plain_files import Refused, content
from ivr.catalog.po_reader import MOST_FORMS, CatalogError, Translation, read_catalog
from ivr.catalog.proofs.plural_forms import usual_rule, wrong_rule

LARGEST_CATALOG = 20_000_000
"""Bytes a gettext catalog may have."""
LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,8})*", re.ASCII)
"""What a language may be called: a folder of the catalogs is called so too, so no `../` may stand in it."""
_PLURAL_FORMS = re.compile(r"\s*nplurals\s*=\s*([0-9]{1,3})\s*;\s*plural\s*=\s*([^;]+?)\s*;?\s*")


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
        right = usual_rule(language)
        faults.add(f"{shown}:{header_line}:1", "E073", f'Plural-Forms cannot be used: {error}; write "{right}"')
        # the messages are judged by the rule that belongs there, or each of them would be a fault as well
        result.forms, result.rule = int(right[len("nplurals=")]), rule_of(right.split("plural=", 1)[1].rstrip(";"), 6)
    else:
        if (why := wrong_rule(language, result.forms, result.rule)) is not None:
            faults.add(f"{shown}:{header_line}:1", "E073", f"Plural-Forms: {why}")
    result.messages = {
        # a plural with fewer texts than the language has forms is not translated yet
        key: message._replace(texts=message.texts + ("",) * (result.forms - len(message.texts))) if plural else message
        for key, (message, plural) in messages.items()
    }
    return result


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


__all__ = [
    "LARGEST_CATALOG",
    "CatalogError",
    "Rule",
    "Translation",
    "Translations",
    "catalog_file",
    "english",
    "load_translations",
    "read_catalog",
    "rule_of",
    "translations_of",
]
