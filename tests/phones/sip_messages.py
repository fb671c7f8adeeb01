"""SIP as text (RFC 3261): taking messages apart, putting them together, and digest logins (RFC 2617)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response; `start` is its first line, header names are in lower case, in their order."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def status(self) -> int:
        """The code of a response, 0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Of a request its own, of a response that of the request it answers."""
        return self.header("cseq").split(" ")[-1] if self.status else self.start.split(" ")[0]

    def header(self, name: str) -> str:
        """The first value of a header, empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]


def parse(data: bytes) -> Message:
    """The message in one datagram."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Message(first, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body)


def build(start: str, headers: list[tuple[str, str]], body: str = "") -> bytes:
    """One datagram; Content-Length is added."""
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def response(request: Message, status: str, tag: str, more: list[tuple[str, str]] | None = None, body: str = "") -> bytes:
    """The answer to a request, for example with status `200 OK`."""
    headers = [(name.title(), value) for name, value in request.headers if name in ("via", "from", "call-id", "cseq", "record-route")]
    to = request.header("to")
    own = [("To", to if "tag=" in to else f"{to};tag={tag}"), *(more or [])]
    return build(f"SIP/2.0 {status}", [*headers, *own], body)


def authorization(challenge: str, method: str, uri: str, login: str, password: str) -> str:
    """The Authorization header for a `Digest` challenge with MD5, with or without qop=auth."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    fields = {key.lower(): quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)}
    realm, nonce = fields["realm"], fields["nonce"]
    first, second = md5(f"{login}:{realm}:{password}"), md5(f"{method}:{uri}")
    words = f'Digest username="{login}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5'
    if "opaque" in fields:
        words += f', opaque="{fields["opaque"]}"'
    if "auth" not in fields.get("qop", "").split(","):
        answer = md5(f"{first}:{nonce}:{second}")
        return f'{words}, response="{answer}"'
    own = secrets.token_hex(8)
    answer = md5(f"{first}:{nonce}:00000001:{own}:auth:{second}")
    return f'{words}, qop=auth, nc=00000001, cnonce="{own}", response="{answer}"'


def media_address(body: str) -> tuple[str, int]:
    """Where an SDP body wants the sound sent: host and port. `ValueError` where it offers none."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    if host is None or port is None:
        raise ValueError(f"no sound in this SDP: {body!r}")
    return host[1], int(port[1])
