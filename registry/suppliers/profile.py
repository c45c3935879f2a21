"""What a supplier states of its organisation: people, sites, premises, permits, machines, what it does for others and
when it is free to. The only writers of these; nothing here commits.

What is said of a thing from a later day leaves what was said before in a row of its own, and a thing that is taken off
ends on that day and stays: who had which machine when is asked for years later (domain.md §10.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.audit import Change
from registry.dated import end, holds_on, is_open, revise
from registry.errors import NotFound, Overtaken, RuleBroken
from registry.explain import Violation
from registry.suppliers.models import (
    KEY_LENGTH,
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
from registry.suppliers.words import write_words
from registry.text import fold_key
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
    """What is stated of an operation that is done, named in at least one language."""

    name_ru: str | None = None
    kpved: str | None = None
    note: str | None = None
    site_id: int | None = None
    name_kk: str | None = None
    name_en: str | None = None

    @property
    def name(self) -> str:
        """By which it is known where only one is: the first of the names in Russian, Kazakh, English."""
        return self.name_ru or self.name_kk or self.name_en or ""


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
    """Everything that stands against stating this on that day."""
    wrong: list[tuple[str, str, dict[str, Any]]] = []
    match line:
        case PermitLine(issued_on=issued, expires_on=expires):
            if issued and expires and expires < issued:
                wrong.append(("profile.dates", "expires_on", {}))
        case EquipmentLine(year=year, capacity_per_year=amount, unit=unit):
            if year is not None and not _FIRST_YEAR <= year <= on.year:
                wrong.append(("profile.year", "year", {"first": str(_FIRST_YEAR), "last": str(on.year)}))
            if amount is not None and not unit:
                wrong.append(("profile.unit", "unit", {}))
        case OperationLine(name=""):
            wrong.append(("profile.operation_name", "name_ru", {}))
        case FreeLine(from_on=begins, to_on=ends, amount=amount, unit=unit):
            if ends < begins:
                wrong.append(("profile.dates", "to_on", {}))
            elif ends < on:
                wrong.append(("profile.past", "to_on", {}))
            if amount is not None and not unit:
                wrong.append(("profile.unit", "unit", {}))
    return tuple(Violation(code, field, Message(code, values)) for code, field, values in wrong)


@by(LISTERS)
def save_staff(
    session: Session,
    bin: str,
    *,
    total: int,
    kazakhstani: int,
    version: int | None = None,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    """State how many people the supplier employs from the day `on`.

    version: as its editor read it, 0 where nothing was stated; None for whoever read nothing. Raises RuleBroken where
    more are citizens, Overtaken where it was changed meanwhile.
    """
    supplier_id = _own(session, bin, actor)
    if kazakhstani > total:
        raise RuleBroken([Violation("profile.staff", "kazakhstani", Message("profile.staff"))])
    held = select(Staff.version).where(Staff.supplier_id == supplier_id, Staff.valid_to.is_(None))
    now_at = session.scalars(held).one_or_none() or 0
    if version is not None and version != now_at:
        raise Overtaken(Message("profile.overtaken"))
    wanted = {supplier_id: {"total": total, "kazakhstani": kazakhstani}}
    changes = revise(session, Staff, "supplier_id", wanted, on=on, stamp={"version": now_at + 1})
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
    made = KINDS[kind](supplier_id=supplier_id, created_at=now, valid_from=on, valid_to=None, **values, **_keys(line))
    session.add(made)
    session.flush()
    made.thing_id = made.id
    session.flush()
    if isinstance(made, FreeCapacity):
        write_words(session, [(made, session.get_one(Operation, made.operation_id))])
    told = {name: value for name, value in values.items() if value is not None}
    _record(session, "added", kind, made.id, None, {**told, "supplier_id": supplier_id}, actor, now)
    return int(made.id)


@by(LISTERS)
def change(
    session: Session,
    bin: str,
    id: int,
    line: ProfileLine,
    *,
    version: int | None = None,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Say something else of a thing of the supplier's profile from the day `on`.

    version: as its editor read it; None for whoever read nothing. Raises as `add`, NotFound if there is none such,
    Overtaken where it was changed meanwhile.
    """
    supplier_id = _own(session, bin, actor)
    kind = _KIND_OF[type(line)]
    held = _held(session, kind, supplier_id, id)
    if version is not None and version != held.version:
        raise Overtaken(Message("profile.overtaken"))
    values = _values(session, supplier_id, line, on)
    differing = {name: value for name, value in values.items() if getattr(held, name) != value}
    if not differing:
        return
    before = {name: getattr(held, name) for name in differing}
    _restate(session, held, {**differing, **_keys(line)}, on)
    if isinstance(held, FreeCapacity):
        write_words(session, [(held, session.get_one(Operation, held.operation_id))])
    elif isinstance(held, Operation):
        free = session.scalars(select(FreeCapacity).where(FreeCapacity.operation_id == id, is_open(FreeCapacity))).all()
        for one in free:
            # What is free carries its operation's name, by which the history tells it.
            if one.name != held.name:
                _restate(session, one, {"name": held.name}, on)
        write_words(session, [(one, held) for one in free])
    _record(session, "changed", kind, id, before, {**differing, "name": values["name"]}, actor, now)


def _restate(session: Session, held: Any, values: Mapping[str, Any], on: date) -> None:
    """Let the thing's row say this from the day `on`, and another row what it said before, if it did on any day."""
    if held.valid_from < on:
        own = {column.name: getattr(held, column.name) for column in held.__table__.c if column.name != "id"}
        session.execute(insert(type(held)).values({**own, "valid_to": on}))
        held.valid_from = on
    for name, value in values.items():
        setattr(held, name, value)
    held.version += 1
    session.flush()


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
    if isinstance(line, OperationLine):
        values["name"] = line.name
    return values


def _keys(line: ProfileLine) -> Mapping[str, str | None]:
    """What a thing is compared by, which is nothing stated itself."""
    if not isinstance(line, EquipmentLine):
        return {}
    serial = fold_key(line.serial)[:KEY_LENGTH] or None if line.serial else None
    return {"machine_key": fold_key(line.model or line.name)[:KEY_LENGTH], "serial_key": serial}


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
