"""Plain makers of what tests need, with distinct values in every field so that swapped ones show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.needs import operations as needs
from registry.accounts.rules import Actor
from registry.catalogue.models import ProductKind
from registry.catalogue.operations import list_lines
from registry.catalogue.rules import ProductLine
from registry.classifiers import operations as classifiers
from registry.classifiers import rules as classifier_rules
from registry.classifiers.models import Scheme
from registry.classifiers.operations import Edition
from registry.classifiers.tree import Tree
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.identifiers import CheckDigit, check_digit
from registry.suppliers import operations as suppliers
from registry.suppliers.models import Role
from registry.suppliers.rules import SupplierLine

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
ACTOR = Actor("tester")

_numbers = count(1)


def bin_number(number: int, *, kind: str = "40") -> str:
    """A valid БИН, another one for each number; kind: its fifth and sixth digit."""
    eleven = f"{10 + number % 10:02d}{number % 12 + 1:02d}{kind}{number % 100_000:05d}"
    digit = check_digit(eleven)
    return f"{eleven}{digit}" if digit is not None else bin_number(number + 7_919, kind=kind)


def supplier_line(**given: Any) -> SupplierLine:
    """A supplier as it is stated; each call another one."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "bin": bin_number(number),
        "bin_check": CheckDigit.VALID,
        "name": f"ТОО «Завод {number}»",
        "role": Role.MAKER,
        "kato": "751110000",
        "oked": "25110",
        "address": f"ул. Абая, {number}",
        "email": f"plant{number}@example.kz",
        "phone": f"+7 727 {number:07d}",
    }
    return SupplierLine(**{**values, **given})


def product_line(bin: str, **given: Any) -> ProductLine:
    """A line as it is stated; each call another one."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "bin": bin,
        "kind": ProductKind.GOODS,
        "name_ru": f"Труба стальная {number}х8",
        "name_kk": f"Болат құбыр {number}х8",
        "name_en": f"Steel pipe {number}x8",
        "description": f"Бесшовная, партия {number}",
        "tnved": "7304191009",
        "kpved": "24.20.13",
        "enstru": "242013.300.000012",
        "unit": "т",
        "capacity_per_year": Decimal(1000 + number),
    }
    return ProductLine(**{**values, **given})


def fact(**given: Any) -> EvidenceFact:
    """A document in force on TODAY."""
    values: dict[str, Any] = {
        "kind": "ktp",
        "number": f"КТП-{next(_numbers)}",
        "issued_on": date(2026, 2, 3),
        "expires_on": None,
        "percent": Decimal("68.23"),
        "status": EvidenceStatus.CONFIRMED,
    }
    return EvidenceFact(**{**values, **given})


def need_line(**given: Any) -> NeedLine:
    """A need as it is stated; each call another one."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "external_id": f"N-{number}",
        "name": f"Труба стальная {number}х8",
        "description": f"Для котельной {number}",
        "tnved": "730419",
        "enstru": "242013.300.000012",
        "unit": "т",
        "volume": Decimal(10 + number),
        "kato": "551010000",
        "customer_bin": bin_number(number + 500),
        "budget": Decimal(5_000_000 + number),
        "min_icv": Decimal(40),
        "term_years": Decimal(3),
    }
    return NeedLine(**{**values, **given})


def add_supplier(session: Session, line: SupplierLine | None = None, *, on: date = TODAY) -> tuple[SupplierLine, int]:
    """A supplier in the register, and its id."""
    line = line or supplier_line()
    suppliers.take_in(session, {1: line}, on=on, actor=ACTOR, now=NOW)
    return line, suppliers.ids_of(session, [line.bin])[line.bin]


def add_product(
    session: Session,
    line: ProductLine | None = None,
    *facts: EvidenceFact,
    nomenclature: Tree | None = None,
    on: date = TODAY,
) -> int:
    """A line in the register with its documents; its supplier is added where there is none. Returns its id."""
    line = line or product_line(supplier_line().bin)
    known = suppliers.ids_of(session, [line.bin])
    if line.bin not in known:
        known = {line.bin: add_supplier(session, supplier_line(bin=line.bin), on=on)[1]}
    listed = list_lines(session, {1: line}, known, nomenclature or Tree(), on=on, actor=ACTOR, now=NOW)
    product_id = listed.ids[1]
    state_evidence(session, [(product_id, one) for one in facts], on=on, actor=ACTOR, now=NOW)
    return product_id


def add_need(session: Session, line: NeedLine | None = None, *, on: date = TODAY) -> NeedLine:
    """A need in the database."""
    line = line or need_line()
    needs.take_in(session, {1: line}, on=on, actor=ACTOR, now=NOW)
    return line


def add_classifier(
    session: Session,
    scheme: Scheme,
    rows: Sequence[Mapping[str, str]],
    *,
    in_force_from: date = TODAY,
    keep: bool = False,
) -> Edition:
    """An edition of a classifier from rows as a file has them."""
    columns = {column for row in rows for column in row}
    reading = classifier_rules.read(scheme, enumerate(rows, start=2), columns)
    assert not reading.refused, reading.refused
    return classifiers.take_in(
        session,
        scheme,
        reading,
        source="test.csv",
        sha256="0" * 64,
        in_force_from=in_force_from,
        keep=keep,
        actor=ACTOR,
        now=NOW,
    )
