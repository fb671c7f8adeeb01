"""A traceback with all its local variables, as some collectors of faults take it, holds no password and no PIN2."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.accounts.passwords import Passwords
from ivr.engine.values import Secret
from tests.accounts.money_help import BOB, Desk
from tests.secrets.search import found

FIRST, SECOND, PIN2 = "73190582641", "8462019357", "80417395"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "home")
    yield opened
    opened.close()


class Broken:
    """An argon2 that fails deep inside."""

    def verify(self, known: str, given: bytes) -> bool:
        return bool(1 / (len(given) - len(given)))

    def hash(self, given: bytes) -> str:
        return str(1 / (len(given) - len(given)))


def told(error: BaseException) -> bytes:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()).encode()


def test_of_every_act(desk: Desk) -> None:
    assert desk.register(password=FIRST).outcome == "ok" and desk.keys.pins.check(BOB, Secret("2222"))
    desk.keys.passwords.__dict__["_argon"] = Broken()
    acts = (
        lambda: desk.send(password=FIRST),
        lambda: desk.change(FIRST, SECOND),
        lambda: desk.register(BOB, pin2=PIN2, password=SECOND),
    )
    for act in acts:
        with pytest.raises(ZeroDivisionError) as raised:
            act()
        text = told(raised.value)
        assert b"Secret(***)" in text, "locals are told"
        # the test's own frames hold what they type: those of the product begin where it is called, last
        product = text[text.rindex(b'ivr/services/embedded.py", line') :]
        assert not [how for secret in (FIRST, SECOND, PIN2) if (how := found(secret, product))]
    assert desk.rows("SELECT * FROM lockout") == []


def test_the_search_finds_one_that_is_no_secret_value(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same with a mask that is broken."""
    desk.register(password=FIRST)
    monkeypatch.setattr(Secret, "__repr__", lambda self: self.reveal())
    desk.keys.passwords.__dict__["_argon"] = Broken()
    with pytest.raises(ZeroDivisionError) as raised:
        desk.send(password=FIRST)
    text = told(raised.value)
    assert found(FIRST, text[text.rindex(b'ivr/services/embedded.py", line') :])


def test_a_bug_of_ours_is_not_taken_for_a_wrong_password(desk: Desk) -> None:
    desk.register(password=FIRST)
    hashing: Passwords = desk.keys.passwords
    kept = hashing._argon
    hashing.__dict__["_argon"] = Broken()
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            desk.send(password=FIRST)
    hashing.__dict__["_argon"] = kept
    assert desk.send(password=FIRST).outcome == "ok"
