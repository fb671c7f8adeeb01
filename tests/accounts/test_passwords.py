"""Hashes, the pepper below them, PIN2s of the demo, and how many may hash at once."""

from __future__ import annotations

import logging
import multiprocessing
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ivr.accounts import passwords, pins
from ivr.accounts.passwords import LIGHT, USUAL, Hashed, Passwords
from ivr.accounts.peppers import PepperMissing, Peppers
from ivr.accounts.port import BooksBusy
from ivr.engine.values import Secret
from tests.accounts.help import dump
from tests.accounts.money_help import ANNA, BOB, NOON, PASSWORD, PINS, Desk

HEX = "ab" * 32


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "home")
    yield opened
    opened.close()


def peppers(path: Path, used: bool = False) -> Peppers:
    return Peppers(path, lambda: used)


def hashing(path: Path, **more: int) -> Passwords:
    return Passwords(peppers(path / "pepper"), LIGHT, **more)


# -- hashes


def test_a_hash_is_argon2id_of_the_stated_cost_and_another_each_time(tmp_path: Path) -> None:
    usual = Passwords(peppers(tmp_path / "pepper"), USUAL)
    made = usual.make(ANNA, "sms_money", Secret(PASSWORD))
    assert made.text.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and made.pepper == 1
    assert usual.verify(ANNA, "sms_money", Secret(PASSWORD), made) and not usual.verify(ANNA, "sms_money", Secret("73190583"), made)
    light = hashing(tmp_path)
    assert light.make(ANNA, "sms_money", Secret("1234")).text != light.make(ANNA, "sms_money", Secret("1234")).text


@pytest.mark.parametrize(("msisdn", "service"), [(BOB, "sms_money"), (ANNA, "pin2"), (ANNA + "s", "ms_money")])
def test_a_hash_is_of_its_line_and_its_service(tmp_path: Path, msisdn: str, service: str) -> None:
    light = hashing(tmp_path)
    made = light.make(ANNA, "sms_money", Secret("1234"))
    assert light.verify(ANNA, "sms_money", Secret("1234"), made) and not light.verify(msisdn, service, Secret("1234"), made)


def test_a_hash_tells_nothing_without_its_pepper(tmp_path: Path) -> None:
    made = hashing(tmp_path).make(ANNA, "sms_money", Secret("1234"))
    other = tmp_path / "other"
    other.mkdir()
    assert not hashing(other).verify(ANNA, "sms_money", Secret("1234"), made)


def test_an_unknown_password_is_hashed_like_a_wrong_one(tmp_path: Path) -> None:
    light = hashing(tmp_path)
    made = light.make(ANNA, "sms_money", Secret("1234"))
    light.verify(ANNA, "sms_money", Secret("0"), None)  # makes what it compares with
    work: list[str] = []
    real = light._argon

    class Watched:
        def verify(self, known: str, given: bytes) -> bool:
            work.append(known.rsplit("$", 2)[0])
            return real.verify(known, given)

    light.__dict__["_argon"] = Watched()
    for stored in (made, None):
        assert not light.verify(ANNA, "sms_money", Secret("0000"), stored)
    assert len(work) == 2 and work[0] == work[1], "the same cost"


