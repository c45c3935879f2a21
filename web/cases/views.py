"""The supplier's cases: what may be confirmed, what is being looked at, what was decided and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from registry import law
from registry.accounts.models import AccountRole
from registry.catalogue.queries import details
from registry.db import after_commit
from registry.errors import Conflict, NotFound, RuleBroken
from registry.evidence.queries import supplier_goods
from registry.evidence.rules import State, standing
from registry.files.models import Purpose
from registry.files.operations import attach, link
from registry.files.queries import used_by
from registry.suppliers.profile import save_staff
from registry.suppliers.profiles import staff
from registry.suppliers.queries import SupplierRow
from registry.suppliers.queries import supplier as supplier_on
from registry.verification import appeals, applications, desk, exclusions, quarters, queries
from registry.verification.models import Case, CaseKind, CaseState, Ground
from registry.verification.rules import (
    ALIVE,
    TAKES_FILES,
    Costs,
    Figures,
    appeal_term,
    check_appeal,
    check_appeal_term,
    check_takes_files,
    check_withdrawable,
)
from registry.verification.steps import CASE, document_of
from registry.wording import Message, tr
from web import auth
from web.addresses import case_page
from web.cases.blueprint import cases
from web.cases.figures import PEOPLE, Asked, FiguresForm
from web.cases.figures import asked as asked_of
from web.cases.forms import FILES, DraftForm, FilesForm, NeededWordsForm, seen
from web.cases.telling import Told, told
from web.files import takes_files
from web.session import db, runtime
from web.validators import row_number

Answer = str | tuple[str, int] | Response
Problems = list[tuple[str, Message]]


@cases.get("/cases")
@auth.allow(auth.DESK)
def own_cases() -> str:
    """What may be confirmed, and every case of the supplier."""
    return _list()


@cases.post("/cases")
@auth.allow(auth.LISTERS)
def begin() -> Answer:
    """Begin to have lines confirmed."""
    wanted = [number for one in request.form.getlist("line") if (number := row_number(one)) is not None]
    if not wanted:
        return _list([("lines", Message("cases.lines"))]), 422
    try:
        draft = applications.draft_admission(db(), _bin(), wanted, on=runtime().today(), **_by())
    except Conflict as error:
        return _list([("lines", error.message)]), 409
    return redirect(url_for("cases.own_case", id=draft.id))


@cases.post("/cases/exclusion")
@auth.allow(auth.OWNERS)
def ask_exclusion() -> Answer:
    """Ask for the end of one's own confirmed status."""
    form = NeededWordsForm()
    if not form.validate():
        return _list(_problems(form)), 422
    asked = exclusions.ask_exclusion(
        db(), _bin(), form.text.data or "", on=runtime().today(), address=case_page, **_by()
    )
    _wake()
    flash(tr("web.cases.exclusion_asked", g.lang))
    return redirect(url_for("cases.own_case", id=asked.id))


@cases.get("/cases/<int:id>")
@auth.allow(auth.DESK)
def own_case(id: int) -> str:
    """One case: what is asked, how it stands, what can be done."""
    return _page(_own(id))


@cases.post("/cases/<int:id>")
@auth.allow(auth.LISTERS)
def save(id: int) -> Answer:
    """Keep what a draft says, take a line out, or hand it in."""
    case, form = _own(id), DraftForm()
    do = request.form.get("do", "")
    if do.startswith("drop-") and (line := row_number(do[5:])) is not None:
        applications.drop_line(db(), id, line, **_by())
        return redirect(url_for("cases.own_case", id=id))
    asked = _asked(case, sent=request.form)
    if not all([form.validate(), asked.validate()]):
        return _page(case, _problems(form) + asked.problems, form, asked), 422
    on = runtime().today()
    try:
        # A savepoint: what a refusal leaves half done is undone, and the page that tells of it may still be read.
        with db().begin_nested():
            _keep_people(asked)
            applications.state_costs(db(), id, asked.costs, **_by())
            if do == "submit":
                applications.submit(
                    db(), id, version=seen(form), text=form.text.data, on=on, address=case_page, **_by()
                )
    except RuleBroken as error:
        return _page(case, asked.told(error), form, asked), 422
    if do != "submit":
        flash(tr("web.cases.kept", g.lang))
        return redirect(url_for("cases.own_case", id=id))
    _wake()
    flash(tr("web.cases.submitted", g.lang))
    return redirect(url_for("cases.own_case", id=id))


