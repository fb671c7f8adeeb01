"""`ivr diff`: what changed for subscribers between two sets of menus."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.diff_types import Change
from ivr.catalog.folders import FolderError
from ivr.settings import Settings

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

NOTHING = "nothing changes for subscribers"
_HEADS = {
    "menu": "Menus",
    "entry": "Ways in",
    "code": "Direct dial",
    "wording": "Wordings",
    "choice": "Choices",
    "fee": "Fees",
    "service": "Services",
    "form": "Forms",
    "flow": "How menus go on",
    "notice": "Notices",
    "operator": "Numbers, limits, keys, rules",
    "page": "Pages, with the largest values",
}
_SHORT = 90
"""Characters of before and after that go into the line itself."""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    diff = subparsers.add_parser(
        "diff",
        help="what changed for subscribers between two sets of menus",
        description=(
            "Compares A with B: menus, wordings in every language, codes and where they lead, fees, choices, services, rules. Another\n"
            "order of files, comments and layout are no change. A and B are each a folder of menus (with locales beside it), one\n"
            "operator's folder, a release kept in the data folder, or the word current: what is served now.\n"
            "Exit codes: 0 nothing changes for subscribers, 1 something does, 2 wrong usage or menus with faults."
        ),
        epilog=(
            "examples:\n  ivr diff current menus\n  ivr diff 8e9c5ee08731 current --operator azercell\n"
            "  ivr diff ../menus-before menus --format json"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    diff.add_argument("before", metavar="A", help="the older menus: a folder, a release, or current")
    diff.add_argument("after", metavar="B", help="the newer menus")
    diff.add_argument("--operator", metavar="NAME", help="which one, where a folder has several (default: IVR_OPERATOR)")
    diff.add_argument("--format", choices=("text", "json"), default="text", help="default text")
    diff.set_defaults(run=run_diff)


def run_diff(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    from ivr.catalog.diff import changes
    from ivr.catalog.diff_sources import Faulty, read_side

    try:
        before, after = _folders(arguments)
        found = changes(read_side(*before), read_side(*after))
    except FolderError as error:
        print(f"ivr diff: {error}", file=sys.stderr)
        return 2
    except Faulty as faulty:
        for fault in faulty.faults:
            print(fault, file=sys.stderr)
        print(f"ivr diff: {faulty} has faults, so it cannot be compared", file=sys.stderr)
        return 2
    print(as_json(found) if arguments.format == "json" else as_text(found))
    return 1 if found else 0


def _folders(arguments: argparse.Namespace) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    """The folder and catalogs of A and of B; where only one of them tells the operator, it is the other's too."""
    from ivr.catalog.diff_sources import Places
    from ivr.house import locales_of

    settings = Settings.from_environment()
    places = Places(settings.menus, settings.home / "releases", locales_of)
    operator: str | None = arguments.operator
    try:
        before = places.find(arguments.before, operator)
    except FolderError:
        if operator is not None:
            raise
        try:
            after = places.find(arguments.after, operator)
        except FolderError:
            operator = settings.operator
        else:
            return places.find(arguments.before, after[0].name), after
        if operator is None:
            raise
        before = places.find(arguments.before, operator)
    try:
        return before, places.find(arguments.after, operator)
    except FolderError:
        if operator is not None:
            raise
        return before, places.find(arguments.after, before[0].name)


def as_json(found: tuple[Change, ...]) -> str:
    """Rows with `kind`, `what`, `before`, `after`, `place`."""
    rows = [
        {"kind": change.kind, "what": change.what, "before": change.before, "after": change.after, "place": change.place}
        for change in found
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def as_text(found: tuple[Change, ...]) -> str:
    """The changes under a heading for each kind."""
    return "\n".join(_lines(found)) if found else NOTHING


def _lines(found: tuple[Change, ...]) -> Iterator[str]:
    kind = ""
    for change in found:
        if change.kind != kind:
            yield ("\n" if kind else "") + _HEADS[change.kind]
            kind = change.kind
        yield from _written(change)
    yield f"\n{len(found)} change{'' if len(found) == 1 else 's'} for subscribers"


def _written(change: Change) -> Iterator[str]:
    head, was, now = f"  {change.place}  {change.what}", change.before, change.after
    if change.kind == "menu":
        yield head
    elif change.kind in ("code", "entry") and " " not in change.what:
        yield f"{head} {_led(was)}, {_leads(now)}"
    elif change.kind != "wording" and len(f"{was}{now}") <= _SHORT and "\n" not in f"{was}{now}":
        yield f"{head}: " + (f"{was} -> {now}" if was is not None and now is not None else f"{now}, new" if was is None else f"{was}, gone")
    else:
        yield head
        yield from (f"    - {line}" for line in (was or "").splitlines())
        yield from (f"    + {line}" for line in (now or "").splitlines())


def _led(menu: str | None) -> str:
    return "led nowhere" if menu is None else f"led to {menu}"


def _leads(menu: str | None) -> str:
    return "leads nowhere" if menu is None else f"leads to {menu}"
