"""A menu's keys put into the order in which they happen (W001), and nothing else touched: comments, quotes, line breaks, spaces stay.

Keys are moved as text. In a menu written in lines, a key takes along its value and the comment lines directly above it; blank lines stay
where they are, between the first and the second key, the second and the third. In a menu in braces the pairs change places and what
stands between them stays. What comes of it is read again: where it is not the same menus in another order, nothing is changed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.shapes import SHAPES
from ivr.catalog.source import Node, read_text

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|\Z)")
_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_BOM = b"\xef\xbb\xbf"
_ORDER = {key: position for position, key in enumerate(SHAPES["menu"])}


class Unsortable(Exception):
    """A file that is left as it is. `faults` are its own; else the text says what is in the way, and where."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message or "\n".join(map(str, faults)))
        self.faults = faults


def in_order(data: bytes, shown: str) -> bytes:
    """The content of a menu file with the keys of every menu in order; the same bytes where they are. Raises Unsortable."""
    faults = Faults()
    node = read_text(data, shown, faults)
    if node is None:
        raise Unsortable("", tuple(faults.errors()))
    menus = node.get("menus")
    if menus is None or all(_ordered(menu.names()) for _, menu in menus.pairs):
        return data
    text = data.removeprefix(_BOM).decode("utf-8")
    sorter = _Sorter(text, shown)
    done = _BOM * data.startswith(_BOM) + sorter.sorted().encode("utf-8")
    again = read_text(done, shown, Faults())
    if again is None or not _same(node, again, True) or not _same_signs(data, done):
        raise Unsortable(f"{shown}: its menus are written in a way that cannot be sorted safely; put their keys in order by hand")
    return done


def order_of(keys: tuple[str, ...]) -> list[int]:
    """The positions of `keys` in the order in which they happen. A key that nobody knows stays behind the one before it."""
    ranks, rank = [], -1
    for key in keys:
        rank = _ORDER.get(key, rank)
        ranks.append(rank)
    return sorted(range(len(keys)), key=ranks.__getitem__)


def _ordered(keys: tuple[str, ...]) -> bool:
    return order_of(keys) == list(range(len(keys)))