def _keep_people(asked: Asked) -> None:
    """Keep how many people work for the organisation. Raises RuleBroken naming the field as the page has it."""
    if (people := asked.people.people) is None:
        return
    try:
        save_staff(db(), _bin(), total=people[0], kazakhstani=people[1], on=runtime().today(), **_by())
    except RuleBroken as error:
        raise RuleBroken([replace(one, field=f"{PEOPLE}{one.field}") for one in error.violations]) from error


@cases.post("/cases/<int:id>/files")
@auth.allow(auth.LISTERS)
@takes_files(Purpose.ORIGIN, FILES)
def add_files(id: int) -> Answer:
    """Send documents for the case: the supplier's and the institute's alone."""
    form = FilesForm()
    shaped = form.validate()
    case, person = _own(id), auth.person()
    if not shaped:
        return _page(case, _problems(form)), 422
    try:
        check_takes_files(case.state)
    except RuleBroken as error:
        return _page(case, _of(error)), 422
    for upload in form.files.values:
        kept = attach(db(), owner=_bin(), upload=upload, uploader=person.id, **_by())
        link(db(), kept.token, kind=CASE, entity_id=case.id, owner=_bin(), **_by())
    flash(tr("web.cases.files_kept", g.lang))
    return redirect(url_for("cases.own_case", id=id))


@cases.post("/cases/<int:id>/answer")
@auth.allow(auth.LISTERS)
def answer(id: int) -> Answer:
    """Tell the expert something."""
    return _worded(id, lambda text: applications.answer(db(), id, text, on=runtime().today(), **_by()), "answered")


@cases.post("/cases/<int:id>/appeal")
@auth.allow(auth.LISTERS)
def appeal(id: int) -> Answer:
    """Appeal against the decision."""

    def asked(text: str) -> Case:
        return appeals.appeal(db(), id, text, on=runtime().today(), address=case_page, **_by())

    return _worded(id, asked, "appealed")


@cases.post("/cases/<int:id>/withdraw")
@auth.allow(auth.LISTERS)
def withdraw(id: int) -> Answer:
    """Ask no longer."""
    _own(id)
    applications.withdraw_case(db(), id, on=runtime().today(), **_by())
    flash(tr("web.cases.withdrawn", g.lang))
    return redirect(url_for("cases.own_cases"))


@cases.post("/cases/<int:id>/update")
@auth.allow(auth.LISTERS)
def update(id: int) -> Answer:
    """The update of a quarter in one go: what is typed of the lines, or that nothing has changed."""
    case, form = _own(id), DraftForm()
    on, typed = runtime().today(), request.form.get("do") == "save"
    asked = _asked(case, sent=request.form if typed else None)
    if not form.validate() or (typed and not asked.validate()):
        return _page(case, _problems(form) + asked.problems, form, asked), 422
    try:
        with db().begin_nested():
            if typed:
                _keep_people(asked)
            quarters.state_quarter(db(), id, _stated(case, asked if typed else None), on=on, **_by())
            quarters.update_quarter(db(), id, version=seen(form), text=form.text.data, on=on, **_by())
    except RuleBroken as error:
        return _page(case, asked.told(error), form, asked), 422
    flash(tr("web.cases.updated", g.lang))
    return redirect(url_for("cases.own_case", id=id))


def _stated(case: Case, typed: Asked | None) -> dict[int, Figures]:
    """What a quarter's update states of each line that is listed: what was typed, else what was so before."""
    on = runtime().today()
    lines = queries.lines(db(), case.id, on)
    held, costs = details(db(), [line.row.product_id for line in lines], on), _costs(case, lines)
    if typed is None:
        return {
            line.good.id: Figures(costs[line.good.id], line.good.capacity_per_year, held[line.good.id])
            for line in lines
            if line.good is not None
        }
    return {
        product_id: form.figures(held[product_id], on)
        for product_id, form in typed.lines.items()
        if isinstance(form, FiguresForm)
    }


def _asked(case: Case, lines: Sequence[queries.Line] | None = None, sent: MultiDict[str, str] | None = None) -> Asked:
    """What the case asks, with what was sent, else with what is known."""
    on = runtime().today()
    lines = queries.lines(db(), case.id, on) if lines is None else lines
    known = details(db(), [line.row.product_id for line in lines], on) if case.state is CaseState.AWAITING else None
    return asked_of(lines, _costs(case, lines), known, staff(db(), case.supplier_id, on), sent)


def _costs(case: Case, lines: Sequence[queries.Line]) -> dict[int, Costs]:
    """What was told of each line in this case, or where its quarter begins with what was so, in one before."""
    before: dict[int, Costs] = {}
    if case.state is CaseState.AWAITING:
        before = queries.last_costs(db(), case, [line.row.product_id for line in lines])
    return {line.row.product_id: before.get(line.row.product_id, line.inputs) for line in lines}


