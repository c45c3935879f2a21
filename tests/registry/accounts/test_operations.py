"""Opening accounts, and proving a password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from registry.accounts.entering import enter, entered, known
from registry.accounts.models import Account, AccountRole, Membership
from registry.accounts.operations import (
    change_password,
    close_account,
    end_membership,
    grant,
    is_password,
    leave,
    open_account,
    transfer_ownership,
)
from registry.accounts.queries import account, account_by_email, memberships
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.db import Database
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PASSWORD = "four words make it"

pytestmark = pytest.mark.both_databases


def opened(database: Database, actor: Actor | None = None, **changes: Any) -> Account:
    given: dict[str, Any] = {
        "email": "Saule@Zavod.example",
        "name": " Сәуле Ахметова ",
        "password": PASSWORD,
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
    assert (found.email, found.name, found.lang) == ("saule@zavod.example", "Сәуле Ахметова", "kk")
    assert found.created_at == NOW
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


def test_passwords_of_people_cost_what_is_recommended(house_hasher: PasswordHasher) -> None:
    assert house_hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_two_of_the_same_password_are_kept_differently(database: Database) -> None:
    first, second = opened(database), opened(database, email="other@zavod.example")
    assert first.password_hash != second.password_hash


def test_an_address_is_taken_once(database: Database) -> None:
    opened(database)
    with pytest.raises(Conflict):
        opened(database, email="SAULE@ZAVOD.EXAMPLE")


def test_a_faulty_account_is_refused_whole(database: Database) -> None:
    with pytest.raises(RuleBroken) as refused:
        opened(database, password="short", name=" ")
    assert [violation.field for violation in refused.value.violations] == ["name", "password"]
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []


@pytest.mark.parametrize("role", [AccountRole.OWNER, AccountRole.CUSTOMER, AccountRole.EXPERT])
def test_only_administrators_and_commands_open_accounts(database: Database, role: AccountRole) -> None:
    with pytest.raises(NotAllowed):
        opened(database, Actor("somebody", role))


def test_an_administrator_opens_accounts(database: Database) -> None:
    opened(database, Actor("admin@portal.example", AccountRole.ADMINISTRATOR))
    with database.reading() as session:
        assert session.scalars(select(AuditRow.actor)).all() == ["admin@portal.example"]


BIN, OTHER = "080340990007", "110440012951"
ADMINISTRATOR = Actor("admin@portal.example", AccountRole.ADMINISTRATOR, account_id=0)


class People:
    """An owner, an editor and a viewer of one supplier, and the owner of another."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.owner = self._person("owner", AccountRole.OWNER, BIN)
        self.editor = self._person("editor", AccountRole.EDITOR, BIN)
        self.viewer = self._person("viewer", AccountRole.VIEWER, BIN)
        self.foreign = self._person("foreign", AccountRole.OWNER, OTHER)

    def _person(self, name: str, role: AccountRole, scope: str) -> Actor:
        made = opened(self.database, email=f"{name}@zavod.example")
        with self.database.transaction() as session:
            grant(session, made.id, role, scope, actor=ADMINISTRATOR, now=NOW)
        return Actor(made.email, role, scope, made.id)

    def membership(self, person: Actor) -> int:
        """The number of what the person may act as."""
        with self.database.reading() as session:
            [held] = memberships(session, person.account_id or 0)
            return held.id

    def roles(self) -> dict[str, list[str]]:
        """Who may act as what, by name."""
        with self.database.reading() as session:
            return {
                name: [str(one.role) for one in memberships(session, person.account_id or 0)]
                for name, person in vars(self).items()
                if isinstance(person, Actor)
            }


@pytest.fixture
def people(database: Database) -> People:
    """The people of two suppliers."""
    return People(database)


def test_a_supplier_has_one_owner(people: People, database: Database) -> None:
    made = opened(database, email="second@zavod.example")
    with database.transaction() as session, pytest.raises(Conflict):
        grant(session, made.id, AccountRole.OWNER, BIN, actor=ADMINISTRATOR, now=NOW)


def test_a_role_speaks_for_what_it_must(database: Database) -> None:
    made = opened(database)
    for role, scope in [
        (AccountRole.OWNER, ""),
        (AccountRole.CUSTOMER, "75"),
        (AccountRole.AKIMAT, ""),
        (AccountRole.AKIMAT, "99"),
        (AccountRole.EXPERT, BIN),
    ]:
        with database.transaction() as session, pytest.raises(RuleBroken):
            grant(session, made.id, role, scope, actor=ADMINISTRATOR, now=NOW)


