"""What may become of a case, who may have to do with it, and what its steps must say. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NoReturn

from registry import law
from registry.calendar import Quarter
from registry.catalogue.details import Details
from registry.catalogue.models import ProductKind
from registry.errors import RuleBroken
from registry.evidence.formulas import check_costs
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.rules import assuming
from registry.explain import Violation
from registry.law import Parameter
from registry.text import fold_key
from registry.verification.models import CaseKind, CaseState, Ground, Move, Outcome
from registry.verification.reasons import against, reasons_on
from registry.wording import Message

TEXT_LENGTH: Final = 10_000
NAME_LENGTH: Final = 200
# Of a visit. Source: order № 327, the model; domain.md §5.
VISITORS: Final = 3
# From where which step leads where; what is not here cannot be done.
NEXT: Final[Mapping[CaseState, Mapping[Move, CaseState]]] = {
    CaseState.DRAFT: {Move.SUBMITTED: CaseState.CHECKING, Move.WITHDRAWN: CaseState.WITHDRAWN},
    CaseState.AWAITING: {Move.UPDATED: CaseState.CHECKING, Move.MISSED: CaseState.REFUSED},
    CaseState.CHECKING: {
        **dict.fromkeys((Move.CHECKED, Move.ANSWERED), CaseState.CHECKING),
        Move.ASSIGNED: CaseState.REVIEW,
        Move.WITHDRAWN: CaseState.WITHDRAWN,
    },
    CaseState.REVIEW: {
        **dict.fromkeys(
            (
                Move.CHECKED,
                Move.ASSIGNED,
                Move.ASKED,
                Move.ANSWERED,
                Move.VISIT_ORDERED,
                Move.VISIT_ENDED,
                Move.VISIT_CANCELLED,
            ),
            CaseState.REVIEW,
        ),
        Move.CONCLUDED: CaseState.DECISION,
        Move.WITHDRAWN: CaseState.WITHDRAWN,
    },
    CaseState.DECISION: {
        Move.RETURNED: CaseState.REVIEW,
        Move.GRANTED: CaseState.GRANTED,
        Move.REFUSED: CaseState.REFUSED,
        Move.WITHDRAWN: CaseState.WITHDRAWN,
    },
    # That the supplier was told of what follows is written down in the case that it follows from.
    CaseState.GRANTED: {},
    CaseState.REFUSED: {Move.NOTICED: CaseState.REFUSED},
    CaseState.WITHDRAWN: {},
}
OVER: Final = frozenset({CaseState.GRANTED, CaseState.REFUSED, CaseState.WITHDRAWN})
ALIVE: Final = frozenset(CaseState) - OVER
# Where a case is the institute's to work on.
AT_DESK: Final = frozenset({CaseState.CHECKING, CaseState.REVIEW, CaseState.DECISION})
# While the supplier may still send documents.
TAKES_FILES: Final = frozenset({CaseState.DRAFT, CaseState.AWAITING, CaseState.CHECKING, CaseState.REVIEW})
_REORGANISED: Final = frozenset({Ground.MERGER, Ground.ACCESSION, Ground.DIVISION, Ground.SPIN_OFF})


@dataclass(frozen=True, slots=True)
class Costs:
    """What a unit of a line costs its producer, told for a case alone and never shown to others; tenge without VAT."""

    foreign_cost: Decimal | None = None
    whole_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Inputs(Costs):
    """What a line is examined with besides what is listed: its costs, and the organisation's staff."""

    staff_total: int | None = None
    staff_domestic: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a producer states of a line for a quarter. details: all of the line's, output and price among them."""

    costs: Costs
    capacity_per_year: Decimal | None
    details: Details


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a commission concludes. lines: product ids to be confirmed, of an admission; reasons: codes of the list."""

    outcome: Outcome
    on: date
    members: tuple[str, ...]
    lines: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A line of a case that is to be submitted: what is listed, the document that proves it, what was told of it."""

    good: Good
    fact: EvidenceFact | None
    inputs: Inputs


