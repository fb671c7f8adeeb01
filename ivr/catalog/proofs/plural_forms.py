"""Whether a catalog's Plural-Forms is a rule of its language (E073): as CLDR has it (Babel), or as gettext's own tables do.

Two rules are the same where they tell the same numbers apart, in whatever order their forms stand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_TRIED = range(201)
"""Numbers that rules are compared by: every rule there is repeats itself by hundreds."""
_USUAL = {
    "az": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}
"""What messages suggest; for any other language Babel is asked."""


def usual_rule(language: str) -> str:
    """The header to write for a language; the commonest of all where Babel knows none."""
    return _USUAL.get(language) or _known(language)[1] or _USUAL["en"]


def wrong_rule(language: str, forms: int, rule: Callable[[int], int]) -> str | None:
    """What is wrong with a language's plural rule; None where nothing is, or where nobody knows the language."""
    given = _partition(rule)
    if given == _usual(language):
        return None
    known, right = _known(language)
    if not known or given in known:
        return None
    kinds = len(set(given))
    said = f"it has {forms} form{'' if forms == 1 else 's'}" if kinds != len(set(known[0])) else "it puts numbers into other forms"
    return f"this is no rule of {language}: {said}" + (f'; write "{right}"' if right else "")


def _partition(rule: Callable[[int], object]) -> tuple[int, ...]:
    """For each number the first one that takes the same form."""
    first: dict[object, int] = {}
    return tuple(first.setdefault(rule(number), number) for number in _TRIED)


@lru_cache(maxsize=16)
def _usual(language: str) -> tuple[int, ...] | None:
    from ivr.catalog.translations import rule_of

    written = _USUAL.get(language)
    if written is None:
        return None
    return _partition(rule_of(written.split("plural=", 1)[1].rstrip(";"), 6))


@lru_cache(maxsize=64)
def _known(language: str) -> tuple[tuple[tuple[int, ...], ...], str]:
    """The partitions that are right for a language, and the rule to write. Babel is only loaded where a rule is an unusual one."""
    from babel import Locale, UnknownLocaleError
    from babel.messages.plurals import PLURALS, get_plural

    from ivr.catalog.translations import rule_of

    try:
        cldr = _partition(Locale.parse(language).plural_form)
    except (ValueError, UnknownLocaleError):
        return (), ""
    known = [cldr] if len(set(cldr)) > 1 else []
    right = _USUAL.get(language, "")
    if language in PLURALS:
        table = get_plural(language)
        known.append(_partition(rule_of(str(table.plural_expr), int(table.num_plurals))))
        right = right or str(table)
    return tuple(known), right
