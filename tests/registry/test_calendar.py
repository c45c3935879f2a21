"""Legal days, working days, quarters and spans, at their edges."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.calendar import (
    CalendarError,
    Quarter,
    Validity,
    add_working_days,
    due_on,
    holidays,
    is_working_day,
    legal_day,
    missing_calendars,
    next_working_day,
    open_days,
    quarters,
    read_year,
    working_days_between,
)
from registry.law import LawError
from registry.wording import LANGUAGES, say

YEARS = (2025, 2026, 2027)
DAY = timedelta(days=1)
days = st.dates(date(2025, 1, 1), date(2027, 11, 30))


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + DAY * step for step in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


# Legal days: midnight in Kazakhstan is 19:00 UTC, and until 01.03.2024 it was 18:00 in Almaty


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 22, 18, 59, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 19, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2025, 12, 31, 18, 59, 59, 999999, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 19, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2028, 2, 28, 19, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2024, 2, 28, 17, 59, tzinfo=UTC), date(2024, 2, 28)),
        (datetime(2024, 2, 28, 18, 0, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 3, 1, 18, 30, tzinfo=UTC), date(2024, 3, 1)),
        (datetime(2026, 1, 1, 4, 59, tzinfo=timezone(timedelta(hours=10))), date(2025, 12, 31)),
    ],
)
def test_a_legal_day_begins_at_midnight_in_kazakhstan(now: datetime, day: date) -> None:
    assert legal_day(now) == day


def test_a_naive_moment_has_no_legal_day() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        legal_day(datetime(2026, 1, 1))  # noqa: DTZ001


# Working days


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 1, 3), False),  # moved: worked on Sunday 5 January instead
        (date(2025, 1, 5), True),
        (date(2025, 1, 6), True),
        (date(2025, 1, 7), False),
        (date(2025, 3, 10), False),  # 8 March was a Saturday
        (date(2025, 3, 25), False),  # two days of Nauryz fell on a weekend
        (date(2025, 3, 26), True),
        (date(2025, 5, 8), True),  # no transfer in May 2025
        (date(2025, 6, 6), False),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
        (date(2026, 5, 11), False),  # 9 May was a Saturday
        (date(2026, 5, 27), False),
        (date(2026, 10, 26), False),  # 25 October was a Sunday
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
    ],
)
def test_known_days(day: date, works: bool) -> None:
    assert is_working_day(day) is works


@pytest.mark.parametrize("year", YEARS)
def test_a_holiday_on_a_weekend_gives_the_next_working_day_off(year: int) -> None:
    """Law on holidays, article 5; the religious days and the moved ones give none (Labour Code, article 84(5))."""
    calendar = holidays(year)
    religious = {"Orthodox Christmas", "Kurban Ait"}
    fixed = {(1, 1), (1, 2), (3, 8), (3, 21), (3, 22), (3, 23), (5, 1), (5, 7), (5, 9), (7, 6), (10, 25), (12, 16)}
    fixed |= {(8, 30)} if year < 2026 else {(3, 15)} if year > 2026 else set()
    expected = {date(year, *day) for day in fixed}
    for day in sorted(expected):
        if day.weekday() >= 5:
            substitute = day + DAY
            while substitute.weekday() >= 5 or substitute in expected:
                substitute += DAY
            expected.add(substitute)
    off = {day for day, name in calendar.days_off.items() if name not in religious}
    swapped = {date(2025, 1, 3)} if year == 2025 else set()
    assert off == expected | swapped
    assert len(calendar.days_off) == len(off) + 2


@pytest.mark.parametrize(("year", "worked"), [(2025, 246), (2026, 247), (2027, 247)])
def test_working_days_of_a_year(year: int, worked: int) -> None:
    assert sum(is_working_day(day) for day in days_of(year)) == worked


@pytest.mark.parametrize("year", [2024, 2028])
def test_a_year_without_a_calendar_is_an_error(year: int) -> None:
    with pytest.raises(CalendarError) as caught:
        holidays(year)
    assert isinstance(caught.value, LawError)
    for lang in LANGUAGES:
        assert str(year) in say(caught.value.message, lang)
    with pytest.raises(CalendarError):
        add_working_days(date(2027, 12, 30), 5)
    # From October on the calendar of the next year is missed.
    assert missing_calendars(date(2027, 9, 30)) == ()
    assert missing_calendars(date(2027, 10, 1)) == (2028,)


def test_uncertain_days_are_known_as_such() -> None:
    assert set(open_days(date(2026, 1, 1), date(2027, 3, 15))) == {date(2026, 8, 31), date(2027, 3, 15)}
    assert open_days(date(2025, 1, 1), date(2026, 8, 30)) == {}
    assert date(2027, 5, 16) in open_days(date(2027, 5, 1), date(2027, 5, 31))


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        (date(2026, 11, 20), 3, date(2026, 11, 25)),  # Friday; the weekend between
        (date(2026, 11, 21), 3, date(2026, 11, 25)),  # Saturday: the same three days
        (date(2026, 11, 22), 1, date(2026, 11, 23)),
        (date(2025, 12, 31), 3, date(2026, 1, 8)),  # over the New Year, the weekend and 7 January
        (date(2025, 1, 2), 2, date(2025, 1, 6)),  # Sunday 5 January is worked
        (date(2026, 3, 20), 1, date(2026, 3, 26)),  # the five days of Nauryz 2026
        (date(2026, 3, 20), 10, date(2026, 4, 8)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
    ],
)
def test_terms_count_working_days_after_the_first(start: date, term: int, end: date) -> None:
    assert add_working_days(start, term) == end


def test_a_negative_term_is_a_defect() -> None:
    with pytest.raises(ValueError, match="-1 working days"):
        add_working_days(date(2026, 1, 8), -1)


def test_a_pause_stops_the_clock() -> None:
    """The commission's ten days stand still during a site inspection (order № 327)."""
    start = date(2026, 11, 2)
    inspection = Validity(date(2026, 11, 9), date(2026, 11, 16))
    assert add_working_days(start, 10) == date(2026, 11, 16)
    assert add_working_days(start, 10, [inspection]) == date(2026, 11, 23)
    assert working_days_between(start, date(2026, 11, 23), [inspection]) == 10
    assert add_working_days(date(2026, 11, 9), 0, [inspection]) == date(2026, 11, 16)


