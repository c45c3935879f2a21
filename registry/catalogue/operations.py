"""The only writers of listed lines. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import exists, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from registry import audit, outbox
from registry.accounts.models import AccountRole
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.audit import Change
from registry.catalogue.details import NOTHING, unsaid_by
from registry.catalogue.models import CodeState, Product, ProductKind, ProductVersion
from registry.catalogue.rules import Nomenclature, ProductLine, code_state, kind_of, with_lost_zero
from registry.dated import chunks, end, holds_on, revise
from registry.errors import Conflict, NotFound, Overtaken, RuleBroken
from registry.explain import Violation
from registry.suppliers.models import Supplier
from registry.wording import Message

# The name of a listed line's kind in outbox and index.
PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Listed:
    """What taking lines in did: the id of each line's product, and which products are new and which say otherwise."""

    ids: Mapping[int, int]
    new: frozenset[int]
    changed: frozenset[int]


class Kept(Conflict):
    """A line of that name or id is among the supplier's drafts, or in its archive."""

    def __init__(self, message: Message, product_id: int) -> None:
        super().__init__(message)
        self.product_id = product_id


@by(LISTERS | {AccountRole.ADMINISTRATOR})
def list_lines(
    session: Session,
    lines: Mapping[int, ProductLine],
    suppliers: Mapping[str, int],
    nomenclature: Nomenclature,
    *,
    absent: Set[str] = frozenset(),
    on: date,
    actor: Actor,
    now: datetime,
) -> Listed:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    suppliers: ids by БИН/ИИН, of every line. Of two lines about one product the last one counts. The caller touches the
    changed products, once it is done with them; new ones are in the outbox already. absent: columns of a file of which
    the lines say nothing: what is known of them stays, also of a product that is listed again.
    """
    for bin in {line.bin for line in lines.values()}:
        check_speaks_for(actor, bin)
    wanted = {(suppliers[line.bin], line.key): line for line in lines.values()}
    ids: dict[tuple[int, str], int] = {}
    for piece in chunks(wanted):
        # Locked, always in the same order: whoever saves one of them by a form at once waits, or is waited for.
        found = (
            select(Product.supplier_id, Product.key, Product.id)
            .where(tuple_(Product.supplier_id, Product.key).in_(piece))
            .order_by(Product.id)
            .with_for_update(of=Product)
        )
        ids |= {(supplier_id, key): product_id for supplier_id, key, product_id in session.execute(found)}
    missing = [identity for identity in wanted if identity not in ids]
    if missing:
        rows = [
            {
                "supplier_id": supplier_id,
                "key": key,
                "external_id": wanted[supplier_id, key].external_id,
                "version": 1,
                "created_at": now,
            }
            for supplier_id, key in missing
        ]
        stored = insert(Product.__table__).returning(Product.supplier_id, Product.key, Product.id)  # type: ignore[arg-type]
        ids |= {(supplier_id, key): product_id for supplier_id, key, product_id in session.execute(stored, rows)}
    new = frozenset(ids[identity] for identity in missing)
    unsaid = unsaid_by(absent)
    content = {ids[identity]: _content(line, nomenclature, unsaid) for identity, line in wanted.items()}
    if absent:
        _leave_out(content, absent)
    _fill_in(session, content, new, absent, nomenclature, on)
    changes = revise(session, ProductVersion, "product_id", content, on=on, new=new)
    owner = {ids[identity]: identity[0] for identity in wanted}
    audit.record(
        session,
        [
            Change(
                "added" if key in new else "changed",
                PRODUCT,
                key,
                revised.before,
                {**revised.after, "on": on} | ({"supplier_id": owner[key]} if key in new else {}),
            )
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    outbox.changed(session, PRODUCT, new, now=now)
    return Listed(
        ids={number: ids[suppliers[line.bin], line.key] for number, line in lines.items()},
        new=new,
        changed=frozenset(changes.keys() - new),
    )


@by(LISTERS)
def save_product(
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
) -> int:
    """List a line of a supplier, or change the one named; returns its id. What the form leaves empty becomes empty.

    A line that was withdrawn is listed again, and a draft taken up, by its own number alone.
    version: that of the line when its editor read it, to be held against the one it has now.
    Raises NotFound if the supplier has no such line, Overtaken if it has another version by now, Conflict if another
    line of the supplier has the name or id: Kept if that one is a draft or was withdrawn, and may be gone on with.
    """
    check_speaks_for(actor, line.bin)
    twin = line_of(session, supplier_id, line.key)
    if twin is not None and twin != product_id:
        stated = ProductVersion.__table__.c
        begun = select(stated.draft, stated.valid_to).where(stated.product_id == twin, stated.valid_from <= on)
        last = session.execute(begun.order_by(stated.valid_from.desc()).limit(1)).first()
        if last is not None:
            held = last.valid_to is None or last.valid_to > on
            if held and not last.draft:
                raise Conflict(Message("catalogue.product.twin", {"name": _name(line)}))
            word = "draft_twin" if held else "withdrawn_twin"
            raise Kept(Message(f"catalogue.product.{word}", {"name": _name(line)}), twin)
        if product_id is not None:
            raise Conflict(Message("catalogue.product.twin", {"name": _name(line)}))
        # Of a line that never was there is nothing to be overwritten.
        product_id = twin
    if product_id is None:
        listed = list_lines(session, {0: line}, {line.bin: supplier_id}, nomenclature, on=on, actor=actor, now=now)
        return listed.ids[0]
    product = _own(session, product_id, supplier_id, actor)
    if version is not None and product.version != version:
        raise Overtaken(Message("catalogue.product.overtaken", {"name": _name(line)}))
    content = {"draft": False} | _content(line, nomenclature)
    changes = revise(session, ProductVersion, "product_id", {product_id: content}, on=on)
    renamed = product.key != line.key or product.external_id != line.external_id
    product.key, product.external_id = line.key, line.external_id
    session.flush()
    if changes or renamed:
        revised = changes.get(product_id)
        before, after = (revised.before, revised.after) if revised else ({}, {})
        done = "relisted" if before is None else "changed"
        if before and "draft" in before:
            done = "published" if before["draft"] else "set_aside"
        audit.record(
            session,
            [Change(done, PRODUCT, product_id, before, {**after, "on": on, "external_id": line.external_id})],
            actor=actor,
            now=now,
        )
        touch(session, [product_id], now=now)
    return product_id


@by(LISTERS)
def withdraw(
    session: Session,
    product_id: int,
    *,
    supplier_id: int,
    keep: bool = True,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Put a line of a supplier into its archive from the day `on`; what it was on earlier days stays.

    What was stated of that day and of later ones was never so, and goes; but a line that was never listed before goes
    back among the drafts, if it is to be kept, since nothing that was typed is to be lost. A line that is not listed
    is left as it is: a double click does no harm. Raises NotFound if the supplier has no such line.
    """
    _own(session, product_id, supplier_id, actor)
    version = ProductVersion.__table__.c
    alive = (version.product_id == product_id, or_(version.valid_to.is_(None), version.valid_to > on))
    rows = session.execute(
        select(version.id, version.valid_from, version.draft).where(*alive).order_by(version.valid_from)
    ).all()
    if not rows:
        return
    earlier = exists().where(version.product_id == product_id, version.valid_from < on)
    if keep and not rows[0].draft and not session.scalar(select(earlier)):
        session.execute(update(ProductVersion).where(ProductVersion.id == rows[0].id).values(draft=True, valid_to=None))
        end(session, ProductVersion, [(row.id, row.valid_from) for row in rows[1:]], on=on)
        change = Change("set_aside", PRODUCT, product_id, {"draft": False}, {"draft": True, "on": on})
    else:
        end(session, ProductVersion, [(row.id, row.valid_from) for row in rows], on=on)
        change = Change("withdrawn", PRODUCT, product_id, None, {"on": on})
    audit.record(session, [change], actor=actor, now=now)
    touch(session, [product_id], now=now)


