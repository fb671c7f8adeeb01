"""JSON schemas (draft-07) of the YAML files, for editors: keys with their meaning, closed lists of words, patterns.

Written from the tables that the loader reads (`shapes`, `kinds`, `value_kinds`), so that both give one verdict on whatever a
schema can see. A YAML language server types what is not in quotes (`3` is a number, `true` a switch), which the loader minds as well.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ivr.catalog.key_notes import FILES, KEY_NOTES, SHAPE_NOTES
from ivr.catalog.kinds import NEVER_EMPTY, SAYS_SOMETHING, TOGETHER, UNIONS, Together, parsed, required, value_of
from ivr.catalog.shapes import SHAPES
from ivr.catalog.structure import CHOSEN_TWICE
from ivr.catalog.value_kinds import COUNT, KEYS, RANGES, SPAN_PATTERN, KeyRule, Range, Value

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
_OWN = frozenset(["message", "wording", "say", "say_item", "also_sms", "tries", "causes", "outcome", "planned", "planned_item", "told"])
"""Kinds with a definition of their own; in the others the text depends on the key that it stands behind."""


def file_name(name: str) -> str:
    """What a schema's file is called: `menus.schema.json`."""
    return f"{name}.schema.json"


def schema(name: str) -> Schema:
    """The schema of one kind of file: a name of `FILES`."""
    writer = _Writer()
    top = writer.shape(FILES[name])
    definitions: Schema = {}
    while writer.waiting:
        wanted = writer.waiting.pop()
        if wanted not in definitions:
            definitions[wanted] = writer.definition(wanted)
    return {
        "$schema": DRAFT,
        **top,
        "title": f"Dynamic IVR: {SHAPE_NOTES[FILES[name]][0]}",
        "description": re.sub("`", "", SHAPE_NOTES[FILES[name]][1]),
        "definitions": dict(sorted(definitions.items())),
    }


def written(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(name), ensure_ascii=False, indent=1) + "\n"


