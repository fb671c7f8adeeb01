"""`ivr graph`: the menus as a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import suggest
from ivr.catalog.folders import FolderError, operator_folder
from ivr.catalog.graph import Graph, graph_of, neighbourhood
from ivr.settings import Settings

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

DEEPEST = 20


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    graph = subparsers.add_parser(
        "graph",
        help="the menus as a picture",
        description=(
            "Draws an operator's menus: what each says, the code that leads straight to it (*111*1*7#), fees, services, and every way on.\n"
            "SVG opens in any browser and prints on one sheet; dot is for Graphviz, mermaid for Markdown pages."
        ),
        epilog=(
            "examples:\n  ivr graph --output menus.svg\n  ivr graph --menu prepaid.balance --depth 2 --output balance.svg\n"
            "  ivr graph menus/azercell --format mermaid"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    graph.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="the menu folder, or one operator's (default: menus/)")
    graph.add_argument("--operator", metavar="NAME", help="which one, where the folder has several (default: IVR_OPERATOR)")
    graph.add_argument("--format", choices=("svg", "dot", "mermaid"), default="svg", help="default svg")
    graph.add_argument("--menu", metavar="ID", help="this menu and its neighbours only: prepaid.balance")
    graph.add_argument(
        "--depth", metavar="N", type=_depth, help=f"neighbours so many steps away, with --menu (default 1, at most {DEEPEST})"
    )
    graph.add_argument("--output", metavar="FILE", type=Path, help="write there instead of printing")
    graph.set_defaults(run=run_graph)


def _depth(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= DEEPEST):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of steps from 0 to {DEEPEST}")
    return int(text)


def run_graph(arguments: argparse.Namespace) -> int:
    """Draw and print, or write."""
    from ivr.house import locales_of

    output: Path | None = arguments.output
    if arguments.depth is not None and arguments.menu is None:
        return _usage("--depth counts from a menu: name it with --menu")
    if output is not None and (output.is_dir() or not output.absolute().parent.is_dir()):
        return _usage(f"{output} cannot be written: there is no such folder, or it is one")
    settings = Settings.from_environment()
    try:
        folder = operator_folder(arguments.folder or settings.menus, arguments.operator, settings.operator)
    except FolderError as error:
        return _usage(str(error))
    compiled = compile_operator(folder, locales_of(folder.parent))
    if compiled.model is None:
        for fault in compiled.errors:
            print(fault, file=sys.stderr)
        print("ivr graph: the menus have faults, so there is nothing to draw yet", file=sys.stderr)
        return 1
    graph = graph_of(compiled.model)
    if arguments.menu is not None:
        menu = _menu_named(graph, arguments.menu)
        if menu is None:
            return _usage(f'there is no menu "{arguments.menu}"{suggest(arguments.menu, graph.nodes)}')
        graph = neighbourhood(graph, menu, 1 if arguments.depth is None else arguments.depth)
    drawn = drawing(graph, arguments.format)
    if output is None:
        print(drawn, end="")
    else:
        output.write_text(drawn, encoding="utf-8")
    return 0


def drawing(graph: Graph, form: str) -> str:
    """The graph as `svg`, `dot` or `mermaid`."""
    from ivr.catalog import graph_svg, graph_text

    return {"svg": graph_svg.svg, "dot": graph_text.dot, "mermaid": graph_text.mermaid}[form](graph)


def _menu_named(graph: Graph, name: str) -> str | None:
    """The menu's id; its own name is enough where only one file has it."""
    if name in graph.nodes:
        return name
    same = [menu for menu in graph.nodes if menu.partition(".")[2] == name]
    return same[0] if len(same) == 1 else None


def _usage(message: str) -> int:
    print(f"ivr graph: {message}", file=sys.stderr)
    return 2
