"""The institute's queue: cases by the clock, and handing them out."""

from __future__ import annotations

from typing import Final

from flask import flash, g, redirect, render_template, request, url_for

from registry.accounts.models import AccountRole
from registry.errors import NotAllowed, NotFound
from registry.verification import desk, examination, rules
from registry.verification.models import CaseKind, CaseState
from registry.verification.rules import NAME_LENGTH
from registry.wording import Message, tr
from web import auth
from web.formats import with_query
from web.institute.blueprint import HEADS, PAGE_SIZE, READERS, Answer, Problems, by, institute, only_own
from web.public.paging import page_of
from web.session import db, runtime
from web.validators import row_number

# What the queue shows unasked: what is the institute's to work on.
_SHOWN: Final = {
    "": rules.AT_DESK,
    "checking": frozenset({CaseState.CHECKING}),
    "review": frozenset({CaseState.REVIEW}),
    "decision": frozenset({CaseState.DECISION}),
    "awaiting": frozenset({CaseState.AWAITING}),
    "over": rules.OVER,
}


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
        handed = examination.hand_out(db(), chosen, row_number(expert), on=runtime().today(), **by())
    except (NotAllowed, NotFound) as error:
        return _queue([("cases", error.message)]), 422
    flash(tr("web.cases.handed", g.lang, n=len(handed.given)))
    if handed.left:
        flash(tr("web.cases.unassigned", g.lang, numbers=tuple(f"№ {one}" for one in handed.left)), "doubt")
    return redirect(with_query(url_for("institute.queue"), all=None))


def _queue(problems: Problems | None = None) -> str:
    on, person = runtime().today(), auth.person()
    shown = request.args.get("state", "")
    kind = request.args.get("kind", "")
    wanted = desk.Wanted(
        states=_SHOWN.get(shown, rules.AT_DESK),
        kind=CaseKind(kind) if kind in set(CaseKind) else None,
        assigned_id=only_own(),
        overdue_on=on if request.args.get("overdue") else None,
        # Control characters are in no name, and PostgreSQL takes not all of them.
        supplier="".join(filter(str.isprintable, request.args.get("q", "")))[:NAME_LENGTH].strip() or None,
    )
    count = desk.count(db(), wanted)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    late = wanted._replace(overdue_on=on, states=rules.AT_DESK)
    return render_template(
        "institute/queue.html",
        rows=desk.rows(db(), wanted, on=on, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE),
        count=count,
        overdue=desk.count(db(), late),
        problems=problems or [],
        states=tuple(_SHOWN),
        kinds=tuple(CaseKind),
        chosen=(shown, kind),
        ticked=set(request.form.getlist("case")),
        head=person.role is AccountRole.HEAD,
        may_open=person.role in auth.INSTITUTE,
        to_sign=desk.count(db(), desk.PASSED) if person.role is AccountRole.HEAD else 0,
        experts=[(one, desk.load(db())[one.id]) for one in desk.experts(db())],
        assignable=(CaseState.CHECKING, CaseState.REVIEW),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("institute.queue"), page=page),
    )