@given(
    days,
    st.integers(0, 15),
    st.lists(st.builds(lambda d, n: Validity(d, d + DAY * n), days, st.integers(1, 20)), max_size=2),
)
def test_adding_and_counting_agree(start: date, term: int, pauses: list[Validity]) -> None:
    try:
        end = add_working_days(start, term, pauses)
    except CalendarError:  # the pauses carry the term over the end of the last calendar
        assert start.year == 2027
        return
    if term:
        assert working_days_between(start, end, pauses) == term
    assert is_working_day(end)
    assert not any(pause.covers(end) for pause in pauses)


@given(days)
def test_the_next_working_day_is_the_first_one(day: date) -> None:
    found = next_working_day(day)
    assert found >= day
    assert is_working_day(found)
    assert working_days_between(day - DAY, found) == 1


def test_nothing_lies_between_a_day_and_an_earlier_one() -> None:
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 23)) == 0
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 2)) == 0


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"holiday": [{"on": date(2026, 5, 1), "name": "a"}] * 2}, "2026-05-01 is listed twice"),
        ({"holiday": [{"on": date(2025, 5, 1), "name": "a"}]}, "2025-05-01 is not in 2026"),
        (
            {"holiday": [{"on": date(2026, 5, 4), "for": date(2026, 5, 1), "name": "a"}]},
            "2026-05-04 makes good for 2026-05-01, which is no weekend day",
        ),
        (
            {"moved": [{"on": date(2026, 5, 4), "for": date(2026, 5, 8), "name": "a"}]},
            "2026-05-04 is worked for 2026-05-08, but only a weekend day can be",
        ),
    ],
)
def test_a_wrong_calendar_names_its_faults(table: dict[str, object], fault: str) -> None:
    with pytest.raises(CalendarError) as caught:
        read_year(2026, table)
    assert fault in str(caught.value)


# Quarters


