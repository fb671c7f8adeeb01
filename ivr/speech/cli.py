"""`ivr prompts`: the prompt library on the command line. What needs sound is loaded when there is something to do: `cli_actions`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.settings import ROOT
from ivr.speech import spell
from ivr.speech.settings import NAMES
from ivr.speech.unchanged import LastBuild, inputs

if TYPE_CHECKING:
    from ivr.speech.inventory import OperatorSpeech
    from ivr.speech.script import Line

CURRENCIES = ("AZN", "TJS")
"""Currencies whose amounts are readied where no operator says which are his, and shipped."""

_BUILD_HELP = """\
examples:
  ivr prompts build                                what is missing or changed: what is shipped, else by a voice
  ivr prompts build --engine gtts --language ru    Russian anew by gTTS (needs the internet)
"""


def add_parsers(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    fixed: Callable[[], Iterable[tuple[str, str]]] = tuple,
    lines: Callable[[], Iterable[Line]] = tuple,
    operators: Callable[[], Iterable[OperatorSpeech]] | None = None,
    menus: Callable[[], Iterable[Path]] = tuple,
) -> None:
    """Add `prompts` to the command line. `fixed` gives the menus' fixed words as (language, text), `lines` the same with where they
    stand, `operators` how each operator's calls say values (default: every language, `CURRENCIES`), `menus` the folders all of it
    comes from. All are asked only when needed."""
    raw = argparse.RawDescriptionHelpFormatter
    prompts = subparsers.add_parser("prompts", help="the recorded and synthesised prompts", epilog=_BUILD_HELP, formatter_class=raw)
    actions = prompts.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="make what is missing or changed", epilog=_BUILD_HELP, formatter_class=raw)
    build.add_argument("--engine", choices=NAMES, help="speak with this voice, also what another voice spoke before")
    status = actions.add_parser(
        "status",
        help="how complete the prompts are, and what is wrong with a recording",
        description="Coverage by language and voice; what is missing, stale, or recorded clipped, too quiet, noisy or wrongly long.",
        epilog="example:\n  ivr prompts status --language az --json",
        formatter_class=raw,
    )
    status.add_argument("--json", action="store_true", help="as one JSON object")
    script = actions.add_parser(
        "script",
        help="what a speaker reads: id (the file's name), words, context, intonation",
        epilog="examples:\n  ivr prompts script --lang az --format html > az.html     to print and read from\n"
        "  ivr prompts script --lang az --voice leyla > left.csv    what leyla has not recorded yet",
        formatter_class=raw,
    )
    script.add_argument("--format", choices=("csv", "html"), default="csv", help="csv (the default), or a page to print")
    script.add_argument("--voice", metavar="NAME", help="only what is not in prompts/LANGUAGE/NAME/ yet")
    for action, run in ((build, run_build), (status, run_status), (script, run_script)):
        action.add_argument(
            "--language", "--lang", action="append", choices=tuple(spell.LANGUAGES), help="only this language; may be repeated"
        )
        action.add_argument(
            "--recordings", type=Path, default=ROOT / "prompts", help="the folder LANGUAGE/VOICE/ID.wav (default: prompts/)"
        )
        action.add_argument("--cache", type=Path, help="where ready prompts are kept (default: cache/ in the recordings' folder)")
        action.set_defaults(run=run, fixed=fixed, lines=lines, operators=operators, menus=menus)


def run_build(args: argparse.Namespace) -> int:
    """`ivr prompts build`: 0 when every prompt is ready, 1 where one is not, 2 for wrong usage."""
    began = time.monotonic()
    recordings = args.recordings.resolve()
    cache = recordings / "cache" if args.cache is None else args.cache.resolve()
    last = LastBuild(cache)
    asked = (str(recordings), str(cache), *(args.language or ()))
    given = inputs(asked, args.menus(), recordings, cache, os.environ)
    ready = None if args.engine else last.ready(given)
    if ready is not None:
        print(f"prompts: 0 made, {ready} were ready, 0 failed, {time.monotonic() - began:.1f} s")
        return 0
    from ivr.speech.cli_actions import build

    return build(args, last, given)


def run_status(args: argparse.Namespace) -> int:
    """`ivr prompts status`: 0 when every prompt is ready and nothing is wrong with a recording, 1 where not, 2 for wrong usage."""
    from ivr.speech.cli_actions import show_status

    return show_status(args)


def run_script(args: argparse.Namespace) -> int:
    """`ivr prompts script`: every prompt to record, as CSV or as a page. 2 for wrong usage: a voice's name that cannot be a folder's."""
    from ivr.speech.cli_actions import write_script

    return write_script(args)
