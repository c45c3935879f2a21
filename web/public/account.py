"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField

from registry.accounts import operations, queries
from registry.accounts.models import Account, AccountRole
from registry.wording import Message
from web import auth
from web.session import runtime
from web.validators import Text, needed

blueprint = Blueprint("account", __name__)


class SignInForm(FlaskForm):
    """Address and password; `next` is where to go afterwards."""

    email = Text("web.sign_in.email", [needed("web.sign_in.email_needed")])
    password = PasswordField("web.sign_in.password", [needed("web.sign_in.password_needed")])
    next = HiddenField()


@blueprint.get("/sign-in")
@auth.allow(auth.ANYONE)
def sign_in() -> str | Response:
    """The form; whoever is signed in already goes on."""
    if g.account:
        return redirect(_onward(g.account.role, g.account.bin, request.args.get("next")))
    form = SignInForm(formdata=None, data={"next": request.args.get("next")})
    return render_template("account/sign_in.html", form=form, problems=())


@blueprint.post("/sign-in")
@auth.allow(auth.ANYONE)
def check_sign_in() -> tuple[str, int] | Response:
    """Sign in, or say what is wrong: the same words for an unknown address and a wrong password."""
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    now, email, place = runtime().now(), (form.email.data or "").lower(), str(request.remote_addr)
    failures: auth.Failures = current_app.extensions["failures"]
    if wait := failures.free_again(place, email, now):
        minutes = -(-int((wait - now).total_seconds()) // 60)
        return _again(form, 429, Message("web.sign_in.too_often", {"n": max(1, minutes)}))
    account = _proven(email, form.password.data or "")
    if account is None:
        failures.failed(place, email, now)
        # Said at the password, which has to be typed anew; which of the two is wrong nobody is told.
        form.password.errors = [Message("web.sign_in.wrong")]  # type: ignore[list-item]
        return _again(form, 422)
    failures.succeeded(place, email)
    auth.sign_in(account)
    return redirect(_onward(AccountRole(account.role), account.bin, form.next.data))


@blueprint.post("/sign-out")
@auth.allow(auth.ANYONE)
def sign_out() -> Response:
    """Sign out and go home."""
    auth.sign_out()
    return redirect(url_for("public.home"))


def _proven(email: str, password: str) -> Account | None:
    # Read apart from the request's transaction: hashing takes long, and a writer would keep all others waiting.
    with runtime().database.reading() as reading:
        account = queries.account_by_email(reading, email)
    return account if operations.is_password(account, password) else None


def _again(form: SignInForm, status: int, refused: Message | None = None) -> tuple[str, int]:
    """The form with what is wrong; `refused`: why it is not read, whatever its fields say."""
    problems = [(field.id, error) for field in form for error in field.errors]
    if refused:
        problems.append(("", refused))
    return render_template("account/sign_in.html", form=form, problems=problems), status


def _onward(role: AccountRole, bin: str | None, wanted: str | None) -> str:
    """Where a person goes on to: what was asked for before, else what is theirs."""
    if address := auth.local_address(wanted):
        return address
    if role is AccountRole.SUPPLIER:
        return url_for("supplier.goods")
    return url_for("public.needs", customer=bin) if role is AccountRole.CUSTOMER else url_for("public.home")
