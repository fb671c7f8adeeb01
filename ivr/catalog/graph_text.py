"""A graph for other tools: Graphviz' dot (https://graphviz.org/doc/info/lang.html) and Mermaid's flowchart, as Markdown pages show it.

Both draw every link between menus; choices that lead back, home or to the end are keys of the menu and no links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ivr.catalog.graph import Graph, Link, MenuNode

_DOT_STYLES = {"choice": "solid", "item": "solid", "then": "bold", "outcome": "dashed", "tries": "dotted"}
_ARROWS = {"choice": "-->", "item": "-->", "then": "==>", "outcome": "-.->", "tries": "-.->"}
_DOT_FILLS = ("#dbe7f5", "#d8f0e3", "#f5e3d3", "#ebdcf5", "#f7dada", "#d5eff0", "#f3ecd0", "#f5dcee", "#dedff6", "#e4f0d4")
_PLAIN = " .,:;!?()'/_=…→{}"
_LONGEST = 44
"""Characters of what a menu says, in its box."""


def dot(graph: Graph) -> str:
    """The graph in dot, a cluster a file."""
    return "\n".join(_dot_lines(graph)) + "\n"


def _dot_lines(graph: Graph) -> Iterator[str]:
    yield f"digraph {_dot_text(graph.operator)} {{"
    yield f"  graph [label={_dot_text(_title(graph))}, labelloc=t, rankdir=LR, fontname=Helvetica];"
    yield "  node [shape=box, style=filled, fillcolor=white, fontname=Helvetica, fontsize=10];"
    yield "  edge [fontname=Helvetica, fontsize=9];"
    for number, (file, nodes) in enumerate(_files(graph).items()):
        yield f"  subgraph {_dot_text('cluster_' + file)} {{"
        yield f'    label={_dot_text(file + ".yaml")}; style=filled; color="{_DOT_FILLS[number % len(_DOT_FILLS)]}";'
        for node in nodes:
            extra = ", penwidth=3" if node.id == graph.focus else ""
            yield f"    {_dot_text(node.id)} [label={_dot_text(chr(10).join(node_lines(node)))}{extra}];"
        yield "  }"
    for number, way in enumerate(graph.ways, 1):
        yield f"  {_dot_text(f'way {number}')} [label={_dot_text(way.text)}, shape=cds, fillcolor=black, fontcolor=white];"
        yield f"  {_dot_text(f'way {number}')} -> {_dot_text(way.go)};"
        if way.then in graph.nodes:
            yield f'  {_dot_text(f"way {number}")} -> {_dot_text(str(way.then))} [label="then", style=bold];'
    for link in graph.links():
        yield (
            f"  {_dot_text(link.source)} -> {_dot_text(link.target)} [label={_dot_text(link_text(link))}, style={_DOT_STYLES[link.kind]}];"
        )
    yield "}"


def _dot_text(text: str) -> str:
    """A quoted string of dot. A backslash begins an escape there, and a line break is written as one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n").replace("\0", " ") + '"'


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart, a subgraph a file."""
    return "\n".join(_mermaid_lines(graph)) + "\n"


def _mermaid_lines(graph: Graph) -> Iterator[str]:
    names = mermaid_names(graph)
    yield "flowchart LR"
    for number, (file, nodes) in enumerate(_files(graph).items()):
        yield f"  subgraph file{number}[{_mermaid_text(file + '.yaml')}]"
        for node in nodes:
            lines = "<br/>".join(_escaped(line) for line in node_lines(node))
            yield f'    {names[node.id]}["{lines}"]'
        yield "  end"
    for number, way in enumerate(graph.ways, 1):
        yield f"  way{number}([{_mermaid_text(way.text)}]) --> {names[way.go]}"
        if way.then in graph.nodes:
            yield f'  way{number} ==>|"then"| {names[str(way.then)]}'
    for link in graph.links():
        yield f"  {names[link.source]} {_ARROWS[link.kind]}|{_mermaid_text(link_text(link))}| {names[link.target]}"
    if graph.focus is not None:
        yield f"  style {names[graph.focus]} stroke-width:4px"


def mermaid_names(graph: Graph) -> dict[str, str]:
    """What menus are called in the flowchart: a word such as `end` in a name would end a subgraph there, so they are numbered."""
    return {name: f"m{number}" for number, name in enumerate(graph.nodes, 1)}


def _mermaid_text(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Text within Mermaid's quotes: signs that mean something to it, to HTML or to Markdown are written by their numbers."""
    flat = " ".join(text.split())
    number = re.match(r"[0-9]+(?=[.)] )", flat)  # Markdown would make a list of it
    head = "" if number is None else f"{number.group()}#{ord(flat[number.end()])};"
    rest = flat if number is None else flat[number.end() + 1 :]
    return head + "".join(character if character.isalnum() or character in _PLAIN else f"#{ord(character)};" for character in rest)


def node_lines(node: MenuNode) -> list[str]:
    """What a box says: id, first words, codes, marks."""
    words = node.say if len(node.say) <= _LONGEST else node.say[: _LONGEST - 1].rstrip() + "…"
    marks = [f"{mark.kind} {mark.text}" for mark in node.marks if mark.kind in ("fee", "get", "do", "connect")]
    return [line for line in (node.id, words, " ".join(node.codes[:3]), *marks) if line]


def link_text(link: Link) -> str:
    """What stands at a link: key and label."""
    label = f"{link.key} {link.label}".strip()
    label += f" (when {link.when})" if link.when else ""
    return label + (f", then {link.then}" if link.then else "")


def _files(graph: Graph) -> Mapping[str, list[MenuNode]]:
    files: dict[str, list[MenuNode]] = {}
    for node in graph.nodes.values():
        files.setdefault(node.file, []).append(node)
    return files


def _title(graph: Graph) -> str:
    return f"{graph.title}: the neighbourhood of {graph.focus}" if graph.focus else f"{graph.title}: {len(graph.nodes)} menus"
