"""Suppliers on any day: who they were, what changed, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.db import Database
from registry.errors import NotFound, RuleBroken
from registry.suppliers.models import Role, Supplier
from registry.suppliers.operations import describe, take_in
from registry.suppliers.queries import SupplierRow, count, former_names, supplier
from tests.factories import ACTOR, NOW, TODAY, supplier_line

LATER = TODAY + timedelta(days=10)


@pytest.mark.both_databases
def test_a_supplier_is_what_it_was_on_the_day_asked(database: Database) -> None:
    line = supplier_line(role=Role.MAKER, kato="751110000")
    moved = replace(line, name="АО «Новое имя»", role=Role.DEALER, kato="471010000")
    with database.transaction() as session:
        outcomes, changed = take_in(session, {2: line}, on=TODAY, actor=ACTOR, now=NOW)
        assert (outcomes, changed) == ({2: Outcome.ADDED}, set())
    with database.transaction() as session:
        outcomes, changed = take_in(session, {7: moved}, on=LATER, actor=ACTOR, now=NOW)
        assert outcomes == {7: Outcome.CHANGED}
        assert len(changed) == 1
    with database.reading() as session:
        before, after = supplier(session, line.bin, TODAY), supplier(session, line.bin, LATER)
        assert (before.name, before.role, before.kato, before.region) == (line.name, Role.MAKER, "751110000", "75")
        assert (after.name, after.role, after.kato, after.region) == (moved.name, Role.DEALER, "471010000", "47")
        assert before.registered_on == after.registered_on == TODAY
        assert session.scalars(select(Supplier.version)).all() == [2]
        with pytest.raises(NotFound):
            supplier(session, line.bin, TODAY - timedelta(days=1))
        assert (count(session, TODAY), count(session, TODAY - timedelta(days=1))) == (1, 0)


def test_a_proven_name_is_its_owner_s_to_change_and_the_former_one_is_told(database: Database) -> None:
    line = supplier_line(name="ТОО «Первое»")
    other, quoted = replace(line, name="АО «Другое»"), replace(line, name='ТОО "Первое"')
    owner, editor = (Actor(role, role, line.bin) for role in (AccountRole.OWNER, AccountRole.EDITOR))
    with database.transaction() as session:
        take_in(session, {1: line}, on=TODAY, actor=ACTOR, now=NOW)
        id = supplier(session, line.bin, TODAY).id
        with pytest.raises(RuleBroken, match="name_of_owner"):
            describe(session, other, version=1, on=LATER, actor=editor, now=NOW)
        moved = replace(line, phone="+7 727 000 00 00")
        assert describe(session, moved, version=1, on=TODAY, actor=editor, now=NOW) == {id}
        for version, (said, on) in enumerate([(quoted, LATER), (other, LATER + timedelta(days=5))], start=2):
            assert describe(session, said, version=version, on=on, actor=owner, now=NOW) == {id}
        assert former_names(session, id, LATER) == []
        assert former_names(session, id, LATER + timedelta(days=5)) == [(quoted.name, LATER + timedelta(days=5))]


def test_every_field_is_kept(database: Database) -> None:
    line = supplier_line()
    with database.transaction() as session:
        take_in(session, {1: line}, on=TODAY, actor=ACTOR, now=NOW)
        row = supplier(session, line.bin, TODAY)
    assert row == SupplierRow(
        id=row.id,
        version=1,
        bin=line.bin,
        bin_check=line.bin_check,
        name=line.name,
        role=line.role,
        kato=line.kato,
        oked=line.oked,
        address=line.address,
        email=line.email,
        phone=line.phone,
        registered_on=TODAY,
        published=True,
    )


def test_the_same_again_changes_nothing_and_audits_nothing(database: Database) -> None:
    line = supplier_line()
    with database.transaction() as session:
        take_in(session, {1: line}, on=TODAY, actor=ACTOR, now=NOW)
        outcomes, changed = take_in(session, {1: line}, on=LATER, actor=ACTOR, now=NOW)
        assert (outcomes, changed) == ({1: Outcome.UNCHANGED}, set())
        [row] = session.scalars(select(AuditRow))
    assert (row.action, row.actor, row.kind) == ("added", ACTOR.name, "supplier")
    assert row.after is not None
    assert row.after["name"] == line.name


def test_one_supplier_for_each_number(database: Database) -> None:
    line = supplier_line()
    with database.transaction() as session:
        twice = {1: line, 2: replace(line, name="ТОО «Другое»")}
        take_in(session, twice, on=TODAY, actor=ACTOR, now=NOW)
        assert supplier(session, line.bin, TODAY).name == "ТОО «Другое»"
        assert count(session, TODAY) == 1
