"""The proofs over a whole operator, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.proofs.alphabets import wrong_letters
from ivr.catalog.proofs.filled import fields_filled
from ivr.catalog.proofs.known_yet import known_yet
from ivr.catalog.proofs.limits_needed import limits_needed
from ivr.catalog.proofs.loops import loops
from ivr.catalog.proofs.pages import pages
from ivr.catalog.proofs.reached import not_served, prices, unreachable
from ivr.catalog.proofs.secret_values import secrets_kept
from ivr.catalog.proofs.unsaid import unsaid
from ivr.catalog.proofs.untypable import untypable
from ivr.catalog.proofs.ways import ways_of
from ivr.catalog.reader import Reader
from ivr.catalog.services import Service
from ivr.catalog.source import Node
from ivr.engine.model import Model

_GIVES_UP = ("goodbye", "end", "continue")


def prove(model: Model, house: OperatorFile, services: Mapping[str, Service], unread: frozenset[str], reader: Reader) -> None:
    """The proofs from E010 to E076 and W006 that need the whole tree. `unread`: files not known."""
    targets = _targets(model, house)
    for node, name, words in targets.values():
        if name not in words and name.split(".")[0] not in unread:
            reader.known(node, name, (*model.menus, *words), "E012", "menu")
    ways = ways_of(model)
    if not unread:
        unreachable(ways, reader)
    places = {what: node.place for what, (node, _, _) in targets.items()}
    not_served(ways, reader, places)
    fields_filled(model, reader, places)
    untypable(ways, reader)
    prices(ways, reader)
    limits_needed(model, house, reader)
    pages(ways, services, house.scope, reader)
    unsaid(ways, house, reader)
    known_yet(model, services, reader)
    loops(ways, reader)
    secrets_kept(model, reader)
    _names(house, reader)


def _targets(model: Model, house: OperatorFile) -> dict[str, tuple[Node, str, tuple[str, ...]]]:
    """What operator.yaml leads to: by name the place, the menu, and the words that are no menus."""
    operator, top = model.operator, house.node
    found: dict[str, tuple[Node, str, tuple[str, ...]]] = {}
    for section, key, menu in (("languages", "first_call", operator.first_call), ("call", "person", operator.call.person)):
        if menu is not None:
            node = top.get(section) or top
            found[f"{section}.{key}"] = (node.get(key) or node, menu, ())
    for key, tries in (("no_input", operator.no_input), ("no_match", operator.no_match)):
        node = (top.get("tries") or top).get(key) or top
        found[f"tries.{key}"] = (node.get("then") or node, tries.then, _GIVES_UP)
    return found


def _names(house: OperatorFile, reader: Reader) -> None:
    """E076 in the names of tariffs, written and spoken."""
    for key, tariff in reader.pairs(house.node.get("tariffs"), "tariffs"):
        written = [(key, key.text, "ru" if any("А" <= letter <= "я" for letter in key.text) else "en")]
        spoken = tariff.get("spoken") if tariff.kind == "map" else None
        written += [(words, words.text, language.text) for language, words in (spoken.pairs if spoken is not None else ())]
        for node, text, language in written:
            for letter in wrong_letters(text, language):
                reader.fault(node, "E076", f"{letter.message} (character {letter.at})")
