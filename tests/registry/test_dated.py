"""Rows that hold for a span of days: what a revision on any day leaves behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.needs.models import Need, NeedVersion
from registry.dated import chunks, end, holds_on, revise
from registry.db import Base, Database
from tests.factories import NOW

FIRST = date(2026, 1, 10)


def spans(session: Session, need_id: int = 1) -> list[tuple[int, int | None, str]]:
    """Days after FIRST on which each row begins and ends, and its name."""
    rows = session.scalars(select(NeedVersion).where(NeedVersion.need_id == need_id).order_by(NeedVersion.valid_from))
    return [
        ((row.valid_from - FIRST).days, None if row.valid_to is None else (row.valid_to - FIRST).days, row.name)
        for row in rows
    ]


def say(session: Session, day: int, **values: Any) -> dict[int, Any]:
    changes = revise(session, NeedVersion, "need_id", {1: values}, on=FIRST + timedelta(days=day))
    session.flush()
    session.expire_all()
    return changes


@pytest.fixture
def session(database: Database) -> Any:
    with database.transaction() as session:
        session.add(Need(id=1, external_id="N-1", version=1, created_at=NOW))
        session.flush()
        yield session


def test_a_later_day_closes_and_opens(session: Session) -> None:
    assert say(session, 0, name="труба", unit="т")[1].before is None
    changes = say(session, 5, name="насос")
    assert (changes[1].before, changes[1].after) == ({"name": "труба"}, {"name": "насос"})
    assert spans(session) == [(0, 5, "труба"), (5, None, "насос")]
    rows = session.scalars(select(NeedVersion.unit).order_by(NeedVersion.id)).all()
    assert rows == ["т", "т"], "columns left out keep what they held"


def test_the_same_day_rewrites(session: Session) -> None:
    say(session, 0, name="труба")
    say(session, 0, name="насос")
    assert spans(session) == [(0, None, "насос")]


def test_the_same_said_again_changes_nothing(session: Session) -> None:
    say(session, 0, name="труба")
    assert say(session, 9, name="труба") == {}
    assert spans(session) == [(0, None, "труба")]


def test_a_day_before_all_rows_is_filled_in_up_to_the_first(session: Session) -> None:
    say(session, 10, name="насос")
    say(session, 0, name="труба")
    assert spans(session) == [(0, 10, "труба"), (10, None, "насос")]


def test_a_day_between_splits_the_row_that_held(session: Session) -> None:
    say(session, 0, name="труба")
    say(session, 10, name="насос")
    say(session, 4, name="кран")
    assert spans(session) == [(0, 4, "труба"), (4, 10, "кран"), (10, None, "насос")]


def test_ending_a_row_of_that_very_day_deletes_it(session: Session) -> None:
    say(session, 0, name="труба")
    say(session, 3, name="насос")
    rows = [(row.id, row.valid_from) for row in session.scalars(select(NeedVersion).where(NeedVersion.name == "насос"))]
    end(session, NeedVersion, rows, on=FIRST + timedelta(days=3))
    first = [
        (row.id, row.valid_from) for row in session.scalars(select(NeedVersion).where(NeedVersion.name == "труба"))
    ]
    end(session, NeedVersion, first, on=FIRST + timedelta(days=2))
    session.expire_all()
    assert spans(session) == [(0, 2, "труба")]


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("абв")), max_size=12))
def test_each_day_says_what_was_last_said_of_it(said: list[tuple[int, str]]) -> None:
    """Against a plain model: saying something on a day changes that day and those after it up to the next start."""
    database = Database("sqlite://")
    Base.metadata.create_all(database.engine)
    model: dict[int, str] = {}
    starts: set[int] = set()
    with database.transaction() as session:
        session.add(Need(id=1, external_id="N-1", version=1, created_at=NOW))
        session.flush()
        for day, name in said:
            say(session, day, name=name)
            if model.get(day) != name:
                starts.add(day)
                following = min((start for start in starts if start > day), default=14)
                model |= dict.fromkeys(range(day, following), name)
        for day in range(14):
            on = FIRST + timedelta(days=day)
            held = session.scalars(select(NeedVersion.name).where(holds_on(NeedVersion, on))).all()
            assert held == ([model[day]] if day in model else [])
    database.dispose()


def test_chunks() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([])) == []
