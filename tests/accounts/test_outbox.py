"""The outbox: each message at least once, not twice by two at once, tried again with pauses, dead in the end; over real books."""

from __future__ import annotations

import datetime
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.accounts import outbox
from ivr.accounts.messages import BooksMessages
from ivr.accounts.outbox import LEASE, LONGEST, MOST, SHORTEST, TRIES, DemoNetwork, Outbox, Refusal, Sent, listed, pause, retry
from ivr.accounts.store import Store
from ivr.engine.effects import Sms
from tests.accounts.conftest import NOON

LINE = "994501110001"
ROOT = Path(__file__).resolve().parents[2]


class Phones:
    """A network that keeps what it takes, and fails as it is told: by text, or by what `first` does before it takes anything."""

    def __init__(self, fails: dict[str, Exception] | None = None, first: Callable[[Sms], None] = lambda sms: None) -> None:
        self.taken: list[str] = []
        self.asked: list[str] = []
        self.fails, self.first = fails or {}, first

    def deliver(self, sms: Sms) -> None:
        self.asked.append(sms.text)
        self.first(sms)
        if sms.text in self.fails:
            raise self.fails[sms.text]
        self.taken.append(sms.text)


def wait(store: Store, *texts: str, at: datetime.datetime = NOON) -> None:
    messages = [Sms(LINE, "2112", text, "en", f"k/{text}", flash=text.startswith("flash")) for text in texts]
    BooksMessages(store, at_once=False).send(messages, "azercell", at)


def rows(store: Store) -> list[tuple[str, str, int]]:
    with store.reading() as connection:
        return connection.execute("SELECT text, state, attempts FROM message ORDER BY id").fetchall()


def later(seconds: float) -> datetime.datetime:
    return NOON + datetime.timedelta(seconds=seconds)


def test_what_waits_is_delivered_once_in_its_order(store: Store) -> None:
    wait(store, *map(str, range(MOST * 2 + 5)))
    phones = Phones()
    mail = Outbox(store, phones)
    assert mail.run(NOON) == Sent(delivered=MOST * 2 + 5)
    assert phones.taken == list(map(str, range(MOST * 2 + 5)))
    assert mail.run(NOON) == Sent() and len(phones.asked) == MOST * 2 + 5
    assert {state for _, state, _ in rows(store)} == {"delivered"}


def test_the_network_gets_the_message_as_it_is(store: Store) -> None:
    got: list[Sms] = []
    wait(store, "flash ə")
    Outbox(store, Phones(first=got.append)).run(NOON)
    assert got == [Sms(LINE, "2112", "flash ə", "en", "k/flash ə", flash=True)]


def test_without_a_network_messages_wait(store: Store) -> None:
    wait(store, "a")
    assert Outbox(store, None).run(NOON) == Sent() and rows(store) == [("a", "waiting", 0)]
    assert Outbox(store, DemoNetwork()).run(NOON).delivered == 1


def test_what_is_due_later_waits_for_its_time(store: Store) -> None:
    wait(store, "a", at=later(60))
    phones = Phones()
    assert Outbox(store, phones).run(later(59)) == Sent() and phones.asked == []
    assert Outbox(store, phones).run(later(60)).delivered == 1


