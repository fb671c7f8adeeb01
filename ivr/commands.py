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
    from ivr.scenarios.record import Recording
    from ivr.sessions.requests import Door, Reply
    from ivr.speech.script import Line

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
    call.add_argument(
        "--person",
        choices=("answered", "busy", "no_answer"),
        default="answered",
        help="what a person does whom the call is handed to (default: answered)",
    )
    call.set_defaults(run=run_call)
    for command in (ussd, call):
        command.add_argument("--from", dest="msisdn", metavar="MSISDN", required=True, type=_msisdn, help="the line: 994501110001")
        command.add_argument("--keys", metavar="KEYS", default="", help='what is typed after it, in groups: "1 7"')
        command.add_argument("--lang", metavar="LANG", choices=("az", "en", "ru"), help="the language of this session only: az, en or ru")
        command.add_argument("--json", action="store_true", help="a JSON array of rows")
        command.add_argument("--record", metavar="FILE", type=Path, help="append what happens to a scenario file, for `ivr test`")
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

    if arguments.record is not None and (problem := _cannot_record(arguments.record)):
        print(f"ivr ussd: {problem}", file=sys.stderr)
        return 2
    house = House(Settings.from_environment())
    try:
        session = f"ussd:{secrets.token_hex(8)}"
        recording = None if arguments.record is None else _recording(house, arguments)
        call = house.runner.call if recording is None else recording.around(house.runner.call)
        replies = [call(session, Open("ussd", arguments.code, arguments.msisdn, language=arguments.lang))]
        for keys in arguments.keys.split():
            if replies[-1].ended:
                break
            replies.append(call(session, Typed(keys)))
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
    if recording is not None:
        _append(arguments.record, recording)
    return 0


def _cannot_record(path: Path) -> str:
    """Why no scenario can be recorded into `path`; empty where one can."""
    from ivr.scenarios.record import CannotRecord, ready_to_record

    try:
        ready_to_record(path)
    except CannotRecord as error:
        return str(error)
    return ""


def _recording(house: House, arguments: argparse.Namespace) -> Recording:
    """A recording of one session, beginning now by the clock of the line's operator."""
    from ivr.scenarios.record import Recording
    from ivr.sessions.runner import zone_of

    address = arguments.code if "code" in arguments else arguments.number
    model = house.releases.operator_of(arguments.msisdn, address, house.settings.operator)
    return Recording(arguments.msisdn, arguments.lang, house.clock.now(None if model is None else zone_of(model)), model)


def _append(path: Path, recording: Recording) -> None:
    from ivr.scenarios.record import SECRET, append

    name = append(path, recording)
    print(f"recorded as {name} in {path}", file=sys.stderr)
    if any(step.secret for step in recording.steps):
        print(f"{SECRET} stands where a secret was typed: write the demo line's own there", file=sys.stderr)


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
    from ivr.channels.standin import DIAL_STATUS, StandIn
    from ivr.house import House, LibraryPrompts, progress_bar
    from ivr.sessions.door import AsyncDoor

    if arguments.record is not None and (problem := _cannot_record(arguments.record)):
        print(f"ivr call: {problem}", file=sys.stderr)
        return 2
    try:
        house = House(Settings.from_environment(), voice=True, progress=progress_bar)
        prompts = LibraryPrompts(house)
        caller = StandIn(
            arguments.number,
            arguments.msisdn,
            arguments.keys,
            describe=prompts.describe,
            language=arguments.lang or "",
            dial_status=DIAL_STATUS[arguments.person],
        )
    except ValueError as error:
        print(f"ivr call: {error}", file=sys.stderr)
        return 2
    recording = None if arguments.record is None else _recording(house, arguments)

    async def call() -> None:
        door = AsyncDoor(house.runner)
        way: Door = door if recording is None else recording.around_door(door)
        server = AgiServer(CallDriver(way, prompts, settings=CallSettings(longest=longest_call(house))))
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
    if recording is not None:
        _append(arguments.record, recording)
    return 0


def longest_call(house: House) -> float:
    """Seconds a call may last, by the operators' files."""
    return max(model.operator.call.longest for model in house.releases.current.values())


def run_serve(arguments: argparse.Namespace) -> int:
    """Serve until a signal."""
    from ivr.serving import serve

    return serve(arguments)


def fixed_words() -> Iterable[tuple[str, str]]:
    """(language, words) that the menus on disk may speak."""
    from ivr.commands_prompts import OnDisk

    return OnDisk().fixed_words()


def script_lines() -> Iterable[Line]:
    """The same with the wordings they stand in, for whoever reads them aloud."""
    from ivr.commands_prompts import OnDisk

    return OnDisk().script_lines()
