"""What Alembic runs for every command, on the connection and the tables that its caller put into the configuration."""

from __future__ import annotations

from alembic import context

from reconciler.adapters.database.comparing import render, wanted

_given = context.config.attributes

context.configure(
    connection=_given["connection"],
    target_metadata=_given.get("metadata"),
    include_object=wanted,
    render_item=render,
    render_as_batch=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
