"""Alembic's environment: the connection is handed over by registry.migrations, the metadata is Base's."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type
from sqlalchemy import JSON, Enum
from sqlalchemy.types import TypeDecorator

from registry.db import Base


def stored_type(kind: str, item: Any, autogen: AutogenContext) -> Any:
    """Write our own column types as what the database stores: a migration must not change when the code does."""
    if kind != "type":
        return False
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')"
    if isinstance(item, TypeDecorator):
        return _repr_type(item.impl_instance, autogen)
    return False


# Batch mode rewrites a table where SQLite cannot alter it; on PostgreSQL the same script alters in place.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
    render_as_batch=True,
    render_item=stored_type,
)
with context.begin_transaction():
    context.run_migrations()
