"""Looks for secrets in bytes, in every form in which they might lie about."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
DIGESTS = ("md5", "sha1", "sha256", "sha512")
"""A digest without a key is as good as the digits themselves: there are few of them."""


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """The forms that are searched for as they are, named."""
    plain = secret.encode()
    for encoding in ENCODINGS:
        yield encoding, secret.encode(encoding)
        yield f"{encoding}, reversed", secret[::-1].encode(encoding)
    yield "json, escaped", "".join(f"\\u{ord(letter):04x}" for letter in secret).encode()
    yield "percent", "".join(f"%{octet:02x}" for octet in plain).encode()
    yield "hex", plain.hex().encode()
    # whatever stands before and behind it: three alignments, without the signs that its neighbours would change
    for before in range(3):
        text = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        yield f"base64, {before}", text[(before * 8 + 5) // 6 : len(text) - 1]
    for name in DIGESTS:
        digest = hashlib.new(name, plain)
        yield name, digest.digest()
        yield f"{name}, hex", digest.hexdigest().encode()


def found(secret: str, data: bytes) -> list[str]:
    """In which forms `secret`, of digits, stands in `data`; empty where it does not."""
    folded = data.lower()
    names = [name for name, form in forms(secret) if form in data or (name in ("json, escaped", "percent") and form in folded)]
    # one digit after the other with a few signs between them: keys that were logged or listed one by one
    apart = rb"[^0-9]{1,24}".join(digit.encode() for digit in secret)
    if re.search(apart, data):
        names.append("digit by digit")
    return names


def everything(*roots: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below `roots`, with its name before its content: a secret might stand in either."""
    for root in roots:
        for path in sorted([root] if root.is_file() else root.rglob("*")):
            if path.is_symlink():
                yield path, f"{path}\n{path.readlink()}".encode(errors="surrogateescape")
            elif path.is_file():
                yield path, str(path).encode(errors="surrogateescape") + b"\n" + path.read_bytes()
            else:
                yield path, str(path).encode(errors="surrogateescape")
