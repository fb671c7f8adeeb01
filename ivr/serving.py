"""`ivr serve`: web, USSD, FastAGI, Asterisk and due work in one process, on one loop."""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import contextlib
import gc
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from ivr.channels.agi_server import AgiConnection, AgiServer
from ivr.channels.call import CallDriver, CallSettings
from ivr.commands import longest_call
from ivr.engine.model import Model
from ivr.house import House, LibraryPrompts, progress_bar
from ivr.server import Attached, Options, Part, run
from ivr.sessions.door import AsyncDoor
from ivr.settings import Settings
from ivr.telephony.accounts import SHORTEST_LOGIN, AccountsError, ensure_accounts
from ivr.telephony.asterisk import Asterisk, AsteriskError
from ivr.telephony.configuration import AsteriskSettings
from ivr.web.calls import StandInCaller
from ivr.web.site import Line, Site

log = logging.getLogger("ivr.serve")
LOOK = 0.1
"""Seconds between two looks at the menu files, and at what commands made current; a look takes about a millisecond."""
DUE = 50
"""Looks between two rounds of due work."""
STEP = 0.8
"""Seconds that a stop leaves a call to finish its step; the dialplan goes on after it."""


class Upkeep:
    """What is done again and again: taking menus that were saved (demo mode) or published, sweeping sessions."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._task: asyncio.Task[None] | None = None
        self._due: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        # compiled menus live as long as the process: the collector need not go through them, which would hold the loop up
        gc.collect()
        gc.freeze()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End. A network that is slow is not waited for: what it was not given stays due."""
        self._house.due_work.close()
        for task in (self._task, self._due):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _do_due(self) -> None:
        try:
            await asyncio.to_thread(self._house.due)
        except Exception:
            log.exception("due work failed; it is tried again")

    async def _run(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(LOOK)
            rounds += 1
            try:
                await asyncio.to_thread(self._house.releases.refresh)
                if rounds % DUE == 0:
                    await asyncio.to_thread(self._house.runner.sweep)
                    # beside the looks at the menus, which a network that is slow must not hold up
                    if self._due is None or self._due.done():
                        self._due = asyncio.create_task(self._do_due())
            except Exception:
                log.exception("upkeep failed; it is tried again")


def serve(arguments: argparse.Namespace) -> int:
    """Put the process together and run it until a signal. 1 where an address is taken."""
    settings = Settings.from_environment()
    for name in settings.ignored:
        log.warning("%s counts in demo mode only", name)
    house = House(settings, voice=True, keep_sessions=True, progress=progress_bar)
    for operator, release in {(record.operator, record.release) for record in house.runner.store.all()}:
        house.releases.pinned(operator, release)  # older ones, for sessions that go on: else their next request would compile them
    door, prompts = AsyncDoor(house.runner), LibraryPrompts(house)
    executor = concurrent.futures.ThreadPoolExecutor(4, "prompts")
    driver = CallDriver(door, prompts, executor, CallSettings(longest=longest_call(house)))

    async def counted(connection: AgiConnection) -> None:
        site.metrics.calls_total.inc()
        await driver(connection)

    agi = AgiServer(counted)
    lines = _lines(house) if settings.demo else []
    operators = house.releases.current.values()

    def ready() -> Mapping[str, object]:
        menus = {name: model.release for name, model in house.releases.current.items()}
        books, missing = house.books_writable(), house.prompts_missing()
        faults = [str(fault) for fault in house.releases.faults]
        state = {"books": books, "prompts_missing": missing, "releases": menus, "faults": faults}
        return {"ready": books and not missing and bool(menus), **state}

    site = Site(
        door=door,
        lines=lambda: _lines(house) if settings.demo else [],
        prompts_dir=house.library.cache,
        ready=ready,
        call=StandInCaller("127.0.0.1", lambda: agi.port, house.library.cache, prompts.describe),
        demo=settings.demo,
        sms_identity=house.sms_identity,
        idle=int(max(model.operator.ussd.wait for model in operators)),
        total=int(max(model.operator.ussd.longest for model in operators)),
    )
    people = _people(house)
    asterisk = None if arguments.no_asterisk else _asterisk(settings, arguments, [*(line.msisdn for line in lines), *people])
    telephone: list[str] = []
    site.metrics.calls_active.set_function(lambda: agi.connections)

    async def start_asterisk() -> None:
        if asterisk is not None:
            msisdns = [line.msisdn for line in lines]
            telephone.extend(await asyncio.to_thread(_start_asterisk, asterisk, settings.home, msisdns, people, _called(house)))

    async def stop_asterisk() -> None:
        if asterisk is not None:
            await asyncio.to_thread(asterisk.stop)

    house.warm_prompts()
    parts: list[Part] = [
        Attached(lambda: agi.start("127.0.0.1", arguments.agi_port), lambda: agi.close(STEP), "FastAGI"),
        Attached(start_asterisk, stop_asterisk, "Asterisk"),
        Upkeep(house),
    ]

    def started(address: str) -> None:
        print(
            "\n".join(
                ["", f"  phone page   {address}/", f"  USSD, SMS    POST {address}/ussd, /sms", f"  FastAGI      127.0.0.1:{agi.port}"]
            )
        )
        print("\n".join([*telephone, "  stop with Ctrl-C", ""]), flush=True)

    try:
        run(site, Options(arguments.host, arguments.port), parts, started)
    except OSError as error:
        print(f"ivr serve: {error}", file=sys.stderr)
        return 1
    finally:
        door.close()
        house.close()
        executor.shutdown(wait=False, cancel_futures=True)
    return 0


def _lines(house: House) -> list[Line]:
    """The lines of the demo, for the phone page and the softphone logins."""
    with house.books.reading() as connection:
        rows = connection.execute("SELECT msisdn, kind, language, tariff, operator FROM line ORDER BY operator, msisdn").fetchall()
    models = house.releases.current
    return [
        Line(msisdn, kind, language, dials=_dials(models[operator], kind, tariff))
        for msisdn, kind, language, tariff, operator in rows
        if operator in models
    ]


def _dials(model: Model, kind: str, tariff: str) -> tuple[str, ...]:
    """What a line may dial and call without filling anything in: the codes, then the numbers."""
    mine = [entry for entry in model.entries if model.operator.in_group(entry.serves, kind, tariff)]
    codes = [
        f"*{'*'.join(map(str, entry.parts))}#"
        for entry in mine
        if entry.channel == "ussd" and all(isinstance(part, str) for part in entry.parts)
    ]
    numbers = [str(entry.parts[0]) for entry in mine if entry.channel == "call"]
    return tuple(dict.fromkeys([*codes, *numbers]))


def _people(house: House) -> list[str]:
    """The numbers of the people whom the menus hand calls to: each gets a login, so that somebody can answer."""
    numbers = {person.number for model in house.releases.current.values() for person in model.operator.people.values()}
    return sorted(number for number in numbers if len(number) >= SHORTEST_LOGIN)


def _called(house: House) -> list[str]:
    """The numbers that the menus can be called on."""
    entries = [entry for model in house.releases.current.values() for entry in model.entries if entry.channel == "call"]
    return sorted({str(entry.parts[0]) for entry in entries}, key=lambda number: (len(number), number))


def _asterisk(settings: Settings, arguments: argparse.Namespace, msisdns: list[str]) -> Asterisk | None:
    try:
        accounts = ensure_accounts(settings.home, msisdns)
    except AccountsError as error:
        log.error("%s; calls come from your own Asterisk only", error)
        return None
    return Asterisk(settings.home, accounts, AsteriskSettings(sip_port=arguments.sip_port, agi_port=arguments.agi_port))


def _start_asterisk(asterisk: Asterisk, home: Path, msisdns: list[str], people: list[str], numbers: list[str]) -> list[str]:
    """Start it, and say how to reach it; without one everything else is served all the same."""
    try:
        asterisk.start()
    except AsteriskError as error:
        return [f"  SIP          not available: {error}"]
    told = [f"  SIP          127.0.0.1:{asterisk.settings.sip_port} (Asterisk {asterisk.version}); call {' or '.join(numbers)}"]
    if msisdns:
        password = ensure_accounts(home, msisdns[:1])[msisdns[0]].reveal()
        told.append(f"  softphone    user {msisdns[0]}, password {password}; the others are in {home / 'sip-accounts.json'}")
    for number, secret in ensure_accounts(home, people).items():
        told.append(f"  a person     user {number}, password {secret.reveal()}: answers the calls that the menus hand over")
    return told
