"""The answer of the database while the engine is away."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from registry.catalogue.models import ProductKind
from registry.db import Database
from registry.suppliers.models import Role
from registry.wording import say
from search import database as degraded
from search.engines import Hits
from search.engines.embedded import EmbeddedEngine
from search.goods import PRODUCTS
from search.queries import FACETS, Query, Sort
from tests.factories import TODAY, add_product, add_supplier, fact, product_line, supplier_line
from tests.search.corpus import SUBJECT, build

pytestmark = pytest.mark.both_databases

GOODS: list[tuple[dict[str, Any], Decimal | None]] = [
    ({"name_ru": "Труба стальная 159х8", "tnved": "7304191009"}, Decimal("68.23")),
    ({"name_ru": "ТРУБА СТАЛЬНАЯ 57х3,5", "tnved": "7306309000"}, None),
    ({"name_ru": "Труба полиэтиленовая", "tnved": "3917211000", "role": Role.DEALER}, Decimal("24.5")),
    ({"name_ru": "Щётка по металлу", "description": "для труб", "tnved": "9603"}, None),
    ({"name_ru": "Монтаж 100% трубопроводов", "kind": ProductKind.WORKS, "tnved": None}, Decimal(90)),
]


@pytest.fixture
def made(database: Database) -> list[int]:
    """Goods of two makers in two regions; their ids."""
    made = []
    with database.transaction() as session:
        makers = [add_supplier(session, supplier_line(kato=kato))[0] for kato in ("751110000", "551010000")]
        for number, (given, percent) in enumerate(GOODS):
            values = {"name_kk": None, "name_en": None, "description": None, **given}
            facts = [] if percent is None else [fact(percent=percent)]
            made.append(add_product(session, product_line(makers[number % 2].bin, **values), *facts))
    return made


def ask(database: Database, text: str = "", **asked: Any) -> Hits:
    with database.reading() as session:
        return degraded.search(session, Query(text, **asked), TODAY)


def found(database: Database, made: list[int], text: str = "", **asked: Any) -> list[int]:
    """Positions in GOODS of what is found, in order."""
    hits = ask(database, text, **asked)
    assert hits.total >= len(hits.hits)
    return [made.index(hit.id) for hit in hits.hits]


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("труба", [4, 3, 2, 1, 0]),
        ("трубы стальные", [1, 0]),
        ("СТАЛЬНЫЕ ТРУБЫ", [1, 0]),
        ("щетка", [3]),
        ("Щётки", [3]),
        ("159", [0]),
        ("100%", [4]),
        ("кабель", []),
        ("трубы для и стальные", [1, 0]),
        ("труба' OR 'стальная'='стальная", [1, 0]),
    ],
)
def test_words_are_pieces_of_names(database: Database, made: list[int], text: str, positions: list[int]) -> None:
    assert found(database, made, text) == positions


@pytest.mark.parametrize("text", ["%", "_", "\\", "🙂", "(((", "для и"])
def test_a_query_without_anything_to_search_for_finds_nothing_and_says_so(
    database: Database, made: list[int], text: str
) -> None:
    hits = ask(database, text)
    assert (hits.total, hits.hits) == (0, ())
    assert [message.code for message in hits.messages] == ["search.nothing", "search.degraded"]
    assert len(found(database, made, "  ")) == len(GOODS)


@pytest.mark.parametrize(
    ("text", "meant", "positions"),
    [
        ("truba", {"truba": "труба"}, [4, 3, 2, 1, 0]),
        ("trubami stalnaya 159", {"trubami": "труба", "stalnaya": "стальная"}, [0]),
        ("кубыр", {"кубыр": "құбыр"}, [5]),
        ("kubyrlar болат", {"kubyrlar": "құбыр"}, [5]),
        ("кубыр медный", {}, []),
        ("насос", {}, []),
        ("бола", {}, [5]),
    ],
)
def test_words_of_another_script_are_read_and_said(
    database: Database, made: list[int], text: str, meant: dict[str, str], positions: list[int]
) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session, supplier_line())
        line = product_line(maker.bin, name_ru=None, name_kk="Болат құбыр", name_en=None, description=None)
        made.append(add_product(session, line))
    assert found(database, made, text) == positions
    assert dict(ask(database, text).understood.corrected) == meant


def test_another_script_is_read_under_the_filters_too(database: Database, made: list[int]) -> None:
    assert found(database, made, "truba", regions=("55",)) == [3, 1]
    assert found(database, made, "truba", code="39") == [2]
    assert ask(database, "truba", kinds=("services",)).understood.corrected == ()


FILTERS: list[dict[str, Any]] = [
    {},
    {"code": "73"},
    {"code": "7304"},
    {"code": "960"},
    {"code": "7'"},
    {"regions": ("55",)},
    {"regions": ("55", "75")},
    {"roles": ("dealer",)},
    {"roles": ("maker",), "regions": ("75",)},
    {"kinds": ("works",)},
    {"evidence": ("confirmed",)},
    {"evidence": ("none",), "code": "73"},
    {"icv_from": Decimal("24.5"), "icv_to": Decimal("68.23")},
    {"icv_to": Decimal(0)},
    {"icv_from": Decimal("68.2301")},
    {"evidence": ("confirmed",), "icv_from": Decimal(50), "kinds": ("goods", "works")},
    {"bin": "110440012951"},
]


def test_filters_and_facets_are_those_of_the_engine(database: Database, made: list[int]) -> None:
    engine = EmbeddedEngine()
    with database.reading() as session:
        rows = PRODUCTS.load(session, made, TODAY)
    build(engine, [PRODUCTS.document(row) for row in rows])
    assert engine.count(SUBJECT) == len(GOODS)
    for asked in FILTERS:
        ours, theirs = ask(database, **asked), engine.search(Query(**asked))
        assert (ours.total, set(ours.hits), ours.facets) == (theirs.total, set(theirs.hits), theirs.facets), asked
    engine.close()


def test_orders(database: Database, made: list[int]) -> None:
    assert found(database, made, sort=Sort.NEWEST) == [4, 3, 2, 1, 0]
    assert found(database, made, sort=Sort.NAME) == [4, 2, 1, 0, 3]
    assert found(database, made, sort=Sort.ICV) == [4, 0, 2, 1, 3]


def test_it_says_that_it_is_degraded(database: Database, made: list[int]) -> None:
    hits = ask(database, "труба")
    assert hits.degraded
    assert [message.code for message in hits.messages] == ["search.degraded"]
    assert "базы данных" in say(hits.messages[0], "ru")


def test_pages(database: Database, made: list[int]) -> None:
    assert [found(database, made, size=2, page=page) for page in (1, 2, 3, 4)] == [[4, 3], [2, 1], [0], []]
    assert ask(database, size=100, page=101).understood.beyond


def test_of_many_lines_the_newest_are_shown_and_all_are_counted(
    database: Database, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(degraded, "MOST_LINES", 3)
    hits = ask(database)
    assert (hits.total, [made.index(hit.id) for hit in hits.hits]) == (5, [4, 3, 2])
    assert hits.facets == dict.fromkeys(FACETS, ())
    assert ask(database, "стальная").facets["region"] != ()


def test_hostile_text_takes_no_longer(database: Database, made: list[int]) -> None:
    started = time.monotonic()
    for text in ("а" * 100_000, "слово " * 10_000, "%" * 10_000, "\x00", "\ud800", "труба\x00"):
        ask(database, text)
    assert time.monotonic() - started < 10
