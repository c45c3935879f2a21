"""The only writers of customers. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry import audit
from registry.audit import Change
from registry.bulk import Outcome, Subject
from registry.customers.models import Customer, CustomerVersion
from registry.customers.rules import COLUMNS, REQUIRED, CustomerLine, read_customer
from registry.dated import chunks, revise


def take_in(
    session: Session, lines: Mapping[int, CustomerLine], *, on: date, actor: str, now: datetime
) -> dict[int, Outcome]:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    Returns what became of each line. Of two lines about one customer the last one counts.
    """
    by_bin = {line.bin: line for line in lines.values()}
    ids: dict[str, int] = {}
    for piece in chunks(by_bin):
        ids.update(session.execute(select(Customer.bin, Customer.id).where(Customer.bin.in_(piece))).all())
    created = [bin for bin in by_bin if bin not in ids]
    if created:
        rows = [{"bin": bin, "bin_check": by_bin[bin].bin_check, "created_at": now} for bin in created]
        ids.update(session.execute(insert(Customer).returning(Customer.bin, Customer.id), rows).all())
    new = {ids[bin] for bin in created}
    content = {ids[bin]: {"name": line.name, "kato": line.kato} for bin, line in by_bin.items()}
    changes = revise(session, CustomerVersion, "customer_id", content, on=on, new=new)
    audit.record(
        session,
        [
            Change("added" if key in new else "changed", "customer", key, revised.before, {**revised.after, "on": on})
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    outcomes = {}
    for number, line in lines.items():
        known = Outcome.CHANGED if ids[line.bin] in changes else Outcome.UNCHANGED
        outcomes[number] = Outcome.ADDED if ids[line.bin] in new else known
    return outcomes


def customer_subject(*, on: date, actor: str, now: datetime) -> Subject[CustomerLine]:
    """Files of customers, said to hold from the day `on`."""
    return Subject(
        kind="customers",
        columns=COLUMNS,
        required=REQUIRED,
        read=read_customer,
        identities=lambda line: [(line.bin, line)],
        write=partial(take_in, on=on, actor=actor, now=now),
    )
