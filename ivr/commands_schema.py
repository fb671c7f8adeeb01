"""`ivr schema`: the JSON schemas by which an editor completes and checks menus while they are written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.key_notes import FILES
from ivr.catalog.schema import write, written

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    schema = subparsers.add_parser(
        "schema",
        help="JSON schemas of the YAML files, for editors",
        description=(
            "Writes the JSON schema (draft-07) of a kind of file: every key with its meaning, what must be there, which words and\n"
            "patterns a value may have. An editor with a YAML language server then completes keys and marks faults while one writes.\n"
            "A file names its schema in its first line:\n\n"
            "  # yaml-language-server: $schema=../schemas/menus.schema.json"
        ),
        epilog="examples:\n  ivr schema operator\n  ivr schema --output menus/schemas",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    schema.add_argument(
        "name", metavar="NAME", nargs="?", choices=tuple(FILES), help=f"the kind of file: {', '.join(FILES)} (default: menus)"
    )
    schema.add_argument("--output", metavar="DIR", type=Path, help="write files into this folder instead: all kinds, where none is named")
    schema.set_defaults(run=run_schema)


def run_schema(arguments: argparse.Namespace) -> int:
    """Print one schema, or write files."""
    folder: Path | None = arguments.output
    if folder is None:
        sys.stdout.write(written(arguments.name or "menus"))
        return 0
    if folder.exists() and not folder.is_dir():
        print(f"ivr schema: {folder} is no folder; name one to write into", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for name in (arguments.name,) if arguments.name else FILES:
        print(f"wrote {write(name, folder)}")
    return 0
