"""One operation for one key, whoever asks, however often, from however many threads and processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.values import Answer, Money
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings
from tests.accounts.conftest import NOON, OPERATORS
from tests.accounts.help import POOR, RICH, ask, charge, dump, line_of


def azn(text: str) -> Money:
    return Money.parse(text, "AZN")


def operations(store: Store) -> int:
    return audit(store).operations


def test_a_repeated_charge_answers_the_same_and_charges_nothing(services: EmbeddedServices, store: Store) -> None:
    first = charge(services, RICH, "session:3")
    before = dump(store)
    assert charge(services, RICH, "session:3") == first
    assert dump(store) == before and store.answered("session:3") == Answer("ok", {"balance": azn("12.24")})
    assert store.answered("session:4") is None


def test_a_refusal_is_remembered(services: EmbeddedServices, store: Store) -> None:
    first = charge(services, POOR, "session:3", "0.10")
    assert first == Answer("not_enough", {"balance": azn("0.05")})

    def top_up(transaction: Transaction) -> Answer:
        main = transaction.account(POOR, "main")
        assert main is not None
        transaction.move(transaction.open("azercell", None, "opening", "AZN"), main, azn("5"), "top_up", "Top-up")
        return Answer("ok", {})

    store.operate("top-up", top_up, kind="top_up", msisdn=POOR, at=NOON)
    assert charge(services, POOR, "session:3", "0.10") == first
    assert line_of(services, POOR).balance == azn("5.05")
    assert charge(services, POOR, "session:4", "0.10").outcome == "ok"


def test_eight_threads_one_key_one_charge(services: EmbeddedServices, store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: charge(services, RICH, "one"), range(64)))
    assert {answer.values["balance"] for answer in answers} == {azn("12.24")}
    assert operations(store) == 2 and audit(store).postings == 48


def test_eight_threads_empty_an_account_to_the_last_unit_and_no_further(services: EmbeddedServices, store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: charge(services, RICH, f"k{number}"), range(200)))
    assert sum(answer.outcome == "ok" for answer in answers) == 123  # 12.34 in tenths
    assert line_of(services, RICH).balance == azn("0.04") and audit(store).differences == ()


def _charge_often(url: str, shared: str, own: str, times: int, results: multiprocessing.Queue[tuple[int, int]]) -> None:
    store = Store(url, busy_seconds=30)
    services = EmbeddedServices(store, OPERATORS)
    good = charge(services, RICH, shared).values == {"balance": azn("12.24")}
    charged = sum(charge(services, "994501110007", f"{own}:{number}").outcome == "ok" for number in range(times))
    results.put((int(good), charged))
    store.close()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_four_processes_at_once(services: EmbeddedServices, store: Store, settings: Settings, method: str) -> None:
    """The same key in all of them is one charge; their own keys are one each; this process goes on beside them."""
    context: Any = multiprocessing.get_context(method)
    results: multiprocessing.Queue[tuple[int, int]] = context.Queue()
    processes = [
        context.Process(target=_charge_often, args=(settings.database_url, "shared", f"process{number}", 25, results))
        for number in range(4)
    ]
    for process in processes:
        process.start()
    mine = sum(charge(services, "994501110007", f"mine:{number}").outcome == "ok" for number in range(25))
    found = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join(10)
    assert found == [(1, 25)] * 4 and mine == 25
    assert line_of(services, RICH).balance == azn("12.24") and line_of(services, "994501110007").balance == azn("87.5")
    assert audit(store).differences == ()


def test_a_child_process_has_a_writer_of_its_own(services: EmbeddedServices, store: Store) -> None:
    charge(services, RICH, "parent")
    with store.reading() as connection:
        parents = connection
    child = os.fork()
    if child == 0:
        with store.reading() as connection:
            own = connection is not parents
        os._exit(0 if own and charge(services, RICH, "child").outcome == "ok" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert charge(services, RICH, "after").values == {"balance": azn("12.04")}


def test_what_was_answered_survives_a_killed_process(services: EmbeddedServices, store: Store, settings: Settings) -> None:
    program = f"""
