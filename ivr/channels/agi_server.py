"""The FastAGI server: sockets, time-outs and the few commands that calls are made of.

One `AgiConnection` is one call. Its reader never stops, so that a hang-up is known at once, also while a look-up runs: whoever awaits a
command gets `HungUp`, whoever awaits something else watches `gone`. Whatever one peer does, the others do not notice.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from ivr.channels.agi_protocol import (
    AgiError,
    AgiParser,
    AgiPeerError,
    AgiRefused,
    AgiReply,
    Environment,
    HangUpNotice,
    HungUp,
    PromptMissing,
    encode_command,
)

log = logging.getLogger(__name__)

MARGIN = 10.0
"""Seconds that Asterisk may take longer than a prompt or a wait lasts, before we give the connection up."""
SAMPLES = 8
"""Samples in a millisecond: telephone sound has 8,000 a second."""


class AgiConnection(asyncio.Protocol):
    """One call's connection. Commands are awaited one at a time; each raises HungUp when the call is over."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._parser = AgiParser()
        self._transport: asyncio.Transport | None = None
        self._pending: asyncio.Future[AgiReply] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._through = False
        self.environment = Environment({})
        self.gone: asyncio.Future[str] = self._loop.create_future()
        """Done once the call is over for us; its result is `HungUp.why`."""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's: the socket is there. It is closed at once where the server has as many calls as it takes."""
        stream = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of it
        self._transport = stream
        refusal = self._server.admit(self, transport.get_extra_info("peername"))
        if refusal:
            log.warning("agi: a connection refused: %s", refusal)
            stream.abort()
            return
        self._deadline = self._loop.call_later(self._server.environment_seconds, self._overdue, "no environment in time")

    def data_received(self, data: bytes) -> None:
        """asyncio's: bytes from the peer."""
        try:
            for event in self._parser.feed(data):
                if isinstance(event, AgiReply):
                    self._replied(event)
                elif isinstance(event, HangUpNotice):
                    self._leave("hung_up", self._through)
                else:
                    self._cancel_deadline()
                    self.environment = event
                    self._server.started(self)
        except AgiPeerError as error:
            self._overdue(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's: the socket is closed, by whomever."""
        self._cancel_deadline()
        if not self.environment.values and not self.gone.done():
            log.info("agi: a connection ended before it said what call it is")
        self._leave("aborted")
        self._server.ended(self)

    # What the driver of a call uses.

    async def command(self, name: str, *arguments: str | int, seconds: float = MARGIN, through: bool = False) -> AgiReply:
        """Send one command and await its reply (code 200), at most `seconds`.

        `through`: a caller who hangs up does not end the wait, for Asterisk still says what became of the command; only for those that it
        carries out on a dead channel (EXEC, GET VARIABLE). Raises HungUp, AgiRefused (510, 520), AgiArgumentError; RuntimeError where
        another command is under way.
        """
        line = encode_command(name, *arguments)
        if self.gone.done() and not (through and self.gone.result() == "hung_up"):
            raise HungUp(self.gone.result())
        if self._pending is not None or self._transport is None:
            raise RuntimeError("one command at a time")
        pending: asyncio.Future[AgiReply] = self._loop.create_future()
        self._pending, self._through = pending, through
        self._deadline = self._loop.call_later(seconds, self._overdue, f"no reply to {name} in time")
        self._transport.write(line)
        try:
            reply = await pending
        except asyncio.CancelledError:
            # Its reply would be taken for the next command's, so there must be no next command.
            self._leave("aborted")
            self.close()
            raise
        finally:
            self._pending, self._through = None, False
            self._cancel_deadline()
        if reply.code == 511:
            self._leave("hung_up")
            raise HungUp("hung_up")
        if reply.code != 200:
            raise AgiRefused(reply.code, name)
        return reply

    async def stream_file(self, path: str, keys: str, milliseconds: int, start: int = 0) -> tuple[str, int]:
        """Play the file at `path` (without its suffix) from `start` ms; any of `keys` cuts it short.

        Returns the key ("" where it was played out) and how far it got in ms. Raises PromptMissing, HungUp.
        """
        offset = (start * SAMPLES,) if start else ()
        reply = await self.command("STREAM FILE", path, keys, *offset, seconds=milliseconds / 1000 + MARGIN)
        if reply.result is None or reply.result < 0:
            await self._still_there()
            raise PromptMissing("a prompt could not be played")
        if reply.result == 0 and reply.endpos == 0 and milliseconds > 0:
            raise PromptMissing("a prompt is empty")  # Asterisk plays an empty file with success.
        return (chr(reply.result) if reply.result else ""), (reply.endpos or 0) // SAMPLES

    async def wait_for_digit(self, milliseconds: int) -> str:
        """The key pressed within `milliseconds`, or "". Raises HungUp."""
        reply = await self.command("WAIT FOR DIGIT", milliseconds, seconds=milliseconds / 1000 + MARGIN)
        if reply.result is None or reply.result < 0:
            await self._still_there()
            return ""
        return chr(reply.result) if reply.result else ""

    async def get_variable(self, name: str, through: bool = False) -> str:
        """A channel variable, "" where it is not set; `through` as in `command`. Raises HungUp."""
        return (await self.command("GET VARIABLE", name, through=through)).data

    async def _still_there(self) -> None:
        """Tell a caller who hung up from a command that failed: `result=-1` means both, and the line HANGUP may be on its way."""
        status = await self.command("CHANNEL STATUS")
        if not status.result or status.result < 0:  # 0: the channel is down
            self._leave("hung_up")
            raise HungUp("hung_up")

    def stop(self) -> None:
        """The server stops: what is awaited raises HungUp("stopping"); the driver closes the socket and the dialplan goes on."""
        self._leave("stopping")

    def close(self) -> None:
        """Close the socket; the dialplan goes on. Harmless when closed."""
        if self._transport is not None:
            self._transport.close()

    def _replied(self, reply: AgiReply) -> None:
        if self._pending is None:
            if not self.gone.done():
                raise AgiPeerError("a reply to no command")
            return
        if not self._pending.done():
            self._pending.set_result(reply)

    def _overdue(self, why: str) -> None:
        log.warning("agi: connection closed: %s", why)
        self._leave("aborted")
        if self._transport is not None:
            self._transport.abort()

    def _leave(self, why: str, through: bool = False) -> None:
        if not self.gone.done():
            self.gone.set_result(why)
        if not through and self._pending is not None and not self._pending.done():
            self._pending.set_exception(HungUp(self.gone.result()))

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class AgiServer:
    """Listens for Asterisk and runs `serve(connection)` for every call whose environment arrived.

    `limit`: connections at the same time, more are closed at once. `environment_seconds`: how long a peer may take to say who it is.
    `peers`: networks (`10.0.0.0/8`) that may connect, none for all: who connects says whose line it is. Raises ValueError for what is none.
    """

    def __init__(
        self,
        serve: Callable[[AgiConnection], Awaitable[None]],
        *,
        limit: int = 500,
        environment_seconds: float = 5.0,
        peers: Iterable[str] = (),
    ) -> None:
        self._serve = serve
        self._peers = tuple(ipaddress.ip_network(peer) for peer in peers)
        self.limit = limit
        self.environment_seconds = environment_seconds
        self._server: asyncio.Server | None = None
        self._connections: set[AgiConnection] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def port(self) -> int:
        """The TCP port listened on. Raises RuntimeError before `start`."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the AGI server does not listen")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        return len(self._connections)

    async def start(self, host: str = "127.0.0.1", port: int = 4573) -> None:
        """Listen; port 0 takes a free one. Raises OSError where the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(lambda: AgiConnection(self), host, port)

    async def close(self, seconds: float = 3.0) -> None:
        """Take no more calls, let each finish the step it is in, at most `seconds`, and close the sockets."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.stop()
            if not connection.environment.values:
                connection.close()
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                log.warning("agi: %d calls did not finish their step in time", len(late))
                await asyncio.wait(late, timeout=1.0)
        for connection in list(self._connections):
            connection.close()

    # What connections call.

    def admit(self, connection: AgiConnection, peer: tuple[str, int] | None) -> str:
        """Count a new connection; why not, or "" where it is welcome."""
        if self._stopping:
            return "the server stops"
        if len(self._connections) >= self.limit:
            return f"all {self.limit} are taken"
        if self._peers and (peer is None or not any(ipaddress.ip_address(peer[0]) in network for network in self._peers)):
            return "not from a network that may call"
        self._connections.add(connection)
        return ""

    def started(self, connection: AgiConnection) -> None:
        """A connection's environment is complete: run the call."""
        task = asyncio.get_running_loop().create_task(self._run(connection))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def ended(self, connection: AgiConnection) -> None:
        """A connection is closed."""
        self._connections.discard(connection)

    async def _run(self, connection: AgiConnection) -> None:
        try:
            await self._serve(connection)
        except HungUp:
            pass
        except AgiError as error:
            log.warning("agi: a call ended by %s", type(error).__name__)
        except Exception as error:
            # Only where and what kind: the message of an exception may repeat what a caller typed.
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("agi: a call ended by %s at %s:%s", type(error).__name__, place.filename.rpartition("/")[2], place.lineno)
        finally:
            connection.close()
