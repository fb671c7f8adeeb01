"""`ivr usage`: a call, messages or data that a line used, as the network would report it."""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ivr.commands import _msisdn
from ivr.commands_sms import _id
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.accounts.usage import Charged
    from ivr.engine.effects import Sms

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

_REFUSED = {
    "unknown_line": "refused: the books do not know this number",
    "barred": "refused: the line is barred",
    "expired": "refused: the line has expired",
    "no_price": "refused: the line's tariff has no price for it, and its bonuses do not cover it (operator.yaml, tariffs)",
    "not_enough": "refused: the line has too little money; nothing was used or charged",
}
_UNITS = {"call": ("minute", "minutes"), "sms": ("message", "messages"), "data": ("megabyte", "megabytes")}


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    usage = subparsers.add_parser(
        "usage",
        help="report usage: a call, SMS or data",
        description="Rates what a line used by its tariff, uses its bonuses, charges the rest, and tells the subscriber where the balance"
        " changed.\nThe same --id again gets the same answer, and nothing is charged twice.",
        epilog="examples:\n  ivr usage call --from 994501110002 --seconds 61 --to 994501110001\n"
        "  ivr usage sms --from 994501110003 --count 2\n  ivr usage data --from 994501110101 --mb 150 --json",
        formatter_class=raw,
    )
    kinds = usage.add_subparsers(dest="kind", required=True, metavar="KIND")
    call = kinds.add_parser(
        "call",
        help="a call, by its seconds",
        description="A call that lasted so many seconds, charged by started intervals of the operator's rating.",
        epilog="example:\n  ivr usage call --from 994501110002 --seconds 61 --to 994501110001 --roaming",
        formatter_class=raw,
    )
    call.add_argument("--seconds", dest="amount", metavar="N", required=True, type=_whole, help="how long it lasted: 61")
    sms = kinds.add_parser(
        "sms",
        help="messages that were sent",
        description="So many SMS that the line sent.",
        epilog="example:\n  ivr usage sms --from 994501110003 --count 2",
        formatter_class=raw,
    )
    sms.add_argument("--count", dest="amount", metavar="N", default=1, type=_whole, help="how many (default 1)")
    data = kinds.add_parser(
        "data",
        help="internet use, by its megabytes",
        description="So many megabytes of internet use.",
        epilog="example:\n  ivr usage data --from 994501110001 --mb 150",
        formatter_class=raw,
    )
    data.add_argument("--mb", dest="amount", metavar="N", required=True, type=_whole, help="how many megabytes: 150")
    for kind in (call, sms, data):
        kind.add_argument("--from", dest="msisdn", metavar="MSISDN", required=True, type=_msisdn, help="the line: 994501110001")
        kind.add_argument("--to", metavar="NUMBER", type=_dialled, help="the number called or written to, as dialled")
        kind.add_argument("--roaming", action="store_true", help="abroad")
        kind.add_argument("--id", metavar="ID", type=_id, help="the usage's own id; a fresh one by default")
        kind.add_argument("--json", action="store_true", help="one JSON object: charge, from_bonus, balance, notices")
        kind.set_defaults(run=run_usage)


def _whole(text: str) -> int:
    from ivr.accounts.usage import MOST

    if not re.fullmatch(r"[0-9]{1,8}", text, re.ASCII) or int(text) > MOST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not how much was used: write a whole number from 0 to {MOST}")
    return int(text)


def _dialled(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9]{1,15}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number: write digits, 994501110002 or 2112")
    return text


def run_usage(arguments: argparse.Namespace) -> int:
    """Rate and charge it, tell the subscriber, print what came of it."""
    from ivr.accounts.rating import Usage
    from ivr.accounts.store import FAILURES, KeyReused
    from ivr.accounts.usage import use
    from ivr.house import House

    house = House(Settings.from_environment())
    notices: list[Sms] = []
    try:
        usage = Usage(arguments.kind, arguments.amount, arguments.to or "", arguments.roaming)
        key = f"usage:{arguments.id or secrets.token_hex(8)}"
        charged = use(house.books, house.terms, arguments.msisdn, usage, key, house.clock.now())
        for happened in charged.happened:
            notices += house.runner.tell_event(happened).messages
    except KeyReused:
        print(f"ivr usage: the id {arguments.id!r} is that of another usage; nothing was charged", file=sys.stderr)
        return 1
    except (LookupError, ValueError) as error:
        print(f"ivr usage: {error}", file=sys.stderr)
        return 1
    except FAILURES as error:
        print(f"ivr: the books cannot be used: {error}", file=sys.stderr)
        return 1
    finally:
        house.close()
    print(
        json.dumps(_object(charged, notices), ensure_ascii=False, indent=1) if arguments.json else _lines(arguments.kind, charged, notices)
    )
    return 0


def _object(charged: Charged, notices: Sequence[Sms]) -> dict[str, object]:
    from ivr.records.messages import message_row

    shown: dict[str, object] = {
        "charge": charged.charge.exact_text(),
        "from_bonus": charged.from_bonus,
        "balance": None if charged.balance is None else charged.balance.exact_text(),
        "notices": [message_row(sms) for sms in notices],
    }
    return shown if charged.outcome == "ok" else {**shown, "refused": charged.outcome}


def _lines(kind: str, charged: Charged, notices: Sequence[Sms]) -> str:
    from ivr.records.messages import message_lines

    parts = []
    if charged.outcome != "ok":
        parts.append(_REFUSED[charged.outcome])
    else:
        parts.append(f"charged {charged.charge.exact_text()} {charged.charge.currency}")
        if charged.from_bonus:
            parts.append(f"{charged.from_bonus} {_UNITS[kind][charged.from_bonus != 1]} from bonuses")
    if charged.balance is not None:
        parts.append(f"balance {charged.balance.exact_text()} {charged.balance.currency}")
    return "\n".join([", ".join(parts), *(message_lines(sms) for sms in notices)])