def after(state: CaseState, move: Move) -> CaseState:
    """The state that a step leads to. Raises RuleBroken where it cannot be taken."""
    following = NEXT[state].get(move)
    if following is None:
        _break("cases.move", "", state=Message(f"cases.state.{state}"))
    return following


def check_takes_files(state: CaseState) -> None:
    """Raise RuleBroken where nobody reads what would be sent: a commission has concluded, or the case is over."""
    if state not in TAKES_FILES:
        _break("cases.files", "files", state=Message(f"cases.state.{state}"))


def check_withdrawable(kind: CaseKind, ground: Ground | None, *, concluded: bool) -> None:
    """Raise RuleBroken for a case that is not the supplier's own wish: what the law asks for cannot be taken back; nor
    can what a commission has concluded on, or a refusal would be dodged."""
    own = kind in (CaseKind.ADMISSION, CaseKind.APPEAL) or ground is Ground.REQUEST
    if not own:
        _break("cases.not_withdrawable", "", kind=Message(f"cases.kind.{kind}"))
    if concluded:
        _break("cases.not_withdrawable.concluded", "")


def check_appeal(kind: CaseKind, state: CaseState, refused_lines: int) -> None:
    """Raise RuleBroken where there is nothing to appeal against: only a decision that went against the supplier is, and
    one on an appeal goes to a court."""
    went_against = {
        CaseKind.ADMISSION: state is CaseState.REFUSED or (state is CaseState.GRANTED and refused_lines > 0),
        CaseKind.MONITORING: state is CaseState.REFUSED,
        CaseKind.EXCLUSION: state is CaseState.GRANTED,
        CaseKind.APPEAL: False,
    }
    if not went_against[kind]:
        _break("cases.appeal.court" if kind is CaseKind.APPEAL else "cases.appeal.nothing", "")


def appeal_term(decided_on: date) -> tuple[date, Parameter[int]]:
    """The last day on which a decision may be appealed against, and what the law says of it."""
    term = law.on(decided_on).count("verification.appeal")
    return decided_on + timedelta(days=term.value), term


def check_appeal_term(decided_on: date, on: date) -> None:
    """Raise RuleBroken once the time to appeal is over."""
    last, term = appeal_term(decided_on)
    if on > last:
        raise RuleBroken([_limited("cases.appeal.late", "", term, last=last)])


def check_ground(ground: Ground) -> None:
    """Raise RuleBroken for what is no ground of exclusion: a mere change of legal form (domain.md §5, §9 rule 42)."""
    if ground is Ground.TRANSFORMATION:
        _break("cases.ground.transformation.no_ground", "ground")


def reason_of(ground: Ground) -> str:
    """The reason of the list that a ground of exclusion stands for."""
    if ground in _REORGANISED:
        return "reorganisation"
    return ground.value


def check_text(text: str | None, field: str = "text") -> tuple[Violation, ...]:
    """What stands against words that a step needs; empty if nothing does."""
    if not text or not text.strip():
        return (_violation("cases.text", field),)
    if len(text) > TEXT_LENGTH:
        return (_violation("cases.long", field, n=TEXT_LENGTH),)
    return ()


def check_told(costs: Costs) -> tuple[Violation, ...]:
    """What stands against the costs of a line; empty if nothing does. Source: domain.md §9 rule 9."""
    foreign, whole = costs.foreign_cost, costs.whole_cost
    if foreign is None and whole is None:
        return ()
    if foreign is None or whole is None:
        return (_violation("cases.inputs.both", "whole_cost" if whole is None else "foreign_cost"),)
    return check_costs(foreign, whole)


def of_line(product_id: int, violations: Iterable[Violation]) -> list[Violation]:
    """Violations of a line's fields, each named with its line."""
    return [replace(one, field=f"line-{product_id}-{one.field}") for one in violations]


