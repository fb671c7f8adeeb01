"""The three kinds of trouble, by whom they belong to: the author, the back-end, the peer."""

from __future__ import annotations


class MenuError(Exception):
    """A fault in a menu file: belongs to its author. `place` is `file:line:col`, `code` a stable diagnostic code."""

    def __init__(self, code: str, message: str, place: str = "") -> None:
        super().__init__(f"{place} {code} {message}".strip())
        self.code, self.message, self.place = code, message, place


class ServiceError(Exception):
    """A back-end did not answer as its schema says."""


class ProtocolError(Exception):
    """A peer sent what its protocol does not allow."""
