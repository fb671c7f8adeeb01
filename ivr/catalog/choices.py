"""Choices compiled: the keys of a menu, and the items of a list that are chosen by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ivr.catalog.context import Context, MenuScope, plain
from ivr.catalog.faults import suggest
from ivr.catalog.proofs.labels import same_labels
from ivr.catalog.services import ListType
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.source import Node
from ivr.catalog.wordings import SLOT, Scope
from ivr.engine.model import Choice, Choose, Listing, Message, Reference, Template, Wording

LARGEST_KEY = 97
"""Items a list may have where they are chosen by number: two digits, below the usual key for the next page."""


def choices_of(context: Context, menu: str, node: Node | None, scope: MenuScope, has_list: bool) -> tuple[Choice, ...]:
    """A menu's choices in written order, or those of another menu of the file (`same_as`)."""
    if node is None:
        return ()
    reader = context.reader
    if node.kind == "map" and node.names() == ("same_as",):
        other = node.pairs[0][1]
        name = reader.text(other, "same_as")
        shared = (context.node.get("menus") or node).get(name)
        choices = shared.get("choices") if shared is not None else None
        if choices is None or choices.names() == ("same_as",):
            inside = [menu.partition(".")[2] for menu in context.everything if menu.startswith(f"{context.stem}.")]
            reader.fault(other, "E012", f'there is no menu "{name}" with choices in this file{suggest(name, inside)}')
            return ()
        return choices_of(context, f"{context.stem}.{name}", choices, scope, has_list)
    found = []
    for key, value in reader.pairs(node, "choices"):
        if _key(context, key, value, has_list) and reader.shape(value, "choice", "a choice"):
            choice = _choice(context, menu, key, value, scope)
            if choice is not None:
                found.append(choice)
    same_labels(found, context.operator, scope, lambda path: context.wordings.words(path, scope), reader)
    return tuple(found)


def _key(context: Context, key: Node, node: Node, has_list: bool) -> bool:
    keys, reader = context.operator.keys, context.reader
    if not re.fullmatch(r"[1-9][0-9]?", key.text):
        reader.fault(key, "E016", f'a choice\'s key is a number from 1 to 99 in quotes, not "{key.text}"')
        return False
    only = context.wordings.only(node.get("only")) if node.kind == "map" else None
    if key.text in (keys.ussd_back, keys.ussd_home, keys.ussd_next) and (only is None or only & {"ussd", "web"}):
        reader.fault(key, "E016", f"the key {key.text} is taken: operator.yaml uses it in USSD for back, home or next")
    if only is not None and "call" not in only:
        return True
    if len(key.text) > 1:
        reader.fault(key, "E017", f"a call has keys of one digit only; {key.text} cannot be pressed (`only: ussd` leaves calls out)")
    elif has_list and key.text == keys.call_next:
        reader.fault(key, "E016", f"the key {key.text} is taken: in a call it leads on where a list speaks in parts")
    elif key.text == keys.call_person:
        reader.fault(key, "E016", f"the key {key.text} is taken: in a call it leads to a person")
    return True


def _choice(context: Context, menu: str, key: Node, node: Node, scope: MenuScope) -> Choice | None:
    reader = context.reader
    go, label, own = context.target(node.get("go"), ("back", "home", "end")), node.get("label"), node.get("in")
    if label is None:
        return None
    language = reader.text(own, "in") or None
    if own is not None and language is not None and not reader.known(own, language, context.operator.languages, "E018", "offered language"):
        language = None
    only, hand = context.wordings.only(node.get("only")), context.hand(node.get("with"), scope)
    wording = dict(context.wordings.wording(label, menu, scope.widened({("key",): "number"}), "a label", only, language))
    when, switch = context.wordings.condition(node.get("when"), scope), context.switch(node.get("switch"))
    _keys_named(context, label, wording)
    then = context.target(node.get("then"))
    if go is None:
        return None
    return Choice(key.text, wording, go, hand, then, when, switch, only, key.place)


def _keys_named(context: Context, label: Node, wording: dict[str, Mapping[str, Message]]) -> None:
    """In a call, a label that does not name `{key}` stands inside `call.choice`; elsewhere the key stands before it already."""
    if "call" in wording and not any("{key}" in text and SLOT.search(text) for text in _texts(label)):
        wording["call"] = {lang: _around(context.operator.call.choice, message, lang) for lang, message in wording["call"].items()}
    for channel in CHANNELS:
        messages = wording.get(channel, {}).values() if channel != "call" else ()
        if any(Reference(("key",)) in message.forms[0] for message in messages):
            context.reader.fault(label, "E021", "{key} is for calls; the key stands before the label elsewhere")


