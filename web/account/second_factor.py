"""The second factor: setting it up, and recovery codes."""

from __future__ import annotations

import segno
from flask import flash, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from registry.accounts import entering, second_factor
from registry.accounts.rules import NEED_SECOND_FACTOR
from registry.errors import RuleBroken
from registry.wording import Message, tr
from web import auth
from web.account import own
from web.account.blueprint import account
from web.account.entering import home_of, problems_of
from web.account.forms import EnrolForm, KnownForm, refuse
from web.account.tries import not_known, waiting
from web.session import db, runtime

Answer = str | tuple[str, int] | Response
Problems = list[tuple[str, Message]]


@account.get("/account/second-factor")
@auth.allow(auth.ANYONE)
def enrol() -> Answer:
    """A fresh secret to share with an authenticator, as a picture and in letters."""
    person = _enrolling()
    if person is None:
        return redirect(url_for("account.sign_in", next=request.script_root + request.path))
    return _page(person, EnrolForm(formdata=None), second_factor.new_secret())


@account.post("/account/second-factor")
@auth.allow(auth.ANYONE)
def save_enrolment() -> Answer:
    """From now on codes of that authenticator are asked for; show the recovery codes, this once."""
    person = _enrolling()
    # The secret went to the page sealed, so that nobody has another one set by a form of their own.
    secret = runtime().sealer.opened(request.form.get("sealed", ""))
    if person is None or secret is None:
        return redirect(url_for("account.sign_in"))
    form, known = EnrolForm(), KnownForm()
    if not form.validate():
        return _page(person, form, secret), 422
    if person.has_factor and (not known.validate() or not_known(known)):
        form.code.errors = [Message("web.account.current_wrong")]  # type: ignore[list-item]
        return _page(person, form, secret), 422
    if wait := waiting("code", str(person.id)):
        return _page(person, form, secret, problems_of(form, wait)), 429
    now = runtime().now()
    try:
        codes = second_factor.enrol(db(), secret, form.code.data or "", runtime().sealer, actor=person.actor, now=now)
    except RuleBroken as error:
        refuse(form, error.violations)
        return _page(person, form, secret), 422
    entering.proven(db(), person.sign_in_id, now=now)
    return _codes(codes, home_of(person.role, person.bin))


@account.post("/account/recovery-codes")
@auth.allow(auth.SIGNED_IN)
def renew_recovery_codes() -> Answer:
    """Fresh recovery codes, shown this once."""
    if again := _unknown():
        return again
    codes = second_factor.renew_recovery_codes(db(), actor=auth.person().actor, now=runtime().now())
    return _codes(codes, url_for("account.own"))


@account.post("/account/second-factor/off")
@auth.allow(auth.SIGNED_IN - NEED_SECOND_FACTOR)
def end_second_factor() -> Answer:
    """Ask for no more codes. Raises NotAllowed for those who have a role that needs them, whichever they act in."""
    if again := _unknown():
        return again
    second_factor.end(db(), actor=auth.person().actor, now=runtime().now())
    flash(tr("web.account.factor_off", g.lang))
    return redirect(url_for("account.own"))


def _unknown() -> Answer | None:
    """The account's page again, unless the password was typed once more."""
    form = KnownForm()
    if not form.validate():
        return own.page(form), 422
    if refused := not_known(form):
        return own.page(form, refused), 422 if form.errors else 429
    return None


def _enrolling() -> auth.SignedIn | None:
    """Who may set a second factor up: a person who is in, or one who is kept out for having none."""
    if g.account:
        return auth.person()
    waits: auth.SignedIn | None = g.entering
    return waits if waits and waits.missing == "enrolment" else None


def _page(person: auth.SignedIn, form: EnrolForm, secret: str, problems: Problems | None = None) -> str:
    picture = segno.make(second_factor.address(secret, person.email), error="m")
    return render_template(
        "account/enrol.html",
        form=form,
        problems=problems or problems_of(form),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        sealed=runtime().sealer.seal(secret),
        # Drawn by us from a fixed alphabet: nothing in it is a reader's text.
        picture=Markup(picture.svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True)),  # noqa: S704
        required=not g.account,
        known=KnownForm(formdata=None) if person.has_factor else None,
    )


def _codes(codes: list[str], onward: str) -> str:
    return render_template("account/recovery_codes.html", codes=codes, onward=onward)
