"""Evidence by day: from its issue, through its changes, and what is touched when days merely pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import law
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.catalogue.models import CodeState, Product
from registry.catalogue.operations import withdraw
from registry.catalogue.rules import ProductLine
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.operations import claim_evidence, save_good, state_evidence, turn_of_day
from registry.evidence.queries import good, known_evidence
from registry.evidence.rules import State, standing
from registry.outbox import OutboxRow
from registry.suppliers.models import Role
from tests.factories import (
    ACTOR,
    NOW,
    TODAY,
    add_classifier,
    add_product,
    add_supplier,
    fact,
    product_line,
    supplier_line,
)

LATER = TODAY + timedelta(days=10)


def state(session: Session, product_id: int, *facts: EvidenceFact, on: date = TODAY) -> set[int]:
    return state_evidence(session, [(product_id, one) for one in facts], on=on, actor=ACTOR, now=NOW)


def spans(session: Session) -> list[tuple[date, date | None, Decimal | None]]:
    rows = session.execute(
        select(Evidence.valid_from, Evidence.valid_to, Evidence.percent).order_by(Evidence.valid_from)
    )
    return [(starts, ends, percent) for starts, ends, percent in rows]


@pytest.mark.both_databases
def test_a_document_from_a_register_holds_from_its_own_day(database: Database) -> None:
    issued = date(2026, 2, 3)
    with database.transaction() as session:
        product_id = add_product(session, None, on=date(2026, 1, 1))
        one = fact(issued_on=issued)
        assert state(session, product_id, one) == {product_id}
        for on, expected in ((issued - timedelta(days=1), State.NONE), (issued, State.CONFIRMED)):
            assert standing(good(session, product_id, on).evidence, on, law.on(on)).state is expected
        assert good(session, product_id, issued).evidence == (one,)


@pytest.mark.both_databases
def test_a_change_holds_from_the_day_it_was_stated_and_the_past_stays(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session)
        one = fact(percent=Decimal(60))
        state(session, product_id, one)
        assert state(session, product_id, one, on=LATER) == set()
        assert state(session, product_id, one._replace(percent=Decimal(70)), on=LATER) == {product_id}
        assert spans(session) == [(one.issued_on, LATER, Decimal(60)), (LATER, None, Decimal(70))]
        state(session, product_id, one._replace(status=EvidenceStatus.REVOKED, percent=Decimal(70)), on=LATER)
        assert good(session, product_id, LATER).evidence[0].status is EvidenceStatus.REVOKED
        assert len(spans(session)) == 2, "the same day rewrites"
        assert good(session, product_id, TODAY).evidence[0].percent == Decimal(60)


def test_a_document_of_the_future_can_be_corrected_before_it_begins(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session)
        one = fact(issued_on=LATER)
        state(session, product_id, one)
        state(session, product_id, one._replace(issued_on=LATER - timedelta(days=5)))
        assert [start for start, _, _ in spans(session)] == [LATER - timedelta(days=5)]


def test_a_change_stated_of_a_past_day_does_not_overlap_what_was_said_later(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session)
        one = fact(issued_on=date(2026, 1, 1), percent=Decimal(60))
        state(session, product_id, one)
        state(session, product_id, one._replace(percent=Decimal(70)), on=LATER)
        state(session, product_id, one._replace(percent=Decimal(65)), on=date(2026, 6, 1))
        assert spans(session) == [
            (date(2026, 1, 1), date(2026, 6, 1), Decimal(60)),
            (date(2026, 6, 1), LATER, Decimal(65)),
            (LATER, None, Decimal(70)),
        ]


def resave(session: Session, line: ProductLine, supplier_id: int, product_id: int, *, on: date) -> list[str]:
    """What its supplier's own change of a line leaves unconfirmed: numbers of documents."""
    saved = save_good(
        session, line, Tree(), supplier_id=supplier_id, product_id=product_id, on=on, actor=ACTOR, now=NOW
    )
    assert saved.product_id == product_id
    return [one.number for one in saved.unconfirmed]


