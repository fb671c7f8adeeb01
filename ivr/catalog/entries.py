"""Entries compiled: which codes, numbers, short texts and pages lead into the tree, and for whom."""

from __future__ import annotations

import re

from ivr.catalog.context import Context
from ivr.catalog.source import Node
from ivr.catalog.wordings import cut
from ivr.engine.model import Entry, Reference, Say, Template
from ivr.engine.ways_in import code_parts, same_signs

WAYS = ("ussd", "call", "sms", "web")
PAGES = ("home",)
"""Pages that an entry of the web may be."""


def entries_of(context: Context, serves: str, switch: str | None) -> list[Entry]:
    """A file's ways in; one for each number and text that an item names."""
    node, reader = context.node.get("entries"), context.reader
    said = context.node.get("not_served")
    not_served = context.wordings.say(said, f"{context.stem}.not_served", context.house.scope, "not_served")
    if node is None:
        return []
    if node.kind != "list":
        reader.fault(node, "E010", "entries is a list of ways in")
        return []
    if said is None and (serves != "everyone" and any(item.get("serves") is None for item in node.items)):
        reader.fault(node, "E032", "some lines are not served here: word not_served, what they are told")
    entries: list[Entry] = []
    for item in node.items:
        if reader.shape(item, "entry", "an entry"):
            entries += _entry(context, item, serves, switch, not_served)
    return entries


def _entry(context: Context, item: Node, serves: str, switch: str | None, not_served: Say) -> list[Entry]:
    reader = context.reader
    ways = [channel for channel in WAYS if item.get(channel) is not None]
    go, then = context.target(item.get("go")), context.target(item.get("then"))
    serves = context.group(item.get("serves"), serves)
    resume = reader.switch(item.get("resume"), "resume", False)
    if len(ways) != 1:
        reader.fault(item, "E010", "an entry has exactly one of ussd, call, sms and web")
        return []
    way = ways[0]
    code = item.get(way) or item
    if resume and way not in ("ussd", "web"):
        reader.fault(
            item.key("resume"),
            "E010",
            f"only a dialled code or a page can be taken up again, not {'a call' if way == 'call' else 'an SMS'}",
        )
    if item.get("text") is not None and way != "sms":
        reader.fault(item.key("text"), "E010", f"only an SMS has a text; this is an entry by {way}")
    if way == "sms" and item.get("text") is None:
        reader.fault(item, "E010", 'an SMS entry needs the key "text": "" for a blank SMS, or a pattern such as "1*{amount}"')
        return []
    texts = _patterns(context, item.get("text")) if way == "sms" else [None]
    places = _addresses(context, way, code)
    fields = {piece.path[0] for pieces in [*places, *(text or () for text in texts)] for piece in pieces if isinstance(piece, Reference)}
    hand = context.hand(item.get("with"), lambda path: "text" if len(path) == 1 and path[0] in fields else None)
    if go is None:
        return []
    return [Entry(way, parts, go, serves, hand, then, switch, not_served, item.place, text, resume) for parts in places for text in texts]


def _addresses(context: Context, way: str, node: Node) -> list[tuple[str | Reference, ...]]:
    reader = context.reader
    if way == "ussd":
        text = reader.text(node, "ussd")
        parts = _code(text)
        if parts is None:
            reader.fault(node, "E010", 'a USSD code is written "*111#", "*111*5#" or with a field "*650*{owner}#"')
            return []
        return [parts]
    if way == "web":
        page = reader.text(node, "web")
        return [(page,)] if reader.known(node, page, PAGES, "E010", "page") else []
    numbers = reader.texts(node, way)
    for number in numbers:
        if not re.fullmatch(r"[0-9]{1,15}", number, re.ASCII):
            reader.fault(node, "E010", f'a number is digits in quotes, such as "2112"; not "{number}"')
    return [(number,) for number in dict.fromkeys(numbers)]


def _code(text: str) -> tuple[str | Reference, ...] | None:
    """`*650*{owner}#` as 650 and a reference to a field; the first part is digits."""
    named = re.findall(r"\{([a-z][a-z0-9_]*)\}", text)
    parts = code_parts(re.sub(r"\{[a-z][a-z0-9_]*\}", "0", text))
    if parts is None or "{" in text.split("*")[1]:
        return None
    written = text[1:-1].split("*")
    if len(named) != sum(part.startswith("{") and part.endswith("}") for part in written):
        return None  # a field is a whole part
    return tuple(Reference((part[1:-1],)) if part.startswith("{") else part for part in written)


def _patterns(context: Context, node: Node | None) -> list[Template | None]:
    patterns: list[Template | None] = []
    for text in context.reader.texts(node, "text"):
        template = cut(text)
        fields = [piece for piece in template if isinstance(piece, Reference)]
        if any(isinstance(one, Reference) and isinstance(two, Reference) for one, two in zip(template, template[1:], strict=False)):
            context.reader.fault(node or context.node, "E010", f'between two fields stands a sign that parts them: "{text}" cannot be read')
        elif any(len(field.path) > 1 or field.form for field in fields) or len({field.path for field in fields}) < len(fields):
            context.reader.fault(node or context.node, "E010", f'the fields of a text are plain names, each once; "{text}" has others')
        elif text != text.strip(" ") or "\n" in text:
            context.reader.fault(node or context.node, "E010", f'outer spaces of an SMS are not looked at; write "{text.strip()}"')
        else:
            patterns.append(same_signs(template, context.operator.sms.same))
    return list(dict.fromkeys(patterns))
