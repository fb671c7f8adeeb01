"""operator.yaml and notices compared: what the engine says itself, limits, keys, hours, switches, groups, prices of tariffs."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

from ivr.catalog.diff_menus import tries_changes
from ivr.catalog.diff_sources import Side
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.diff_wordings import say_changes, wording_changes
from ivr.catalog.source import Node
from ivr.catalog.written import condition_text, span_text, value_text
from ivr.engine.model import Message, Notice, Operator
from ivr.engine.values import Hours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ELSEWHERE = frozenset("name fees answers units no_input no_match choice spoken tariff_kinds first_call person days until speech".split())
"""Fields that are compared by other rules, or written from something else."""
_SPANS = frozenset("wait longest first_digit between_digits late resume ring".split())
_IN_MODEL = frozenset(
    "operator name currency time_zone languages numbers groups fees limits ussd sms call keys tries hours holidays people switches sessions"
    " answers".split()
)
"""Sections of operator.yaml that the model holds; any other is compared as it is written."""
_AS_WRITTEN = frozenset(["tariffs", "rating", "billing"])
"""Fields of the operator whose sections are compared as they are written."""

Path = tuple[str, ...]


def operator_changes(pair: Pair, before: Side, after: Side) -> Iterator[Change]:
    """Every change of the operator's own rules and words, and of notices."""
    old, new = pair.before.operator, pair.after.operator
    yield from _facts({**_settings(old), **_written(before)}, {**_settings(new), **_written(after)}, before, after)
    for what, was, now in (("first_call", old.first_call, new.first_call), ("person", old.call.person, new.call.person)):
        if not pair.same_target(was, now):
            path = ("languages", what) if what == "first_call" else ("call", what)
            yield Change("operator", ".".join(path), was, now, after.place(*path))
    for name in dict.fromkeys([*old.answers, *new.answers]):
        yield from wording_changes(pair, f"answer {name}", old.answers.get(name), new.answers.get(name), after.place("answers", name))
    around = [{channel: own for channel, own in operator.call.choice.items() if channel == "call"} for operator in (old, new)]
    yield from wording_changes(pair, "what is said around a choice", around[0], around[1], after.place("call", "choice"))
    yield from tries_changes(pair, "silence", old.no_input, new.no_input, after.place("tries", "no_input"))
    yield from tries_changes(pair, "wrong keys", old.no_match, new.no_match, after.place("tries", "no_match"))
    for unit in dict.fromkeys([*old.units, *new.units]):
        yield from wording_changes(pair, f"unit {unit}", _screens(old, unit), _screens(new, unit), after.place())
    yield from _notices(pair)


def _screens(operator: Operator, unit: str) -> Mapping[str, Mapping[str, Message]]:
    messages = operator.units.get(unit)
    return {} if messages is None else dict.fromkeys(("ussd", "sms", "web"), messages)


def _facts(old: Mapping[Path, str], new: Mapping[Path, str], before: Side, after: Side) -> Iterator[Change]:
    for path in dict.fromkeys([*new, *old]):
        was, now = old.get(path), new.get(path)
        if was != now:
            place = before.place(*_keys(path)) if now is None else after.place(*_keys(path))
            yield Change("operator", ".".join(path), was, now, place)


def _keys(path: Path) -> Path:
    """The keys of operator.yaml that a path of the model is written under."""
    match path:
        case ("keys", name) if name.startswith(("ussd_", "call_")):
            return ("keys", *name.split("_", 1))
        case ("late" | "resume", *_):
            return ("sessions", path[0])
        case ("title",):
            return ("name",)
        case ("languages" | "default_language" | "fold" | "fold_names", *rest):
            return ("languages", {"languages": "offered", "default_language": "default"}.get(path[0], path[0]), *rest)
        case ("country" | "length" | "prefixes" | "written", *_):
            return ("numbers", path[0])
    return path


