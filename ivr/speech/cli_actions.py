"""What `ivr prompts` does: build, status, script."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict

from ivr.speech import spell, voice
from ivr.speech.cli import CURRENCIES
from ivr.speech.inventory import OperatorSpeech, inventory_of
from ivr.speech.inventory import fixed as fixed_units
from ivr.speech.library import PromptLibrary
from ivr.speech.parts import SpeechError
from ivr.speech.progress import Bar
from ivr.speech.recordings import KINDS, Recordings
from ivr.speech.script import as_csv, as_html, rows
from ivr.speech.status import Status, status
from ivr.speech.unchanged import LastBuild
from ivr.speech.units import Unit, unit
from ivr.speech.voice import Engine, by_language, engine

_SHOWN = 10
"""Lines of one kind that are printed; --json has them all."""


class NotSpoken(SpeechError):
    """A language was asked for that no operator's calls speak."""


def _operators(args: argparse.Namespace) -> tuple[OperatorSpeech, ...]:
    if args.operators is None:
        return (OperatorSpeech(tuple(spell.LANGUAGES), CURRENCIES),)
    return tuple(args.operators())


def _languages(args: argparse.Namespace, operators: tuple[OperatorSpeech, ...]) -> list[str]:
    """The languages that are meant: all that calls speak, or those asked for. Raises NotSpoken."""
    spoken = dict.fromkeys(language for one in operators for language in one.languages)
    for language in args.language or ():
        if language not in spoken:
            raise NotSpoken(f"--language {language}: no operator's calls speak it here; they speak {', '.join(spoken) or 'nothing'}")
    return list(dict.fromkeys(args.language or spoken))


def _units(args: argparse.Namespace) -> tuple[list[str], tuple[Unit, ...]]:
    """The languages that are meant, and all their units: the menus' own words and the values'."""
    operators = _operators(args)
    languages = _languages(args, operators)
    texts = [(language, text) for language, text in args.fixed() if language in languages]
    said = [unit(line.words, line.language, line.final) for line in args.lines() if line.language in languages]
    found = (*fixed_units(texts), *said, *inventory_of(operators, languages))
    return languages, tuple({one.id: one for one in found}.values())


def build(args: argparse.Namespace, last: LastBuild, given: str) -> int:
    """Make what is missing or changed, remove what nobody needs; `last` remembers that nothing is left to do for what was `given`."""
    try:
        voices: dict[str, Engine] = voice.voices_here()
        if args.engine:
            asked = engine(args.engine)
            for language in args.language or ():
                asked.voice(language)
            voices |= by_language([asked])
        library = PromptLibrary(args.recordings, args.cache, voices)
        languages, units = _units(args)
        last.forget()
        report = library.build(units, Bar("prompts"), replace=args.engine is not None)
        pruned = library.prune()
        library.forget_stale(units, languages)
        if not report.failed and not pruned.waiting and args.engine is None:
            last.note(given, len(units))
    except NotSpoken as error:
        print(f"ivr prompts build: {error}", file=sys.stderr)
        return 2
    except (SpeechError, OSError) as error:
        print(f"ivr prompts build: {error}", file=sys.stderr)
        return 1
    for one, reason in report.failed[:20]:
        print(f"{one.language} {one.id}: {reason}", file=sys.stderr)
    if len(report.failed) > 20:
        print(f"and {len(report.failed) - 20} more", file=sys.stderr)
    if pruned.files:
        print(f"prompts: {pruned.files} files that no prompt needs any more are removed ({pruned.size / 1_000_000:.1f} MB)")
    print(f"prompts: {report.made} made, {report.kept} were ready, {len(report.failed)} failed, {report.seconds:.1f} s")
    return 1 if report.failed else 0


def show_status(args: argparse.Namespace) -> int:
    """Print how complete the prompts are."""
    try:
        library = PromptLibrary(args.recordings, args.cache)
        languages, units = _units(args)
        found = status(library, units, languages)
    except NotSpoken as error:
        print(f"ivr prompts status: {error}", file=sys.stderr)
        return 2
    except (SpeechError, OSError) as error:
        print(f"ivr prompts status: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(_status_object(found), ensure_ascii=False))
        return 0 if found.complete else 1
    for language, row in found.languages.items():
        print(f"{language}: {row.ready} of {row.prompts} ready ({row.seconds} s), {row.recorded} recorded, {row.stale} stale")
        for name, number in row.voices.items():
            print(f"    {number} by {name}")
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


def write_script(args: argparse.Namespace) -> int:
    """Print what a speaker reads."""
    if args.voice is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", args.voice):
        print(f"ivr prompts script: --voice {args.voice!r}: write letters a-z, digits, - and _", file=sys.stderr)
        return 2
    try:
        operators = _operators(args)
        found = rows(args.lines(), _languages(args, operators), operators)
    except NotSpoken as error:
        print(f"ivr prompts script: {error}", file=sys.stderr)
        return 2
    except SpeechError as error:
        print(f"ivr prompts script: {error}", file=sys.stderr)
        return 1
    if args.voice is not None:
        there = Recordings(args.recordings).by_voice
        found = [row for row in found if row.unit.id not in there.get((row.unit.language, args.voice), ())]
    sys.stdout.write(as_html(found) if args.format == "html" else as_csv(found))
    return 0
