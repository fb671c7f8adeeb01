"""A text that must not be read by accident: passwords, PINs, tokens."""

from __future__ import annotations

import hmac


class Secret:
    """Holds a secret text. Printing, formatting, logging, JSON, pickling and `repr` never show it; `reveal()` does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where it is used and keep the result nowhere."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        """In constant time, so that a guess learns nothing from how long it took."""
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")

    def __len__(self) -> int:
        raise TypeError("the length of a Secret is a secret")

    def __bool__(self) -> bool:
        return True
