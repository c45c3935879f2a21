"""Clocks of cases, by hand: holidays of 2026, visits, a review that was sent back, quarters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.calendar import Quarter, Validity, is_working_day
from registry.law import LawError
from registry.verification.clock import Passed, clock
from registry.verification.models import CaseKind, CaseState

ADMISSION, MONITORING = CaseKind.ADMISSION, CaseKind.MONITORING
CHECKING, REVIEW, DECISION = CaseState.CHECKING, CaseState.REVIEW, CaseState.DECISION


def d(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


# A Monday, 23.11.2026; 16 December (a Wednesday), Independence Day, is not worked.
# Terms of verification.toml: 3, 10 and 2 working days; the day a stage begins on does not count.
@pytest.mark.parametrize(
    ("passed", "due", "ends"),
    [
        # 24, 25, 26 November; then ten days from the 26th: 27, 30, 1–4, 7–10; then two: 11, 14 December.
        ([(CHECKING, "11-23")], "11-26", "12-14"),
        # Submitted on a Saturday: 23, 24, 25 November.
        ([(CHECKING, "11-21")], "11-25", "12-11"),
        # Handed out on 7 December: 8–11, 14, 15, 17, 18, 21, 22 (the 16th is a holiday), and two days more.
        ([(CHECKING, "11-30"), (REVIEW, "12-07")], "12-22", "12-24"),
        # Nauryz: from 19 March; 20, 26, 27, 30, 31, 1, 2, 3, 6, 7 (21–25 March are off).
        ([(CHECKING, "03-18"), (REVIEW, "03-19")], "04-07", "04-09"),
        # Concluded on the last day of October that is worked before the moved Republic Day (26 October).
        ([(CHECKING, "10-12"), (REVIEW, "10-13"), (DECISION, "10-23")], "10-28", "10-28"),
    ],
)
def test_terms_are_counted_in_working_days(passed: list[tuple[CaseState, str]], due: str, ends: str) -> None:
    steps = [Passed(state, d(day)) for state, day in passed]
    found = clock(ADMISSION, steps, on=steps[-1].on)
    assert found is not None
    assert (found.stage, found.started_on) == (steps[-1].state, steps[-1].on)
    assert (found.due_on, found.ends_on) == (d(due), d(ends))
    assert found.term.act.number == "327"
    assert found.assumptions == (found.term.openness,)


def test_a_visit_stops_the_clock_of_the_review_on_its_days() -> None:
    steps = [Passed(CHECKING, d("11-23")), Passed(REVIEW, d("11-24"))]
    # Without: 25, 26, 27, 30, 1–4, 7, 8 December.
    without = clock(ADMISSION, steps, on=d("11-24"))
    assert without is not None
    assert without.due_on == d("12-08")
    # From Friday the 27th to Tuesday the 1st three working days stand still: 9, 10, 11 December are added.
    visit = Validity.through(d("11-27"), d("12-01"))
    found = clock(ADMISSION, steps, visits=[visit], on=d("11-30"))
    assert found is not None
    assert found.due_on == d("12-11")
    assert found.paused_until == d("12-01")
    # 2, 3, 4, 7, 8, 9, 10, 11 December are left, on whichever day of the visit it is asked.
    assert found.days_left == 8
    after = clock(ADMISSION, steps, visits=[visit], on=d("12-02"))
    assert after is not None
    assert (after.paused_until, after.days_left) == (None, 7)


def test_a_visit_stops_no_other_stage() -> None:
    visit = Validity.through(d("11-24"), d("11-30"))
    found = clock(ADMISSION, [Passed(CHECKING, d("11-23"))], visits=[visit], on=d("11-24"))
    assert found is not None
    assert (found.due_on, found.paused_until) == (d("11-26"), None)


def test_a_review_that_was_sent_back_goes_on_where_it_stopped() -> None:
    steps = [
        Passed(REVIEW, d("11-02")),
        Passed(DECISION, d("11-06")),
        Passed(REVIEW, d("11-10")),
    ]
    # Four days were used (3–6 November); six are left after the 10th: 11, 12, 13, 16, 17, 18.
    found = clock(ADMISSION, steps, on=d("11-10"))
    assert found is not None
    assert (found.due_on, found.days_left, found.started_on) == (d("11-18"), 6, d("11-02"))
    # Concluded anew, the decision has its own two days again.
    again = clock(ADMISSION, [*steps, Passed(DECISION, d("11-12"))], on=d("11-12"))
    assert again is not None
    assert again.due_on == d("11-16")


def test_sent_back_on_the_same_day_no_day_is_lost() -> None:
    steps = [Passed(REVIEW, d("11-02")), Passed(DECISION, d("11-06")), Passed(REVIEW, d("11-06"))]
    found = clock(ADMISSION, steps, on=d("11-06"))
    assert found is not None
    assert found.due_on == d("11-16")


@pytest.mark.parametrize(
    ("on", "left"), [("11-25", 1), ("11-26", 0), ("11-27", -1), ("11-28", -1), ("11-30", -2), ("12-17", -14)]
)
def test_days_left_and_days_late(on: str, left: int) -> None:
    found = clock(ADMISSION, [Passed(CHECKING, d("11-23"))], on=d(on))
    assert found is not None
    assert (found.days_left, found.overdue) == (left, left < 0)


# Quarterly checks: the update by the 5th, the check by the 10th of the month after; the 10th of October is a Saturday.
def test_a_quarter_has_its_own_days() -> None:
    quarter = Quarter(2026, 3)
    awaiting = clock(MONITORING, [Passed(CaseState.AWAITING, d("10-01"))], quarter=quarter, on=d("10-02"))
    assert awaiting is not None
    assert (awaiting.due_on, awaiting.ends_on, awaiting.days_left) == (d("10-05"), d("10-12"), 1)
    steps = [Passed(CaseState.AWAITING, d("10-01")), Passed(CHECKING, d("10-05")), Passed(REVIEW, d("10-06"))]
    review = clock(MONITORING, steps, quarter=quarter, on=d("10-13"))
    assert review is not None
    assert (review.due_on, review.overdue) == (d("10-12"), True)


def test_a_quarter_that_was_opened_late_has_its_days_from_then_on() -> None:
    quarter = Quarter(2026, 3)
    # On the day of the update nothing is late yet.
    for opened, update, check in (
        ("10-05", "10-05", "10-12"),
        ("10-06", "10-12", "10-15"),
        ("10-20", "10-27", "10-29"),
    ):
        awaiting = clock(MONITORING, [Passed(CaseState.AWAITING, d(opened))], quarter=quarter, on=d(opened))
        assert awaiting is not None
        # Five and ten days, the day of opening counted: 24 October is a Saturday, the 26th a day off.
        assert (awaiting.due_on, awaiting.ends_on) == (d(update), d(check))
        assert len(awaiting.assumptions) == (opened != "10-05")


def test_without_the_calendar_of_a_year_no_day_of_it_is_guessed(no_calendar: None) -> None:
    # The three working days of the first stage are in a year that has a calendar, those that follow are not.
    whole = clock(ADMISSION, [Passed(CHECKING, d("12-25"))], on=d("12-25"))
    assert whole is not None
    assert (whole.due_on, whole.ends_on, whole.days_left, whole.overdue) == (d("12-30"), None, 3, False)
    assert whole.unknown is not None
    assert whole.unknown.params["year"] == 2027
    late = clock(ADMISSION, [Passed(CHECKING, d("12-25"))], on=date(2027, 1, 5))
    assert late is not None
    assert (late.due_on, late.days_left, late.overdue) == (d("12-30"), None, True)
    review = clock(ADMISSION, [Passed(REVIEW, d("12-25"))], on=d("12-25"))
    assert review is not None
    assert (review.due_on, review.ends_on, review.days_left, review.overdue) == (None, None, None, False)
    quarter = clock(MONITORING, [Passed(CaseState.AWAITING, date(2027, 1, 1))], quarter=Quarter(2026, 4), on=d("12-31"))
    assert quarter is not None
    assert (quarter.due_on, quarter.ends_on) == (None, None)


@pytest.mark.parametrize("state", [CaseState.DRAFT, CaseState.GRANTED, CaseState.REFUSED, CaseState.WITHDRAWN])
def test_nobodys_clock_runs_in_a_draft_and_once_it_is_over(state: CaseState) -> None:
    for kind, quarter in ((ADMISSION, None), (MONITORING, Quarter(2026, 3))):
        assert (
            clock(kind, [Passed(CHECKING, d("11-23")), Passed(state, d("11-24"))], quarter=quarter, on=d("11-25"))
            is None
        )
    assert clock(ADMISSION, [], on=d("11-25")) is None


@pytest.mark.parametrize(("day", "known"), [(date(2025, 8, 26), False), (date(2025, 8, 27), True)])
def test_before_the_rules_there_is_no_term(day: date, known: bool) -> None:
    if known:
        assert clock(ADMISSION, [Passed(CHECKING, day)], on=day) is not None
        return
    with pytest.raises(LawError):
        clock(ADMISSION, [Passed(CHECKING, day)], on=day)


@given(
    start=st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    before=st.integers(0, 20),
    length=st.integers(0, 20),
)
def test_a_visit_adds_as_many_working_days_as_it_takes(start: date, before: int, length: int) -> None:
    first = start + timedelta(days=before)
    visit = Validity.through(first, first + timedelta(days=length))
    steps = [Passed(REVIEW, start)]
    without, found = clock(ADMISSION, steps, on=start), clock(ADMISSION, steps, visits=[visit], on=start)
    assert without is not None
    assert found is not None
    assert found.due_on is not None
    assert without.due_on is not None
    assert found.due_on >= without.due_on
    assert is_working_day(found.due_on)
    counted = [
        day
        for step in range(1, (found.due_on - start).days + 1)
        if is_working_day(day := start + timedelta(days=step)) and not visit.covers(day)
    ]
    assert len(counted) == 10
