"""The questions of a form compiled: what each field takes, narrowed where the author says so, and what is said about a wrong value."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from ivr.catalog.context import Context
from ivr.catalog.outcomes import tries_of
from ivr.catalog.services import InputType, Service, span_of
from ivr.catalog.shapes import CAUSES
from ivr.catalog.source import Node
from ivr.catalog.wordings import Scope
from ivr.engine.model import Field, FieldType, Tries, Wording
from ivr.engine.values import MICRO, Money

SIZED = ("money", "number", "digits", "text")
"""Kinds of fields that have a size: an amount, a number, a length in characters."""
_FREE = ("money", "msisdn", "date", "number", "text")


def field_types(context: Context, node: Node | None, services: list[Service | None]) -> dict[str, FieldType]:
    """What each field of an `ask` takes: the service's type, narrowed."""
    types = {}
    for key, value in context.reader.pairs(node, "ask"):
        context.reader.name(key, "a field")
        context.reader.shape(value, "field", "a field")
        kind = next((service.takes[key.text] for service in services if service and key.text in service.takes), None)
        types[key.text] = _narrowed(context, value, _own_type(context, key, value, _bounded(context, kind)))
    return types


def question(context: Context, menu: str, key: Node, node: Node, kind: FieldType, scope: Scope) -> Field:
    """One field of a form."""
    wordings = context.wordings
    causes: dict[str, Wording] = {}
    tries: Tries | None = None
    wrong = node.get("no_match")
    if wrong is not None and wrong.kind == "map" and set(wrong.names()) & set(CAUSES):
        for cause, value in wrong.pairs:
            if context.reader.known(cause, cause.text, CAUSES, "E010", "cause"):
                causes[cause.text] = wordings.wording(value, menu, scope, "no_match")
    elif wrong is not None and wrong.kind == "map" and set(wrong.names()) & {"most", "say", "then"}:
        tries = tries_of(context, wrong, menu, scope, context.operator.no_match)
        if wrong.get("say") is not None and tries is not None and tries.say is not None:
            causes["other"] = tries.say
    elif wrong is not None:
        causes["other"] = wordings.wording(wrong, menu, scope, "no_match")
    again = node.get("again")
    if again is not None and node.get("say") is None:
        context.reader.fault(again, "E036", f'"{key.text}" is never asked, so it cannot be asked again; give it `say`')
    return Field(
        name=key.text,
        type=kind,
        say=wordings.say(node.get("say"), menu, scope, "say"),
        when=wordings.condition(node.get("when"), scope),
        no_match=causes,
        place=key.place,
        again=wordings.say(again, menu, scope, "again"),
        tries=tries,
        no_input=tries_of(context, node.get("no_input"), menu, scope, context.operator.no_input),
    )


def _bounded(context: Context, kind: FieldType | None) -> FieldType | None:
    """A service's type with its bounds as numbers: what `limits` says, or what services.yaml writes."""
    if not isinstance(kind, InputType):
        return kind
    sizes = []
    for bound in kind.bounds:
        found: object = bound
        if bound.startswith("limits."):
            found = context.house.limits.get(bound.removeprefix("limits."))
            if found is None:
                context.reader.fault(context.house.node, "E010", f'a service needs the limit "{bound.removeprefix("limits.")}" in `limits`')
        sizes.append(_size(found, kind.kind))
    return FieldType(kind.kind, sizes[0], sizes[1], kind.words, kind.secret)


def _size(value: object, kind: str) -> int | None:
    if isinstance(value, Money):
        return value.micro
    if isinstance(value, int):
        return value * MICRO if kind == "money" else value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,6})?", value):
        return int(Decimal(value) * MICRO) if kind == "money" else int(Decimal(value))
    return None


def _own_type(context: Context, key: Node, node: Node, kind: FieldType | None) -> FieldType:
    reader, secret = context.reader, bool(kind and kind.secret)
    if (words := node.get("one_of")) is not None:
        listed = reader.texts(words, "one_of")
        for word in listed:
            if kind is not None and kind.kind == "one_of":
                reader.known(words, word, kind.words, "E010", "value that the service takes")
            elif kind is not None:
                reader.fault(words, "E010", f'the service takes a {kind.kind} as "{key.text}", not one of some words')
                break
        return FieldType("one_of", words=listed, secret=secret)
    if (digits := node.get("digits")) is not None:
        least, most = span_of(reader.text(digits, "digits"))
        if least is None or most is None or least > most or most > 60:
            reader.fault(digits, "E010", 'digits is a length such as "10" or "4-20", of at most 60')
            return kind or FieldType("digits", 1, 20)
        if kind is not None and (kind.kind != "digits" or least < (kind.least or 0) or most > (kind.most or most)):
            takes = f"{kind.least}-{kind.most} digits" if kind.kind == "digits" else f"a {kind.kind}"
            reader.fault(digits, "E010", f'a field may only narrow what its service takes: {takes} as "{key.text}"')
        return FieldType("digits", least, most, secret=secret)
    if (named := node.get("type")) is not None:
        name = reader.text(named, "type")
        if reader.known(named, name, _FREE, "E010", "type"):
            if kind is not None and kind.kind != name:
                reader.fault(named, "E010", f'the service takes a {kind.kind} as "{key.text}"; leave `type` out')
                return kind
            return kind or FieldType(name)
    if kind is None:
        reader.fault(key, "E036", f'no service here takes "{key.text}", so say what it is: type, digits or one_of')
    return kind or FieldType("text")


def _narrowed(context: Context, node: Node, kind: FieldType) -> FieldType:
    """`min`, `max` and `secret` of a question over the type it has so far."""
    reader = context.reader
    secret = node.get("secret")
    if secret is not None:
        wanted = reader.switch(secret, "secret", kind.secret)
        if kind.secret and not wanted:
            reader.fault(secret, "E010", "the service takes this as a secret; secrecy cannot be taken away")
        kind = replace(kind, secret=kind.secret or wanted)
    for name, end in (("min", "least"), ("max", "most")):
        bound = node.get(name)
        if bound is None:
            continue
        size = _bound(context, bound, kind)
        if size is None:
            continue
        before: int | None = getattr(kind, end)
        if before is not None and (size < before if end == "least" else size > before):
            reader.fault(bound, "E010", f"{name} may only narrow what the service takes, and {bound.text} is wider")
        else:
            kind = replace(kind, least=size) if end == "least" else replace(kind, most=size)
    if kind.least is not None and kind.most is not None and kind.least > kind.most:
        reader.fault(node.get("min") or node.get("max") or node, "E010", "no value can be this: min is greater than max")
    return kind


def _bound(context: Context, node: Node, kind: FieldType) -> int | None:
    text = context.reader.text(node, "a bound")
    if kind.kind not in SIZED:
        context.reader.fault(node, "E010", f"min and max are for amounts, numbers, digits and texts, not for a {kind.kind}")
        return None
    value: object = text
    if text.startswith("limits."):
        name = text.removeprefix("limits.")
        if not context.reader.known(node, name, context.house.limits, "E013", "limit"):
            return None
        value = context.house.limits[name]
    size = _size(value, kind.kind)
    if size is None:
        context.reader.fault(node, "E010", f'a bound is a number in quotes such as "5", or limits.NAME; not "{text}"')
    return size
