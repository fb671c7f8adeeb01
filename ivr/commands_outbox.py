"""`ivr outbox`: messages that wait for a network, and those that were given up."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from typing import TYPE_CHECKING

from ivr.commands_books import _with_books

if TYPE_CHECKING:
    from ivr.accounts.outbox import Listed
    from ivr.accounts.store import Store
    from ivr.clock import Clock

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

MOST = 1000
"""Messages that are listed at the most, the oldest ones."""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    outbox = subparsers.add_parser(
        "outbox",
        help="messages that wait or were given up",
        description="Messages that wait for a network, and dead ones: refused for good, or failed too often. Texts are never shown.",
        epilog="examples:\n  ivr outbox list\n  ivr outbox retry 17 18",
        formatter_class=raw,
    )
    actions = outbox.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list",
        help="list them, the oldest first",
        description=f"Lists what waits and what is dead, the oldest first, at most {MOST}. Numbers have their middle hidden.",
        epilog="example:\n  ivr outbox list --state dead --json",
        formatter_class=raw,
    )
    listing.add_argument("--state", choices=("waiting", "dead"), help="these only")
    listing.add_argument("--json", action="store_true", help="a JSON array of rows: id, state, to, from, tries, at, due")
    listing.set_defaults(run=lambda arguments: _with_books(arguments, _list))
    again = actions.add_parser(
        "retry",
        help="try messages again",
        description="Makes messages due now, dead ones too, with all their tries before them; in demo mode they are delivered at once.",
        epilog="example:\n  ivr outbox retry 17 18\n  ivr outbox retry --all",
        formatter_class=raw,
    )
    again.add_argument("ids", metavar="ID", type=_id, nargs="*", help="the number that `ivr outbox list` shows")
    again.add_argument("--all", action="store_true", help="all that are dead")
    again.add_argument("--json", action="store_true", help="one JSON object: retried, the ids")
    again.set_defaults(run=_retry_command)


def _id(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no id: `ivr outbox list` shows them, 17")
    return int(text)


def _list(arguments: argparse.Namespace, store: Store, clock: Clock) -> int:
    from ivr.accounts.outbox import listed

    found = listed(store, (arguments.state,) if arguments.state else ("waiting", "dead"), MOST)
    if arguments.json:
        print(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=1))
    elif not found:
        print("Nothing waits, and nothing was given up." if arguments.state is None else f"Nothing is {arguments.state}.")
    for one in () if arguments.json else found:
        tries = f"{one.tries} {'try' if one.tries == 1 else 'tries'}"
        then = "given up" if one.state == "dead" else f"due {_short(one.due)}"
        print(f"{one.id:>6}  {one.state:<7}  to {one.to} from {one.sender}, sent {_short(one.at)}, {tries}, {then}")
    return 0


def _row(one: Listed) -> dict[str, object]:
    at, due = one.at.isoformat(timespec="seconds"), one.due.isoformat(timespec="seconds")
    return {"id": one.id, "state": one.state, "to": one.to, "from": one.sender, "tries": one.tries, "at": at, "due": due}


def _short(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _retry_command(arguments: argparse.Namespace) -> int:
    if arguments.all == bool(arguments.ids):
        print("ivr outbox retry: write the ids of messages, or --all for all that are dead", file=sys.stderr)
        return 2
    return _with_books(arguments, _retry)


def _retry(arguments: argparse.Namespace, store: Store, clock: Clock) -> int:
    from ivr.accounts.outbox import DemoNetwork, Outbox, retry
    from ivr.settings import Settings

    now = clock.now()
    retried = retry(store, now, None if arguments.all else arguments.ids)
    if retried and Settings.from_environment().demo:
        Outbox(store, DemoNetwork()).run(now)
    if arguments.json:
        print(json.dumps({"retried": retried}))
    elif retried or arguments.all:
        print(f"{len(retried)} {'message is' if len(retried) == 1 else 'messages are'} tried again.")
    if missing := [str(one) for one in dict.fromkeys(arguments.ids) if one not in retried]:
        print(f"ivr outbox retry: nothing waits or is dead under {', '.join(missing)}; see `ivr outbox list`", file=sys.stderr)
        return 1
    return 0
