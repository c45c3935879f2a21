"""Equipment held against what is stated: the very same machine of two, and a capacity beyond all machines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from registry import law
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.db import Database
from registry.evidence.queries import goods
from registry.suppliers import profile
from registry.suppliers.profile import EquipmentLine
from registry.suppliers.queries import supplier
from registry.verification.checks import Found, check_line, check_supplier
from registry.verification.facts import line_facts, supplier_facts
from registry.verification.models import CheckResult
from registry.verification.rules import Inputs
from tests.factories import NOW, TODAY, add_product, add_supplier, bin_number, product_line, supplier_line

OWN, OTHER = bin_number(71), bin_number(72)
PRESS = EquipmentLine("Пресс", "П-40", serial="№ 17-А", capacity_per_year=Decimal(600), unit="т")


def state(session: Session, bin: str, *lines: EquipmentLine) -> None:
    for line in lines:
        actor = Actor("owner", AccountRole.OWNER, bin)
        profile.add(session, bin, line, on=TODAY, actor=actor, now=NOW)


def of_supplier(session: Session) -> list[Found]:
    found = check_supplier(supplier_facts(session, supplier(session, OWN, TODAY), TODAY))
    return [one for one in found if one.name == "equipment"]


@pytest.mark.both_databases
def test_one_machine_of_two_suppliers_is_told(database: Database) -> None:
    with database.transaction() as session:
        for bin in (OWN, OTHER):
            add_supplier(session, supplier_line(bin=bin), on=TODAY)
        assert of_supplier(session) == [], "who states no machine's number is not asked about it"
        state(session, OWN, PRESS)
        state(session, OTHER, EquipmentLine("Пресс", "П-40", serial="18-А"), EquipmentLine("Пресс", "П-40"))
        assert [one.result for one in of_supplier(session)] == [CheckResult.OK]
        same = EquipmentLine("Пресс гидравлический", "п-40", serial="№ 17-а")
        actor = Actor("owner", AccountRole.OWNER, OTHER)
        id = profile.add(session, OTHER, same, on=TODAY, actor=actor, now=NOW)
        [told] = of_supplier(session)
        assert (told.result, told.data) == (CheckResult.DOUBT, {"suppliers": [OTHER]})
        profile.change(session, OTHER, id, replace(same, serial="№ 19"), on=TODAY, actor=actor, now=NOW)
        assert [one.result for one in of_supplier(session)] == [CheckResult.OK]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("lines", "result"),
    [
        ((), CheckResult.UNKNOWN),
        ((EquipmentLine("Пресс", capacity_per_year=Decimal(10_000), unit="шт"),), CheckResult.UNKNOWN),
        ((PRESS,), CheckResult.DOUBT),
        ((PRESS, EquipmentLine("Пресс", capacity_per_year=Decimal(400), unit="Т")), CheckResult.OK),
    ],
)
def test_a_capacity_is_held_against_all_machines_in_its_unit(
    database: Database, lines: tuple[EquipmentLine, ...], result: CheckResult
) -> None:
    with database.transaction() as session:
        product = add_product(session, product_line(OWN, unit="т", capacity_per_year=Decimal(1000)), on=TODAY)
        state(session, OWN, *lines)
        [good] = goods(session, [product], TODAY)
        facts = line_facts(session, good, None, Inputs(), TODAY)
        [told] = [one for one in check_line(facts, TODAY, law.on(TODAY)) if one.name == "machines"]
        assert told.result is result
        if result is CheckResult.DOUBT:
            assert told.message.params["able"] == Decimal(600)
