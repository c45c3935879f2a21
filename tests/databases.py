"""Fresh databases for tests, SQLite files and PostgreSQL databases, copied from a template that is migrated once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from registry.db import Database
from registry.migrations import upgrade
from tests.servers.found import address


def fresh_name() -> str:
    """A name that no other test, process or run uses."""
    return f"ondiris_test_{uuid4().hex[:12]}"


class Sqlite:
    """SQLite files in a folder of the test process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def template(self) -> Path:
        """A migrated file, closed."""
        return _migrated(self.folder / "template.db")

    @contextmanager
    def new(self, *, migrated: bool) -> Iterator[str]:
        """URL of a database that is deleted afterwards."""
        path = self.folder / f"{fresh_name()}.db"
        if migrated:
            shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"
        for file in self.folder.glob(f"{path.name}*"):  # the write-ahead log, too
            file.unlink()

    def close(self) -> None:
        """Nothing to do: the folder goes with the test run."""


class Postgresql:
    """Databases on the server of ONDIRIS_TEST_POSTGRES_URL."""

    @cached_property
    def server(self) -> str:
        """URL of the maintenance database."""
        return address("postgresql")

    @cached_property
    def template(self) -> str:
        """Name of a migrated database without connections."""
        name = fresh_name()
        self._do(f'CREATE DATABASE "{name}"')
        database = Database(self._url(name))
        try:
            upgrade(database)
        finally:
            database.dispose()
        return name

    @contextmanager
    def new(self, *, migrated: bool) -> Iterator[str]:
        """URL of a database that is dropped afterwards, whoever is still connected."""
        name = fresh_name()
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{self.template if migrated else "template0"}"')
        yield self._url(name)
        self._drop(name)

    def close(self) -> None:
        """Drop the template."""
        if "template" in vars(self):
            self._drop(self.template)

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _drop(self, name: str) -> None:
        self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _do(self, statement: Any) -> None:
        plain = make_url(self.server).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


def _migrated(path: Path) -> Path:
    database = Database(f"sqlite:///{path}")
    try:
        upgrade(database)
    finally:
        database.dispose()  # the last connection to leave folds the write-ahead log into the file
    return path
