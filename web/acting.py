"""Forms belong to the role they were opened in.

A person of several organisations may have forms of one open in one tab while they go over to another in the next. Every
token of a form says in which of the person's roles it was made; one that comes in another role saves nothing, and its
page offers to go back to that role with all that was typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from flask import Flask, current_app, g, render_template, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from registry.accounts import queries
from registry.accounts.models import Membership
from registry.customers.queries import names as customers
from registry.suppliers.queries import names as suppliers
from web import auth
from web.session import runtime

# Between a token and the role it was made in; no token of Flask-WTF has it.
_MARK: Final = "~"
FIELD: Final = "csrf_token"
# What the offer to go back sends beside what was typed.
OFFER: Final = ("acting_membership", "acting_next")
# What is not carried along: a password is typed again.
_LEFT: Final = {FIELD, *OFFER, "current", "password"}


class Tokens(CSRFProtect):
    """Tokens of forms, each with the role it was made in."""

    def _get_csrf_token(self) -> str | None:
        token: str | None = super()._get_csrf_token()
        return token.partition(_MARK)[0] if token else token


def install(app: Flask) -> None:
    """Have every form checked: that this portal made it for this browser, and in the role in which it comes back."""
    Tokens(app)

    def token() -> str:
        return made_for(g.account.membership_id if g.account else None)

    # In every template, and in those that are imported without their reader's context.
    app.jinja_env.globals[FIELD] = token
    app.context_processor(lambda: {FIELD: token})

    @app.before_request
    def same_role() -> tuple[str, int] | None:
        checked = request.method == "POST" and current_app.config["WTF_CSRF_ENABLED"]
        if not checked or g.account is None or request.endpoint is None:
            return None
        if auth.NEWCOMER in (auth.declared(current_app.view_functions[request.endpoint]) or ()):
            # What is the person's own, whoever they speak for.
            return None
        # A token that says no role is none of this portal's forms'.
        made_in = request.form.get(FIELD, "").partition(_MARK)[2]
        if made_in == str(g.account.membership_id or 0):
            return None
        return _of_another_role(int(made_in) if made_in.isdecimal() and len(made_in) < 19 else 0)


def made_for(membership_id: int | None) -> str:
    """A token of a form that is opened in that role; None for none."""
    return f"{generate_csrf()}{_MARK}{membership_id or 0}"


def _of_another_role(made_in: int) -> tuple[str, int]:
    with runtime().database.reading() as session:
        roles = queries.memberships(session, g.account.id)
        organisations = names_of(session, roles, runtime().today())
    held = {one.id: one for one in roles}
    return (
        render_template(
            "acting.html",
            made_in=held.get(made_in),
            now=held.get(g.account.membership_id),
            organisations=organisations,
            address=(request.script_root + request.full_path).removesuffix("?"),
            kept=[pair for pair in request.form.items(multi=True) if pair[0] not in _LEFT],
            token=made_for(made_in),
            files=any(one.filename for one in request.files.values()),
        ),
        409,
    )


def names_of(session: Session, roles: Iterable[Membership], on: date) -> dict[str, str]:
    """What the organisations are called that a person's roles speak for, by БИН."""
    scopes = {one.scope for one in roles if one.scope}
    return customers(session, scopes, on) | suppliers(session, scopes, on, own=True)
