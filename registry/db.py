"""The database: engine, declarative base, exact column types, and the only place that commits.

SQLite (a file, WAL) and PostgreSQL are equal citizens: the same models, the same migrations, the same tests.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives autoincrementing keys only to INTEGER columns; PostgreSQL's tables may outgrow 2^31 rows (audit, outbox).
BigId = BigInteger().with_variant(Integer, "sqlite")
# SQLAlchemy's plain JSON on SQLite; binary JSON, indexable, on PostgreSQL. NULL is SQL NULL, never the JSON null.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

# How long a writer waits for another on SQLite before it gives up, seconds.
SQLITE_BUSY_S = 30


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. A naive one is refused: it would mean another hour on another machine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without its time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Scaled(TypeDecorator[Decimal]):
    """An exact decimal kept as a whole number of 10^-digits, since SQLite's NUMERIC silently loses digits.

    A value with more digits than that is refused, never rounded.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = digits

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.digits)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"{value} has more than {self.digits} decimal places")
        return whole

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.digits)


def Money() -> Scaled:  # noqa: N802 - reads as a column type
    """Tenge, kept in whole тиын."""
    return Scaled(2)


def Quantity() -> Scaled:  # noqa: N802 - reads as a column type
    """Capacity or volume in the row's unit, to a millionth."""
    return Scaled(6)


def Percent() -> Scaled:  # noqa: N802 - reads as a column type
    """Percent 0..100, to a ten-thousandth (documents state two places)."""
    return Scaled(4)


def Word(kind: type[StrEnum]) -> Enum:  # noqa: N802 - reads as a column type
    """One of the words of an enumeration, kept as that word; read back as the enumeration's member."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        values_callable=lambda words: [word.value for word in words],
        validate_strings=True,
    )


def _prepare_sqlite(engine: Engine) -> None:
    """WAL, foreign keys, and transactions that begin when SQLAlchemy says so.

    A writing transaction takes the write lock at its start (BEGIN IMMEDIATE): a reader that turns writer half-way would
    fail at once with "database is locked", whatever the time it was told to wait.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        _keep_wal(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _keep_wal(cursor: sqlite3.Cursor) -> None:
    """Turn WAL on. Of two that open a new database at once SQLite refuses one without any wait: it tries again."""
    until = time.monotonic() + SQLITE_BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


class Database:
    """One database by its URL: hands out transactions and read-only views.

    url: `sqlite:///path` or `postgresql://…` (psycopg 3 is used, whatever the short form says).
    """

    def __init__(self, url: str | URL, *, echo: bool = False) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(parsed, echo=echo, connect_args={"timeout": SQLITE_BUSY_S})
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(parsed, echo=echo, pool_pre_ping=True)
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        reading = {"reading": True} if self.is_sqlite else {"reading": True, "postgresql_readonly": True}
        self._reading = sessionmaker(self.engine.execution_options(**reading), expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is committed when the block ends well, rolled back when it raises.

        This is the only commit of the system. What must happen only after it (wake-ups) is left with `after_commit`.
        """
        with self._writing() as session:
            with session.begin():
                yield session
            for call in session.info.pop("after_commit", ()):
                call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is rolled back. Rows read stay readable after the block."""
        with self._reading() as session:
            yield session

    def dispose(self) -> None:
        """Close all connections (before a fork, at the end of a test)."""
        self.engine.dispose()


def after_commit(session: Session, call: Callable[[], object]) -> None:
    """Run `call` once the transaction of `session` is committed; never if it is rolled back."""
    session.info.setdefault("after_commit", []).append(call)


def undo(session: Session) -> None:
    """Roll back what `session` wrote, and forget what was to follow its commit. Nothing more is done with it."""
    session.rollback()
    session.info.pop("after_commit", None)
