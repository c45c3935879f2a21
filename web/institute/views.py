"""The institute's desk: the queue by the clock, and everything of a case on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry import law
from registry.accounts.models import AccountRole
from registry.db import after_commit
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.evidence.rules import standing
from registry.files.queries import used_by
from registry.suppliers.profiles import profile
from registry.suppliers.queries import names
from registry.verification import operations, queries, rules
from registry.verification.models import Case, CaseKind, CaseState, Ground, Move, Outcome
from registry.verification.reasons import Against, against, reasons_on
from registry.verification.rules import NAME_LENGTH, Proposal, as_said, differences
from registry.verification.steps import CASE
from registry.wording import Message, tr
from web import auth
from web.addresses import case_page
from web.cases.telling import told
from web.formats import with_query
from web.institute.forms import ExclusionForm, ProposalForm, SignForm, VisitEndForm, VisitForm, WordsForm
from web.public.paging import page_of
from web.session import db, runtime
from web.validators import row_number

Answer = str | tuple[str, int] | Response
Problems = list[tuple[str, Message]]

READERS: Final[auth.Roles] = frozenset({*auth.INSTITUTE, AccountRole.AUDITOR})
EXPERTS: Final[auth.Roles] = frozenset({AccountRole.EXPERT})
HEADS: Final[auth.Roles] = frozenset({AccountRole.HEAD})
PAGE_SIZE: Final = 50
# What the queue shows unasked: what is the institute's to work on.
_SHOWN: Final = {
    "": rules.AT_DESK,
    "checking": frozenset({CaseState.CHECKING}),
    "review": frozenset({CaseState.REVIEW}),
    "decision": frozenset({CaseState.DECISION}),
    "awaiting": frozenset({CaseState.AWAITING}),
    "over": rules.OVER,
}
# What the law says of commissions and visits, told where they are named.
_LIMITS: Final = ("commission_members", "visit_within", "visit_days")
# Decisions put into words, to begin with: the sentence of each is `web.cases.template.<word>`.
TEMPLATES: Final = ("granted", "partly", "document", "maker", "percent", "stopped")

institute = Blueprint("institute", __name__, url_prefix="/institute")


@institute.get("/")
@auth.allow(READERS)
def queue() -> str:
    """Cases by the clock, what is overdue first: an expert's own, for the head and the auditor all."""
    return _queue()


@institute.post("/assign")
@auth.allow(HEADS)
def assign() -> Answer:
    """Hand cases out, to an expert or evenly."""
    chosen = [number for one in request.form.getlist("case") if (number := row_number(one)) is not None]
    if not chosen:
        return _queue([("cases", Message("web.cases.choose"))]), 422
    expert = request.form.get("expert", "")
    try:
        if expert and row_number(expert) is None:
            raise NotFound(Message("cases.no_expert"))
        handed = operations.hand_out(db(), chosen, row_number(expert), on=runtime().today(), **_by())
    except (NotAllowed, NotFound) as error:
        return _queue([("cases", error.message)]), 422
    flash(tr("web.cases.handed", g.lang, n=len(handed.given)))
    if handed.left:
        flash(tr("web.cases.unassigned", g.lang, numbers=tuple(f"№ {one}" for one in handed.left)), "doubt")
    return redirect(url_for("institute.queue"))


@institute.get("/cases/<int:id>")
@auth.allow(READERS)
def case(id: int) -> str:
    """Everything of a case on one screen."""
    return _page(_readable(id))


@institute.post("/cases/<int:id>/check")
@auth.allow(auth.INSTITUTE)
def check(id: int) -> Response:
    """Make the automatic checks anew."""
    operations.check_again(db(), id, on=runtime().today(), **_by())
    flash(tr("web.cases.checked", g.lang))
    return _back(id)


