"""What every store of the books promises (`ivr.accounts.port.Books`), point by point, for each database in `backends.py`."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.ledger_books import AT, CURRENCY, balances, msisdn, postings_of, transfer
from ivr.accounts.audit import audit
from ivr.accounts.port import Books, BooksBusy, KeyReused
from ivr.accounts.transaction import Refused, Transaction
from ivr.engine.values import Answer, Count, Money, Msisdn, Span, Tariff
from tests.accounts.backends import BACKENDS, Backend
from tests.accounts.faults.worker import CONTEXT, race

DONE = Answer("ok", {})
HOUR = datetime.timedelta(hours=1)
EACH = 1_000_000


@dataclass
class Opened:
    """Books of four lines; each `open` is one more process's view of them."""

    backend: Backend
    url: str
    all: list[Books] = field(default_factory=list)

    def open(self) -> Books:
        self.all.append(self.backend.open(self.url))
        return self.all[-1]


@pytest.fixture(params=BACKENDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    backend = BACKENDS[request.param]
    books = Opened(backend, backend.make(tmp_path, 4, EACH))
    yield books
    for one in books.all:
        one.close()


@pytest.fixture
def books(opened: Opened) -> Books:
    return opened.open()


def simply(books: Books, key: str, answer: Answer = DONE, kind: str = "test", line: str | None = None) -> Answer:
    return books.operate(key, lambda transaction: answer, kind=kind, msisdn=line, at=AT)


def whole(books: Books) -> bool:
    return audit(books).differences == () and sum(balances(books).values()) == 4 * EACH


# -- once for a key


def test_an_answer_is_given_after_the_commit(opened: Opened) -> None:
    books, other = opened.open(), opened.open()
    for number in range(20):
        assert transfer(books, f"k{number}", 0, 1, 1).outcome == "ok"
        assert postings_of(other)[f"k{number}"] == 2


def test_the_same_key_is_answered_the_same_and_done_once(opened: Opened) -> None:
    books, other = opened.open(), opened.open()
    first = transfer(books, "k", 0, 1, 400_000)
    assert first == Answer("ok", {"balance": Money(600_000, CURRENCY)})
    transfer(books, "in between", 0, 1, 1)
    assert transfer(books, "k", 0, 1, 400_000) == transfer(other, "k", 0, 1, 400_000) == first
    assert balances(books) == {msisdn(0): 599_999, msisdn(1): 1_400_001, msisdn(2): EACH, msisdn(3): EACH}
    assert books.answered("k") == other.answered("k") == first and books.answered("another") is None


def test_a_refusal_is_remembered_though_it_would_pass_by_now(opened: Opened) -> None:
    books = opened.open()
    refused = transfer(books, "k", 0, 1, EACH + 1)
    assert refused == Answer("not_enough", {"balance": Money(EACH, CURRENCY)})
    transfer(books, "richer", 2, 0, 500_000)
    assert transfer(books, "k", 0, 1, EACH + 1) == refused
    books.close()
    assert transfer(opened.open(), "k", 0, 1, EACH + 1) == refused
    assert transfer(opened.open(), "k2", 0, 1, EACH + 1).outcome == "ok"


def test_every_value_comes_back_as_it_was(opened: Opened) -> None:
    values = {
        **{"none": None, "yes": True, "number": -(2**62), "text": 'ş\n"?', "money": Money(-1, "TJS"), "count": Count(3, "minute")},
        **{"tariff": Tariff("GəncOL"), "number_": Msisdn("994501110001"), "span": Span(1800), "day": AT.date(), "moment": AT},
        "rows": ({"at": AT.date(), "amount": Money(1, CURRENCY)}, {}),
    }
    answer = Answer("done", values)
    assert simply(opened.open(), "k", answer) == answer
    assert simply(opened.open(), "k") == opened.open().answered("k") == answer


@pytest.mark.parametrize(("kind", "line"), [("other", msisdn(0)), ("test", msisdn(1)), ("test", None)])
def test_a_key_of_another_operation_is_refused_and_nothing_is_done(books: Books, kind: str, line: str | None) -> None:
    ran: list[int] = []

    def function(transaction: Transaction) -> Answer:
        ran.append(1)
        return Answer("ok", {})

    simply(books, "k", kind="test", line=msisdn(0))
    with pytest.raises(KeyReused):
        books.operate("k", function, kind=kind, msisdn=line, at=AT)
    assert ran == [] and audit(books).operations == 3


def test_the_moment_does_not_tell_operations_apart(books: Books) -> None:
    first = transfer(books, "k", 0, 1, 10, at=AT)
    for moved in (HOUR, -HOUR, datetime.timedelta(days=400)):
        assert transfer(books, "k", 0, 1, 10, at=AT + moved) == first
    assert balances(books)[msisdn(0)] == EACH - 10


def test_threads_with_one_key_do_it_once(books: Books) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: transfer(books, "k", 0, 1, 7), range(200)))
    assert set(map(repr, answers)) == {repr(Answer("ok", {"balance": Money(EACH - 7, CURRENCY)}))}
    assert postings_of(books) == {"k": 2}


