"""`ivr care`: what customer care does for a subscriber."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from ivr.commands import _msisdn
from ivr.settings import Settings

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SAID = {
    ("reset-password", "ok"): "The password is gone; the line may register a new one.",
    ("reset-password", "not_registered"): "The line has no password.",
    ("unlock", "ok"): "SMS-money is unlocked.",
    ("unlock", "not_locked"): "SMS-money is not locked, and no wrong password is counted.",
    ("notices", "ok"): "Automatic messages are {turn} now.",
    ("notices", "already"): "Automatic messages are {turn} already.",
}


def add_parsers(subparsers: Parsers) -> None:
    """Add the command and those below it."""
    shape = argparse.RawDescriptionHelpFormatter
    care = subparsers.add_parser(
        "care",
        help="customer care",
        description="What customer care does for a subscriber. Ask first who it is: these commands do not.",
        epilog="example:\n  ivr care reset-password 992931110001",
        formatter_class=shape,
    )
    actions = care.add_subparsers(dest="action", required=True, metavar="ACTION")
    reset = actions.add_parser(
        "reset-password",
        help="take away a line's SMS-money password",
        description="Takes away a line's SMS-money password and its lock: the line may register a new one with its PIN2. No money moves.",
        epilog="example:\n  ivr care reset-password 992931110001",
        formatter_class=shape,
    )
    unlock = actions.add_parser(
        "unlock",
        help="end the lock after wrong passwords",
        description="Forgets a line's wrong SMS-money passwords and ends the lock that they brought. The password stays.",
        epilog="example:\n  ivr care unlock 992931110001",
        formatter_class=shape,
    )
    notices = actions.add_parser(
        "notices",
        help="turn a line's automatic messages on or off",
        description="Turns the automatic messages about balance changes on or off for a line.",
        epilog="example:\n  ivr care notices 994501110001 off",
        formatter_class=shape,
    )
    for action in (reset, unlock, notices):
        action.add_argument("msisdn", metavar="MSISDN", type=_msisdn, help="the line: 992931110001")
        action.set_defaults(run=run_care, turn="")
    notices.add_argument("turn", choices=("on", "off"), help="on or off")
    for action in (reset, unlock, notices):
        action.add_argument("--json", action="store_true", help='one JSON object: "msisdn", "action", "outcome"')


def run_care(arguments: argparse.Namespace) -> int:
    """Do it and say what came of it; 1 where the books do not know the line."""
    from ivr.accounts.books import open_books
    from ivr.accounts.care import Care
    from ivr.accounts.store import FAILURES
    from ivr.clock import clock_of

    settings = Settings.from_environment()
    clock = clock_of(settings)
    try:
        store = open_books(settings, clock)
        try:
            care, msisdn, now = Care(store), arguments.msisdn, clock.now()
            match arguments.action:
                case "reset-password":
                    answer = care.reset_password(msisdn, now)
                case "unlock":
                    answer = care.unlock(msisdn, now)
                case _:
                    answer = care.notices(msisdn, arguments.turn == "on", now)
        finally:
            store.close()
    except FAILURES as error:
        print(f"ivr: the books cannot be used: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({"msisdn": arguments.msisdn, "action": arguments.action, "outcome": answer.outcome}))
    if answer.outcome == "unknown_line":
        print("ivr care: the books do not know this number", file=sys.stderr)
        return 1
    if not arguments.json:
        print(_SAID[arguments.action, answer.outcome].format(turn=arguments.turn))
    return 0
