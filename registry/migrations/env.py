"""Alembic's environment: the connection is handed over by registry.migrations, the metadata is Base's."""

from alembic import context

from registry.db import Base

# Batch mode rewrites a table where SQLite cannot alter it; on PostgreSQL the same script alters in place.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
    render_as_batch=True,
    user_module_prefix="registry.db.",
)
with context.begin_transaction():
    context.run_migrations()
