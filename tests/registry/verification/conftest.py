"""What tests of verification share."""

from __future__ import annotations

import pytest

from registry import calendar
from registry.calendar import CalendarError, YearCalendar
from registry.wording import Message


@pytest.fixture
def no_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2027 and later there is no calendar of working days."""
    known = calendar.holidays

    def holidays(year: int) -> YearCalendar:
        if year >= 2027:
            raise CalendarError(Message("calendar.year", {"year": year}))
        return known(year)

    monkeypatch.setattr(calendar, "holidays", holidays)