def _worded(id: int, step: Callable[[str], object], said: str) -> Answer:
    """A step that words are sent with."""
    form = NeededWordsForm()
    case = _own(id)
    if not form.validate():
        return _page(case, _problems(form)), 422
    made = step(form.text.data or "")
    _wake()
    flash(tr(f"web.cases.said.{said}", g.lang))
    return redirect(url_for("cases.own_case", id=made.id if isinstance(made, Case) else id))


def _list(problems: Problems | None = None) -> str:
    on, row = runtime().today(), _supplier()
    then = law.on(on)
    wanted = desk.Wanted(supplier_id=row.id)
    held = desk.rows(db(), wanted, on=on)
    listed = supplier_goods(db(), row.bin, on, own=True, newest_first=True)
    busy = queries.in_progress(db(), [good.id for good in listed])
    stands = {good.id: standing(good.evidence, on, then) for good in listed}
    return render_template(
        "cases/list.html",
        supplier=row,
        problems=problems or [],
        open_rows=[one for one in held if one.case.state in ALIVE],
        over=[one for one in held if one.case.state not in ALIVE],
        lines=[
            (good, stands[good.id])
            for good in listed
            if stands[good.id].state is not State.CONFIRMED and good.id not in busy
        ],
        confirmed=sum(one.state is State.CONFIRMED for one in stands.values()),
        form=NeededWordsForm(formdata=None),
        may=auth.person().role in auth.LISTERS,
        owner=auth.person().role is AccountRole.OWNER,
    )


def _page(
    case: Case, problems: Problems | None = None, form: DraftForm | None = None, asked: Asked | None = None
) -> str:
    on = runtime().today()
    found: Told = told(db(), case, on, to_supplier=True)
    person = auth.person()
    return render_template(
        "cases/case.html",
        told=found,
        problems=problems or [],
        form=form or DraftForm(formdata=None, data={"version": str(case.version)}),
        files_form=FilesForm(formdata=None),
        files=used_by(db(), CASE, [case.id])[case.id],
        asked=asked or _asked(case, found.lines),
        documents={
            line.row.product_id: document_of(line.good.evidence, on) if line.good else None for line in found.lines
        },
        may=person.role in auth.LISTERS,
        may_withdraw=_withdrawable(case, concluded=bool(found.protocols)),
        takes_files=case.state in TAKES_FILES,
        late_since=_late_since(case, on),
        may_answer=case.state in (CaseState.CHECKING, CaseState.REVIEW),
        may_appeal=found.appeal is None
        and _holds(check_appeal, case.kind, case.state, len(queries.refused_lines(found.lines)))
        and (case.decided_on is None or _holds(check_appeal_term, case.decided_on, on)),
        appeal_until=appeal_term(case.decided_on) if case.decided_on else None,
        may_apply_again=case.state is CaseState.REFUSED and case.kind in (CaseKind.ADMISSION, CaseKind.APPEAL),
        by_request=case.ground is Ground.REQUEST,
    )


def _late_since(case: Case, on: date) -> date | None:
    """The day up to which the update of a quarter was taken, where that has passed."""
    last = queries.update_until(case) if case.state is CaseState.AWAITING else None
    return last if last is not None and on > last else None


def _withdrawable(case: Case, *, concluded: bool) -> bool:
    alive = case.state in ALIVE and case.state is not CaseState.AWAITING
    return alive and _holds(check_withdrawable, case.kind, case.ground, concluded=concluded)


def _holds(check: Callable[..., None], *args: Any, **more: Any) -> bool:
    try:
        check(*args, **more)
    except RuleBroken:
        return False
    return True


def _own(id: int) -> Case:
    return queries.own_case(db(), id, auth.person().bin)


def _supplier() -> SupplierRow:
    bin = _bin()
    try:
        return supplier_on(db(), bin, runtime().today(), own=True)
    except NotFound as error:
        raise NotFound(Message("web.desk.no_supplier", {"bin": bin})) from error


def _bin() -> str:
    return auth.person().bin or ""


def _by() -> dict[str, Any]:
    return {"actor": auth.person().actor, "now": runtime().now()}


def _wake() -> None:
    wake = runtime().wake
    after_commit(db(), lambda: wake(None))


def _problems(form: FlaskForm) -> Problems:
    return [(field.id, error) for field in form for error in field.errors]


def _of(error: RuleBroken) -> Problems:
    return [(one.field, one.message) for one in error.violations]
