"""Between a real Asterisk and the server: passes every AGI line on, keeps the conversation, and tells when the server gives a command."""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading

from tests.channels.agi_tap import transcript


class TappedCall:
    """One call's conversation."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.commands: queue.Queue[str] = queue.Queue()
        self.over = threading.Event()

    def wait_command(self, name: str, timeout: float = 60.0) -> None:
        """Wait until the server has given the next command `name`."""
        while not self.commands.get(timeout=timeout).startswith(name):
            pass

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """As the stand-in caller writes its own."""
        return transcript(self.said)


class Tap:
    """Listens on `port`, passes on to `server_port`; `call(line)` is that line's call."""

    def __init__(self, port: int, server_port: int) -> None:
        self._server_port = server_port
        self._calls: dict[str, queue.Queue[TappedCall]] = {}
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def call(self, line: str, timeout: float = 5.0) -> TappedCall:
        """The next call of `line`; `queue.Empty` where none comes."""
        return self._of(line).get(timeout=timeout)

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _of(self, line: str) -> queue.Queue[TappedCall]:
        with self._lock:
            return self._calls.setdefault(line, queue.Queue())

    def _accept(self) -> None:
        while True:
            try:
                asterisk, _ = self._socket.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            call = TappedCall()
            for side, one, other in (("asterisk", asterisk, server), ("server", server, asterisk)):
                threading.Thread(target=self._pass, args=(call, side, one, other), daemon=True).start()

    def _pass(self, call: TappedCall, side: str, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError), one.makefile("rb") as lines:
            for raw in lines:
                line = raw.decode().rstrip("\n")
                call.said.append((side, line))
                if side == "server":
                    call.commands.put(line)
                elif found := re.fullmatch(r"agi_arg_2: (\d+)", line):
                    self._of(found[1]).put(call)
                other.sendall(raw)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        if side == "asterisk":
            call.over.set()
