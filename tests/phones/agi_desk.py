"""A FastAGI server in the test's own hand: each call Asterisk brings is a connection that the test speaks on, byte by byte."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time


class AgiCall:
    """One call. `transcript` holds every line that went over the wire, `<` from Asterisk and `>` to it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._unread = b""
        self.transcript: list[str] = []
        self.environment: dict[str, str] = {}
        self.hung_up_at: float | None = None
        while line := self.line():
            name, _, value = line.partition(": ")
            self.environment[name] = value

    def line(self, timeout: float = 20.0) -> str:
        """The next line from Asterisk; `TimeoutError` where none comes, `EOFError` where it closed."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._unread:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self._socket.recv(65536)
            if not part:
                raise EOFError("Asterisk closed the connection")
            self._unread += part
        line, self._unread = self._unread.split(b"\n", 1)
        text = line.decode()
        self.transcript.append(f"< {text}")
        if text == "HANGUP":
            self.hung_up_at = time.monotonic()
        return text

    def ask(self, command: str, timeout: float = 20.0) -> str:
        """Sends a command; its reply, several lines for a 520. A HANGUP line before it is noted and passed over."""
        self.transcript.append(f"> {command}")
        self._socket.sendall(command.encode() + b"\n")
        reply = self.line(timeout)
        while reply == "HANGUP":
            reply = self.line(timeout)
        if reply.startswith("520-"):
            while not reply.rpartition("\n")[2].startswith("520 "):
                reply += "\n" + self.line(timeout)
        return reply

    def close(self) -> None:
        """Gives the call back to the dialplan, which hangs up."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __enter__(self) -> AgiCall:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AgiDesk:
    """Listens on a loopback port; `call()` is the next call that arrives."""

    def __init__(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self._calls: queue.Queue[AgiCall] = queue.Queue()
        threading.Thread(target=self._run, name="agi", daemon=True).start()

    def call(self, timeout: float = 5.0) -> AgiCall:
        """The next call, its environment read; `queue.Empty` where none comes."""
        return self._calls.get(timeout=timeout)

    def close(self) -> None:
        """Listens no longer; open calls go on."""
        # shutdown first: close alone would leave the thread in accept, and the port taken
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def __enter__(self) -> AgiDesk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, EOFError):
                self._calls.put(AgiCall(connection))
