"""A wire tap between Asterisk and a FastAGI server: what went over it, as the stand-in caller writes its transcript."""

from __future__ import annotations

import asyncio


class Tap:
    """Listens where Asterisk calls and passes everything on to `port`; `calls` has a transcript for each call that ended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.calls: asyncio.Queue[list[tuple[str, str]]] = asyncio.Queue()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _connected(self, from_asterisk: asyncio.StreamReader, to_asterisk: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        said: list[tuple[str, str]] = []

        async def listen(side: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                said.append((side, line.decode().rstrip("\n")))
                writer.write(line)
            writer.close()

        await asyncio.gather(
            listen("asterisk", from_asterisk, to_server), listen("server", from_server, to_asterisk), return_exceptions=True
        )
        self.calls.put_nowait(transcript(said))


def transcript(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Commands with their replies, in order, without the environment; a line HANGUP stands as ("", "HANGUP")."""
    pairs: list[tuple[str, str]] = []
    command, usage = "", ""
    for side, line in said:
        if side == "server":
            command = line
        elif line == "HANGUP":
            pairs.append(("", "HANGUP"))
        elif line.startswith("520-") or usage and not line.startswith("520 "):
            usage += line + "\n"
        elif command:
            pairs.append((command, usage + line))
            command, usage = "", ""
    return pairs
