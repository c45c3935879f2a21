"""The register of Kazakhstani producers: dated membership taken in, ended, and made whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest

from registry import law
from registry.accounts.rules import Actor
from registry.bulk_rows import Outcome
from registry.cells import Cells
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.db import Database
from registry.evidence.goods import Good
from registry.evidence.intake import Trees
from registry.evidence.ktp import end_missing, ktp_subject, seen_in
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.evidence.queries import supplier_goods
from registry.evidence.rules import State, standing
from registry.explain import Violation
from registry.suppliers.models import Role
from registry.suppliers.queries import supplier
from tests.factories import NOW, add_classifier, add_product, add_supplier, bin_number, product_line, supplier_line

pytestmark = pytest.mark.both_databases
ON = date(2026, 11, 22)
LATER = ON + timedelta(days=30)
KNOWN, NEW = bin_number(901), bin_number(902)
ACTOR = Actor("test")
TNVED = ("84", "8413", "8413702100", "7304", "7304191009")


def row(**given: str) -> dict[str, str]:
    return {
        "product_code": "8413702100",
        "registration_number": "KTP-0001",
        "bin_iin": KNOWN,
        "company_name": "ТОО «Сорғы»",
        "product_name": "Насос погружной",
        "production_capacity": "1 200 шт",
        "dvc_percent": "68,23",
        "registry_inclusion_date": "03.02.2026",
        "is_active": "да",
        **given,
    }


def take_in(
    database: Database, *rows: dict[str, str], on: date = ON, excluded: Mapping[str, date] | None = None
) -> list[Outcome | str]:
    """What became of each row; the code of what is wrong where it was refused."""
    with database.transaction() as session:
        if tree(session, Scheme.TNVED, on).exists("8413702100") is False:
            add_classifier(
                session, Scheme.TNVED, [{"code": one, "name_ru": f"Имя {one}"} for one in TNVED], in_force_from=ON
            )
        trees = Trees(*(tree(session, scheme, on) for scheme in (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU)))
        subject = ktp_subject(trees, excluded=excluded or {}, on=on, actor=ACTOR, now=NOW)
        lines = {}
        for number, values in enumerate(rows):
            cells = Cells(values)
            member = subject.read(cells)
            assert member is not None, cells.violations
            lines[number] = member
        absent = frozenset(subject.columns).difference(*rows)
        outcomes = subject.write(session, lines, absent)
    found = [outcomes[number] for number in range(len(rows))]
    return [one.code if isinstance(one, Violation) else one for one in found]


def listed(database: Database, bin: str, on: date) -> list[Good]:
    with database.reading() as session:
        return sorted(supplier_goods(session, bin, on))


def states(database: Database, bin: str, on: date) -> list[State]:
    return [standing(one.evidence, on, law.on(on)).state for one in listed(database, bin, on)]


def test_an_unknown_member_is_registered_with_its_good_and_confirmed(database: Database) -> None:
    assert take_in(database, row(bin_iin=NEW)) == [Outcome.ADDED]
    [good] = listed(database, NEW, ON)
    assert (good.name_ru, good.tnved, good.capacity_per_year, good.unit) == (
        "Насос погружной",
        "8413702100",
        Decimal(1200),
        "шт",
    )
    with database.reading() as session:
        held = supplier(session, NEW, ON)
    assert (held.name, held.role, held.published) == ("ТОО «Сорғы»", Role.MAKER, True)
    [fact] = good.evidence
    assert (fact.kind, fact.number, fact.issued_on, fact.percent) == (
        "ktp",
        "KTP-0001",
        date(2026, 2, 3),
        Decimal("68.23"),
    )
    assert states(database, NEW, ON) == [State.CONFIRMED]
    # The same file again finds nothing to change.
    assert take_in(database, row(bin_iin=NEW)) == [Outcome.UNCHANGED]


def test_a_listed_good_is_found_by_name_and_code_and_its_supplier_left_alone(database: Database) -> None:
    with database.transaction() as session:
        add_supplier(session, supplier_line(bin=KNOWN, name="ТОО «Своё имя»", role=Role.UNSTATED), on=ON)
        line = product_line(KNOWN, name_ru="НАСОС  ПОГРУЖНОЙ", name_kk=None, name_en=None, tnved="8413702100")
        product_id = add_product(session, line, on=ON)
    assert take_in(database, row()) == [Outcome.CHANGED]
    [good] = listed(database, KNOWN, ON)
    assert (good.id, good.name_ru) == (product_id, "НАСОС  ПОГРУЖНОЙ")
    assert states(database, KNOWN, ON) == [State.CONFIRMED]
    with database.reading() as session:
        held = supplier(session, KNOWN, ON)
    assert (held.name, held.role) == ("ТОО «Своё имя»", Role.UNSTATED)


def test_the_same_name_under_another_code_is_another_good(database: Database) -> None:
    with database.transaction() as session:
        line = product_line(KNOWN, name_ru="Насос погружной", name_kk=None, name_en=None, tnved="7304191009")
        product_id = add_product(session, line, on=ON)
    assert take_in(database, row()) == [Outcome.ADDED]
    first, second = listed(database, KNOWN, ON)
    assert (first.id, first.tnved, second.tnved) == (product_id, "7304191009", "8413702100")
    assert states(database, KNOWN, ON) == [State.NONE, State.CONFIRMED]
    assert take_in(database, row()) == [Outcome.UNCHANGED]


@pytest.mark.parametrize(
    ("code", "field", "kept"),
    [
        ("8413702100", "tnved", "8413702100"),
        ("28.13.14", "kpved", "28.13.14"),
        ("281314.900.000123", "enstru", "281314.900.000123"),
        ("", "tnved", None),
    ],
)
def test_the_code_is_told_by_its_shape(database: Database, code: str, field: str, kept: str | None) -> None:
    take_in(database, row(bin_iin=NEW, product_code=code))
    [good] = listed(database, NEW, ON)
    assert getattr(good, field) == kept


def test_a_member_no_longer_is_revoked_from_that_day(database: Database) -> None:
    take_in(database, row(bin_iin=NEW))
    assert take_in(database, row(bin_iin=NEW, is_active="нет"), on=LATER) == [Outcome.CHANGED]
    assert states(database, NEW, LATER - timedelta(days=1)) == [State.CONFIRMED]
    assert states(database, NEW, LATER) == [State.REVOKED]
    # Back again, from a day later on.
    again = LATER + timedelta(days=10)
    assert take_in(database, row(bin_iin=NEW), on=again) == [Outcome.CHANGED]
    assert states(database, NEW, again) == [State.CONFIRMED]
    assert states(database, NEW, again - timedelta(days=1)) == [State.REVOKED]


def test_who_was_struck_off_before_we_knew_them_is_not_registered(database: Database) -> None:
    assert take_in(database, row(bin_iin=NEW, is_active="no")) == [Outcome.UNCHANGED]
    assert listed(database, NEW, ON) == []


def test_an_unknown_member_without_a_name_is_refused_unless_another_row_names_it(database: Database) -> None:
    assert take_in(database, row(bin_iin=NEW, company_name="")) == ["import.ktp.no_company"]
    named = row(bin_iin=NEW, product_name="Насос второй")
    assert take_in(database, row(bin_iin=NEW, company_name=""), named) == [Outcome.ADDED, Outcome.ADDED]


def test_columns_that_a_file_lacks_leave_what_is_known(database: Database) -> None:
    take_in(database, row(bin_iin=NEW))
    bare = {name: value for name, value in row(bin_iin=NEW).items() if name not in ("dvc_percent", "is_active")}
    assert take_in(database, bare, on=LATER) == [Outcome.UNCHANGED]


def test_the_whole_register_ends_whom_it_lacks(database: Database) -> None:
    rows = [row(bin_iin=NEW), row(bin_iin=NEW, product_name="Насос второй"), row(registration_number="KTP-0002")]
    take_in(database, *rows)
    kept = [rows[0]]
    with database.transaction() as session:
        assert end_missing(session, seen_in(kept), on=LATER, actor=ACTOR, now=NOW) == 2
        assert end_missing(session, seen_in(kept), on=LATER, actor=ACTOR, now=NOW) == 0
    assert states(database, NEW, LATER) == [State.CONFIRMED, State.REVOKED]
    assert states(database, KNOWN, LATER) == [State.REVOKED]
    assert states(database, KNOWN, LATER - timedelta(days=1)) == [State.CONFIRMED]


def test_a_membership_from_before_an_exclusion_confirms_nothing_again(database: Database) -> None:
    take_in(database, row())
    [pump] = listed(database, KNOWN, ON)
    ended = LATER - timedelta(days=5)
    with database.transaction() as session:
        [document] = pump.evidence
        revoked = [(pump.id, document._replace(status=EvidenceStatus.REVOKED))]
        state_evidence(session, revoked, on=ended, actor=ACTOR, now=NOW)
    other = row(registration_number="KTP-0002", product_name="Насос дренажный")
    assert take_in(database, row(), other, on=LATER, excluded={KNOWN: ended}) == [Outcome.UNCHANGED, Outcome.ADDED]
    assert states(database, KNOWN, LATER) == [State.REVOKED, State.CLAIMED]
    # Taken into that register after the decision it is a member anew; so is whose exclusion was put right.
    included = row(registry_inclusion_date=(ended + timedelta(days=1)).strftime("%d.%m.%Y"))
    take_in(database, included, on=LATER + timedelta(days=1), excluded={KNOWN: ended})
    take_in(database, other, on=LATER + timedelta(days=1))
    assert states(database, KNOWN, LATER + timedelta(days=1)) == [State.CONFIRMED] * 2
