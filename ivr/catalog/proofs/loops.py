"""Circles without a key or a way out (E061): menus that go on by themselves, failures that lead to each other, traps without `back`."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.proofs.ways import Ways
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Menu, Model

_PERSON = frozenset(["closed", "busy", "no_answer"])


def loops(ways: Ways, reader: Reader) -> None:
    """All three."""
    model = ways.model
    reported = _by_themselves(model, reader)
    _failing(model, reader, reported)
    _traps(ways, reader)


def _by_themselves(model: Model, reader: Reader) -> set[str]:
    """Menus whose `then` leads round, so that nobody is ever asked for a key."""
    reported: set[str] = set()
    done: set[str] = set()
    for start in model.menus:
        path: list[str] = []
        name = start
        while name in model.menus and name not in path and name not in done and not _asks(model.menus[name]):
            path.append(name)
            name = model.menus[name].then or ""
        done.update(path)
        if name in path:
            circle = path[path.index(name) :]
            reported.update(circle)
            told = " to ".join([*circle, name])
            reader.fault(Node("text", model.menus[name].place), "E061", f"this goes round without a key or a way out: {told}")
    return reported


def _failing(model: Model, reader: Reader, reported: set[str]) -> None:
    """Outcomes that lead to menus that may fail the same way: once the service is down, the session never comes to rest."""
    ways = {name: dict(_unasked(menu)) for name, menu in model.menus.items()}
    homes = {entry.then or entry.go for entry in model.entries}
    for circle in _circles({name: [go for go in goes if go in model.menus] for name, goes in ways.items()}):
        if not reported & set(circle):
            _failing_fault(model, reader, circle, [ways[name][after] for name, after in zip(circle, [*circle[1:], circle[0]], strict=True)])
    for home in sorted(homes & ways.keys()):
        path = _to_home(ways, home)
        # home that is sent home is said and not run again (`walk._told`)
        if len(path) > 1 and not reported & set(path):
            _failing_fault(model, reader, path, [ways[name][after] for name, after in zip(path, [*path[1:], "home"], strict=True)])


def _failing_fault(model: Model, reader: Reader, circle: list[str], places: list[tuple[str, str]]) -> None:
    place, outcome = next(((place, outcome) for place, outcome in places if outcome), places[0])
    told = " to ".join([*circle, circle[0]])
    while_it_lasts = (
        f'while the outcome "{outcome}" lasts this goes round without a key: {told}; let one of them end (no `go`), or ask something'
    )
    reader.fault(
        Node("text", place), "E061", while_it_lasts if outcome else f"this goes round without a key or a way out: {told}, by way of home"
    )


def _unasked(menu: Menu) -> Iterator[tuple[str, tuple[str, str]]]:
    """Where a menu may lead without asking anything: by `then`, and by an outcome; with the place and the outcome's name."""
    if _asks(menu):
        return
    if menu.then is not None:
        yield menu.then, (menu.place, "")
    for name, outcome in menu.otherwise.items():
        if outcome.go is not None and name not in _PERSON:
            yield outcome.go, (outcome.place, name)


def _asks(menu: Menu) -> bool:
    """Whether something is asked before anything else happens."""
    return bool(menu.confirm) or any(field.say for field in menu.ask)


def _circles(goes: dict[str, list[str]]) -> Iterator[list[str]]:
    """One circle of each set of menus that lead to each other."""
    for members in components(goes):
        inside = set(members)
        if len(members) > 1 or members[0] in goes[members[0]]:
            path = [members[0]]
            while (after := next(go for go in goes[path[-1]] if go in inside)) not in path:
                path.append(after)
            yield path[path.index(after) :]


def _to_home(ways: dict[str, dict[str, tuple[str, str]]], home: str) -> list[str]:
    """The way by which a session that fails at `home` is sent home again; empty where there is none."""
    came: dict[str, str] = {home: ""}
    waiting = [home]
    while waiting:
        name = waiting.pop()
        if "home" in ways[name]:
            path = [name]
            while came[path[-1]]:
                path.append(came[path[-1]])
            return path[::-1]
        for go in ways[name]:
            if go in ways and go not in came:
                came[go] = name
                waiting.append(go)
    return []


def _traps(ways: Ways, reader: Reader) -> None:
    """Menus without `back` whose choices lead only among themselves: whoever is in can do nothing but hang up."""
    model = ways.model
    inside = {name: _only_choices(menu) for name, menu in model.menus.items()}
    goes = {name: [go for go in targets or () if go in model.menus] for name, targets in inside.items()}
    for members in components(goes):
        if len(members) == 1 and members[0] not in goes[members[0]]:
            continue
        if all(inside[name] is not None and set(inside[name] or ()) <= set(members) for name in members) and _locked(ways, set(members)):
            first = min(members, key=list(model.menus).index)
            told = ", ".join(sorted(members))
            reader.fault(
                Node("text", model.menus[first].place),
                "E061",
                f"nobody gets out of {told}: no way back, and choices lead only round; give one `go: end`, or let `back` be",
            )


def _locked(ways: Ways, members: set[str]) -> bool:
    """Whether no key of the house leads out: home, unless home is here; in a call the one for a person."""
    keys, homes = ways.model.operator.keys, {entry.then or entry.go for entry in ways.model.entries}
    screens = any(ways.reached[channel].get(name) for channel in ("ussd", "web") for name in members)
    calls = any(ways.reached["call"].get(name) for name in members)
    person = keys.call_person and ways.model.operator.call.person
    return (screens and (not keys.ussd_home or bool(members & homes))) or (calls and not person)


def _only_choices(menu: Menu) -> list[str] | None:
    """Where the keys of a menu lead, if keys are all there is to it; None where it ends, goes on, or lets go back."""
    if menu.back or not menu.choices or menu.then or menu.connect or menu.list is not None:
        return None
    targets = [target for choice in menu.choices for target in (choice.go, choice.then) if target]
    targets += [outcome.go or "back" for outcome in menu.otherwise.values()]
    return None if any(choice.when or choice.switch or choice.only for choice in menu.choices) else targets


def components(goes: dict[str, list[str]]) -> Iterator[list[str]]:
    """The sets of names that lead to each other (Tarjan, without recursion), each name in one of them."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    for start in goes:
        if start in number:
            continue
        stack = [(start, iter(goes[start]))]
        number[start] = low[start] = len(number)
        open_names.append(start)
        is_open.add(start)
        while stack:
            name, rest = stack[-1]
            for after in rest:
                if after not in number:
                    number[after] = low[after] = len(number)
                    open_names.append(after)
                    is_open.add(after)
                    stack.append((after, iter(goes[after])))
                    break
                if after in is_open:
                    low[name] = min(low[name], number[after])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[name])
                if low[name] == number[name]:
                    members = []
                    while True:
                        member = open_names.pop()
                        is_open.discard(member)
                        members.append(member)
                        if member == name:
                            break
                    yield members[::-1]
