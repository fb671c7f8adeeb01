"""Checking the books against themselves: they must explain every balance to the last micro-unit.

Three independent looks, each by SQL over the whole file at one moment: every account's balance is the sum of its postings;
every operation's postings sum to zero in each currency; all postings of a currency sum to zero. The same statements can be
run by hand on a copy (docs/books.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.accounts.masks import masked
from ivr.accounts.port import Books


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at (`accounts`, `operations`, `postings`: how many) and a text for each thing that does not add up."""

    accounts: int
    operations: int
    postings: int
    differences: tuple[str, ...]


BALANCES = """
    SELECT account.id, account.msisdn, account.kind, account.currency, account.balance, coalesce(sum(posting.amount), 0)
    FROM account LEFT JOIN posting ON posting.account_id = account.id GROUP BY account.id
    HAVING account.balance <> coalesce(sum(posting.amount), 0) ORDER BY account.id
"""
OPERATIONS = """
    SELECT operation_id, currency, sum(amount) FROM posting
    GROUP BY operation_id, currency HAVING sum(amount) <> 0 ORDER BY operation_id, currency
"""
SUMS = "SELECT currency, sum(amount) FROM posting GROUP BY currency HAVING sum(amount) <> 0 ORDER BY currency"
STRAY = """
    SELECT posting.id FROM posting
    LEFT JOIN account ON account.id = posting.account_id AND account.currency = posting.currency
    LEFT JOIN operation ON operation.id = posting.operation_id
    WHERE account.id IS NULL OR operation.id IS NULL ORDER BY posting.id
"""
BELOW = "SELECT id, msisdn, kind, currency, balance, floor FROM account WHERE floor IS NOT NULL AND balance < floor ORDER BY id"


def audit(books: Books) -> Audit:
    """Look through all the books. Differences are in micro-units, with the line's number masked. Raises what `reading` raises."""
    differences: list[str] = []
    with books.reading() as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("account", "operation", "posting")]
        for number, msisdn, kind, currency, balance, sum_of_postings in connection.execute(BALANCES):
            owner = _owner(number, msisdn, kind)
            differences.append(f"{owner}: the balance is {balance}, its postings make {sum_of_postings} micro-units {currency}")
        for number, msisdn, kind, currency, balance, floor in connection.execute(BELOW):
            differences.append(f"{_owner(number, msisdn, kind)}: the balance {balance} is below {floor} micro-units {currency}")
        for operation, currency, left in connection.execute(OPERATIONS):
            differences.append(f"operation {operation}: its postings make {left} micro-units {currency}, not 0")
        for (posting,) in connection.execute(STRAY):
            differences.append(f"posting {posting}: its account or operation is missing, or the account has another currency")
        for currency, left in connection.execute(SUMS):
            differences.append(f"all postings: {left} micro-units {currency}, not 0")
    return Audit(counts[0], counts[1], counts[2], tuple(differences))


def _owner(number: int, msisdn: str | None, kind: str) -> str:
    return f"account {number} ({kind} of {'the operator' if msisdn is None else masked(msisdn)})"