@pytest.mark.parametrize(
    ("day", "quarter", "first", "last"),
    [
        (date(2026, 1, 1), Quarter(2026, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 2, 29), Quarter(2024, 1), date(2024, 1, 1), date(2024, 3, 31)),
        (date(2026, 4, 1), Quarter(2026, 2), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 9, 30), Quarter(2026, 3), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 12, 31), Quarter(2026, 4), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters_have_their_days(day: date, quarter: Quarter, first: date, last: date) -> None:
    assert Quarter.of(day) == quarter
    assert (quarter.first_day, quarter.last_day) == (first, last)
    assert quarter.cumulative == Validity.through(date(first.year, 1, 1), last)


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        (Quarter(2025, 1), date(2025, 4, 25)),
        (Quarter(2025, 2), date(2025, 7, 25)),
        (Quarter(2025, 3), date(2025, 10, 28)),  # Saturday and Republic Day; Monday makes good for it
        (Quarter(2025, 4), date(2026, 1, 26)),  # Sunday
        (Quarter(2026, 1), date(2026, 4, 27)),  # Saturday
        (Quarter(2026, 4), date(2027, 1, 25)),
    ],
)
def test_reports_are_due_on_the_25th_or_the_next_working_day(quarter: Quarter, due: date) -> None:
    """Order № 260; domain rule 22: 25 Apr, 25 Jul, 25 Oct, 25 Jan."""
    assert due_on(quarter) == due


def test_other_days_of_the_month_after_a_quarter() -> None:
    """Order № 327: producers update by the 5th, the register is monitored by the 10th."""
    assert due_on(Quarter(2026, 3), "verification.producer_update_day") == date(2026, 10, 5)
    assert due_on(Quarter(2026, 3), "verification.monitoring_day") == date(2026, 10, 12)


def test_quarters_follow_each_other() -> None:
    assert [str(quarter) for quarter in quarters(Quarter(2025, 3), Quarter(2026, 2))] == [
        "2025-Q3",
        "2025-Q4",
        "2026-Q1",
        "2026-Q2",
    ]
    assert list(quarters(Quarter(2026, 2), Quarter(2026, 1))) == []
    with pytest.raises(ValueError, match="no quarter 5"):
        Quarter(2026, 5)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_quarter_holds_its_days(day: date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert Quarter.of(quarter.last_day + DAY) == quarter.following


# Validity


def test_a_span_is_half_open() -> None:
    span = Validity(date(2025, 1, 1), date(2026, 1, 1))
    assert not span.covers(date(2024, 12, 31))
    assert span.covers(date(2025, 1, 1))
    assert span.covers(date(2025, 12, 31))
    assert not span.covers(date(2026, 1, 1))


def test_a_span_through_its_last_day_holds_it() -> None:
    span = Validity.through(date(2024, 2, 28), date(2024, 2, 29))
    assert span == Validity(date(2024, 2, 28), date(2024, 3, 1))
    assert span.covers(date(2024, 2, 29))
    assert not span.covers(date(2024, 3, 1))
    assert Validity.through(None, date(2025, 12, 31)).covers(date(2025, 12, 31))


def test_open_spans() -> None:
    assert Validity().covers(date.min)
    assert Validity(date(2026, 1, 1)).covers(date.max)
    assert not Validity(None, date(2026, 1, 1)).covers(date(2026, 1, 1))


@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 2)])
def test_a_span_is_never_empty(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="holds no day"):
        Validity(date(2026, 1, start), date(2026, 1, end))


@given(*[st.one_of(st.none(), st.integers(1, 10))] * 4)
def test_spans_overlap_when_they_share_a_day(a: int | None, b: int | None, c: int | None, d: int | None) -> None:
    def span(first: int | None, last: int | None) -> Validity:
        ends = [day if day is None else date(2026, 1, day) for day in (first, last)]
        if None not in ends:
            ends.sort()
        return Validity.through(*ends)

    one, other = span(a, b), span(c, d)
    shared = any(one.covers(day) and other.covers(day) for day in days_of(2025)[-5:] + days_of(2026)[:20])
    assert one.overlaps(other) is other.overlaps(one) is shared
