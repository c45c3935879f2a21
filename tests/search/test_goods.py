"""Lines of the register as documents, and where they stand on a day."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from registry.classifiers.models import Scheme
from registry.db import Database
from registry.suppliers.models import Role
from search.analysis import query_tokens
from search.goods import PRODUCTS, document
from search.kinds import Document, fingerprint
from tests.factories import TODAY, add_classifier, add_product, add_supplier, fact, product_line, supplier_line

TREE = [
    {
        "row_id": "1",
        "parent_row_id": "",
        "dashes": "0",
        "kind": "section",
        "code": "",
        "name_ru": "Недрагоценные металлы",
    },
    {
        "row_id": "2",
        "parent_row_id": "1",
        "dashes": "0",
        "kind": "chapter",
        "code": "73",
        "name_ru": "Изделия из чугуна",
    },
    {
        "row_id": "3",
        "parent_row_id": "2",
        "dashes": "0",
        "kind": "heading",
        "code": "7304",
        "name_ru": "Трубы бесшовные",
    },
    {
        "row_id": "4",
        "parent_row_id": "3",
        "dashes": "1",
        "kind": "line",
        "code": "7304191009",
        "name_ru": "для магистралей",
        "name_en": "for pipelines",
    },
]


def loaded(database: Database, product_id: int, on: date = TODAY) -> Document:
    """The document of a line as the drainer makes it."""
    with database.reading() as session:
        [row] = PRODUCTS.load(session, [product_id], on)
    return document(pickle.loads(pickle.dumps(row)))


def finds(found: str, text: str) -> bool:
    return set(query_tokens(text)) <= set(found.split())


def test_a_line_becomes_a_document(database: Database) -> None:
    with database.transaction() as session:
        add_classifier(session, Scheme.TNVED, TREE)
        maker, _ = add_supplier(session, supplier_line(name="ТОО «Ертіс Индастриз»", kato="551010000"))
        line = product_line(
            maker.bin,
            name_ru="Труба стальная 159х8",
            name_kk="Болат құбыр 159х8",
            name_en="Steel pipe 159x8",
            description="для котельных",
        )
        product_id = add_product(session, line, fact(percent=Decimal("68.23")))
    made = loaded(database, product_id)
    assert (made.subject, made.id, made.version) == ("product", product_id, 1)
    assert finds(made.name, "трубы стальные 159 х 8")
    assert not finds(made.name, "құбыр")
    assert finds(made.alt, "құбырлар pipes")
    assert finds(f"{made.body} {made.about}", "котельная ертіс индастриз")
    assert finds(made.about, "чугун бесшовная магистраль pipeline")
    assert not finds(made.about, "недрагоценные")  # what a section is called says nothing of a good
    assert {"7304", "730419", "7304191009", "242013", "242013300000012", maker.bin} <= set(made.about.split())
    assert made.words.split()[:3] == ["труба", "стальная", "159х8"]
    assert made.titles == {"ru": "Труба стальная 159х8", "kk": "Болат құбыр 159х8", "en": "Steel pipe 159x8"}
    assert made.sort_names is not None
    assert made.sort_names["kk"] < made.sort_names["ru"]
    assert (made.tnved, made.kpved, made.enstru) == ("7304191009", "24.20.13", "242013.300.000012")
    assert (made.region, made.role, made.kind, made.bin) == ("55", "maker", "goods", maker.bin)
    assert (made.evidence, made.icv) == ("confirmed", Decimal("68.23"))


def test_the_first_name_there_is_decides(database: Database) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session, supplier_line(role=Role.DEALER))
        line = product_line(maker.bin, name_ru=None, name_kk="Болат құбыр", name_en="Steel pipe", role=Role.UNSTATED)
        product_id = add_product(session, replace(line, tnved=None, kpved=None, enstru=None, description=None))
    made = loaded(database, product_id)
    assert finds(made.name, "құбыр")
    assert finds(made.alt, "pipe")
    assert (made.role, made.tnved, made.evidence, made.icv) == ("dealer", None, "none", Decimal(0))


def test_evidence_counts_on_its_days_only(database: Database) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        ends = TODAY + timedelta(days=10)
        product_id = add_product(session, product_line(maker.bin), fact(expires_on=ends, percent=Decimal(51)))
    before, after = loaded(database, product_id, ends), loaded(database, product_id, ends + timedelta(days=1))
    assert (before.evidence, before.icv) == ("confirmed", Decimal(51))
    assert (after.evidence, after.icv) == ("expired", Decimal(0))
    assert before.version == after.version
    assert before.fingerprint != after.fingerprint


def test_a_fingerprint_tells_whatever_a_document_is_made_from(database: Database) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        product_id = add_product(session, product_line(maker.bin), fact())
    with database.reading() as session:
        [row] = PRODUCTS.load(session, [product_id], TODAY)
        [again] = PRODUCTS.load(session, [product_id], TODAY)
    assert fingerprint(row) == fingerprint(again) == document(row).fingerprint < 1 << 63
    others = [
        replace(row, icv=Decimal(1)),
        replace(row, code_names="другое"),
        replace(row, good=row.good._replace(name_kk="Басқа")),
        replace(row, good=row.good._replace(evidence=())),
    ]
    assert len({fingerprint(other) for other in (row, *others)}) == len(others) + 1


def test_the_register_is_walked_by_id(database: Database) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        made = [add_product(session, product_line(maker.bin)) for _ in range(5)]
    with database.reading() as session:
        first = PRODUCTS.after(session, 0, 3, TODAY)
        rest = PRODUCTS.after(session, PRODUCTS.identify(first[-1])[0], 3, TODAY)
        assert [PRODUCTS.identify(row) for row in (*first, *rest)] == [(id, 1) for id in made]
        assert PRODUCTS.count(session, TODAY) == 5
        assert PRODUCTS.count(session, TODAY - timedelta(days=1)) == 0
        assert PRODUCTS.versions(session, [made[0], 10**9]) == {made[0]: 1}
