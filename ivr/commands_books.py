"""The commands about the books: `ivr account`, `ivr inbox`, `ivr ledger audit`, `ivr jobs run`."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ivr.accounts import lines
from ivr.accounts.audit import audit
from ivr.accounts.books import open_books
from ivr.accounts.demo import ZONES
from ivr.accounts.grants import grants_of
from ivr.accounts.messages import inbox
from ivr.accounts.store import FAILURES, Store
from ivr.catalog.releases import NoMenus
from ivr.clock import Clock, clock_of
from ivr.due import anything_due
from ivr.records.messages import message_lines, message_row
from ivr.settings import Settings, SettingsError

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(subparsers: Parsers) -> None:
    """Add the commands to `ivr`'s parser; each sets `run`, which takes the arguments and returns the exit code."""
    shape = argparse.RawDescriptionHelpFormatter
    account = subparsers.add_parser(
        "account",
        help="a line as the books have it",
        description="Shows a line as the books have it: balance or bill, bonuses that can be used, the newest postings first.",
        epilog="example:\n  ivr account 994501110001 --json",
        formatter_class=shape,
    )
    account.add_argument("msisdn", metavar="MSISDN", help="the number in international digits: 994501110001")
    account.add_argument("--json", action="store_true", help="one JSON object; {} for an unknown line")
    account.set_defaults(run=lambda arguments: _with_books(arguments, _account))

    received = subparsers.add_parser(
        "inbox",
        help="the messages that reached a line",
        description="Shows the SMS and flash messages that the demo network delivered to a line, oldest first.",
        epilog="example:\n  ivr inbox 994501110001 --json",
        formatter_class=shape,
    )
    received.add_argument("msisdn", metavar="MSISDN", help="the number in international digits: 994501110001")
    received.add_argument("--json", action="store_true", help="a JSON array of rows, as of `ivr sms`")
    received.set_defaults(run=lambda arguments: _with_books(arguments, _inbox))

    ledger = subparsers.add_parser("ledger", help="check the books", epilog="example:\n  ivr ledger audit --json", formatter_class=shape)
    actions = ledger.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "audit",
        help="every balance against its postings",
        description="Checks every balance against its postings, every operation, and the sum of all. Exit code 1 where anything differs.",
        epilog="example:\n  ivr ledger audit --json",
        formatter_class=shape,
    )
    check.add_argument("--json", action="store_true", help="one JSON object: accounts, operations, postings, differences")
    check.set_defaults(run=lambda arguments: _with_books(arguments, _audit))

    jobs = subparsers.add_parser("jobs", help="due work", epilog="example:\n  ivr jobs run", formatter_class=shape)
    actions = jobs.add_subparsers(dest="action", required=True, metavar="ACTION")
    run = actions.add_parser(
        "run",
        help="do what is due now",
        description="Does the work that is due now and prints what it did.",
        epilog="example:\n  ivr jobs run",
        formatter_class=shape,
    )
    run.set_defaults(run=_jobs)


def _with_books(arguments: argparse.Namespace, command: Callable[[argparse.Namespace, Store, Clock], int]) -> int:
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        print(f"ivr: {error}", file=sys.stderr)
        return 2
    clock = clock_of(settings)
    try:
        store = open_books(settings, clock)
        try:
            if settings.demo and anything_due(store, clock.now()):
                _do_due(settings)
            return command(arguments, store, clock)
        finally:
            store.close()
    except BrokenPipeError:
        raise  # whoever reads what we print has gone: no fault of the books'
    except FAILURES as error:
        print(f"ivr: the books cannot be used: {error}", file=sys.stderr)
        return 1


def _do_due(settings: Settings) -> None:
    """Due work needs the menus: who is told what stands there. Where they cannot be read, it stays due."""
    from ivr.house import House

    try:
        House(settings).close()
    except (NoMenus, OSError) as error:
        print(f"ivr: due work was not done: {error}", file=sys.stderr)