@pytest.mark.both_databases
def test_a_line_that_becomes_another_thing_has_its_documents_claimed_from_that_day(database: Database) -> None:
    """Confirmed of pipes is not confirmed of telephones: domain.md §9 rule 10."""
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session)
        line = product_line(supplier.bin)
        revoked = fact(kind="ct-kz", number="KZ 6 120 00012", status=EvidenceStatus.REVOKED)
        to_come = fact(issued_on=LATER + timedelta(days=5))
        confirmed = fact()
        product_id = add_product(session, line, confirmed, revoked, to_come)
        described = replace(line, description="Другие слова", unit="кг", capacity_per_year=Decimal(7))
        assert resave(session, described, supplier_id, product_id, on=LATER) == []
        session.query(OutboxRow).delete()

        other = replace(described, name_ru="Смартфон")
        assert resave(session, other, supplier_id, product_id, on=LATER) == [confirmed.number, to_come.number]
        assert {one.status for one in good(session, product_id, TODAY).evidence} == {
            EvidenceStatus.CONFIRMED,
            EvidenceStatus.REVOKED,
        }
        expected = [(confirmed.number, EvidenceStatus.CLAIMED), (revoked.number, EvidenceStatus.REVOKED)]
        on_that_day = good(session, product_id, LATER).evidence
        assert sorted((one.number, one.status) for one in on_that_day) == sorted(expected)
        assert confirmed._replace(status=EvidenceStatus.CLAIMED) in on_that_day, "nothing else of it has changed"
        after = good(session, product_id, LATER + timedelta(days=5)).evidence
        assert to_come._replace(status=EvidenceStatus.CLAIMED) in after
        assert set(session.scalars(select(OutboxRow.entity_id))) == {product_id}
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "unconfirmed").order_by(AuditRow.id)).all()
        assert [
            (row.entity_id, row.before, (row.after or {})["number"], (row.after or {})["on"]) for row in audited
        ] == [
            (product_id, {"status": "confirmed"}, confirmed.number, LATER.isoformat()),
            (product_id, {"status": "confirmed"}, to_come.number, (LATER + timedelta(days=5)).isoformat()),
        ]

        # Named as it was, it is confirmed only when somebody says so.
        assert resave(session, line, supplier_id, product_id, on=LATER) == []
        assert standing(good(session, product_id, LATER).evidence, LATER, law.on(LATER)).state is State.CLAIMED
        state(session, product_id, confirmed, on=LATER + timedelta(days=1))
        assert confirmed in good(session, product_id, LATER + timedelta(days=1)).evidence


def test_the_role_that_counts_is_the_supplier_s_where_the_line_has_none(database: Database) -> None:
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session, supplier_line(role=Role.MAKER))
        line = product_line(supplier.bin)
        product_id = add_product(session, line, fact())
        assert resave(session, replace(line, role=Role.MAKER), supplier_id, product_id, on=LATER) == []
        assert len(resave(session, replace(line, role=Role.DEALER), supplier_id, product_id, on=LATER)) == 1


def test_what_is_listed_again_is_held_against_what_it_was(database: Database) -> None:
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session)
        line = product_line(supplier.bin)
        product_id = add_product(session, line, fact())
        withdraw(session, product_id, supplier_id=supplier_id, on=LATER, actor=ACTOR, now=NOW)
        assert resave(session, line, supplier_id, product_id, on=LATER) == []
        withdraw(session, product_id, supplier_id=supplier_id, on=LATER, actor=ACTOR, now=NOW)
        assert len(resave(session, replace(line, tnved="8517130000"), supplier_id, product_id, on=LATER)) == 1


