"""The only writers of evidence, and of what moves with it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from registry import audit, law
from registry.accounts.rules import LISTERS, STAFF, SUPPLIER, Actor, by, check_speaks_for
from registry.audit import Change
from registry.catalogue.models import Product, ProductVersion
from registry.catalogue.operations import check_codes, complete_lines, line_of, save_product, touch
from registry.catalogue.rules import Nomenclature, ProductLine
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.dated import chunks
from registry.errors import NotAllowed
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.queries import good, goods, known_evidence, withdrawn
from registry.evidence.rules import as_claimed, same_thing
from registry.suppliers.models import Supplier, SupplierVersion
from registry.wording import Message

_STATED: Final = EvidenceFact._fields
# What columns of a file say of a document, besides what it is told by; its status is said even where they do not.
_COLUMN_OF: Final = {"icv_percent": "percent", "evidence_issued": "issued_on", "evidence_expires": "expires_on"}


@by(LISTERS | STAFF)
def state_evidence(
    session: Session,
    facts: Iterable[tuple[int, EvidenceFact]],
    *,
    absent: Set[str] = frozenset(),
    on: date,
    actor: Actor,
    now: datetime,
) -> set[int]:
    """Make the register say from the day `on` what is stated of documents, as (product id, fact).

    Returns the products whose evidence changed; the caller touches them. A document is told by product, kind and
    number. A new one holds from its own day, as it did in the register of whoever issued it; a change of one that is
    known holds from the day `on`. Of two facts about one document the last counts. absent: columns of a file of which
    the facts say nothing; what a known document has there stays.
    """
    unsaid = {_COLUMN_OF[column] for column in absent & _COLUMN_OF.keys()}
    wanted = {(product_id, fact.kind, fact.number): fact for product_id, fact in facts}
    _check_claims(session, wanted, actor)
    table = Evidence.__table__
    held: dict[tuple[int, str, str], Any] = {}
    for piece in chunks({product_id for product_id, _, _ in wanted}):
        alive = table.c.product_id.in_(piece) & or_(table.c.valid_to.is_(None), table.c.valid_to > on)
        for found in session.execute(select(table).where(alive).order_by(table.c.valid_from.desc())):
            held[found.product_id, found.kind, found.number] = found
    opened: list[dict[str, Any]] = []
    closed: list[dict[str, Any]] = []
    rewritten: list[dict[str, Any]] = []
    changes: list[Change] = []
    for identity, fact in wanted.items():
        values = {name: getattr(fact, name) for name in _STATED}
        row = held.get(identity)
        if row is None:
            opened.append({"product_id": identity[0], "valid_from": fact.issued_on or on, "valid_to": None, **values})
            changes.append(Change("added", "evidence", identity[0], None, values))
            continue
        before = row._mapping
        if unsaid:
            values |= {name: before[name] for name in unsaid}
        differing = {name: value for name, value in values.items() if before[name] != value}
        if not differing:
            continue
        if row.valid_from < on:
            closed.append({"row_id": row.id, "on": on})
            opened.append({"product_id": identity[0], "valid_from": on, "valid_to": row.valid_to, **values})
        else:
            # It begins today, or later and nothing holds before it: it may begin sooner, but not before today.
            starts = min(row.valid_from, max(on, values["issued_on"] or on))
            rewritten.append({"row_id": row.id, "starts": starts} | values)
        after = {"kind": fact.kind, "number": fact.number, **differing, "on": on}
        changes.append(Change("changed", "evidence", identity[0], {name: before[name] for name in differing}, after))
    connection = session.connection()
    by_id = update(table).where(table.c.id == bindparam("row_id"))  # type: ignore[arg-type]
    if closed:
        connection.execute(by_id.values(valid_to=bindparam("on")), closed)
    if rewritten:
        columns = ("issued_on", "expires_on", "percent", "status")
        connection.execute(
            by_id.values(valid_from=bindparam("starts"), **{name: bindparam(name) for name in columns}), rewritten
        )
    if opened:
        connection.execute(insert(table), opened)  # type: ignore[arg-type]
    audit.record(session, changes, actor=actor, now=now)
    return {change.entity_id for change in changes if change.entity_id is not None}


@by(LISTERS)
def claim_evidence(
    session: Session,
    facts: Collection[tuple[int, EvidenceFact]],
    *,
    absent: Set[str] = frozenset(),
    on: date,
    actor: Actor,
    now: datetime,
) -> set[int]:
    """Make the register say what suppliers themselves state of documents, as `state_evidence` does.

    Whether by form or by file: `as_claimed` says what such a word makes of a document that is known already.
    """
    held = known_evidence(session, {product_id for product_id, _ in facts}, on)
    claims = []
    for identity, fact in {(product_id, fact.kind, fact.number): fact for product_id, fact in facts}.items():
        claimed = as_claimed(fact, held.get(identity))
        if claimed != held.get(identity):
            claims.append((identity[0], claimed))
    return state_evidence(session, claims, absent=absent, on=on, actor=actor, now=now)


def _check_claims(session: Session, wanted: Mapping[tuple[int, str, str], EvidenceFact], actor: Actor) -> None:
    """Raise NotAllowed where somebody states documents of another's line, or confirms what is their own."""
    if actor.role not in SUPPLIER:
        return
    if any(fact.status is not EvidenceStatus.CLAIMED for fact in wanted.values()):
        raise NotAllowed(Message("accounts.own_work"))
    owners = select(Supplier.bin).join(Product, Product.supplier_id == Supplier.id)
    for piece in chunks({product_id for product_id, _, _ in wanted}):
        for bin in session.scalars(owners.where(Product.id.in_(piece)).distinct()):
            check_speaks_for(actor, bin)


