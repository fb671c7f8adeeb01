"""docs/books.md says what there is, and its SQL runs."""

from __future__ import annotations

import re
from pathlib import Path

from ivr.accounts.rating import Usage
from ivr.accounts.schema import metadata
from ivr.accounts.store import Store
from ivr.accounts.usage import use
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import NOON
from tests.accounts.help import POSTPAID, RICH, charge
from tests.accounts.terms import azn, terms

PAGE = (Path(__file__).parents[2] / "docs" / "books.md").read_text("utf-8")


def test_every_table_and_account_is_described(services: EmbeddedServices, store: Store) -> None:
    charge(services, RICH, "a")
    charge(services, POSTPAID, "b")
    assert use(store, terms(), POSTPAID, Usage("data", 1), "c", NOON).charge == azn("0.05")
    with store.reading() as connection:
        kinds = [kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM account")]
    described = set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in PAGE.splitlines() if row.startswith("|"))))
    assert described == set(metadata.tables) | set(kinds)


def test_the_statements_to_run_by_hand_find_nothing_amiss(store: Store) -> None:
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    first, second, third = [statement for statement in block.split(";") if statement.strip()]
    with store.reading() as connection:
        assert connection.execute(first).fetchall() == connection.execute(second).fetchall() == []
        assert [total for _, total in connection.execute(third)] == [0, 0]