@institute.post("/cases/<int:id>/ask")
@auth.allow(EXPERTS)
def ask(id: int) -> Answer:
    """Ask the supplier something."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, [(f"ask-{field}", message) for field, message in _problems(form)]), 422
    operations.ask(db(), id, form.text.data or "", on=runtime().today(), address=case_page, **_by())
    return _done(id, "asked")


@institute.post("/cases/<int:id>/visit")
@auth.allow(EXPERTS)
def order_visit(id: int) -> Answer:
    """Order a visit to the producer."""
    found, form = _readable(id), VisitForm()
    if not form.validate():
        return _page(found, _problems(form)), 422
    first, last = form.starts_on.value or date.max, form.ends_on.value or date.max
    try:
        operations.order_visit(
            db(), id, _lines(form.people.data), first, last, on=runtime().today(), address=case_page, **_by()
        )
    except RuleBroken as error:
        return _page(found, _of(error)), 422
    return _done(id, "visit_ordered")


@institute.post("/cases/<int:id>/visit/end")
@auth.allow(EXPERTS)
def end_visit(id: int) -> Answer:
    """Write down what the visit found."""
    found, form = _readable(id), VisitEndForm()
    if not form.validate():
        return _page(found, _problems(form)), 422
    try:
        ended_on = form.ended_on.value or date.max
        operations.end_visit(db(), id, form.findings.data or "", ended_on, on=runtime().today(), **_by())
    except RuleBroken as error:
        return _page(found, _of(error)), 422
    return _done(id, "visit_ended")


@institute.post("/cases/<int:id>/visit/cancel")
@auth.allow(EXPERTS)
def cancel_visit(id: int) -> Answer:
    """Call off a visit that has not begun."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, [(f"cancel-{field}", message) for field, message in _problems(form)]), 422
    try:
        operations.cancel_visit(db(), id, form.text.data or "", on=runtime().today(), address=case_page, **_by())
    except RuleBroken as error:
        return _page(found, [(f"cancel-{field}", message) for field, message in _of(error)]), 422
    return _done(id, "visit_cancelled")


@institute.post("/cases/<int:id>/conclude")
@auth.allow(EXPERTS)
def conclude(id: int) -> Answer:
    """Write down what the commission concluded, for the head to sign."""
    found, form = _readable(id), ProposalForm()
    if not form.validate():
        return _page(found, _problems(form), form), 422
    outcome = request.form.get("outcome", "")
    if outcome not in set(Outcome):
        return _page(found, [("outcome", Message("web.cases.outcome_needed"))], form), 422
    proposal = Proposal(
        outcome=Outcome(outcome),
        on=form.on.value or date.max,
        members=tuple(_lines(form.members.data)),
        lines=tuple(number for one in request.form.getlist("line") if (number := row_number(one)) is not None),
        reasons=tuple(request.form.getlist("reason")),
        text=form.text.data,
    )
    try:
        operations.conclude(db(), id, proposal, version=_seen(form), on=runtime().today(), **_by())
    except RuleBroken as error:
        return _page(found, _of(error), form), 422
    return _done(id, "concluded")


@institute.post("/cases/<int:id>/sign")
@auth.allow(HEADS)
def sign(id: int) -> Answer:
    """Decide as it was concluded."""
    found, form = _readable(id), SignForm()
    if not form.validate():
        return _page(found, _problems(form)), 422
    try:
        with db().begin_nested():
            read = _number(form.protocol.data)
            operations.sign(db(), id, read, version=_seen(form), on=runtime().today(), address=case_page, **_by())
    except RuleBroken as error:
        return _page(found, _of(error)), 422
    return _done(id, "signed")


