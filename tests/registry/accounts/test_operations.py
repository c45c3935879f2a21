"""Opening accounts, and proving a password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from registry.accounts.models import Account, AccountRole
from registry.accounts.operations import is_password, open_account
from registry.accounts.queries import account, account_by_email
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.db import Database
from registry.errors import Conflict, NotAllowed, RuleBroken

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PASSWORD = "four words make it"

pytestmark = pytest.mark.both_databases


def opened(database: Database, actor: Actor | None = None, **changes: Any) -> Account:
    given: dict[str, Any] = {
        "email": "Saule@Zavod.example",
        "name": " Сәуле Ахметова ",
        "password": PASSWORD,
        "role": AccountRole.SUPPLIER,
        "bin": "080340990007",
        "lang": "kk",
    }
    with database.transaction() as session:
        return open_account(session, **(given | changes), actor=actor or Actor("command"), now=NOW)


def test_an_account_is_kept_without_its_password(database: Database) -> None:
    made = opened(database)
    with database.reading() as session:
        found = account_by_email(session, " SAULE@zavod.example")
        assert found is not None
        assert account(session, made.id) is found
        assert account(session, made.id + 1) is None
        audited = session.scalars(select(AuditRow)).one()
    assert (found.email, found.name, found.role) == ("saule@zavod.example", "Сәуле Ахметова", AccountRole.SUPPLIER)
    assert (found.bin, found.lang, found.created_at) == ("080340990007", "kk", NOW)
    assert found.password_hash.startswith("$argon2id$")
    assert (audited.actor, audited.action, audited.entity_id) == ("command", "open", made.id)
    assert PASSWORD not in f"{found.password_hash} {audited.after}"
    assert "password" not in str(audited.after)


def test_only_the_right_password_is_right(database: Database) -> None:
    made = opened(database)
    assert is_password(made, PASSWORD)
    assert not is_password(made, PASSWORD.upper())
    assert not is_password(made, "")
    assert not is_password(made, "x" * 100_000)
    assert not is_password(None, PASSWORD)
    assert not is_password(None, "nobody has this password")
    made.password_hash = "not a hash"
    assert not is_password(made, PASSWORD)


def test_two_of_the_same_password_are_kept_differently(database: Database) -> None:
    first, second = opened(database), opened(database, email="other@zavod.example")
    assert first.password_hash != second.password_hash


def test_an_address_is_taken_once(database: Database) -> None:
    opened(database)
    with pytest.raises(Conflict):
        opened(database, email="SAULE@ZAVOD.EXAMPLE")


def test_a_faulty_account_is_refused_whole(database: Database) -> None:
    with pytest.raises(RuleBroken) as refused:
        opened(database, password="short", bin=None)
    assert [violation.field for violation in refused.value.violations] == ["password", "bin"]
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []


@pytest.mark.parametrize("role", [AccountRole.SUPPLIER, AccountRole.CUSTOMER, AccountRole.EXPERT])
def test_only_administrators_and_commands_open_accounts(database: Database, role: AccountRole) -> None:
    with pytest.raises(NotAllowed):
        opened(database, Actor("somebody", role))


def test_an_administrator_opens_accounts(database: Database) -> None:
    opened(database, Actor("admin@portal.example", AccountRole.ADMINISTRATOR))
    with database.reading() as session:
        assert session.scalars(select(AuditRow.actor)).all() == ["admin@portal.example"]