class Saved(NamedTuple):
    """What saving a line did: its id, and the documents that were confirmed of what it was before."""

    product_id: int
    unconfirmed: tuple[EvidenceFact, ...]


@by(LISTERS)
def save_good(
    session: Session,
    line: ProductLine,
    nomenclature: Nomenclature,
    *,
    supplier_id: int,
    product_id: int | None = None,
    version: int | None = None,
    on: date,
    actor: Actor,
    now: datetime,
) -> Saved:
    """List a line as its own supplier states it, or change it, as `save_product` does; and where that makes it another
    thing, have its confirmed documents count as claimed from that day on, until somebody confirms them of what it is.

    Nobody has seen them for that: domain.md §9 rule 10, evidence is per product line. A line that is listed again is
    held against what it was when it was withdrawn.
    """
    known = product_id or line_of(session, supplier_id, line.key)
    before = _last(session, known, on) if known is not None else None
    saved = save_product(
        session,
        line,
        nomenclature,
        supplier_id=supplier_id,
        product_id=product_id,
        version=version,
        on=on,
        actor=actor,
        now=now,
    )
    if known is None or (before is not None and same_thing(before, good(session, saved, on, drafts=True))):
        return Saved(saved, ())
    # The line has changed, so it is touched already.
    return Saved(saved, claim_anew(session, saved, on=on, actor=actor, now=now))


