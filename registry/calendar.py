"""Legal days, working days, reporting periods, spans of validity. Pure; the days off are data of config/law."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Self

from config.settings import TIME_ZONE
from registry import law
from registry.law import LawError
from registry.wording import Message

_DAY = timedelta(days=1)
_SATURDAY = 5


class CalendarError(LawError):
    """Working days are asked of a year that has no calendar, or the calendar's file is wrong."""


def legal_day(now: datetime) -> date:
    """The day it is in Kazakhstan at an aware moment. A naive one is a defect: ValueError."""
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone has no legal day")
    return now.astimezone(TIME_ZONE).date()


@dataclass(frozen=True, slots=True)
class Validity:
    """A span of legal days, `start` <= day < `end`; open at a side that is None. It is never empty: ValueError."""

    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"a span from {self.start} to {self.end} holds no day")

    @classmethod
    def through(cls, first: date | None, last: date | None) -> Self:
        """The span of a document that names its last day: both days belong to it."""
        return cls(first, None if last is None else last + _DAY)

    def covers(self, on: date) -> bool:
        """Whether a legal day belongs to the span."""
        return (self.start is None or self.start <= on) and (self.end is None or on < self.end)

    def overlaps(self, other: "Validity") -> bool:
        """Whether the two spans share a day."""
        return _before(self.start, other.end) and _before(other.start, self.end)


@dataclass(frozen=True, slots=True)
class YearCalendar:
    """The days of a year that differ from the plain week, and those of which that is not confirmed."""

    days_off: Mapping[date, str]
    worked_weekends: frozenset[date]
    open_days: Mapping[date, str]


@cache
def holidays(year: int) -> YearCalendar:
    """The calendar of a year: days off by name. A year without one raises CalendarError."""
    table = law.table("holidays").get(str(year))
    if table is None:
        raise CalendarError(Message("calendar.year", {"year": year}))
    return read_year(year, table)


def read_year(year: int, table: Mapping[str, Any]) -> YearCalendar:
    """The calendar that a table of holidays.toml says. Raises CalendarError naming every fault."""
    problems = []
    off: dict[date, str] = {}
    worked: set[date] = set()
    for row in (*table.get("holiday", ()), *table.get("religious", ())):
        if row["on"] in off:
            problems.append(f"{row['on']} is listed twice")
        if "for" in row and (_is_weekday(row["for"]) or not _is_weekday(row["on"])):
            problems.append(f"{row['on']} makes good for {row['for']}, which is no weekend day, or is one itself")
        off[row["on"]] = row["name"]
    for row in table.get("moved", ()):
        if _is_weekday(row["on"]) or not _is_weekday(row["for"]):
            problems.append(f"{row['on']} is worked for {row['for']}, but only a weekend day can be, for a weekday")
        worked.add(row["on"])
        off[row["for"]] = row["name"]
    problems += [f"{day} is not in {year}" for day in (*off, *worked) if day.year != year]
    if problems:
        raise CalendarError(Message("law.files", {"problems": f"holidays {year}: {'; '.join(problems)}"}))
    return YearCalendar(off, frozenset(worked), {row["on"]: row["note"] for row in table.get("open", ())})


def is_working_day(day: date) -> bool:
    """Whether a day is worked in a five-day week."""
    calendar = holidays(day.year)
    return day in calendar.worked_weekends or (_is_weekday(day) and day not in calendar.days_off)


def next_working_day(day: date) -> date:
    """The day itself if it is worked, else the next one that is."""
    while not is_working_day(day):
        day += _DAY
    return day


def add_working_days(start: date, days: int, pauses: Iterable[Validity] = ()) -> date:
    """The day on which a term of so many working days ends; the day it starts on does not count.

    pauses: spans in which the clock stands still. A term of 0 days ends on the next working day that is in no pause,
    the start included. Negative days are a defect: ValueError.
    """
    if days < 0:
        raise ValueError(f"a term of {days} working days")
    spans = tuple(pauses)
    day = start
    while not days and not _counts(day, spans):
        day += _DAY
    while days:
        day += _DAY
        days -= _counts(day, spans)
    return day


def working_days_between(start: date, end: date, pauses: Iterable[Validity] = ()) -> int:
    """Working days after `start` up to and with `end`, those in a pause left out; 0 if `end` is not later."""
    spans = tuple(pauses)
    return sum(_counts(start + _DAY * step, spans) for step in range(1, (end - start).days + 1))


def open_days(start: date, end: date) -> dict[date, str]:
    """Days from `start` to `end`, both counted, of which it is not confirmed whether they are worked, and why."""
    return {
        day: note
        for year in range(start.year, end.year + 1)
        for day, note in holidays(year).open_days.items()
        if start <= day <= end
    }


def missing_calendars(on: date) -> tuple[int, ...]:
    """Years of which working days are asked by a day, or soon are, and that have no calendar."""
    wanted = law.on(on).month_day("verification.calendar_wanted").value.in_year(on.year)
    years = (on.year, on.year + 1) if on >= wanted else (on.year,)
    return tuple(year for year in years if str(year) not in law.table("holidays"))


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A reporting period: a quarter of a calendar year, number 1..4, else ValueError."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 4:
            raise ValueError(f"there is no quarter {self.number}")

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter that a day belongs to."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.following.first_day - _DAY

    @property
    def following(self) -> "Quarter":
        """The quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def cumulative(self) -> Validity:
        """What a report for it covers: the year up to its end."""
        return Validity(date(self.year, 1, 1), self.following.first_day)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


def due_on(quarter: Quarter, parameter: str = "reporting.due_day") -> date:
    """The last day on which a report for the quarter is in time.

    parameter: which day of the month after the quarter, of config/law. The law in force on the first day of that month
    decides, also whether a day that is not worked moves to the next working day.
    """
    first = quarter.following.first_day
    in_force = law.on(first)
    due = first.replace(day=in_force.count(parameter).value)
    return next_working_day(due) if in_force.flag("reporting.due_day_rolls").value else due


def quarters(first: Quarter, last: Quarter) -> Iterator[Quarter]:
    """Every quarter from the first to the last, both counted."""
    while first <= last:
        yield first
        first = first.following


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _counts(day: date, pauses: tuple[Validity, ...]) -> bool:
    return is_working_day(day) and not any(pause.covers(day) for pause in pauses)


def _before(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start < end
