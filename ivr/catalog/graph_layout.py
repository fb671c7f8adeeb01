"""Where everything of a drawn graph stands: trees of boxes, a panel a file, panels packed on one sheet. Lengths are pixels.

A file's menus are a forest: from each menu that is entered from outside, breadth first. A link of that forest is a line from the row of
its choice to the box it leads to; any other link is a row that names its target, so that no line crosses the sheet.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.catalog.graph import Graph
from ivr.catalog.graph_boxes import NARROWEST, WIDEST, Box, make_box, natural_width
from ivr.catalog.graph_measure import text_width

GUTTER = 46.0
GAP = 12.0
PANEL_TITLE = 30.0
PANEL_PAD = 14.0
TALLEST = (640.0, 900.0, 1250.0, 1750.0, 2450.0, 3400.0)
"""Heights that a tree or a column of trees may have before it is taken apart; the best of them is taken."""
SHAPE = math.sqrt(2)
"""Width by height of the sheet, as of ISO 216 paper on its side."""


@dataclass(slots=True)
class Panel:
    """A file's frame. `boxes` stand at sheet positions once the sheet is packed."""

    file: str
    title: str
    boxes: list[Box]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Sheet:
    """All of it: panels (one without a title where a neighbourhood is drawn), and the size."""

    panels: list[Panel]
    width: float
    height: float


# -- trees


