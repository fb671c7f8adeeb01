"""`ivr releases`: what is kept, what is served, who is pinned to what; back to an older one and on to what is on disk."""

from __future__ import annotations

import argparse
import datetime
import json
import sqlite3
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.catalog.releases import NotPublished, Releases

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

MOST_FAULTS = 20
SHORTEST = 4
"""Signs of a release's id that may stand for all of it."""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    releases = subparsers.add_parser(
        "releases",
        help="releases of the menus: list, roll back, publish",
        description=(
            "Lists the releases that are kept, with the sessions that run on each. A session keeps the release it began with; the\n"
            "current one is for the next session. A running server takes what these commands make current within a second."
        ),
        epilog="examples:\n  ivr releases\n  ivr releases roll-back azercell\n  ivr releases publish azercell",
        formatter_class=raw,
    )
    releases.add_argument("--operator", metavar="NAME", help="only this operator's")
    releases.add_argument("--json", action="store_true", help="a JSON array of rows")
    releases.set_defaults(run=run_list)
    actions = releases.add_subparsers(dest="action", metavar="[ACTION]")
    back = actions.add_parser(
        "roll-back",
        help="make an older release current",
        description=(
            "Makes a kept release current, until `ivr releases publish` or, in demo mode, until a menu file is saved. The files stay as\n"
            "they are."
        ),
        epilog="example:\n  ivr releases roll-back azercell 1f0c2a9be771",
        formatter_class=raw,
    )
    back.add_argument("operator_name", metavar="OPERATOR", help="whose")
    back.add_argument("release", metavar="RELEASE", nargs="?", help="its id, or how it begins (default: the one before the current)")
    back.set_defaults(run=run_roll_back)
    publish = actions.add_parser(
        "publish",
        help="make what is on disk current",
        description="Checks the menu files and makes them the current release. In demo mode saving a file does that already.",
        epilog="example:\n  ivr releases publish azercell",
        formatter_class=raw,
    )
    publish.add_argument("operator_name", metavar="OPERATOR", help="whose")
    publish.set_defaults(run=run_publish)


def run_list(arguments: argparse.Namespace) -> int:
    """List the kept releases."""
    settings = Settings.from_environment()
    releases = _releases(settings)
    operators = sorted({*releases.kept.operators(), *_folders(settings)})
    if arguments.operator is not None:
        if arguments.operator not in operators:
            return _no_operator(arguments.operator, operators)
        operators = [arguments.operator]
    sessions = _sessions(settings)
    rows = [row for operator in operators for row in _rows(releases, operator, sessions)]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    print(_table(rows) if rows else "no releases yet: the first is published when the menus are first served")
    for operator in operators:
        if note := _note(releases, settings, operator):
            print(note)
    return 0


def run_roll_back(arguments: argparse.Namespace) -> int:
    """Make an older release current."""
    from ivr.catalog.releases import NotPublished

    settings = Settings.from_environment()
    releases = _releases(settings)
    operator = arguments.operator_name
    if operator not in releases.kept.operators():
        return _no_operator(operator, releases.kept.operators())
    release = arguments.release
    if release is not None:
        listed = [kept.release for kept in releases.kept.releases(operator, sizes=False)]
        meant = [one for one in listed if one == release or (len(release) >= SHORTEST and one.startswith(release))]
        if len(meant) != 1:
            there = "several releases begin so" if meant else f"{operator} has no such release"
            print(f"ivr releases: {release[:40]!r}: {there}; there are {', '.join(listed)}", file=sys.stderr)
            return 2
        release = meant[0]
    try:
        release = releases.roll_back(operator, release)
    except NotPublished as error:
        return _refused(error)
    until = "a menu file is saved or `" if settings.demo else "`"
    print(f"{operator}: {release} is current for the next session, until {until}ivr releases publish {operator}`")
    return 0


