"""Alembic's entry: runs the migrations on the connection that `upgrade` hands over."""

from alembic import context

from ivr.accounts.schema import metadata

# The transaction is the caller's (BEGIN IMMEDIATE), so that two processes starting at once migrate one after the other.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False, render_as_batch=True
)
context.run_migrations()
