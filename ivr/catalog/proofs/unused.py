"""Names of operator.yaml that nothing uses (W005): fees, groups, switches, people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ivr.catalog.reader import Reader
from ivr.catalog.source import Node

_KEYS = {"fee": "fees", "serves": "groups", "switch": "switches", "connect": "people"}
_SECTIONS = ("fees", "groups", "switches", "people")
_DOTTED = re.compile(r"\b(fees|switches)\.([a-z][a-z0-9_]*)")
_NOUNS = {"fees": "the fee", "groups": "the group", "switches": "the switch", "people": "the person"}

Names = frozenset[tuple[str, str]]
"""Section of operator.yaml and name."""


def names_used(top: Node) -> Names:
    """Every name of operator.yaml that a file uses, by key (`fee: balance`) or in a text (`{fees.balance.sms}`)."""
    used: set[tuple[str, str]] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if node.kind == "text":
            if "." in node.text:
                used.update(_DOTTED.findall(node.text))
        elif node.kind == "list":
            waiting += node.items
        else:
            for key, value in node.pairs:
                section = _KEYS.get(key.text)
                if section is not None and value.kind == "text":
                    used.add((section, value.text))
                waiting.append(value)
    return frozenset(used)


def unused(operator: Node, used: Iterable[Names], reader: Reader) -> None:
    """Warnings at what neither the menu files nor operator.yaml itself use."""
    found = set(names_used(operator)).union(*used)
    found.add(("groups", "everyone"))
    for section in _SECTIONS:
        for key, _ in _section(operator, section):
            if (section, key.text) not in found:
                reader.fault(key, "W005", f'nobody uses {_NOUNS[section]} "{key.text}"; take it away, or name it in a menu')


def _section(operator: Node, name: str) -> tuple[tuple[Node, Node], ...]:
    section = operator.get(name)
    return section.pairs if section is not None and section.kind == "map" else ()
