"""What a supplier states of its organisation: people, sites, premises, permits, machines, what it does for others and
when it is free to. The only writers of these; nothing here commits.

A thing that is taken off the profile ends on that day and stays in the database: who had which machine when is asked
for years later. So does what it said before, in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.audit import Change
from registry.dated import end, holds_on, revise
from registry.errors import NotFound, RuleBroken
from registry.explain import Violation
from registry.suppliers.models import (
    Equipment,
    FreeCapacity,
    Held,
    Operation,
    Permit,
    Premises,
    Site,
    Staff,
    Supplier,
    Tenure,
)
from registry.wording import Message

# By the word that addresses and the audit know them by.
KINDS: Final[dict[str, type[Any]]] = {
    "site": Site,
    "premises": Premises,
    "equipment": Equipment,
    "permit": Permit,
    "operation": Operation,
    "free_capacity": FreeCapacity,
}
_FIRST_YEAR: Final = 1850


@dataclass(frozen=True, slots=True)
class SiteLine:
    """What is stated of a site of production."""

    name: str
    kato: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class PremisesLine:
    """What is stated of premises."""

    name: str
    tenure: Tenure
    area_m2: Decimal | None = None
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class PermitLine:
    """What is stated of a permit."""

    name: str
    number: str
    issuer: str | None = None
    issued_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class EquipmentLine:
    """What is stated of a machine."""

    name: str
    model: str | None = None
    year: int | None = None
    country: str | None = None
    serial: str | None = None
    capacity_per_year: Decimal | None = None
    unit: str | None = None
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class OperationLine:
    """What is stated of an operation that is done."""

    name: str
    kpved: str | None = None
    note: str | None = None
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class FreeLine:
    """What is stated of capacity that is free between two days, both included."""

    operation_id: int
    from_on: date
    to_on: date
    amount: Decimal | None = None
    unit: str | None = None
    note: str | None = None


ProfileLine = SiteLine | PremisesLine | PermitLine | EquipmentLine | OperationLine | FreeLine
_KIND_OF: Final = {
    SiteLine: "site",
    PremisesLine: "premises",
    PermitLine: "permit",
    EquipmentLine: "equipment",
    OperationLine: "operation",
    FreeLine: "free_capacity",
}


def check_line(line: ProfileLine, on: date) -> tuple[Violation, ...]:
    """What stands against stating this on that day; empty if nothing does."""
    wrong: list[tuple[str, str, dict[str, Any]]] = []
    match line:
        case PermitLine(issued_on=issued, expires_on=expires) if issued and expires and expires < issued:
            wrong.append(("profile.dates", "expires_on", {}))
        case EquipmentLine(year=year) if year is not None and not _FIRST_YEAR <= year <= on.year:
            wrong.append(("profile.year", "year", {"first": str(_FIRST_YEAR), "last": str(on.year)}))
        case FreeLine(from_on=begins, to_on=ends) if ends < begins:
            wrong.append(("profile.dates", "to_on", {}))
        case EquipmentLine(capacity_per_year=amount, unit=unit) if amount is not None and not unit:
            wrong.append(("profile.unit", "unit", {}))
        case FreeLine(to_on=ends) if ends < on:
            wrong.append(("profile.past", "to_on", {}))
        case FreeLine(amount=amount, unit=unit) if amount is not None and not unit:
            wrong.append(("profile.unit", "unit", {}))
    return tuple(Violation(code, field, Message(code, values)) for code, field, values in wrong)


@by(LISTERS)
def save_staff(
    session: Session, bin: str, *, total: int, kazakhstani: int, on: date, actor: Actor, now: datetime
) -> None:
    """State how many people the supplier employs from the day `on`. Raises RuleBroken where more are citizens."""
    supplier_id = _own(session, bin, actor)
    if kazakhstani > total:
        raise RuleBroken([Violation("profile.staff", "kazakhstani", Message("profile.staff"))])
    wanted = {supplier_id: {"total": total, "kazakhstani": kazakhstani}}
    changes = revise(session, Staff, "supplier_id", wanted, on=on)
    audit.record(
        session,
        [
            Change("changed", "staff", supplier_id, changed.before, {**changed.after, "on": on})
            for changed in changes.values()
        ],
        actor=actor,
        now=now,
    )


@by(LISTERS)
def add(session: Session, bin: str, line: ProfileLine, *, on: date, actor: Actor, now: datetime) -> int:
    """Put a thing on the supplier's profile; returns its id. Raises RuleBroken where something stands against it,
    NotFound where it names a site or an operation that is not the supplier's."""
    supplier_id = _own(session, bin, actor)
    values = _values(session, supplier_id, line, on)
    kind = _KIND_OF[type(line)]
    made = KINDS[kind](supplier_id=supplier_id, created_at=now, valid_from=on, valid_to=None, **values)
    session.add(made)
    session.flush()
    told = {name: value for name, value in values.items() if value is not None}
    _record(session, "added", kind, made.id, None, {**told, "supplier_id": supplier_id}, actor, now)
    return int(made.id)


