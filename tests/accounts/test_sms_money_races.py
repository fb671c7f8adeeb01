"""Many at once, in threads and in processes: exactly as many pass as the rules allow (services.md, B5, B10, B11)."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.passwords import Passwords
from ivr.engine.values import Answer
from tests.accounts.money_help import ANNA, BOB, PASSWORD, RICH, Desk, minutes, tjs

WORKERS = 8
FORK = multiprocessing.get_context("fork")
Act = Callable[[Desk, int], Answer]


class Hashes:
    """Counts the passwords that are compared, in all processes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = FORK.Value("i", 0)
        real = Passwords.verify

        def counted(*given: object) -> bool:
            with self.count.get_lock():
                self.count.value += 1
            return real(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(Passwords, "verify", counted)


def in_threads(desk: Desk, act: Act) -> list[Answer]:
    """What `act` answers to each of the workers, who begin at once."""
    answers: list[Answer] = []
    barrier = threading.Barrier(WORKERS)

    def work(number: int) -> None:
        barrier.wait(30)
        answers.append(act(desk, number))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    return answers


def in_processes(desk: Desk, act: Act) -> list[Answer]:
    """The same in processes that have nothing in common but the data folder."""
    barrier, told = FORK.Barrier(WORKERS), FORK.SimpleQueue()

    def work(number: int) -> None:
        own = Desk(desk.home, desk.terms, desk.cost, durable=True)
        barrier.wait(60)
        answer = act(own, number)
        told.put((answer.outcome, dict(answer.values)))
        own.close()

    workers = [FORK.Process(target=work, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    answers = [Answer(*told.get()) for _ in workers]
    for worker in workers:
        worker.join(60)
    return answers


together = pytest.mark.parametrize("together", [in_threads, in_processes])
Together = Callable[[Desk, Act], list[Answer]]


@pytest.fixture
def anna(tmp_path: Path) -> Desk:
    """Anna's password is registered; the desk is closed, so that workers may be forked."""
    desk = Desk(tmp_path / "home", durable=True)
    assert desk.register(fee=None).outcome == "ok"
    desk.close()
    return Desk(tmp_path / "home", durable=True)


def outcomes(answers: list[Answer]) -> Counter[str]:
    return Counter(answer.outcome for answer in answers)


@together
def test_of_many_wrong_passwords_at_once_three_are_looked_at(anna: Desk, together: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = Hashes(monkeypatch)
    answers = together(anna, lambda desk, number: desk.send(password=f"000{number}"))
    assert outcomes(answers) == {"wrong_password": 2, "locked": WORKERS - 2} and hashes.count.value == 3
    assert sorted(str(answer.values.get("left")) for answer in answers if answer.outcome == "wrong_password") == ["1", "2"]
    assert {answer.values["until"] for answer in answers if answer.outcome == "locked"} == {minutes(30)}
    assert anna.send().outcome == "locked" and anna.rows("SELECT * FROM attempt") == []
    anna.close()


@together
def test_of_many_transfers_to_one_number_at_once_one_goes_through(anna: Desk, together: Together) -> None:
    answers = together(anna, lambda desk, number: desk.send("10"))
    assert outcomes(answers) == {"ok": 1, "too_soon": WORKERS - 1}
    assert anna.balance() == tjs("109.9388") and anna.balance(BOB) == tjs("17.5")
    assert anna.rows("SELECT count(*) FROM event WHERE about = 'sms_money.received'") == [(1,)]
    assert anna.rows("SELECT * FROM lockout") == [] and not audit(anna.store).differences
    anna.close()


@together
def test_one_request_delivered_many_times_at_once_is_one(anna: Desk, together: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = Hashes(monkeypatch)
    answers = together(anna, lambda desk, number: desk.send("10", key="sms:1"))
    assert outcomes(answers) == {"ok": WORKERS} and {answer.values["balance"] for answer in answers} == {tjs("109.9388")}
    assert hashes.count.value == 1 and anna.rows("SELECT count(*) FROM transfer") == [(1,)]
    anna.close()


@together
def test_a_wrong_request_delivered_many_times_at_once_counts_once(anna: Desk, together: Together) -> None:
    answers = together(anna, lambda desk, number: desk.send(password="0000", key="sms:1"))
    assert outcomes(answers) == {"wrong_password": WORKERS} and {answer.values["left"] for answer in answers} == {2}
    anna.close()


@together
def test_right_ones_between_wrong_ones_are_refused_for_no_other_s_attempt_in_flight(anna: Desk, together: Together) -> None:
    """Each right one begins the row anew, so that a wrong one before and after it never make three."""
    answers = together(anna, lambda desk, number: desk.send(password="0000" if number < 2 else PASSWORD, to=BOB if number % 2 else RICH))
    assert outcomes(answers) == {"wrong_password": 2, "ok": 2, "too_soon": WORKERS - 4}
    anna.close()


@together
def test_two_registrations_at_once_are_one(tmp_path: Path, together: Together) -> None:
    desk = Desk(tmp_path / "home", durable=True)
    answers = together(desk, lambda own, number: own.register(password=f"555{number}"))
    assert outcomes(answers) == {"ok": 1, "already": WORKERS - 1} and desk.balance() == tjs("119.9388")
    desk.close()


@together
def test_the_five_that_stay_are_kept_however_many_send(anna: Desk, together: Together) -> None:
    """Eight recipients at once, 29.93 each and the fee: three leave at least 5.00 of 120.00, a fourth would not."""
    to = [RICH, BOB, "992931110006", "992931110007", "992931110008", "992931110009", "992931110010", "992931110011"]
    answers = together(anna, lambda desk, number: desk.send("29.93", to=to[number]))
    assert outcomes(answers) == {"ok": 3, "too_little_left": WORKERS - 3}
    assert anna.balance().micro >= tjs("5").micro and not audit(anna.store).differences
    anna.close()


def test_lines_do_not_wait_for_each_other(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Anna's password is being looked at, Bob's request is done from start to end."""
    anna.register(BOB)
    real, seen = Passwords.verify, []

    def meanwhile(self: Passwords, msisdn: str, *given: object) -> bool:
        if msisdn == ANNA:
            seen.append(anna.send("1", ANNA, msisdn=BOB).outcome)
        return real(self, msisdn, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Passwords, "verify", meanwhile)
    assert anna.send("5").outcome == "ok" and seen == ["ok"]
    anna.close()


@pytest.mark.parametrize("password", ["0000", PASSWORD])
def test_a_process_killed_between_count_and_answer_lets_the_line_go_and_counts_once(anna: Desk, password: str) -> None:
    def work() -> None:
        own = Desk(anna.home, anna.terms, anna.cost, durable=True)
        Passwords.verify = lambda *given: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, method-assign]
        own.send(password=password, key="sms:1")

    killed = FORK.Process(target=work)
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert anna.rows("SELECT wrong FROM lockout") == [(1,)] and anna.rows("SELECT key FROM attempt") == [("sms:1",)]
    answer = anna.send(password=password, key="sms:1")
    assert answer.outcome == ("ok" if password == PASSWORD else "wrong_password")
    assert anna.rows("SELECT wrong FROM lockout") == ([] if password == PASSWORD else [(1,)])
    assert anna.rows("SELECT * FROM attempt") == [] and not audit(anna.store).differences
    anna.close()
