"""The tables of the books, as SQLAlchemy Core has them. The migrations make them; a test holds the two together.

Amounts are whole micro-units (10^-6 of the currency), days ISO dates, moments ISO in UTC with six decimals, so that text
sorts by time. A balance is what the subscriber has: a charge is negative on the line's account and positive on the
operator's income account. Triggers (see the first migration) keep each balance equal to its postings and refuse every
change of a posting. Account kinds so far:

    main       a prepaid line's money; its floor is 0
    bill       a postpaid line's running bill (negative: owed), what `accounts.bill` shows as current
    bill_fees  a postpaid line's fees for requests: part of the running bill, kept apart from the figures shown
    fees, usage, opening   the operator's own: income from fees; from usage; the other side of opening balances
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
# 64 bits everywhere; STRICT tables of SQLite know only the name INTEGER for it.
Whole = BigInteger().with_variant(Integer, "sqlite")

setting = Table("setting", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False), sqlite_strict=True)
"""What the books know of themselves: `lines` is `demo` or `plain`, how they were set up."""

line = Table(
    "line",
    metadata,
    Column("msisdn", Text, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('prepaid', 'postpaid')", name="kind"), nullable=False),
    Column("status", Text, CheckConstraint("status IN ('active', 'barred', 'expired')", name="status"), nullable=False),
    Column("tariff", Text, nullable=False),
    Column("language", Text),
    Column("roaming", Integer, CheckConstraint("roaming IN (0, 1)", name="roaming"), nullable=False),
    Column("notices", Integer, CheckConstraint("notices IN (0, 1)", name="notices"), nullable=False),
    Column("expires", Text),
    sqlite_strict=True,
)
"""A subscriber line. `language` is null until the subscriber chose one, `expires` where the line does not expire."""

account = Table(
    "account",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("msisdn", Text, ForeignKey("line.msisdn")),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("balance", Whole, nullable=False, server_default="0"),
    Column("floor", Whole),
    CheckConstraint("floor IS NULL OR balance >= floor", name="floor"),
    UniqueConstraint("id", "currency"),
    sqlite_strict=True,
)
"""An account: of a line, or (msisdn null) of the operator itself. `balance` never falls below `floor` where there is one."""
Index("ix_account_line", account.c.msisdn, account.c.kind, unique=True)
Index(
    "ix_account_own",
    account.c.operator,
    account.c.kind,
    account.c.currency,
    unique=True,
    sqlite_where=account.c.msisdn.is_(None),
    postgresql_where=account.c.msisdn.is_(None),
)

operation = Table(
    "operation",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("msisdn", Text),
    Column("outcome", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("key"),
    sqlite_strict=True,
)
"""Something asked of the books, once for its `key`; `outcome` is the JSON of the answer, refusals included."""

posting = Table(
    "posting",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("operation_id", Whole, ForeignKey("operation.id"), nullable=False),
    Column("account_id", Whole, nullable=False),
    Column("amount", Whole, CheckConstraint("amount <> 0", name="amount"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("information", Text, nullable=False, server_default=""),
    Column("at", Text, nullable=False),
    ForeignKeyConstraint(["account_id", "currency"], ["account.id", "account.currency"]),
    sqlite_strict=True,
)
"""One side of an operation. `kind` is what it is to the subscriber (`opening`, `fee`). Never changed, never deleted."""
Index("ix_posting_account", posting.c.account_id)
Index("ix_posting_operation", posting.c.operation_id)

bonus = Table(
    "bonus",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("msisdn", Text, ForeignKey("line.msisdn"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("left", Whole, CheckConstraint('"left" >= 0', name="left"), nullable=False),
    Column("until", Text, nullable=False),
    sqlite_strict=True,
)
"""What is left of a package, in whole units, usable up to and including the day `until`."""
Index("ix_bonus_msisdn", bonus.c.msisdn, bonus.c.until)

bill = Table(
    "bill",
    metadata,
    Column("msisdn", Text, ForeignKey("line.msisdn"), primary_key=True),
    Column("currency", Text, nullable=False),
    Column("billed", Whole, nullable=False),
    Column("advance", Whole, nullable=False),
    Column("due", Text, nullable=False),
    sqlite_strict=True,
)
"""What billing last said of a postpaid line: facts from outside the ledger, not money moved in it."""

scratch_card = Table(
    "scratch_card",
    metadata,
    Column("operator", Text, primary_key=True),
    Column("serial", Text, primary_key=True),
    Column("used_at", Text),
    sqlite_strict=True,
)
"""A card that was sold; `used_at` is the moment of its use, null before."""

bill_reader = Table(
    "bill_reader",
    metadata,
    Column("owner", Text, ForeignKey("line.msisdn"), primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
"""A number that may read the bill of `owner` (services.md, A10)."""

reader_request = Table(
    "reader_request",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("owner", Text, ForeignKey("line.msisdn"), nullable=False),
    Column("reader", Text, nullable=False),
    Column("give", Whole, CheckConstraint("give IN (0, 1)", name="give"), nullable=False),
    Column("opens", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('waiting', 'done', 'replaced')", name="state"), nullable=False),
    sqlite_strict=True,
)
"""A change of `bill_reader` that waits for the cycle that opens at `opens` (A11); of one pair only the last one waits."""
Index(
    "ix_reader_request_waiting",
    reader_request.c.owner,
    reader_request.c.reader,
    unique=True,
    sqlite_where=reader_request.c.state == "waiting",
    postgresql_where=reader_request.c.state == "waiting",
)
Index(
    "ix_reader_request_due",
    reader_request.c.opens,
    reader_request.c.id,
    sqlite_where=reader_request.c.state == "waiting",
    postgresql_where=reader_request.c.state == "waiting",
)

transfer = Table(
    "transfer",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("sender", Text, ForeignKey("line.msisdn"), nullable=False),
    Column("recipient", Text, ForeignKey("line.msisdn"), nullable=False),
    Column("amount", Whole, CheckConstraint("amount > 0", name="amount"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
"""Money sent from line to line: who, to whom, when (B5). The money itself is in the postings."""
Index("ix_transfer_pair", transfer.c.sender, transfer.c.recipient, transfer.c.at)

password = Table(
    "password",
    metadata,
    Column("msisdn", Text, ForeignKey("line.msisdn"), primary_key=True),
    Column("service", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("pepper", Whole, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
"""A password or PIN of a line for a service (`sms_money`, `pin2`): its argon2id hash, made with the pepper of that version."""

lockout = Table(
    "lockout",
    metadata,
    Column("msisdn", Text, ForeignKey("line.msisdn"), primary_key=True),
    Column("service", Text, primary_key=True),
    Column("wrong", Whole, nullable=False, server_default="0"),
    Column("until", Text),
    sqlite_strict=True,
)
"""Wrong passwords in a row, and until when the service is locked for the line (B10)."""

attempt = Table(
    "attempt",
    metadata,
    Column("key", Text, primary_key=True),
    Column("msisdn", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
"""An attempt that `lockout.wrong` counts already: duplicates of one request count once."""

incoming_sms = Table(
    "incoming_sms",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
"""An SMS that came without an id, as the keyed hash of sender, short code and text (B11), and the session that it is."""
Index("ix_incoming_sms_at", incoming_sms.c.at)

allowance = Table(
    "allowance",
    metadata,
    Column("name", Text, primary_key=True),
    Column("msisdn", Text, primary_key=True),
    Column("since", Text, nullable=False),
    Column("used", Whole, nullable=False),
    sqlite_strict=True,
)
"""How often something was granted to a line since a moment: `help_replies` (A20)."""

event = Table(
    "event",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("key", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("msisdn", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('waiting', 'told', 'dead')", name="state"), nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("due", Text, nullable=False),
    UniqueConstraint("key"),
    sqlite_strict=True,
)
"""Something that happened and that a notice may be about (services.yaml, events): written with the operation, told afterwards."""
Index("ix_event_waiting", event.c.due, sqlite_where=event.c.state == "waiting", postgresql_where=event.c.state == "waiting")

message = Table(
    "message",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("key", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("flash", Integer, CheckConstraint("flash IN (0, 1)", name="flash"), nullable=False),
    Column("state", Text, CheckConstraint("state IN ('waiting', 'delivered', 'answered', 'dead')", name="state"), nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("due", Text, nullable=False),
    UniqueConstraint("key"),
    sqlite_strict=True,
)
"""An SMS that leaves, once for its `key`. `waiting` for the network, `delivered` by it, or `answered`: it travelled with the reply to the
SMS that asked, and stands here so that the same SMS, delivered again, gets that answer again. No wording can show a secret: no text does.
`dead`: given up after so many `attempts`; `due` is when a waiting one is tried (next).
"""
Index("ix_message_recipient", message.c.recipient, message.c.id)
Index("ix_message_waiting", message.c.due, sqlite_where=message.c.state == "waiting", postgresql_where=message.c.state == "waiting")