def write(name: str, folder: Path) -> Path:
    """Writes one schema into `folder`, whole or not at all; its path."""
    path = folder / file_name(name)
    partial = folder / f".{path.name}.{os.getpid()}"
    try:
        partial.write_text(written(name), encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


class _Writer:
    """Writes schemas of shapes and kinds; what they refer to waits in `waiting`."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def definition(self, wanted: str) -> Schema:
        """A definition by its name: a shape in braces, or a kind."""
        return self.shape(wanted.removesuffix("_map")) if wanted.endswith("_map") else self.ways(wanted, ("", ""))

    def refer(self, wanted: str) -> Schema:
        """A reference to a definition."""
        self.waiting.append(wanted)
        return {"$ref": f"#/definitions/{wanted}"}

    def shape(self, name: str) -> Schema:
        """The schema of a map of shape `name`."""
        keys = SHAPES[name]
        # no description: where an editor shows this, the key in front of it has one
        found: Schema = {"title": SHAPE_NOTES[name][0], "type": "object", "additionalProperties": False}
        found["properties"] = {key: self.property(name, key) for key in keys if key != "*"}
        if "*" in keys:
            found["additionalProperties"] = self.property(name, "*")
            self.names(found, KEYS.get((name, "*")))
        if must := required(name):
            found["required"] = list(must)
        if name in SAYS_SOMETHING:
            found["minProperties"] = 1
        rules = [rule for rule in map(_rule, TOGETHER.get(name, ())) if rule]
        if name == "menu":
            chosen: Schema = {"required": ["list"], "properties": {"list": {"type": "object", "required": ["choose"]}}}
            rules.append({"if": chosen, "then": {"properties": {"choices": False}, "errorMessage": CHOSEN_TWICE}})
        if rules:
            found["allOf"] = rules
        return found

    def property(self, shape: str, key: str) -> Schema:
        """The schema of a key's value, with what the key means."""
        meaning, example = KEY_NOTES[shape][key]
        plain = re.sub(r"`([^`]*)`", r"\1", meaning)
        marked = f"{meaning}\n\n```yaml\n{'name' if key == '*' else key}: {example}\n```" if example else meaning
        return {"description": plain, "markdownDescription": marked, **self.value(SHAPES[shape][key], (shape, key))}

    def value(self, kind: str, where: tuple[str, str]) -> Schema:
        """The schema of a value of `kind`, behind the key `where` (shape, key)."""
        form, inner = parsed(kind)
        match form:
            case "union":
                return self.refer(inner) if inner in _OWN else self.ways(inner, where)
            case "shape":
                return self.refer(f"{inner}_map")
            case "map":
                found: Schema = {"type": "object", "additionalProperties": self.value(inner, where)}
                self.names(found, KEYS.get(where))
                return found
            case "list":
                items: Schema = {"type": "array", "items": self.value(inner, where)}
                return {**items, "minItems": 1} if inner in NEVER_EMPTY else items
            case "texts":
                one = text(value_of("text", where))
                return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
            case "text":
                return text(value_of(kind, where))
            case "said":
                return {"type": ["string", "integer"], "minLength": 1}
            case "switch":
                return {"type": "boolean"}
            case "count":
                return count(RANGES.get(where, COUNT))
            case "span":
                return {
                    "type": "string",
                    "pattern": whole(SPAN_PATTERN),
                    "patternErrorMessage": "this is a length of time such as 60s, 5m or 2h",
                }
        return {}

    def ways(self, kind: str, where: tuple[str, str]) -> Schema:
        """Any of the ways in which a value of `kind` may be written."""
        return {"anyOf": [self.value(way, where) for way in UNIONS[kind]]}

    def names(self, found: Schema, rule: KeyRule | None) -> None:
        """Adds what the names of a map may be."""
        if rule is not None:
            taken = f"(?!(?:{'|'.join(rule.reserved)})$)" if rule.reserved else ""
            wanted = _sentence(rule.wanted) + (f"; {', '.join(rule.reserved)} are words of the language" if rule.reserved else "")
            found["propertyNames"] = {"pattern": whole(taken + rule.pattern), "patternErrorMessage": wanted}


def text(value: Value) -> Schema:
    """The schema of a text."""
    if value.words:
        return {"enum": list(value.words)}
    found: Schema = {"type": "string" if value.whole is None else ["string", "integer"]}
    if value.whole is not None and value.pattern:
        least, most = value.whole
        found["minimum"] = least
        if most is not None:
            found["maximum"] = most
    if value.pattern:
        found["pattern"] = whole(value.pattern)
        found["patternErrorMessage"] = _sentence(value.wanted)
    elif not value.empty:
        found["minLength"] = 1
    if value.examples:
        found["examples"] = list(value.examples)
    return found


def count(span: Range) -> Schema:
    """The schema of a whole count, without quotes or with them."""
    return {
        "type": ["integer", "string"],
        "minimum": span.least,
        "maximum": span.most,
        "pattern": whole(between(span.least, span.most)),
        "patternErrorMessage": f"this is a whole number from {span.least} to {span.most}",
    }


def between(least: int, most: int) -> str:
    """A pattern of the whole numbers from `least` to `most`, written without leading zeros."""
    ends = [least - 1]
    for length in range(len(str(least)), len(str(most)) + 1):
        # numbers of one length, cut where all their last digits may be any: 100-159 is 1[0-5][0-9]
        low, high = max(least, 10 ** (length - 1)), min(most, 10**length - 1)
        tens = [10**places for places in range(1, length)]
        ends += [end for ten in tens if low % ten and (end := low // ten * ten + ten - 1) < high]
        ends += [end for ten in tens if low <= (end := (high + 1) // ten * ten - 1) < high]
        ends.append(high)
    found = []
    ordered = sorted(set(ends))
    for start, end in zip(ordered, ordered[1:], strict=False):
        digits = zip(str(start + 1), str(end), strict=True)
        found.append("".join(low if low == high else f"[{low}-{high}]" for low, high in digits))
    return "|".join(found)


def whole(pattern: str) -> str:
    """`pattern` for a whole text."""
    return f"^(?:{pattern})$"


def _sentence(wanted: str) -> str:
    plain = (
        re.sub(r"[;,] not [\"']?\{text(!r)?\}[\"']?", "", wanted)
        .replace('{what} "{text}"', "a name")
        .replace("{what}", "this")
        .replace('"{text}"', "this")
    )
    return plain.replace("{{", "{").replace("}}", "}").replace(" {text}", " like this")


def _rule(rule: Together) -> Schema:
    first, *others = rule.keys
    match rule.kind:
        case "one_of":
            return {"oneOf": [{"required": [key]} for key in rule.keys]}
        case "some":
            return {"anyOf": [{"required": [key]} for key in rule.keys]}
        case "apart":
            return {"if": {"required": list(rule.keys[:-1])}, "then": {"properties": {rule.keys[-1]: False}, "errorMessage": rule.wanted}}
    if len(others) == 1:
        return {"dependencies": {first: others}}
    switch_on: Schema = {"required": [first], "properties": {first: {"const": True}}}
    return {"if": switch_on, "then": {"anyOf": [{"required": [key]} for key in others], "errorMessage": rule.wanted}}
