"""A softphone over the standard library's sockets: exact in time, honest about what it hears, and able to lie about who it is.

with RtpPhone(("127.0.0.1", 5060), "994501110001", password) as phone:
    call = phone.dial("2112")
    call.wait_audio()
    call.press("1")
    call.hang_up()
    call.recording  # int16, 8 kHz
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.phones import sip_messages as sip
from tests.phones.rtp_stream import RtpStream


class Call:
    """One call, from its INVITE on. Times are `time.monotonic()` seconds."""

    def __init__(self, phone: RtpPhone, number: str) -> None:
        self.dialled_at = time.monotonic()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.status = 0  # the final answer's code: 200 taken, 401 wrong password, 487 given up, 503 nobody there
        self._phone = phone
        self._uri = f"sip:{number}@{phone.server[0]}:{phone.server[1]}"
        self._id = f"{secrets.token_hex(12)}@{phone.host}"
        self._tag = secrets.token_hex(6)
        self._sequence = 1
        self._branch = ""
        self._to = f"<{self._uri}>"
        self._target = self._uri
        self._tried = False
        self._media = RtpStream(phone.host)
        self._final = threading.Event()
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether it is over, whoever hung up, or was never taken."""
        return self._ended.is_set()

    @property
    def recording(self) -> NDArray[np.int16]:
        """What was heard since the answer: 8 kHz, gaps as silence."""
        return self._media.recording()

    @property
    def disturbed(self) -> bool:
        """Whether the machine, not the network, tore holes into what was heard."""
        return self._media.disturbed()

    @property
    def first_audio_at(self) -> float | None:
        """When the first packet came that was not silence."""
        return self._media.first_audio_at

    @property
    def last_audio_at(self) -> float | None:
        """When the last packet came that was not silence."""
        return self._media.last_audio_at

    @property
    def first_packet_at(self) -> float | None:
        """When the first packet of sound came, silence or not."""
        return self._media.first_packet_at

    def wait_answered(self, timeout: float = 5.0) -> bool:
        """Waits for the final answer; True where it is 200."""
        self._final.wait(timeout)
        return self.status == 200

    def wait_audio(self, timeout: float = 5.0) -> bool:
        """Waits until something is heard; False where nothing came in time."""
        return self._media.heard.wait(timeout)

    def wait_silence(self, length: float = 0.5, timeout: float = 30.0) -> bool:
        """Waits until nothing was heard for `length` seconds, after something was; False where that did not happen in time."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not self.ended:
            last = self.last_audio_at
            if last is not None and time.monotonic() - last >= length:
                return True
            time.sleep(0.01)
        return False

    def wait_ended(self, timeout: float = 5.0) -> bool:
        """Waits until the call is over; False where it still runs."""
        return self._ended.wait(timeout)

    def press(self, keys: str, at: float | None = None, length: float = 0.1) -> None:
        """Presses keys now or `at` seconds after the answer, each for `length` seconds; returns at once."""
        self._media.press(keys, at, length)

    def hang_up(self) -> None:
        """BYE after the answer, CANCEL before it; returns when the other side has agreed, 2 s at most."""
        if self.ended:
            return
        if self._final.is_set():
            self._sequence += 1
            self._send("BYE")
            self._ended.wait(2.0)
            self._end()
        else:
            self._send("CANCEL")
            self._ended.wait(2.0)

    def _invite(self, authorization: str | None = None) -> None:
        host, port = self._phone.host, self._media.port
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        )
        headers = [("Content-Type", "application/sdp"), *self._phone.extra_headers]
        if authorization:
            headers.append(("Authorization", authorization))
        self._branch = ""
        self._send("INVITE", headers, body)

    def _send(self, method: str, headers: list[tuple[str, str]] | None = None, body: str = "") -> None:
        # CANCEL, and ACK of a refusal, belong to the INVITE's transaction and bear its branch; the others have their own.
        if method not in ("CANCEL", "ACK") or not self._branch or (method == "ACK" and self.status == 200):
            branch = f"z9hG4bK{secrets.token_hex(8)}"
            self._branch = branch if method == "INVITE" else self._branch
        else:
            branch = self._branch
        uri, to = (self._uri, f"<{self._uri}>") if method in ("INVITE", "CANCEL") else (self._target, self._to)
        dialog = [
            ("From", f"<{self._phone.sender}>;tag={self._tag}"),
            ("To", to),
            ("Call-ID", self._id),
            ("CSeq", f"{self._sequence} {method}"),
        ]
        self._phone.send(method, uri, branch, dialog + (headers or []), body)

    def _receive(self, message: sip.Message) -> None:
        """Called by the phone's thread for every message of this call."""
        if message.start.startswith("BYE "):
            self._phone.reply(message, "200 OK", self._tag)
            self._end()
        elif message.status == 0:
            self._phone.reply(message, "200 OK", self._tag)
        elif message.method == "BYE":
            self._end()
        elif message.method == "INVITE" and message.status < 200:
            if message.status > 100:
                self.ringing_at = self.ringing_at or time.monotonic()
        elif message.method == "INVITE":
            self._final_answer(message)

    def _final_answer(self, message: sip.Message) -> None:
        self._to = message.header("to")
        if message.status == 200:
            if self.status != 200:
                self.answered_at = time.monotonic()
                self._media.start(sip.media_address(message.body))
            self.status = 200
            self._target = message.header("contact").partition("<")[2].partition(">")[0] or self._uri
            self._send("ACK")
            self._final.set()
            return
        self._send("ACK")
        if message.status == 401 and not self._tried:
            self._tried = True
            challenge = next(value for value in message.all("www-authenticate") if "sha-" not in value.lower())
            self._sequence += 1
            self._invite(sip.authorization(challenge, "INVITE", self._uri, self._phone.login, self._phone.password))
            return
        self.status = message.status
        self._end()
        self._final.set()

    def _end(self) -> None:
        if not self._ended.is_set():
            self.ended_at = time.monotonic()
            self._media.stop()
            self._ended.set()


