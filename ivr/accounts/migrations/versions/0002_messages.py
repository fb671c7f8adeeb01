"""Messages that leave: what an SMS centre is to deliver, once each for its key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "message",
        sa.Column("id", _WHOLE, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "operator", "recipient", "sender", "text", "language", "at")),
        sa.Column("flash", sa.Integer, sa.CheckConstraint("flash IN (0, 1)", name=op.f("ck_message_flash")), nullable=False),
        sa.Column(
            "state",
            sa.Text,
            sa.CheckConstraint("state IN ('waiting', 'delivered', 'answered')", name=op.f("ck_message_state")),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_message_recipient", "message", ["recipient", "id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_message_waiting", "message", ["id"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    """Not offered: books are append-only."""
    raise NotImplementedError("books are not taken back: restore the copy made before the migration")
