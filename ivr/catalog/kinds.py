"""How values may be written: the kinds that have several ways, and rules over several keys of one map.

The kinds of `ivr.catalog.shapes` are taken apart here (`parsed`); `structure` checks by them and `schema` writes them down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ivr.catalog.shapes import CAUSES, CHANNELS, SHAPES
from ivr.catalog.value_kinds import TEXT, VALUES, Value

TEXTS = ("text", "said", "switch")
"""Kinds that are one scalar, which more than one way of a kind may be."""

UNIONS: Mapping[str, tuple[str, ...]] = {
    "message": ("said", "{counted}"),
    "wording": ("said", "{counted}", "{by_channel}"),
    "say": ("said", "{counted}", "{part}", "{by_channel}", "list:say_item"),
    "say_item": ("said", "{counted}", "{part}", "{by_channel}"),
    "also_sms": ("switch", "said", "{counted}", "{part}", "{by_channel}", "list:say_item"),
    "tries": ("said", "{counted}", "{tries}", "{by_channel}"),
    "causes": ("said", "{causes}", "{tries}", "{by_channel}"),
    "outcome": ("said", "{counted}", "{outcome}", "{by_channel}", "list:say_item"),
    "get": ("text", "{get}"),
    "invocation": ("text", "{invocation}"),
    "choices": ("{same_as}", "map:choice"),
    "limit": ("text", "{limit}"),
    "planned": ("text", "{planned}", "list:planned_item"),
    "planned_item": ("text", "{planned}"),
    "told": ("{told}", "list:told_item"),
    "told_item": ("{told}",),
    "type": ("simple_type", "{list_type}", "{sized_type}"),
    "gives": ("text", "map:type"),
    "input": ("input_type", "{input}"),
    "size": ("text", "{bounds}"),
    "noun": ("text", "{noun_forms}"),
}
"""Kinds that may be written in several ways: `{shape}`, `map:KIND`, `list:KIND`, or a kind of text."""

TELLING: Mapping[str, frozenset[str]] = {
    "counted": frozenset(["count"]),
    "part": frozenset(["when", "only", "say"]),
    "tries": frozenset(SHAPES["tries"]),
    "causes": frozenset(CAUSES),
    "outcome": frozenset(SHAPES["outcome"]),
    "same_as": frozenset(["same_as"]),
    "list_type": frozenset(["list"]),
}
"""The keys by which a map is taken for a shape; the last way of a kind needs none."""

NEVER_EMPTY = frozenset(["say_item", "step", "planned_item"])
"""Lists of these have at least one."""

SAYS_SOMETHING = frozenset(["by_channel", "tries", "causes", "outcome", "currency", "noun_forms"])
"""Maps of these have at least one key."""


@dataclass(frozen=True, slots=True)
class Together:
    """A rule over several keys of one map.

    `one_of`: exactly one of `keys`. `some`: at least one. `apart`: not all of `keys`. `needs`: the first of `keys` only with one of the
    others; where there are several others the first is a switch, and only `true` needs one. `with`: the first never without the second.
    """

    kind: str
    keys: tuple[str, ...]
    wanted: str
    code: str = "E010"


TOGETHER: Mapping[str, tuple[Together, ...]] = {
    "entry": (
        Together("one_of", CHANNELS, "an entry has exactly one of ussd, call, sms and web"),
        Together("needs", ("text", "sms"), "only an SMS has a text"),
        Together("with", ("sms", "text"), 'an SMS entry needs the key "text": "" for a blank SMS, or a pattern such as "1*{amount}"'),
        Together("needs", ("resume", "ussd", "web"), "only a dialled code or a page can be taken up again"),
    ),
    "menu": (Together("apart", ("choices", "then"), "a menu with choices cannot go on by itself; take `then` or `choices` away", "E043"),),
    "outcome": (Together("apart", ("retry", "go"), "an outcome asks a field again (`retry`) or goes on (`go`), not both", "E042"),),
    "sized_type": (
        Together(
            "one_of",
            ("text", "number", "count", "span"),
            "a type with a size has one key: {text: 24}, {number: 20}, {count: 500} or {span: 3600}",
        ),
    ),
    "step": (
        Together(
            "some",
            tuple(
                "wait event hang_up dial call sms press silence person see page hear heard get told hidden encoding charged ends".split()
            ),
            "this step does nothing and expects nothing: write dial, call, sms or press, and see, hear or get",
        ),
        Together("needs", ("text", "sms"), 'text belongs to an SMS: {sms: "2112", text: "..."}'),
        *(
            Together("apart", pair, "a step opens one session: dial, call or sms; make the other a step of its own")
            for pair in (("dial", "call"), ("dial", "sms"), ("call", "sms"))
        ),
    ),
}
"""Rules over several keys of a shape."""


@cache
def required(shape: str) -> tuple[str, ...]:
    """The keys that a shape must have."""
    return tuple(key for key, kind in SHAPES[shape].items() if kind.endswith("!"))


@cache
def maps_of(kind: str) -> tuple[str, ...]:
    """The ways of a kind that are maps."""
    return tuple(way for way in UNIONS[kind] if way.startswith(("{", "map:")))


@cache
def parsed(kind: str) -> tuple[str, str]:
    """A kind as `union`, `shape`, `map`, `list` with what is inside, or a kind of text; `any` where nobody described it."""
    kind = kind.removesuffix("!")
    if kind.startswith("{"):
        return "shape", kind[1:-1]
    if kind.startswith(("map:", "list:")):
        form, _, inner = kind.partition(":")
        return form, inner
    if kind in UNIONS:
        return "union", kind
    if kind in SHAPES:
        return "shape", kind
    if ("", kind) in VALUES:
        return "text", kind
    return (kind if kind in (*TEXTS, "texts", "count", "span") else "any"), kind


def value_of(kind: str, where: tuple[str, str]) -> Value:
    """What a text of `kind` may be: its own if the kind has one, else that of the key it stands behind."""
    return VALUES.get(("", kind.removesuffix("!"))) or VALUES.get(where, TEXT)