@institute.post("/cases/<int:id>/return")
@auth.allow(HEADS)
def send_back(id: int) -> Answer:
    """Have a conclusion looked at again."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, _problems(form)), 422
    operations.send_back(db(), id, form.text.data or "", version=_seen(form), on=runtime().today(), **_by())
    return _done(id, "returned")


@institute.get("/exclusions/new")
@auth.allow(auth.INSTITUTE)
def new_exclusion() -> str:
    """The form that opens a case on the end of a confirmed status."""
    form = ExclusionForm(formdata=None, data={"bin": request.args.get("bin", "")})
    if form.bin.data:
        form.bin.validate(form)
    return _exclusion_page(form)


@institute.post("/exclusions/new")
@auth.allow(auth.INSTITUTE)
def open_exclusion() -> Answer:
    """Open it."""
    form = ExclusionForm()
    if request.form.get("do") == "find":
        form.bin.validate(form)
        return _exclusion_page(form)
    if not form.validate():
        return _exclusion_page(form), 422
    try:
        opened = operations.open_exclusion(
            db(),
            form.bin.value or "",
            Ground(form.ground.data),
            form.text.data or "",
            on=runtime().today(),
            address=case_page,
            **_by(),
        )
    except RuleBroken as error:
        return _exclusion_page(form, _of(error)), 422
    except (Conflict, NotAllowed, NotFound) as error:
        form.bin.errors = [error.message]  # type: ignore[list-item]
        return _exclusion_page(form), 422
    _wake()
    flash(tr("web.cases.exclusion_opened", g.lang, number=opened.id))
    return redirect(url_for("institute.queue"))


def _exclusion_page(form: ExclusionForm, problems: Problems | None = None) -> str:
    bin = form.bin.value or ""
    named = names(db(), [bin], runtime().today(), own=True).get(bin)
    if form.bin.value and named is None:
        form.bin.errors = [Message("register.supplier.not_found", {"bin": bin})]  # type: ignore[list-item]
    problems = _problems(form) + (problems or [])
    return render_template("institute/exclusion.html", form=form, problems=problems, named=named)


def _queue(problems: Problems | None = None) -> str:
    on, person = runtime().today(), auth.person()
    shown = request.args.get("state", "")
    kind = request.args.get("kind", "")
    wanted = queries.Wanted(
        states=_SHOWN.get(shown, rules.AT_DESK),
        kind=CaseKind(kind) if kind in set(CaseKind) else None,
        assigned_id=_only_own(),
        overdue_on=on if request.args.get("overdue") else None,
        # Control characters are in no name, and PostgreSQL takes not all of them.
        supplier="".join(filter(str.isprintable, request.args.get("q", "")))[:NAME_LENGTH].strip() or None,
    )
    count = queries.count(db(), wanted)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    late = wanted._replace(overdue_on=on, states=rules.AT_DESK)
    return render_template(
        "institute/queue.html",
        rows=queries.rows(db(), wanted, on=on, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE),
        count=count,
        overdue=queries.count(db(), late),
        problems=problems or [],
        states=tuple(_SHOWN),
        kinds=tuple(CaseKind),
        chosen=(shown, kind),
        ticked=set(request.form.getlist("case")),
        head=person.role is AccountRole.HEAD,
        may_open=person.role in auth.INSTITUTE,
        experts=[(one, queries.load(db())[one.id]) for one in queries.experts(db())],
        assignable=(CaseState.CHECKING, CaseState.REVIEW),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("institute.queue"), page=page),
    )


def _page(found: Case, problems: Problems | None = None, form: ProposalForm | None = None) -> str:
    on, person = runtime().today(), auth.person()
    shown = told(db(), found, on, to_supplier=False)
    then = law.on(on)
    ids = [line.row.product_id for line in shown.lines]
    before = queries.last_said(db(), found, ids)
    restated = queries.restated(shown.events)
    last = queries.last_decided(db(), found)
    row = shown.supplier
    stated = {name: getattr(row, name) for name in ("name", "role", "kato", "oked", "address", "email", "phone")}
    now = {line.row.product_id: as_said(line.good) for line in shown.lines if line.good}
    barred = queries.barred(db(), found)
    worker = person.role is AccountRole.EXPERT and found.assigned_id == person.id and person.id not in barred
    signer = person.role is AccountRole.HEAD and person.id not in barred | queries.examined(db(), found)
    sent = request.form if form is not None else None
    open_visit = next((one for one in shown.visits if one.findings is None), None)
    return render_template(
        "institute/case.html",
        told=shown,
        problems=problems or [],
        standings={line.row.product_id: standing(line.good.evidence, on, then) for line in shown.lines if line.good},
        since_submitted={
            line.row.product_id: differences(line.row.said, now[line.row.product_id])
            for line in shown.lines
            if line.good and line.row.said
        },
        restated={
            line.row.product_id: differences(restated[line.row.product_id], line.row.said)
            for line in shown.lines
            if line.row.said and line.row.product_id in restated
        },
        since_last={one: differences(before[one], now[one]) for one in ids if one in before and one in now},
        supplier_since=differences(last.said, _plain(stated)) if last is not None and last.said else (),
        last=last,
        look_alikes=queries.look_alikes(db(), row, on),
        profile=profile(db(), row.id, on),
        files=used_by(db(), CASE, [found.id])[found.id],
        proposal=form or _proposal(shown.case, person.name, on),
        sent=sent,
        against={outcome: _reasons(found.kind, outcome, on) for outcome in Outcome},
        partly=reasons_on(on, Against.REFUSAL) if found.kind is CaseKind.ADMISSION else (),
        on=on,
        open_visit=open_visit,
        limits={name: then.count(f"verification.{name}") for name in _LIMITS},
        templates=TEMPLATES,
        can=lambda move: Move(move) in rules.NEXT[found.state],
        worker=worker,
        signer=signer and bool(shown.protocols),
        head=person.role is AccountRole.HEAD,
        neighbours=_neighbours(found, on),
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else str(value) for name, value in values.items()}


def _reasons(kind: CaseKind, outcome: Outcome, on: date) -> Sequence[Any]:
    what = against(kind, outcome)
    return reasons_on(on, what) if what else ()


def _proposal(found: Case, name: str, on: date) -> ProposalForm:
    return ProposalForm(formdata=None, data={"version": str(found.version), "members": name, "on": on.isoformat()})


def _neighbours(found: Case, on: date) -> tuple[int | None, int | None]:
    """The cases before and after this one in the reader's queue."""
    wanted = queries.Wanted(states=rules.AT_DESK, assigned_id=_only_own())
    ids = [row.case.id for row in queries.rows(db(), wanted, on=on, limit=PAGE_SIZE)]
    if found.id not in ids:
        return None, None
    place = ids.index(found.id)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)


