"""Requests that come again: up to five times, at once, out of order, after an hour that the clock gained or lost. Each is done once."""

from __future__ import annotations

import datetime
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.ledger_books import AT, balances, make_books, msisdn, postings_of, transfer
from ivr.accounts import usage
from ivr.accounts.audit import audit
from ivr.accounts.rating import Usage
from ivr.accounts.store import Store
from ivr.accounts.usage import Charged
from ivr.engine.effects import Call, Fee
from ivr.engine.values import Answer, Money, Msisdn, Secret, Value
from ivr.scenarios.world import ScratchStore
from ivr.services.embedded import EmbeddedServices
from tests.accounts import money_help
from tests.accounts.conftest import NOON
from tests.accounts.faults.test_services_machine import OPERATORS, Process
from tests.accounts.help import POSTPAID, RICH, ask, dump, fee, line_of
from tests.accounts.money_help import ANNA, BOB, HAMKOR, PASSWORD, PINS
from tests.accounts.money_help import RICH as RICH_TCELL

LINES, EACH, REQUESTS = 8, 1_000_000, 150
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield make_books(tmp_path, LINES, EACH)


@pytest.mark.parametrize("seed", range(4))
def test_every_request_comes_one_to_five_times_at_once_and_out_of_order(url: str, seed: int) -> None:
    chance = random.Random(seed)
    requests = {f"k{number}": (*chance.sample(range(LINES), 2), chance.randrange(1, 400_000)) for number in range(REQUESTS)}
    arriving = [key for key in requests for _ in range(chance.randint(1, 5))]
    chance.shuffle(arriving)
    processes = [Store(url), Store(url)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda turn: transfer(processes[turn[0] % 2], turn[1], *requests[turn[1]]), enumerate(arriving)))
    said: dict[str, list[Answer]] = defaultdict(list)
    for key, answer in zip(arriving, answers, strict=True):
        said[key].append(answer)
    assert all(answer == given[0] for given in said.values() for answer in given)
    passed = {key for key, given in said.items() if given[0].outcome == "ok"}
    assert postings_of(processes[0]) == {key: 2 if key in passed else 0 for key in requests}
    expected = dict.fromkeys(map(msisdn, range(LINES)), EACH)
    for key in passed:
        source, target, micro = requests[key]
        expected[msisdn(source)] -= micro
        expected[msisdn(target)] += micro
    assert balances(processes[0]) == expected and audit(processes[0]).differences == ()
    for store in processes:
        store.close()
    later = Store(url)
    assert all(transfer(later, key, *requests[key]) == given[0] for key, given in said.items())
    assert balances(later) == expected
    later.close()


