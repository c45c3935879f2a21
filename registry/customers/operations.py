"""The only writers of customers. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date, datetime
from functools import partial

from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.bulk_rows import Outcome, Subject
from registry.customers.models import Customer, CustomerVersion
from registry.customers.rules import COLUMNS, REQUIRED, CustomerLine, read_customer
from registry.stated import state


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in(
    session: Session,
    lines: Mapping[int, CustomerLine],
    absent: Set[str] = frozenset(),
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> dict[int, Outcome]:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    Returns what became of each line. Of two lines about one customer the last one counts. absent: columns of
    which the lines say nothing.
    """
    return state(
        session,
        Customer,
        CustomerVersion,
        lines,
        key=("bin",),
        content=lambda line: {"name": line.name, "kato": line.kato},
        fixed=lambda line: {"bin_check": line.bin_check},
        absent=absent,
        on=on,
        actor=actor,
        now=now,
    ).outcomes


def customer_subject(*, on: date, actor: Actor, now: datetime) -> Subject[CustomerLine]:
    """Files of customers, said to hold from the day `on`."""
    return Subject(
        kind="customers",
        columns=COLUMNS,
        required=REQUIRED,
        read=read_customer,
        identities=lambda line: [(line.bin, line)],
        write=partial(take_in, on=on, actor=actor, now=now),
    )
