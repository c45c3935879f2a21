"""Everything of a case on one screen, and the steps that the institute takes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry import law
from registry.accounts.models import AccountRole
from registry.catalogue.queries import details
from registry.classifiers.models import Scheme
from registry.errors import RuleBroken
from registry.evidence.rules import standing
from registry.files.queries import used_by
from registry.suppliers.profiles import profile
from registry.suppliers.queries import former_names
from registry.verification import decisions, desk, examination, facts, four_eyes, queries, rules, visits
from registry.verification.models import Case, CaseKind, CaseState, Move, Outcome
from registry.verification.reasons import Against, against, reasons_on
from registry.verification.rules import Proposal
from registry.verification.statements import as_said, differences
from registry.verification.steps import CASE
from registry.wording import Message, tr
from web import auth
from web.addresses import case_page
from web.cases.telling import told
from web.classifiers import step_of
from web.institute.blueprint import (
    HEADS,
    PAGE_SIZE,
    READERS,
    Answer,
    Problems,
    broken_of,
    by,
    institute,
    only_own,
    problems_of,
    wake,
)
from web.institute.forms import ProposalForm, SignForm, VisitEndForm, VisitForm, WordsForm
from web.session import db, runtime
from web.validators import row_number

EXPERTS: Final[auth.Roles] = frozenset({AccountRole.EXPERT})
# What the law says of commissions and visits, told where they are named.
_LIMITS: Final = ("commission_members", "visit_within", "visit_days")
# Decisions put into words, to begin with: the sentence of each is `web.cases.template.<word>`.
TEMPLATES: Final = ("granted", "partly", "document", "maker", "percent", "stopped")


@institute.get("/cases/<int:id>")
@auth.allow(READERS)
def case(id: int) -> str:
    """Everything of a case on one screen."""
    return _page(_readable(id))


@institute.post("/cases/<int:id>/check")
@auth.allow(auth.INSTITUTE)
def check(id: int) -> Response:
    """Make the automatic checks anew."""
    examination.check_again(db(), id, on=runtime().today(), **by())
    flash(tr("web.cases.checked", g.lang))
    return _back(id)


@institute.post("/cases/<int:id>/ask")
@auth.allow(EXPERTS)
def ask(id: int) -> Answer:
    """Ask the supplier something."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, [(f"ask-{field}", message) for field, message in problems_of(form)]), 422
    examination.ask(db(), id, form.text.data or "", on=runtime().today(), address=case_page, **by())
    return _done(id, "asked")


@institute.post("/cases/<int:id>/visit")
@auth.allow(EXPERTS)
def order_visit(id: int) -> Answer:
    """Order a visit to the producer."""
    found, form = _readable(id), VisitForm()
    if not form.validate():
        return _page(found, problems_of(form)), 422
    first, last = form.starts_on.value or date.max, form.ends_on.value or date.max
    try:
        visits.order_visit(
            db(), id, _lines(form.people.data), first, last, on=runtime().today(), address=case_page, **by()
        )
    except RuleBroken as error:
        return _page(found, broken_of(error)), 422
    return _done(id, "visit_ordered")


@institute.post("/cases/<int:id>/visit/end")
@auth.allow(EXPERTS)
def end_visit(id: int) -> Answer:
    """Write down what the visit found."""
    found, form = _readable(id), VisitEndForm()
    if not form.validate():
        return _page(found, problems_of(form)), 422
    try:
        ended_on = form.ended_on.value or date.max
        visits.end_visit(db(), id, form.findings.data or "", ended_on, on=runtime().today(), **by())
    except RuleBroken as error:
        return _page(found, broken_of(error)), 422
    return _done(id, "visit_ended")


@institute.post("/cases/<int:id>/visit/cancel")
@auth.allow(EXPERTS)
def cancel_visit(id: int) -> Answer:
    """Call off a visit that has not begun."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, [(f"cancel-{field}", message) for field, message in problems_of(form)]), 422
    try:
        visits.cancel_visit(db(), id, form.text.data or "", on=runtime().today(), address=case_page, **by())
    except RuleBroken as error:
        return _page(found, [(f"cancel-{field}", message) for field, message in broken_of(error)]), 422
    return _done(id, "visit_cancelled")


@institute.post("/cases/<int:id>/conclude")
@auth.allow(EXPERTS)
def conclude(id: int) -> Answer:
    """Write down what the commission concluded, for the head to sign."""
    found, form = _readable(id), ProposalForm()
    if not form.validate():
        return _page(found, problems_of(form), form), 422
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
        decisions.conclude(db(), id, proposal, version=_seen(form), on=runtime().today(), **by())
    except RuleBroken as error:
        return _page(found, broken_of(error), form), 422
    return _done(id, "concluded")


@institute.post("/cases/<int:id>/sign")
@auth.allow(HEADS)
def sign(id: int) -> Answer:
    """Decide as it was concluded."""
    found, form = _readable(id), SignForm()
    if not form.validate():
        return _page(found, problems_of(form)), 422
    try:
        with db().begin_nested():
            read = _number(form.protocol.data)
            decisions.sign(db(), id, read, version=_seen(form), on=runtime().today(), address=case_page, **by())
    except RuleBroken as error:
        return _page(found, broken_of(error)), 422
    return _done(id, "signed")


@institute.post("/cases/<int:id>/return")
@auth.allow(HEADS)
def send_back(id: int) -> Answer:
    """Have a conclusion looked at again."""
    found, form = _readable(id), WordsForm()
    if not form.validate():
        return _page(found, problems_of(form)), 422
    decisions.send_back(db(), id, form.text.data or "", version=_seen(form), on=runtime().today(), **by())
    return _done(id, "returned")


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
    barred = four_eyes.barred(db(), found)
    worker = person.role is AccountRole.EXPERT and found.assigned_id == person.id and person.id not in barred
    signer = person.role is AccountRole.HEAD and person.id not in barred | four_eyes.examined(db(), found)
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
        former=former_names(db(), shown.supplier.id, on),
        supplier_since=differences(last.said, _plain(stated)) if last is not None and last.said else (),
        last=last,
        look_alikes=facts.look_alikes(db(), row, on),
        profile=profile(db(), row.id, on),
        outputs={id: one.output_per_year for id, one in details(db(), ids, on).items()},
        meaning=lambda field, code: step_of(Scheme(field), code, on),
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
    wanted = desk.Wanted(states=rules.AT_DESK, assigned_id=only_own())
    ids = [row.case.id for row in desk.rows(db(), wanted, on=on, limit=PAGE_SIZE)]
    if found.id not in ids:
        return None, None
    place = ids.index(found.id)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)


def _readable(id: int) -> Case:
    """A case that the reader may see. Raises NotFound for an expert's colleague's as for none, and for drafts."""
    found = queries.case(db(), id)
    own = only_own()
    if found.state is CaseState.DRAFT or (own is not None and found.assigned_id != own):
        raise queries.not_found()
    return found


def _done(id: int, said: str) -> Response:
    wake()
    flash(tr(f"web.cases.done.{said}", g.lang))
    return _back(id)


def _back(id: int) -> Response:
    return redirect(url_for("institute.case", id=id))


def _lines(text: str | None) -> list[str]:
    return [one for one in (text or "").splitlines() if one.strip()]


def _seen(form: FlaskForm) -> int:
    return _number(form.version.data)


def _number(given: str | None) -> int:
    return int(given) if given and given.isdecimal() else 0
