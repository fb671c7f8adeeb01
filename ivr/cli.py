"""The command line `ivr`: each command is a thin way to what the product does anyway."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from ivr import __version__
from ivr.catalog.faults import NoMenus
from ivr.settings import SettingsError

ALONE = {
    "check": "ivr.commands_check",
    "prompts": "ivr.commands_prompts",
    "releases": "ivr.commands_releases",
    "say": "ivr.commands_say",
}
"""Commands that need neither books nor sound: to load those would take as long as to check a thousand menus."""


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The whole parser, commands of all parts included. `only`: the command that is wanted; where it is one of `ALONE`, its part alone."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="ivr",
        description="One set of YAML menus for USSD, voice calls, SMS and the web.",
        epilog='example:\n  ivr ussd "*111*1*7#" --from 994501110001 --lang en',
        formatter_class=raw,
    )
    parser.add_argument("--version", action="version", version=f"ivr {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    if only in ALONE:
        importlib.import_module(ALONE[only]).add_parsers(subparsers)
    else:
        _add_all(subparsers)
    return parser


def _add_all(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from ivr import (
        commands,
        commands_books,
        commands_care,
        commands_check,
        commands_diff,
        commands_fmt,
        commands_graph,
        commands_outbox,
        commands_preview,
        commands_prompts,
        commands_releases,
        commands_say,
        commands_schema,
        commands_sms,
        commands_switch,
        commands_test,
        commands_usage,
        commands_walk,
    )
    from ivr.catalog import cli_i18n

    commands.add_parsers(subparsers)
    commands_sms.add_parsers(subparsers)
    commands_usage.add_parsers(subparsers)
    commands_switch.add_parsers(subparsers)
    commands_check.add_parsers(subparsers)
    commands_care.add_parsers(subparsers)
    commands_test.add_parsers(subparsers)
    commands_graph.add_parsers(subparsers)
    commands_preview.add_parsers(subparsers)
    commands_diff.add_parsers(subparsers)
    commands_walk.add_parsers(subparsers)
    commands_fmt.add_parsers(subparsers)
    commands_schema.add_parsers(subparsers)
    commands_releases.add_parsers(subparsers)
    commands_books.add_parsers(subparsers)
    commands_outbox.add_parsers(subparsers)
    commands_say.add_parsers(subparsers)
    commands_prompts.add_parsers(subparsers)
    cli_i18n.add_parsers(subparsers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 answered, 1 a fault found, 2 wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = build_parser(given[0] if given else None).parse_args(given)
    # What our format does not show is not gathered either (logging HOWTO, "Optimization"): a fifth of what a line costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(
        level=logging.INFO if parsed.command == "serve" else logging.ERROR, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        return int(parsed.run(parsed))
    except NoMenus as error:
        print(f"{error}\nivr: the menus have faults; `ivr check` lists them", file=sys.stderr)
        return 1
    except SettingsError as error:
        print(f"ivr: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            return 0
        print(f"ivr: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
