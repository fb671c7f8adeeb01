"""A translation beside its English: the same slots (E072), letters of its alphabet (E076), the same blanks at the ends (W003)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from ivr.catalog.faults import suggest
from ivr.catalog.proofs.alphabets import wrong_letters
from ivr.catalog.slots import FORMS, REFERENCE, SLOT, cut, forms_of, stray_brace
from ivr.catalog.translations import Rule, Translation, Translations
from ivr.engine.model import Reference, Template

_COUNTED = 200
"""Numbers that are tried to see which plural form they take."""


class Wrong(NamedTuple):
    """What is wrong with one plural form of a translation (0 where there is but one)."""

    form: int
    code: str
    message: str


def translation_faults(
    found: Translation,
    texts: tuple[str, ...],
    pieces: tuple[Template, ...],
    count: tuple[str, ...] | None,
    catalog: Translations,
    scope: Callable[[tuple[str, ...]], str | None],
) -> list[Wrong]:
    """Everything that is wrong with a translation of the English `texts`, which are cut into `pieces`."""
    if len(found.texts) == 1 and found.texts[0].isascii() and "{" not in found.texts[0] and "{" not in texts[0]:
        return [*_blanks(found.texts, texts), *_letters(found.texts, catalog.language)]
    english = [_slots(template) for template in pieces]
    anywhere = set[tuple[str, ...]]().union(*english)
    faults: list[Wrong] = []
    for form, text in enumerate(found.texts):
        slots = _slots(cut(text))
        needed = english[-1] - ({count} if count is not None and _of_one_number(catalog.rule, form) else set())
        named = "" if len(found.texts) == 1 else f" (form {form})"
        of = f'the translation of "{texts[0][:60]}"{named}'
        missing, added = sorted(needed - slots), sorted(slots - anywhere)
        if missing:
            faults.append(Wrong(form, "E072", f"{of} lacks {_named(missing)}"))
        if added:
            near = suggest(".".join(added[0]), [".".join(path) for path in missing or sorted(anywhere)])
            faults.append(Wrong(form, "E072", f"{of} has {_named(added)}, which its English does not say{near}"))
        faults += [Wrong(form, "E072", f"{of}: {message}") for message in _wrong_forms(text, scope, anywhere)]
    return [*faults, *_blanks(found.texts, texts), *_letters(found.texts, catalog.language)]


def _slots(template: Template) -> set[tuple[str, ...]]:
    return {piece.path for piece in template if isinstance(piece, Reference)}


def _named(paths: list[tuple[str, ...]]) -> str:
    return ", ".join("{" + ".".join(path) + "}" for path in paths)


def _wrong_forms(text: str, scope: Callable[[tuple[str, ...]], str | None], known: set[tuple[str, ...]]) -> Iterator[str]:
    for found in SLOT.finditer(text):
        reference = REFERENCE.fullmatch(found.group(1))
        if reference is None:
            yield f"{found.group(0)} is no slot; a slot is a name in braces, such as {{account.main}}"
            continue
        path, form = tuple(reference.group(1).split(".")), reference.group(2)
        kind = scope(path)
        if form and path in known and kind is not None and kind not in FORMS.get(form, frozenset()):
            yield f'{found.group(0)}: a {kind} has no form "{form}"{suggest(form, forms_of(kind))}'
    if stray_brace(text):
        yield "a brace stands alone; a slot has both: {name}"


@lru_cache(maxsize=256)
def _of_one_number(rule: Rule, form: int) -> bool:
    """Whether a plural form is for a single number only, so that its words may say it: `One number may ...`."""
    return sum(rule(number) == form for number in range(_COUNTED)) == 1


def _blanks(texts: tuple[str, ...], english: tuple[str, ...]) -> Iterator[Wrong]:
    for form, text in enumerate(texts):
        for end, where in ((0, "begins"), (-1, "ends")):
            if text[end:][:1].isspace() != english[-1][end:][:1].isspace():
                which = "the translation and not its English" if text[end:][:1].isspace() else "the English and not its translation"
                yield Wrong(form, "W003", f'{which} {where} with a space or a new line: "{english[0].strip()[:60]}"')
                return


def _letters(texts: tuple[str, ...], language: str) -> Iterator[Wrong]:
    for form, text in enumerate(texts):
        for letter in wrong_letters(text, language):
            yield Wrong(form, "E076", f"{letter.message} (character {letter.at} of the translation)")