def line_json(store: Store, msisdn: str, clock: Clock) -> dict[str, object]:
    """The line as `ivr account --json` gives it (docs/books.md); an unknown one is empty. Amounts are text with all decimals."""
    with store.reading() as connection:
        row = lines.find(connection, msisdn)
        if row is None:
            return {}
        # The time zone is known for the demo's operators; elsewhere the clock's own day and offset serve.
        zone: datetime.tzinfo | None = ZoneInfo(ZONES[row.operator]) if row.operator in ZONES else None
        today = clock.now(zone).date()
        line = row.on(today)
        shown: dict[str, object] = {
            **{"msisdn": line.msisdn, "kind": line.kind, "status": line.status, "language": line.language},
            **{"tariff": line.tariff, "roaming": line.roaming, "notices": line.notices},
        }
        bill = lines.bill(connection, msisdn)
        if line.balance is not None:
            shown |= {"balance": line.balance.exact_text(), "expires": line.expires.isoformat() if line.expires else None}
        if bill is not None:
            shown |= {"billed": bill.billed.exact_text(), "current": bill.current.exact_text()}
            shown |= {"advance": bill.advance.exact_text(), "due": bill.due.isoformat()}
        bonuses = lines.bonuses(connection, msisdn, today)
        shown["bonuses"] = [{"unit": left.unit, "left": left.number, "until": until.isoformat()} for left, until in bonuses]
        granted = grants_of(connection, msisdn, clock.now(zone))
        shown["grants"] = list(granted.readers)
        shown["grants_waiting"] = [
            {"number": one.reader, "change": "give" if one.give else "take_back", "from": one.opens.astimezone(zone).date().isoformat()}
            for one in granted.waiting
        ]
        shown["statement"] = [
            {
                "amount": posting.amount.exact_text(),
                "kind": posting.kind,
                "information": posting.information,
                "at": posting.at.astimezone(zone).isoformat(timespec="seconds"),
            }
            for posting in lines.statement(connection, msisdn)
        ]
    return shown


def _account(arguments: argparse.Namespace, store: Store, clock: Clock) -> int:
    shown = line_json(store, arguments.msisdn.strip().removeprefix("+"), clock)
    if arguments.json:
        print(json.dumps(shown, ensure_ascii=False))
        return 0
    if not shown:
        print("The books do not know this number.")
    for name, value in shown.items():
        if not isinstance(value, list):
            print(f"{name:<10} {_words(value)}")
            continue
        for entry in value:
            words = "  ".join(_words(part) for part in entry.values() if part != "") if isinstance(entry, dict) else entry
            print(f"{name:<10} {words}")
    return 0


def _inbox(arguments: argparse.Namespace, store: Store, clock: Clock) -> int:
    received = inbox(store, arguments.msisdn.strip().removeprefix("+"))
    if arguments.json:
        print(json.dumps([message_row(one.sms) for one in received], ensure_ascii=False, indent=1))
    elif not received:
        print("Nothing has reached this number.")
    else:
        print("\n".join(message_lines(one.sms) for one in received))
    return 0


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "-" if value is None else str(value)


def _audit(arguments: argparse.Namespace, store: Store, clock: Clock) -> int:
    found = audit(store)
    if arguments.json:
        names = {"accounts": found.accounts, "operations": found.operations, "postings": found.postings}
        print(json.dumps({**names, "differences": list(found.differences)}, ensure_ascii=False))
    else:
        print(f"{found.accounts} accounts, {found.operations} operations, {found.postings} postings, {len(found.differences)} differences")
        for difference in found.differences:
            print(f"  {difference}")
    return 1 if found.differences else 0


def _jobs(arguments: argparse.Namespace) -> int:
    """Due work, whatever mode it is; `ivr account` and the like do it in demo mode only."""
    from ivr.house import House

    house = House(Settings.from_environment(), due=False)
    try:
        done = house.due()
    except FAILURES as error:
        print(f"ivr: the books cannot be used: {error}", file=sys.stderr)
        return 1
    finally:
        house.close()
    print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in done.numbers()) or "Nothing was due.")
    return 0
