"""A graph as one SVG picture: nothing is fetched, no script, light or dark as the viewer has it, every target a link within the picture."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from ivr.catalog.graph import Graph
from ivr.catalog.graph_around import lay_out_around
from ivr.catalog.graph_boxes import PAD, TITLE, Box, LinkRow, Piece
from ivr.catalog.graph_layout import PANEL_PAD, PANEL_TITLE, Panel, Sheet, lay_out
from ivr.catalog.graph_measure import text_width

MARGIN = 24.0
HEAD = 92.0
"""Height of the title and the legend."""
LEAST_WIDTH = 880.0
_HUES = (212, 150, 28, 282, 0, 184, 48, 322, 246, 100)
"""A hue for each file, in degrees; the eleventh file begins again."""
_MARKS = {"fee": 38, "get": 190, "do": 345, "ask": 265, "connect": 130, "sms": 90, "switch": 220}
_LEGEND_LINES = (
    ("choice", "a key is pressed"),
    ("item", "an item of a list"),
    ("then", "goes on by itself"),
    ("outcome", "another outcome"),
    ("tries", "silence or wrong keys"),
)


def svg(graph: Graph) -> str:
    """The whole picture as a text of UTF-8 XML."""
    sheet = lay_out_around(graph, graph.focus) if graph.focus is not None else lay_out(graph)
    files = list(dict.fromkeys(panel.file for panel in sheet.panels)) if graph.focus is None else _files(graph)
    hues = {file: number % len(_HUES) for number, file in enumerate(sorted(files))}
    width = max(sheet.width, LEAST_WIDTH) + 2 * MARGIN
    height = sheet.height + HEAD + 2 * MARGIN
    return "\n".join(_lines(graph, sheet, hues, width, height)) + "\n"


def _files(graph: Graph) -> list[str]:
    return list(
        dict.fromkeys(
            [
                *(node.file for node in graph.nodes.values()),
                *(link.target.partition(".")[0] for node in graph.nodes.values() for link in node.links if not link.leaves),
            ]
        )
    )


def _lines(graph: Graph, sheet: Sheet, hues: Mapping[str, int], width: float, height: float) -> Iterator[str]:
    what = f"the neighbourhood of {graph.focus}" if graph.focus else f"{len(graph.nodes)} menus"
    title = f"{graph.title}: {what}"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        ' role="img" aria-labelledby="title">'
    )
    yield f'<title id="title">{escape(_clean(title))}</title>'
    yield f"<style>{_style()}</style>"
    yield f'<rect class="sheet" width="{width:.0f}" height="{height:.0f}"/>'
    yield from _head(title, graph.release, width)
    yield f'<g transform="translate({MARGIN:.0f} {HEAD + MARGIN:.0f})">'
    for panel in sheet.panels:
        yield from _panel(graph, panel, hues)
    yield "</g>"
    yield "</svg>"


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(character if character >= " " and character not in "\ufffe\uffff" else " " for character in text)


def _text(style: str, x: float, y: float, text: str, full: str = "") -> str:
    hint = f"<title>{escape(_clean(full))}</title>" if full else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{hint}{escape(_clean(text))}</text>'


def _pill(style: str, x: float, y: float, width: float) -> str:
    return f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="15" rx="7.5"/>'


def _head(title: str, release: str, width: float) -> Iterator[str]:
    yield _text("head", MARGIN, MARGIN + 16, title)
    if release:
        yield f'<text class="release" x="{width - MARGIN:.1f}" y="{MARGIN + 16:.1f}" text-anchor="end">release {escape(release)}</text>'
    x, y = MARGIN, MARGIN + 44
    for kind, words in _LEGEND_LINES:
        yield f'<path class="link {kind}" d="M{x:.1f} {y - 4:.1f}h34"/>'
        yield _text("legend", x + 40, y, words)
        x += 40 + text_width(words, 11) + 18
    x, y = MARGIN, MARGIN + 66
    samples = (
        ("code", "*111*1#", "direct dial"),
        ("way", "call 2112", "way in"),
        ("fee", "fee", "charged"),
        ("get", "get", "looks up"),
        ("do", "do", "changes"),
        ("ask", "ask", "asks"),
    )
    for style, sample, words in samples:
        sized = text_width(sample, 10 if style not in ("code", "way") else 11, mono=style in ("code", "way"))
        if style == "code":
            yield _text("code", x, y, sample)
        else:
            yield _pill(f"pill {style}", x, y - 11, sized + 12)
            yield _text(f"in {style}", x + 6, y, sample)
            sized += 12
        yield _text("legend", x + sized + 6, y, words)
        x += sized + 6 + text_width(words, 11) + 18
    yield _text("target", x, y, "→ menu")
    yield _text("legend", x + text_width("→ menu", 11) + 6, y, "leads there")


def _panel(graph: Graph, panel: Panel, hues: Mapping[str, int]) -> Iterator[str]:
    if panel.file:
        hue = hues[panel.file]
        yield f"<g id={quoteattr('file-' + panel.file)}>"
        size = f'x="{panel.x:.1f}" y="{panel.y:.1f}" width="{panel.width:.1f}" height="{panel.height:.1f}"'
        yield f'<rect class="panel h{hue}" {size} rx="10"/>'
        yield _text(f"panel-title h{hue}", panel.x + PANEL_PAD, panel.y + PANEL_PAD + PANEL_TITLE / 2, panel.title)
    else:
        yield "<g>"
    boxes = {box.node.id: box for box in panel.boxes}
    for box in panel.boxes:
        for row in box.rows:
            if row.drawn and row.link.target in boxes:
                yield _connector(box, row, boxes[row.link.target], hues[box.node.file])
    for box in panel.boxes:
        yield from _box(graph, box, hues)
    yield "</g>"


def _connector(box: Box, row: LinkRow, target: Box, hue: int) -> str:
    x, y = box.x + box.width, box.y + row.y
    to_x, to_y = target.x, target.y + TITLE / 2
    bend = max(18.0, (to_x - x) / 2)
    curve = f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x - 5:.1f} {to_y:.1f}"
    return f'<path class="link {row.link.kind} h{hue}" d="{curve}"/><path class="tip h{hue}" d="M{to_x:.1f} {to_y:.1f}l-7 -3.6v7.2z"/>'


def _box(graph: Graph, box: Box, hues: Mapping[str, int]) -> Iterator[str]:
    hue, node = hues[box.node.file], box.node
    focus = " focus" if node.id == graph.focus else ""
    yield f'<g id={quoteattr("menu-" + node.id)} class="menu{focus}" transform="translate({box.x:.1f} {box.y:.1f})">'
    yield f"<title>{escape(_clean(', '.join(filter(None, (node.id, node.place)))))}</title>"
    yield f'<rect class="box h{hue}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"/>'
    yield f'<path class="strip h{hue}" d="M0 {TITLE:.0f}V6a6 6 0 0 1 6 -6H{box.width - 6:.1f}a6 6 0 0 1 6 6V{TITLE:.0f}z"/>'
    yield _text("id", PAD, 15.5, box.title, node.id if box.title != node.id else "")
    for piece in box.pieces:
        yield from _piece(piece)
    if box.rows:
        yield f'<path class="rule" d="M{PAD} {box.rule:.1f}H{box.width - PAD:.1f}"/>'
    for row in box.rows:
        yield from _row(graph, box, row, hues)
    yield "</g>"


def _piece(piece: Piece) -> Iterator[str]:
    if not piece.width:
        yield _text(piece.style, piece.x, piece.y, piece.text, piece.full)
        return
    left = piece.x - (7 if piece.style == "way" else 6)
    yield _pill(f"pill {piece.style}", left, piece.y - 11, piece.width)
    yield _text(f"in {piece.style}", piece.x, piece.y, piece.text, piece.full)


def _row(graph: Graph, box: Box, row: LinkRow, hues: Mapping[str, int]) -> Iterator[str]:
    y = row.y
    yield f'<rect class="key {row.link.kind}" x="{PAD:.1f}" y="{y - 7.5:.1f}" width="{row.key_width:.1f}" height="15" rx="3.5"/>'
    yield f'<text class="keytext" x="{PAD + row.key_width / 2:.1f}" y="{y + 3.8:.1f}" text-anchor="middle">{escape(_clean(row.key))}</text>'
    if row.label:
        yield _text("label", PAD + row.key_width + 6, y + 4, row.label, row.full)
    if row.drawn:
        yield f'<circle class="port h{hues[box.node.file]}" cx="{box.width:.1f}" cy="{y:.1f}" r="2.6"/>'
        return
    hue = hues.get(row.link.target.partition(".")[0])
    style = "target" + (f" h{hue}" if hue is not None and not row.link.leaves else "")
    text = (
        f'<text class="{style}" x="{box.width - PAD:.1f}" y="{y + 4:.1f}" text-anchor="end">'
        f"<title>{escape(row.link.target)}</title>{escape(_clean(row.target))}</text>"
    )
    yield f"<a href={quoteattr('#menu-' + row.link.target)}>{text}</a>" if row.link.target in graph.nodes else text


def _hex(hue: int, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _style() -> str:
    fixed = (
        "text{font-family:'DejaVu Sans',Verdana,Arial,'Liberation Sans',sans-serif}"
        ".head{font-size:20px;font-weight:bold}.release,.legend{font-size:11px}"
        ".panel-title{font-size:15px;font-weight:bold}.id{font-size:13px;font-weight:bold}"
        ".say{font-size:11px;font-style:italic}.label{font-size:11.5px}.target{font-size:11px}"
        ".code,.in.way{font-family:'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace;font-size:11px}"
        ".code{font-weight:bold}.in{font-size:10px}.keytext{font-size:10.5px;font-weight:bold}"
        ".box{stroke-width:1.2}.panel{stroke-width:1;stroke-opacity:.5}.link{fill:none;stroke-width:1.5}"
        ".link.then{stroke-width:2.6}.link.item{stroke-dasharray:10 3 2 3}.link.outcome{stroke-dasharray:6 4}"
        ".link.tries{stroke-dasharray:1.5 3.5;stroke-linecap:round}.key{stroke-width:1}.key.outcome{stroke-dasharray:3 2}"
        ".key.tries{stroke-dasharray:1.2 2.4}.key.then{stroke-width:2}.rule{stroke-width:1;fill:none}"
        "a:hover text{text-decoration:underline}.menu.focus .box,.menu:target .box{stroke-width:3.5}"
    )
    return fixed + _theme(False) + "@media (prefers-color-scheme:dark){" + _theme(True) + "}"


def _theme(dark: bool) -> str:
    ink, quiet, paper, box, line = (
        ("#e8eaed", "#a9b0b8", "#15181c", "#1f2429", "#5b646e") if dark else ("#1c2126", "#5a636d", "#ffffff", "#ffffff", "#8b959f")
    )
    rules = [
        f".sheet{{fill:{paper}}}text{{fill:{ink}}}.say,.legend,.release{{fill:{quiet}}}.box{{fill:{box};stroke:{line}}}",
        f".link,.rule,.key{{stroke:{line}}}.rule{{stroke-opacity:.45}}.key{{fill:{'#2b3138' if dark else '#f1f3f5'}}}",
        f".target{{fill:{quiet}}}.pill.way{{fill:{ink}}}.in.way{{fill:{paper}}}",
    ]
    for name, hue in _MARKS.items():
        rules.append(f".pill.{name}{{fill:{_hex(hue, 0.2 if dark else 0.93, 0.45 if dark else 0.85)}}}")
        rules.append(f".in.{name}{{fill:{_hex(hue, 0.8 if dark else 0.24, 0.7)}}}")
    for number, hue in enumerate(_HUES):
        strong, light, faint = (
            (_hex(hue, 0.66, 0.6), _hex(hue, 0.27, 0.4), _hex(hue, 0.12, 0.25))
            if dark
            else (_hex(hue, 0.36, 0.6), _hex(hue, 0.88, 0.6), _hex(hue, 0.97, 0.5))
        )
        rules.append(f".panel.h{number}{{fill:{faint};stroke:{strong}}}.box.h{number},.link.h{number}{{stroke:{strong}}}")
        rules.append(f".strip.h{number}{{fill:{light}}}.tip.h{number},.port.h{number},text.h{number}{{fill:{strong}}}")
    return "".join(rules)
