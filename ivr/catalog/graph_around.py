"""The neighbourhood of one menu as a sheet: what leads to it stands to its left, what it leads to on its right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ivr.catalog.graph import Graph
from ivr.catalog.graph_boxes import NARROWEST, WIDEST, Box, make_box, natural_width
from ivr.catalog.graph_layout import Panel, Sheet, place_tree


def lay_out_around(graph: Graph, focus: str) -> Sheet:
    """The sheet of `graph`, all of whose menus lie before or behind `focus`."""
    sources: dict[str, list[str]] = {}
    for link in graph.links():
        sources.setdefault(link.target, []).append(link.source)
    behind = _spanning(focus, lambda name: [link.target for link in graph.nodes[name].links if link.target in graph.nodes], set())
    before = _spanning(focus, lambda name: sources.get(name, []), set(behind))
    right = _side(graph, focus, behind, before=False)
    left = _side(graph, focus, before, before=True)
    # The menu itself is made with its links to the right; the left side gives only the boxes around it.
    shift = right.y + right.height / 2 - (left.y + left.height / 2)
    others = [box for box in left.all() if box is not left]
    for box in others:
        box.x = left.width - box.x - box.width
        box.y += shift
    boxes = [*right.all(), *others]
    corner_x, corner_y = min(box.x for box in boxes), min(box.y for box in boxes)
    for box in boxes:
        box.x -= corner_x
        box.y -= corner_y
    width, height = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    return Sheet([Panel("", "", boxes, width, height)], width, height)


def _spanning(focus: str, neighbours: Callable[[str], Iterable[str]], taken: set[str]) -> dict[str, str]:
    """Every menu that is reached and is not `taken`, nearest first, with the one it stands beside: the one it was reached from, or, where
    that is taken, the last one before it that is not."""
    parents: dict[str, str] = {}
    seen = {focus}
    waiting = [(focus, focus)]
    for name, beside in waiting:
        for other in neighbours(name):
            if other in seen:
                continue
            seen.add(other)
            if other not in taken:
                parents[other] = beside
            waiting.append((other, beside if other in taken else other))
    return parents


def _side(graph: Graph, focus: str, parents: Mapping[str, str], *, before: bool) -> Box:
    """The tree of one side as if it grew to the right."""
    children: dict[str, list[str]] = {}
    for name, parent in parents.items():
        children.setdefault(parent, []).append(name)

    def drawn(name: str) -> set[str]:
        if before:
            return {parents[name]} if name in parents else set()
        return set(children.get(name, ()))

    columns = [[focus]]
    while columns[-1]:
        columns.append([child for name in columns[-1] for child in children.get(name, ())])
    widths = [
        min(WIDEST, max(NARROWEST, *(natural_width(graph, graph.nodes[name], drawn(name)) for name in column))) for column in columns[:-1]
    ]

    def build(name: str, depth: int) -> Box:
        box = make_box(graph, graph.nodes[name], widths[depth], drawn(name))
        box.depth = depth
        box.children = [build(child, depth + 1) for child in children.get(name, ())]
        return box

    box = build(focus, 0)
    place_tree(box, 0.0, 0.0)
    return box
