"""The quality of a line: what is missing, what does not apply, how the share is reckoned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from registry import law
from registry.catalogue.details import Details, Parameter
from registry.catalogue.models import CodeState, ConformityKind, ProductKind
from registry.db import Database
from registry.evidence.goods import Good
from registry.evidence.quality import quality
from registry.evidence.queries import good
from registry.suppliers.models import Role
from tests.factories import TODAY, add_product, add_supplier, fact, product_line

WHOLE = Details(
    parameters=(Parameter("Диаметр", "159", "мм"), Parameter("Стенка", "6", "мм"), Parameter("Сталь", "20")),
    standards=("ГОСТ 8732-78",),
    conformity_kind=ConformityKind.NOT_REQUIRED,
    site_id=1,
    price=None,
)


@pytest.fixture
def line(database: Database) -> Good:
    with database.transaction() as session:
        supplier, _ = add_supplier(session, on=date(2026, 1, 1))
        id = add_product(session, product_line(supplier.bin, role=Role.MAKER), fact(), on=date(2026, 1, 1))
        return good(session, id, TODAY)


def missing(line: Good, details: Details) -> list[str]:
    return [point.name for point in quality(line, details, TODAY, law.on(TODAY)).missing]


def test_what_is_missing_is_named_what_counts_most_first(line: Good) -> None:
    checked = line._replace(tnved_state=CodeState.CHECKED)
    assert missing(checked, WHOLE) == ["price"]
    bare = checked._replace(evidence=(), capacity_per_year=None, name_en=None)
    assert missing(bare, Details()) == [
        *("evidence", "description", "parameters", "names", "capacity", "percent", "standards", "conformity"),
        *("site", "price"),
    ]


def test_the_share_is_what_is_there_of_what_counts(line: Good) -> None:
    checked = line._replace(tnved_state=CodeState.CHECKED)
    # 20 code, 5 activity, 10 description, 10 parameters, 5 standards, 10 names, 10 capacity, 20 evidence, 10 percent,
    # 3 site, 4 conformity and 3 price: of 110 all but the price.
    assert quality(checked, WHOLE, TODAY, law.on(TODAY)).share == pytest.approx(107 / 110)


def test_what_does_not_apply_does_not_count(line: Good) -> None:
    dealer = line._replace(role=Role.DEALER, evidence=())
    assert not {"evidence", "percent", "site"} & set(missing(dealer, Details()))
    service = line._replace(kind=ProductKind.SERVICES, tnved=None, tnved_state=CodeState.ABSENT)
    assert not {"tnved", "parameters", "standards", "capacity", "conformity"} & set(missing(service, Details()))


def test_a_construction_material_without_agsk3_is_told_so(line: Good) -> None:
    brick = line._replace(tnved="6904100000", tnved_state=CodeState.CHECKED)
    assert "agsk3" in missing(brick, WHOLE)
    assert "agsk3" not in missing(brick, replace(WHOLE, agsk3="2.4-1"))


def test_stating_that_there_is_no_standard_is_stating_it(line: Good) -> None:
    assert "standards" not in missing(line, Details(no_standard=True))
