"""The supplier's desk: my goods, the form of one of them, and how I am reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.needs.queries import FittingNeed, fitting
from registry import law
from registry.audit import last_actor
from registry.catalogue import queries as catalogue
from registry.catalogue.details import Details, is_construction, new_production_until
from registry.catalogue.models import CodeState, ProductKind
from registry.catalogue.operations import Kept, line_of, touch, withdraw
from registry.catalogue.rules import ProductLine, code_state, duplicates
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.units import unit_names
from registry.customers.queries import names
from registry.errors import Conflict, NotFound, Overtaken
from registry.evidence import queries
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import claim_evidence, save_good
from registry.evidence.rules import State, document, judge
from registry.suppliers.profiles import profile
from registry.suppliers.queries import SupplierRow
from registry.wording import Message, say, tr
from web import auth
from web.formats import plain_name, with_query
from web.public.paging import page_of
from web.public.rows import good_rows, steps
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier, wake
from web.supplier.details import DeskForm, details_differ
from web.supplier.forms import ProductForm, differences, values_of
from web.supplier.meters import meters

PAGE_SIZE = 50
# Needs that the desk shows as fitting.
FITTING = 10

Answer = str | tuple[str, int] | Response


class Line(NamedTuple):
    """A line of the supplier's: as it is, or as it last was, and since when it is in the archive."""

    good: Good
    details: Details
    since: date | None


