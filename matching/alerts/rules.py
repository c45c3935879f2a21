"""What may be watched, and when letters come: pure."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from typing import Final

from config.settings import TIME_ZONE
from registry.explain import Violation
from registry.wording import Message

# A search that finds more cannot be watched: what is new in it would be no news, and each look would read it all.
MOST_HITS: Final = 1_000
# Searches of one person: each costs a look at every change of the register.
MOST_WATCHES: Final = 20
NAME_MAX: Final = 200
QUESTION_MAX: Final = 4_000
# Lines of one letter; the list on the portal has the rest.
MOST_LINES: Final = 20
# Letters of the day come when people in Almaty sit down to work, those of the week on a Monday.
DECENT_HOUR: Final = time(9, 0)


def key_of(kind: str, scope: str, question: str) -> str:
    """The digest of what is asked: equal where the same is."""
    return hashlib.sha256(f"{kind}\n{scope}\n{question}".encode()).hexdigest()


def check_search(question: str, found: int, watched: int) -> tuple[Violation, ...]:
    """What stands against watching a search; empty if nothing does.

    found: how much it finds now; watched: how many searches the person watches already.
    """
    if not question:
        return (_against("alerts.search.empty"),)
    if len(question) > QUESTION_MAX:
        return (_against("alerts.search.long"),)
    if found > MOST_HITS:
        return (_against("alerts.search.wide", found=found, most=MOST_HITS),)
    if watched >= MOST_WATCHES:
        return (_against("alerts.search.many", most=MOST_WATCHES),)
    return ()


def morning(on: date) -> datetime:
    """When the letters of a day are written."""
    return datetime.combine(on, DECENT_HOUR, TIME_ZONE)


def week_of(on: date) -> str:
    """The name of the week in which a day lies; weeks begin on Mondays."""
    year, week, _ = on.isocalendar()
    return f"{year}-{week:02d}"


def _against(code: str, **values: int) -> Violation:
    return Violation(code, "question", Message(code, values))
