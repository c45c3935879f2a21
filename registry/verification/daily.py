"""What the days bring by themselves: quarterly checks opened and missed, documents that run out. Nothing here commits.

Each is harmless to repeat: a quarter has one case of a supplier, a case is missed once, a letter has its reference.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry import law, messages
from registry.accounts.models import Account
from registry.accounts.queries import owner_id
from registry.accounts.rules import Actor
from registry.calendar import Quarter, due_on
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import document, lasts_until
from registry.suppliers.models import Supplier
from registry.suppliers.queries import supplier
from registry.verification import effects, queries, rules, steps
from registry.verification.clock import MONITORING_DAY, UPDATE_DAY
from registry.verification.models import Case, CaseKind, CaseLine, CaseState, Move
from registry.verification.steps import STATE_LANG, Address
from registry.wording import Message, Param

PROGRAM: Final = Actor("monitoring")
# Suppliers that one call takes, so that its transaction stays short.
BATCH: Final = 200
_DAY: Final = timedelta(days=1)
_FOR_EVER: Final = date.max


class Monitored(NamedTuple):
    """What a call did: quarterly checks opened, and missed. done: whether another call would find nothing."""

    opened: int
    missed: int
    done: bool


def open_monitoring(session: Session, on: date, now: datetime, *, address: Address, limit: int = BATCH) -> Monitored:
    """Open the quarterly checks that are due on the day `on`, and close those for which no update came.

    Checked is each supplier of which something was confirmed on the quarter's last day and still is. A check is opened
    until its last day, so a program that stood still for a while makes up for it; one of which that day has passed is
    missed: the check has failed, and what follows from that follows. At most `limit` suppliers at a call.
    """
    quarter = Quarter.of(Quarter.of(on).first_day - _DAY)
    opened = _open(session, quarter, on, now, address, limit) if on <= due_on(quarter, MONITORING_DAY) else 0
    missed = _miss(session, on, now, address, limit - opened)
    return Monitored(opened, missed, opened + missed < limit)


def _open(session: Session, quarter: Quarter, on: date, now: datetime, address: Address, limit: int) -> int:
    then = queries.confirmed_lines(session, quarter.last_day)
    there = set(session.scalars(select(Case.supplier_id).where(Case.quarter == str(quarter))))
    if not then.keys() - there:
        return 0
    held = queries.confirmed_lines(session, on)
    chosen = sorted((then.keys() & held.keys()) - there)[:limit]
    due = due_on(quarter, UPDATE_DAY)
    for supplier_id in chosen:
        case = steps.new_case(
            CaseKind.MONITORING, supplier_id, CaseState.AWAITING, actor=PROGRAM, now=now, quarter=str(quarter)
        )
        steps.opened(session, case, on=on, actor=PROGRAM, now=now)
        facts = held[supplier_id]
        session.execute(
            insert(CaseLine),
            [
                {
                    "case_id": case.id,
                    "product_id": product_id,
                    "evidence_kind": fact.kind,
                    "evidence_number": fact.number,
                }
                for product_id, fact in facts.items()
            ],
        )
        said: dict[str, Param] = {"quarter": rules.in_words(quarter), "due": due}
        steps.tell(session, case, "update", on=on, address=address, now=now, **said)
    return len(chosen)


def _miss(session: Session, on: date, now: datetime, address: Address, limit: int) -> int:
    """Checks whose last day has passed without the producer's update."""
    awaiting = select(Case).where(Case.state == CaseState.AWAITING).order_by(Case.id)
    late = [
        case
        for case in session.scalars(awaiting)
        if (quarter := queries.quarter_of(case)) is not None and due_on(quarter, MONITORING_DAY) < on
    ][: max(limit, 0)]
    for case in late:
        values = {"decided_on": on, "submitted_on": on}
        steps.take(session, case, Move.MISSED, on=on, actor=PROGRAM, now=now, reasons=("no_update",), values=values)
        effects.refused(session, case, on=on, actor=PROGRAM, address=address, now=now)
    return len(late)


def remind(session: Session, on: date, now: datetime, *, address: Callable[[int], str]) -> int:
    """Write to suppliers whose confirmed documents run out in 60, 30 or 7 days, once each; returns how many letters.

    A reminder that was missed is made up for by the next that is not past. address: of a good's page at the desk. One
    letter speaks of one document, however many lines it proves.
    """
    found: dict[tuple[int, str, str, date, int], list[int]] = {}
    then = law.on(on)
    for supplier_id, held in queries.confirmed_lines(session, on).items():
        for product_id, fact in held.items():
            last = lasts_until(fact, then)
            days = rules.reminder((last - on).days) if last != _FOR_EVER else None
            if days is not None:
                found.setdefault((supplier_id, fact.kind, fact.number, last, days), []).append(product_id)
    sent = 0
    for (supplier_id, kind, number, last, days), products in sorted(found.items()):
        said: dict[str, Any] = {
            "document": document(EvidenceFact(kind, number, None, None, None, EvidenceStatus.CONFIRMED)),
            "last": last,
            "days": (last - on).days,
            "n": len(products),
        }
        reference = f"evidence:{supplier_id}:{kind}:{number}:{last}:{days}"
        sent += _remind(session, supplier_id, said, reference, address(products[0]), on, now)
    return sent


def _remind(
    session: Session, supplier_id: int, said: dict[str, Any], reference: str, address: str, on: date, now: datetime
) -> bool:
    bin = session.scalars(select(Supplier.bin).where(Supplier.id == supplier_id)).one()
    owner = owner_id(session, bin)
    person = session.get(Account, owner) if owner is not None else None
    row = supplier(session, bin, on, own=True)
    to, lang = (person.email, person.lang) if person else (row.email, STATE_LANG)
    if not to:
        return False
    values = {**said, "supplier": row.name, "address": address}
    return messages.queue(
        session,
        to=to,
        lang=lang,
        subject=Message("cases.letter.reminder.subject", values),
        body=Message("cases.letter.reminder.body", values),
        now=now,
        reference=reference,
    )
