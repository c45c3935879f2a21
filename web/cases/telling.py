"""A case as both desks show it: its clock, lines, checks and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup
from sqlalchemy.orm import Session

from registry.accounts.models import Account
from registry.suppliers.queries import SupplierRow
from registry.verification import queries, reasons
from registry.verification.checks import for_supplier
from registry.verification.clock import Clock
from registry.verification.models import (
    Case,
    CaseCheck,
    CaseEvent,
    CaseProtocol,
    CaseVisit,
    CheckResult,
    Move,
    Outcome,
)
from registry.verification.rules import OVER, in_words
from registry.wording import Message
from web.formats import as_named

_WORST_FIRST = (CheckResult.FAIL, CheckResult.DOUBT, CheckResult.UNKNOWN, CheckResult.OK)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything of a case that is shown of it on either side."""

    case: Case
    supplier: SupplierRow
    clock: Clock | None
    lines: Sequence[queries.Line]
    checks: Sequence[CaseCheck]
    events: Sequence[CaseEvent]
    visits: Sequence[CaseVisit]
    protocols: Sequence[CaseProtocol]
    first: Case | None
    appeal: Case | None
    expert: str | None
    to_supplier: bool

    @property
    def name(self) -> Message:
        """What the case is called: what is asked, and its number."""
        kind = Message(f"cases.kind.{self.case.kind}")
        return Message("web.cases.named", {"kind": kind, "number": self.case.id})

    @property
    def quarter(self) -> Message | None:
        """The quarter that it is of, in words."""
        quarter = queries.quarter_of(self.case)
        return in_words(quarter) if quarter else None

    @property
    def outcome(self) -> Message | None:
        """How it ended, in the words of its kind; None while it has not."""
        if self.case.decided_on is None:
            return None
        return Message(f"cases.outcome.{self.case.kind}.{Outcome(self.case.state)}")

    @property
    def over(self) -> bool:
        """Whether nothing more is done in it."""
        return self.case.state in OVER

    @property
    def decision(self) -> CaseEvent | None:
        """The step that decided it; None while it is not decided."""
        ends = (Move.GRANTED, Move.REFUSED, Move.MISSED)
        return next((one for one in reversed(self.events) if one.move in ends), None)

    def line_name(self, product_id: int | None) -> Markup | None:
        """The name of a line of the case in the reader's language, as it is now or as it was submitted."""
        for line in self.lines:
            if line.row.product_id == product_id:
                return as_named(line.named)
        return None

    def found(self, check: CaseCheck) -> Message:
        """What a check found: of others that share something its supplier is not told who they are."""
        message = Message.from_json(check.message)
        return for_supplier(message) if self.to_supplier else message

    def reasons(self, event: CaseEvent | CaseProtocol) -> tuple[Message, ...]:
        """Why, in the words of the list."""
        return reasons.said(event.reasons or ())


def told(session: Session, case: Case, on: date, *, to_supplier: bool) -> Told:
    """The case as it stands on a day."""
    held = queries.checks(session, case.id)
    expert = session.get(Account, case.assigned_id) if case.assigned_id is not None else None
    return Told(
        case=case,
        supplier=queries.supplier_of(session, case, on),
        clock=queries.clocks(session, [case], on)[case.id],
        lines=queries.lines(session, case.id, on),
        checks=sorted(held, key=lambda one: (_WORST_FIRST.index(one.result), one.id)),
        events=queries.events(session, case.id),
        visits=queries.visits(session, case.id),
        protocols=queries.protocols(session, case.id),
        first=queries.case(session, case.appeal_of_id) if case.appeal_of_id is not None else None,
        appeal=queries.appeal_of(session, case.id),
        expert=expert.name if expert else None,
        to_supplier=to_supplier,
    )
