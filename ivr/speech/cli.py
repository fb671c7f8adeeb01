"""`ivr prompts`: the prompt library on the command line."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from ivr.settings import SettingsError
from ivr.speech import spell
from ivr.speech.inventory import fixed as fixed_units
from ivr.speech.inventory import inventory
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.progress import Bar
from ivr.speech.recordings import KINDS, Recordings
from ivr.speech.script import Line, as_csv, as_html, rows
from ivr.speech.status import Status, status
from ivr.speech.units import Unit, unit
from ivr.speech.voice import NAMES, PROJECT, Engine, by_language, engine, voices_here

CURRENCIES = ("AZN", "TJS")
"""Currencies whose amounts are readied."""

_BUILD_HELP = """\
examples:
  ivr prompts build                                what is missing or changed: what is shipped, else by a voice
  ivr prompts build --engine gtts --language ru    Russian anew by gTTS (needs the internet)
"""


def add_parsers(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    fixed: Callable[[], Iterable[tuple[str, str]]] = tuple,
    lines: Callable[[], Iterable[Line]] = tuple,
) -> None:
    """Add `prompts` to the command line. `fixed` gives the menus' fixed words as (language, text), `lines` the same with where
    they stand; both are asked only when needed."""
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
            "--recordings", type=Path, default=PROJECT / "prompts", help="the folder LANGUAGE/VOICE/ID.wav (default: prompts/)"
        )
        action.add_argument("--cache", type=Path, help="where ready prompts are kept (default: cache/ in the recordings' folder)")
        action.set_defaults(run=run, fixed=fixed, lines=lines)


def _units(args: argparse.Namespace) -> tuple[Unit, ...]:
    """All units of the chosen languages: the slots' and the menus' own words."""
    languages = _languages(args)
    texts = [(language, text) for language, text in args.fixed() if language in languages]
    said = [unit(line.words, line.language, line.final) for line in args.lines() if line.language in languages]
    return tuple({one.id: one for one in (*fixed_units(texts), *said, *inventory(languages, CURRENCIES))}.values())


def _languages(args: argparse.Namespace) -> list[str]:
    return list(dict.fromkeys(args.language or spell.LANGUAGES))


def run_build(args: argparse.Namespace) -> int:
    """`ivr prompts build`: 0 when every prompt is ready, else 1."""
    try:
        voices: dict[str, Engine] = voices_here()
        if args.engine:
            asked = engine(args.engine)
            for language in args.language or ():
                asked.voice(language)
            voices |= by_language([asked])
        library = PromptLibrary(args.recordings, args.cache, voices)
        report = library.build(_units(args), Bar("prompts"), replace=args.engine is not None)
    except (SpeechError, OSError) as error:
        print(f"ivr prompts build: {error}", file=sys.stderr)
        return 1
    for one, reason in report.failed[:20]:
        print(f"{one.language} {one.id}: {reason}", file=sys.stderr)
    if len(report.failed) > 20:
        print(f"and {len(report.failed) - 20} more", file=sys.stderr)
    print(f"prompts: {report.made} made, {report.kept} were ready, {len(report.failed)} failed, {report.seconds:.1f} s")
    return 1 if report.failed else 0


def run_status(args: argparse.Namespace) -> int:
    """`ivr prompts status`: 0 when every prompt is ready and nothing is wrong with a recording, else 1."""
    try:
        library = PromptLibrary(args.recordings, args.cache)
        found = status(library, _units(args), _languages(args))
    except (SpeechError, SettingsError, OSError) as error:
        print(f"ivr prompts status: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(_status_object(found), ensure_ascii=False))
        return 0 if found.complete else 1
    for language, row in found.languages.items():
        print(f"{language}: {row.ready} of {row.prompts} ready ({row.seconds} s), {row.recorded} recorded, {row.stale} stale")
        for voice, number in row.voices.items():
            print(f"    {number} by {voice}")
    for one in found.missing[:_SHOWN]:
        print(f"  missing: {one.language} {one.id}: {one.words}")
    for one in found.stale[:_SHOWN]:
        print(f"  stale: {one.language} {one.id}: {one.words} (ivr prompts build)")
    for path in found.new[:_SHOWN]:
        print(f"  new: {path} (ivr prompts build takes it in)")
    for defect in found.defects:
        print(f"  {defect.kind}: {defect}")
    for name, listed in (("missing", found.missing), ("stale", found.stale), ("new", found.new)):
        if len(listed) > _SHOWN:
            print(f"  and {len(listed) - _SHOWN} more {name}")
    return 0 if found.complete else 1


_SHOWN = 10
"""Lines of one kind that are printed; --json has them all."""


def _status_object(found: Status) -> Mapping[str, object]:
    of_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for defect in found.defects:
        of_kind[defect.kind].append(str(defect.path))
    return {
        "languages": {language: asdict(row) for language, row in found.languages.items()},
        "missing": [one.id for one in found.missing],
        "stale": [one.id for one in found.stale],
        "new": [str(path) for path in found.new],
        **of_kind,
        "defects": [{"file": str(one.path), "kind": one.kind, "message": one.told} for one in found.defects],
    }


def run_script(args: argparse.Namespace) -> int:
    """`ivr prompts script`: every prompt to record, as CSV or as a page. 2 where the voice's name cannot be a folder's."""
    if args.voice is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", args.voice):
        print(f"ivr prompts script: --voice {args.voice!r}: write letters a-z, digits, - and _", file=sys.stderr)
        return 2
    try:
        found = rows(args.lines(), _languages(args), CURRENCIES)
    except SpeechError as error:
        print(f"ivr prompts script: {error}", file=sys.stderr)
        return 1
    if args.voice is not None:
        there = Recordings(args.recordings).by_voice
        found = [row for row in found if row.unit.id not in there.get((row.unit.language, args.voice), ())]
    sys.stdout.write(as_html(found) if args.format == "html" else as_csv(found))
    return 0
