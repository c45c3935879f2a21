"""The table of disclosure names every table and no column that is not there."""

from __future__ import annotations

import pytest

from registry import disclosure
from registry.disclosure import Shown
from web.tables import METADATA


def test_every_table_is_decided_on() -> None:
    assert set(disclosure.tables()) == set(METADATA.tables)


def test_no_column_is_named_that_is_not_there() -> None:
    named = {(name, column) for name, said in disclosure.tables().items() for column in said.columns}
    there = {(table.name, column.name) for table in METADATA.tables.values() for column in table.columns}
    assert named <= there


@pytest.mark.parametrize(
    ("table", "column", "shown"),
    [
        ("supplier_version", "name", Shown.PUBLIC),
        ("supplier_version", "address", Shown.STATE),
        ("account", "password_hash", Shown.NEVER),
        ("signature", "iin", Shown.NEVER),
        ("upload", "plan", Shown.NEVER),
        ("supplier_version", "a column of tomorrow", Shown.NEVER),
        ("a table of tomorrow", "id", Shown.NEVER),
    ],
)
def test_what_is_not_named_is_private(table: str, column: str, shown: Shown) -> None:
    assert disclosure.word(table, column) is shown


def test_secrets_are_shown_to_nobody() -> None:
    secret = ("password", "secret", "totp", "hash", "iin", "cms")
    shown = [
        f"{name}.{column}"
        for name, said in disclosure.tables().items()
        for column, word in said.columns.items()
        if word in (Shown.PUBLIC, Shown.PARTIES) and any(part in column for part in secret)
    ]
    assert shown == []
