"""Claims that a person of the institute looks at: who wants to speak for which organisation, and by what."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry.accounts.models import AccountRole
from registry.accounts.queries import account
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.errors import NotFound, RuleBroken
from registry.files.queries import used_by
from registry.identifiers import parse_holder
from registry.registration import operations, queries, rules
from registry.registration.models import Claim
from registry.suppliers.queries import supplier
from registry.wording import Message, tr
from web import auth
from web.account.letters import wake_for_mail
from web.fields import Description
from web.public.paging import page_of
from web.registration.blueprint import registration
from web.registration.steps import CLAIM
from web.session import db, runtime
from web.validators import at_most

Answer = str | tuple[str, int] | Response
PAGE_SIZE = 50
READERS: auth.Roles = frozenset({*auth.INSTITUTE, AccountRole.AUDITOR})


class DecisionForm(FlaskForm):
    """Why, in words; the reasons are ticked beside it."""

    note = Description("web.registration.decision_note", [at_most(rules.NOTE_LENGTH)])


@registration.get("/institute/claims")
@auth.allow(READERS)
def claims() -> str:
    """The claims that wait, the oldest first."""
    _, count = queries.waiting(db(), limit=1)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    waiting, _ = queries.waiting(db(), limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "registration/claims.html",
        waiting=waiting,
        count=count,
        page=page,
        pages=pages,
        page_address=lambda page: url_for("registration.claims", page=page),
    )


@registration.get("/institute/claims/<int:id>")
@auth.allow(READERS)
def judged(id: int) -> str:
    """One claim: what is said, beside what the register holds and the documents."""
    return _page(queries.claim(db(), id), DecisionForm(formdata=None))


@registration.post("/institute/claims/<int:id>")
@auth.allow(auth.INSTITUTE)
def decide(id: int) -> Answer:
    """Prove or refuse it."""
    form = DecisionForm()
    shaped = form.validate()
    claim, actor, now = queries.claim(db(), id), auth.person().actor, runtime().now()
    if not shaped:
        return _page(claim, form), 422
    try:
        if request.form.get("do") == "prove":
            operations.prove(db(), id, note=form.note.data, on=runtime().today(), actor=actor, now=now)
            flash(tr("web.registration.proven", g.lang))
        else:
            reasons, on = tuple(request.form.getlist("reason")), runtime().today()
            operations.refuse(db(), id, reasons, note=form.note.data, on=on, actor=actor, now=now)
            flash(tr("web.registration.refused", g.lang))
    except RuleBroken as error:
        return _page(claim, form, [("reasons", violation.message) for violation in error.violations]), 422
    wake_for_mail()
    return redirect(url_for("registration.claims"))


def _page(claim: Claim, form: DecisionForm, problems: list[tuple[str, Message]] | None = None) -> str:
    on = runtime().today()
    try:
        held = supplier(db(), claim.bin, on, own=True)
    except NotFound:
        held = None
    claimant = account(db(), claim.account_id)
    own = queries.had_to_do_with(db(), claim, auth.person().id)
    return render_template(
        "registration/judged.html",
        claim=claim,
        claimant=claimant,
        form=form,
        problems=problems or [(field.id, error) for field in form for error in field.errors],
        digits=rules.said_by(parse_holder(claim.bin)),
        held=held,
        known=queries.known(db(), claim.bin, on),
        files=used_by(db(), CLAIM, [claim.id]).get(claim.id, ()),
        others=queries.others(db(), claim),
        place=tree(db(), Scheme.KATO, on).path(claim.values.get("kato") or "", g.lang),
        activity=tree(db(), Scheme.OKED, on).node(claim.values.get("oked") or ""),
        reasons=rules.REASONS,
        said=[Message.from_json(reason) for reason in claim.reasons or ()],
        own=own,
        may=auth.person().role in auth.INSTITUTE and not own,
    )