def touched(database: Database, since: date, on: date) -> set[int]:
    """What the passing of days between touches: in the outbox, with its version counted up."""
    with database.transaction() as session:
        session.query(OutboxRow).delete()
        before = dict(session.execute(select(Product.id, Product.version)).all())
        number = turn_of_day(session, since=since, on=on, now=NOW)
        ids = set(session.scalars(select(OutboxRow.entity_id)))
        after = dict(session.execute(select(Product.id, Product.version)).all())
        assert len(ids) == number
        assert {product_id for product_id in after if after[product_id] != before[product_id]} == ids
        return ids


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("values", "turning"),
    [
        ({"issued_on": date(2026, 3, 5)}, date(2026, 3, 5)),
        ({"issued_on": date(2026, 1, 5), "expires_on": date(2026, 3, 5)}, date(2026, 3, 6)),
        ({"kind": "ct-kz", "issued_on": date(2025, 3, 6)}, date(2026, 3, 6)),  # 365 days have passed
    ],
)
def test_what_begins_or_runs_out_is_touched_on_the_day_it_turns(
    database: Database, values: dict[str, object], turning: date
) -> None:
    with database.transaction() as session:
        turns = add_product(session, None, fact(**values), on=date(2026, 1, 1))
        add_product(session, None, fact(issued_on=date(2026, 1, 2)), on=date(2026, 1, 1))
    one = timedelta(days=1)
    assert touched(database, turning - 2 * one, turning - one) == set()
    assert touched(database, turning - one, turning) == {turns}
    assert touched(database, turning, turning + one) == set()
    assert touched(database, turning - 9 * one, turning + 9 * one) == {turns}, "days when nobody looked are made up for"
    assert touched(database, turning, turning) == set()


def test_a_change_of_the_law_touches_the_kinds_it_values_otherwise(database: Database) -> None:
    with database.transaction() as session:
        on = date(2025, 10, 1)
        certified = add_product(session, None, fact(kind="ct-kz", issued_on=on), on=on)
        industrial = add_product(session, None, fact(kind="industrial", issued_on=on), on=on)
        add_product(session, None, fact(kind="ktp", issued_on=on), on=on)
    assert touched(database, date(2025, 12, 31), date(2026, 1, 1)) == {certified, industrial}


def test_a_supplier_or_line_stated_for_a_coming_day_is_touched_on_it(database: Database) -> None:
    with database.transaction() as session:
        supplier, _ = add_supplier(session, supplier_line())
        line = product_line(supplier.bin)
        renamed = add_product(session, line)
        other = add_product(session)
        add_product(session, replace(line, unit="кг"), on=LATER)
    assert touched(database, LATER - timedelta(days=1), LATER) == {renamed}
    with database.transaction() as session:
        bin = good(session, other, TODAY).bin
        add_supplier(session, supplier_line(bin=bin, name="ТОО «Завтра»"), on=LATER)
    assert touched(database, LATER - timedelta(days=1), LATER) == {renamed, other}


def test_an_edition_that_comes_into_force_has_the_codes_checked(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session, product_line(supplier_line().bin, tnved="7304191009"))
        rows = [{"code": "7304", "name_ru": "Трубы"}, {"code": "7304191009", "name_ru": "прочие"}]
        add_classifier(session, Scheme.TNVED, rows, in_force_from=LATER)
    assert touched(database, LATER - timedelta(days=1), LATER) == {product_id}
    with database.reading() as session:
        assert good(session, product_id, LATER).tnved_state is CodeState.CHECKED
        assert good(session, product_id, TODAY).tnved_state is CodeState.UNCHECKED


@pytest.mark.both_databases
def test_a_suppliers_word_undoes_no_decision_on_a_line_that_is_withdrawn(database: Database) -> None:
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session)
        product_id = add_product(session, product_line(supplier.bin))
        revoked, confirmed = fact(status=EvidenceStatus.REVOKED), fact()
        state(session, product_id, revoked, confirmed)
        withdraw(session, product_id, supplier_id=supplier_id, on=LATER, actor=ACTOR, now=NOW)
        owner = Actor("owner@x.example", AccountRole.OWNER, supplier.bin, 7)

        def claim(*facts: EvidenceFact) -> list[EvidenceStatus]:
            stated = [(product_id, one._replace(status=EvidenceStatus.CLAIMED)) for one in facts]
            claim_evidence(session, stated, on=LATER, actor=owner, now=NOW)
            known = known_evidence(session, [product_id], LATER)
            return [known[product_id, one.kind, one.number].status for one in (revoked, confirmed)]

        assert claim(revoked, confirmed) == [EvidenceStatus.REVOKED, EvidenceStatus.CONFIRMED]
        other = [one._replace(percent=Decimal(90)) for one in (revoked, confirmed)]
        assert claim(*other) == [EvidenceStatus.REVOKED, EvidenceStatus.CLAIMED]
