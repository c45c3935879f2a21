"""Signing in and out: password first, then a code where the person has a second factor."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField

from registry.accounts import entering, operations, queries, second_factor
from registry.accounts.models import Account, AccountRole
from registry.wording import Message
from web import auth
from web.account.blueprint import account
from web.account.tries import waiting
from web.session import db, runtime
from web.validators import Text, needed


class SignInForm(FlaskForm):
    """Address and password; `next` is where to go afterwards."""

    email = Text("web.sign_in.email", [needed("web.sign_in.email_needed")])
    password = PasswordField("web.sign_in.password", [needed("web.sign_in.password_needed")])
    next = HiddenField()


class CodeForm(FlaskForm):
    """A code of the authenticator, or a recovery code."""

    code = Text("web.account.code", [needed("web.account.code_needed")])
    next = HiddenField()


@account.get("/sign-in")
@auth.allow(auth.ANYONE)
def sign_in() -> str | Response:
    """The form; whoever is signed in already goes on, whoever owes a second factor gives it first."""
    onward = request.args.get("next")
    if g.entering:
        return redirect(_missing(g.entering, onward))
    if g.account:
        return redirect(home_of(g.account.role, g.account.bin, onward))
    form = SignInForm(formdata=None, data={"next": onward})
    return render_template("account/sign_in.html", form=form, problems=())


@account.post("/sign-in")
@auth.allow(auth.ANYONE)
def check_sign_in() -> tuple[str, int] | Response:
    """Sign in, or say what is wrong: the same words for an unknown address and a wrong password."""
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    email = (form.email.data or "").lower()
    if wait := waiting("sign_in", email):
        return _again(form, 429, wait)
    held = _proven(email, form.password.data or "")
    if held is None:
        # Said at the password, which has to be typed anew; which of the two is wrong nobody is told.
        form.password.errors = [Message("web.sign_in.wrong")]  # type: ignore[list-item]
        return _again(form, 422)
    entering.forget_tries(db(), "sign_in", person=email, place=auth.place())
    person = enter(held)
    if person.missing:
        return redirect(_missing(person, form.next.data))
    return redirect(home_of(person.role, person.bin, form.next.data))


@account.get("/sign-in/code")
@auth.allow(auth.ANYONE)
def code() -> str | Response:
    """The form for the second factor, of whoever has given the password."""
    if not g.entering or g.entering.missing != "code":
        return redirect(url_for("account.sign_in"))
    form = CodeForm(formdata=None, data={"next": request.args.get("next")})
    return render_template("account/code.html", form=form, problems=())


@account.post("/sign-in/code")
@auth.allow(auth.ANYONE)
def check_code() -> tuple[str, int] | Response:
    """Let the person in, or say what is wrong with the code."""
    person: auth.SignedIn | None = g.entering
    if person is None or person.missing != "code":
        return redirect(url_for("account.sign_in"))
    form = CodeForm()
    refused = waiting("code", str(person.id)) if form.validate() else None
    if refused or form.errors:
        return _code_again(form, 429 if refused else 422, refused)
    if not second_factor.prove(db(), person.id, form.code.data or "", runtime().sealer, now=runtime().now()):
        form.code.errors = [Message("accounts.code.wrong")]  # type: ignore[list-item]
        return _code_again(form, 422)
    entering.proven(db(), person.sign_in_id, now=runtime().now())
    entering.forget_tries(db(), "code", person=str(person.id), place=auth.place())
    return redirect(home_of(person.role, person.bin, form.next.data))


@account.post("/sign-out")
@auth.allow(auth.ANYONE)
def sign_out() -> Response:
    """Sign out and go home."""
    person: auth.SignedIn | None = g.account or g.entering
    if person:
        entering.leave_browser(db(), person.sign_in_id, actor=person.actor, now=runtime().now())
    auth.forget()
    return redirect(url_for("public.home"))


def enter(held: Account) -> auth.SignedIn:
    """Sign this browser in as the person, acting as they last did, or else in their oldest role."""
    now, session = runtime().now(), db()
    last = entering.last_acted_as(session, held.id)
    held_now = [one.id for one in queries.memberships(session, held.id)]
    acts_as = last if last in held_now else next(iter(held_now), None)
    agent = request.user_agent.string
    secret = entering.enter(session, held, membership_id=acts_as, place=auth.place(), agent=agent, now=now)
    auth.keep(secret)
    return auth.SignedIn.of(entering.known(session, secret, now))


def home_of(role: AccountRole | None, bin: str | None, wanted: str | None = None) -> str:
    """Where a person goes on to: what was asked for before, else what is theirs."""
    if address := auth.local_address(wanted):
        return address
    if role in auth.DESK:
        return url_for("supplier.goods")
    if role is AccountRole.CUSTOMER:
        return url_for("public.needs", customer=bin)
    if role in auth.INSTITUTE:
        return url_for("institute.queue")
    return url_for("registration.begin") if role is None else url_for("public.home")


def _missing(person: auth.SignedIn, onward: str | None) -> str:
    """Where what the person still owes is given."""
    endpoint = "account.code" if person.missing == "code" else "account.enrol"
    return url_for(endpoint, next=auth.local_address(onward))


def _proven(email: str, password: str) -> Account | None:
    # Read apart from the request's transaction: hashing takes long, and a writer would keep all others waiting.
    with runtime().database.reading() as reading:
        held = queries.account_by_email(reading, email)
    good = operations.is_password(held, password)
    return held if good and held is not None and held.closed_at is None else None


def _again(form: SignInForm, status: int, refused: Message | None = None) -> tuple[str, int]:
    """The form with what is wrong; `refused`: why it is not read, whatever its fields say."""
    return render_template("account/sign_in.html", form=form, problems=problems_of(form, refused)), status


def _code_again(form: CodeForm, status: int, refused: Message | None = None) -> tuple[str, int]:
    return render_template("account/code.html", form=form, problems=problems_of(form, refused)), status


def problems_of(form: FlaskForm, refused: Message | None = None) -> list[tuple[str, Message]]:
    """What is wrong with a form, in the order of its fields: (field, message), and last what concerns the whole."""
    problems = [(field.id, error) for field in form for error in field.errors]
    return [*problems, ("", refused)] if refused else problems