import sys
from ivr.accounts.store import Store
from ivr.services.embedded import EmbeddedServices
from tests.accounts.help import charge
services = EmbeddedServices(Store({settings.database_url!r}), {{}})
number = 0
while True:
    number += 1
    if charge(services, "994501110007", f"k{{number}}", "0.01").outcome == "ok":
        print(number, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(50):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    acknowledged = 50 + len(process.stdout.read().split())
    process.wait(10)
    balance = line_of(services, "994501110007").balance
    assert balance is not None
    charged = (azn("100").micro - balance.micro) // 10_000
    assert charged - acknowledged in (0, 1)  # at most the one whose answer was on its way
    assert audit(store).differences == ()


def test_another_process_that_holds_the_books_is_waited_for_and_then_given_up(store: Store, settings: Settings) -> None:
    hasty = Store(settings.database_url, busy_seconds=0.2)
    services = EmbeddedServices(hasty, OPERATORS)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert ask(services, RICH, "accounts.balance").outcome == "ok"  # readers do not wait
    assert charge(services, RICH, "k") == Answer("unavailable", {})
    other.rollback()
    assert charge(services, RICH, "k").outcome == "ok"
    hasty.close()


def test_the_event_loop_may_not_wait_for_the_books(services: EmbeddedServices) -> None:
    line = line_of(services, RICH)

    async def on_the_loop() -> None:
        with pytest.raises(RuntimeError, match="event loop"):
            services.line(RICH, NOON)
        with pytest.raises(RuntimeError, match="event loop"):
            charge(services, RICH, "k")
        assert await asyncio.to_thread(services.line, RICH, NOON) == line

    asyncio.run(on_the_loop())


def test_postings_and_operations_cannot_be_changed(services: EmbeddedServices, store: Store) -> None:
    charge(services, RICH, "k")
    before = dump(store)
    connection = sqlite3.connect(store.path)
    for statement in (
        "UPDATE posting SET amount = 1",
        "DELETE FROM posting",
        "UPDATE operation SET outcome = '{}'",
        "DELETE FROM operation",
        "INSERT INTO posting VALUES (NULL, 1, 1, 0, 'AZN', 'fee', '', '')",
        "INSERT INTO posting VALUES (NULL, 1, 1, 'many', 'AZN', 'fee', '', '')",
        "UPDATE account SET balance = -1 WHERE kind = 'main'",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
        connection.rollback()
    connection.close()
    with store.reading() as reader, pytest.raises(sqlite3.IntegrityError):
        reader.execute("INSERT OR REPLACE INTO posting VALUES (1, 1, 1, 5, 'AZN', 'fee', '', '')")
    assert dump(store) == before


def test_money_moves_within_one_currency_only(store: Store) -> None:
    def mixed(transaction: Transaction) -> Answer:
        manats = transaction.open("azercell", None, "opening", "AZN")
        somoni = transaction.open("tcell", None, "opening", "TJS")
        transaction.move(manats, somoni, azn("1"), "fee")
        return Answer("ok", {})

    with pytest.raises(ValueError, match="cannot move"):
        store.operate("k", mixed, kind="test", msisdn=None, at=NOON)
    assert store.answered("k") is None


def test_a_read_sees_the_books_at_one_moment(services: EmbeddedServices, store: Store) -> None:
    query = "SELECT balance FROM account WHERE msisdn = ? AND kind = 'main'"
    with store.reading() as connection:
        before = connection.execute(query, (RICH,)).fetchone()
        assert charge(services, RICH, "meanwhile").outcome == "ok"
        assert connection.execute(query, (RICH,)).fetchone() == before
    with store.reading() as connection:
        assert connection.execute(query, (RICH,)).fetchone() == (12_240_000,)


def test_a_refusal_halfway_undoes_the_first_half(store: Store, services: EmbeddedServices) -> None:
    def two_payments(transaction: Transaction) -> Answer:
        main, fees = transaction.account(RICH, "main"), transaction.open("azercell", None, "fees", "AZN")
        assert main is not None
        transaction.execute("UPDATE line SET language = 'en' WHERE msisdn = ?", (RICH,))
        for _ in range(2):
            transaction.move(main, fees, azn("7"), "fee")
        return Answer("ok", {})

    before = dump(store, "operation")
    assert store.operate("k", two_payments, kind="test", msisdn=RICH, at=NOON) == Answer("not_enough", {"balance": azn("5.34")})
    assert dump(store, "operation") == before
