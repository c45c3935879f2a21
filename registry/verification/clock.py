"""How long a case may still take: working days of its stage, the days of visits left out. Pure.

Source: the terms of config/law/verification.toml (order № 327 of 27.08.2025, the model for this register).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from registry import law
from registry.calendar import Quarter, Validity, add_working_days, due_on, working_days_between
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


class Passed(NamedTuple):
    """A step of the case: the state it led to, and the legal day."""

    state: CaseState
    on: date


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the stage that a case is in.

    due_on: its last day. days_left: working days after today up to it, negative where it has passed. ends_on: the last
    day of the whole, if each stage that follows takes its whole term. paused_until: the last day of a visit that goes
    on today. term: what the law gives the stage.
    """

    stage: CaseState
    started_on: date
    due_on: date
    days_left: int
    ends_on: date
    paused_until: date | None
    term: Parameter[int]

    @property
    def overdue(self) -> bool:
        """Whether its last day has passed."""
        return self.days_left < 0

    @property
    def assumptions(self) -> tuple[Message, ...]:
        """The open reading of the law that the term rests on, if it does."""
        return (self.term.assumption,) if self.term.is_open else ()


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
    if kind is CaseKind.MONITORING and quarter is not None and (stage is CaseState.AWAITING or stage in _TERMS):
        name = UPDATE_DAY if stage is CaseState.AWAITING else MONITORING_DAY
        due = due_on(quarter, name)
        term = law.on(quarter.following.first_day).count(name)
        return Clock(stage, _entered(passed, stage), due, _left(on, due), due_on(quarter, MONITORING_DAY), None, term)
    if stage not in _TERMS:
        return None
    started = _entered(passed, stage)
    term = law.on(started).count(_TERMS[stage])
    pauses = (*spans, *_away(passed, stage)) if stage is CaseState.REVIEW else ()
    due = add_working_days(started, term.value, pauses)
    ends = due
    for later in _STAGES[_STAGES.index(stage) + 1 :]:
        ends = add_working_days(ends, law.on(started).count(_TERMS[later]).value)
    return Clock(stage, started, due, _left(on, due, pauses), ends, paused_until, term)


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
