"""Bringing a books file to the present schema. Alembic is imported only where there is something to do: it takes 0.1 s."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine

HEAD = "0003"
"""The newest migration. A test holds it to the files in `versions/`."""


def current(connection: Connection) -> str | None:
    """The migration a books file has come to, None where it is empty."""
    table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.exec_driver_sql(table).scalar() is None:
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring the books to `target` in one transaction: an interrupted migration leaves them as they were."""
    from alembic import command
    from alembic.config import Config

    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, target)