def test_a_function_is_run_once_for_its_key(books: Books) -> None:
    ran: list[int] = []

    def function(transaction: Transaction) -> Answer:
        ran.append(1)
        return Answer("ok", {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: books.operate("k", function, kind="test", msisdn=None, at=AT), range(64)))
    assert ran == [1]


# -- all or nothing


def test_what_raises_is_undone_and_not_remembered(books: Books) -> None:
    def broken(transaction: Transaction) -> Answer:
        transaction.execute("INSERT INTO setting VALUES ('x', 'y')")
        transaction.move(transaction.open("azercell", None, "odd", CURRENCY), _main(transaction, 0), Money(5, CURRENCY), "odd")
        raise ZeroDivisionError

    before = audit(books), balances(books)
    with pytest.raises(ZeroDivisionError):
        books.operate("k", broken, kind="test", msisdn=None, at=AT)
    assert (audit(books), balances(books)) == before and books.answered("k") is None
    with books.reading() as reader:
        assert reader.execute("SELECT count(*) FROM setting WHERE name = 'x'").fetchone()[0] == 0
    assert simply(books, "k").outcome == "ok"


def test_a_refusal_undoes_what_came_before_it(books: Books) -> None:
    def refusing(transaction: Transaction) -> Answer:
        transaction.execute("UPDATE line SET language = 'ru' WHERE msisdn = ?", (msisdn(0),))
        transaction.move(_main(transaction, 0), _main(transaction, 1), Money(5, CURRENCY), "odd")
        raise Refused("no", {"why": "so"})

    assert books.operate("k", refusing, kind="test", msisdn=None, at=AT) == Answer("no", {"why": "so"})
    assert books.answered("k") == Answer("no", {"why": "so"})
    assert set(balances(books).values()) == {EACH}
    with books.reading() as reader:
        assert reader.execute("SELECT count(*) FROM line WHERE language = 'ru'").fetchone()[0] == 0


def test_a_failure_takes_nothing_of_those_beside_it(books: Books) -> None:
    gate = threading.Event()

    def slow(transaction: Transaction) -> Answer:
        gate.wait(10)
        return Answer("ok", {})

    def one(number: int) -> Answer:
        def function(transaction: Transaction) -> Answer:
            transaction.execute("INSERT INTO setting VALUES (?, 'beside')", (f"n{number}",))
            transaction.move(_main(transaction, number % 4), _main(transaction, (number + 1) % 4), Money(1, CURRENCY), "odd")
            if number % 3 == 1:
                raise ZeroDivisionError
            if number % 3 == 2:
                raise Refused("no", {})
            return Answer("ok", {})

        return books.operate(f"k{number}", function, kind="test", msisdn=None, at=AT)

    with ThreadPoolExecutor(31) as pool:
        first = pool.submit(books.operate, "slow", slow, kind="test", msisdn=None, at=AT)
        jobs = [pool.submit(one, number) for number in range(30)]
        time.sleep(0.1)  # they gather behind the slow one
        gate.set()
        assert first.result().outcome == "ok"
        for number, job in enumerate(jobs):
            if number % 3 == 1:
                assert isinstance(job.exception(), ZeroDivisionError)
            else:
                assert job.result().outcome == ("no" if number % 3 else "ok")
    with books.reading() as reader:
        names = {name for (name,) in reader.execute("SELECT name FROM setting WHERE value = 'beside'")}
    assert names == {f"n{number}" for number in range(0, 30, 3)}
    assert whole(books) and audit(books).postings == 8 + 20


def test_an_amount_beyond_64_bits_is_refused_and_nothing_is_done(books: Books) -> None:
    def pour(transaction: Transaction) -> Answer:
        source = transaction.open("azercell", None, "odd", CURRENCY)
        transaction.move(source, _main(transaction, 0), Money(2**63 - 1, CURRENCY), "odd")
        return Answer("ok", {})

    with pytest.raises(Exception, match="(?i)overflow|range|cannot store|integer|datatype"):
        books.operate("k", pour, kind="test", msisdn=None, at=AT)
    assert whole(books) and books.answered("k") is None