def test_nobody_grants_themselves_a_role(database: Database) -> None:
    made = opened(database)
    own = Actor(made.email, AccountRole.ADMINISTRATOR, account_id=made.id)
    with database.transaction() as session, pytest.raises(NotAllowed):
        grant(session, made.id, AccountRole.EXPERT, actor=own, now=NOW)


def test_a_role_granted_twice_is_one(people: People, database: Database) -> None:
    with database.transaction() as session:
        grant(session, people.editor.account_id or 0, AccountRole.EDITOR, BIN, actor=ADMINISTRATOR, now=NOW)
    assert people.roles()["editor"] == ["editor"]


def test_at_one_supplier_a_person_has_one_role(people: People, database: Database) -> None:
    with database.transaction() as session:
        grant(session, people.viewer.account_id or 0, AccountRole.EDITOR, BIN, actor=ADMINISTRATOR, now=NOW)
        grant(session, people.viewer.account_id or 0, AccountRole.CUSTOMER, BIN, actor=ADMINISTRATOR, now=NOW)
        grant(session, people.viewer.account_id or 0, AccountRole.VIEWER, OTHER, actor=ADMINISTRATOR, now=NOW)
    assert people.roles()["viewer"] == ["editor", "customer", "viewer"]


def test_an_owner_hands_the_page_over(people: People, database: Database) -> None:
    with database.transaction() as session:
        transfer_ownership(session, people.membership(people.viewer), organisation="ТОО", actor=people.owner, now=NOW)
    assert people.roles() == {"owner": ["editor"], "editor": ["editor"], "viewer": ["owner"], "foreign": ["owner"]}


def test_a_grant_does_not_make_an_owner_less(people: People, database: Database) -> None:
    with database.transaction() as session, pytest.raises(RuleBroken):
        grant(session, people.owner.account_id or 0, AccountRole.VIEWER, BIN, actor=ADMINISTRATOR, now=NOW)
    assert people.roles()["owner"] == ["owner"]


def test_an_owner_rules_over_colleagues_alone(people: People, database: Database) -> None:
    for other in (people.foreign, people.owner):
        with database.transaction() as session, pytest.raises(NotFound):
            transfer_ownership(session, people.membership(other), organisation="ТОО", actor=people.owner, now=NOW)
    with database.transaction() as session, pytest.raises(NotFound):
        end_membership(session, people.membership(people.foreign), actor=people.owner, now=NOW)
    with database.transaction() as session, pytest.raises(RuleBroken):
        end_membership(session, people.membership(people.owner), actor=people.owner, now=NOW)
    with database.transaction() as session:
        end_membership(session, people.membership(people.editor), actor=people.owner, now=NOW)
    assert people.roles() == {"owner": ["owner"], "editor": [], "viewer": ["viewer"], "foreign": ["owner"]}


def test_an_owner_does_not_leave_the_page_to_nobody(people: People, database: Database) -> None:
    with database.transaction() as session, pytest.raises(RuleBroken):
        leave(session, people.membership(people.owner), actor=people.owner, now=NOW)
    with database.transaction() as session, pytest.raises(RuleBroken):
        close_account(session, people.owner.account_id or 0, actor=ADMINISTRATOR, now=NOW)
    with database.transaction() as session, pytest.raises(NotFound):
        leave(session, people.membership(people.viewer), actor=people.editor, now=NOW)
    with database.transaction() as session:
        leave(session, people.membership(people.viewer), actor=people.viewer, now=NOW)
    assert people.roles()["viewer"] == []


def test_an_ended_role_is_kept_with_who_ended_it(people: People, database: Database) -> None:
    number = people.membership(people.editor)
    with database.transaction() as session:
        end_membership(session, number, actor=people.owner, now=NOW)
    with database.reading() as session:
        held = session.get_one(Membership, number)
        audited = session.scalars(select(AuditRow).where(AuditRow.kind == "membership").order_by(AuditRow.id)).all()[-1]
    assert (held.ended_at, held.ended_by) == (NOW, "owner@zavod.example")
    assert (audited.action, audited.actor, audited.acting) == ("end", "owner@zavod.example", f"owner:{BIN}")


def test_another_password_signs_other_browsers_out(people: People, database: Database) -> None:
    with database.transaction() as session:
        held = session.get_one(Account, people.owner.account_id)
        kept, gone = [enter(session, held, membership_id=None, place="", agent="", now=NOW) for _ in range(2)]
        own = known(session, kept, NOW).sign_in.id
        change_password(session, password="another phrase it is", keep=own, actor=people.owner, now=NOW)
    with database.reading() as session:
        assert entered(session, kept, NOW) is not None
        assert entered(session, gone, NOW) is None
        assert is_password(account(session, people.owner.account_id or 0), "another phrase it is")
