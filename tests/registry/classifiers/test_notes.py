"""Notes of the act: read from the raw text, kept dated, found for a code."""

from datetime import timedelta

import pytest

from registry.accounts.rules import Actor
from registry.classifiers.models import Scheme
from registry.classifiers.notes import ChapterNotes, headline, read_notes
from registry.classifiers.operations import take_in_notes
from registry.classifiers.queries import notes, notes_on
from registry.classifiers.tree import Node, Tree
from registry.db import Database
from tests.factories import NOW, TODAY

RAW = """
РАЗДЕЛ IV
ГОТОВЫЕ ПИЩЕВЫЕ ПРОДУКТЫ
Примечание:
1. В данном разделе термин "гранулы" означает
продукты, агломерированные
прессованием.

ГРУППА 16
ГОТОВЫЕ ПРОДУКТЫ ИЗ МЯСА
Примечания:
1.
В данную группу не включаются:

(а) мясо, указанное в примечании 2
к группе 02; или

(б) насекомые.
Дополнительное примечание:
1. Термин "колбаса" – см. выше.

Код
ТН ВЭД
Наименование позиции
"""
SECTION = ("Примечание:", '1. В данном разделе термин "гранулы" означает продукты, агломерированные прессованием.')
CHAPTER = (
    "Примечания:",
    "1. В данную группу не включаются:",
    "(а) мясо, указанное в примечании 2 к группе 02; или",
    "(б) насекомые.",
    "Дополнительное примечание:",
    '1. Термин "колбаса" – см. выше.',
)


def test_lines_that_a_page_broke_are_joined_and_the_table_is_left_out() -> None:
    assert read_notes({"16": RAW}) == {"16": ChapterNotes(SECTION, CHAPTER)}
    assert [headline(line) for line in CHAPTER] == [True, False, False, False, True, False]


def test_a_chapter_without_notes_has_none() -> None:
    assert read_notes({"81": "ГРУППА 81\nПРОЧИЕ МЕТАЛЛЫ\nКод\nТН ВЭД"}) == {"81": ChapterNotes((), ())}


@pytest.mark.both_databases
def test_notes_hold_from_their_day_and_only_what_differs_is_changed(database: Database) -> None:
    def load(day: int, **stated: ChapterNotes) -> tuple[int, int]:
        raw = {key.removeprefix("c"): value for key, value in stated.items()}
        with database.transaction() as session:
            on = TODAY + timedelta(days=day)
            return take_in_notes(session, Scheme.TNVED, raw, on=on, actor=Actor("test"), now=NOW)

    assert load(0, c16=ChapterNotes(SECTION, CHAPTER), c81=ChapterNotes((), ())) == (2, 0)
    assert load(0, c16=ChapterNotes(SECTION, CHAPTER)) == (0, 0)
    assert load(2, c16=ChapterNotes((), ("Примечание:",))) == (0, 1)
    with database.reading() as session:
        assert notes(session, Scheme.TNVED, TODAY) == {"16": CHAPTER, "16/section": SECTION}
        assert notes(session, Scheme.TNVED, TODAY + timedelta(days=2)) == {
            "16": ("Примечание:",),
            "16/section": SECTION,
        }


def test_a_code_has_the_notes_of_its_chapter_and_of_its_section() -> None:
    rows = (("iv", None, None), ("16", "iv", "16"), ("17", "iv", "17"), ("1701", "17", "1701"), ("v", None, None))
    tree = Tree(Node(key, above, code, "node", key, None, None, None, None) for key, above, code in rows)
    held = {"16/section": SECTION, "16": CHAPTER, "17": ("Примечание:",)}
    assert [(node.key, lines) for node, lines in notes_on("1701", tree, held)] == [
        ("iv", SECTION),
        ("17", ("Примечание:",)),
    ]
    assert notes_on("9901", tree, held) == []