def test_what_is_no_hash_is_a_fault_and_not_a_wrong_password(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no argon2 hash"):
        hashing(tmp_path).verify(ANNA, "sms_money", Secret("1234"), Hashed("1234", 1))


# -- the pepper


def test_the_pepper_is_made_once_for_its_owner_alone(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "home" / "pepper"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and re.search(r"^1 [0-9a-f]{64}$", path.read_text(), re.MULTILINE)
    before = path.read_text()
    assert desk.again().register().outcome == "ok" and path.read_text() == before
    assert [one.name for one in path.parent.iterdir() if "pepper" in one.name] == ["pepper"], "nothing half-made is left"
    assert before.split()[-1] not in dump(desk.store), "it is outside the books"


def test_two_data_folders_have_two(tmp_path: Path) -> None:
    assert peppers(tmp_path / "a").newest() != peppers(tmp_path / "b").newest()


def _newest(path: Path, barrier: object, found: multiprocessing.Queue[bytes]) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    found.put(peppers(path).newest()[1])


def test_processes_that_start_at_once_agree_on_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, found = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_newest, args=(tmp_path / "pepper", barrier, found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    assert len({found.get(timeout=30) for _ in workers}) == 1
    for worker in workers:
        worker.join()


def test_a_missing_pepper_is_never_made_anew_where_it_was_used(desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert desk.register().outcome == "ok"
    path = tmp_path / "home" / "pepper"
    kept = path.read_text()
    path.unlink()
    assert desk.send().outcome == "ok", "the process that knows it goes on"
    with caplog.at_level(logging.ERROR):
        bare = desk.again()
    assert "pepper" in caplog.text and "is missing" in caplog.text and "put the file back" in caplog.text
    assert [bare.send(to=BOB).outcome for _ in range(5)] == ["unavailable"] * 5
    assert bare.register(BOB).outcome == "unavailable" and not path.exists()
    assert bare.rows("SELECT * FROM lockout") == [], "what cannot be looked at does not count"
    path.write_text(kept)
    assert bare.send("1", "992931110004").outcome == "ok", "put back, it works without a restart"
    bare.close()


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "1 abc\n", f"0 {HEX}\n", f"x {HEX}\n", f"1 {HEX}\n2 {HEX[:-1]}g\n", f"1 {HEX}\n1 {HEX[::-1]}\n", "\xff\xfe"]
)
def test_a_broken_pepper_file_is_told_with_its_line(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pepper"
    path.write_text(text, "latin-1")
    with pytest.raises(PepperMissing):
        peppers(path).newest()
    assert str(path) in caplog.text and HEX not in caplog.text and path.read_text("latin-1") == text


@pytest.mark.parametrize("path", ["folder", "nowhere/pepper"])
def test_a_pepper_that_can_be_neither_read_nor_made_stops_nothing_else(tmp_path: Path, path: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "folder").mkdir()
    assert not peppers(tmp_path / path).ready()
    assert "neither read nor made" in caplog.text


def test_a_pepper_that_others_can_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pepper"
    path.write_text(f"1 {HEX}\n")
    path.chmod(0o644)
    assert peppers(path).newest() == (1, bytes.fromhex(HEX))
    assert "chmod 600" in caplog.text


def test_a_newer_pepper_is_taken_up_and_older_hashes_are_renewed(desk: Desk, tmp_path: Path) -> None:
    desk.register()
    path = tmp_path / "home" / "pepper"
    path.write_text(path.read_text() + f"2 {HEX}\n")
    newer = desk.again()
    assert newer.rows("SELECT service, pepper FROM password WHERE msisdn = ? ORDER BY service", ANNA) == [("pin2", 1), ("sms_money", 1)]
    assert newer.send(password="0000").outcome == "wrong_password"
    assert newer.rows("SELECT pepper FROM password WHERE service = 'sms_money'") == [(1,)]
    assert newer.send().outcome == "ok"
    assert newer.rows("SELECT pepper FROM password WHERE service = 'sms_money'") == [(2,)]
    path.write_text(f"2 {HEX}\n")
    last = newer.again()
    assert last.send("1", "992931110004").outcome == "ok", "the older one may go"
    last.close()


def test_a_pin2_is_renewed_too(desk: Desk, tmp_path: Path) -> None:
    assert desk.keys.pins.check(ANNA, Secret(PINS[ANNA]))
    path = tmp_path / "home" / "pepper"
    path.write_text(path.read_text() + f"2 {HEX}\n")
    newer = desk.again()
    assert newer.keys.pins.check(ANNA, Secret(PINS[ANNA])) and newer.rows("SELECT pepper FROM password") == [(2,)]
    newer.close()


def test_a_pepper_added_by_another_process_is_found(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    first = hashing(tmp_path)
    first.make(ANNA, "sms_money", Secret("1234"))
    path.write_text(path.read_text() + f"2 {HEX}\n")
    made = hashing(tmp_path).make(ANNA, "sms_money", Secret("1234"))
    assert made.pepper == 2 and first.verify(ANNA, "sms_money", Secret("1234"), made) and not first.stale(made)


def test_a_hash_of_a_pepper_that_is_nowhere_cannot_be_checked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PepperMissing):
        hashing(tmp_path).verify(ANNA, "sms_money", Secret("1234"), Hashed("$argon2id$", 7))
    assert "version 7" in caplog.text


def test_a_hash_of_another_cost_is_renewed(desk: Desk) -> None:
    desk.register()
    desk.cost = passwords.Cost(16, 1)
    dearer = desk.again()
    assert "m=8,t=1" in str(dearer.rows("SELECT hash FROM password WHERE service = 'sms_money'"))
    assert dearer.send().outcome == "ok"
    assert "m=16,t=1" in str(dearer.rows("SELECT hash FROM password WHERE service = 'sms_money'"))
    dearer.close()


# -- PIN2s


def test_the_demo_s_pin2s_are_hashed_at_first_use_and_never_readable(desk: Desk) -> None:
    assert desk.rows("SELECT * FROM password") == []
    assert not desk.keys.pins.check(ANNA, Secret("2222"))
    (row,) = desk.rows("SELECT msisdn, service, hash FROM password")
    assert row[:2] == (ANNA, pins.SERVICE) and str(row[2]).startswith("$argon2id$")
    assert desk.keys.pins.check(ANNA, Secret("1111")) and desk.rows("SELECT msisdn, service, hash FROM password") == [row]


def test_every_demo_line_has_the_pin2_of_its_file(desk: Desk) -> None:
    text = (Path(pins.__file__).parent / "demo_subscribers.yaml").read_text("utf-8")
    known = {row["msisdn"]: row["pin2"] for row in yaml.safe_load(text)["tcell"]["lines"]}
    assert len(known) == 11
    assert all(desk.keys.pins.check(msisdn, Secret(pin2)) for msisdn, pin2 in known.items())


def test_books_without_demo_lines_know_no_demo_pin2(desk: Desk) -> None:
    desk.execute("UPDATE setting SET value = 'plain' WHERE name = 'lines'")
    assert not desk.keys.pins.check(ANNA, Secret("1111")) and desk.rows("SELECT * FROM password") == []


# -- how many at once


def test_no_more_hash_at_once_than_there_are_threads_and_who_finds_the_queue_full_is_refused(tmp_path: Path) -> None:
    light = hashing(tmp_path, threads=2, waiting=1)
    at_once, most, lock, go = [0], [0], threading.Lock(), threading.Event()
    inside, begun = threading.Semaphore(0), threading.Semaphore(0)

    class Slow:
        def hash(self, given: bytes) -> str:
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            begun.release()
            assert go.wait(30)
            with lock:
                at_once[0] -= 1
            return "$"

    light.__dict__["_argon"] = Slow()

    def work() -> None:
        with light.place():
            inside.release()
            light.make(ANNA, "sms_money", Secret("1234"))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert inside.acquire(timeout=30)
    assert begun.acquire(timeout=30) and begun.acquire(timeout=30) and not begun.acquire(timeout=0.1)
    with pytest.raises(BooksBusy), light.place():
        pass
    go.set()
    for worker in workers:
        worker.join(30)
    assert most[0] == 2
    with light.place():
        pass


def test_nothing_is_hashed_while_the_books_are_held(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another operation is done from start to end while a password is being looked at."""
    desk.register()
    real = desk.keys.passwords.verify
    seen: list[str] = []

    def meanwhile(*given: object) -> bool:
        seen.append(desk.ask("994501110001", "accounts.set_language", fee=None, language="ru").outcome)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.keys.passwords, "verify", meanwhile)
    assert desk.send(now=NOON).outcome == "ok" and seen == ["ok"]
