"""A telephone that is called: it answers, is busy, or rings until somebody gives up.

with Person(asterisk.server, "111", password, "486 Busy Here") as person:
    person.register()
"""

from __future__ import annotations

import secrets
import threading

from tests.phones import sip_messages as sip
from tests.phones.rtp_phone import RtpPhone
from tests.phones.rtp_stream import RtpStream


class Person(RtpPhone):
    """`answer` is what it says to a call: `200 OK` takes it, a refusal refuses it, `180 Ringing` lets it ring."""

    def __init__(self, server: tuple[str, int], login: str, password: str, answer: str) -> None:
        self.answer = answer
        self.called = threading.Event()
        self.taken = threading.Event()
        self.over = threading.Event()
        self.media: RtpStream | None = None
        self._tag = secrets.token_hex(6)
        self._invite: sip.Message | None = None
        super().__init__(server, login, password)

    def asked(self, message: sip.Message) -> None:
        """A call, and what belongs to it."""
        match message.method:
            case "INVITE" if self._invite is None or self._invite.header("call-id") != message.header("call-id"):
                self._invite = message
                self.called.set()
                if self.answer.startswith("200"):
                    self._take(message)
                else:
                    self.reply(message, self.answer, self._tag)
            case "ACK":
                if self.answer.startswith("200"):
                    self.taken.set()
            case "CANCEL" if self._invite is not None:
                self.reply(message, "200 OK", self._tag)
                self.reply(self._invite, "487 Request Terminated", self._tag)
                self.over.set()
            case "BYE":
                self.reply(message, "200 OK", self._tag)
                self._end()
            case _:
                super().asked(message)

    def hang_up(self) -> None:
        """Hang up a call that was taken."""
        assert self._invite is not None
        target = self._invite.header("contact").partition("<")[2].partition(">")[0]
        headers = [
            ("From", f"{self._invite.header('to')};tag={self._tag}"),
            ("To", self._invite.header("from")),
            ("Call-ID", self._invite.header("call-id")),
            ("CSeq", "1 BYE"),
        ]
        self.send("BYE", target, f"z9hG4bK{secrets.token_hex(8)}", headers)
        self._end()

    def close(self) -> None:
        """Let go of the call and end."""
        self._end()
        super().close()

    def _take(self, message: sip.Message) -> None:
        self.media = RtpStream(self.host)
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\nm=audio {self.media.port} RTP/AVP 8 101\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        )
        self.media.start(sip.media_address(message.body))
        self._socket.sendto(
            sip.response(message, "200 OK", self._tag, [("Contact", self._contact), ("Content-Type", "application/sdp")], body), self.server
        )

    def _end(self) -> None:
        if self.media is not None and not self.over.is_set():
            self.media.stop()
        self.over.set()
