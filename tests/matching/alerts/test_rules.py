"""What may be watched, and when letters come."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from matching.alerts.rules import MOST_HITS, MOST_WATCHES, QUESTION_MAX, check_search, key_of, morning, week_of


@pytest.mark.parametrize(
    ("question", "found", "watched", "code"),
    [
        ("q=x", MOST_HITS, MOST_WATCHES - 1, None),
        ("", 0, 0, "alerts.search.empty"),
        ("q" * (QUESTION_MAX + 1), 0, 0, "alerts.search.long"),
        ("q=x", MOST_HITS + 1, 0, "alerts.search.wide"),
        ("q=x", 0, MOST_WATCHES, "alerts.search.many"),
    ],
)
def test_what_may_be_watched(question: str, found: int, watched: int, code: str | None) -> None:
    assert [one.code for one in check_search(question, found, watched)] == ([code] if code else [])


def test_letters_of_the_day_come_at_nine_in_almaty() -> None:
    assert morning(date(2026, 11, 23)) == datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "week"),
    [
        (date(2026, 11, 22), "2026-47"),
        (date(2026, 11, 23), "2026-48"),
        (date(2027, 1, 3), "2026-53"),
        (date(2027, 1, 4), "2027-01"),
    ],
)
def test_the_week_of_a_day(on: date, week: str) -> None:
    assert week_of(on) == week


def test_the_same_question_has_the_same_key() -> None:
    assert key_of("search", "", "q=a") == key_of("search", "", "q=a")
    assert len({key_of("search", "", "q=a"), key_of("search", "", "q=b"), key_of("fits", "1", ""), ""}) == 4
