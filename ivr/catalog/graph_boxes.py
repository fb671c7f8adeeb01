"""A menu as a box of a drawn graph: its id, ways in, first words, codes, marks, and a row for each link. Lengths are pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ivr.catalog.graph import Graph, Link, MenuNode
from ivr.catalog.graph_measure import clip, text_width, wrap

PAD = 9.0
LINE = 16.0
TITLE = 22.0
NARROWEST, WIDEST = 168.0, 288.0
"""How wide a box may be."""


@dataclass(slots=True)
class Piece:
    """A text in a box. `style` is a CSS class (`say`, `code`, `way`, `fee`, `get` ...), `x`, `y` its baseline from the box's corner; `full`
    the whole text where it was clipped; a pill has `width`."""

    style: str
    text: str
    x: float
    y: float
    full: str = ""
    width: float = 0.0


@dataclass(slots=True)
class LinkRow:
    """A link's row: `y` its middle from the box's top. `drawn`: a line leads to the target's box, else the row names the target. `full`:
    key and label where they were clipped."""

    link: Link
    y: float
    drawn: bool
    label: str
    key: str
    key_width: float
    target: str
    full: str = ""


@dataclass(slots=True)
class Box:
    """A menu as drawn. `children` stand to its right, in the order of the rows that lead to them."""

    node: MenuNode
    width: float
    title: str
    pieces: list[Piece] = field(default_factory=list)
    rows: list[LinkRow] = field(default_factory=list)
    rule: float = 0.0
    height: float = 0.0
    x: float = 0.0
    y: float = 0.0
    depth: int = 0
    children: list[Box] = field(default_factory=list)

    def all(self) -> Iterable[Box]:
        """This box and all to the right of it."""
        yield self
        for child in self.children:
            yield from child.all()


def _measure(size: float, *, bold: bool = False, mono: bool = False) -> Callable[[str], float]:
    return lambda text: text_width(text, size, bold=bold, mono=mono)


_ID, _SAY, _CODE, _TAG, _LABEL = _measure(13, bold=True), _measure(11), _measure(11, mono=True), _measure(10), _measure(11.5)
_KEY, _TARGET = _measure(10.5, bold=True), _measure(11)
MOST_CODES = 3
"""Codes in a box; where there are more, the last line counts them."""


def natural_width(graph: Graph, node: MenuNode, drawn: set[str]) -> float:
    """How wide a box would be with nothing clipped."""
    rows = []
    for link in node.links:
        target = 0.0 if link.target in drawn else _TARGET(target_text(link, node)) + 12
        rows.append(max(18.0, _KEY(link.key) + 8) + 6 + _LABEL(row_label(link)) + target + 8)
    ways = [_CODE(way_text(graph, number, node)) + 14 for number in range(len(graph.ways_to(node.id)))]
    codes = [_CODE(code) for code in node.codes]
    marks = [_TAG(mark_text(kind.kind, kind.text)) + 12 for kind in node.marks]
    # What is said may wrap and be cut short; it does not make a box wide.
    return max([_ID(node.id), *rows, *ways, *codes, *marks, min(_SAY(node.say), NARROWEST)]) + 2 * PAD


def row_label(link: Link) -> str:
    """What stands beside the key."""
    label = link.label
    if link.when:
        label += f" (when {link.when})"
    return label + (f", then {link.then}" if link.then else "")


def target_text(link: Link, node: MenuNode) -> str:
    """A target as its own file calls it."""
    own = link.target.partition(".")
    return "→ " + (own[2] if own[0] == node.file and own[2] else link.target)


def way_text(graph: Graph, number: int, node: MenuNode) -> str:
    """A way in, and where it goes on."""
    way = graph.ways_to(node.id)[number]
    return way.text + (f", then {way.then}" if way.then else "")


def mark_text(kind: str, text: str) -> str:
    """What a small mark says."""
    return text if kind == "sms" else f"{kind} {text}"


def make_box(graph: Graph, node: MenuNode, width: float, drawn: set[str]) -> Box:
    """A box of `width`, its rows laid out; `drawn` are the targets that a line will lead to."""
    inner = width - 2 * PAD
    box = Box(node, width, clip(node.id, inner, _ID))
    y = TITLE + 4

    def add(style: str, text: str, measure: Callable[[str], float], pill: bool = False) -> None:
        nonlocal y
        shown = clip(text, inner - (14 if pill else 0), measure)
        y += LINE
        full = text if shown != text else ""
        box.pieces.append(Piece(style, shown, PAD + (7 if pill else 0), y - 4, full, measure(shown) + 14 if pill else 0))

    ways = [way_text(graph, number, node) for number in range(len(graph.ways_to(node.id)))]
    for way in ways:
        add("way", way, _CODE, pill=True)
        y += 3
    for line in wrap(node.say, inner, 2, _SAY):
        add("say", line, _SAY)
    if box.pieces and box.pieces[-1].style == "say" and box.pieces[-1].text.endswith("…"):
        box.pieces[-1].full = node.say
    codes = [code for code in node.codes if code not in ways]
    shown = codes if len(codes) <= MOST_CODES else codes[: MOST_CODES - 1]
    for code in shown:
        add("code", code, _CODE)
    if len(codes) > len(shown):
        add("say", f"and {len(codes) - len(shown)} more codes", _SAY)
        box.pieces[-1].full = "\n".join(codes)
    y = _flow_marks(box, inner, y)
    if node.links:
        y += 4
        box.rule = y
        y += 3
        for link in node.links:
            box.rows.append(_row(node, link, y + 9, inner, link.target in drawn))
            y += 18
    box.height = y + 6
    return box


def _flow_marks(box: Box, inner: float, y: float) -> float:
    x = inner
    for mark in box.node.marks:
        text = mark_text(mark.kind, mark.text)
        shown = clip(text, inner - 12, _TAG)
        width = _TAG(shown) + 12
        if x + width > inner:
            x, y = 0.0, y + LINE + 1
        box.pieces.append(Piece(mark.kind, shown, PAD + x + 6, y - 4, text if shown != text else "", width))
        x += width + 5
    return y


def _row(node: MenuNode, link: Link, y: float, inner: float, drawn: bool) -> LinkRow:
    key = clip(link.key, inner * 0.6, _KEY)
    key_width = max(18.0, _KEY(key) + 8)
    target = "" if drawn else clip(target_text(link, node), max(40.0, inner - key_width - 8), _TARGET)
    room = inner - key_width - 6 - (_TARGET(target) + 12 if target else 0)
    label = clip(row_label(link), room, _LABEL) if room > 20 else ""
    whole = row_label(link)
    full = "" if (label, key) == (whole, link.key) else f"{link.key} {whole}".strip()
    return LinkRow(link, y, drawn, label, key, key_width, target, full)
