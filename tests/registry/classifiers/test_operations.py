"""Editions of classifiers: only what changed is changed, what a file lacks is closed where the file speaks of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit import AuditRow
from registry.classifiers.models import ClassifierEdition, ClassifierNode, Scheme
from registry.classifiers.queries import editions, tree
from registry.db import Database
from registry.spreadsheets import open_table
from tests.factories import TODAY, add_classifier

ROWS = [
    {"code": "73", "name_ru": "ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ", "name_kk": "", "unit": ""},
    {"code": "7304", "name_ru": "Трубы бесшовные", "name_kk": "Жіксіз құбырлар", "unit": ""},
    {"code": "7304191009", "name_ru": "прочие", "name_kk": "", "unit": "т"},
    {"code": "74", "name_ru": "МЕДЬ", "name_kk": "", "unit": ""},
]


def load(database: Database, rows: Sequence[Mapping[str, str]], day: int = 0, **options: bool) -> tuple[int, ...]:
    """Import an edition so many days after TODAY: added, changed, closed, unchanged, unattached."""
    with database.transaction() as session:
        edition = add_classifier(session, Scheme.TNVED, rows, in_force_from=TODAY + timedelta(days=day), **options)
    return edition.added, edition.changed, edition.closed, edition.unchanged, edition.unattached


def names(session: Session, day: int = 0) -> dict[str, str]:
    return {node.key: node.name("ru") for node in tree(session, Scheme.TNVED, TODAY + timedelta(days=day)).nodes}


@pytest.mark.both_databases
def test_an_edition_changes_only_what_changed(database: Database) -> None:
    assert load(database, ROWS) == (4, 0, 0, 0, 0)
    assert load(database, ROWS, day=1) == (0, 0, 0, 4, 0)
    changed = [ROWS[0], {**ROWS[1], "name_ru": "Трубы из черных металлов"}, ROWS[2], ROWS[3]]
    assert load(database, changed, day=2) == (0, 1, 0, 3, 0)
    with database.reading() as session:
        assert names(session, 1)["7304"] == "Трубы бесшовные"
        assert names(session, 2)["7304"] == "Трубы из черных металлов"
        assert len(session.scalars(select(ClassifierEdition.id)).all()) == 2, "an import without change leaves none"
        audited = session.scalars(select(AuditRow.after).where(AuditRow.kind == "classifier")).all()
        assert [row["changed"] for row in audited if row] == [0, 1]


def test_what_a_file_leaves_empty_stays(database: Database) -> None:
    load(database, ROWS)
    load(database, [{"code": row["code"], "name_ru": row["name_ru"]} for row in ROWS], day=1)
    with database.reading() as session:
        node = tree(session, Scheme.TNVED, TODAY + timedelta(days=1)).node("7304")
    assert node is not None
    assert node.name_kk == "Жіксіз құбырлар"


def test_nodes_are_closed_only_within_the_branches_that_a_file_holds(database: Database) -> None:
    load(database, ROWS)
    assert load(database, [ROWS[0], ROWS[1]], day=1) == (0, 0, 1, 2, 0)
    with database.reading() as session:
        assert "7304191009" in names(session, 0)
        assert "7304191009" not in names(session, 1)
        assert "74" in names(session, 1)


def test_nothing_is_closed_when_told_to_keep(database: Database) -> None:
    load(database, ROWS)
    assert load(database, [ROWS[0]], day=1, keep=True) == (0, 0, 0, 1, 0)


def test_a_section_is_closed_when_nothing_is_left_under_it(database: Database) -> None:
    section = {"row_id": "1", "parent_row_id": "", "code": "", "name_ru": "Раздел XV"}
    chapter = {"row_id": "2", "parent_row_id": "1", "code": "73", "name_ru": "ИЗДЕЛИЯ"}
    load(database, [section, chapter])
    assert load(database, [{**section, "name_ru": "Раздел XV. Металлы"}, chapter], day=1) == (1, 1, 1, 0, 0)
    with database.reading() as session:
        assert tree(session, Scheme.TNVED, TODAY + timedelta(days=1)).path("73", "ru") == (
            "Раздел XV. Металлы",
            "ИЗДЕЛИЯ",
        )


def test_nodes_whose_parent_a_file_lacks_stay_in_place_or_hang_from_the_nearest_code(database: Database) -> None:
    rows = [
        {"row_id": "1", "parent_row_id": "", "code": "73", "name_ru": "ИЗДЕЛИЯ"},
        {"row_id": "2", "parent_row_id": "1", "code": "7304", "name_ru": "Трубы"},
        {"row_id": "3", "parent_row_id": "2", "code": "", "name_ru": "бесшовные"},
        {"row_id": "4", "parent_row_id": "3", "code": "7304191009", "name_ru": "прочие"},
    ]
    load(database, rows)
    new = {"row_id": "5", "parent_row_id": "2", "code": "730424", "name_ru": "обсадные"}
    assert load(database, [rows[3], new], day=1, keep=True) == (1, 0, 0, 1, 0)
    with database.reading() as session:
        nodes = tree(session, Scheme.TNVED, TODAY + timedelta(days=1))
    assert nodes.path("7304191009", "ru") == ("ИЗДЕЛИЯ", "Трубы", "бесшовные", "прочие")
    assert nodes.path("730424", "ru") == ("ИЗДЕЛИЯ", "Трубы", "обсадные")


def test_names_are_attached_to_the_code_or_to_the_same_code_with_zeros(database: Database) -> None:
    load(database, [{"code": "0509000000", "name_ru": "Губки натуральные"}, {"code": "0101", "name_ru": "Лошади"}])
    english = [
        {"code": "0101", "description": "Horses"},
        {"code": "0509", "description": "Sponges; natural"},
        {"code": "050900", "description": "Natural sponges of animal origin"},
        {"code": "0102", "description": "Cattle"},
    ]
    assert load(database, english, day=1) == (0, 2, 0, 0, 1)
    with database.reading() as session:
        loaded = tree(session, Scheme.TNVED, TODAY + timedelta(days=1))
    assert loaded.path("0509000000", "en") == ("Sponges; natural",)
    assert loaded.path("0101", "en") == ("Horses",)


@pytest.mark.both_databases
def test_a_classifier_is_called_by_the_edition_that_decided_its_codes(database: Database) -> None:
    load(database, ROWS)
    load(database, [{"code": "7304", "description": "Tubes, seamless"}], day=1)
    with database.transaction() as session:
        assert [(edition.scheme, edition.in_force_from) for edition in editions(session)] == [(Scheme.TNVED, TODAY)]
        add_classifier(session, Scheme.KPVED, [{"code": "24", "name_ru": "Металлы"}])
    load(database, ROWS[:1], day=2)
    with database.reading() as session:
        found = [(edition.scheme, edition.in_force_from) for edition in editions(session)]
    assert found == [(Scheme.KPVED, TODAY), (Scheme.TNVED, TODAY + timedelta(days=2))]


def test_codes_alone_do_not_move_a_node_that_is_in_place(database: Database) -> None:
    placed = [
        {"row_id": "1", "parent_row_id": "", "code": "7304", "name_ru": "Трубы"},
        {"row_id": "2", "parent_row_id": "1", "code": "", "name_ru": "трубы для нефтепроводов"},
        {"row_id": "3", "parent_row_id": "2", "code": "730411", "name_ru": "из стали"},
    ]
    load(database, placed)
    renamed = [{"code": "730411", "name_ru": "из коррозионностойкой стали"}]
    load(database, renamed, day=1, keep=True)
    with database.reading() as session:
        loaded = tree(session, Scheme.TNVED, TODAY + timedelta(days=1))
    assert loaded.path("730411", "ru") == ("Трубы", "трубы для нефтепроводов", "из коррозионностойкой стали")


def test_schemes_do_not_meet(database: Database) -> None:
    with database.transaction() as session:
        add_classifier(session, Scheme.UNITS, [{"code": "166", "name_ru": "Килограмм"}])
        add_classifier(session, Scheme.UNITS_FISCAL, [{"code": "116", "name_ru": "Килограмм"}])
        assert not tree(session, Scheme.UNITS, TODAY).exists("116")
        assert tree(session, Scheme.UNITS_FISCAL, TODAY).exists("116")


def test_a_day_before_the_first_edition_has_an_empty_tree(database: Database) -> None:
    load(database, ROWS)
    with database.reading() as session:
        assert names(session, -1) == {}
        assert tree(session, Scheme.KPVED, TODAY).nodes == ()


def test_a_tree_is_kept_until_the_next_edition(database: Database) -> None:
    load(database, ROWS)
    with database.reading() as session:
        first = tree(session, Scheme.TNVED, TODAY)
        assert tree(session, Scheme.TNVED, TODAY + timedelta(days=100)) is first
    load(database, [{**ROWS[0], "name_ru": "СТАЛЬ"}], day=3, keep=True)
    with database.reading() as session:
        assert names(session, 2)["73"] == ROWS[0]["name_ru"]
        assert names(session, 3)["73"] == "СТАЛЬ"


def rows_of(path: Path, columns: tuple[str, ...]) -> list[Mapping[str, str]]:
    with open_table(path, columns, required=("code",), aliases={"hscode": "code"}) as table:
        return [row.cells for row in table.rows()]


def test_the_real_nomenclature(database: Database, reference_data: Path) -> None:
    columns = ("row_id", "code", "kind", "dashes", "parent_row_id", "name_ru", "unit")
    real = rows_of(reference_data / "tnved_eaeu_tree.csv", columns)
    began = time.perf_counter()
    assert load(database, real) == (21_188, 0, 0, 0, 0)
    assert time.perf_counter() - began < 20, "a few seconds on an idle machine"
    assert load(database, real) == (0, 0, 0, 21_188, 0)
    english = rows_of(reference_data / "hs2022_en.csv", ("code", "description"))
    added, changed, closed, _, unattached = load(database, english)
    assert (added, closed, unattached) == (0, 0, 0)
    assert changed > 6_000
    with database.reading() as session:
        loaded = tree(session, Scheme.TNVED, TODAY)
        stored = session.scalars(select(ClassifierNode.key)).all()
    assert len(stored) == len(loaded) == 21_188
    path = loaded.path("8501522001", "ru")
    assert path[0].startswith("Раздел XVI")
    assert path[-1] == "асинхронные"
    assert any("переменного тока" in name for name in path)
    assert loaded.path("0101", "en")[-1] == "Horses, asses, mules and hinnies; live"
    assert loaded.covers("8544499108")
