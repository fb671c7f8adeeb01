"""Helpers to read nodes: the right kind, known keys, required keys, texts, counts, spans. Faults are collected, never raised."""

from __future__ import annotations

import re

from ivr.catalog.faults import Faults, suggest
from ivr.catalog.shapes import SHAPES
from ivr.catalog.source import Node
from ivr.catalog.structure import Structure

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
"""What menus, files, fields and results may be called."""


class Reader:
    """Reads nodes of one operator's files and reports to `faults`."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.structure = Structure(lambda node, code, message: self.faults.add(node.place, code, message))

    def fault(self, node: Node, code: str, message: str) -> None:
        """A fault at `node`; nothing where its structure was refused already, for what follows from that helps nobody."""
        if (node.place, node.kind) not in self.structure.wrong:
            self.faults.add(node.place, code, message)

    def shape(self, node: Node, name: str, what: str) -> bool:
        """Whether `node` is a map of shape `name`. Reports what is wrong with it and all below it that its shape describes.

        Keys out of order are warned of in menus.
        """
        self.structure.shape(node, name, what)
        if name == "menu":
            self._in_order(node)
        return node.kind == "map"

    def _in_order(self, node: Node) -> None:
        known = list(SHAPES["menu"])
        order = [known.index(key) for key in node.names() if key in known]
        for position, (before, after) in enumerate(zip(order, order[1:], strict=False)):
            if after < before:
                moved = node.pairs[position + 1][0] if len(order) == len(node.pairs) else node
                first, then = known[after], known[before]
                self.fault(moved, "W001", f'"{first}" happens before "{then}"; write keys in the order in which they happen (`ivr fmt`)')
                return

    def text(self, node: Node | None, what: str, default: str = "") -> str:
        """A plain text."""
        if node is None:
            return default
        if node.kind != "text":
            self.fault(node, "E010", f"{what} is a text here")
            return default
        return node.text

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        if node is None:
            return ()
        if node.kind == "text":
            return (node.text,)
        if node.kind != "list":
            self.fault(node, "E010", f"{what} is a text or a list of texts here")
            return ()
        return tuple(self.text(item, what) for item in node.items)

    def pairs(self, node: Node | None, what: str) -> tuple[tuple[Node, Node], ...]:
        """A map of free names."""
        if node is None:
            return ()
        if node.kind != "map":
            self.fault(node, "E010", f"{what} is a map of names here")
            return ()
        return node.pairs

    def switch(self, node: Node | None, what: str, default: bool) -> bool:
        """true or false."""
        text = self.text(node, what)
        if node is None or text in ("true", "false"):
            return default if node is None else text == "true"
        self.fault(node, "E010", f"{what} is true or false")
        return default

    def count(self, node: Node | None, what: str, default: int, most: int = 100_000) -> int:
        """A whole count of at least 1."""
        text = self.text(node, what, str(default))
        if node is not None and (not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= most):
            self.fault(node, "E010", f"{what} is a whole number from 1 to {most}, such as {default}")
            return default
        return int(text)

    def span(self, node: Node | None, what: str, default: int) -> int:
        """A length of time, in seconds: 60s, 5m, 2h, 1d."""
        text = self.text(node, what)
        found = _SPAN.fullmatch(text)
        if found and int(found.group(1)) > 0:
            return int(found.group(1)) * _SECONDS[found.group(2)]
        if node is not None:
            self.fault(node, "E010", f"{what} is a length of time such as 60s, 5m or 2h")
        return default

    def name(self, node: Node, what: str) -> bool:
        """Whether a key is a proper name."""
        if NAME.fullmatch(node.text):
            return True
        self.fault(node, "E010", f'{what} "{node.text}" has letters that a name may not have: small letters, digits and _ only')
        return False

    def known(self, node: Node, name: str, among: object, code: str, what: str) -> bool:
        """Whether `name` is one of `among`."""
        names = list(among)  # type: ignore[call-overload]
        if name in names:
            return True
        self.fault(node, code, f'there is no {what} "{name}"{suggest(name, names)}')
        return False
