"""Translators' files: the template (`messages.pot`), the catalogs (`messages.po`) merged with it, and what is still to be done.

Everything is written so that a second run changes nothing: no creation date, no name of a tool's version, no wrapped lines.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from ivr.catalog.extract import Extracted

DOMAIN = "messages"
PLURAL_FORMS = {"az": "nplurals=2; plural=(n != 1);"}
"""Rules of languages that Babel has none for (it would take one form)."""

_TEMPLATE_COMMENT = "# Wordings of the menus. Written by `ivr i18n extract`; translate messages.po of a language, never this file."
_CHURN = (b'"POT-Creation-Date:', b'"Generated-By:')
_PLACEHOLDERS = (b'"PO-Revision-Date: YEAR', b'"Report-Msgid-Bugs-To: EMAIL', b'"Last-Translator: FULL NAME', b'"Language-Team: LANGUAGE')
"""Headers that Babel fills with examples; a translator's own values stay."""
_GUESSED_FLAGS = {"python-format", "python-brace-format"}
"""Babel takes our slots for Python's; tools would then refuse a translation that uses another form of a slot, which is allowed."""
_NO_REVISION = "YEAR-MO-DA HO:MI+ZONE"


@dataclass(frozen=True, slots=True)
class State:
    """How far the translation of a message is: `translated`, `fuzzy` (a guess that nobody has read) or `missing`."""

    message: Extracted
    state: str


def catalog_path(locales: Path, language: str) -> Path:
    """Where a language's catalog stands."""
    return locales / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def languages(locales: Path) -> list[str]:
    """The languages that have a catalog."""
    return sorted(path.parent.parent.name for path in locales.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def template(found: Iterable[Extracted]) -> Catalog:
    """The messages as a template. One that stands in several places is one message with several references."""
    catalog = Catalog(
        project="Dynamic",
        version="IVR",
        header_comment=_TEMPLATE_COMMENT,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        fuzzy=False,
    )
    for message in found:
        catalog.add(
            message.singular if message.plural is None else (message.singular, message.plural),
            locations=[(message.file, message.line or None)],  # type: ignore[list-item]  # no line: written without one
            auto_comments=message.comments,
            context=message.context,
        )
    return catalog


def read_catalog(path: Path, language: str) -> Catalog:
    """A catalog from disk. Raises OSError, PoFileError where it is broken, and ValueError where its folder is called after no language."""
    _locale(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)


def new_catalog(language: str) -> Catalog:
    """An empty catalog with the language's plural rule. Raises ValueError for a code that is no language."""
    name = _locale(language).get_display_name("en") or language
    catalog = Catalog(
        locale=language,
        project="Dynamic",
        version="IVR",
        header_comment=f"# {name} wordings of the menus.",
        msgid_bugs_address="",
        last_translator="",
        language_team=name,
        revision_date=_NO_REVISION,
        fuzzy=False,
    )
    if language in PLURAL_FORMS:
        catalog.mime_headers = [("Plural-Forms", PLURAL_FORMS[language])]
    return catalog


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{language!r} is no language code; write one such as tg or pt_BR") from error


def merge(catalog: Catalog, source: Catalog, no_fuzzy_matching: bool = False) -> None:
    """Bring `catalog` to what the menus say now. Translations stay; what no menu says any more goes to the obsolete ones at the end
    and comes back from there once a menu says it again."""
    for message in source:
        key = catalog._key_for(message.id, message.context) if message.id else None
        if key is not None and catalog.get(message.id, message.context) is None and (known := catalog.obsolete.pop(key, None)) is not None:
            catalog[message.id] = known
    catalog.update(source, no_fuzzy_matching=no_fuzzy_matching, update_creation_date=False)


def written(catalog: Catalog) -> bytes:
    """The file's content, without what would change by itself."""
    for message in catalog:
        message.flags -= _GUESSED_FLAGS
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=0, include_previous=True)
    return b"".join(line for line in buffer.getvalue().splitlines(keepends=True) if not line.startswith(_CHURN + _PLACEHOLDERS))


def write_catalog(catalog: Catalog, path: Path) -> bool:
    """Write the file where its content differs; returns whether it did."""
    content = written(catalog)
    if path.is_file():
        before = path.read_bytes()
        if b'"PO-Revision-Date:' not in before:
            # Babel would put the moment of reading there.
            content = b"".join(line for line in content.splitlines(keepends=True) if not line.startswith(b'"PO-Revision-Date:'))
        if content == before:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def states(found: Sequence[Extracted], catalog: Catalog | None) -> list[State]:
    """The state of every message, each once, in the order of the menus. Without a catalog all are missing."""
    first = {message.key: message for message in reversed(found)}
    return [State(message, _state(message, catalog)) for message in dict.fromkeys(first[message.key] for message in found)]


def _state(message: Extracted, catalog: Catalog | None) -> str:
    entry = None if catalog is None else catalog.get(message.singular, message.context)
    if entry is None or not entry.string:
        return "missing"
    texts = entry.string if isinstance(entry.string, list | tuple) else (entry.string,)
    if not all(texts):
        return "missing"
    return "fuzzy" if entry.fuzzy else "translated"
