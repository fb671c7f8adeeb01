"""Writes docs/commands.md from the command line's own help, and the picture of the shipped menus: `make docs`.

tests/test_docs.py and tests/tools/test_graph.py fail while they are behind.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "commands.md"
PICTURE = PAGE.with_name("menus-azercell.svg")
HEAD = """# Commands

`.venv/bin/ivr` (also `python -m ivr`). Every command has `--help`, with an example. Exit codes: 0 answered, 1 a fault found, 2 wrong usage;
a refusal by a rule is an answer. What the environment may set is in [settings](settings.md).

<!-- Written by `make docs` from the command line's own help. Change the help, not this page. -->
"""


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser, the program itself first, the nested ones after theirs."""
    yield parser.prog, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            seen: set[int] = set()
            for child in action.choices.values():
                if id(child) not in seen:  # an alias
                    seen.add(id(child))
                    yield from commands(child)


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a command takes, as one types it: option strings and the commands below it; hidden ones are left out."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices
        elif action.help != argparse.SUPPRESS:
            yield from action.option_strings


def page(parser: argparse.ArgumentParser) -> str:
    """The whole page."""
    parts = [HEAD]
    for name, one in commands(parser):
        # Help is wrapped to the terminal's width; the page must not depend on whose that was.
        text = re.sub(r"[ \t]+$", "", one.format_help(), flags=re.MULTILINE).strip()
        parts.append(f"## {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def written() -> str:
    """The page as the command line is now."""
    os.environ.update({"COLUMNS": "120", "NO_COLOR": "1"})
    from ivr.cli import build_parser

    return page(build_parser())


def picture() -> str:
    """The shipped menus as `ivr graph` draws them, but for what changes though the picture does not."""
    from ivr.catalog.compile import compile_operator
    from ivr.catalog.graph import graph_of
    from ivr.catalog.graph_svg import svg

    root = PAGE.parent.parent
    model = compile_operator(root / "menus" / "azercell", root / "locales").model
    if model is None:
        raise SystemExit("docs: the menus have faults; `ivr check` lists them")
    return svg(graph_of(model, traced=False))


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"wrote {PICTURE.name}")
