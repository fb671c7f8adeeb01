"""`ivr test`: plays the scenarios beside the menus and tells what they cover."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.catalog.faults import Fault
    from ivr.scenarios.suite import Result, Suite

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """examples:
  ivr test                                                      every scenario of every operator
  ivr test menus/azercell/scenarios/balance.yaml --junit junit.xml
  ivr test menus/azercell --coverage                            what no scenario comes to, with its place
  ivr test menus/azercell/scenarios/new.yaml --update           write what comes into steps without an expectation
  ivr test --seen my_scenario                                   a person has looked at what --update wrote"""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    test = subparsers.add_parser(
        "test",
        help="play the scenarios beside the menus",
        description="Plays menus/OPERATOR/scenarios/*.yaml on fresh demo lines, each scenario by itself; shows where what comes\n"
        "differs from what is expected, and the coverage by menu. Exit code 1 where a scenario fails or a file has a fault.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    test.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, help="the menu folder, one operator's, or one scenario file (default: menus/)"
    )
    test.add_argument("--junit", metavar="FILE", type=_new_file, help="write the results as JUnit XML too")
    test.add_argument(
        "--coverage",
        action="store_true",
        help="list what is not covered: choices, outcomes, menus, languages by channel, each with its place",
    )
    which = test.add_mutually_exclusive_group()
    which.add_argument(
        "--update", action="store_true", help="write what comes into steps without an expectation, and renew what was written so before"
    )
    which.add_argument(
        "--seen",
        metavar="NAME",
        nargs="+",
        help="mark golden transcripts as seen by a person, so that they count; FILE:NAME where two files have it",
    )
    test.set_defaults(run=run_test)


def _new_file(text: str) -> Path:
    path = Path(text)
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text[:200]!r} cannot be written: there is no such folder, or it is one")
    return path


def run_test(arguments: argparse.Namespace) -> int:
    """Read, then update, mark or play."""
    from ivr.house import locales_of
    from ivr.scenarios.golden import NotWritten
    from ivr.scenarios.suite import NothingToTest, opened

    target = arguments.folder or Settings.from_environment().menus
    try:
        with opened(target, locales_of) as suite:
            if suite.faults:
                return _report_faults(suite.faults, arguments.junit)
            if arguments.seen:
                return _mark(suite, arguments.seen)
            if not arguments.update:
                return _play(suite, target, arguments)
            _update(suite)
        with opened(target, locales_of) as suite:
            return _play(suite, target, arguments)
    except NothingToTest as error:
        print(f"ivr test: {error}", file=sys.stderr)
        return 2
    except NotWritten as error:
        print(f"ivr test: {error}", file=sys.stderr)
        return 1


def _report_faults(faults: Sequence[Fault], junit: Path | None) -> int:
    """Everything that is wrong with the scenario files; nothing is played, since a scenario with a fault would be missing unnoticed."""
    from ivr.scenarios.junit import write_junit

    print("\n".join(map(str, faults)))
    print(
        f"{len(faults)} faults in scenario files, nothing was played"
        if len(faults) > 1
        else "1 fault in a scenario file, nothing was played"
    )
    if junit is not None:
        write_junit(junit, (), faults)
    return 1


def _mark(suite: Suite, names: Sequence[str]) -> int:
    from ivr.scenarios.golden import mark_seen

    marked, problems = mark_seen(suite, names)
    for scenario in marked:
        print(f"{scenario.place} {scenario.title}: seen")
    for problem in problems:
        print(f"ivr test: {problem}", file=sys.stderr)
    return 2 if problems else 0


def _update(suite: Suite) -> None:
    from ivr.scenarios.golden import update

    written = update(suite)
    for one in written:
        print(f"{one.scenario.place} {one.scenario.title}: {one.steps} {'step' if one.steps == 1 else 'steps'} written")
    print(
        f"look at what was written, then mark it: ivr test --seen {' '.join(one.scenario.name for one in written)}\n"
        if written
        else "nothing to write: every step has an expectation\n"
    )


def _play(suite: Suite, target: Path, arguments: argparse.Namespace) -> int:
    from ivr.scenarios.coverage import table
    from ivr.scenarios.junit import write_junit
    from ivr.scenarios.transcript import difference, source

    results = suite.run(_progress(len(suite.scenarios)))
    for result in results:
        if not result.passed:
            print(f"FAILED {result.scenario.title}")
            for failure in result.failures:
                print(f"  {failure.place}: {failure.message}\n      {source(result.scenario, failure)}")
            print("\n".join(f"  {line}" for line in difference(result.played, result.failures).split("\n")), end="\n\n")
    if arguments.junit is not None:
        write_junit(arguments.junit, results, ())
    failed = sum(not result.passed for result in results)
    coverages = suite.coverage(results)
    if arguments.coverage:
        for coverage in coverages:
            for place, menu, what in coverage.missing():
                print(f"{place} {coverage.operator}/{menu}: {what}")
        print()
    print(f"{len(results)} scenarios, {len(results) - failed} passed, {failed} failed")
    print("\n".join([*_uncounted(results), "", table(coverages)]))
    if not results:
        print(f"ivr test: there is no scenario in {target}: write one in OPERATOR/scenarios/NAME.yaml", file=sys.stderr)
    return 1 if failed or not results else 0


def _uncounted(results: Sequence[Result]) -> list[str]:
    """Which scenarios do not count for coverage, and what to do about it."""
    unseen = [result.scenario.name for result in results if result.scenario.golden == "unseen"]
    empty = [result.scenario.name for result in results if not any(step.wanted for step in result.scenario.steps)]
    lines = []
    if unseen:
        lines.append(f"written by a command and seen by nobody, so not counted: {', '.join(unseen)} (ivr test --seen NAME)")
    if empty:
        lines.append(f"without any expectation, so not counted: {', '.join(empty)} (write one, or ivr test --update)")
    return lines


def _progress(total: int) -> Callable[[int], None]:
    """A line on the terminal that counts; nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        return lambda number: None

    def show(number: int) -> None:
        end = "\r\033[K" if number == total else ""
        print(f"\r{number}/{total} scenarios{end}", end="", file=sys.stderr, flush=True)

    return show
