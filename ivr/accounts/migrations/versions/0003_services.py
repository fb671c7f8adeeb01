"""Scratch cards, grants, transfers, passwords and their attempts; events to be told; messages that are tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *more: sa.schema.SchemaItem, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, *more, nullable=nullable)


def _whole(name: str, *more: sa.schema.SchemaItem, nullable: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, _WHOLE, *more, nullable=nullable, server_default=default)


def _one_of(table: str, name: str, *words: str) -> sa.Column[str]:
    listed = ", ".join(f"'{word}'" for word in words)
    return _text(name, sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}")))


def _flag(table: str, name: str) -> sa.Column[int]:
    return _whole(name, sa.CheckConstraint(f"{name} IN (0, 1)", name=op.f(f"ck_{table}_{name}")))


def upgrade() -> None:
    """Make the tables; `message` is made anew, since a check of SQLite's cannot be changed."""
    op.create_table(
        "scratch_card",
        _text("operator"),
        _text("serial"),
        _text("used_at", nullable=True),
        sa.PrimaryKeyConstraint("operator", "serial", name=op.f("pk_scratch_card")),
        sqlite_strict=True,
    )
    op.create_table(
        "bill_reader",
        _text("owner", sa.ForeignKey("line.msisdn", name=op.f("fk_bill_reader_owner"))),
        _text("reader"),
        _text("at"),
        sa.PrimaryKeyConstraint("owner", "reader", name=op.f("pk_bill_reader")),
        sqlite_strict=True,
    )
    op.create_table(
        "reader_request",
        sa.Column("id", _WHOLE, primary_key=True),
        _text("owner", sa.ForeignKey("line.msisdn", name=op.f("fk_reader_request_owner"))),
        _text("reader"),
        _flag("reader_request", "give"),
        _text("opens"),
        _text("at"),
        _one_of("reader_request", "state", "waiting", "done", "replaced"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_request")),
        sqlite_strict=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_reader_request_waiting", "reader_request", ["owner", "reader"], unique=True, sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("ix_reader_request_due", "reader_request", ["opens", "id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "transfer",
        sa.Column("id", _WHOLE, primary_key=True),
        _text("sender", sa.ForeignKey("line.msisdn", name=op.f("fk_transfer_sender"))),
        _text("recipient", sa.ForeignKey("line.msisdn", name=op.f("fk_transfer_recipient"))),
        _whole("amount", sa.CheckConstraint("amount > 0", name=op.f("ck_transfer_amount"))),
        _text("currency"),
        _text("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfer_pair", "transfer", ["sender", "recipient", "at"])
    op.create_table(
        "password",
        _text("msisdn", sa.ForeignKey("line.msisdn", name=op.f("fk_password_msisdn"))),
        _text("service"),
        _text("hash"),
        _whole("pepper"),
        _text("at"),
        sa.PrimaryKeyConstraint("msisdn", "service", name=op.f("pk_password")),
        sqlite_strict=True,
    )
    op.create_table(
        "lockout",
        _text("msisdn", sa.ForeignKey("line.msisdn", name=op.f("fk_lockout_msisdn"))),
        _text("service"),
        _whole("wrong", default="0"),
        _text("until", nullable=True),
        sa.PrimaryKeyConstraint("msisdn", "service", name=op.f("pk_lockout")),
        sqlite_strict=True,
    )
    op.create_table(
        "attempt",
        _text("key"),
        _text("msisdn"),
        _text("at"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt")),
        sqlite_strict=True,
    )
    op.create_table(
        "incoming_sms",
        _text("digest"),
        _text("session"),
        _text("at"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_incoming_sms")),
        sqlite_strict=True,
    )
    op.create_index("ix_incoming_sms_at", "incoming_sms", ["at"])
    op.create_table(
        "allowance",
        _text("name"),
        _text("msisdn"),
        _text("since"),
        _whole("used"),
        sa.PrimaryKeyConstraint("name", "msisdn", name=op.f("pk_allowance")),
        sqlite_strict=True,
    )
    op.create_table(
        "event",
        sa.Column("id", _WHOLE, primary_key=True),
        _text("key"),
        _text("about"),
        _text("msisdn"),
        _text("content"),
        _text("at"),
        _one_of("event", "state", "waiting", "told", "dead"),
        _whole("attempts", default="0"),
        _text("due"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("key", name=op.f("uq_event_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_event_waiting", "event", ["due"], sqlite_where=waiting, postgresql_where=waiting)
    op.drop_index("ix_message_recipient")
    op.drop_index("ix_message_waiting")
    op.rename_table("message", "message_before")
    op.create_table(
        "message",
        sa.Column("id", _WHOLE, primary_key=True),
        *(_text(name) for name in ("key", "operator", "recipient", "sender", "text", "language", "at")),
        _flag("message", "flash"),
        _one_of("message", "state", "waiting", "delivered", "answered", "dead"),
        _whole("attempts", default="0"),
        _text("due"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO message (id, key, operator, recipient, sender, text, language, at, flash, state, due)"
        " SELECT id, key, operator, recipient, sender, text, language, at, flash, state, at FROM message_before"
    )
    op.drop_table("message_before")
    op.create_index("ix_message_recipient", "message", ["recipient", "id"])
    op.create_index("ix_message_waiting", "message", ["due"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    """Not offered: books are append-only."""
    raise NotImplementedError("books are not taken back: restore the copy made before the migration")