@by(LISTERS)
def change(session: Session, bin: str, id: int, line: ProfileLine, *, on: date, actor: Actor, now: datetime) -> None:
    """Correct what is said of a thing of the supplier's profile. Raises as `add`, NotFound if there is none such."""
    supplier_id = _own(session, bin, actor)
    kind = _KIND_OF[type(line)]
    held = _held(session, kind, supplier_id, id)
    values = _values(session, supplier_id, line, on)
    differing = {name: value for name, value in values.items() if getattr(held, name) != value}
    if not differing:
        return
    before = {name: getattr(held, name) for name in differing}
    for name, value in differing.items():
        setattr(held, name, value)
    if kind == "operation" and "name" in differing:
        # Free capacity carries its operation's name, by which it is found.
        for free in session.scalars(select(FreeCapacity).where(FreeCapacity.operation_id == id)):
            free.name = values["name"]
    session.flush()
    _record(session, "changed", kind, id, before, {**differing, "name": values["name"]}, actor, now)


@by(LISTERS)
def take_off(session: Session, bin: str, kind: str, id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Take a thing off the supplier's profile from the day `on`, and with an operation its free capacity.

    kind: one of KINDS. Raises NotFound if there is none such.
    """
    supplier_id = _own(session, bin, actor)
    held = _held(session, kind, supplier_id, id)
    ended: list[tuple[str, Held]] = [(kind, held)]
    if kind == "operation":
        free = select(FreeCapacity).where(FreeCapacity.operation_id == id, FreeCapacity.valid_to.is_(None))
        ended += [("free_capacity", one) for one in session.scalars(free)]
    for word, one in reversed(ended):
        _record(session, "ended", word, one.id, {"name": one.name}, {"on": on}, actor, now)
        one.valid_to = on
    session.flush()


@by(LISTERS)
def clear(session: Session, bin: str, *, on: date, actor: Actor, now: datetime) -> None:
    """Take everything off the supplier's profile from the day `on`."""
    supplier_id = _own(session, bin, actor)
    people = session.scalars(select(Staff).where(Staff.supplier_id == supplier_id, holds_on(Staff, on))).one_or_none()
    if people is not None:
        end(session, Staff, [(people.id, people.valid_from)], on=on)
        _record(session, "ended", "staff", supplier_id, None, {"on": on}, actor, now)
    for kind, model in KINDS.items():
        for held in session.scalars(select(model).where(model.supplier_id == supplier_id, model.valid_to.is_(None))):
            _record(session, "ended", kind, held.id, {"name": held.name}, {"on": on}, actor, now)
            held.valid_to = on
    session.flush()


def _own(session: Session, bin: str, actor: Actor) -> int:
    """The supplier's id, its row locked: things of a profile are changed one after the other."""
    check_speaks_for(actor, bin)
    found = session.scalars(select(Supplier.id).where(Supplier.bin == bin).with_for_update()).one_or_none()
    if found is None:
        raise NotFound(Message("register.supplier.not_found", {"bin": bin}))
    return found


def _held(session: Session, kind: str, supplier_id: int, id: int) -> Any:
    held = session.get(KINDS[kind], id)
    if held is None or held.supplier_id != supplier_id or held.valid_to is not None:
        raise NotFound(Message("profile.not_found", {"id": str(id)}))
    return held


def _values(session: Session, supplier_id: int, line: ProfileLine, on: date) -> Mapping[str, Any]:
    """By column; what the line points to must be the supplier's own."""
    if violations := check_line(line, on):
        raise RuleBroken(violations)
    values = asdict(line)
    if values.get("site_id") is not None:
        _held(session, "site", supplier_id, values["site_id"])
    if isinstance(line, FreeLine):
        values["name"] = _held(session, "operation", supplier_id, line.operation_id).name
    return values


def _record(
    session: Session,
    action: str,
    kind: str,
    id: int,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(session, [Change(action, kind, id, before, after)], actor=actor, now=now)