def check_submission(lines: Sequence[Offered], *, published: bool = True) -> tuple[Violation, ...]:
    """What stands against submitting such lines to be confirmed; empty if nothing does.

    published: whether somebody has proven to speak for the supplier; what is confirmed of it is read by everybody.
    A good needs a document of origin; works and services have none, but a criterion: the share of Kazakhstani staff
    (domain.md §10.4), so the organisation's staff must be known.
    """
    if not published:
        return (_violation("cases.unproven", ""),)
    if not lines:
        return (_violation("cases.lines", ""),)
    found: list[Violation] = []
    unproven = [line for line in lines if line.fact is None]
    for line in unproven:
        if line.good.kind is ProductKind.GOODS:
            found.append(_violation("cases.line.document", f"line-{line.good.id}", name=line.good.named))
    if any(line.good.kind is not ProductKind.GOODS and not line.inputs.staff_total for line in unproven):
        found.append(_violation("cases.staff", "staff-total"))
    return tuple(found)


def check_visit(
    people: Sequence[str], starts_on: date, ends_on: date, on: date, *, visited: int = 0
) -> tuple[Violation, ...]:
    """What stands against ordering such a visit on the day `on`; empty if nothing does. visited: the days of the case's
    visits so far.

    It is not ordered for days that have passed: it would stop a clock that has run out. Nor far ahead, nor without
    end: the supplier waits meanwhile.
    """
    found: list[Violation] = []
    within, most = law.on(on).count("verification.visit_within"), law.on(on).count("verification.visit_days")
    if len({" ".join(one.split()).casefold() for one in people if one.strip()}) < VISITORS:
        found.append(_violation("cases.visit.people", "people", n=VISITORS))
    if any(len(one) > NAME_LENGTH for one in people):
        found.append(_violation("cases.long", "people", n=NAME_LENGTH))
    if starts_on < on:
        found.append(_violation("cases.visit.past", "starts_on", on=on))
    elif starts_on > (last := on + timedelta(days=within.value)):
        found.append(_limited("cases.visit.far", "starts_on", within, last=last))
    if ends_on < starts_on:
        found.append(_violation("cases.visit.dates", "ends_on"))
    elif visited + (ends_on - starts_on).days + 1 > most.value:
        found.append(_limited("cases.visit.long", "ends_on", most, n=most.value, left=max(most.value - visited, 0)))
    return tuple(found)


def check_visit_cancel(starts_on: date, text: str | None, on: date) -> tuple[Violation, ...]:
    """What stands against cancelling a visit on the day `on`: one that has begun is ended, with what was found."""
    if starts_on < on:
        return (_violation("cases.visit.begun", "text", first=starts_on),)
    return check_text(text)


def check_visit_end(starts_on: date, ends_on: date, ended_on: date, findings: str, on: date) -> tuple[Violation, ...]:
    """What stands against closing a visit: it has begun, it did not last longer than it was ordered for, and it found
    something."""
    found = list(check_text(findings, "findings"))
    if not starts_on <= ended_on <= min(ends_on, on):
        found.append(_violation("cases.visit.ended", "ended_on", first=starts_on, last=min(ends_on, on)))
    return tuple(found)


