"""What customer care does for a subscriber: operations of the books like any other, so that the audit has them."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable

from ivr.accounts import attempts, lines, settings_of_line, sms_money
from ivr.accounts.line_locks import LineLocks
from ivr.accounts.rules import Acting, Terms
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.effects import Call
from ivr.engine.values import Answer


class Care:
    """Customer care over `store`. Every act answers `ok`, `unknown_line`, or an outcome of its own; each one is another operation.

    All of them raise FAILURES where the books cannot be written; nothing was done then.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._locks = store, LineLocks.beside(store.path)

    def reset_password(self, msisdn: str, now: datetime.datetime) -> Answer:
        """Take away the line's SMS-money password and its lock (B1): it may register anew. `not_registered` where there is neither."""

        def reset(transaction: Transaction) -> Answer:
            unlocked = attempts.unlock(transaction.connection, msisdn, sms_money.SERVICE)
            # the order that registered it, given once more, is another one from here on
            transaction.execute(_ORDERS, (msisdn,))
            gone = transaction.execute("DELETE FROM password WHERE msisdn = ? AND service = ?", (msisdn, sms_money.SERVICE)).rowcount > 0
            return Answer("ok" if gone or unlocked else "not_registered", {})

        return self._do("reset_password", msisdn, now, reset)

    def unlock(self, msisdn: str, now: datetime.datetime) -> Answer:
        """Forget wrong SMS-money passwords and end a lock (B10). `not_locked` where there are none."""

        def unlock(transaction: Transaction) -> Answer:
            return Answer("ok" if attempts.unlock(transaction.connection, msisdn, sms_money.SERVICE) else "not_locked", {})

        return self._do("unlock", msisdn, now, unlock)

    def notices(self, msisdn: str, on: bool, now: datetime.datetime) -> Answer:
        """Turn automatic messages on or off (A16). `already` where they are so."""
        name = "notices_on" if on else "notices_off"

        def turn(transaction: Transaction) -> Answer:
            row = lines.find(transaction.connection, msisdn)
            assert row is not None
            acting = Acting(transaction, row, Call(f"accounts.{name}", {}, ""), Terms(now.tzinfo or datetime.UTC, ()), now)
            return settings_of_line.notices(acting, on)

        return self._do(name, msisdn, now, turn)

    def _do(self, what: str, msisdn: str, now: datetime.datetime, act: Callable[[Transaction], Answer]) -> Answer:
        with self._store.reading() as connection:
            if lines.find(connection, msisdn) is None:
                return Answer("unknown_line", {})
        with self._locks.hold(msisdn):  # else a password that is being looked at just now would come back
            return self._store.operate(f"care:{secrets.token_hex(16)}", act, kind=f"care.{what}", msisdn=msisdn, at=now)


_ORDERS = """
    DELETE FROM incoming_sms WHERE EXISTS (
        SELECT 1 FROM operation
        WHERE key > 'sms:' || incoming_sms.session || ':' AND key < 'sms:' || incoming_sms.session || ';' AND operation.msisdn = ?
    )
"""
