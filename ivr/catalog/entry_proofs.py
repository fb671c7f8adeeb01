"""What is proven of entries: every line has one way in at the most, an SMS is never asked anything, a choice is never taken for a field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ivr.catalog.faults import suggest
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.fields import WrongValue, read
from ivr.engine.model import Entry, FieldType, Model, Operator, Reference, Template
from ivr.engine.ways_in import fixed_signs, kinds_of, shapes_fit, split

KINDS = ("prepaid", "postpaid")


def entry_faults(model: Model, reader: Reader) -> None:
    """E033, E034, E035, E051 and E052 of all entries."""
    for entry in model.entries:
        if entry.go in model.menus:
            _fields(model, entry, reader)
            if entry.channel == "sms":
                _no_questions(model, entry, reader)
    _claims(model, reader)
    _unserved(model, reader)


def line_kinds(operator: Operator) -> Iterator[tuple[str, str]]:
    """Every (kind, tariff) that a line can have; an empty tariff stands for one that operator.yaml does not name."""
    for kind in KINDS:
        for tariff in (*operator.spoken, ""):
            yield kind, tariff


def lines_of(operator: Operator, group: str) -> frozenset[tuple[str, str]]:
    """The (kind, tariff) of the lines in a group."""
    return frozenset(line for line in line_kinds(operator) if operator.in_group(group, *line))


def _fields(model: Model, entry: Entry, reader: Reader) -> None:
    known = [field.name for field in model.menus[entry.go].ask]
    taken = [piece.path[0] for piece in (*entry.parts, *(entry.text or ())) if isinstance(piece, Reference)]
    for name in dict.fromkeys((*entry.hand, *(name for name in taken if Reference((name,)) not in entry.hand.values()))):
        if name not in known:
            reader.fault(Node("text", entry.place), "E033", f'{entry.go} has no field "{name}"{suggest(name, known)}')
    for field in model.menus[entry.go].ask:
        value = entry.hand.get(field.name)
        if isinstance(value, str) and not shapes_fit({field.name: value}, {field.name: field.type}, model.operator):
            reader.fault(Node("text", entry.place), "E010", f'"{value}" is no value that {entry.go} takes as "{field.name}"')


def _no_questions(model: Model, entry: Entry, reader: Reader) -> None:
    given = {piece.path[0] for piece in entry.text or () if isinstance(piece, Reference)} | set(entry.hand)
    menu, seen = model.menus.get(entry.go), set()
    while menu is not None and menu.name not in seen:
        seen.add(menu.name)
        for field in menu.ask:
            if field.name not in given:
                reader.fault(
                    Node("text", entry.place),
                    "E034",
                    f'an SMS cannot be asked for "{field.name}" of {menu.name}: put {{{field.name}}} into the text, or hand it over `with`',
                )
        said = [part.wording.get("sms") for part in (*menu.say, *menu.after)] + [menu.list.item.get("sms") if menu.list else None]
        going_on = menu.then or (entry.then if menu.name == entry.go else None)
        if not any(said) and going_on is None:
            reader.fault(Node("text", entry.place), "E035", f"{menu.name} has nothing to write in an SMS: it needs a wording for sms")
        menu, given = model.menus.get(going_on or ""), set()


def _claims(model: Model, reader: Reader) -> None:
    """Two entries that could claim one text or code of one line (E051), and a field that a choice key fits."""
    groups = {group: lines_of(model.operator, group) for group in model.operator.groups}
    by_number: dict[tuple[str, str], list[Entry]] = {}
    for entry in model.entries:
        if entry.go in model.menus:
            by_number.setdefault((entry.channel, str(entry.parts[0])), []).append(entry)
    for (channel, _), entries in by_number.items():
        for later, entry in enumerate(entries):
            for other in entries[:later]:
                if groups[entry.serves] & groups[other.serves] and _both(model, channel, entry, other):
                    told = f"{_named(entry)} is claimed here and at {other.place} for the same line"
                    reader.fault(Node("text", entry.place), "E051", f"{told}; change one of them, or let each serve other lines")
            if channel == "ussd":
                _keys_apart(model, entry, entries, groups, reader)


def _both(model: Model, channel: str, one: Entry, two: Entry) -> bool:
    if channel == "sms":
        return fixed_signs(one.text or ()) == fixed_signs(two.text or ()) and (_fits(model, one, two) or _fits(model, two, one))
    if channel == "ussd":
        return len(one.parts) == len(two.parts) and all(
            _same_part(model, one, left, two, right) for left, right in zip(one.parts, two.parts, strict=True)
        )
    return one.parts == two.parts


def _fits(model: Model, one: Entry, two: Entry) -> bool:
    """Whether an SMS written for `one` may be read as one for `two`, its fields of the right shape."""
    if not isinstance(one.text, tuple) or not isinstance(two.text, tuple):
        return False
    for text in examples(one.text, kinds_of(model, one), model.operator):
        values = split(text, two.text, model.operator.sms.same)
        if values is not None and shapes_fit(values, kinds_of(model, two), model.operator):
            return True
    return False


def _same_part(model: Model, one: Entry, left: str | Reference, two: Entry, right: str | Reference) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, str) and isinstance(right, Reference):
        return shapes_fit({"x": left}, {"x": kinds_of(model, two).get(right.path[0], FieldType("text"))}, model.operator)
    if isinstance(left, Reference) and isinstance(right, str):
        return _same_part(model, two, right, one, left)
    assert isinstance(left, Reference) and isinstance(right, Reference)
    mine, other = kinds_of(model, one).get(left.path[0]), kinds_of(model, two).get(right.path[0])
    return (
        mine is None
        or other is None
        or any(shapes_fit({"x": value}, {"x": other}, model.operator) for value in samples(mine, model.operator))
    )


def _keys_apart(model: Model, entry: Entry, entries: list[Entry], groups: dict[str, frozenset[tuple[str, str]]], reader: Reader) -> None:
    """`*650*{owner}#` beside `*650#`: a part that is a choice key must not be a value of the field."""
    for number, piece in enumerate(entry.parts):
        if not isinstance(piece, Reference):
            continue
        kind = kinds_of(model, entry).get(piece.path[0])
        for other in entries:
            if other.parts != entry.parts[:number] or not groups[entry.serves] & groups[other.serves] or kind is None:
                continue
            for choice in model.menus[other.go].choices:
                try:
                    read(choice.key, kind, model.operator)
                except WrongValue:
                    continue
                reader.fault(
                    Node("text", entry.place),
                    "E051",
                    f'{choice.key} would be a value of "{piece.path[0]}", and it is a choice of {other.go} ({choice.place});'
                    " narrow the field so that no key fits it",
                )
                break


def _unserved(model: Model, reader: Reader) -> None:
    """A code or text that some line has no entry for, where two different `not_served` could answer (E052)."""
    everyone = frozenset(line_kinds(model.operator))
    by_number: dict[tuple[str, object], list[Entry]] = {}
    for entry in model.entries:
        by_number.setdefault((entry.channel, entry.parts[0]), []).append(entry)
    for (channel, _), entries in by_number.items():
        by_text: dict[object, list[Entry]] = {}
        for entry in entries:
            by_text.setdefault(entry.text if channel == "sms" else entry.parts, []).append(entry)
        told: list[tuple[Entry, str]] = []
        for same in by_text.values():
            served = _served(model, same)
            answers: dict[tuple[str, ...], Entry] = {}
            for entry in same:
                answers.setdefault(_not_served(entry), entry)
            if everyone - served and len(answers) > 1:
                told.append((list(answers.values())[1], _nobody(everyone - served)))
        for same, others in combinations(by_text.values() if channel == "sms" else (), 2):
            # two patterns that claim one text although they are not the same
            one, two = same[0], others[0]
            unserved = everyone - _served(model, [*same, *others])
            if unserved and _not_served(one) != _not_served(two) and {one.go, two.go} <= set(model.menus) and _both(model, "sms", one, two):
                told.append((two, _nobody(unserved)))
        for entry, who in told:
            problem = f"{_named(entry)}: {who} has no entry, and two not_served could answer it; give both the same words"
            reader.fault(Node("text", entry.place), "E052", problem)


def _served(model: Model, entries: list[Entry]) -> frozenset[tuple[str, str]]:
    return frozenset[tuple[str, str]]().union(*(lines_of(model.operator, entry.serves) for entry in entries))


def _not_served(entry: Entry) -> tuple[str, ...]:
    return tuple(str(part.wording.get(entry.channel)) for part in entry.not_served)


def _nobody(lines: frozenset[tuple[str, str]]) -> str:
    kind, tariff = sorted(lines)[0]
    return f"a {kind} line{f' on {tariff}' if tariff else ''}"


def _named(entry: Entry) -> str:
    def written(pieces: Template) -> str:
        return "".join(piece if isinstance(piece, str) else "{" + piece.path[0] + "}" for piece in pieces)

    if entry.channel == "ussd":
        return "*" + "*".join(written((part,)) for part in entry.parts) + "#"
    if entry.channel == "sms":
        return f'the SMS "{written(entry.text or ())}" to {entry.parts[0]}'
    return f"the {'call to' if entry.channel == 'call' else 'page'} {entry.parts[0]}"


def samples(kind: FieldType, operator: Operator) -> list[str]:
    """Values of the right shape: the shortest and the longest of each form."""
    match kind.kind:
        case "digits":
            return ["1" * (kind.least or 1), "9" * (kind.most or 20)]
        case "one_of":
            return list(kind.words)
        case "number" | "money":
            micro = 1_000_000 if kind.kind == "money" else 1
            sizes = {-(-(kind.least or 0) // micro), (kind.most or 99 * micro) // micro}
            return [str(size) for size in sizes] + ["12", "5"]
        case "msisdn":
            prefix = (operator.prefixes or ("",))[0]
            found = []
            for form in operator.written:
                signs = form.count("#")
                digits = iter((prefix + "1" * signs)[:signs])
                found.append("".join(next(digits) if sign == "#" else sign for sign in form))
            return found
        case "date":
            return ["05.03.2027", "05032027"]
    return ["a", "1", "word", "12 words"]


def examples(pattern: Template, kinds: dict[str, FieldType], operator: Operator) -> list[str]:
    """Texts that a pattern is for: each field's samples in turn, the others at their first."""
    fields = [piece.path[0] for piece in pattern if isinstance(piece, Reference)]
    choices = {name: samples(kinds[name], operator) or ["1"] if name in kinds else ["1"] for name in fields}
    longest = max((len(values) for values in choices.values()), default=1)
    return [
        "".join(
            piece if isinstance(piece, str) else choices[piece.path[0]][min(turn, len(choices[piece.path[0]]) - 1)] for piece in pattern
        )
        for turn in range(longest)
    ]