def run_publish(arguments: argparse.Namespace) -> int:
    """Make what is on disk current."""
    from ivr.catalog.releases import NotPublished

    settings = Settings.from_environment()
    operator = arguments.operator_name
    if operator not in _folders(settings):
        return _no_operator(operator, _folders(settings))
    try:
        release = _releases(settings).publish(operator)
    except NotPublished as error:
        return _refused(error)
    print(f"{operator}: {release} is current for the next session")
    return 0


def _releases(settings: Settings) -> Releases:
    from ivr.accounts.books import make_home
    from ivr.catalog.folders import locales_of
    from ivr.catalog.releases import Releases

    make_home(settings.home)
    return Releases(settings.menus, locales_of(settings.menus), settings.home / "releases", strict=not settings.demo, on_save=settings.demo)


def _folders(settings: Settings) -> list[str]:
    return sorted(path.parent.name for path in settings.menus.glob("*/operator.yaml"))


def _sessions(settings: Settings) -> Mapping[tuple[str, str], int] | None:
    from ivr.sessions.pins import pinned

    try:
        return pinned(settings.home / "sessions.db")
    except sqlite3.Error as error:
        print(f"ivr releases: sessions.db cannot be read, so sessions are not counted: {error}", file=sys.stderr)
        return None


def _rows(releases: Releases, operator: str, sessions: Mapping[tuple[str, str], int] | None) -> list[dict[str, object]]:
    marker = releases.kept.marker(operator)
    return [
        {
            "operator": operator,
            "release": kept.release,
            "published": datetime.datetime.fromtimestamp(kept.published, datetime.UTC).isoformat(timespec="seconds"),
            "current": marker is not None and marker.release == kept.release,
            "sessions": None if sessions is None else sessions.get((operator, kept.release), 0),
            "size": kept.size,
        }
        for kept in releases.kept.releases(operator)
    ]


def _table(rows: list[dict[str, object]]) -> str:
    lines = [("operator", "release", "published", "", "sessions", "kB")]
    for row in rows:
        moment = datetime.datetime.fromisoformat(str(row["published"])).astimezone()
        sessions = "?" if row["sessions"] is None else str(row["sessions"])
        current = "current" if row["current"] else ""
        size = f"{int(str(row['size'])) / 1000:,.1f}"
        lines.append((str(row["operator"]), str(row["release"]), f"{moment:%Y-%m-%d %H:%M:%S}", current, sessions, size))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column > 3 else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _note(releases: Releases, settings: Settings, operator: str) -> str | None:
    """What an operator would want to know beside the list: that it is rolled back, or that the files say something else."""
    from ivr.catalog.folders import locales_of
    from ivr.catalog.sources import content_hash

    folder, marker = settings.menus / operator, releases.kept.marker(operator)
    if marker is None:
        return None
    if not folder.is_dir():
        return f"{operator}: there is no folder {folder} any more"
    disk = content_hash(folder, locales_of(settings.menus))
    if disk == marker.release:
        return None
    if marker.rolled_back and disk == marker.disk:
        return f"{operator}: rolled back; `ivr releases publish {operator}` takes what is on disk ({disk}) again"
    then = "a running server has faults with them, or will take them" if settings.demo else f"`ivr releases publish {operator}` takes them"
    return f"{operator}: the menu files differ from the current release ({disk}): {then}; `ivr check` says whether they are whole"


def _no_operator(name: str, operators: list[str]) -> int:
    from ivr.catalog.faults import suggest

    print(f'ivr releases: there is no operator "{name[:40]}"{suggest(name, operators)}', file=sys.stderr)
    return 2


def _refused(error: NotPublished) -> int:
    for fault in error.faults[:MOST_FAULTS]:
        print(fault, file=sys.stderr)
    more = len(error.faults) - MOST_FAULTS
    print(f"ivr releases: {error}" + (f" (and {more} more)" if more > 0 else ""), file=sys.stderr)
    return 1