class RtpPhone:
    """A telephone with one SIP login.

    `claims` is the user of its From header where it should lie (None: its login); `extra_headers` go into each INVITE;
    `host` is the address it calls from.
    """

    def __init__(
        self,
        server: tuple[str, int],
        login: str,
        password: str,
        claims: str | None = None,
        extra_headers: list[tuple[str, str]] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.server = server
        self.login = login
        self.password = password
        self.host = host
        self.extra_headers = extra_headers or []
        self.sender = f"sip:{claims or login}@{server[0]}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._contact = f"<sip:{login}@{host}:{self._socket.getsockname()[1]}>"
        self._calls: dict[str, Call] = {}
        self._registration: sip.Message | None = None
        self._registered = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self._closed = False
        self._thread.start()

    def register(self, expires: int = 60, timeout: float = 3.0) -> int:
        """Logs in for `expires` seconds (0: logs out); the code of the final answer, 0 where none came."""
        identity, tag = f"{secrets.token_hex(8)}@{self.host}", secrets.token_hex(6)
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        headers = [
            ("From", f"<{self.sender}>;tag={tag}"),
            ("To", f"<sip:{self.login}@{self.server[0]}>"),
            ("Call-ID", identity),
            ("Expires", str(expires)),
        ]
        answer = self._registration_answer(uri, [*headers, ("CSeq", "1 REGISTER")], timeout)
        if answer is not None and answer.status == 401:
            authorization = sip.authorization(answer.header("www-authenticate"), "REGISTER", uri, self.login, self.password)
            answer = self._registration_answer(uri, [*headers, ("CSeq", "2 REGISTER"), ("Authorization", authorization)], timeout)
        return answer.status if answer is not None else 0

    def _registration_answer(self, uri: str, headers: list[tuple[str, str]], timeout: float) -> sip.Message | None:
        self._registered.clear()
        self.send("REGISTER", uri, f"z9hG4bK{secrets.token_hex(8)}", headers)
        return self._registration if self._registered.wait(timeout) else None

    def dial(self, number: str, wait: bool = True) -> Call:
        """Calls a number; with `wait` returns after the final answer (5 s at most), else at once."""
        call = Call(self, number)
        self._calls[call._id] = call
        call._invite()
        if wait:
            call.wait_answered()
        return call

    def close(self) -> None:
        """Hangs up what is still open and ends."""
        for call in self._calls.values():
            call.hang_up()
        self._closed = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(1.0)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, method: str, uri: str, branch: str, headers: list[tuple[str, str]], body: str = "") -> None:
        """One request to the server, with the headers every request has."""
        host, port = self._socket.getsockname()
        common = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("Contact", self._contact),
        ]
        self._socket.sendto(sip.build(f"{method} {uri} SIP/2.0", common + headers, body), self.server)

    def reply(self, request: sip.Message, status: str, tag: str) -> None:
        """Answers a request of the server."""
        self._socket.sendto(sip.response(request, status, tag), self.server)

    def _run(self) -> None:
        self._socket.settimeout(0.2)
        while not self._closed:
            try:
                message = sip.parse(self._socket.recv(65536))
            except TimeoutError:
                continue
            except OSError:
                return
            call = self._calls.get(message.header("call-id"))
            if call is not None:
                call._receive(message)
            elif message.method == "REGISTER" and message.status >= 200:
                self._registration = message
                self._registered.set()
            elif message.status == 0:
                self.asked(message)

    def asked(self, message: sip.Message) -> None:
        """Called by the phone's thread for a request that belongs to no call it made. Nobody answers this phone; see `Person`."""
        self.reply(message, "200 OK" if message.method == "OPTIONS" else "481 Call/Transaction Does Not Exist", secrets.token_hex(6))
