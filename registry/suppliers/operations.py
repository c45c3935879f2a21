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
from registry.errors import Conflict, Overtaken, RuleBroken
from registry.explain import Violation
from registry.stated import Stated
from registry.suppliers.models import Supplier, SupplierVersion
from registry.suppliers.queries import SupplierRow, supplier
from registry.suppliers.rules import SupplierLine
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
    """Make the register say from the day `on` what the lines of a file of the institute's state, and show it.

    The goods of suppliers that existed and changed stand otherwise in the index. Of two lines about one supplier the
    last one counts. The check digit follows from the number and is not dated. absent: columns of which the lines say
    nothing.
    """
    return _state(session, lines, absent=absent, on=on, published=True, actor=actor, now=now)


def register(session: Session, line: SupplierLine, *, on: date, actor: Actor, now: datetime) -> int:
    """Keep a supplier of whose number the register knew nothing, unpublished until somebody has proven to speak for it;
    for whoever has seen that the person may register it.

    Returns its id. Raises Conflict where there is one.
    """
    if ids_of(session, [line.bin]):
        raise Conflict(Message("register.supplier.exists", {"bin": line.bin}))
    _state(session, {0: line}, on=on, published=False, actor=actor, now=now)
    return ids_of(session, [line.bin])[line.bin]


@by(LISTERS)
def describe(session: Session, line: SupplierLine, *, version: int, on: date, actor: Actor, now: datetime) -> set[int]:
    """Change what is said of a supplier from the day `on`, by whoever acts for it; returns its id where it changed.

    The name of one that is published, which is what was proven, is its owner's to change. version: the supplier's when
    its editor read it. Raises Overtaken if it has another by now, RuleBroken for another's name.
    """
    check_speaks_for(actor, line.bin)
    held = _check_version(session, line.bin, version, on)
    if actor.role is AccountRole.EDITOR and held.published and line.name != held.name:
        said = Message("register.supplier.name_of_owner")
        raise RuleBroken([Violation(said.code, "name", said)])
    return _state(session, {0: line}, on=on, actor=actor, now=now).changed


def publish(session: Session, line: SupplierLine, *, on: date, actor: Actor, now: datetime) -> set[int]:
    """Show a supplier as its owner describes it, for whoever has seen the proof; returns its id where it changed."""
    return _state(session, {0: line}, on=on, published=True, actor=actor, now=now).changed


def _check_version(session: Session, bin: str, version: int, on: date) -> SupplierRow:
    """The supplier as it stands, its row locked: of two who save at once the second waits, and sees the first one's."""
    locked = select(Supplier.version).where(Supplier.bin == bin).with_for_update()
    now_at = session.scalars(locked).one_or_none()
    held = supplier(session, bin, on, own=True)
    if now_at != version:
        raise Overtaken(Message("register.supplier.overtaken", {"name": held.name}))
    return held


def _state(
    session: Session,
    lines: Mapping[int, SupplierLine],
    *,
    absent: Set[str] = frozenset(),
    on: date,
    published: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Stated:
    """published: whether others may read of these suppliers from that day; None leaves it as it is."""
    shown = {} if published is None else {"published": published}
    return stated.state(
        session,
        Supplier,
        SupplierVersion,
        lines,
        key=("bin",),
        content=lambda line: {**_content(line), **shown},
        fixed=lambda line: {"bin_check": line.bin_check},
        absent={"role" if column == "kind" else column for column in absent},
        on=on,
        actor=actor,
        now=now,
    )


def ids_of(session: Session, bins: Collection[str]) -> dict[str, int]:
    """The ids of those suppliers that exist, by БИН/ИИН."""
    found = stated.ids_of(session, Supplier, ("bin",), [(bin,) for bin in bins])
    return {bin: supplier_id for (bin,), supplier_id in found.items()}


def _content(line: SupplierLine) -> dict[str, Any]:
    values = asdict(line)
    del values["bin"], values["bin_check"]
    return values | {"name_key": line.name_key}
