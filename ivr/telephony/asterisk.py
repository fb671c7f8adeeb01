"""A private Asterisk as a child process: configured, started, watched and stopped by us, and gone when we are gone."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ivr.engine.values import Secret
from ivr.telephony.configuration import AsteriskSettings, Folders, write_configuration
from ivr.telephony.installation import Installation, find_installation, missing_modules

# A Unix socket's name holds 107 bytes; Asterisk cuts a longer one off without a word and is then deaf to commands.
_LONGEST_SOCKET_NAME = 107


class AsteriskError(Exception):
    """Asterisk is not there, cannot start or does not answer; the message says why and what to do."""


class Asterisk:
    """One Asterisk with its state under `<home>/asterisk`.

    `start()` and `stop()` block (about 1 s each) and may be called from any thread; both may be repeated. `accounts` are the
    softphone logins of `ivr.telephony.accounts`. It is bound to this process: should this process die without `stop()`,
    the kernel ends Asterisk too.
    """

    def __init__(
        self,
        home: Path,
        accounts: Mapping[str, Secret],
        settings: AsteriskSettings | None = None,
        installation: Installation | None = None,
    ) -> None:
        self.settings = settings or AsteriskSettings()
        self.manager_password = Secret(secrets.token_hex(16))
        self._accounts = dict(accounts)
        self._installation = installation
        self._folders, self._short_run = _folders(home.absolute() / "asterisk")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def ready(self) -> bool:
        """Whether it is up and takes calls now."""
        if self.pid is None:
            return False
        try:
            return "fully booted" in self.command("core waitfullybooted", timeout=1.0)
        except AsteriskError:
            return False

    @property
    def log(self) -> Path:
        """The file with its notices, warnings and errors."""
        return self._folders.log

    @property
    def version(self) -> str | None:
        """The version of the Asterisk found, None before `start()`."""
        return self._installation.version if self._installation is not None else None

    def start(self, timeout: float = 20.0) -> None:
        """Starts it and returns once it takes calls; `AsteriskError` if that does not happen within `timeout` seconds."""
        if self.pid is not None:
            return
        installation = self._installation = self._installation or find_installation()
        if installation is None:
            raise AsteriskError("no Asterisk 20 or newer on this system and none unpacked in .cache/asterisk; `make setup` fetches one")
        if missing := missing_modules(installation):
            raise AsteriskError(f"Asterisk {installation.version} at {installation.modules} lacks {', '.join(missing)}")
        self._end_leftover()
        self._check_ports()
        write_configuration(self._folders, installation, self.settings, self._accounts, self.manager_password)
        self._folders.log.unlink(missing_ok=True)
        self._process = self._spawn([*installation.command, "-f", "-C", str(self._folders.configuration)])
        try:
            self._wait_until_ready(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = 5.0) -> None:
        """Ends it with all its calls and waits until the process is gone; after `timeout` seconds it is killed."""
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._process = None
        if self._short_run:
            shutil.rmtree(self._folders.run, ignore_errors=True)

    def command(self, text: str, timeout: float = 5.0) -> str:
        """What Asterisk's command line answers to `text` (`core show channels`), without the last line break.

        Spoken over its control socket, as `asterisk -rx` does, but without the 30 ms of a program started for it.
        """
        if "\n" in text or "\0" in text:
            raise ValueError("one command at a time")
        answer = bytearray()
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(timeout)
                connection.connect(str(self._folders.control_socket))
                connection.recv(1024)  # the greeting: host/pid/version
                connection.sendall(f"cli quit after {text}\0".encode())
                while part := connection.recv(65536):
                    answer += part
        except OSError as error:
            raise AsteriskError(f"Asterisk does not answer {text!r}: {error}") from None
        # Each piece is led by a byte 0x7f and one that says how loud it is.
        return re.sub(rb"\x7f.|\0", b"", bytes(answer), flags=re.DOTALL).decode(errors="replace").rstrip("\n")

    def change_accounts(self, accounts: Mapping[str, Secret]) -> None:
        """Other softphone logins, without interrupting calls."""
        self._accounts = dict(accounts)
        if self._installation is not None and self.pid is not None:
            write_configuration(self._folders, self._installation, self.settings, self._accounts, self.manager_password)
            self.command("module reload res_pjsip.so")

    def __enter__(self) -> Asterisk:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Starts the program so that it dies with us.

        The kernel sends the parent-death signal when the *thread* that started the child ends, so a thread of its own starts
        it and then stays for as long as the child does. setpriv asks for the signal in the child itself and becomes the
        program; code of ours between fork and exec (preexec_fn) is unsafe in a process with threads.
        """
        setpriv = shutil.which("setpriv")
        guarded = [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command
        started: list[subprocess.Popen[bytes] | OSError] = []
        done = threading.Event()

        def keep() -> None:
            try:
                with open(self._folders.state / "log" / "output", "wb") as output:
                    # Its own session: Ctrl-C at our terminal is ours to handle, calls are ended in order.
                    process = subprocess.Popen(
                        guarded, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
                    )
            except OSError as error:
                started.append(error)
                done.set()
                return
            started.append(process)
            done.set()
            process.wait()

        threading.Thread(target=keep, name="asterisk", daemon=True).start()
        done.wait()
        if isinstance(started[0], OSError):
            raise AsteriskError(f"Asterisk cannot be started: {started[0]}")
        return started[0]

    def _wait_until_ready(self, deadline: float) -> None:
        while not self.ready:
            if self.pid is None:
                raise AsteriskError(f"Asterisk ended while starting:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise AsteriskError(f"Asterisk did not come up in time:\n{self._last_words()}")
            time.sleep(0.02)
        # A module whose needs are not met is left out without a word: Asterisk would be up and know no SIP.
        if "Not Running" in (modules := self.command("module show")):
            names = [line.split()[0] for line in modules.splitlines() if "Not Running" in line]
            raise AsteriskError(f"Asterisk does not run {', '.join(names)}:\n{self._last_words()}")
        # A transport that cannot be bound does not stop Asterisk from starting: it would be up and take no calls.
        if f"{self.settings.sip_host}:{self.settings.sip_port}" not in self.command("pjsip show transports"):
            raise AsteriskError(f"Asterisk does not listen on UDP {self.settings.sip_host}:{self.settings.sip_port}:\n{self._last_words()}")

    def _last_words(self) -> str:
        text = ""
        for path in (self._folders.state / "log" / "output", self._folders.log):
            with contextlib.suppress(OSError):
                text += path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def _check_ports(self) -> None:
        wanted = [("SIP", socket.SOCK_DGRAM, self.settings.sip_host, self.settings.sip_port)]
        if self.settings.manager_port:
            wanted.append(("AMI", socket.SOCK_STREAM, "127.0.0.1", self.settings.manager_port))
        for name, kind, host, port in wanted:
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as error:
                    protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
                    raise AsteriskError(
                        f"{name} port {protocol} {host}:{port} cannot be used ({error.strerror}); stop what holds it or choose another"
                    ) from None

    def _end_leftover(self) -> None:
        """Ends an Asterisk of ours that outlived its parent, which can only be where the system has no setpriv."""
        try:
            pid = int((self._folders.run / "asterisk.pid").read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return
        # The number may belong to another program by now: ours has our configuration file on its command line.
        if os.fsencode(self._folders.configuration) not in words:
            return
        for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not Path(f"/proc/{pid}").exists():
                    return
                time.sleep(0.02)


def _folders(state: Path) -> tuple[Folders, bool]:
    """The folders for `state`; the second value tells whether `run` had to go to a short temporary place."""
    run = state / "run"
    if len(os.fsencode(run / "asterisk.ctl")) < _LONGEST_SOCKET_NAME:
        return Folders(state, run), False
    return Folders(state, Path(tempfile.mkdtemp(prefix="ivr-asterisk-"))), True
