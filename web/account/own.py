"""One's own account: who I am, what I may act as, where I am signed in."""

from __future__ import annotations

from http import HTTPStatus

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.accounts import entering, links, operations, queries, second_factor
from registry.wording import Message, tr
from web import auth
from web.account.blueprint import account
from web.account.entering import home_of, problems_of
from web.account.forms import ChangePasswordForm, KnownForm, NewAddressForm, ProfileForm
from web.account.letters import wake_for_mail
from web.account.tries import not_known, waiting
from web.acting import OFFER, names_of
from web.addresses import absolute
from web.session import db, runtime

Answer = str | tuple[str, int] | Response


@account.get("/account")
@auth.allow(auth.SIGNED_IN)
def own() -> str:
    """Everything of one's own account on a page."""
    return _page()


@account.post("/account")
@auth.allow(auth.SIGNED_IN)
def save_own() -> Answer:
    """Change name and language."""
    form = ProfileForm()
    if not form.validate():
        return _page(profile=form), 422
    operations.describe(
        db(), name=form.name.data or "", lang=form.lang.data, actor=auth.person().actor, now=runtime().now()
    )
    flash(tr("web.account.saved", g.lang))
    return redirect(url_for("account.own"))


@account.post("/account/password")
@auth.allow(auth.SIGNED_IN)
def change_password() -> Answer:
    """Choose another password, by whoever knows the one so far; other browsers are signed out."""
    form, person = ChangePasswordForm(), auth.person()
    if not form.validate():
        return _page(password=form), 422
    if refused := not_known(form):
        return _page(password=form, refused=refused), 422 if form.errors else 429
    now = runtime().now()
    operations.change_password(
        db(), password=form.password.data or "", keep=person.sign_in_id, actor=person.actor, now=now
    )
    flash(tr("web.account.password_changed", g.lang))
    return redirect(url_for("account.own"))


@account.post("/account/address")
@auth.allow(auth.SIGNED_IN)
def change_address() -> Answer:
    """Send a link to the address that is to be the person's from now on."""
    form, person = NewAddressForm(), auth.person()
    if not form.validate():
        return _page(address=form), 422
    if refused := not_known(form):
        return _page(address=form, refused=refused), 422 if form.errors else 429
    if wait := waiting("letter", person.email):
        return _page(address=form, refused=wait), 429

    def page_of(secret: str) -> str:
        return absolute(url_for("account.address", secret=secret))

    email = form.email.data or ""
    links.ask_to_change_address(db(), email, address=page_of, actor=person.actor, now=runtime().now())
    wake_for_mail()
    flash(tr("web.account.address_sent", g.lang, email=email))
    return redirect(url_for("account.own"))


@account.post("/account/act-as")
@auth.allow(auth.SIGNED_IN)
def act_as() -> Response:
    """Act in another of one's roles from now on in this browser; a form that was opened in that role is sent again."""
    person = auth.person()
    membership, onward = OFFER
    chosen = request.form.get(membership, "")
    wanted = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
    entering.act_as(db(), person.sign_in_id, wanted, actor=person.actor, now=runtime().now())
    if address := auth.local_address(request.form.get(onward)):
        # With all that came along, by the same method.
        return redirect(address, HTTPStatus.TEMPORARY_REDIRECT)
    acted = next(one for one in queries.memberships(db(), person.id) if one.id == wanted)
    return redirect(home_of(acted.role, acted.scope))


@account.post("/account/leave/<int:id>")
@auth.allow(auth.SIGNED_IN - {auth.NEWCOMER})
def leave(id: int) -> Response:
    """Give up one of one's roles."""
    operations.leave(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.left", g.lang))
    return redirect(url_for("account.own"))


@account.post("/account/browsers/<int:id>")
@auth.allow(auth.SIGNED_IN)
def sign_out_browser(id: int) -> Response:
    """Sign one of one's browsers out."""
    entering.leave_browser(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.browser_out", g.lang))
    return redirect(url_for("account.own"))


def page(known: KnownForm, refused: Message | None = None) -> str:
    """The page again, with what is wrong with a form that only asks for the password."""
    return _page(known=known, refused=refused)


def _page(
    profile: ProfileForm | None = None,
    password: ChangePasswordForm | None = None,
    address: NewAddressForm | None = None,
    known: KnownForm | None = None,
    refused: Message | None = None,
) -> str:
    person, now = auth.person(), runtime().now()
    sent = profile or password or address or known
    address, known = address or NewAddressForm(formdata=None), known or KnownForm(formdata=None)
    # Three forms of the page ask for the password: each field has an id of its own.
    address.current.id, known.current.id = "address-current", "known-current"
    held = queries.memberships(db(), person.id)
    return render_template(
        "account/own.html",
        profile=profile or ProfileForm(formdata=None, data={"name": person.name, "lang": person.lang}),
        password=password or ChangePasswordForm(formdata=None),
        known=known,
        address=address,
        problems=problems_of(sent, None if sent and sent.errors else refused) if sent else [],
        memberships=held,
        organisations=names_of(db(), held, runtime().today()),
        browsers=queries.browsers(db(), person.id, now),
        codes_left=second_factor.recovery_codes_left(db(), person.id),
    )
