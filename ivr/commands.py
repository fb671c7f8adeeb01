"""`ivr ussd`, `ivr call` and `ivr serve`: the product at the command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.house import House
    from ivr.sessions.requests import Reply

    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(subparsers: Parsers) -> None:
    """Add the commands."""
    raw = argparse.RawDescriptionHelpFormatter
    ussd = subparsers.add_parser(
        "ussd",
        help="dial a USSD code",
        description="Dials CODE, sends the keys, and prints every page as the phone shows it.",
        epilog='example:\n  ivr ussd "*111#" --from 994501110001 --keys "1 7" --lang en',
        formatter_class=raw,
    )
    ussd.add_argument("code", metavar="CODE", help='the code in quotes: "*111*1*7#"')
    ussd.set_defaults(run=run_ussd)
    call = subparsers.add_parser(
        "call",
        help="call a number without a telephone",
        description="Calls NUMBER over the same FastAGI bytes as Asterisk's; when the keys run out the caller stays silent.",
        epilog='example:\n  ivr call 2112 --from 994501110001 --keys "1 7" --wav call.wav',
        formatter_class=raw,
    )
    call.add_argument("number", metavar="NUMBER", help="the number called: 2112")
    call.add_argument("--wav", metavar="FILE", type=_new_file, help="write what would be heard: 8 kHz, mono, 16 bit")
    call.set_defaults(run=run_call)
    for command in (ussd, call):
        command.add_argument("--from", dest="msisdn", metavar="MSISDN", required=True, type=_msisdn, help="the line: 994501110001")
        command.add_argument("--keys", metavar="KEYS", default="", help='what is typed after it, in groups: "1 7"')
        command.add_argument("--lang", metavar="LANG", choices=("az", "en", "ru"), help="the language of this session only: az, en or ru")
        command.add_argument("--json", action="store_true", help="a JSON array of rows")
    serve = subparsers.add_parser(
        "serve",
        help="serve the phone page, USSD and calls",
        description="Web, USSD, FastAGI, Asterisk and due work in one process.",
        epilog="example:\n  ivr serve --port 8080",
        formatter_class=raw,
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8000, help="HTTP (default 8000)")
    serve.add_argument("--agi-port", type=_port, default=4573, help="FastAGI on 127.0.0.1 (default 4573)")
    serve.add_argument("--sip-port", type=_port, default=5060, help="SIP on 127.0.0.1 (default 5060)")
    serve.add_argument("--no-asterisk", action="store_true", help="no Asterisk of our own: yours connects by FastAGI")
    serve.set_defaults(run=run_serve)


def _msisdn(text: str) -> str:
    digits = text.strip().removeprefix("+")
    if not re.fullmatch(r"[0-9]{5,15}", digits):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number: write international digits, 994501110001")
    return digits


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no port: write a number up to 65535")
    return int(text)


def _new_file(text: str) -> Path:
    path = Path(text)
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text[:200]!r} cannot be written: there is no such folder, or it is one")
    return path


def run_ussd(arguments: argparse.Namespace) -> int:
    """Dial, send the keys, print the pages."""
    from ivr.house import House
    from ivr.sessions.requests import Open, Typed

    house = House(Settings.from_environment())
    try:
        session = f"ussd:{secrets.token_hex(8)}"
        replies = [house.runner.call(session, Open("ussd", arguments.code, arguments.msisdn, language=arguments.lang))]
        for keys in arguments.keys.split():
            if replies[-1].ended:
                break
            replies.append(house.runner.call(session, Typed(keys)))
        if not replies[-1].ended:
            from ivr.sessions.requests import Left

            house.runner.call(session, Left("aborted"))
    finally:
        house.close()
    rows = [page_row(reply) for reply in replies if reply.page is not None]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(_framed(row) for row in rows))
    return 0


def page_row(reply: Reply) -> dict[str, object]:
    """A USSD page as the contract's JSON row."""
    page = reply.page
    assert page is not None
    return {
        "text": page.text,
        "encoding": page.encoding,
        "length": page.length,
        "limit": page.limit,
        "more": page.more,
        "language": page.language,
        "fee": reply.fee,
    }


def _framed(row: dict[str, object]) -> str:
    lines = str(row["text"]).split("\n")
    width = max(28, *map(len, lines))
    body = "\n".join(f"│ {line.ljust(width)} │" for line in lines)
    fee = f", charged {row['fee']}" if row["fee"] != "0" else ""
    state = "waits for an answer" if row["more"] else "ended"
    below = f"{row['encoding']} {row['length']}/{row['limit']}, {row['language']}{fee}, {state}"
    return f"┌{'─' * (width + 2)}┐\n{body}\n└{'─' * (width + 2)}┘\n  {below}"


def run_call(arguments: argparse.Namespace) -> int:
    """Call, press the keys, print what was said."""
    from ivr.channels.agi_server import AgiServer
    from ivr.channels.call import CallDriver, CallSettings
    from ivr.channels.standin import StandIn
    from ivr.house import House, LibraryPrompts, progress_bar
    from ivr.sessions.door import AsyncDoor

    try:
        house = House(Settings.from_environment(), voice=True, progress=progress_bar)
        prompts = LibraryPrompts(house)
        caller = StandIn(arguments.number, arguments.msisdn, arguments.keys, describe=prompts.describe, language=arguments.lang or "")
    except ValueError as error:
        print(f"ivr call: {error}", file=sys.stderr)
        return 2

    async def call() -> None:
        door = AsyncDoor(house.runner)
        server = AgiServer(CallDriver(door, prompts, settings=CallSettings(longest=longest_call(house))))
        await server.start("127.0.0.1", 0)
        try:
            await caller.run("127.0.0.1", server.port)
        finally:
            await server.close()
            door.close()

    try:
        asyncio.run(call())
    finally:
        house.close()
    if arguments.wav is not None:
        caller.wav(arguments.wav)
    rows = [{"said": row.said, "language": row.language, "files": list(row.files), "key": row.key} for row in caller.rows]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            print(f"[{row['language']}] {row['said']}")
            print(f"     key: {row['key']}" if row["key"] is not None else "     (nothing pressed)")
    return 0


def longest_call(house: House) -> float:
    """Seconds a call may last, by the operators' files."""
    return max(model.operator.call.longest for model in house.releases.current.values())


def run_serve(arguments: argparse.Namespace) -> int:
    """Serve until a signal."""
    from ivr.serving import serve

    return serve(arguments)


def fixed_words() -> Iterable[tuple[str, str]]:
    """(language, words) that the menus on disk may speak, for `ivr prompts`."""
    from ivr.catalog.compile import compile_operator
    from ivr.catalog.spoken import spoken_words
    from ivr.house import locales_of

    menus = Settings.from_environment().menus
    for folder in sorted(path.parent for path in menus.glob("*/operator.yaml")):
        model = compile_operator(folder, locales_of(menus)).model
        if model is not None:
            yield from spoken_words(model)
