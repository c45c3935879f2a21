"""What the days bring by themselves: quarterly checks opened and missed, documents that run out. Nothing here commits.

Each is harmless to repeat: a quarter has one case of a supplier, a case is missed once, a letter has its reference.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry import law, messages
from registry.accounts.models import Account
from registry.accounts.queries import owner_id
from registry.accounts.rules import Actor
from registry.calendar import CalendarError, Quarter, Validity, due_on
from registry.errors import RegistryError
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import document, lasts_until
from registry.suppliers.models import Supplier
from registry.suppliers.queries import supplier
from registry.verification import confirmed, effects, queries, rules, steps
from registry.verification.clock import LATE_SHIFTS, MONITORING_DAY, UPDATE_DAY, last_day
from registry.verification.models import Case, CaseKind, CaseLine, CaseState, Move
from registry.verification.steps import STATE_LANG, Address
from registry.wording import Message, Param

logger = logging.getLogger(__name__)

PROGRAM: Final = Actor("monitoring")
# Suppliers that one call takes, so that its transaction stays short.
BATCH: Final = 200
_DAY: Final = timedelta(days=1)
_FOR_EVER: Final = date.max


class Monitored(NamedTuple):
    """What a call did: quarterly checks opened, and missed. done: whether another call would find nothing. failed:
    suppliers and cases of which it could do nothing; each is logged."""

    opened: int
    missed: int
    done: bool
    failed: int = 0


def open_monitoring(session: Session, on: date, now: datetime, *, address: Address, limit: int = BATCH) -> Monitored:
    """Open the quarterly checks that are due on the day `on`, and close those for which no update came.

    Checked is each supplier of which something was confirmed on the quarter's last day and still is, if it listed it on
    any day of the quarter: what was withdrawn just then may be listed again. A check of the quarter before is opened on
    whichever day it is found to be lacking, so a program that stood still makes up for it, and its days are counted
    from then on; one of which the last day has passed is missed: the check has failed, and what follows from that
    follows. Without the calendar of the year nothing can be due, and nothing is opened or missed before there is one.
    At most `limit` suppliers at a call.
    """
    quarter = Quarter.of(Quarter.of(on).first_day - _DAY)
    opened, failed = _open(session, quarter, on, now, address, limit) if _to_open(quarter, on) else (0, 0)
    missed, more = _miss(session, on, now, address, limit - opened)
    return Monitored(opened, missed, opened + missed < limit, failed + more)


def _to_open(quarter: Quarter, on: date) -> bool:
    try:
        in_time = on <= due_on(quarter, MONITORING_DAY)
        last_day(quarter, MONITORING_DAY, on)
    except CalendarError as error:
        logger.warning("quarterly checks of %s are not opened: %s", quarter, error)
        return False
    return in_time or law.on(quarter.following.first_day).flag(LATE_SHIFTS).value


def _each(session: Session, ids: Iterable[int], limit: int, step: Callable[[int], None]) -> tuple[int, int]:
    """Take a step of so many ids until `limit` is reached; one of which it fails stops no other's. Returns of how many
    it was taken, and of how many not."""
    taken = failed = 0
    for id in ids:
        if taken >= limit:
            break
        try:
            with session.begin_nested():
                step(id)
        except RegistryError as error:
            logger.warning("quarterly checks, %s %s: %s", step.__name__, id, error)
            failed += 1
        else:
            taken += 1
    return taken, failed


def _open(session: Session, quarter: Quarter, on: date, now: datetime, address: Address, limit: int) -> tuple[int, int]:
    span = Validity.through(quarter.first_day, quarter.last_day)
    then = confirmed.confirmed_lines(session, quarter.last_day, listed=span)
    there = set(session.scalars(select(Case.supplier_id).where(Case.quarter == str(quarter))))
    if not then.keys() - there:
        return 0, 0
    held = confirmed.confirmed_lines(session, on, listed=Validity())
    owed = {
        supplier_id: {one: held[supplier_id][one] for one in lines.keys() & held.get(supplier_id, {}).keys()}
        for supplier_id, lines in then.items()
    }
    said: dict[str, Param] = {"quarter": rules.in_words(quarter), "due": last_day(quarter, UPDATE_DAY, on)}

    def open_for_supplier(supplier_id: int) -> None:
        case = steps.new_case(
            CaseKind.MONITORING, supplier_id, CaseState.AWAITING, actor=PROGRAM, now=now, quarter=str(quarter)
        )
        steps.opened(session, case, on=on, actor=PROGRAM, now=now)
        session.execute(
            insert(CaseLine),
            [
                {
                    "case_id": case.id,
                    "product_id": product_id,
                    "evidence_kind": fact.kind,
                    "evidence_number": fact.number,
                }
                for product_id, fact in sorted(owed[supplier_id].items())
            ],
        )
        steps.tell(session, case, "update", on=on, address=address, now=now, **said)

    lacking = sorted(supplier_id for supplier_id, lines in owed.items() if lines and supplier_id not in there)
    return _each(session, lacking, limit, open_for_supplier)


def _miss(session: Session, on: date, now: datetime, address: Address, limit: int) -> tuple[int, int]:
    """Checks whose last day has passed without the producer's update."""
    awaiting = session.scalars(select(Case).where(Case.state == CaseState.AWAITING).order_by(Case.id))
    late = {case.id: case for case in awaiting if (last := queries.update_until(case)) is not None and last < on}
    values = {"decided_on": on, "submitted_on": on}

    def miss_case(id: int) -> None:
        case = late[id]
        steps.take(session, case, Move.MISSED, on=on, actor=PROGRAM, now=now, reasons=("no_update",), values=values)
        effects.refused(session, case, on=on, actor=PROGRAM, address=address, now=now)

    return _each(session, late, limit, miss_case)


def wind_anew(session: Session, on: date) -> int:
    """Reckon the last day of cases of which it could not be when they came; returns of how many it can now."""
    waiting = select(Case).where(Case.due_on.is_(None), Case.state.in_(rules.ALIVE), Case.state != CaseState.DRAFT)
    cases = session.scalars(waiting.order_by(Case.id)).all()
    for case in cases:
        steps.wind(session, case, on)
    return sum(case.due_on is not None for case in cases)


def remind(session: Session, on: date, now: datetime, *, address: Address) -> int:
    """Write to suppliers whose confirmed documents run out in 60, 30 or 7 days, once each; returns how many letters.

    A reminder that was missed is made up for by the next that is not past. address: of a good's page at the desk. One
    letter speaks of one document, however many lines it proves.
    """
    found: dict[tuple[int, str, str, date, int], list[int]] = {}
    then = law.on(on)
    for supplier_id, held in confirmed.confirmed_lines(session, on).items():
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
        sent += _remind(session, supplier_id, said, reference, partial(address, products[0]), on, now)
    return sent


def _remind(
    session: Session,
    supplier_id: int,
    said: dict[str, Any],
    reference: str,
    page: Callable[[str], str],
    on: date,
    now: datetime,
) -> bool:
    bin = session.scalars(select(Supplier.bin).where(Supplier.id == supplier_id)).one()
    owner = owner_id(session, bin)
    person = session.get(Account, owner) if owner is not None else None
    row = supplier(session, bin, on, own=True)
    to, lang = (person.email, person.lang) if person else (row.email, STATE_LANG)
    if not to:
        return False
    values = {**said, "supplier": row.name, "address": page(lang)}
    return messages.queue(
        session,
        to=to,
        lang=lang,
        subject=Message("cases.letter.reminder.subject", values),
        body=Message("cases.letter.reminder.body", values),
        now=now,
        reference=reference,
    )