# -- nobody gets around the rules


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount = amount + 1",
        "DELETE FROM posting",
        "UPDATE operation SET outcome = '{}'",
        "DELETE FROM operation",
        "UPDATE account SET balance = -1 WHERE kind = 'main'",
        "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (1, 2, 0, 'AZN', 'x', '')",
        "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (1, 2, 5, 'TJS', 'x', '')",
        "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (1, 999, 5, 'AZN', 'x', '')",
        "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (999, 2, 5, 'AZN', 'x', '')",
        "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (1, 2, 'many', 'AZN', 'x', '')",
        "INSERT INTO operation (key, kind, outcome, at) VALUES ('lines', 'x', '{}', '')",
    ],
)
def test_the_database_itself_refuses(books: Books, statement: str) -> None:
    def sneak(connection: Any) -> None:
        connection.execute(statement)

    before = audit(books), balances(books)
    with pytest.raises(Exception, match="(?i)constraint|never|cannot store"):
        books.write(sneak)
    assert (audit(books), balances(books)) == before


# -- races


def test_threads_empty_an_account_to_the_last_unit(books: Books) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: transfer(books, f"k{number}", 0, 1, 9_000), range(200)))
    assert sum(answer.outcome == "ok" for answer in answers) == 111  # 1,000,000 in pieces of 9,000
    assert balances(books)[msisdn(0)] == 1_000 and whole(books)


def test_processes_empty_an_account_to_the_last_unit(opened: Opened) -> None:
    begin, results = CONTEXT.Event(), CONTEXT.Queue()
    (backend,) = [name for name, found in BACKENDS.items() if found is opened.backend]
    processes = [CONTEXT.Process(target=race, args=(backend, opened.url, f"p{number}", begin, results)) for number in range(8)]
    for process in processes:
        process.start()
    begin.set()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)
    books = opened.open()
    assert [shared for shared, _ in found] == [["ok"] * 10] * 8
    assert sum(passed for _, passed in found) == 111
    assert balances(books) == {msisdn(0): 1_000, msisdn(1): 1_999_000, msisdn(2): EACH - 10, msisdn(3): EACH + 10}
    assert whole(books) and len(postings_of(books)) == 210


# -- reading, waiting, closing


def test_a_read_sees_one_moment_and_waits_for_no_writer(opened: Opened) -> None:
    books = opened.open()
    with books.reading() as reader:
        query = "SELECT balance FROM account WHERE msisdn = ? AND kind = 'main'"
        before = reader.execute(query, (msisdn(0),)).fetchone()
        assert transfer(books, "meanwhile", 0, 1, 5).outcome == "ok"
        assert reader.execute(query, (msisdn(0),)).fetchone() == before
    assert balances(books)[msisdn(0)] == EACH - 5


def test_a_known_key_is_answered_while_another_process_writes(opened: Opened) -> None:
    books, other = opened.open(), opened.open()
    first = transfer(books, "k", 0, 1, 5)
    inside, gate = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> Answer:
        inside.set()
        gate.wait(30)
        return Answer("ok", {})

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(other.operate, "holding", hold, kind="test", msisdn=None, at=AT)
        assert inside.wait(10)
        assert transfer(books, "k", 0, 1, 5) == first
        with pytest.raises(KeyReused):
            simply(books, "k")
        assert not held.done()
        gate.set()
        assert held.result().outcome == "ok"


def test_closing_answers_whoever_waits_and_takes_nobody_after(books: Books) -> None:
    gate, inside = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> Answer:
        inside.set()
        gate.wait(10)
        return Answer("ok", {})

    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(books.operate, "slow", slow, kind="test", msisdn=None, at=AT)
        assert inside.wait(10)
        jobs = [pool.submit(transfer, books, f"k{number}", 0, 1, 1) for number in range(10)]
        time.sleep(0.1)
        closing = pool.submit(books.close)
        time.sleep(0.1)
        gate.set()
        closing.result()
        assert [job.result().outcome for job in (first, *jobs)] == ["ok"] * 11
    with pytest.raises(BooksBusy):
        transfer(books, "late", 0, 1, 1)


def test_an_operation_inside_an_operation_is_refused_and_does_not_hang(books: Books) -> None:
    def outer(transaction: Transaction) -> Answer:
        return transfer(books, "inner", 0, 1, 1)

    with pytest.raises(RuntimeError, match="inside"):
        books.operate("outer", outer, kind="test", msisdn=None, at=AT)
    assert books.answered("outer") is books.answered("inner") is None
    assert transfer(books, "inner", 0, 1, 1).outcome == "ok"


def test_the_event_loop_may_not_wait(books: Books) -> None:
    async def on_the_loop() -> None:
        for wait in (lambda: transfer(books, "k", 0, 1, 1), lambda: books.answered("k"), lambda: books.write(lambda connection: None)):
            with pytest.raises(RuntimeError, match="event loop"):
                wait()
        with pytest.raises(RuntimeError, match="event loop"), books.reading():
            pass
        assert (await asyncio.to_thread(transfer, books, "k", 0, 1, 1)).outcome == "ok"

    asyncio.run(on_the_loop())


def _main(transaction: Transaction, number: int) -> Any:
    return transaction.account(msisdn(number), "main")