class _Sorter:
    """Sorts one text that is known to be good YAML without anchors, tags and duplicate keys, not too deep and not too long."""

    def __init__(self, text: str, shown: str) -> None:
        self.text, self.shown = text, shown
        self.lines = [found.group() for found in _LINE.finditer(text) if found.group()]
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def sorted(self) -> str:
        """The whole text."""
        top: Any = yaml.compose(self.text, Loader=_LOADER)
        menus = next(value for key, value in top.value if key.value == "menus")
        text = self.text
        for _, menu in reversed(menus.value):
            if isinstance(menu, yaml.MappingNode) and not _ordered(tuple(key.value for key, _ in menu.value)):
                start, end, new = self.braces(menu) if menu.flow_style else self.block(menu)
                text = text[:start] + new + text[end:]
        return text

    def at(self, mark: Any) -> int:
        """Where a mark stands in the text."""
        return self.starts[int(mark.line)] + int(mark.column)

    # -- a menu in braces

    def braces(self, menu: Any) -> tuple[int, int, str]:
        """Start, end and new text of a menu such as `{say: Hello, fee: balance}`."""
        spans = [(self.at(key.start_mark), self.at(value.end_mark)) for key, value in menu.value]
        edges = [self.at(menu.start_mark), *(edge for span in spans for edge in span), self.at(menu.end_mark)]
        between = [self.text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
        if any("#" in gap for gap in between):
            line = menu.start_mark.line + 1
            raise Unsortable(
                f"{self.shown}:{line}:{menu.start_mark.column + 1}: comments stand between the braces; put these keys in order by hand"
            )
        pairs = [self.text[start:end] for start, end in spans]
        moved = [pairs[position] for position in order_of(tuple(key.value for key, _ in menu.value))]
        new = "".join(gap + pair for gap, pair in zip(between, moved, strict=False)) + between[-1]
        return edges[0], edges[-1], new

    # -- a menu in lines

    def block(self, menu: Any) -> tuple[int, int, str]:
        """Start, end and new text of a menu whose keys stand in lines of their own."""
        indent = menu.value[0][0].start_mark.column
        for key, _ in menu.value:
            if self.lines[key.start_mark.line][: key.start_mark.column].strip(" ") or key.start_mark.column != indent:
                raise Unsortable(
                    f"{self.shown}:{key.start_mark.line + 1}:1: this key does not begin its line; put these keys in order by hand"
                )
        ends = [self.last_line(value, indent) for _, value in menu.value]
        firsts = []
        for number, (key, _) in enumerate(menu.value):
            first = key.start_mark.line
            least = ends[number - 1] + 1 if number else 0
            while first > least and self.is_comment(first - 1, indent):
                first -= 1
            firsts.append(first)
        # comments further to the right belong to the last value: below a block scalar they would become a part of it
        end = line = ends[-1] + 1
        while line < len(self.lines) and (not self.lines[line].strip() or self.is_comment(line, indent + 1, deeper=True)):
            line += 1
            end = line if self.lines[line - 1].strip() else end
        blocks, gaps = [], []
        for number, first in enumerate(firsts):
            stop = firsts[number + 1] if number + 1 < len(firsts) else end
            filled = stop
            while filled > ends[number] + 1 and not self.lines[filled - 1].strip():
                filled -= 1
            blocks.append("".join(self.lines[first:filled]))
            gaps.append("".join(self.lines[filled:stop]))
        # the last line of a file may lack its line break; every other line needs one
        unended = not _BREAK.search(blocks[-1][-1:])
        if unended:
            blocks[-1] += self.line_break()
        moved = [blocks[position] for position in order_of(tuple(key.value for key, _ in menu.value))]
        new = "".join(block + gap for block, gap in zip(moved, gaps, strict=True))
        return self.starts[firsts[0]], self.starts[end], new.removesuffix(self.line_break()) if unended else new

    def line_break(self) -> str:
        """How the file ends its lines."""
        found = _BREAK.search(self.text)
        return found.group() if found else "\n"

    def is_comment(self, line: int, indent: int, deeper: bool = False) -> bool:
        """Whether a line is nothing but a comment, `indent` from the left (or more)."""
        text = self.lines[line]
        before = len(text) - len(text.lstrip(" "))
        return text.lstrip(" ").startswith("#") and (before >= indent if deeper else before == indent)

    def last_line(self, node: Any, indent: int) -> int:
        """The last line of a value behind a key that stands `indent` from the left."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self.last_line(last[1] if isinstance(last, tuple) else last, indent)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            # the parser's own end is where the next thing begins, beyond comments
            first = int(node.start_mark.line)
            kept = "+" in self.lines[first][node.start_mark.column :].split("#")[0]
            line = last_filled = first
            while line + 1 < len(self.lines) and self.belongs(line + 1, indent):
                line += 1
                last_filled = line if self.lines[line].strip() else last_filled
            return line if kept else last_filled
        return int(node.end_mark.line)

    def belongs(self, line: int, indent: int) -> bool:
        """Whether a line below a block scalar is one of it: blank, or further to the right than its key."""
        text = self.lines[line]
        return not text.strip() or len(text) - len(text.lstrip(" ")) > indent


def _same(one: Node, two: Node, top: bool = False) -> bool:
    """Whether two trees are the same but for the order of the keys of menus."""
    if (one.kind, one.text, one.quoted, len(one.pairs), len(one.items)) != (two.kind, two.text, two.quoted, len(two.pairs), len(two.items)):
        return False
    if one.names() != two.names():
        return False
    for (key, first), (other, second) in zip(one.pairs, two.pairs, strict=True):
        if key.quoted != other.quoted:
            return False
        if top and key.text == "menus":
            if first.names() != second.names() or not all(
                _same_menu(menu, moved) for (_, menu), (_, moved) in zip(first.pairs, second.pairs, strict=True)
            ):
                return False
        elif not _same(first, second):
            return False
    return all(_same(first, second) for first, second in zip(one.items, two.items, strict=True))


def _same_menu(one: Node, two: Node) -> bool:
    if one.kind != "map":
        return _same(one, two)
    names = one.names()
    if two.names() != tuple(names[position] for position in order_of(names)):
        return False
    return all(_same(value, moved) for key, value in one.pairs if (moved := two.get(key.text)) is not None)


def _same_signs(before: bytes, after: bytes) -> bool:
    """Whether nothing was lost or added, comments included."""
    return Counter(before) == Counter(after)
