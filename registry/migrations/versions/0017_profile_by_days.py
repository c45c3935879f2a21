"""things of a profile by days, names of operations in three languages, words of free capacity, keys of machines"""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from registry.text import fold, fold_key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HELD = ("site", "premises", "permit", "equipment", "operation", "free_capacity")
PIECE = 1_000


def upgrade() -> None:
    still = sa.text("valid_to IS NULL")
    for table in HELD:
        op.add_column(table, sa.Column("thing_id", BIG, nullable=True))
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=True))
        held = _held(table)
        op.execute(sa.update(held).values(thing_id=held.c.id, version=1))
    op.add_column("staff", sa.Column("version", sa.Integer(), nullable=True))
    op.execute(sa.text("UPDATE staff SET version = 1"))
    for name in ("name_ru", "name_kk", "name_en"):
        op.add_column("operation", sa.Column(name, sa.String(300), nullable=True))
    # As of goods: a name of which nobody said its language stands where Russian ones do.
    op.execute(sa.text("UPDATE operation SET name_ru = name"))
    op.add_column("equipment", sa.Column("serial_key", sa.String(300), nullable=True))
    op.add_column("equipment", sa.Column("machine_key", sa.String(300), nullable=True))
    _keys_of_machines()
    for table in (*HELD, "staff"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("version", existing_type=sa.Integer(), nullable=False)
            if table == "equipment":
                batch_op.alter_column("machine_key", existing_type=sa.String(300), nullable=False)
    for table in HELD:
        op.create_index(op.f(f"ix_{table}_thing_id"), table, ["thing_id"])
        op.create_index(
            f"uq_{table}_open", table, ["thing_id"], unique=True, sqlite_where=still, postgresql_where=still
        )
    op.create_index(op.f("ix_equipment_serial_key_machine_key"), "equipment", ["serial_key", "machine_key"])
    op.create_index(op.f("ix_free_capacity_from_on_id"), "free_capacity", ["from_on", "id"])
    op.create_table(
        "capacity_word",
        sa.Column("id", BIG, nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_word")),
        sa.UniqueConstraint("word", name=op.f("uq_capacity_word_word")),
    )
    op.create_table(
        "free_capacity_word",
        sa.Column("word_id", BIG, nullable=False),
        sa.Column("free_capacity_id", BIG, nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["word_id"], ["capacity_word.id"], name=op.f("fk_free_capacity_word_word_id_capacity_word")
        ),
        sa.ForeignKeyConstraint(
            ["free_capacity_id"],
            ["free_capacity.id"],
            name=op.f("fk_free_capacity_word_free_capacity_id_free_capacity"),
        ),
        sa.PrimaryKeyConstraint("word_id", "free_capacity_id", name=op.f("pk_free_capacity_word")),
    )
    op.create_index(op.f("ix_free_capacity_word_free_capacity_id"), "free_capacity_word", ["free_capacity_id"])
    _words_of_capacity()


def downgrade() -> None:
    op.drop_table("free_capacity_word")
    op.drop_table("capacity_word")
    op.drop_index(op.f("ix_free_capacity_from_on_id"), "free_capacity")
    op.drop_index(op.f("ix_equipment_serial_key_machine_key"), "equipment")
    for table in HELD:
        # What was said before was in the audit alone.
        held = _held(table)
        op.execute(sa.delete(held).where(held.c.thing_id != held.c.id))
        op.drop_index(f"uq_{table}_open", table)
        op.drop_index(op.f(f"ix_{table}_thing_id"), table)
    own = {"operation": ("name_ru", "name_kk", "name_en"), "equipment": ("serial_key", "machine_key")}
    for table in HELD:
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in ("thing_id", "version", *own.get(table, ())):
                batch_op.drop_column(column)
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("version")


def _held(table: str) -> sa.TableClause:
    return sa.table(table, *(sa.column(name) for name in ("id", "thing_id", "version")))


def _pieces(asked: sa.Select[Any]) -> Iterator[list[Any]]:
    # Read whole before anything is written: one connection serves both.
    rows = op.get_bind().execute(asked).all()
    for at in range(0, len(rows), PIECE):
        yield list(rows[at : at + PIECE])


def _keys_of_machines() -> None:
    table = sa.table("equipment", *(sa.column(name) for name in ("id", "name", "model", "serial")))
    keyed = sa.text("UPDATE equipment SET machine_key = :machine, serial_key = :serial WHERE id = :id")
    for rows in _pieces(sa.select(table.c.id, table.c.name, table.c.model, table.c.serial)):
        keys = [
            {
                "id": id,
                "machine": fold_key(model or name)[:300],
                "serial": (fold_key(serial)[:300] or None) if serial else None,
            }
            for id, name, model, serial in rows
        ]
        op.get_bind().execute(keyed, keys)


def _words_of_capacity() -> None:
    work = sa.table("operation", *(sa.column(name) for name in ("id", "name", "note")))
    free = sa.table("free_capacity", *(sa.column(name) for name in ("id", "operation_id", "note", "valid_to")))
    known: dict[str, int] = {}
    asked = sa.select(free.c.id, work.c.name, work.c.note, free.c.note)
    asked = asked.join(work, work.c.id == free.c.operation_id).where(free.c.valid_to.is_(None))
    for rows in _pieces(asked):
        links = []
        for id, name, *notes in rows:
            named, beside = _words(name), _words(" ".join(filter(None, notes)))
            for word in named | beside:
                known.setdefault(word, len(known) + 1)
                links.append({"word_id": known[word], "free_capacity_id": id, "named": word in named})
        if links:
            _insert(known, links)
    if known and op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT setval(pg_get_serial_sequence('capacity_word', 'id'), max(id)) FROM capacity_word"))


def _insert(known: dict[str, int], links: list[dict[str, object]]) -> None:
    words = sa.table("capacity_word", sa.column("id"), sa.column("word"))
    held = set(op.get_bind().execute(sa.select(words.c.id)).scalars())
    fresh = [{"id": id, "word": word} for word, id in known.items() if id not in held]
    if fresh:
        op.get_bind().execute(sa.insert(words), fresh)
    columns: tuple[sa.ColumnClause[Any], ...] = (
        sa.column("word_id"),
        sa.column("free_capacity_id"),
        sa.column("named", sa.Boolean()),
    )
    table = sa.table("free_capacity_word", *columns)
    op.get_bind().execute(sa.insert(table), links)


def _words(text: str) -> set[str]:
    return {word[:64] for word in re.findall(r"\w+", fold(text))}
