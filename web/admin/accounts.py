"""People: who has an account, what they may do, since when; granting roles and ending them."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry.accounts import operations, queries, second_factor
from registry.accounts.models import Account, AccountRole
from registry.accounts.rules import OF_A_REGION, SPEAKING_FOR_ONE
from registry.customers.queries import names as customers
from registry.errors import Conflict, NotFound, RuleBroken
from registry.identifiers import parse_holder
from registry.suppliers.queries import names as suppliers
from registry.wording import Message, tr
from web import auth
from web.account.entering import problems_of
from web.account.forms import refuse
from web.admin.blueprint import READERS, admin
from web.fields import Choice
from web.formats import with_query
from web.public.paging import page_of
from web.session import db, runtime
from web.validators import Text

PAGE_SIZE = 50

Answer = str | tuple[str, int] | Response


class GrantForm(FlaskForm):
    """A role, and the organisation or region it speaks for."""

    role = Choice(
        "web.admin.role", {role.value: f"accounts.role.{role.value}" for role in AccountRole}, default="customer"
    )
    bin = Text("web.admin.scope")


@admin.get("/admin/accounts")
@auth.allow(READERS)
def accounts() -> str:
    """Accounts whose name or address holds what is asked."""
    text = request.args.get("q", "").strip()[:200]
    _, count = queries.accounts(db(), text, limit=0)
    page, pages = page_of(request.args, count, PAGE_SIZE)
    found, _ = queries.accounts(db(), text, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "admin/accounts.html",
        text=text,
        count=count,
        accounts=found,
        held=queries.memberships_of(db(), [one.id for one in found]),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("admin.accounts"), page=page),
    )


@admin.get("/admin/accounts/<int:id>")
@auth.allow(READERS)
def account(id: int) -> str:
    """One person: what they may do and did before, where they are signed in."""
    return _page(id, GrantForm(formdata=None))


@admin.post("/admin/accounts/<int:id>/roles")
@auth.allow(auth.ADMINISTRATORS)
def grant(id: int) -> Answer:
    """Let the person act in one more role."""
    _held(id)
    form = GrantForm()
    if not form.validate():
        return _page(id, form), 422
    role, scope = AccountRole(form.role.data), (form.bin.data or "").strip()
    try:
        if role in SPEAKING_FOR_ONE and scope:
            scope = parse_holder(scope).number
        operations.grant(db(), id, role, scope, actor=auth.person().actor, now=runtime().now())
    except RuleBroken as error:
        refuse(form, error.violations)
        return _page(id, form), 422
    except Conflict as error:
        form.bin.errors = [error.message]  # type: ignore[list-item]
        return _page(id, form), 409
    flash(tr("web.admin.granted", g.lang))
    return redirect(url_for("admin.account", id=id))


@admin.post("/admin/roles/<int:id>/end")
@auth.allow(auth.ADMINISTRATORS)
def end_role(id: int) -> Response:
    """Take a role from its person."""
    account_id = queries.person_of(db(), id)
    operations.end_membership(db(), id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.admin.role_ended", g.lang))
    return redirect(url_for("admin.account", id=account_id))


@admin.post("/admin/accounts/<int:id>/close")
@auth.allow(auth.ADMINISTRATORS)
def close(id: int) -> Answer:
    """Let the person sign in no more."""
    return _done(id, "web.admin.closed", operations.close_account)


@admin.post("/admin/accounts/<int:id>/second-factor")
@auth.allow(auth.ADMINISTRATORS)
def forget_factor(id: int) -> Answer:
    """Ask the person for no code any more: they have lost their telephone and their recovery codes."""
    return _done(id, "web.admin.factor_forgotten", second_factor.forget_second_factor)


def _done(id: int, said: str, operation: object) -> Answer:
    """Run what cannot be taken back by a click, if its box was ticked."""
    if request.form.get("sure") != "yes":
        flash(tr("web.admin.tick", g.lang), "doubt")
        return redirect(url_for("admin.account", id=id))
    try:
        operation(db(), id, actor=auth.person().actor, now=runtime().now())  # type: ignore[operator]
    except RuleBroken as error:
        return _page(id, GrantForm(formdata=None), tuple(one.message for one in error.violations)), 422
    flash(tr(said, g.lang))
    return redirect(url_for("admin.account", id=id))


def _held(id: int) -> Account:
    held = queries.account(db(), id)
    if held is None:
        raise NotFound(Message("accounts.not_found", {"id": id}))
    return held


def _page(id: int, form: GrantForm, refused: tuple[Message, ...] = ()) -> str:
    held, on = _held(id), runtime().today()
    roles = queries.all_memberships(db(), id)
    scopes = {one.scope for one in roles if len(one.scope) == 12}
    return render_template(
        "admin/account.html",
        held=held,
        form=form,
        problems=[*problems_of(form), *(("", message) for message in refused)],
        roles=roles,
        organisations=customers(db(), scopes, on) | suppliers(db(), scopes, on),
        browsers=queries.browsers(db(), id, runtime().now()),
        regional=OF_A_REGION,
        may_change=g.account.role is AccountRole.ADMINISTRATOR and g.account.id != id,
    )
