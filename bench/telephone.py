"""Real telephone calls for the benchmarks: our server, an Asterisk of its own beside it, and in its dialplan two plain extensions to compare with.

`2112` goes to the menus over FastAGI as in the product. `771` plays the very file that A1 plays, without us: Answer, Playback, Hangup.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.load import TICKS, LoadError
from bench.rows import Unavailable
from bench.servers import Server, our_server, prepaid_lines
from ivr.channels.standin import StandIn
from ivr.engine.values import Secret
from ivr.telephony.accounts import ensure_accounts
from ivr.telephony.asterisk import Asterisk
from ivr.telephony.configuration import AsteriskSettings
from ivr.telephony.installation import find_installation
from tests.phones.fixtures import free_ports
from tests.phones.rtp_phone import RtpPhone

NUMBER, PLAIN = "2112", "771"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Our server and its Asterisk while they run, and a twin of it for the plain calls of the same minute. `prompt` is the file of A1 as Asterisk takes it, `seconds` how long it is."""

    server: Server
    asterisk: Asterisk
    twin: Asterisk
    accounts: dict[str, Secret]
    prompt: str
    seconds: float

    def phone(self, line: str, twin: bool = False) -> RtpPhone:
        """A telephone with that line's login."""
        settings = (self.twin if twin else self.asterisk).settings
        return RtpPhone((settings.sip_host, settings.sip_port), line, self.accounts[line].reveal())

    def cpu(self) -> tuple[float, float, float]:
        """CPU seconds so far: of Asterisk, of ours, of the twin."""
        assert self.asterisk.pid is not None
        assert self.twin.pid is not None
        return own_cpu(self.asterisk.pid), own_cpu(self.server.pid), own_cpu(self.twin.pid)


def own_cpu(pid: int) -> float:
    """CPU seconds of one process without its children; threads that have ended count (Asterisk has one for each call)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def a1(server: Server, line: str) -> StandIn:
    """A1 by the stand-in caller, who listens to the whole prompt and hangs up. Raises LoadError where nothing was played."""
    caller = StandIn(NUMBER, line, leaves=True, unique_id=f"bench.{os.urandom(6).hex()}")
    await caller.run("127.0.0.1", server.agi_port)
    if len(caller.rows) != 1 or len(caller.rows[0].files) != 1:
        raise LoadError(f"a call heard {[row.files for row in caller.rows]} instead of one prompt; last: {caller.transcript[-2:]}")
    return caller


@contextlib.contextmanager
def exchange(lines: int) -> Iterator[Exchange]:
    """Both servers, with so many prepaid lines that have telephones. Raises Unavailable where there is no Asterisk."""
    installation = find_installation()
    if installation is None:
        raise Unavailable("no Asterisk 20 or newer; `make setup` fetches one")
    numbers = prepaid_lines(lines)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-tel-")))
        server = stack.enter_context(our_server(folder, numbers))
        played = asyncio.run(a1(server, numbers[0]))
        heard = next(piece for piece in played.pieces if piece.path is not None)
        assert heard.path is not None
        accounts: dict[str, Secret] = {}
        running: list[Asterisk] = []
        for name in ("telephone", "twin"):
            home = folder / name
            accounts = accounts or ensure_accounts(home, numbers)
            rtp = free_ports(4 * lines + 20)
            settings = AsteriskSettings(sip_port=free_ports(1), rtp_ports=(rtp, rtp + 4 * lines + 18), agi_port=server.agi_port)
            running.append(stack.enter_context(Asterisk(home, accounts, settings, installation)))
            plain = f"\n[menus]\nexten => {PLAIN},1,Answer()\n same => n,Playback({heard.path})\n same => n,Wait(60)\n"
            with (home / "asterisk" / "etc" / "extensions.conf").open("a", encoding="utf-8") as file:
                file.write(plain)
            running[-1].command("dialplan reload")
            if PLAIN not in running[-1].command(f"dialplan show {PLAIN}@menus"):
                raise LoadError("Asterisk did not take the plain extension")
        yield Exchange(server, *running, accounts, heard.path, heard.samples / 8000)
