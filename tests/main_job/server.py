"""The product as its users have it: `ivr serve` in a process of its own, on free loopback ports, with its own data folder."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ivr.settings import ROOT
from ivr.telephony.accounts import ensure_accounts
from tests.phones import baresip
from tests.phones.fixtures import free_ports, unavailable
from tests.phones.rtp_phone import RtpPhone

CLOCK = "2026-11-22T12:00:00+04:00"
"""The business clock stands here, so that every date in an expectation is written out by hand."""
NUMBERS = re.compile(r"99(?:45|29)\d{8}")
START, STOP = 60.0, 10.0


class Lines:
    """What a pipe has said so far; whoever waits for a line is woken by it."""

    def __init__(self, pipe: IO[str]) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(pipe,), daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """Everything so far."""
        with self._news:
            return "".join(self._lines)

    def wait(self, pattern: str, timeout: float, since: int = 0) -> str:
        """The first line from number `since` on in which `pattern` is found. Raises AssertionError with everything that was said."""

        def found() -> str | None:
            return next((line for line in self._lines[since:] if re.search(pattern, line)), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None or self._ended, timeout)
            line = found()
        assert line is not None, f"nobody said {pattern!r}:\n{self.text}"
        return line

    def __len__(self) -> int:
        with self._news:
            return len(self._lines)

    def join(self) -> str:
        """Everything, once the pipe is closed."""
        self._thread.join(5.0)
        return self.text

    def _run(self, pipe: IO[str]) -> None:
        for line in pipe:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


class Server:
    """One `ivr serve`. `stop()` asserts that it ended cleanly and that its log names no subscriber."""

    def __init__(self, home: Path, *, telephone: bool = True, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.telephone = telephone
        self.port = free_ports(2, socket.SOCK_STREAM)
        self.agi_port = self.port + 1
        self.sip_port = free_ports(1)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        self.environment |= {"IVR_HOME": str(home), "IVR_CLOCK": CLOCK, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.errors = "(?!)"
        """What an ERROR in the log may say where a test provokes one."""
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it (again, on the same ports and data) and wait until it is ready."""
        ports = ["--port", str(self.port), "--agi-port", str(self.agi_port), "--sip-port", str(self.sip_port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ivr", "serve", *ports, *([] if self.telephone else ["--no-asterisk"])],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.log, self.said = Lines(self._process.stderr), Lines(self._process.stdout)
        try:
            self.said.wait("stop with Ctrl-C", START)
            status, body = self.get("/readyz")
            assert (status, json.loads(body)["ready"]) == (200, True), body
            if self.telephone:
                told = self.said.wait("^  SIP", 1)
                if "not available" in told:
                    unavailable(told.strip())
                assert f"127.0.0.1:{self.sip_port} " in told
        except BaseException:
            sys.stderr.write(self.log.text)
            self._process.kill()
            self._process.wait()
            raise

    def stop(self) -> None:
        """SIGTERM; asserts a clean end."""
        process = self._process
        if process is None:
            return
        self._process = None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"did not stop in {STOP:g} s:\n{self.log.join()}") from None
        log = self.log.join()
        assert process.returncode == 0, log
        assert "INFO ivr.server stopped" in log, log
        assert "Traceback" not in log, log
        assert not [line for line in log.splitlines() if " ERROR " in line and not re.search(self.errors, line)], log
        assert not NUMBERS.search(log), "the log names a subscriber"

    # HTTP

    def request(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """One request; the status and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        """GET."""
        return self.request("GET", path)

    def ready(self) -> dict[str, Any]:
        """What /readyz says."""
        found: dict[str, Any] = json.loads(self.get("/readyz")[1])
        return found

    def form(self, path: str, **fields: str) -> tuple[int, str]:
        """POST a form."""
        return self.request("POST", path, urllib.parse.urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def ussd(self, session: str, msisdn: str, code: str, text: str = "") -> str:
        """What the gateway gets for everything typed so far: `CON ...` or `END ...`."""
        status, body = self.form("/ussd", sessionId=session, phoneNumber=f"+{msisdn}", serviceCode=code, networkCode="40001", text=text)
        assert status == 200, body
        return body

    # telephones

    def password(self, msisdn: str) -> str:
        """Of a line's login."""
        return ensure_accounts(self.home, [msisdn])[msisdn].reveal()

    def phone(self, msisdn: str, claims: str | None = None) -> RtpPhone:
        """A telephone with that line's login, whose From header may claim another."""
        return RtpPhone(("127.0.0.1", self.sip_port), msisdn, self.password(msisdn), claims)

    def baresip(self, msisdn: str, folder: Path) -> baresip.Baresip:
        """A baresip with that line's login."""
        if not baresip.available():
            unavailable("baresip (Debian: baresip-core)")
        ports = (free_ports(2), free_ports(1, socket.SOCK_STREAM), free_ports(40))
        return baresip.Baresip(folder, ("127.0.0.1", self.sip_port), msisdn, self.password(msisdn), ports)

    def wait_calls_over(self, timeout: float = 5.0) -> None:
        """Wait until no call is under way."""
        deadline = time.monotonic() + timeout
        while "ivr_calls_active 0.0" not in (text := self.get("/metrics")[1]):
            assert time.monotonic() < deadline, [line for line in text.splitlines() if "calls" in line]
            time.sleep(0.05)

    # books

    def books(self) -> list[str]:
        """Every table, every row, as SQL."""
        connection = sqlite3.connect(f"file:{self.home / 'books.db'}?mode=ro", uri=True)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    def ivr(self, *arguments: str) -> str:
        """What a command prints that runs beside the server on the same data; asserts that it answered."""
        done = subprocess.run(
            [sys.executable, "-m", "ivr", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