def check_proposal(
    kind: CaseKind,
    proposal: Proposal,
    *,
    lines: Collection[int],
    submitted_on: date,
    on: date,
    kept_out: Collection[str] = (),
) -> tuple[Violation, ...]:
    """What stands against concluding so; empty if nothing does. lines: what the case is about. kept_out: names of those
    who must not sit on the commission.

    A decision against the supplier names reasons of the list of that day and says more in words: domain.md §9 rule 40.
    """
    found: list[Violation] = []
    members = [one for one in proposal.members if one.strip()]
    least = law.on(on).count("verification.commission_members")
    if len({_name_key(one) for one in members}) < least.value:
        found.append(_limited("cases.protocol.members", "members", least, n=least.value))
    barred = {_name_key(one) for one in kept_out}
    if sat := tuple(one for one in members if _name_key(one) in barred):
        found.append(_violation("cases.protocol.members_sat", "members", names=sat))
    if any(len(one) > NAME_LENGTH for one in members):
        found.append(_violation("cases.long", "members", n=NAME_LENGTH))
    if not submitted_on <= proposal.on <= on:
        found.append(_violation("cases.protocol.day", "on", first=submitted_on, last=on))
    if kind is CaseKind.ADMISSION:
        if proposal.outcome is Outcome.GRANTED and not proposal.lines:
            found.append(_violation("cases.protocol.lines", "lines"))
        if not set(proposal.lines) <= set(lines):
            found.append(_violation("cases.protocol.other_lines", "lines"))
    what = against(kind, proposal.outcome)
    partly = kind is CaseKind.ADMISSION and proposal.outcome is Outcome.GRANTED and set(proposal.lines) < set(lines)
    if partly:
        what = against(kind, Outcome.REFUSED)
    if what is not None:
        allowed = {one.code for one in reasons_on(on, what)}
        if not proposal.reasons or not set(proposal.reasons) <= allowed:
            found.append(_violation("cases.protocol.reasons", "reasons"))
        found += check_text(proposal.text)
    elif proposal.text and len(proposal.text) > TEXT_LENGTH:
        found.append(_violation("cases.long", "text", n=TEXT_LENGTH))
    return tuple(found)


def _name_key(name: str) -> frozenset[str]:
    """Equal for one name in whatever order and letters: А. Ли, ли а."""
    return frozenset(re.findall(r"\w+", fold_key(name)))


@dataclass(frozen=True, slots=True)
class Handing:
    """A case that waits for an expert, and the accounts that must not have it."""

    case_id: int
    barred: frozenset[int]


def balanced(cases: Iterable[Handing], load: Mapping[int, int]) -> dict[int, int]:
    """Who gets which case: each goes to whoever has the fewest and may have it; of equals to the lowest account number.

    load: how many cases every expert has now. A case that nobody may have is left out. The same question always has
    the same answer: nobody picks.
    """
    held = dict(load)
    given: dict[int, int] = {}
    for case in cases:
        free = [expert for expert in held if expert not in case.barred]
        if free:
            expert = min(free, key=lambda one: (held[one], one))
            held[expert] += 1
            given[case.case_id] = expert
    return given


def failed_running(checks: Iterable[tuple[Quarter, bool]]) -> int:
    """How many of the latest quarterly checks, running, went against the supplier. checks: (quarter, passed?).

    A quarter for which there was no check is between them: what was failed before it is not running with what was
    after.
    """
    count = 0
    later: Quarter | None = None
    for quarter, passed in sorted(checks, reverse=True):
        if passed or (later is not None and quarter.following != later):
            break
        count, later = count + 1, quarter
    return count


def in_words(quarter: Quarter) -> Message:
    """A quarter as people say it."""
    return Message("cases.quarter", {"number": quarter.number, "year": quarter.year})


# Days before the end of a document at which its holder is reminded.
REMINDERS: Final = (7, 30, 60)


def reminder(days_left: int) -> int | None:
    """Which reminder a document is due that ends in so many days: the nearest that is not past; None where none is.

    So one that was missed is made up for, and a document that came late is not reminded of thrice on one day.
    """
    return next((days for days in REMINDERS if 0 <= days_left <= days), None)


def _violation(code: str, field: str, **params: Any) -> Violation:
    return Violation(code, field, Message(code, params))


def _limited(code: str, field: str, rule: Parameter[int], **params: Any) -> Violation:
    """A violation of what the law says of a number; with the open reading that this is, if it is one."""
    said = Message(code, params)
    return Violation(code, field, assuming(said, (rule.assumption,)) if rule.is_open else said)


def _break(code: str, field: str, **params: Any) -> NoReturn:
    raise RuleBroken([_violation(code, field, **params)])


def named(people: Sequence[str]) -> tuple[str, ...]:
    """Names in single spaces, each once."""
    return tuple(dict.fromkeys(name for one in people if (name := " ".join(one.split()))))
