"""Colleagues at one's supplier: who acts for it, invitations, handing the page over."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.accounts import links, operations, queries
from registry.accounts.models import AccountRole
from registry.errors import Conflict
from registry.suppliers.queries import names
from registry.wording import Message, say, tr
from web import auth
from web.account.blueprint import account
from web.account.entering import problems_of
from web.account.forms import InviteForm, KnownForm
from web.account.letters import wake_for_mail
from web.account.tries import not_known, waiting
from web.addresses import absolute
from web.session import db, runtime

Answer = str | tuple[str, int] | Response


@account.get("/desk/people")
@auth.allow(auth.DESK)
def people() -> str:
    """Who acts for the supplier, and who was invited."""
    return _page(InviteForm(formdata=None))


@account.post("/desk/people")
@auth.allow(auth.OWNERS)
def invite() -> Answer:
    """Send a colleague an invitation."""
    form, person = InviteForm(), auth.person()
    if not form.validate():
        return _page(form), 422
    if wait := waiting("invite", person.email):
        return _page(form, problems_of(form, wait)), 429

    def page_of(secret: str) -> str:
        return absolute(url_for("account.invitation", secret=secret))

    email = form.email.data or ""
    try:
        links.invite(
            db(),
            email,
            AccountRole(form.role.data),
            organisation=names(db(), [person.scope], runtime().today(), own=True).get(person.scope, person.scope),
            lang=g.lang,
            address=page_of,
            actor=person.actor,
            now=runtime().now(),
        )
    except Conflict as error:
        form.email.errors = [error.message]  # type: ignore[list-item]
        return _page(form), 409
    wake_for_mail()
    flash(tr("web.account.invited", g.lang, email=email))
    return redirect(url_for("account.people"))


@account.post("/desk/people/<int:id>/end")
@auth.allow(auth.OWNERS)
def end_colleague(id: int) -> Response:
    """Let a colleague act for the supplier no more."""
    operations.end_membership(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.colleague_ended", g.lang))
    return redirect(url_for("account.people"))


@account.post("/desk/people/<int:id>/owner")
@auth.allow(auth.OWNERS)
def make_owner(id: int) -> Response:
    """Hand the page over to a colleague, by whoever has read what it means and knows the password."""
    form = KnownForm()
    if request.form.get("sure") != "yes":
        flash(tr("web.account.owner_sure", g.lang), "doubt")
        return redirect(url_for("account.people"))
    refused = not_known(form) if form.validate() else Message("web.sign_in.password_needed")
    if refused is not None:
        flash(say(refused, g.lang), "doubt")
        return redirect(url_for("account.people"))
    on, person = runtime().today(), auth.person()
    organisation = names(db(), [person.scope], on, own=True).get(person.scope, person.scope)
    operations.transfer_ownership(db(), id, organisation=organisation, actor=person.actor, now=runtime().now())
    wake_for_mail()
    flash(tr("web.account.owner_changed", g.lang))
    return redirect(url_for("account.own"))


@account.post("/desk/people/<int:id>/role")
@auth.allow(auth.OWNERS)
def change_role(id: int) -> Response:
    """Let a colleague change what is listed, or only read it."""
    operations.change_role(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.role_changed", g.lang))
    return redirect(url_for("account.people"))


@account.post("/desk/invitations/<int:id>/withdraw")
@auth.allow(auth.OWNERS)
def withdraw_invitation(id: int) -> Response:
    """Let an invitation be worth nothing."""
    links.withdraw_invitation(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.invitation_withdrawn", g.lang))
    return redirect(url_for("account.people"))


def _page(form: InviteForm, problems: list[tuple[str, Message]] | None = None) -> str:
    person = auth.person()
    return render_template(
        "account/people.html",
        form=form,
        problems=problems if problems is not None else problems_of(form),
        colleagues=queries.colleagues(db(), person.scope),
        invitations=queries.invitations(db(), person.scope, runtime().now()),
        owner=person.role is AccountRole.OWNER,
    )
