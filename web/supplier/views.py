"""The supplier's desk: my goods, the form of one of them, and how I am reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.needs.queries import FittingNeed, fitting
from registry import law
from registry.audit import last_actor
from registry.catalogue.models import CodeState, ProductKind
from registry.catalogue.operations import touch, touch_of_suppliers, withdraw
from registry.catalogue.rules import code_state
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.customers.queries import names
from registry.db import after_commit
from registry.errors import Conflict, NotFound, Overtaken
from registry.evidence import queries
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import save_good, state_evidence
from registry.evidence.rules import State, document, judge
from registry.suppliers.operations import save_contacts
from registry.suppliers.queries import SupplierRow
from registry.suppliers.queries import supplier as supplier_on
from registry.wording import Message, say, tr
from web import auth
from web.formats import plain_name, with_query
from web.public.paging import page_of
from web.public.rows import good_rows, steps
from web.session import db, runtime
from web.supplier.forms import ContactsForm, DeskForm, ProductForm, differences, values_of

PAGE_SIZE = 50
# Needs that the desk shows as fitting.
FITTING = 10

Answer = str | tuple[str, int] | Response

blueprint = Blueprint("supplier", __name__, url_prefix="/desk")


class Line(NamedTuple):
    """A line of the supplier's: as it is, or as it last was, and since when it is withdrawn."""

    good: Good
    since: date | None


@blueprint.get("/goods")
@auth.allow(auth.DESK)
def goods() -> str:
    """What the supplier lists today, the newest first."""
    on = runtime().today()
    own = own_supplier()
    good_count = queries.supplier_count(db(), own.bin, on, own=True)
    page, pages = page_of(request.args, good_count, PAGE_SIZE)
    offset = (page - 1) * PAGE_SIZE
    listed = queries.supplier_goods(db(), own.bin, on, own=True, newest_first=True, limit=PAGE_SIZE, offset=offset)
    return render_template(
        "supplier/goods.html",
        supplier=own,
        good_count=good_count,
        withdrawn_count=queries.supplier_withdrawn_count(db(), own.bin, on),
        rows=good_rows(db(), listed, on=on, lang=g.lang),
        wanted=_wanted(own, on),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("supplier.goods"), page=page),
    )


def _wanted(own: SupplierRow, on: date) -> list[tuple[FittingNeed, Good, str | None]]:
    """Who needs what the supplier lists: the need, the good that may meet it, and the customer's name."""
    fits = fitting(db(), own.id, on, FITTING)
    listed = {good.id: good for good in queries.goods(db(), [fit.product_id for fit in fits], on)}
    called = names(db(), {fit.need.customer_bin for fit in fits if fit.need.customer_bin}, on)
    return [
        (fit, listed[fit.product_id], called.get(fit.need.customer_bin or "", fit.need.customer_bin))
        for fit in fits
        if fit.product_id in listed
    ]


@blueprint.get("/goods/new")
@auth.allow(auth.LISTERS)
def add() -> str:
    """An empty form."""
    own = own_supplier()
    return _page(ProductForm(formdata=None, data={"role": str(own.role)}), None)


@blueprint.post("/goods/new")
@auth.allow(auth.LISTERS)
def save_new() -> Answer:
    """List a line, or check its code first."""
    return _submitted(None)


@blueprint.get("/goods/<int:id>")
@auth.allow(auth.LISTERS)
def edit(id: int) -> str:
    """The form of a line, which lists one again that was withdrawn."""
    line = _own_line(id)
    return _page(ProductForm(formdata=None, data=values_of(line.good, g.lang)), line)


@blueprint.post("/goods/<int:id>")
@auth.allow(auth.LISTERS)
def save(id: int) -> Answer:
    """Change a line or list it again, or check its code first."""
    return _submitted(_own_line(id))


@blueprint.get("/goods/<int:id>/withdraw")
@auth.allow(auth.LISTERS)
def ask_to_withdraw(id: int) -> str:
    """What withdrawing a listed line means, and the button that does it."""
    own = _own_good(id)
    on = runtime().today()
    day_before = queries.goods(db(), [id], on - timedelta(days=1), own=True)
    return render_template("supplier/withdraw.html", form=DeskForm(), good=own, on=on, new=not day_before)


