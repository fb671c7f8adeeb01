"""The gettext catalogs as they are on disk: context and English text to a translation, with positions for faults.

The .po files are read straight into the compiled menus; there is no .mo and no look-up while a session runs.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from ivr.catalog.faults import Faults


@dataclass(frozen=True, slots=True)
class Translation:
    """One message of a catalog: its texts by plural form (one where it has no plural), where it stands, whether it is fuzzy."""

    texts: tuple[str, ...]
    place: str
    fuzzy: bool


@dataclass(slots=True)
class Translations:
    """A language's catalog. `rule` gives the plural form for a number (the header's Plural-Forms)."""

    language: str
    messages: dict[tuple[str, str], Translation] = field(default_factory=dict)
    rule: Callable[[int], int] = lambda number: int(number != 1)
    forms: int = 2
    file: str = ""

    def find(self, context: str, text: str) -> Translation | None:
        """The translation of `text` in `context`; None where there is none."""
        return self.messages.get((context, text))


def load_translations(locales: Path, language: str, faults: Faults) -> Translations:
    """The catalog of `language`. English is the text itself and needs none."""
    if language == "en":
        return Translations("en")
    path = locales / language / "LC_MESSAGES" / "messages.po"
    shown = f"locales/{language}/LC_MESSAGES/messages.po"
    result = Translations(language, file=shown)
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, abort_invalid=True)
    except OSError as error:
        faults.add(f"{shown}:1:1", "E070", f"there is no catalog for {language}: {error.strerror}")
        return result
    except (PoFileError, ValueError, UnicodeError) as error:
        faults.add(f"{shown}:{getattr(error, 'lineno', None) or 1}:1", "E070", f"the catalog cannot be read: {error}")
        return result
    result.forms = catalog.num_plurals
    result.rule = gettext.c2py(catalog.plural_expr)
    for message in catalog:
        if not message.id:
            continue
        singular = message.id[0] if isinstance(message.id, list | tuple) else message.id
        texts = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)
        place = f"{shown}:{message.lineno or 1}:1"
        result.messages[(message.context or "", singular)] = Translation(texts, place, message.fuzzy)
    return result
