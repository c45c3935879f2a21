"""The only writers of needs. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.needs.models import Need, NeedVersion
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry import audit
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.audit import Change
from registry.bulk_rows import Outcome, Subject
from registry.catalogue.rules import Codes, Nomenclature, with_lost_zero
from registry.dated import chunks, holds_on, revise
from registry.explain import Violation
from registry.stated import state
from registry.wording import Message

# What is said of a need on a day: the fields of a line that the table has too.
_DATED = frozenset(column.name for column in NeedVersion.__table__.c) - {"id"}


@by(frozenset({AccountRole.ADMINISTRATOR}))
def take_in(
    session: Session,
    lines: Mapping[int, NeedLine],
    absent: Set[str] = frozenset(),
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> dict[int, Outcome | Violation]:
    """Make the list say from the day `on` what the lines state, by any number of the caller's.

    Until the yearly cycle exists an imported need counts as published from that day. Of two lines of one customer with
    one id the last one counts. absent: columns of which the lines say nothing; where they do not say whose a need is,
    it is the one that has the id, and a line is refused if several customers have it. The only need of an id, stated
    without a customer, becomes that of the customer who is named for the id later, from the day `on`.
    """
    refused: dict[int, Outcome | Violation] = {}
    if "customer_bin" in absent:
        lines, refused = _owned(session, lines)
    else:
        _adopt(session, lines, on)
    stated = state(
        session,
        Need,
        NeedVersion,
        lines,
        key=("customer_bin", "external_id"),
        content=_content,
        absent=absent - {"customer_bin"},
        on=on,
        actor=actor,
        now=now,
    )
    return refused | stated.outcomes


def need_subject(codes: Codes, *, on: date, actor: Actor, now: datetime) -> Subject[NeedLine]:
    """Files of needs, said to hold from the day `on`."""
    return Subject(
        kind="needs",
        columns=COLUMNS,
        required=REQUIRED,
        read=partial(read_need, codes=codes),
        identities=lambda line: [((line.customer_bin, line.external_id), line)],
        write=partial(take_in, on=on, actor=actor, now=now),
    )


@by(frozenset({AccountRole.ADMINISTRATOR}))
def restore_codes(session: Session, nomenclature: Nomenclature, *, on: date, actor: Actor, now: datetime) -> int:
    """Give codes that lost their leading zero before there was a nomenclature to prove it their zero back.

    Returns of how many needs.
    """
    version = NeedVersion.__table__.c
    codes = select(version.tnved).where(version.tnved.is_not(None), holds_on(version, on)).distinct()
    whole = {code: with_lost_zero(code, nomenclature) for code in session.scalars(codes) if code}
    wanted: dict[int, dict[str, Any]] = {}
    for piece in chunks(code for code in whole if whole[code] != code):
        found = select(version.need_id, version.tnved).where(version.tnved.in_(piece), holds_on(version, on))
        wanted.update((need_id, {"tnved": whole[code]}) for need_id, code in session.execute(found))
    changes = revise(session, NeedVersion, "need_id", wanted, on=on)
    for piece in chunks(changes):
        session.execute(update(Need).where(Need.id.in_(piece)).values(version=Need.version + 1))
    audit.record(
        session,
        [
            Change("code_checked", "need", key, revised.before, {**revised.after, "on": on})
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    return len(changes)


def _owned(
    session: Session, lines: Mapping[int, NeedLine]
) -> tuple[dict[int, NeedLine], dict[int, Outcome | Violation]]:
    """The lines with the customer that has a need of their id, and why others are refused."""
    owners = _held(session, {line.external_id for line in lines.values()})
    owned: dict[int, NeedLine] = {}
    refused: dict[int, Outcome | Violation] = {}
    for number, line in lines.items():
        known = owners.get(line.external_id, {"": 0})
        if len(known) > 1 and "" not in known:
            said = Message("import.need.whose", {"id": line.external_id})
            refused[number] = Violation(said.code, "id", said)
        else:
            owned[number] = replace(line, customer_bin=next(iter(known)) or None if len(known) == 1 else None)
    return owned, refused


def _adopt(session: Session, lines: Mapping[int, NeedLine], on: date) -> None:
    """Let needs of nobody be those of the customers whom the lines name for their ids; the lines are yet to be written.

    Not where it is open whose the need is: other customers have the id too, by the register or by the lines.
    """
    named: dict[str, set[str]] = {}
    for line in lines.values():
        named.setdefault(line.external_id, set()).add(line.customer_bin or "")
    alone = {external_id: next(iter(customers)) for external_id, customers in named.items() if len(customers) == 1}
    adopted = [
        {"need": held[""], "customer": alone[external_id], "day": on}
        for external_id, held in _held(session, [id for id, customer in alone.items() if customer]).items()
        if held.keys() == {""}
    ]
    if not adopted:
        return
    need: Any = Need.__table__
    version: Any = NeedVersion.__table__
    # What holds on the day itself is written, and audited, with the rest that the line states.
    later = and_(version.c.need_id == bindparam("need"), version.c.valid_from > bindparam("day"))
    for table, which in ((need, need.c.id == bindparam("need")), (version, later)):
        session.connection().execute(update(table).where(which).values(customer_bin=bindparam("customer")), adopted)


def _held(session: Session, external_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Who has needs of these ids: id -> customer, empty for nobody -> its number in the database."""
    held: dict[str, dict[str, int]] = {}
    for piece in chunks(external_ids):
        found = select(Need.external_id, Need.customer_bin, Need.id).where(Need.external_id.in_(piece))
        for external_id, customer, need in session.execute(found):
            held.setdefault(external_id, {})[customer] = need
    return held


def _content(line: NeedLine) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if name in _DATED}