def _settings(operator: Operator) -> dict[Path, str]:
    """Everything in the operator that is no wording, by path."""
    return {
        path: text
        for one in dataclasses.fields(operator)
        if one.name not in _ELSEWHERE | _AS_WRITTEN
        for path, text in _flat((one.name,), getattr(operator, one.name))
    }


def _flat(path: Path, value: object) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Hours):
        yield path, _week(value)
        yield ("holidays",), ", ".join(sorted(value.holidays)) or "none"
    elif _is_setting(value):
        for one in dataclasses.fields(value):  # type: ignore[arg-type]
            if one.name not in _ELSEWHERE:
                yield from _flat((*path, one.name), getattr(value, one.name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat((*path, str(name)), inner)
    elif isinstance(value, tuple | frozenset):
        yield path, ", ".join(sorted(map(str, value))) or "none"
    elif value is None or value == "":
        return
    elif path[-1] in _SPANS and isinstance(value, float | int):
        yield path, span_text(value)
    elif isinstance(value, float):
        yield path, f"{value:g}"
    else:
        yield path, value_text(value)  # type: ignore[arg-type]


def _is_setting(value: object) -> bool:
    """A part of the operator that has fields of its own, rather than a value."""
    return dataclasses.is_dataclass(value) and type(value).__module__.endswith(".model")


def _week(hours: Hours) -> str:
    """`mon-fri 08:00-22:00, sat 09:00-18:00`: days of the same hours together."""
    written = [" ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans) or "closed" for spans in hours.days]
    weeks = []
    for spans, group in itertools.groupby(zip(_DAYS, written, strict=True), key=lambda day: day[1]):
        days = [day for day, _ in group]
        weeks.append(f"{days[0]}{f'-{days[-1]}' if len(days) > 1 else ''} {spans}")
    return ", ".join(weeks)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _written(side: Side) -> dict[Path, str]:
    """The sections of operator.yaml that are compared as written but for layout: tariffs, rating, billing."""
    top = side.files.get("operator")
    return {} if top is None else dict(_leaves((), Node("map", top.place, pairs=tuple(p for p in top.pairs if p[0].text not in _IN_MODEL))))


def _leaves(path: Path, node: Node) -> Iterator[tuple[Path, str]]:
    if node.kind == "map":
        for key, value in node.pairs:
            yield from _leaves((*path, key.text), value)
    elif node.kind == "list" and any(item.kind != "text" for item in node.items):
        for number, item in enumerate(node.items, 1):
            yield from _leaves((*path, str(number)), item)
    else:
        yield path, node.text if node.kind == "text" else ", ".join(item.text for item in node.items)


def _notices(pair: Pair) -> Iterator[Change]:
    old, new = ({notice.name: notice for notice in model.notices} for model in (pair.before, pair.after))
    for name, notice in old.items():
        if name not in new:
            yield Change("notice", f"notice {name}", notice.about, None, notice.place)
    for name, notice in new.items():
        was, what = old.get(name), f"notice {name}"
        if was is None:
            yield Change("notice", what, None, notice.about, notice.place)
            continue
        rows = (
            ("about", was.about, notice.about),
            ("by", ", ".join(was.by), ", ".join(notice.by)),
            ("when", condition_text(was.when) or None, condition_text(notice.when) or None),
            ("switch", was.switch, notice.switch),
        )
        for part, before, after in rows:
            if before != after:
                yield Change("notice", f"{what}: {part}", before, after, notice.place)
        yield from _notice_leads(pair, what, was, notice)
        yield from say_changes(pair, what, was.say, notice.say, notice.place)


def _notice_leads(pair: Pair, what: str, old: Notice, new: Notice) -> Iterator[Change]:
    if not pair.same_group(old.serves, new.serves):
        yield Change("notice", f"{what}: serves", old.serves, new.serves, new.place)
    if not pair.same_target(old.go, new.go):
        yield Change("notice", f"{what} opens", old.go, new.go, new.place)
