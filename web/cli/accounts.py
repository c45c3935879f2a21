"""`ondiris account`: who may sign in to the portal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from web.cli.terminal import ACTOR, faults, ready

if TYPE_CHECKING:
    from registry.accounts.models import AccountRole
    from web.runtime import Runtime


@click.group()
def account() -> None:
    """Accounts of the people who sign in to the portal.

    Example: ondiris account open saule@zavod.example --role supplier --bin 080340990007
    """


@account.command(
    name="open", epilog="Example: ondiris account open saule@zavod.example --role supplier --bin 080340990007"
)
@click.argument("email")
@click.option(
    "--role",
    "word",
    type=click.Choice(["supplier", "customer", "expert", "administrator"]),
    required=True,
    help="What the person may do.",
)
@click.option("--bin", metavar="БИН", help="The БИН or ИИН of the supplier or customer whom the person speaks for.")
@click.option("--name", help="The person's name; the address without it.")
@click.pass_obj
def open_account(make_runtime: Callable[[], Runtime], email: str, word: str, bin: str | None, name: str | None) -> None:
    """Open an account for the person who signs in with the address EMAIL.

    A supplier lists its goods; a customer has its own needs matched, an expert or an administrator those of all. The
    password is asked for on a terminal and not shown; piped, it is the first line of standard input.
    """
    from registry.accounts.models import AccountRole
    from registry.accounts.operations import open_account as operation
    from registry.accounts.rules import Actor
    from registry.identifiers import parse_holder
    from registry.wording import Message, tr

    runtime = ready(make_runtime)
    lang = runtime.settings.lang
    with faults(runtime):
        role = AccountRole(word)
        holder = parse_holder(bin).number if bin else None
        # Before anybody thinks of a password for it.
        _check(runtime, email, name or email, role, holder)
        password = _password(runtime)
        with runtime.database.transaction() as session:
            opened = operation(
                session,
                email=email,
                name=name or email.strip(),
                password=password,
                role=role,
                bin=holder,
                lang=lang,
                actor=Actor(ACTOR),
                now=runtime.now(),
            )
    click.echo(tr("accounts.cli.opened", lang, email=opened.email, role=Message(f"web.role.{role.value}")))


def _check(runtime: Runtime, email: str, name: str, role: AccountRole, bin: str | None) -> None:
    """Raise what stands against the account whatever its password; say it where nothing is known of its customer."""
    from matching.needs.queries import customers as buyers
    from registry.accounts.models import AccountRole
    from registry.accounts.queries import account_by_email
    from registry.accounts.rules import check_account, folded_email
    from registry.customers.queries import names as customers
    from registry.errors import Conflict, NotFound, RuleBroken
    from registry.suppliers.queries import names as suppliers
    from registry.wording import Message, tr

    violations = check_account(email=email, name=name, password="", role=role, bin=bin)
    if others := [violation for violation in violations if violation.field != "password"]:
        raise RuleBroken(others)
    on = runtime.today()
    with runtime.database.reading() as session:
        if account_by_email(session, email):
            raise Conflict(Message("accounts.email.taken", {"email": folded_email(email)}))
        if role is AccountRole.SUPPLIER and bin and not suppliers(session, [bin], on):
            raise NotFound(Message("import.product.no_supplier", {"bin": bin}))
        known = bin is None or bin in customers(session, [bin], on) or bin in buyers(session, on)
    if not known:
        click.echo(tr("accounts.cli.no_customer", runtime.settings.lang, bin=str(bin)), err=True)


def _password(runtime: Runtime) -> str:
    """The password: typed twice on a terminal until it will do, else the first line of standard input."""
    from registry.accounts.rules import check_password
    from registry.errors import RuleBroken
    from registry.explain import Violation
    from registry.wording import Message, say, tr

    lang = runtime.settings.lang
    if not sys.stdin.isatty():
        try:
            return sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            message = Message("accounts.password.encoding")
            raise RuleBroken([Violation(message.code, "password", message)]) from None
    while True:
        password: str = click.prompt(tr("accounts.cli.password", lang), hide_input=True, err=True)
        wrong = [violation.message for violation in check_password(password)]
        if not wrong and password != click.prompt(tr("accounts.cli.repeat", lang), hide_input=True, err=True):
            wrong = [Message("accounts.cli.differ")]
        if not wrong:
            return password
        for message in wrong:
            click.echo(say(message, lang), err=True)
