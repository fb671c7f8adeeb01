"""Single faults as authors make them, put into copies of the shipped menus and catalogs: one random place, one kind of mistake each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Files = Mapping[str, str]
"""Texts by their path: `menus/azercell/prepaid.yaml`, `locales/az/LC_MESSAGES/messages.po`."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: its kind, the file, what stood there and what stands there now."""

    kind: str
    file: str
    line: int
    before: str
    after: str
    text: str


Edit = tuple[int, int, str]
"""Start, end, and what stands there instead."""
Kind = Callable[[str, random.Random, Files], Iterator[Edit]]


def found(pattern: str, text: str, group: int | str = 0) -> Iterator[re.Match[str]]:
    """Matches outside comments."""
    for match in re.finditer(pattern, text, re.MULTILINE):
        line = text[text.rfind("\n", 0, match.start(group)) + 1 : match.start(group)]
        if "#" not in line.replace('"*', "").replace('#"', ""):
            yield match


# -- menus


def misspelt_target(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\b(?:go|then|first_call|person): ([a-z_.]{3,})", text, 1):
        name = match[1]
        at = chance.randrange(1, len(name) - 1)
        yield match.start(1), match.end(1), name[:at] + name[at + 1 :]


def other_target(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\bgo: ([a-z_]+\.?[a-z_]*)", text, 1):
        others = sorted({other[1] for other in found(r"\bgo: ([a-z_]+\.?[a-z_]*)", text, 1)} - {match[1]})
        if others:
            yield match.start(1), match.end(1), chance.choice(others)


def swapped_slots(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\{([a-z_]+\.[a-z_]+)(:[a-z]+)?\}([^{}\n]*)\{([a-z_]+\.[a-z_]+)(:[a-z]+)?\}", text):
        if match[1] != match[4]:
            yield match.start(), match.end(), f"{{{match[4]}{match[2] or ''}}}{match[3]}{{{match[1]}{match[5] or ''}}}"


def other_slot(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\{([a-z_]+\.)([a-z_]+)(?::[a-z]+)?\}", text):
        others = sorted({other[2] for other in found(r"\{([a-z_]+\.)([a-z_]+)", text) if other[1] == match[1]} - {match[2]})
        if others:
            yield match.start(2), match.end(2), chance.choice(others)


def lost_form(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\{[a-z_.]+(:until|:exact|:grouped|:digits)\}", text, 1):
        yield match.start(1), match.end(1), ""


def no_way_back(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"^  [a-z_]+:[^\n]*\n(?=    )", text):
        yield match.end(), match.end(), "    back: false\n"


def lost_line(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    """A whole line of a list or map of choices, entries, outcomes, parts."""
    for match in found(r'^(?:      "\d+": \{|  - \{|      [a-z_]+: (?:"|\{)|      - \{)[^\n]*\n', text):
        yield match.start(), match.end(), ""


def lost_key(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"^    (?:fee|get|do|confirm|then|after|no_input|connect|ask|switch): [^\n]*\n", text):
        yield match.start(), match.end(), ""


def lost_condition(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\b(?:when|only|switch): [^,}\n]+, ", text):
        yield match.start(), match.end(), ""


def turned_condition(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\bwhen: (not )?([^,}\n]+)", text):
        yield match.start(), match.end(), f"when: {match[2]}" if match[1] else f"when: not ({match[2]})"


def other_key(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r'^      "(\d)": \{', text, 1):
        yield match.start(1), match.end(1), str(chance.choice([digit for digit in range(10) if str(digit) != match[1]]))


def swapped_labels(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r'(label: )([A-Z"][^,{}\n]*)(,[^\n]*\n[^\n]*label: )([A-Z"][^,{}\n]*)', text):
        if match[2] != match[4]:
            yield match.start(), match.end(), match[1] + match[4] + match[3] + match[2]


def other_service(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    services = ("accounts.balance", "accounts.bill", "accounts.line", "accounts.statement", "accounts.notices_on", "accounts.notices_off")
    for match in found(r"\b(accounts\.[a-z_]+)\}?$", text, 1):
        yield match.start(1), match.end(1), chance.choice([service for service in services if service != match[1]])


def other_fee(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\bfee: ([a-z_]+)", text, 1):
        yield match.start(1), match.end(1), chance.choice([fee for fee in ("balance", "line_info", "bill") if fee != match[1]])


def other_group(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"\bserves: ([a-z]+)", text, 1):
        yield match.start(1), match.end(1), chance.choice([name for name in ("prepaid", "postpaid", "everyone") if name != match[1]])


def lost_quotes(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    """Quotes that mean something: without them YAML reads a number, a time, an alias, a map or a comment. (`2` and `2112` need none.)"""
    for match in found(r'(?<=: )"((?:0[0-9]+|[0-9]+[.:][0-9.:]+|\*[^"\n]*|\{[^"\n]*|[^"\n]*: [^"\n]*))"', text):
        yield match.start(), match.end(), match[1]


def twice(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r"^ +[a-z_\"0-9]+: [^\n]+\n", text):
        yield match.end(), match.end(), match[0]


def unknown_key(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(
        r"\b(say|label|choices|list|item|none|after|otherwise|default|call|ussd|sms|serves|entries|offered|octets|answers): ?", text, 1
    ):
        name = match[1]
        at = chance.randrange(len(name))
        yield match.start(1), match.end(1), name[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz".replace(name[at], "")) + name[at + 1 :]


def lengthened(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r'(?:say|label|default|ussd|item|call): "?([A-Z][A-Za-z ,.]{3,})', text, 1):
        yield match.start(1), match.end(1), (match[1].rstrip(". ") + " ") * chance.choice([20, 30, 40])


def wrong_letter(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    """A Cyrillic letter where its Latin twin belongs."""
    twins = dict(zip("acepoxyACEHKMOPTX", "асероху" + "АСЕНКМОРТХ", strict=True))
    for match in found(r'(?:say|label|default|ussd|call): "?([A-Z][A-Za-z ,.]{3,})', text, 1):
        places = [at for at in range(match.start(1), match.end(1)) if text[at] in twins]
        if places:
            at = chance.choice(places)
            yield at, at + 1, twins[text[at]]


# -- operator.yaml


def other_price(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r'^  [a-z_]+: \{sms: [^\n]*?(?:ussd|sms|call): ("[0-9.]+"|free)', text, 1):
        yield match.start(1), match.end(1), '"0.37"'


def other_figure(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    """Another number in operator.yaml: a key, a span, a count, hours."""
    for match in found(r'(?<![\w.#])"?([0-9]+)(s|m|h)?"?(?=[,}\n])', text, 1):
        if match[1] not in ("994",):
            yield match.start(1), match.end(1), str(int(match[1]) + chance.choice([1, 2, 7]))


def lost_answer(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in found(r'^  [a-z_]+: ["A-Z][^\n]*\n', text):
        yield match.start(), match.end(), ""


# -- catalogs


def _translations(text: str) -> Iterator[re.Match[str]]:
    yield from re.finditer(r'^msgstr(?:\[\d\])? "([^"\n]+)"$', text, re.MULTILINE)


def dropped_translation(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in _translations(text):
        yield match.start(1), match.end(1), ""


def fuzzy_translation(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in re.finditer(r"^msgctxt ", text, re.MULTILINE):
        yield match.start(), match.start(), "#, fuzzy\n"


def swapped_translations(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in re.finditer(r'msgstr "([^"\n]+)"(\n(?:[^\n]+\n|\n(?!msgstr))*?msgstr )"([^"\n]+)"', text):
        if match[1] != match[3]:
            yield match.start(), match.end(), f'msgstr "{match[3]}"{match[2]}"{match[1]}"'


def lost_slot(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in _translations(text):
        for slot in re.finditer(r" ?\{[^{}]+\}", match[1]):
            yield match.start(1) + slot.start(), match.start(1) + slot.end(), ""


def misspelt_slot(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in _translations(text):
        for slot in re.finditer(r"\{([a-z_.]{3,})", match[1]):
            at = match.start(1) + slot.start(1) + chance.randrange(1, len(slot[1]) - 1)
            yield at, at + 1, ""


def lost_plural(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in re.finditer(r'^msgstr\[1\] "[^\n]*\n', text, re.MULTILINE):
        yield match.start(), match.end(), ""


def letter_of_another_alphabet(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    pairs = "aeopcxy", "аеорсху"
    for match in _translations(text):
        for one, other in (pairs, pairs[::-1]):
            twins = dict(zip(one, other, strict=True))
            # a word of letters that all have twins would look the same in either alphabet
            places = [at for at in range(match.start(1), match.end(1)) if text[at] in twins and _in_a_word(text, at)]
            if places:
                at = chance.choice(places)
                yield at, at + 1, twins[text[at]]
                break


def _in_a_word(text: str, at: int) -> bool:
    # `\n` of a catalog is a letter only in its writing
    return text[at - 1].isalpha() and text[at + 1].isalpha() and text[at - 2 : at] != "\\n" and "{" not in text[max(0, at - 25) : at]


def lengthened_translation(text: str, chance: random.Random, files: Files) -> Iterator[Edit]:
    for match in _translations(text):
        if "{" not in match[1]:
            yield match.start(1), match.end(1), (match[1] + " ") * (200 // len(match[1]) + 2)


MENUS: Mapping[str, Kind] = {
    function.__name__: function
    for function in (
        misspelt_target,
        other_target,
        swapped_slots,
        other_slot,
        lost_form,
        no_way_back,
        lost_line,
        lost_key,
        lost_condition,
        turned_condition,
        other_key,
        swapped_labels,
        other_service,
        other_fee,
        other_group,
        lost_quotes,
        twice,
        unknown_key,
        lengthened,
        wrong_letter,
    )
}
OPERATOR: Mapping[str, Kind] = {
    function.__name__: function for function in (other_price, other_figure, lost_answer, lost_quotes, twice, unknown_key)
}
CATALOGS: Mapping[str, Kind] = {
    function.__name__: function
    for function in (
        dropped_translation,
        fuzzy_translation,
        swapped_translations,
        lost_slot,
        misspelt_slot,
        lost_form,
        lost_plural,
        letter_of_another_alphabet,
        lengthened_translation,
    )
}


def mutants(files: Files, count: int, seed: int) -> Iterator[Mutant]:
    """`count` different faults, the kinds in turn, each in a place drawn by `seed`."""
    chance = random.Random(seed)
    kinds = [("menus", name, kind) for name, kind in MENUS.items()]
    kinds += [("operator", name, kind) for name, kind in OPERATOR.items()]
    kinds += [("catalogs", name, kind) for name, kind in CATALOGS.items()]
    made: set[tuple[str, str]] = set()
    turn = 0
    while len(made) < count:
        where, name, kind = kinds[turn % len(kinds)]
        turn += 1
        assert turn < count * 20, "there are not so many different faults to make"
        path = chance.choice([path for path in sorted(files) if _belongs(path, where)])
        text = files[path]
        edits = [edit for edit in kind(text, chance, files) if text[edit[0] : edit[1]] != edit[2]]
        if not edits:
            continue
        start, end, instead = chance.choice(edits)
        changed = text[:start] + instead + text[end:]
        if (path, changed) in made:
            continue
        made.add((path, changed))
        line = text.count("\n", 0, start) + 1
        yield Mutant(name, path, line, text[start:end], instead, changed)


def _belongs(path: str, where: str) -> bool:
    if path.endswith(".po"):
        return where == "catalogs"
    return where == ("operator" if path.endswith("operator.yaml") else "menus")
