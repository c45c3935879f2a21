"""The only writers of suppliers. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import stated
from registry.accounts.models import AccountRole
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.errors import Overtaken
from registry.stated import Stated
from registry.suppliers.models import Supplier, SupplierVersion
from registry.suppliers.queries import supplier
from registry.suppliers.rules import Contacts, SupplierLine
from registry.wording import Message


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in(
    session: Session,
    lines: Mapping[int, SupplierLine],
    *,
    absent: Set[str] = frozenset(),
    on: date,
    actor: Actor,
    now: datetime,
) -> Stated:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    The goods of suppliers that existed and changed stand otherwise in the index. Of two lines about one supplier the
    last one counts. The check digit follows from the number and is not dated. absent: columns of which the lines say
    nothing.
    """
    return _state(session, lines, absent=absent, on=on, actor=actor, now=now)


def _state(
    session: Session,
    lines: Mapping[int, SupplierLine],
    *,
    absent: Set[str] = frozenset(),
    on: date,
    actor: Actor,
    now: datetime,
) -> Stated:
    return stated.state(
        session,
        Supplier,
        SupplierVersion,
        lines,
        key=("bin",),
        content=_content,
        fixed=lambda line: {"bin_check": line.bin_check},
        absent={"role" if column == "kind" else column for column in absent},
        on=on,
        actor=actor,
        now=now,
    )


@by(LISTERS)
def save_contacts(
    session: Session, bin: str, contacts: Contacts, *, version: int, on: date, actor: Actor, now: datetime
) -> set[int]:
    """Change how a supplier is reached from the day `on`; returns its id where it changed.

    version: the supplier's when its editor read it. Raises NotFound if there is no such supplier on that day, Overtaken
    if it has another version by now.
    """
    check_speaks_for(actor, bin)
    # Locked before its version is read: of two who save at once the second waits, and then sees the first one's.
    locked = select(Supplier.version).where(Supplier.bin == bin).with_for_update()
    now_at = session.scalars(locked).one_or_none()
    held = supplier(session, bin, on)
    if now_at != version:
        raise Overtaken(Message("register.supplier.overtaken", {"name": held.name}))
    line = SupplierLine(
        bin=held.bin,
        bin_check=held.bin_check,
        name=held.name,
        role=held.role,
        kato=held.kato,
        oked=held.oked,
        address=contacts.address,
        email=contacts.email,
        phone=contacts.phone,
    )
    return _state(session, {0: line}, on=on, actor=actor, now=now).changed


def ids_of(session: Session, bins: Collection[str]) -> dict[str, int]:
    """The ids of those suppliers that exist, by БИН/ИИН."""
    found = stated.ids_of(session, Supplier, ("bin",), [(bin,) for bin in bins])
    return {bin: supplier_id for (bin,), supplier_id in found.items()}


def _content(line: SupplierLine) -> dict[str, Any]:
    values = asdict(line)
    del values["bin"], values["bin_check"]
    return values | {"name_key": line.name_key}