@by(LISTERS)
def complete_codes(
    session: Session,
    bin: str,
    codes: Mapping[int, str],
    nomenclature: Nomenclature,
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> tuple[int, tuple[EvidenceFact, ...]]:
    """Give goods of an organisation that have no ТН ВЭД code the one that it chose, by product.

    Returns how many, and the documents that are confirmed no longer, as `save_good` says. Lines that have a code by
    now, and those of others, are left as they are, so a double click does no harm. Raises RuleBroken for a code that
    the nomenclature does not have.
    """
    given = complete_lines(session, bin, codes, nomenclature, on=on, actor=actor, now=now)
    table = Evidence.__table__.c
    proven: set[int] = set()
    for piece in chunks(given):
        alive = (table.status == EvidenceStatus.CONFIRMED, or_(table.valid_to.is_(None), table.valid_to > on))
        proven |= set(session.scalars(select(table.product_id).where(table.product_id.in_(piece), *alive)))
    # The lines have changed, so they are touched already.
    lost = [claim_anew(session, product_id, on=on, actor=actor, now=now) for product_id in sorted(proven)]
    return len(given), tuple(fact for facts in lost for fact in facts)


def _last(session: Session, product_id: int, on: date) -> Good | None:
    """A line as it stands on that day, or else as it stood last before it."""
    listed = goods(session, [product_id], on, drafts=True)
    if listed:
        return listed[0]
    gone = withdrawn(session, [product_id], on, drafts=True).get(product_id)
    return gone.good if gone else None


def claim_anew(session: Session, product_id: int, *, on: date, actor: Actor, now: datetime) -> tuple[EvidenceFact, ...]:
    """Let every confirmed document of a line count as claimed from the day `on`; returns them as they were.

    One that begins to hold later is claimed from its beginning.
    """
    table = Evidence.__table__
    alive = (
        table.c.product_id == product_id,
        table.c.status == EvidenceStatus.CONFIRMED,
        or_(table.c.valid_to.is_(None), table.c.valid_to > on),
    )
    rows = session.execute(select(table).where(*alive).order_by(table.c.valid_from, table.c.id)).all()
    for row in rows:
        if row.valid_from < on:
            session.execute(update(table).where(table.c.id == row.id).values(valid_to=on))  # type: ignore[arg-type]
            values = {**row._mapping, "valid_from": on, "status": EvidenceStatus.CLAIMED}
            del values["id"]
            session.execute(insert(table).values(values))  # type: ignore[arg-type]
        else:
            claimed = update(table).where(table.c.id == row.id)  # type: ignore[arg-type]
            session.execute(claimed.values(status=EvidenceStatus.CLAIMED))
    before = {"status": EvidenceStatus.CONFIRMED}
    audit.record(
        session,
        [
            Change(
                "unconfirmed",
                "evidence",
                product_id,
                before,
                {
                    "kind": row.kind,
                    "number": row.number,
                    "status": EvidenceStatus.CLAIMED,
                    "on": max(on, row.valid_from),
                },
            )
            for row in rows
        ],
        actor=actor,
        now=now,
    )
    return tuple(EvidenceFact(*(getattr(row, name) for name in _STATED)) for row in rows)


def turn_of_day(session: Session, *, since: date, on: date, now: datetime) -> int:
    """Touch the lines that stand otherwise on `on` than on `since` merely because days have passed; returns how many.

    Documents that begin or run out between, rows of lines, suppliers and documents whose span begins or ends between,
    and kinds of document whose worth the law changes between. Where an edition of the ТН ВЭД came into force between,
    the codes of all lines are held against it. Repeating it touches the same lines once more, no harm.
    """
    if on <= since:
        return 0
    touched: set[int] = set()
    nomenclature = tree(session, Scheme.TNVED, on)
    if nomenclature is not tree(session, Scheme.TNVED, since):
        check_codes(session, nomenclature, on=on, actor=Actor("turn of day"), now=now)
    table = Evidence.__table__.c
    # The law gives a document without its own end so many days from its issue: it runs out when they have passed.
    lasting = [
        (kind, rule.validity_days.value)
        for kind in law.on(on).evidence_kinds()
        if (rule := law.on(on).evidence(kind)).validity_days is not None
    ]
    ran_out = [
        (table.kind == kind)
        & table.expires_on.is_(None)
        & table.issued_on.between(since - timedelta(days=days - 1), on - timedelta(days=days))
        for kind, days in lasting
    ]
    touched.update(
        session.scalars(
            select(table.product_id).where(
                or_(
                    table.issued_on.between(since + timedelta(days=1), on),
                    table.expires_on.between(since, on - timedelta(days=1)),
                    table.kind.in_(_revalued(since, on)),
                    _moved(table, since, on),
                    *ran_out,
                )
            )
        )
    )
    version = ProductVersion.__table__.c
    touched.update(session.scalars(select(version.product_id).where(_moved(version, since, on))))
    supplier = SupplierVersion.__table__.c
    touched.update(
        session.scalars(
            select(Product.id)
            .join(SupplierVersion, SupplierVersion.supplier_id == Product.supplier_id)
            .where(_moved(supplier, since, on))
        )
    )
    touch(session, touched, now=now)
    return len(touched)


def _moved(columns: Any, since: date, on: date) -> Any:
    """The condition that a dated row begins or ends after `since` and not after `on`."""
    first = since + timedelta(days=1)
    return or_(columns.valid_from.between(first, on), columns.valid_to.between(first, on))


def _revalued(since: date, on: date) -> list[str]:
    """Kinds of evidence that the law values otherwise on `on` than on `since`."""
    before, after = law.on(since), law.on(on)
    return [kind for kind in after.evidence_kinds() if _worth(before, kind) != _worth(after, kind)]


def _worth(then: law.Law, kind: str) -> Mapping[str, Any] | None:
    if not then.has(f"evidence.{kind}.accepted"):
        return None
    rule = then.evidence(kind)
    return {
        "accepted": rule.accepted.value,
        "gives_icv": rule.gives_icv.value,
        "proves_producer": rule.proves_producer.value,
        "validity_days": rule.validity_days.value if rule.validity_days else None,
    }
