"""What a menu does when something is not `ok`: other outcomes of its services, silence, wrong keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr.catalog.context import Context, MenuScope, plain
from ivr.catalog.services import Service, Type
from ivr.catalog.shapes import SHAPES
from ivr.catalog.source import Node
from ivr.catalog.wordings import Scope
from ivr.engine.model import FieldType, Outcome, Tries

EVERY_SERVICE: Mapping[str, Mapping[str, Type]] = {"unavailable": {}, "late": {}}
"""What every service can answer; operator.yaml words it where a menu does not."""
PERSON: Mapping[str, Mapping[str, Type]] = {"closed": {}, "busy": {}, "no_answer": {}}
"""What can become of handing a call to a person."""


def tries_of(context: Context, node: Node | None, menu: str, scope: Scope, default: Tries) -> Tries | None:
    """A `no_input` or `no_match`: a wording, or {most, say, then}. None where there is none."""
    if node is None:
        return None
    reader = context.reader
    if node.kind == "text" or (node.kind == "map" and not set(node.names()) & set(SHAPES["tries"])):
        return replace(default, say=context.wordings.wording(node, menu, scope, "a wording"))
    if not reader.shape(node, "tries", "tries"):
        return default
    said, then = node.get("say"), node.get("then")
    return Tries(
        reader.count(node.get("most"), "most", default.most, 10),
        context.wordings.wording(said, menu, scope, "say") if said is not None else default.say,
        default.then if then is None else context.target(then, ("goodbye", "continue", "end")) or "goodbye",
    )


def outcomes_of(
    context: Context,
    menu: str,
    node: Node | None,
    services: list[Service | None],
    person: str | None,
    fields: Mapping[str, FieldType],
    scope: MenuScope,
) -> dict[str, Outcome]:
    """A menu's `otherwise`. Faults: E040 for what it leaves unanswered, E041 for what cannot be, E043 for a name two services share."""
    reader = context.reader
    possible: dict[str, Mapping[str, Type]] = dict(EVERY_SERVICE)
    if person is not None:
        possible.update(PERSON)
    owner: dict[str, str] = {}
    for service in services:
        for name, brings in service.outcomes.items() if service else ():
            if service is not None and owner.setdefault(name, service.name) != service.name and node is not None:
                reader.fault(
                    node,
                    "E043",
                    f'"{name}" can be an outcome of {owner[name]} and of {service.name}: call them in two menus, one after the other',
                )
            possible[name] = brings
    outcomes: dict[str, Outcome] = {}
    for key, value in reader.pairs(node, "otherwise"):
        if reader.known(key, key.text, possible, "E041", "outcome"):
            brought: dict[tuple[str, ...], str] = {("result", name): plain(kind) or "" for name, kind in possible[key.text].items()}
            outcome = _outcome(context, menu, key, value, fields, scope.widened(brought))
            if outcome is not None:
                outcomes[key.text] = outcome
    # who has no hours is never closed
    known = context.operator.people.get(person or "")
    always_open = known is not None and known.hours is None
    unanswered = [
        name
        for name in possible
        if name not in outcomes
        and name not in EVERY_SERVICE
        and (node is None or node.get(name) is None)
        and not (name == "closed" and always_open)
    ]
    if unanswered:
        reader.fault(node or context.everything[menu], "E040", f"no answer for: {', '.join(unanswered)}; word it under `otherwise`")
    return outcomes


def _outcome(context: Context, menu: str, key: Node, node: Node, fields: Mapping[str, FieldType], scope: Scope) -> Outcome | None:
    reader = context.reader
    whole = node.kind == "map" and bool(set(node.names()) & {"say", "fee", "retry", "go"})
    if not whole:
        return Outcome(context.wordings.say(node, menu, scope, "say"), place=key.place)
    if not reader.shape(node, "outcome", "an outcome"):
        return None
    fee_node, retry_node = node.get("fee"), node.get("retry")
    fee = reader.text(fee_node, "fee") or None
    if fee_node is not None and fee is not None and not reader.known(fee_node, fee, context.house.fees, "E013", "fee"):
        fee = None
    retry = reader.text(retry_node, "retry") or None
    if retry_node is not None and retry is not None and not reader.known(retry_node, retry, fields, "E042", "field of this menu"):
        retry = None
    go = context.target(node.get("go"), ("back", "home", "end"))
    if retry is not None and node.get("go") is not None:
        reader.fault(node.key("go"), "E042", "an outcome asks a field again (`retry`) or goes on (`go`), not both")
    return Outcome(context.wordings.say(node.get("say"), menu, scope, "say"), fee, retry, go, key.place)
