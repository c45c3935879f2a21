"""The only writers of suppliers. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from registry import audit
from registry.audit import Change
from registry.bulk import Outcome
from registry.dated import chunks, revise
from registry.errors import Overtaken
from registry.suppliers.models import Supplier, SupplierVersion
from registry.suppliers.queries import supplier
from registry.suppliers.rules import Contacts, SupplierLine
from registry.wording import Message


def take_in(
    session: Session, lines: Mapping[int, SupplierLine], *, on: date, actor: str, now: datetime
) -> tuple[dict[int, Outcome], set[int]]:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    Returns what became of each line, and the ids of suppliers that existed and changed: their goods stand otherwise in
    the index. Of two lines about one supplier the last one counts. The check digit follows from the number and is not
    dated.
    """
    by_bin = {line.bin: line for line in lines.values()}
    ids = ids_of(session, by_bin)
    created = [bin_ for bin_ in by_bin if bin_ not in ids]
    if created:
        rows = [{"bin": bin_, "bin_check": by_bin[bin_].bin_check, "version": 1, "created_at": now} for bin_ in created]
        stored = session.execute(insert(Supplier).returning(Supplier.bin, Supplier.id), rows)
        ids.update(stored.all())
    new = {ids[bin_] for bin_ in created}
    changes = revise(
        session,
        SupplierVersion,
        "supplier_id",
        {ids[bin_]: _content(line) for bin_, line in by_bin.items()},
        on=on,
        new=new,
    )
    changed = changes.keys() - new
    if changed:
        session.connection().execute(
            update(Supplier.__table__)  # type: ignore[arg-type]
            .where(Supplier.__table__.c.id == bindparam("supplier_id"))
            .values(version=Supplier.__table__.c.version + 1),
            [{"supplier_id": supplier_id} for supplier_id in changed],
        )
    audit.record(
        session,
        [
            Change("added" if key in new else "changed", "supplier", key, revised.before, {**revised.after, "on": on})
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    outcomes = {
        number: Outcome.ADDED
        if ids[line.bin] in new
        else Outcome.CHANGED
        if ids[line.bin] in changed
        else Outcome.UNCHANGED
        for number, line in lines.items()
    }
    return outcomes, changed


def save_contacts(
    session: Session, bin: str, contacts: Contacts, *, version: int, on: date, actor: str, now: datetime
) -> set[int]:
    """Change how a supplier is reached from the day `on`; returns its id where it changed, as `take_in` does.

    version: the supplier's when its editor read it. Raises NotFound if there is no such supplier on that day, Overtaken
    if it has another version by now.
    """
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
    return take_in(session, {0: line}, on=on, actor=actor, now=now)[1]


def ids_of(session: Session, bins: Collection[str]) -> dict[str, int]:
    """The ids of those suppliers that exist, by БИН/ИИН."""
    found: dict[str, int] = {}
    for piece in chunks(bins):
        found.update(session.execute(select(Supplier.bin, Supplier.id).where(Supplier.bin.in_(piece))).all())
    return found


def _content(line: SupplierLine) -> dict[str, Any]:
    values = asdict(line)
    del values["bin"], values["bin_check"]
    return values | {"name_key": line.name_key}
