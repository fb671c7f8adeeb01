"""Debian's baresip as a telephone: a softphone that others wrote, so that our own understanding of SIP is not all we test with.

It is driven over its `ctrl_tcp` module (JSON in netstrings). Its recording holds received frames only: silence that was not sent
is missing, so it tells *what* was heard and not *when*; for times use `rtp_phone`.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections import deque
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

_MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")

_CONFIG = """
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {folder}
audio_source aufile,{folder}/silence.wav
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
audio_srate 8000-8000
audio_channels 1-1
ausrc_srate 8000
auplay_srate 8000
rtp_ports {rtp_first}-{rtp_last}
"""


class BaresipError(Exception):
    """baresip cannot be started or does not do as told; the message holds its last output."""


def available() -> bool:
    """Whether this system has baresip with the modules it takes."""
    return shutil.which("baresip") is not None and _modules() is not None


class Baresip:
    """One baresip with one line. `folder` must be empty; `ports` names three free spans: SIP (two ports), control, RTP (40)."""

    def __init__(self, folder: Path, server: tuple[str, int], login: str, password: str, ports: tuple[int, int, int]) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        sip_port, control_port, rtp_first = ports
        text = _CONFIG.format(
            sip_port=sip_port,
            control_port=control_port,
            rtp_first=rtp_first,
            rtp_last=rtp_first + 39,
            folder=folder,
            modules=_modules(),
        )
        (folder / "config").write_text(text.lstrip())
        account = f"<sip:{login}@{server[0]}:{server[1]}>;auth_user={login};auth_pass={password};regint=60;audio_codecs=PCMA/8000/1\n"
        (folder / "accounts").write_text(account)
        soundfile.write(folder / "silence.wav", np.zeros(8000 * 180, dtype=np.int16), 8000)
        self._server = server
        self._events: deque[dict[str, object]] = deque()
        self._unread = b""
        self._output = open(folder / "output", "wb")  # noqa: SIM115 - open for as long as the program runs
        self._process = subprocess.Popen(
            ["baresip", "-4", "-f", str(folder)], stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
        )
        self._control = self._connect(control_port)

    def wait_registered(self, timeout: float = 5.0) -> None:
        """Waits until the login was accepted; `BaresipError` where it was not."""
        # Asked for, not waited for: the answer may have come before we were connected, and events are not repeated.
        deadline = time.monotonic() + timeout
        while "OK" not in (shown := self._command("reginfo")):
            if "ERR" in shown or time.monotonic() > deadline:
                raise BaresipError(f"not registered: {shown}\n{self._last_words()}")
            time.sleep(0.05)

    def begin(self, number: str) -> None:
        """Calls a number and returns at once."""
        self._command("dial", f"sip:{number}@{self._server[0]}:{self._server[1]}")

    def wait_established(self, timeout: float = 5.0) -> None:
        """Waits until the other side has answered; `BaresipError` where it refused."""
        self._wait_for("CALL_ESTABLISHED", timeout, "CALL_CLOSED")

    def dial(self, number: str, timeout: float = 5.0) -> None:
        """Calls a number and waits for the answer."""
        self.begin(number)
        self.wait_established(timeout)

    def press(self, keys: str) -> None:
        """Presses keys one after the other, each for 0.1 s with a pause of 0.1 s."""
        for key in keys:
            self._command("sndcode", key)
            time.sleep(0.1)
            self._command("sndcode", "\x04")  # the key is let go
            time.sleep(0.1)

    def hang_up(self) -> None:
        """Ends the call."""
        self._command("hangup")

    def wait_ended(self, timeout: float = 5.0) -> None:
        """Waits until the call is over, whoever ended it."""
        self._wait_for("CALL_CLOSED", timeout)

    def recording(self) -> NDArray[np.int16]:
        """What the newest call heard: 8 kHz, only the frames that came. Read it after `close()`."""
        files = sorted(self._folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        if not files:
            raise BaresipError(f"nothing was recorded\n{self._last_words()}")
        samples, rate = soundfile.read(files[-1], dtype="int16")
        if rate != 8000 or samples.ndim != 1:
            raise BaresipError(f"recorded at {rate} Hz, {samples.ndim} channels")
        return np.asarray(samples, dtype=np.int16)

    def close(self) -> None:
        """Logs out and ends the program; its recordings are complete afterwards."""
        self._control.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()

    def __enter__(self) -> Baresip:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=5.0)
            except OSError:
                time.sleep(0.05)
        self._process.kill()
        self._process.wait()
        raise BaresipError(f"baresip does not listen for commands\n{self._last_words()}")

    def _command(self, name: str, words: str = "") -> str:
        text = json.dumps({"command": name, "params": words, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline:
            message = self._read(deadline)
            if message.get("response") and message.get("token") == name:
                return str(message.get("data", ""))
            self._events.append(message)
        raise BaresipError(f"baresip did not take {name}\n{self._last_words()}")

    def _wait_for(self, event: str, timeout: float, failure: str = "") -> None:
        deadline = time.monotonic() + timeout
        while True:
            message = self._events.popleft() if self._events else self._read(deadline)
            if message.get("type") == event:
                return
            if failure and message.get("type") == failure:
                raise BaresipError(f"{failure}: {message.get('param')}\n{self._last_words()}")

    def _read(self, deadline: float) -> dict[str, object]:
        """The next event or response: a netstring, `12:{"event":...},`."""
        while True:
            head, colon, rest = self._unread.partition(b":")
            if colon and len(rest) > int(head):
                self._unread = rest[int(head) + 1 :]
                message = json.loads(rest[: int(head)])
                return message if isinstance(message, dict) else {}
            self._control.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                part = self._control.recv(65536)
            except TimeoutError:
                raise BaresipError(f"baresip said nothing more in time\n{self._last_words()}") from None
            if not part:
                raise BaresipError(f"baresip ended\n{self._last_words()}")
            self._unread += part

    def _last_words(self) -> str:
        return "\n".join((self._folder / "output").read_text(errors="replace").splitlines()[-20:])


def _modules() -> str | None:
    return next((folder for folder in _MODULES if (Path(folder) / "ctrl_tcp.so").is_file()), None)
