"""Pages that links in letters lead to, and those that ask for such a letter."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.accounts import links, queries
from registry.accounts.entering import act_as
from registry.accounts.models import LinkPurpose
from registry.db import after_commit
from registry.suppliers.queries import names
from registry.wording import tr
from web import auth
from web.account.blueprint import account
from web.account.entering import enter, home_of, problems_of
from web.account.forms import AddressForm, PasswordForm, PersonForm
from web.account.tries import waiting
from web.addresses import absolute
from web.session import db, runtime

Answer = str | tuple[str, int] | Response


@account.get("/sign-up")
@auth.allow(auth.ANYONE)
def sign_up() -> Answer:
    """The form that asks for a letter."""
    if g.account:
        return redirect(home_of(g.account.role, g.account.bin))
    return _ask("sign_up", AddressForm(formdata=None))


@account.post("/sign-up")
@auth.allow(auth.ANYONE)
def send_sign_up() -> Answer:
    """Send the letter; the answer is the same whether the address has an account or not."""

    def send(email: str) -> None:
        links.ask_to_sign_up(
            db(),
            email,
            lang=g.lang,
            address=_page_of("account.open_account"),
            reset=absolute(url_for("account.forgotten")),
            now=runtime().now(),
        )

    return _sent("sign_up", send)


@account.get("/password")
@auth.allow(auth.ANYONE)
def forgotten() -> Answer:
    """The form that asks for a link to choose a new password."""
    return _ask("reset", AddressForm(formdata=None))


@account.post("/password")
@auth.allow(auth.ANYONE)
def send_reset() -> Answer:
    """Send that link where the address has an account; the answer is the same where it has none."""

    def send(email: str) -> None:
        links.ask_for_reset(db(), email, address=_page_of("account.reset"), now=runtime().now())

    return _sent("reset", send)


@account.get("/sign-up/<secret>")
@auth.allow(auth.ANYONE)
def open_account(secret: str) -> Answer:
    """Who are you, and by what password shall we know you."""
    link = links.link_of(db(), secret, LinkPurpose.SIGN_UP, runtime().now())
    return _person_page("open", PersonForm(formdata=None), link.email)


@account.post("/sign-up/<secret>")
@auth.allow(auth.ANYONE)
def save_account(secret: str) -> Answer:
    """Open the account, and go on to what it is for: the organisation."""
    now, form = runtime().now(), PersonForm()
    link = links.link_of(db(), secret, LinkPurpose.SIGN_UP, now)
    if not form.validate():
        return _person_page("open", form, link.email), 422
    opened = links.sign_up(
        db(), secret, name=form.name.data or "", password=form.password.data or "", lang=g.lang, now=now
    )
    enter(opened)
    flash(tr("web.account.opened", g.lang))
    return redirect(url_for("registration.begin"))


@account.get("/password/<secret>")
@auth.allow(auth.ANYONE)
def reset(secret: str) -> Answer:
    """The form of a new password."""
    link = links.link_of(db(), secret, LinkPurpose.RESET, runtime().now())
    return _password_page(PasswordForm(formdata=None), link.email)


@account.post("/password/<secret>")
@auth.allow(auth.ANYONE)
def save_reset(secret: str) -> Answer:
    """Set it. Every browser is signed out: the person signs in with the new one."""
    now, form = runtime().now(), PasswordForm()
    link = links.link_of(db(), secret, LinkPurpose.RESET, now)
    if not form.validate():
        return _password_page(form, link.email), 422
    links.reset(db(), secret, password=form.password.data or "", now=now)
    auth.forget()
    flash(tr("web.account.password_set", g.lang))
    return redirect(url_for("account.sign_in"))


@account.get("/invitation/<secret>")
@auth.allow(auth.ANYONE)
def invitation(secret: str) -> Answer:
    """What one is invited to: a button for whoever has an account, else the form that opens one."""
    return _invitation_page(secret, PersonForm(formdata=None))


@account.post("/invitation/<secret>")
@auth.allow(auth.ANYONE)
def take_invitation(secret: str) -> Answer:
    """Join the organisation."""
    now = runtime().now()
    link = links.link_of(db(), secret, LinkPurpose.INVITATION, now)
    if queries.account_by_email(db(), link.email):
        if not g.account or g.account.email != link.email:
            return redirect(url_for("account.sign_in", next=request.script_root + request.path))
        joined = links.accept(db(), secret, actor=auth.person().actor, now=now)
        act_as(db(), auth.person().sign_in_id, joined.id, actor=auth.person().actor, now=now)
    else:
        form = PersonForm()
        if not form.validate():
            return _invitation_page(secret, form), 422
        opened, joined = links.join(
            db(), secret, name=form.name.data or "", password=form.password.data or "", lang=g.lang, now=now
        )
        enter(opened)
    flash(tr("web.account.joined", g.lang))
    return redirect(url_for("supplier.goods"))


@account.get("/address/<secret>")
@auth.allow(auth.ANYONE)
def address(secret: str) -> Answer:
    """The button that makes an address the one to sign in with: a mail program that opens links presses none."""
    link = links.link_of(db(), secret, LinkPurpose.ADDRESS, runtime().now())
    return render_template("account/address.html", email=link.email, form=AddressForm(formdata=None))


@account.post("/address/<secret>")
@auth.allow(auth.ANYONE)
def save_address(secret: str) -> Answer:
    """Change the address."""
    links.change_address(db(), secret, now=runtime().now())
    flash(tr("web.account.address_changed", g.lang))
    return redirect(url_for("account.own"))


def _ask(what: str, form: AddressForm, status: int = 200, problems: tuple[object, ...] = ()) -> Answer:
    page = render_template("account/ask.html", what=what, form=form, problems=problems)
    return (page, status) if status != 200 else page


def _sent(what: str, send: Callable[[str], None]) -> Answer:
    form = AddressForm()
    if not form.validate():
        return _ask(what, form, 422, tuple(problems_of(form)))
    email = form.email.data or ""
    if wait := waiting("letter", email.lower()):
        return _ask(what, form, 429, tuple(problems_of(form, wait)))
    send(email)
    wake_for_mail()
    return render_template("account/sent.html", what=what, email=email)


def wake_for_mail() -> None:
    """Have letters sent once they are committed."""
    wake = runtime().wake
    after_commit(db(), lambda: wake(None))


def _page_of(endpoint: str) -> Callable[[str], str]:
    return lambda secret: absolute(url_for(endpoint, secret=secret))


def _person_page(what: str, form: PersonForm, email: str, **more: object) -> str:
    return render_template("account/person.html", what=what, form=form, problems=problems_of(form), email=email, **more)


def _password_page(form: PasswordForm, email: str) -> str:
    return render_template("account/new_password.html", form=form, problems=problems_of(form), email=email)


def _invitation_page(secret: str, form: PersonForm) -> str:
    link = links.link_of(db(), secret, LinkPurpose.INVITATION, runtime().now())
    scope = link.scope or ""
    return render_template(
        "account/invitation.html",
        form=form,
        problems=problems_of(form),
        link=link,
        organisation=names(db(), [scope], runtime().today(), own=True).get(scope, scope),
        known=queries.account_by_email(db(), link.email) is not None,
        own=g.account is not None and g.account.email == link.email,
    )
