"""Requests that come again: up to five times, at once, out of order, after an hour that the clock gained or lost. Each is done once."""

from __future__ import annotations

import datetime
import random
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.ledger_books import AT, balances, make_books, msisdn, postings_of, transfer
from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.engine.values import Answer
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import NOON
from tests.accounts.help import POSTPAID, RICH, ask, fee, line_of

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