def forest(graph: Graph, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Roots, and the parent of every other menu: breadth first within `names`, from the menus that are entered from outside."""
    inside = set(names)
    targets: dict[str, list[str]] = {name: [link.target for link in graph.nodes[name].links if link.target in inside] for name in names}
    dialled = [way.go for way in graph.ways if way.channel == "ussd"]
    others = [way.go for way in graph.ways if way.channel != "ussd"]
    led_to = [link.target for link in graph.links() if link.source not in inside]
    heads = [name for name in dict.fromkeys([*dialled, *led_to, *others, *names]) if name in inside]
    roots: list[str] = []
    parents: dict[str, str] = {}
    seen: set[str] = set()
    for head in heads:
        if head in seen:
            continue
        roots.append(head)
        seen.add(head)
        waiting = deque([head])
        while waiting:
            name = waiting.popleft()
            for target in targets[name]:
                if target not in seen:
                    seen.add(target)
                    parents[target] = name
                    waiting.append(target)
    # A menu that was taken for a root may hang below one that came later.
    for root in list(roots[1:]):
        above = next((name for name in names if root in targets[name] and name not in _below(root, parents)), None)
        if above is not None and not any(way.go == root and way.channel == "ussd" for way in graph.ways):
            parents[root] = above
            roots.remove(root)
    return roots, parents


def _below(root: str, parents: Mapping[str, str]) -> set[str]:
    found = {root}
    grown = True
    while grown:
        more = {name for name, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def trees(graph: Graph, roots: Sequence[str], parents: Mapping[str, str], tallest: float) -> list[Box]:
    """The trees laid out, each from its own corner (0, 0). What is taller than `tallest` is taken apart at its largest branches."""
    children: dict[str, list[str]] = {}
    for name in graph.nodes:
        for target in dict.fromkeys(link.target for link in graph.nodes[name].links):
            if parents.get(target) == name:
                children.setdefault(name, []).append(target)
    waiting, done = list(roots), []
    while waiting:
        root = waiting.pop(0)
        box = _tree(graph, root, children)
        while _extent(box)[1] > tallest:
            branch = _branch(box, tallest)
            if branch is None:
                break
            parent, name = branch
            children[parent] = [child for child in children[parent] if child != name]
            waiting.insert(0, name)
            box = _tree(graph, root, children)
        done.append(box)
    order = {name: number for number, name in enumerate(graph.nodes)}
    first = {root: number for number, root in enumerate(roots)}
    return sorted(done, key=lambda box: (first.get(box.node.id, len(first)), order[box.node.id]))


def _branch(box: Box, tallest: float) -> tuple[str, str] | None:
    """The branch to take off: the largest that is no more than a sheet's height, with more than one menu."""
    branches = [
        (min(_extent(child)[1], tallest), -child.depth, parent.node.id, child.node.id)
        for parent in box.all()
        for child in parent.children
        if child.children
    ]
    return max(branches)[2:] if branches else None


def _tree(graph: Graph, root: str, children: Mapping[str, list[str]]) -> Box:
    columns: list[list[str]] = [[root]]
    while columns[-1]:
        columns.append([child for name in columns[-1] for child in children.get(name, ())])
    widths = [
        min(WIDEST, max(NARROWEST, *(natural_width(graph, graph.nodes[name], set(children.get(name, ()))) for name in column)))
        for column in columns[:-1]
    ]

    def build(name: str, depth: int) -> Box:
        below = children.get(name, [])
        box = make_box(graph, graph.nodes[name], widths[depth], set(below))
        box.depth = depth
        box.children = [build(child, depth + 1) for child in below]
        return box

    box = build(root, 0)
    place_tree(box, 0.0, 0.0)
    return box


def place_tree(box: Box, x: float, y: float) -> float:
    """Put `box` and its children below (x, y); gives the height they take."""
    box.x = x
    inner = sum(_tall(child) for child in box.children) + GAP * max(0, len(box.children) - 1)
    whole = max(box.height, inner)
    box.y = y + (whole - box.height) / 2
    top = y + (whole - inner) / 2
    for child in box.children:
        top += place_tree(child, x + box.width + GUTTER, top) + GAP
    return whole


def _tall(box: Box) -> float:
    return max(box.height, sum(map(_tall, box.children)) + GAP * max(0, len(box.children) - 1))


def _extent(box: Box) -> tuple[float, float]:
    """Width and height of a tree."""
    boxes = list(box.all())
    left, top = min(one.x for one in boxes), min(one.y for one in boxes)
    return max(one.x + one.width for one in boxes) - left, max(one.y + one.height for one in boxes) - top


# -- the sheet


def lay_out(graph: Graph) -> Sheet:
    """The sheet of a whole graph, a panel a file; those with ways in first. Of several heights for a column, the best shape wins."""
    sheets = [_sheet(graph, tallest) for tallest in TALLEST]
    return min(sheets, key=lambda sheet: _waste(sheet.width, sheet.height))


def _waste(width: float, height: float) -> float:
    """The area of a sheet of the wanted shape that holds this one, more or less: some emptiness is better than a ribbon."""
    shape = max(width, 1.0) / max(height, 1.0) / SHAPE
    return width * height * math.pow(max(shape, 1 / shape), 0.8)


def _sheet(graph: Graph, tallest: float) -> Sheet:
    files: dict[str, list[str]] = {}
    for name, node in graph.nodes.items():
        files.setdefault(node.file, []).append(name)
    entered = {way.go for way in graph.ways}
    panels = []
    for file, names in sorted(files.items(), key=lambda item: not entered & set(item[1])):
        roots, parents = forest(graph, names)
        panels.append(_panel(file, graph.nodes[names[0]].serves, trees(graph, roots, parents, tallest), tallest))
    width, height = pack(panels)
    return Sheet(panels, width, height)


def _panel(file: str, serves: str, blocks: list[Box], tallest: float) -> Panel:
    x = y = 0.0
    column = total = 0.0
    for box in blocks:
        width, height = _extent(box)
        if y and y + height > tallest:
            x, y, column = x + column + GUTTER, 0.0, 0.0
        shift_x, shift_y = x - min(one.x for one in box.all()), y - min(one.y for one in box.all())
        for one in box.all():
            one.x += shift_x
            one.y += shift_y
        y += height + GAP * 2
        column, total = max(column, width), max(total, y - GAP * 2)
    title = f"{file}.yaml" + ("" if serves == "everyone" else f", serves {serves}")
    least = text_width(title, 15, bold=True) + 2 * PANEL_PAD
    boxes = [one for box in blocks for one in box.all()]
    return Panel(file, title, boxes, max(least, x + column + 2 * PANEL_PAD), total + PANEL_TITLE + 2 * PANEL_PAD)


def pack(panels: list[Panel]) -> tuple[float, float]:
    """Put the panels on a sheet of about the shape of paper; gives its width and height."""
    order = sorted(panels, key=lambda panel: -panel.height)
    widest, whole = max((panel.width for panel in panels), default=0.0), sum(panel.width + GAP for panel in panels)
    best: tuple[float, list[tuple[float, float]], float, float] | None = None
    for step in range(41):
        spots, width, height = _skyline(order, widest + (whole - widest) * step / 40)
        score = _waste(width, height)
        if best is None or score < best[0] - 1:
            best = (score, spots, width, height)
    if best is None:
        return 0.0, 0.0
    for panel, (x, y) in zip(order, best[1], strict=True):
        panel.x, panel.y = x, y
        for box in panel.boxes:
            box.x += x + PANEL_PAD
            box.y += y + PANEL_PAD + PANEL_TITLE
    return best[2], best[3]


def _skyline(panels: Sequence[Panel], width: float) -> tuple[list[tuple[float, float]], float, float]:
    """Each panel as high up as it goes, then as far left."""
    spots: list[tuple[float, float]] = []
    placed: list[tuple[float, float, float, float]] = []
    for panel in panels:
        options = []
        for x in sorted({0.0, *(left + wide + GAP for left, _, wide, _ in placed)}):
            if x + panel.width <= width + 0.5:
                over = [top + tall + GAP for left, top, wide, tall in placed if left < x + panel.width + GAP and x < left + wide + GAP]
                options.append((max(over, default=0.0), x))
        y, x = min(options)
        spots.append((x, y))
        placed.append((x, y, panel.width, panel.height))
    return (
        spots,
        max((x + wide for x, _, wide, _ in placed), default=0.0),
        max((y + tall for _, y, _, tall in placed), default=0.0),
    )