@blueprint.post("/goods/<int:id>/withdraw")
@auth.allow(auth.LISTERS)
def withdraw_good(id: int) -> Response:
    """Let a line be listed no more from today."""
    own, line = own_supplier(), _own_line(id)
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    withdraw(db(), id, supplier_id=own.id, on=on, actor=actor, now=now)
    _wake()
    flash(tr("web.desk.withdrawn", g.lang, name=plain_name(line.good)))
    return redirect(url_for("supplier.goods"))


@blueprint.get("/goods/withdrawn")
@auth.allow(auth.DESK)
def withdrawn_goods() -> str:
    """What the supplier lists no more, the latest first, to be listed again."""
    on = runtime().today()
    own = own_supplier()
    count = queries.supplier_withdrawn_count(db(), own.bin, on)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    return render_template(
        "supplier/withdrawn.html",
        supplier=own,
        count=count,
        lines=queries.supplier_withdrawn(db(), own.bin, on, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("supplier.withdrawn_goods"), page=page),
    )


@blueprint.get("/contacts")
@auth.allow(auth.LISTERS)
def contacts() -> str:
    """The form of how the supplier is reached."""
    own = own_supplier()
    values = {"version": str(own.version), "address": own.address, "email": own.email, "phone": own.phone}
    return _contacts_page(ContactsForm(formdata=None, data=values), own)


@blueprint.post("/contacts")
@auth.allow(auth.LISTERS)
def save_own_contacts() -> Answer:
    """Change how the supplier is reached."""
    form, own = ContactsForm(), own_supplier()
    if not form.validate():
        return _contacts_page(form, own), 422
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    try:
        changed = save_contacts(db(), own.bin, form.contacts(), version=form.seen, on=on, actor=actor, now=now)
    except Overtaken:
        return _conflict(form, own, url_for("supplier.contacts"))
    touch_of_suppliers(db(), changed, now=now)
    _wake()
    flash(tr("web.desk.contacts_saved", g.lang))
    return redirect(url_for("supplier.goods"))


def _contacts_page(form: ContactsForm, own: SupplierRow) -> str:
    return render_template("supplier/contacts.html", form=form, problems=form.problems, supplier=own)


def _wake() -> None:
    wake = runtime().wake
    after_commit(db(), lambda: wake(None))


def _submitted(line: Line | None) -> Answer:
    """What became of a form that was sent: saved, to be corrected, or overtaken by somebody else's change."""
    form = ProductForm()
    if request.form.get("do") == "check":
        form.tnved.validate(form)
        return _page(form, line, checked=True)
    if not form.validate():
        return _page(form, line), 422
    try:
        # A savepoint: what a refusal leaves half done is undone, and the page that tells of it may still be read.
        with db().begin_nested():
            unconfirmed = _save(db(), form, line.good if line else None)
    except Overtaken:
        # Only a line that is there already can have been changed meanwhile.
        stored = _own_line(line.good.id if line else 0).good
        return _conflict(form, stored, url_for("supplier.edit", id=stored.id))
    except Conflict as error:
        form.name_ru.errors = [error.message]  # type: ignore[list-item]
        return _page(form, line), 409
    except Confirmed:
        form.evidence_number.errors = [Message("web.form.product.already_confirmed")]  # type: ignore[list-item]
        return _page(form, line), 422
    _wake()
    flash(tr("web.desk.saved", g.lang))
    if unconfirmed:
        flash(tr("web.desk.unconfirmed", g.lang, documents=tuple(map(document, unconfirmed))), "doubt")
    for warning in _warnings(form):
        flash(say(warning, g.lang), "doubt")
    return redirect(url_for("supplier.goods"))


