"""Needs on any day, from rows and from a file whose rows repeat an id."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.needs.operations import need_subject, restore_codes, take_in
from matching.needs.queries import count, need, needs
from registry import bulk
from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.catalogue.rules import Codes
from registry.classifiers.tree import Node, Tree
from registry.db import Database
from registry.errors import NotFound
from registry.spreadsheets import open_table
from tests.factories import ACTOR, NOW, TODAY, add_need, need_line

LATER = TODAY + timedelta(days=10)


@pytest.mark.both_databases
def test_a_need_is_what_it_was_on_the_day_asked(database: Database) -> None:
    line = need_line()
    with database.transaction() as session:
        assert take_in(session, {4: line}, on=TODAY, actor=ACTOR, now=NOW) == {4: Outcome.ADDED}
        assert take_in(session, {4: line}, on=LATER, actor=ACTOR, now=NOW) == {4: Outcome.UNCHANGED}
        more = replace(line, volume=line.volume and line.volume * 2)
        assert take_in(session, {4: more}, on=LATER, actor=ACTOR, now=NOW) == {4: Outcome.CHANGED}
        stored = need(session, line.external_id, TODAY)
        assert stored == replace(line, id=stored.id, version=2)
        assert need(session, line.external_id, LATER).volume == more.volume
        with pytest.raises(NotFound):
            need(session, line.external_id, TODAY - timedelta(days=1))
        assert [row.action for row in session.scalars(select(AuditRow).order_by(AuditRow.id))] == ["added", "changed"]


@pytest.mark.both_databases
def test_a_lost_zero_of_a_code_is_restored_once_the_nomenclature_proves_it(database: Database) -> None:
    codes = ("205008000", "303", "730419", None)
    loaded = Tree(Node(code, None, code, "node", code, None, None, None, None) for code in ("0205", "0205008000"))
    with database.transaction() as session:
        lines = [add_need(session, need_line(tnved=code)) for code in codes]
        assert restore_codes(session, loaded, on=LATER, actor=ACTOR, now=NOW) == 1
        assert [one.tnved for one in needs(session, LATER)] == ["0205008000", "303", "730419", None]
        assert [one.version for one in needs(session, LATER)] == [2, 1, 1, 1]
        assert need(session, lines[0].external_id, TODAY).tnved == "205008000"
        row = session.scalars(select(AuditRow).where(AuditRow.action == "code_checked")).one()
        assert (row.kind, row.before, row.after) == (
            "need",
            {"tnved": "205008000"},
            {"tnved": "0205008000", "on": LATER.isoformat()},
        )
        assert restore_codes(session, loaded, on=LATER, actor=ACTOR, now=NOW) == 0


def test_the_published_list_is_walked_by_number(database: Database) -> None:
    with database.transaction() as session:
        lines = [add_need(session) for _ in range(3)]
        add_need(session, on=LATER)
        listed = needs(session, TODAY)
        assert [one.external_id for one in listed] == [line.external_id for line in lines]
        assert listed[0].id is not None
        assert needs(session, TODAY, after_id=listed[0].id, limit=1) == listed[1:2]
        assert (count(session, TODAY), count(session, LATER)) == (3, 4)


def test_a_file_that_repeats_an_id(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "needs.csv"
    rows = [
        ["7", "Мешок", "2,5"],
        ["8", "Топор", "много"],
        ["7", "Мешок", "2,5"],
        ["7", "Минтай", "9"],
        ["", "Насос", ""],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "name", "volume"], *rows])
    tree = Tree()
    subject = need_subject(Codes(tree.exists, tree.exists, tree.exists), on=TODAY, actor=ACTOR, now=NOW)
    with open_table(path, subject.columns, required=subject.required) as table:
        taken = bulk.take_in(
            database,
            table,
            subject,
            rejected=tmp_path / "rejected.csv",
            options={},
            actor=ACTOR.name,
            now=lambda: NOW,
            lang="kk",
            progress=lambda done, total: None,
        )
    assert [taken.counts[outcome] for outcome in Outcome] == [2, 0, 1, 2]
    assert [remark.note.field for remark in taken.remarks] == ["volume"]
    with (tmp_path / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(row["rejected_row"], row["rejected_column"]) for row in told] == [("5", "id"), ("6", "id")]
    with database.reading() as session:
        assert {one.external_id: one.name for one in needs(session, TODAY)} == {"7": "Мешок", "8": "Топор"}