@desk.get("/goods")
@auth.allow(auth.DESK)
def goods() -> str:
    """What the supplier lists today, the newest first."""
    on = runtime().today()
    own = own_supplier()
    good_count = queries.supplier_count(db(), own.bin, on, drafts=True)
    page, pages = page_of(request.args, good_count, PAGE_SIZE)
    offset = (page - 1) * PAGE_SIZE
    listed = queries.supplier_goods(db(), own.bin, on, newest_first=True, limit=PAGE_SIZE, offset=offset, drafts=True)
    waiting = catalogue.suggestions_of(db(), own.bin, on)
    asked = queries.goods(db(), [one.product_id for one in waiting], on, drafts=True)
    return render_template(
        "supplier/goods.html",
        supplier=own,
        good_count=good_count,
        meters=meters(db(), listed, on),
        suggestions=waiting,
        suggested_names={good.id: plain_name(good) for good in asked},
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


@desk.get("/goods/new")
@auth.allow(auth.LISTERS)
def add() -> str:
    """An empty form."""
    own = own_supplier()
    return _page(ProductForm(formdata=None, data={"role": str(own.role)}), None, own)


@desk.post("/goods/new")
@auth.allow(auth.LISTERS)
def save_new() -> Answer:
    """List a line, or check its code first."""
    return _submitted(None)


@desk.get("/goods/<int:id>")
@auth.allow(auth.LISTERS)
def edit(id: int) -> str:
    """The form of a line, which lists one again that was withdrawn."""
    line, own = own_line(id), own_supplier()
    return _page(ProductForm(formdata=None, data=values_of(line.good, line.details, g.lang)), line, own)


@desk.post("/goods/<int:id>")
@auth.allow(auth.LISTERS)
def save(id: int) -> Answer:
    """Change a line or list it again, or check its code first."""
    return _submitted(own_line(id))


@desk.get("/goods/<int:id>/withdraw")
@auth.allow(auth.LISTERS)
def ask_to_withdraw(id: int) -> str:
    """What withdrawing a listed line means, and the button that does it."""
    own = _own_good(id)
    on = runtime().today()
    before = queries.goods(db(), [id], on - timedelta(days=1), drafts=True)
    draft = bool(catalogue.details(db(), [id], on)[id].draft)
    return render_template("supplier/withdraw.html", form=DeskForm(), good=own, on=on, new=not before, draft=draft)


@desk.post("/goods/<int:id>/withdraw")
@auth.allow(auth.LISTERS)
def withdraw_good(id: int) -> Response:
    """Let a line be listed no more from today."""
    own, line = own_supplier(), own_line(id)
    earlier = queries.goods(db(), [id], runtime().today() - timedelta(days=1), drafts=True)
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    withdraw(db(), id, supplier_id=own.id, on=on, actor=actor, now=now)
    wake()
    if line.details.draft:
        flash(tr("web.goods.draft_gone", g.lang, name=plain_name(line.good)))
    else:
        said = "web.desk.withdrawn" if earlier else "web.goods.set_aside"
        flash(tr(said, g.lang, name=plain_name(line.good)))
    return redirect(url_for("supplier.goods"))


@desk.get("/goods/withdrawn")
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


def _submitted(line: Line | None) -> Answer:
    """What became of a form that was sent: saved, to be corrected, to be thought over, or overtaken by another's."""
    form, own, on = ProductForm(), own_supplier(), runtime().today()
    sites = _offer_sites(form, own, on)
    do = request.form.get("do")
    if do == "check":
        form.tnved.validate(form)
        return _page(form, line, own, checked=True)
    if do in ("parameters", "standards"):
        form.another_row(do)
        return _page(form, line, own)
    form.unfinished = do in ("draft", "draft_anyway")
    details = form.check(on)
    if details is None:
        return _page(form, line, own), 422
    stated = form.line(own.bin, line.good.external_id if line else None, details)
    if do not in ("anyway", "draft_anyway") and (twins := _twins(stated, line, own, on)):
        return _page(form, line, own, twins=twins), 409
    try:
        # A savepoint: what a refusal leaves half done is undone, and the page that tells of it may still be read.
        with db().begin_nested():
            unconfirmed = _save(db(), form, stated, line, own)
    except Overtaken:
        # Only a line that is there already can have been changed meanwhile.
        stored = own_line(line.good.id if line else 0)
        others = list(details_differ(stored.details, details, sites, g.lang))
        return _conflict(form, stored.good, url_for("supplier.edit", id=stored.good.id), others)
    except Kept as error:
        if line is None:
            return _page(form, None, own, kept=own_line(error.product_id)), 409
        form.name_ru.errors = [error.message]  # type: ignore[list-item]
        return _page(form, line, own), 409
    except Conflict as error:
        form.name_ru.errors = [error.message]  # type: ignore[list-item]
        return _page(form, line, own), 409
    except Decided as decided:
        form.evidence_number.errors = [Message(f"web.form.product.already_{decided.status}")]  # type: ignore[list-item]
        return _page(form, line, own), 422
    wake()
    flash(tr("web.goods.draft_saved" if form.unfinished else "web.desk.saved", g.lang))
    if unconfirmed:
        flash(tr("web.desk.unconfirmed", g.lang, documents=tuple(map(document, unconfirmed))), "doubt")
    for warning in () if form.unfinished else _warnings(form):
        flash(say(warning, g.lang), "doubt")
    return redirect(url_for("supplier.goods"))


def _offer_sites(form: ProductForm, own: SupplierRow, on: date) -> list[tuple[int, str]]:
    sites = [(site.id, site.name) for site in profile(db(), own.id, on).sites]
    form.site_id.offer(sites)
    return sites


def _twins(stated: ProductLine, line: Line | None, own: SupplierRow, on: date) -> list[Good]:
    """The supplier's other lines that seem to be the same good; not asked anew where names and codes stay as they were.

    A line of the very name is told of as a conflict, which that button does not pass over.
    """
    if line is not None and _identity(stated) == _identity(line.good):
        return []
    known = {line.good.id if line else None, line_of(db(), own.id, stated.key)}
    others = [other for other in catalogue.named_lines(db(), own.id, on) if other.id not in known]
    found = queries.goods(db(), duplicates(stated, others), on, drafts=True)
    return sorted(found, key=lambda good: good.id)


def _identity(stated: ProductLine | Good) -> tuple[str | None, ...]:
    return (stated.name_ru, stated.name_kk, stated.name_en, stated.tnved, stated.kpved, stated.enstru)


def _warnings(form: ProductForm) -> Iterator[Message]:
    """What was saved and yet is not as it must be: an incomplete code, a document that is worth nothing today."""
    on = runtime().today()
    if form.agsk3_later.data and not form.agsk3.data and is_construction(form.tnved.value, form.kpved.value, on):
        yield Message("web.goods.agsk3_awaited")
    state = code_state(form.tnved.value, tree(db(), Scheme.TNVED, on))
    if form.kind.data == ProductKind.GOODS and state is not CodeState.CHECKED:
        yield Message(f"web.code_state.{state}_words")
    fact = form.fact()
    stands = judge(fact, on, law.on(on)) if fact else None
    if stands and stands.state is not State.CLAIMED:
        yield stands.message


def _conflict(
    form: DeskForm, row: Good | SupplierRow, as_it_is: str, others: Iterable[tuple[str, str | None, str | None]] = ()
) -> tuple[str, int]:
    """What is stored now beside what the form says, to choose between; `as_it_is` leads to the former.

    Whoever has the page open twice overtakes themselves, and is told so.
    """
    concerned = [("product", row.id), ("evidence", row.id)] if isinstance(row, Good) else [("supplier", row.id)]
    return render_template(
        "supplier/conflict.html",
        form=form,
        version=row.version,
        as_it_is=as_it_is,
        differences=[*differences(form, row, g.lang), *others],
        own=last_actor(db(), *concerned) == auth.person().actor.name,
    ), 409


class Decided(Exception):
    """The document that the form claims is one that somebody has confirmed or revoked already."""

    def __init__(self, status: EvidenceStatus) -> None:
        super().__init__(status)
        self.status = status


def _save(
    session: Session, form: ProductForm, stated: ProductLine, line: Line | None, own: SupplierRow
) -> tuple[EvidenceFact, ...]:
    """Write the line and the document that it claims, in the request's transaction; returns the documents that are
    confirmed no longer, since the line is another thing now."""
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    fact = form.fact()
    if fact is not None and line is not None:
        known = queries.known_evidence(session, [line.good.id], on).get((line.good.id, fact.kind, fact.number))
        if known is not None and known.status is not EvidenceStatus.CLAIMED:
            raise Decided(known.status)
    saved = save_good(
        session,
        stated,
        tree(session, Scheme.TNVED, on),
        supplier_id=own.id,
        product_id=line.good.id if line else None,
        version=form.seen if line else None,
        on=on,
        actor=actor,
        now=now,
    )
    if fact is not None:
        touch(session, claim_evidence(session, [(saved.product_id, fact)], on=on, actor=actor, now=now), now=now)
    return saved.unconfirmed


def _page(
    form: ProductForm,
    line: Line | None,
    own: SupplierRow,
    *,
    checked: bool = False,
    twins: Sequence[Good] = (),
    kept: Line | None = None,
) -> str:
    """The form, with what its code means. checked: that was asked for, so that it is told even where none is given.
    twins: lines that seem to be the same good, to be told of before it is saved. kept: the draft or withdrawn line of
    that name, to be gone on with instead."""
    on = runtime().today()
    good = line.good if line else None
    if kept is not None:
        form.version.data = str(kept.good.version)
    _offer_sites(form, own, on)
    nomenclature = tree(db(), Scheme.TNVED, on)
    code = form.tnved.value if form.is_submitted() else good.tnved if good else None
    told = code or (checked and not form.tnved.errors)
    held = line is not None and line.since is None
    draft = bool(line and held and line.details.draft)
    return render_template(
        "supplier/product.html",
        form=form,
        problems=form.problems,
        good=good,
        draft=draft,
        since=line.since if line else None,
        confirmed=tuple(document(fact) for fact in _evidence(line) if fact.status is EvidenceStatus.CONFIRMED),
        code_path=steps(nomenclature, code, g.lang),
        code_state=code_state(code, nomenclature) if told else None,
        units=unit_names(tree(db(), Scheme.UNITS, on), g.lang),
        new_until=new_production_until(line.details.commissioned_on, law.on(on)) if line else None,
        twins=twins,
        kept=kept,
        meter=meters(db(), [good], on)[good.id] if good is not None and held else None,
        suggestion=catalogue.suggestion(db(), good.id) if good is not None and held and not draft else None,
    )


def _evidence(line: Line | None) -> tuple[EvidenceFact, ...]:
    return line.good.evidence if line else ()


def _own_good(id: int) -> Good:
    """A line of that supplier on its desk, listed or draft. Raises NotFound for another's as for none: what others list
    is not to be guessed at."""
    good = queries.good(db(), id, runtime().today(), drafts=True)
    if good.bin != auth.person().bin:
        raise NotFound(Message("catalogue.product.not_found", {"id": str(id)}))
    return good


def own_line(id: int) -> Line:
    """A line of that supplier, listed, draft or in the archive. Raises NotFound as `_own_good` does."""
    on = runtime().today()
    gone = queries.withdrawn(db(), [id], on, drafts=True).get(id)
    if gone is None or gone.good.bin != auth.person().bin:
        return Line(_own_good(id), catalogue.details(db(), [id], on)[id], None)
    return Line(gone.good, catalogue.details(db(), [id], gone.since - timedelta(days=1))[id], gone.since)
