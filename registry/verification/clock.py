"""How long a case may still take: working days of its stage, the days of visits left out. Pure.

Source: the terms of config/law/verification.toml (order № 327 of 27.08.2025, the model for this register).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from registry import law
from registry.calendar import (
    CalendarError,
    Quarter,
    Validity,
    add_working_days,
    due_on,
    next_working_day,
    working_days_between,
)
from registry.law import Parameter
from registry.verification.models import CaseKind, CaseState
from registry.wording import Message

_DAY: Final = timedelta(days=1)
_TERMS: Final = {
    CaseState.CHECKING: "verification.automatic_check",
    CaseState.REVIEW: "verification.commission",
    CaseState.DECISION: "verification.decision",
}
_STAGES: Final = tuple(_TERMS)
UPDATE_DAY: Final = "verification.producer_update_day"
MONITORING_DAY: Final = "verification.monitoring_day"
LATE_SHIFTS: Final = "verification.late_check_shifts"
_T = TypeVar("_T")


class Passed(NamedTuple):
    """A step of the case: the state it led to, and the legal day."""

    state: CaseState
    on: date


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the stage that a case is in.

    due_on: its last day. days_left: working days after today up to it, negative where it has passed. ends_on: the last
    day of the whole, if each stage that follows takes its whole term. paused_until: the last day of a visit that goes
    on today. term: what the law gives the stage. shifted: the reading by which a quarterly check that was opened late
    has other days than the law names. unknown: why what is None of the days cannot be reckoned, as without the
    calendar of a year.
    """

    stage: CaseState
    started_on: date
    due_on: date | None
    days_left: int | None
    ends_on: date | None
    paused_until: date | None
    term: Parameter[int]
    overdue: bool
    shifted: Parameter[bool] | None = None
    unknown: Message | None = None

    @property
    def assumptions(self) -> tuple[Message, ...]:
        """The open readings of the law that it rests on; of the term, which is told beside it, whose reading it is."""
        term = (self.term.openness,) if self.term.is_open else ()
        shifted = (self.shifted.assumption,) if self.shifted is not None and self.shifted.is_open else ()
        return (*term, *shifted)


def clock(
    kind: CaseKind,
    passed: Sequence[Passed],
    *,
    quarter: Quarter | None = None,
    visits: Iterable[Validity] = (),
    on: date,
) -> Clock | None:
    """The clock of a case on the day `on`; None where nobody's runs: in a draft, and once it is over.

    passed: its steps, the oldest first. visits: their days. A term is that of the law on the day the stage began.
    """
    stage = passed[-1].state if passed else CaseState.DRAFT
    spans = tuple(visits)
    pause = next((span.end for span in spans if span.covers(on)), None)
    paused_until = pause - _DAY if pause is not None and stage is CaseState.REVIEW else None
    monitored = quarter if kind is CaseKind.MONITORING else None
    if stage not in _TERMS and not (monitored and stage is CaseState.AWAITING):
        return None
    started = _entered(passed, stage)
    shifted = None
    known = _Known()
    if monitored is not None:
        name = UPDATE_DAY if stage is CaseState.AWAITING else MONITORING_DAY
        term = law.on(monitored.following.first_day).count(name)
        pauses: Sequence[Validity] = ()
        paused_until = None
        shifted = known(_shifting, monitored, passed[0].on)
        due = known(last_day, monitored, name, passed[0].on)
        ends = known(last_day, monitored, MONITORING_DAY, passed[0].on)
    else:
        term = law.on(started).count(_TERMS[stage])
        pauses = (*spans, *_away(passed, stage)) if stage is CaseState.REVIEW else ()
        due = known(add_working_days, started, term.value, pauses)
        ends = due and known(_whole, stage, started, due)
    left = None if due is None else known(_left, on, due, pauses)
    overdue = due is not None and on > due
    return Clock(stage, started, due, left, ends, paused_until, term, overdue, shifted, known.why_not)


class _Known:
    """Reckons what can be reckoned, and keeps why the rest cannot: of a year without a calendar no day is guessed."""

    def __init__(self) -> None:
        self.why_not: Message | None = None

    def __call__(self, reckon: Callable[..., _T], *given: Any) -> _T | None:
        try:
            return reckon(*given)
        except CalendarError as error:
            self.why_not = self.why_not or error.message
            return None


def _whole(stage: CaseState, started: date, due: date) -> date:
    """The last day of the stages that follow one, each of its whole term."""
    for later in _STAGES[_STAGES.index(stage) + 1 :]:
        due = add_working_days(due, law.on(started).count(_TERMS[later]).value)
    return due


def last_day(quarter: Quarter, name: str, opened_on: date) -> date:
    """The day of the month after a quarter up to which something of its check is done. Raises CalendarError.

    Of a check that was opened when the day of the producer's update had passed, as after a standstill, the days are
    counted from then on, as many as the month would have had: nobody fails for what they were not asked for.
    """
    due = due_on(quarter, name)
    if _shifting(quarter, opened_on) is None:
        return due
    then = law.on(quarter.following.first_day)
    shifted = opened_on + timedelta(days=then.count(name).value - 1)
    return next_working_day(shifted) if then.flag("reporting.due_day_rolls").value else shifted


def _shifting(quarter: Quarter, opened_on: date) -> Parameter[bool] | None:
    """The reading by which the days of a check that was opened on that day are shifted; None if they are not."""
    shifts = law.on(quarter.following.first_day).flag(LATE_SHIFTS)
    return shifts if shifts.value and opened_on > due_on(quarter, UPDATE_DAY) else None


def _entered(passed: Sequence[Passed], stage: CaseState) -> date:
    """When the stage began: a review that was sent back goes on, a decision that is to be signed anew begins anew."""
    if stage is CaseState.REVIEW:
        return next(step.on for step in passed if step.state is stage)
    began = len(passed) - 1
    while began and passed[began - 1].state is stage:
        began -= 1
    return passed[began].on


def _away(passed: Sequence[Passed], stage: CaseState) -> Iterable[Validity]:
    """The days between leaving the stage and coming back to it."""
    left: date | None = None
    been = False
    for step in passed:
        if step.state is stage:
            if left is not None and left < step.on:
                yield Validity(left + _DAY, step.on + _DAY)
            been, left = True, None
        elif been and left is None:
            left = step.on


def _left(on: date, due: date, pauses: Iterable[Validity] = ()) -> int:
    if on <= due:
        return working_days_between(on, due, pauses)
    # A day that is not worked is no delay yet, but the last day has passed all the same.
    return -max(1, working_days_between(due, on))
