"""Where PIN2s are checked. The SIM's operator knows them; the demo's are kept as hashes, like passwords."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Protocol

import yaml

from ivr.accounts import passwords
from ivr.accounts.passwords import Passwords
from ivr.accounts.store import Store
from ivr.clock import Clock
from ivr.engine.values import Secret

SERVICE = "pin2"


class Pins(Protocol):
    """Whoever knows the PIN2 of each SIM."""

    def check(self, msisdn: str, pin2: Secret) -> bool:
        """Whether `pin2` is that of the line's SIM; False for a line that it does not know, after the same time. Blocks.

        Raises one of the books' FAILURES (OSError where a network is asked) where it cannot be said just now: the attempt does not count.
        """


class BookPins:
    """PIN2s in the books, in the table `password`. `first` gives one to be hashed where a line has none there yet: it is asked at the
    line's first use, since to hash all of them when the books are set up would take a second for each twenty lines."""

    def __init__(self, store: Store, hashing: Passwords, first: Callable[[str], Secret | None], clock: Clock) -> None:
        self._store, self._hashing, self._first, self._clock = store, hashing, first, clock

    def check(self, msisdn: str, pin2: Secret) -> bool:
        """See `Pins`."""
        with self._store.reading() as connection:
            stored = passwords.find(connection, msisdn, SERVICE)
        if stored is None and (first := self._first(msisdn)) is not None:
            stored = self._hashing.make(msisdn, SERVICE, first)
            self._keep(msisdn, stored)
        right = self._hashing.verify(msisdn, SERVICE, pin2, stored)
        if right and stored is not None and self._hashing.stale(stored):
            self._keep(msisdn, self._hashing.make(msisdn, SERVICE, pin2))
        return right

    def _keep(self, msisdn: str, hashed: passwords.Hashed) -> None:
        now = self._clock.now()
        self._store.write(lambda connection: passwords.keep(connection, msisdn, SERVICE, hashed, now))


def demo_pins(store: Store) -> Callable[[str], Secret | None]:
    """The PIN2s of the demo lines, in books that were set up with these; none elsewhere, whatever the number."""

    def first(msisdn: str) -> Secret | None:
        with store.reading() as connection:
            if connection.execute("SELECT 1 FROM setting WHERE name = 'lines' AND value = 'demo'").fetchone() is None:
                return None
        text = _written().get(msisdn)
        return None if text is None else Secret(text)

    return first


@cache
def _written() -> dict[str, str]:
    """The PIN2s of `demo_subscribers.yaml` by line: they are printed in the manual, and are secrets from here on all the same."""
    text = resources.files(__package__).joinpath("demo_subscribers.yaml").read_text("utf-8")
    book = yaml.load(text, yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    return {row["msisdn"]: row["pin2"] for operator in book.values() for row in operator.get("lines", ()) if "pin2" in row}
