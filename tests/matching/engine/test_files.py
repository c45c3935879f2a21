"""Tables of products are read the same by one process and by several."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from matching.engine import files
from matching.engine.candidates import FileSource
from matching.engine.files import OFFER_COLUMNS, OFFER_REQUIRED, Taken, take_offers
from matching.engine.lines import Offer
from registry.spreadsheets import open_table
from search.queries import CandidateQuery

COLUMNS = ("id", "name", "tnved", "capacity_per_year", "evidence_kind", "evidence_number", "icv_percent")


def table(folder: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    path = folder / "products.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def taken(path: Path, processes: int) -> tuple[Taken[FileSource], list[Offer], dict[str, Any]]:
    """What is said of the table, its offers in order, and what the index and the vocabulary make of them."""
    with closing(FileSource()) as source, open_table(path, OFFER_COLUMNS, required=OFFER_REQUIRED) as opened:
        said = take_offers(opened, source, processes)
        source.ready()
        words = source.shelf.vocabulary.words()
        found = source.rows([CandidateQuery((word,), limit=100) for word in words])
        held = source.shelf.vocabulary.counts(words)
        return said, list(source), {"found": dict(zip(words, map(sorted, found), strict=True)), "held": held}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 3)
    monkeypatch.setattr(files, "_LONG", 5)


ROWS = [
    *((f"P{at}", f"Труба стальная {at}х{at % 7 + 2}, сталь", "7304191009", "", "", "", "") for at in range(20)),
    ("P3", "Труба стальная 3х5, сталь", "7304191009", "", "ct-kz", "KZ 5 120 00012", "68,23"),  # another document
    ("P3", "Труба другая", "7304191009", "", "", "", ""),  # another content
    ("", "Без номера", "", "", "", "", ""),
    ("P30", "Кран шаровой", "", "много", "", "", ""),  # a word where a number belongs
    ("P31", "Кран шаровой", "8481", "сто", "", "", ""),
    ("P31", "Кран шаровой", "8481", "сто", "", "", ""),  # the same again
    ("P32", "Bolt M12", "", "7", "", "", ""),
]


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_take_what_one_takes(tmp_path: Path, processes: int) -> None:
    path = table(tmp_path, ROWS)
    alone, offers, indexed = taken(path, 1)
    said, shared_out, found = taken(path, processes)
    assert shared_out == offers
    assert [offer.id for offer in offers] == [*(f"P{at}" for at in range(20)), "P30", "P31", "P32"]
    assert [len(offer.good.evidence) for offer in offers[:5]] == [0, 0, 0, 1, 0]
    assert said.refused == alone.refused
    assert sorted(said.refused) == [23, 24]
    assert said.remarks == alone.remarks
    assert [(times, first) for times, first, _ in said.remarks.values()] == [(3, 25)]
    assert found == indexed
    assert indexed["held"]["стальной"] == 20


def test_what_fails_in_another_process_fails_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in the child")

    monkeypatch.setattr(files, "read_offer", broken)
    with pytest.raises(ZeroDivisionError, match="in the child"):
        taken(table(tmp_path, ROWS), 2)


def test_a_process_that_is_killed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getpid()

    def killed(*_: object, **__: object) -> None:
        assert os.getpid() != mine
        os.kill(os.getpid(), 9)

    monkeypatch.setattr(files, "read_offer", killed)
    with pytest.raises(EOFError):
        taken(table(tmp_path, ROWS), 2)
