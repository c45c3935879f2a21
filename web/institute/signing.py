"""The head signs quarterly checks that were passed: read on one page, ticked, signed together."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for

from registry.verification import decisions, desk
from registry.verification.decisions import Read
from registry.wording import Message, tr
from web import auth
from web.addresses import case_page
from web.formats import with_query
from web.institute.blueprint import HEADS, PAGE_SIZE, Answer, Problems, by, institute, wake
from web.public.paging import page_of
from web.session import db, runtime
from web.validators import row_number


@institute.get("/sign")
@auth.allow(HEADS)
def signing() -> str:
    """Quarterly checks that were passed, each with what its commission concluded."""
    return _signing()


@institute.post("/sign")
@auth.allow(HEADS)
def sign_passed() -> Answer:
    """Sign those that are ticked; of those that cannot be signed it is told why."""
    chosen = [number for one in request.form.getlist("case") if (number := row_number(one)) is not None]
    if not chosen:
        return _signing([("cases", Message("web.cases.choose"))]), 422
    read = {one: Read(_sent("protocol", one), _sent("version", one)) for one in chosen}
    left = decisions.sign_passed(db(), read, on=runtime().today(), address=case_page, **by())
    wake()
    if len(left) < len(read):
        flash(tr("web.cases.signed_many", g.lang, n=len(read) - len(left)))
    if left:
        told = [Message("web.cases.not_signed", {"number": one, "reason": why}) for one, why in left.items()]
        return _signing([("cases", one) for one in told]), 409
    return redirect(url_for("institute.signing"))


def _sent(name: str, case_id: int) -> int:
    return row_number(request.form.get(f"{name}-{case_id}", "")) or 0


def _signing(problems: Problems | None = None) -> str:
    count = desk.count(db(), desk.PASSED)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    on, offset = runtime().today(), (page - 1) * PAGE_SIZE
    return render_template(
        "institute/signing.html",
        rows=desk.passed(db(), auth.person().id, on=on, limit=PAGE_SIZE, offset=offset),
        count=count,
        problems=problems or [],
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("institute.signing"), page=page),
    )
