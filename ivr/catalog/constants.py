"""Words that no menu file holds, from the catalogs: units, opening hours, ends of periods. Checked like every other translation."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.catalog.faults import Faults
from ivr.catalog.proofs.alphabets import wrong_letters
from ivr.catalog.translations import Translation, Translations
from ivr.catalog.units import CONTEXT, DATES_CONTEXT, DAYS, DAYS_CONTEXT, UNITS, UNTIL, USUAL_UNTIL
from ivr.catalog.wordings import cut
from ivr.engine.model import Message, Reference


def units_of(languages: tuple[str, ...], catalogs: Mapping[str, Translations], faults: Faults) -> dict[str, dict[str, Message]]:
    """The units by name and language; English as well, for wordings that are not translated yet are said in it, counts and all."""
    units: dict[str, dict[str, Message]] = {}
    for unit, (one, other) in UNITS.items():
        units[unit] = {}
        for language in dict.fromkeys((*languages, "en")):
            catalog = catalogs.get(language) or Translations("en")
            found = _checked(catalog, CONTEXT, one, faults)
            if found is not None and len(found.texts) != catalog.forms:
                faults.add(found.place, "E073", f'"{one}" has {len(found.texts)} plural forms; {language} has {catalog.forms}')
                found = None
            if found is not None and any(Reference(("n",)) not in cut(text) for text in found.texts):
                faults.add(found.place, "E072", f'the translation of "{one}" and its English differ in {{n}}')
                found = None
            texts = found.texts if found is not None else (one, other)
            rule = catalog.rule if found is not None else (lambda number: int(number != 1))
            units[unit][language] = Message(tuple(cut(text) for text in texts), language, ("n",), rule)
    return units


def days_of(languages: tuple[str, ...], catalogs: Mapping[str, Translations], faults: Faults | None) -> dict[str, dict[str, str]]:
    """The words of opening hours by language. `faults` is None where there are no hours: nobody will hear them."""
    words: dict[str, dict[str, str]] = {}
    for language in dict.fromkeys((*languages, "en")):
        catalog = catalogs.get(language) or Translations("en")
        words[language] = {}
        for name, text in DAYS.items():
            found = _checked(catalog, DAYS_CONTEXT, text, faults)
            words[language][name] = found.texts[0] if found is not None else text
    return words


def until_of(languages: tuple[str, ...], catalogs: Mapping[str, Translations], faults: Faults) -> dict[str, str]:
    """The form `until` of a date by language, `до {date}`; nothing for English and where nobody has said it: the date alone."""
    forms = {language: USUAL_UNTIL[language] for language in languages if language in USUAL_UNTIL}
    for language in languages:
        catalog = catalogs.get(language)
        found = None if catalog is None else _checked(catalog, DATES_CONTEXT, UNTIL, faults)
        if found is not None:
            forms[language] = found.texts[0]
    return forms


def _checked(catalog: Translations, context: str, text: str, faults: Faults | None) -> Translation | None:
    """The translation of a constant where it can be said; what is wrong with it goes to `faults`."""
    found = catalog.find(context, text)
    if found is None:
        return None  # a catalog of before: `ivr i18n status` names what it lacks
    if not all(found.texts):
        if faults is not None:
            faults.add(found.place, "E070", f'no {catalog.language} translation of "{text}" (context {context})')
        return None
    if faults is not None:
        for written in found.texts:
            for letter in wrong_letters(written, catalog.language):
                faults.add(found.place, "E076", f'in the translation of "{text}": {letter.message}')
    if found.fuzzy and faults is not None:
        faults.add(found.place, "E071", f'the translation of "{text}" is marked fuzzy: read it and take the mark away')
    if context != CONTEXT and _slots(found.texts[0]) != _slots(text):
        if faults is not None:
            faults.add(found.place, "E072", f'the translation of "{text}" and its English differ in their slots')
        return None
    return found


def _slots(text: str) -> set[Reference]:
    return {piece for piece in cut(text) if isinstance(piece, Reference)}