def listing_of(context: Context, menu: str, node: Node | None, scope: MenuScope) -> Listing | None:
    """A menu's list. Faults: E023 for what is no list, E024 for an item's name that the menu has too, E017 for items without a key."""
    reader = context.reader
    if node is None or not reader.shape(node, "list", "a list"):
        return None
    of = node.get("of") or node
    path = tuple(reader.text(of, "of").split("."))
    found = scope.types.get(path[0], {}).get(path[1]) if len(path) == 2 else None
    if not isinstance(found, ListType):
        lists = [f"{name}.{field}" for name, gives in scope.types.items() for field, kind in gives.items() if isinstance(kind, ListType)]
        reader.fault(of, "E023", f'"{".".join(path)}" is no list that a look-up here gives{suggest(".".join(path), lists)}')
        return None
    own: dict[tuple[str, ...], str] = {(name,): plain(kind) or "" for name, kind in found.record.items()}
    for name in found.record:
        if name in scope.fields or name in scope.types or name in ("line", "result"):
            reader.fault(of, "E024", f'an item of this list has "{name}", and so has the menu: give the menu\'s another name')
    item_scope = scope.widened(own)
    item, none, choose = node.get("item"), node.get("none"), node.get("choose")
    speak = reader.count(node.get("speak"), "speak", 1, 50) if node.get("speak") is not None else None
    return Listing(
        path,
        context.wordings.wording(item, menu, item_scope, "item") if item is not None else {},
        context.wordings.wording(none, menu, scope, "none") if none is not None else None,
        _keys_left(context, choose, speak, found.most) if choose is not None else speak,
        node.place,
        _choose(context, menu, choose, item_scope, scope),
        found.most,
    )


def _choose(context: Context, menu: str, node: Node | None, item: Scope, scope: MenuScope) -> Choose | None:
    if node is None or not context.reader.shape(node, "choose", "choose"):
        return None
    go, label = context.target(node.get("go"), ("back", "home", "end")), node.get("label")
    hand = context.hand(node.get("with"), item)
    if go is None or label is None:
        return None
    named = lambda path: "number" if path == ("key",) else item(path)  # noqa: E731 - a scope is a function
    wording = dict(context.wordings.wording(label, menu, named, "a label", frozenset(["call"])))
    if not any("{key}" in text for text in _texts(label)):
        wording = {
            "call": {lang: _around(context.operator.call.choice, message, lang) for lang, message in wording.get("call", {}).items()}
        }
    return Choose(wording, go, hand, node.key("label").place)


def _keys_left(context: Context, node: Node, speak: int | None, most: int) -> int:
    """Items that a call says at a time, so that each has one key of its own."""
    keys = context.operator.keys
    free = len([key for key in "123456789" if key not in (keys.call_next, keys.call_back, keys.call_repeat, keys.call_person)])
    if most > LARGEST_KEY:
        context.reader.fault(node, "E017", f"the list may have {most} items and keys end at {LARGEST_KEY}")
    for name, key in (("back", keys.ussd_back), ("home", keys.ussd_home), ("on", keys.ussd_next)):
        if re.fullmatch("[1-9][0-9]?", key) and int(key) <= most:
            told = f"item {key} of the list cannot be chosen in USSD: the key {key} leads {name}"
            context.reader.fault(node, "E016", f"{told}; give operator.yaml another key, such as 0, 00 or 98")
    if speak is not None and speak > free:
        context.reader.fault(node, "E017", f"a call has keys for {free} items at a time; `speak` is {speak}")
    return min(speak or free, free)


def _texts(label: Node) -> list[str]:
    """What a label says in a call."""
    said = label.get("call") or label.get("default")
    return [label.text] if label.kind == "text" else [] if said is None else [said.text]


def _around(choice: Wording, label: Message, language: str) -> Message:
    around = choice.get("call", {})
    found = around.get(label.language) or around.get(language)
    if found is None:
        return label  # operator.yaml lacks call.choice, which is a fault of its own
    return replace(label, forms=tuple(_put_in(found.forms[0], form) for form in label.forms))


def _put_in(around: Template, label: Template) -> Template:
    pieces: list[str | Reference] = []
    for piece in around:
        for inner in label if piece == Reference(("label",)) else (piece,):
            if isinstance(inner, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += inner
            else:
                pieces.append(inner)
    return tuple(pieces)