def _only_own() -> int | None:
    """Experts see what they were given; nobody else's, so that there is nothing to choose from."""
    person = auth.person()
    return person.id if person.role is AccountRole.EXPERT else None


def _readable(id: int) -> Case:
    """A case that the reader may see. Raises NotFound for an expert's colleague's as for none, and for drafts."""
    found = queries.case(db(), id)
    own = _only_own()
    if found.state is CaseState.DRAFT or (own is not None and found.assigned_id != own):
        raise queries.not_found()
    return found


def _done(id: int, said: str) -> Response:
    _wake()
    flash(tr(f"web.cases.done.{said}", g.lang))
    return _back(id)


def _back(id: int) -> Response:
    return redirect(url_for("institute.case", id=id))


def _wake() -> None:
    wake = runtime().wake
    after_commit(db(), lambda: wake(None))


def _by() -> dict[str, Any]:
    return {"actor": auth.person().actor, "now": runtime().now()}


def _lines(text: str | None) -> list[str]:
    return [one for one in (text or "").splitlines() if one.strip()]


def _seen(form: FlaskForm) -> int:
    return _number(form.version.data)


def _number(given: str | None) -> int:
    return int(given) if given and given.isdecimal() else 0


def _problems(form: FlaskForm) -> Problems:
    return [(field.id, error) for field in form for error in field.errors]


def _of(error: RuleBroken) -> Problems:
    return [(one.field, one.message) for one in error.violations]
