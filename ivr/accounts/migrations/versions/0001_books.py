"""The books: lines, accounts, operations, postings, bonuses, bills."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# A posting keeps the balance of its account: whoever writes one, in whatever program, cannot forget it.
_TRIGGERS = (
    """
    CREATE TRIGGER posting_balance AFTER INSERT ON posting BEGIN
        UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.account_id;
    END
    """,
    "CREATE TRIGGER posting_kept BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'a posting is never changed'); END",
    "CREATE TRIGGER posting_stays BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'a posting is never deleted'); END",
    "CREATE TRIGGER operation_kept BEFORE UPDATE ON operation BEGIN SELECT RAISE(ABORT, 'an operation is never changed'); END",
    """
    CREATE TRIGGER operation_stays BEFORE DELETE ON operation WHEN EXISTS (SELECT 1 FROM posting WHERE operation_id = OLD.id) BEGIN
        SELECT RAISE(ABORT, 'an operation with postings is never deleted');
    END
    """,
)


def _text(name: str, *more: sa.schema.SchemaItem, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, *more, nullable=nullable)


def _whole(name: str, *more: sa.schema.SchemaItem, nullable: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, _WHOLE, *more, nullable=nullable, server_default=default)


def _flag(table: str, name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.CheckConstraint(f"{name} IN (0, 1)", name=op.f(f"ck_{table}_{name}")), nullable=False)


def _key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True)


def upgrade() -> None:
    """Make every table, index and trigger."""
    op.create_table(
        "setting", _key("name", sa.Text()), _text("value"), sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")), sqlite_strict=True
    )
    op.create_table(
        "line",
        _key("msisdn", sa.Text()),
        _text("operator"),
        _text("kind", sa.CheckConstraint("kind IN ('prepaid', 'postpaid')", name=op.f("ck_line_kind"))),
        _text("status", sa.CheckConstraint("status IN ('active', 'barred', 'expired')", name=op.f("ck_line_status"))),
        _text("tariff"),
        _text("language", nullable=True),
        _flag("line", "roaming"),
        _flag("line", "notices"),
        _text("expires", nullable=True),
        sa.PrimaryKeyConstraint("msisdn", name=op.f("pk_line")),
        sqlite_strict=True,
    )
    op.create_table(
        "account",
        _key("id", _WHOLE),
        _text("operator"),
        _text("msisdn", sa.ForeignKey("line.msisdn", name=op.f("fk_account_msisdn")), nullable=True),
        _text("kind"),
        _text("currency"),
        _whole("balance", default="0"),
        _whole("floor", nullable=True),
        sa.CheckConstraint("floor IS NULL OR balance >= floor", name=op.f("ck_account_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("id", "currency", name=op.f("uq_account_id_currency")),
        sqlite_strict=True,
    )
    own = sa.text("msisdn IS NULL")
    op.create_index("ix_account_line", "account", ["msisdn", "kind"], unique=True)
    op.create_index("ix_account_own", "account", ["operator", "kind", "currency"], unique=True, sqlite_where=own, postgresql_where=own)
    op.create_table(
        "operation",
        _key("id", _WHOLE),
        _text("key"),
        _text("kind"),
        _text("msisdn", nullable=True),
        _text("outcome"),
        _text("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        sa.UniqueConstraint("key", name=op.f("uq_operation_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "posting",
        _key("id", _WHOLE),
        _whole("operation_id", sa.ForeignKey("operation.id", name=op.f("fk_posting_operation_id"))),
        _whole("account_id"),
        _whole("amount", sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount"))),
        _text("currency"),
        _text("kind"),
        sa.Column("information", sa.Text, nullable=False, server_default=""),
        _text("at"),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"], ["account.id", "account.currency"], name=op.f("fk_posting_account_id_currency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sqlite_strict=True,
    )
    op.create_index("ix_posting_account", "posting", ["account_id"])
    op.create_index("ix_posting_operation", "posting", ["operation_id"])
    op.create_table(
        "bonus",
        _key("id", _WHOLE),
        _text("msisdn", sa.ForeignKey("line.msisdn", name=op.f("fk_bonus_msisdn"))),
        _text("unit"),
        _whole("left", sa.CheckConstraint('"left" >= 0', name=op.f("ck_bonus_left"))),
        _text("until"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus")),
        sqlite_strict=True,
    )
    op.create_index("ix_bonus_msisdn", "bonus", ["msisdn", "until"])
    op.create_table(
        "bill",
        sa.Column("msisdn", sa.Text, sa.ForeignKey("line.msisdn", name=op.f("fk_bill_msisdn")), primary_key=True),
        _text("currency"),
        _whole("billed"),
        _whole("advance"),
        _text("due"),
        sa.PrimaryKeyConstraint("msisdn", name=op.f("pk_bill")),
        sqlite_strict=True,
    )
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Not offered: books are append-only."""
    raise NotImplementedError("books are not taken back: restore the copy made before the migration")
