"""`ivr walk`: every state of the menus, walked through the engine; what breaks a rule, what nobody reaches, what no scenario plays."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.proofs.uncovered import Covered, Uncovered
    from ivr.proofs.walked import Walked

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

MIDNIGHT = datetime.datetime(2026, 11, 23)  # noqa: DTZ001 - a Monday; the zone is the operator's
"""When the fortnight begins whose opening hours are tried: what is walked does not depend on the day."""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    walk = subparsers.add_parser(
        "walk",
        help="every state of the menus, and what no scenario covers",
        description=(
            "Walks every state of the menus: each way in, each kind of line, language and channel, each key, silence and wrong value, each"
            " answer of a service. Prints what breaks a rule, what nobody can reach and the bounds that were reached; with --uncovered the"
            " shortest way to each menu, choice and outcome that no scenario plays. Exit code 1 where a rule is broken, a bound is reached"
            " or something can never be reached."
        ),
        epilog="example:\n  ivr walk menus --operator azercell --uncovered",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    walk.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="the menu folder, or one operator's (default: menus/)")
    walk.add_argument("--operator", metavar="NAME", help="this operator only")
    walk.add_argument("--json", action="store_true", help="as JSON: an object for each operator")
    walk.add_argument("--uncovered", action="store_true", help="list what no scenario covers, with the shortest way there")
    walk.set_defaults(run=run_walk)


def run_walk(arguments: argparse.Namespace) -> int:
    """Walk and print."""
    menus = arguments.folder or Settings.from_environment().menus
    if not menus.is_dir():
        print(f"ivr walk: there is no folder {menus}", file=sys.stderr)
        return 2
    menus = menus.resolve()
    folders = [menus] if (menus / "operator.yaml").exists() else sorted(path.parent for path in menus.glob("*/operator.yaml"))
    if arguments.operator is not None:
        names = [folder.name for folder in folders]
        folders = [folder for folder in folders if folder.name == arguments.operator]
        if not folders:
            print(
                f"ivr walk: there is no operator {arguments.operator!r} in {menus}; there is {', '.join(names) or 'none'}", file=sys.stderr
            )
            return 2
    if not folders:
        print(f"ivr walk: no operator.yaml in {menus} or a folder of it", file=sys.stderr)
        return 2
    rows = []
    for folder in folders:
        walked = walk_folder(folder)
        if walked is None:
            print(f"ivr walk: {folder.name} has faults; `ivr check {folder}` lists them", file=sys.stderr)
            return 1
        row = _row(folder, walked, arguments.uncovered)
        rows.append(row)
        if not arguments.json:
            print(_text(row))
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 1 if any(row["broken"] or row["bounds"] or row["never"] for row in rows) else 0


def walk_folder(folder: Path) -> Walked | None:
    """All states of the operator in `folder`; None where its menus have faults."""
    from ivr.catalog.compile import compile_operator
    from ivr.catalog.faults import Faults
    from ivr.catalog.own_services import offered
    from ivr.catalog.source import read_file
    from ivr.catalog.sources import OWN_SERVICES, SERVICES
    from ivr.house import locales_of
    from ivr.proofs.explorer import Explorer

    model = compile_operator(folder, locales_of(folder.parent)).model
    if model is None:
        return None
    own = folder.parent / OWN_SERVICES
    beside = read_file(own, OWN_SERVICES, folder.parent, Faults()) if own.exists() else None
    services = offered(SERVICES, beside, Faults()).services
    now = MIDNIGHT.replace(tzinfo=ZoneInfo(model.operator.time_zone))

    def watch(states: int, waiting: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{folder.name}: {states:,} states, {waiting:,} waiting ", end="", file=sys.stderr, flush=True)

    try:
        return Explorer(model, services, now, kinds=_kinds(folder), watch=watch).walk()
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)


def covered_by_scenarios(folder: Path) -> Covered:
    """What the scenarios beside the menus play."""
    from ivr.house import locales_of
    from ivr.proofs.uncovered import covered_by
    from ivr.scenarios.suite import opened

    with opened(folder, locales_of) as suite:
        return covered_by(suite.run())


def _kinds(folder: Path) -> dict[str, str]:
    """The kind of line of each tariff that is sold to one kind only."""
    from ivr.catalog.faults import Faults
    from ivr.catalog.source import read_file

    top = read_file(folder / "operator.yaml", "operator.yaml", folder, Faults())
    tariffs = top.get("tariffs") if top is not None else None
    found = {key.text: node.get("line") for key, node in (tariffs.pairs if tariffs is not None else ())}
    return {name: line.text for name, line in found.items() if line is not None}


def _row(folder: Path, walked: Walked, with_uncovered: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "operator": folder.name,
        "menus": len(walked.model.menus),
        "states": len(walked.nodes),
        "transitions": walked.transitions,
        "reached": {"menus": len(walked.menus), "choices": len(walked.choices), "outcomes": len(walked.outcomes)},
        "bounds": sorted(walked.bounds),
        "broken": [{"what": one.what, "path": list(one.path)} for one in walked.broken],
        "never": [{"place": place, "what": what} for place, what in walked.never()],
        "hidden": [{"menu": menu, "channel": channel, "path": list(way)} for (menu, channel), way in walked.hidden.items()],
    }
    if with_uncovered:
        from ivr.proofs.uncovered import uncovered

        row["uncovered"] = [_plain(one) for one in uncovered(walked, covered_by_scenarios(folder))]
    return row


def _plain(one: Uncovered) -> dict[str, Any]:
    return {"kind": one.kind, "menu": one.menu, "what": one.what, "channel": one.channel, "path": list(one.way)}


def _text(row: dict[str, Any]) -> str:
    reached = row["reached"]
    lines = [
        f"{row['operator']}: {row['menus']} menus, {row['states']:,} states, {row['transitions']:,} transitions; "
        + (f"bounds reached: {len(row['bounds'])}" if row["bounds"] else "no bound reached"),
        f"  reached, by channel: {reached['menus']} menus, {reached['choices']} choices, {reached['outcomes']} outcomes",
    ]
    lines += [f"  bound: {bound}" for bound in row["bounds"]]
    lines += [f"  broken: {one['what']}: {', '.join(one['path'])}" for one in row["broken"]]
    lines += [f"  never: {one['place']} {one['what']}" for one in row["never"]]
    lines += [f"  no choice left: {one['menu']} ({one['channel']}): {', '.join(one['path'])}" for one in row["hidden"]]
    if "uncovered" in row:
        lines.append(f"  not covered by any scenario: {len(row['uncovered'])}" if row["uncovered"] else "  scenarios cover everything")
        lines += [f"    {one['channel']:5} {_named(one)}: {', '.join(one['path'])}" for one in row["uncovered"]]
    return "\n".join(lines)


def _named(one: dict[str, Any]) -> str:
    return {"menu": f"{one['menu']}", "choice": f"{one['menu']}, key {one['what']}", "outcome": f"{one['menu']}, {one['what']}"}[
        str(one["kind"])
    ]