def test_a_failure_is_tried_again_after_pauses_that_grow_and_given_up_in_the_end(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    wait(store, "a", "b")
    phones = Phones({"a": ConnectionError("994501110001 is not reachable")})
    mail, moment = Outbox(store, phones), NOON
    assert mail.run(moment) == Sent(delivered=1, failed=1)
    for tries in range(2, TRIES + 1):
        early = moment + pause(tries - 1) - datetime.timedelta(microseconds=1)
        assert mail.run(early) == Sent(), "not before its time"
        moment += pause(tries - 1)
        with caplog.at_level(logging.WARNING):
            found = mail.run(moment)
        assert found == (Sent(failed=1) if tries < TRIES else Sent(dead=1))
    assert rows(store) == [("a", "dead", TRIES), ("b", "delivered", 1)]
    assert mail.run(moment + LONGEST * 2) == Sent() and phones.asked.count("a") == TRIES
    assert datetime.timedelta(hours=12) < moment - NOON < datetime.timedelta(days=2), "about a day"
    assert "99450*****01 was given up: 30 tries failed" in caplog.text and LINE not in caplog.text


def test_pauses() -> None:
    assert [pause(tries) for tries in (1, 2, 3)] == [SHORTEST, SHORTEST * 2, SHORTEST * 4]
    assert pause(TRIES) == pause(10_000) == LONGEST


def test_what_the_network_refuses_for_good_is_dead_at_once(store: Store) -> None:
    wait(store, "a", "b")
    phones = Phones({"a": Refusal("no such number")})
    assert Outbox(store, phones).run(NOON) == Sent(delivered=1, dead=1)
    assert rows(store) == [("a", "dead", 1), ("b", "delivered", 1)]
    assert Outbox(store, phones).run(later(90_000)) == Sent() and phones.asked == ["a", "b"]


def test_two_at_once_deliver_nothing_twice(store: Store) -> None:
    wait(store, *map(str, range(500)))
    phones = Phones()
    other = Store(store.url)
    both = threading.Barrier(2)

    def run(of: Store) -> None:
        both.wait()
        Outbox(of, phones).run(NOON)

    threads = [threading.Thread(target=run, args=(of,)) for of in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(phones.taken, key=int) == list(map(str, range(500)))


class Killed(BaseException):
    """The process is gone in the middle."""


def test_a_process_that_dies_after_delivering_leaves_its_batch_to_be_delivered_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(store, "a", "b")
    phones = Phones()
    dying = Outbox(store, phones)
    claim = dying._claim

    def killed_before_the_mark(now: datetime.datetime) -> list[outbox._Claimed]:
        claimed = claim(now)
        for one in claimed:
            phones.deliver(one.sms)
        raise Killed

    monkeypatch.setattr(dying, "_claim", killed_before_the_mark)
    with pytest.raises(Killed):
        dying.run(NOON)
    assert rows(store) == [("a", "waiting", 1), ("b", "waiting", 1)]
    mail = Outbox(store, phones)
    assert mail.run(NOON + LEASE - datetime.timedelta(microseconds=1)) == Sent(), "it may be at work still"
    assert mail.run(NOON + LEASE) == Sent(delivered=2) and phones.taken == ["a", "b", "a", "b"]
    assert rows(store) == [("a", "delivered", 2), ("b", "delivered", 2)]


def test_a_message_that_brings_every_process_down_is_given_up_too(store: Store) -> None:
    wait(store, "a")
    for tries in range(TRIES):
        assert [one.tries for one in Outbox(store, Phones())._claim(NOON + LEASE * tries)] == [tries + 1]
    failing = Outbox(store, Phones({"a": OSError()}))
    assert failing.run(NOON + LEASE * TRIES) == Sent(dead=1)


def test_a_delivery_that_hangs_is_left_behind_and_the_others_go_on(store: Store) -> None:
    wait(store, "hangs", "b", "c")
    release = threading.Event()
    phones = Phones(first=lambda sms: release.wait(30) if sms.text == "hangs" and len(phones.asked) == 1 else None)  # type: ignore[arg-type]
    mail = Outbox(store, phones, patience=0.05)
    assert mail.run(NOON) == Sent(failed=1), "what is behind it is put back"
    assert rows(store) == [("hangs", "waiting", 1), ("b", "waiting", 0), ("c", "waiting", 0)]
    assert mail.run(NOON) == Sent(delivered=2) and phones.taken == ["b", "c"]
    assert mail.run(NOON + SHORTEST) == Sent(delivered=1)
    release.set()
    mail.close()


def test_a_network_that_hangs_altogether_gets_no_more_than_a_few(store: Store) -> None:
    wait(store, *map(str, range(20)))
    release = threading.Event()
    phones = Phones(first=lambda sms: release.wait(30))  # type: ignore[arg-type]
    mail = Outbox(store, phones, patience=0.02)
    for _ in range(10):
        mail.run(NOON)
    assert len(phones.asked) == outbox.HANGING
    assert sorted({tries for _, _, tries in rows(store)}) == [0, 1], "what was never begun was never tried"
    release.set()
    mail.close()


def test_a_slow_network_gives_the_rest_of_its_batch_back_before_its_lease_is_over(store: Store) -> None:
    wait(store, *map(str, range(MOST)))
    seconds = iter(range(0, 100_000, 9))
    phones = Phones()
    found = Outbox(store, phones, monotonic=lambda: float(next(seconds))).run(NOON)
    assert 0 < found.delivered < 10 and [state for _, state, _ in rows(store)].count("waiting") == MOST - found.delivered
    assert datetime.timedelta(seconds=outbox.BATCH_SECONDS + outbox.PATIENCE) < LEASE


def test_who_was_overtaken_says_nothing_of_a_failure(store: Store) -> None:
    wait(store, "a")
    slow = Outbox(store, Phones({"a": OSError()}))
    (claimed,) = slow._claim(NOON)
    Outbox(store, Phones()).run(NOON + LEASE)
    slow._deliver(Phones({"a": OSError()}), [claimed], NOON + LEASE)
    assert rows(store) == [("a", "delivered", 2)]


def test_dead_letters_are_listed_without_their_words_and_tried_again(store: Store) -> None:
    wait(store, "secret words", "b", "c")
    Outbox(store, Phones({"secret words": Refusal(), "b": OSError()})).run(NOON)
    found = listed(store)
    assert [(one.state, one.to, one.sender, one.tries) for one in found] == [
        ("dead", "99450*****01", "2112", 1),
        ("waiting", "99450*****01", "2112", 1),
    ]
    assert "secret" not in repr(found) and LINE not in repr(found)
    assert found[0].at == NOON and found[1].due == NOON + SHORTEST
    assert [one.state for one in listed(store, ("dead",))] == ["dead"]
    assert retry(store, NOON, [found[1].id, 999]) == [found[1].id]
    assert retry(store, NOON) == [found[0].id] and retry(store, NOON) == []
    assert rows(store)[:2] == [("secret words", "waiting", 0), ("b", "waiting", 0)]
    assert Outbox(store, Phones()).run(NOON).delivered == 2
    assert retry(store, NOON, [one.id for one in found]) == [], "what was delivered stays delivered"


def test_what_was_not_begun_when_it_is_closed_stays_due(store: Store) -> None:
    wait(store, "a", "b", "c")
    phones = Phones(first=lambda sms: mail.close())
    mail = Outbox(store, phones)
    assert mail.run(NOON) == Sent(delivered=1) and rows(store) == [("a", "delivered", 1), ("b", "waiting", 0), ("c", "waiting", 0)]
    assert mail.run(NOON) == Sent() and Outbox(store, Phones()).run(NOON).delivered == 2


DYING = """
import datetime, os, sys
from ivr.accounts.outbox import Outbox
from ivr.accounts.store import Store

class Phones:
    left = 3

    def deliver(self, sms):
        with open(sys.argv[2], "a") as taken:
            taken.write(sms.text + "\\n")
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), 9)

Outbox(Store(sys.argv[1]), Phones()).run(datetime.datetime.fromisoformat(sys.argv[3]))
"""


def test_processes_that_are_killed_while_they_deliver_lose_nothing(store: Store, tmp_path: Path) -> None:
    wait(store, *map(str, range(7)))
    taken, moment = tmp_path / "taken", NOON
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", DYING, store.url, str(taken), moment.isoformat()], cwd=ROOT, check=False)
        assert killed.returncode == -9
        assert Outbox(store, Phones()).run(moment) == Sent(), "what it had claimed is nobody else's for a while"
        moment += LEASE
    phones = Phones()
    assert Outbox(store, phones).run(moment) == Sent(delivered=7) and phones.taken == list(map(str, range(7)))
    assert taken.read_text().split() == ["0", "1", "2"] * 2, "delivered, and nobody could say so"
