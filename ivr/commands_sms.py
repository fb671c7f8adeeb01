"""`ivr sms`: an SMS to a short code, and everything that results from it."""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
from typing import TYPE_CHECKING

from ivr.commands import _msisdn
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.engine.effects import Sms

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

LONGEST_TEXT = 64 * 1024
"""Characters that are read from standard input; no SMS is as long."""


def add_parsers(subparsers: Parsers) -> None:
    """Add the command."""
    sms = subparsers.add_parser(
        "sms",
        help="send an SMS to a short code",
        description="Sends an SMS to SHORTCODE and prints every message that results, to whomever. Without a text it is blank."
        " The same --id and text again get the same answer, and nothing is done twice.",
        epilog='examples:\n  ivr sms 2112 --from 994501110001\n  ivr sms 650 --from 994501110101 --text="+994501110001"\n'
        "  a password is better not left in the shell's history: ivr sms 2112 --from 994501110001 --stdin",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sms.add_argument("code", metavar="SHORTCODE", type=_short_code, help="the number it goes to: 2112")
    sms.add_argument("--from", dest="msisdn", metavar="MSISDN", required=True, type=_msisdn, help="the line: 994501110001")
    texts = sms.add_mutually_exclusive_group()
    texts.add_argument("--text", default="", help='what it says; with the sign of equality where it begins with a dash: --text="-"')
    texts.add_argument("--stdin", action="store_true", help="read what it says from standard input")
    sms.add_argument("--id", metavar="ID", type=_id, help="the message's own id; a fresh one by default")
    sms.add_argument("--lang", metavar="LANG", choices=("az", "en", "ru"), help="the language of this message only: az, en or ru")
    sms.add_argument("--json", action="store_true", help="a JSON array of rows")
    sms.set_defaults(run=run_sms)


def _short_code(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,15}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no short code: write digits, 2112")
    return text


def _id(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", text):
        raise argparse.ArgumentTypeError("an id is 1 to 128 visible ASCII characters")
    return text


def run_sms(arguments: argparse.Namespace) -> int:
    """Send it and print what results."""
    from ivr.house import House
    from ivr.records.messages import message_lines, message_row
    from ivr.sessions.requests import Open

    text = arguments.text
    if arguments.stdin:
        try:
            text = sys.stdin.read(LONGEST_TEXT).removesuffix("\n")
        except UnicodeDecodeError:
            print("ivr sms: standard input is no UTF-8 text", file=sys.stderr)
            return 2
    house = House(Settings.from_environment())
    resulted: list[Sms] = []
    house.runner.watch(resulted.append)
    try:
        session = f"sms:{arguments.id or secrets.token_hex(8)}"
        reply = house.runner.call(session, Open("sms", arguments.code, arguments.msisdn, text, arguments.lang))
    finally:
        house.close()
    # the answer first, also one that was given before; then what went to others, and what came late
    answered = {sms.session for sms in reply.messages}
    others = [sms for sms in resulted if sms.session not in answered]
    messages = list({sms.key: sms for sms in (*reply.messages, *reply.told, *others)}.values())
    if arguments.json:
        print(json.dumps([message_row(sms) for sms in messages], ensure_ascii=False, indent=1))
    elif not messages:
        print("No message resulted.")
    else:
        print("\n".join(message_lines(sms) for sms in messages))
        if reply.fee != "0":
            print(f"charged {reply.fee}")
    return 0