@pytest.mark.parametrize("seed", range(3))
def test_services_asked_one_to_five_times_at_once_and_out_of_order(tmp_path: Path, seed: int) -> None:
    """Fees, languages, usage, grants and SMS-money with its passwords, through two processes' services."""
    chance = random.Random(seed)
    shutil.copyfile(money_help.template(), tmp_path / "books.db")
    first, second = (Process(ScratchStore(f"sqlite:///{tmp_path / 'books.db'}"), tmp_path) for _ in range(2))
    for line in (ANNA, RICH_TCELL):
        assert (
            call(first, line, "sms_money.register", f"register-{line}", pin2=Secret(PINS[line]), password=Secret(PASSWORD)).outcome == "ok"
        )
    asked: dict[str, Callable[[Process, str], Answer | Charged]] = {}
    for number in range(25):
        micro, to = chance.randrange(1, 40) * 10_000, chance.choice((BOB, HAMKOR))
        sender, password = chance.choice((ANNA, RICH_TCELL)), Secret(chance.choice((PASSWORD, PASSWORD, PASSWORD, "0000")))
        used = Usage("call", chance.randrange(0, 300), "994501110002")
        asked |= {
            f"fee{number}": lambda process, key, micro=micro: call(process, RICH, "accounts.charge", key, micro, "AZN"),
            f"language{number}": lambda process, key, micro=micro: call(
                process, RICH, "accounts.set_language", key, micro, "AZN", language="en"
            ),
            f"use{number}": lambda process, key, used=used: usage.use(process.store, OPERATORS, RICH, used, key, NOON),
            f"grant{number}": lambda process, key, number=number: call(
                process, POSTPAID, "grants.give", key, number=Msisdn(f"99450111010{number % 10}")
            ),
            f"send{number}": lambda process, key, sender=sender, to=to, password=password: call(
                process,
                sender,
                "sms_money.transfer",
                key,
                61_200,
                "TJS",
                phone=Msisdn(to),
                amount=Money(1_000_000, "TJS"),
                password=password,
            ),
        }
    arriving = [key for key in asked for _ in range(chance.randint(1, 5))]
    chance.shuffle(arriving)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda turn: asked[turn[1]]((first, second)[turn[0] % 2], turn[1]), enumerate(arriving)))
    said = defaultdict(list)
    for key, answer in zip(arriving, answers, strict=True):
        said[key].append(what(answer))
    assert all(one == given[0] for given in said.values() for one in given), "the same key was answered otherwise"
    assert "unavailable" not in {given[0][0] for given in said.values()}
    before = dump(first.store)
    assert all(what(asked[key](second, key)) == given[0] for key, given in said.items())
    assert dump(first.store) == before and audit(first.store).differences == ()
    with first.store.reading() as connection:
        kept = connection.execute("SELECT count(*) FROM operation WHERE kind != 'setup'").fetchone()[0]
        sent = connection.execute("SELECT count(*) FROM transfer").fetchone()[0]
        told = connection.execute("SELECT count(*) FROM event WHERE about = 'sms_money.received'").fetchone()[0]
    assert kept == len(asked) + 2
    assert sent == told == sum(given[0][0] == "ok" for key, given in said.items() if key.startswith("send")) <= 4
    first.store.close()
    second.store.close()


def call(process: Process, line: str, service: str, key: str, micro: int = 0, currency: str = "AZN", **inputs: Value) -> Answer:
    """A service asked at noon, with a fee where `micro` is one."""
    price = Fee("fee", "sms", Money(micro, currency)) if micro else None
    return process.services.call(line_of(process.services, line), Call(service, inputs, key, True, price), NOON)


def what(answer: Answer | Charged) -> tuple[object, ...]:
    """What an answer says, without what is told once (events) or read anew (the line)."""
    if isinstance(answer, Charged):
        return answer.outcome, answer.charge, answer.from_bonus, answer.balance
    return answer.outcome, answer.values


def test_the_clock_goes_an_hour_forward_and_back_between_requests(url: str) -> None:
    chance = random.Random(3)
    store, now, passed = Store(url), AT, {}
    for number in range(120):
        now += chance.choice((HOUR, -HOUR, -2 * HOUR, 3 * HOUR))
        key = f"k{chance.randrange(number + 1)}"  # mostly one that came before
        answer = transfer(store, key, int(key[1:]) % LINES, (int(key[1:]) + 3) % LINES, 50_000, at=now)
        assert passed.setdefault(key, answer) == answer
        if number % 40 == 39:
            store.close()
            store = Store(url)
    assert len(postings_of(store)) == len(passed) < 110
    assert audit(store).differences == () and sum(balances(store).values()) == LINES * EACH
    store.close()


def test_services_under_a_clock_that_jumps(services: EmbeddedServices, store: Store) -> None:
    """Acts with their fees, each key asked three times at moments an hour apart: one fee each, and what an act set stays as it is."""
    moments = [NOON, NOON + HOUR, NOON - HOUR]
    asked = [
        ("accounts.set_language", {"language": "en"}, RICH),
        ("accounts.notices_off", {}, RICH),
        ("accounts.notices_off", {}, POSTPAID),
    ]
    for turn, now in enumerate(moments):
        for number, (service, inputs, line) in enumerate(asked):
            answer = ask(services, line, service, f"act{number}", now=now, price=fee("0.10"), **inputs)
            assert answer.outcome == "ok", (service, turn)
        for number in range(3):
            assert ask(services, RICH, "accounts.charge", f"fee{number}", now=now, price=fee("0.10")).outcome == "ok"
    balance = line_of(services, RICH).balance
    assert balance is not None and balance.micro == 12_340_000 - 5 * 100_000
    assert line_of(services, RICH).language == "en" and not line_of(services, POSTPAID).notices
    assert audit(store).differences == ()