@by(LISTERS)
def complete_lines(
    session: Session,
    bin: str,
    codes: Mapping[int, str],
    nomenclature: Nomenclature,
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Give lines of an organisation that are goods without a ТН ВЭД code the one chosen, by product; returns which.

    Those that have one by now, and those of others, are left as they are. Raises RuleBroken for a code that the
    nomenclature does not have.
    """
    check_speaks_for(actor, bin)
    unknown = sorted({code for code in codes.values() if code_state(code, nomenclature) is not CodeState.CHECKED})
    if unknown:
        message = Message("catalogue.product.no_such_code", {"codes": ", ".join(unknown)})
        raise RuleBroken([Violation(message.code, "tnved", message)])
    version = ProductVersion.__table__.c
    bare = (version.tnved.is_(None), version.kind == ProductKind.GOODS, holds_on(version, on))
    wanted: dict[int, dict[str, Any]] = {}
    for piece in chunks(sorted(codes)):
        own = select(Product.id).join(Supplier, Supplier.id == Product.supplier_id)
        own = own.join(ProductVersion, ProductVersion.product_id == Product.id)
        found = session.scalars(
            own.where(Supplier.bin == bin, Product.id.in_(piece), *bare).with_for_update(of=Product)
        )
        for product_id in found:
            wanted[product_id] = {"tnved": codes[product_id], "tnved_state": CodeState.CHECKED}
    changes = revise(session, ProductVersion, "product_id", wanted, on=on)
    audit.record(
        session,
        [Change("changed", PRODUCT, key, it.before, {**it.after, "on": on}) for key, it in changes.items()],
        actor=actor,
        now=now,
    )
    touch(session, changes, now=now)
    return sorted(changes)


def line_of(session: Session, supplier_id: int, key: str) -> int | None:
    """The supplier's line of that key, listed or withdrawn; None if it never had one."""
    return session.scalars(
        select(Product.id).where(Product.supplier_id == supplier_id, Product.key == key)
    ).one_or_none()


def _own(session: Session, product_id: int, supplier_id: int, actor: Actor) -> Product:
    """A line of the supplier, locked: of two who save at once the second waits, and then sees the first one's version.

    Raises NotFound for another's as for none.
    """
    product = session.get(Product, product_id, with_for_update=True)
    if product is None or product.supplier_id != supplier_id:
        raise NotFound(Message("catalogue.product.not_found", {"id": str(product_id)}))
    check_speaks_for(actor, session.get_one(Supplier, supplier_id).bin)
    return product


def touch(session: Session, ids: Iterable[int], *, now: datetime) -> None:
    """Count a change of what the index shows of these lines, and tell the index."""
    touched = sorted(set(ids))
    for piece in chunks(touched):
        session.execute(
            update(Product)
            .where(Product.id.in_(piece))
            .values(version=Product.version + 1)
            .execution_options(synchronize_session=False)
        )
    outbox.changed(session, PRODUCT, touched, now=now)


def touch_of_suppliers(session: Session, supplier_ids: Iterable[int], *, now: datetime) -> None:
    """Count a change of every line of these suppliers: the index shows their name, region and role with the line."""
    for piece in chunks(sorted(supplier_ids)):
        touch(session, session.scalars(select(Product.id).where(Product.supplier_id.in_(piece))), now=now)


class Checked(NamedTuple):
    """Lines whose code stands otherwise now, and among them those whose code got its leading zero back."""

    lines: int
    restored: int


@by(frozenset({AccountRole.ADMINISTRATOR}))
def check_codes(session: Session, nomenclature: Nomenclature, *, on: date, actor: Actor, now: datetime) -> Checked:
    """Hold the codes of all lines against a nomenclature that has changed.

    A code not checked before is found or flagged now; one that an edition dropped is flagged, its line stays listed.
    One that lost its leading zero before there was a nomenclature to prove it gets it back.
    """
    version = ProductVersion.__table__.c
    pairs = (
        select(version.tnved, version.tnved_state).where(version.tnved.is_not(None), holds_on(version, on)).distinct()
    )
    moved: dict[tuple[str, CodeState], dict[str, Any]] = {}
    for code, state in session.execute(pairs):
        whole = with_lost_zero(code, nomenclature)
        now_state = code_state(whole, nomenclature)
        if (whole, now_state) != (code, state):
            moved[code, state] = {"tnved": whole, "tnved_state": now_state}
    wanted: dict[int, dict[str, Any]] = {}
    for piece in chunks({code for code, _ in moved}):
        found = select(version.product_id, version.tnved, version.tnved_state).where(
            version.tnved.in_(piece), holds_on(version, on)
        )
        for product_id, code, state in session.execute(found):
            if (code, state) in moved:
                wanted[product_id] = moved[code, state]
    changes = revise(session, ProductVersion, "product_id", wanted, on=on)
    audit.record(
        session,
        [
            Change("code_checked", PRODUCT, key, revised.before, {**revised.after, "on": on})
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    touch(session, changes, now=now)
    return Checked(len(changes), sum("tnved" in revised.after for revised in changes.values()))


_CODES: Final = frozenset({"tnved", "kpved", "enstru"})
# What a version holds of a line: what is stated of it but its identity.
_STATED: Final = [field.name for field in fields(ProductLine) if field.name not in ("bin", "external_id", "details")]
_DETAILS: Final = frozenset(NOTHING.values())
# What is known of a line that is listed again. Whether it was a draft once is not: a file lists what it names.
_KNOWN: Final = (*_STATED, *_DETAILS, "site_id")


def _leave_out(content: dict[int, dict[str, Any]], absent: Set[str]) -> None:
    """Take from the contents what columns that are not there would have said, and what would follow from it."""
    unsaid = (unsaid_by(absent) - {"name_kk"}) | ({"tnved_state"} if "tnved" in absent else set())
    unsaid |= {"kind"} if absent >= _CODES else set()
    for values in content.values():
        for name in unsaid:
            values.pop(name, None)
        if "name" in absent:
            for name in {"name_ru"} | ({"name_kk"} & absent):
                values.pop(name, None)
        elif "name_kk" in absent:
            # The one column of names says the Kazakh or the Russian one, and nothing of the other.
            del values["name_ru" if values["name_kk"] else "name_kk"]


def _fill_in(
    session: Session,
    content: dict[int, dict[str, Any]],
    new: Set[int],
    absent: Set[str],
    nomenclature: Nomenclature,
    on: date,
) -> None:
    """Add to the contents what is known of it that they do not say: of a product without a row on that day what its
    last row said, and the kind that follows from codes of which only some are said."""
    some_codes = bool(absent & _CODES) and not absent >= _CODES
    table = ProductVersion.__table__
    held: dict[int, Mapping[Any, Any]] = {}
    for piece in chunks(content.keys() - new):
        past = (table.c.product_id.in_(piece), table.c.valid_from <= on)
        since = select(table.c.product_id, func.max(table.c.valid_from).label("since")).where(*past)
        last = since.group_by(table.c.product_id).subquery()
        begun = (table.c.product_id == last.c.product_id) & (table.c.valid_from == last.c.since)
        rows = select(table).join(last, begun)
        for row in session.execute(rows if some_codes else rows.where(table.c.valid_to <= on)):
            held[row.product_id] = row._mapping
    for product_id, known in held.items():
        values = content[product_id]
        if known["valid_to"] is not None and known["valid_to"] <= on:
            values |= {name: known[name] for name in _KNOWN if name not in values}
            values["tnved_state"] = code_state(values["tnved"], nomenclature)
        if some_codes:
            codes = {name: values.get(name, known[name]) for name in _CODES}
            values["kind"] = kind_of(codes["tnved"], codes["kpved"], codes["enstru"])


def _name(line: ProductLine) -> str:
    return line.name_ru or line.name_kk or line.name_en or ""


def _content(line: ProductLine, nomenclature: Nomenclature, unsaid: Set[str] = frozenset()) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in _STATED}
    values["tnved_state"] = code_state(line.tnved, nomenclature)
    if line.details is not None and not unsaid >= _DETAILS:
        values |= line.details.values()
    return values
