"""Ways in and direct dial compared: which code, number or text led where, and leads where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivr.catalog.codes import Parts, arrives, from_entry, pressed
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.diff_wordings import say_changes
from ivr.catalog.written import code_text, entry_text, hand_text
from ivr.engine.model import Entry, Model
from ivr.engine.ways_in import code_parts


def entry_changes(pair: Pair) -> Iterator[Change]:
    """Every entry: new, gone, leading elsewhere, for other lines, with another answer for lines that are not served."""
    matched = _matched(pair)
    for old, new in matched:
        yield from _one(pair, old, new)
    for entry in pair.before.entries:
        if not any(old is entry for old, _ in matched):
            yield Change("entry", entry_text(entry), entry.go, None, entry.place)
    for entry in pair.after.entries:
        if not any(new is entry for _, new in matched):
            yield Change("entry", entry_text(entry), None, entry.go, entry.place)


def _matched(pair: Pair) -> list[tuple[Entry, Entry]]:
    """Entries of the same text for the same lines; else of the same text."""
    before, after = list(pair.before.entries), list(pair.after.entries)
    matched = []
    for strict in (True, False):
        for old in list(before):
            for new in after:
                if _address(old) == _address(new) and (not strict or pair.same_group(old.serves, new.serves)):
                    matched.append((old, new))
                    before = [entry for entry in before if entry is not old]
                    after = [entry for entry in after if entry is not new]
                    break
    return matched


def _address(entry: Entry) -> tuple[str, str]:
    # Capital and small letters of a text count as equal when it is sent, so they do here.
    return entry.channel, entry_text(entry).lower()


def _one(pair: Pair, old: Entry, new: Entry) -> Iterator[Change]:
    what, place = entry_text(new), new.place
    if not pair.same_target(old.go, new.go):
        yield Change("entry", what, old.go, new.go, place)
    if not pair.same_target(old.then, new.then):
        yield Change("entry", f"{what} goes on to", old.then, new.then, place)
    if hand_text(old.hand) != hand_text(new.hand):
        yield Change("entry", f"{what} hands over", hand_text(old.hand) or None, hand_text(new.hand) or None, place)
    if not pair.same_group(old.serves, new.serves):
        yield Change("entry", f"{what} serves", old.serves, new.serves, place)
    if old.switch != new.switch:
        yield Change("entry", f"{what}: switch", old.switch, new.switch, place)
    if old.resume != new.resume:
        yield Change("entry", f"{what}: a dropped session", _resumed(old), _resumed(new), place)
    # The file's own not_served goes with each of its entries, so it is told once by the first of them.
    shared = [entry for entry in pair.after.entries if entry.not_served == new.not_served]
    if shared[0] is new or old.not_served != _first_old(pair, shared[0]):
        yield from say_changes(pair, f"{what}: not_served", old.not_served, new.not_served, place)


def _first_old(pair: Pair, new: Entry) -> object:
    return next((old.not_served for old in pair.before.entries if _address(old) == _address(new)), None)


def _resumed(entry: Entry) -> str:
    return "is offered again" if entry.resume else "is lost"


def code_changes(pair: Pair, published: Iterable[str], places: dict[str, str]) -> Iterator[Change]:
    """Every code of either model that led elsewhere than it leads, but for entries that are new or gone as a whole."""
    for old, new in _matched(pair):
        if old.channel != "ussd" or old.go not in pair.before.menus or new.go not in pair.after.menus:
            continue
        printed: list[Parts] = [code for code in map(code_parts, published) if code is not None and code[: len(new.parts)] == new.parts]
        for parts in dict.fromkeys([*_codes(pair.before, old), *_codes(pair.after, new), *printed]):
            was, now = arrives(pair.before, old, parts), arrives(pair.after, new, parts)
            if len(parts) > len(new.parts) and not pair.same_target(was, now):
                text = code_text(parts)
                menu = pair.after.menus.get(now or "")
                yield Change("code", text, was, now, places.get(text) or (new.place if menu is None else menu.place))


def _codes(model: Model, entry: Entry) -> Iterator[Parts]:
    """The shortest code to every menu, and from there one for each of its choices."""
    for code in from_entry(model, entry):
        yield code.parts
        for key, _, _ in pressed(model.menus[code.menu]):
            yield (*code.parts, key)