def _warnings(form: ProductForm) -> Iterator[Message]:
    """What was saved and yet is not as it must be: an incomplete code, a document that is worth nothing today."""
    on = runtime().today()
    state = code_state(form.tnved.value, tree(db(), Scheme.TNVED, on))
    if form.kind.data == ProductKind.GOODS and state is not CodeState.CHECKED:
        yield Message(f"web.code_state.{state}_words")
    fact = form.fact()
    stands = judge(fact, on, law.on(on)) if fact else None
    if stands and stands.state is not State.CLAIMED:
        yield stands.message


def _conflict(form: DeskForm, row: Good | SupplierRow, as_it_is: str) -> tuple[str, int]:
    """What is stored now beside what the form says, to choose between; `as_it_is` leads to the former.

    Whoever has the page open twice overtakes themselves, and is told so.
    """
    concerned = [("product", row.id), ("evidence", row.id)] if isinstance(row, Good) else [("supplier", row.id)]
    return render_template(
        "supplier/conflict.html",
        form=form,
        version=row.version,
        as_it_is=as_it_is,
        differences=list(differences(form, row, g.lang)),
        own=last_actor(db(), *concerned) == auth.person().actor.name,
    ), 409


class Confirmed(Exception):
    """The document that the form claims is one that somebody has confirmed already."""


def _save(session: Session, form: ProductForm, good: Good | None) -> tuple[EvidenceFact, ...]:
    """Write the line and the document that it claims, in the request's transaction; returns the documents that are
    confirmed no longer, since the line is another thing now."""
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    own = own_supplier()
    saved = save_good(
        session,
        form.line(own.bin, good.external_id if good else None),
        tree(session, Scheme.TNVED, on),
        supplier_id=own.id,
        product_id=good.id if good else None,
        version=form.seen if good else None,
        on=on,
        actor=actor,
        now=now,
    )
    fact = form.fact()
    if fact is None:
        return saved.unconfirmed
    if any(
        (one.kind, one.number) == (fact.kind, fact.number) and one.status is not EvidenceStatus.CLAIMED
        for one in _evidence(good)
    ):
        raise Confirmed
    touch(session, state_evidence(session, [(saved.product_id, fact)], on=on, actor=actor, now=now), now=now)
    return saved.unconfirmed


def _page(form: ProductForm, line: Line | None, *, checked: bool = False) -> str:
    """The form, with what its code means. checked: that was asked for, so that it is told even where none is given."""
    on = runtime().today()
    good = line.good if line else None
    nomenclature = tree(db(), Scheme.TNVED, on)
    code = form.tnved.value if form.is_submitted() else good.tnved if good else None
    told = code or (checked and not form.tnved.errors)
    return render_template(
        "supplier/product.html",
        form=form,
        problems=form.problems,
        good=good,
        since=line.since if line else None,
        confirmed=tuple(document(fact) for fact in _evidence(good) if fact.status is EvidenceStatus.CONFIRMED),
        code_path=steps(nomenclature, code, g.lang),
        code_state=code_state(code, nomenclature) if told else None,
    )


def _evidence(good: Good | None) -> tuple[EvidenceFact, ...]:
    return good.evidence if good else ()


def own_supplier() -> SupplierRow:
    """The supplier that the person speaks for; nothing on the desk asks for another's."""
    bin = auth.person().bin or ""
    try:
        return supplier_on(db(), bin, runtime().today(), own=True)
    except NotFound as error:
        raise NotFound(Message("web.desk.no_supplier", {"bin": bin})) from error


def _own_good(id: int) -> Good:
    """A line of that supplier that is listed. Raises NotFound for another's as for none: what others list is not to be
    guessed at."""
    good = queries.good(db(), id, runtime().today(), own=True)
    if good.bin != auth.person().bin:
        raise NotFound(Message("catalogue.product.not_found", {"id": str(id)}))
    return good


def _own_line(id: int) -> Line:
    """A line of that supplier, listed or withdrawn. Raises NotFound as `_own_good` does."""
    gone = queries.withdrawn(db(), [id], runtime().today(), own=True).get(id)
    if gone is None or gone.good.bin != auth.person().bin:
        return Line(_own_good(id), None)
    return Line(*gone)
