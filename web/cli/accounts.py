"""`ondiris account`: who may sign in to the portal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from web.cli.terminal import ACTOR, faults, ready

if TYPE_CHECKING:
    from registry.accounts.models import AccountRole
    from web.runtime import Runtime


# Spelt out, not read off the enumeration: `--help` shall not wait for the database's machinery. A test compares.
ROLES: Final = (
    *("owner", "editor", "viewer", "customer", "monitored", "expert", "head", "industry", "authorised", "sector"),
    *("akimat", "bank", "auditor", "administrator"),
)
# What an owner was called before a supplier's page could have several people.
_FORMERLY: Final = "supplier"


@click.group()
def account() -> None:
    """Accounts of the people who sign in to the portal.

    Example: ondiris account open saule@zavod.example --role owner --bin 080340990007
    """


@account.command(
    name="open", epilog="Example: ondiris account open saule@zavod.example --role owner --bin 080340990007"
)
@click.argument("email")
@click.option("--role", "word", type=click.Choice((*ROLES, _FORMERLY)), required=True, help="What the person may do.")
@click.option("--bin", metavar="БИН", help="The БИН or ИИН of the organisation that the person speaks for.")
@click.option("--region", metavar="NN", help="The region of an akimat's person: the first two digits of its КАТО.")
@click.option("--name", help="The person's name; the address without it.")
@click.pass_obj
def open_account(
    make_runtime: Callable[[], Runtime], email: str, word: str, bin: str | None, region: str | None, name: str | None
) -> None:
    """Open an account for the person who signs in with the address EMAIL, or give one that is open a further role.

    A supplier's owner and editors list its goods; a customer has its own needs matched; expert, head and administrator
    are the institute's, and set a second factor up when they first sign in. The password is asked for on a terminal and
    not shown; piped, it is the first line of standard input. Who has an account keeps its password.
    """
    from registry.accounts.models import AccountRole
    from registry.accounts.operations import grant
    from registry.accounts.operations import open_account as operation
    from registry.accounts.queries import account_by_email
    from registry.accounts.rules import Actor
    from registry.identifiers import parse_holder
    from registry.wording import Message, tr

    runtime = ready(make_runtime)
    lang, actor = runtime.settings.lang, Actor(ACTOR)
    with faults(runtime):
        role = AccountRole("owner" if word == _FORMERLY else word)
        scope = (parse_holder(bin).number if bin else region) or ""
        # Before anybody thinks of a password for it.
        known = _check(runtime, email, name or email, role, scope)
        password = None if known else _password(runtime)
        with runtime.database.transaction() as session:
            held = account_by_email(session, email)
            if held is None:
                held = operation(
                    session,
                    email=email,
                    name=name or email.strip(),
                    password=password or "",
                    lang=lang,
                    actor=actor,
                    now=runtime.now(),
                )
            grant(session, held.id, role, scope, actor=actor, now=runtime.now())
    said = "accounts.cli.granted" if known else "accounts.cli.opened"
    click.echo(tr(said, lang, email=held.email, role=Message(f"accounts.role.{role.value}")))


@account.command(name="reset-factor", epilog="Example: ondiris account reset-factor saule@zavod.example")
@click.argument("email")
@click.pass_obj
def reset_factor(make_runtime: Callable[[], Runtime], email: str) -> None:
    """Ask the person with the address EMAIL for the second factor no more: telephone and recovery codes are lost.

    Whoever's role needs one sets it up anew at the next sign-in.
    """
    from registry.accounts.queries import account_by_email
    from registry.accounts.rules import Actor
    from registry.accounts.second_factor import forget_second_factor
    from registry.errors import NotFound
    from registry.wording import Message, tr

    runtime = ready(make_runtime)
    with faults(runtime), runtime.database.transaction() as session:
        held = account_by_email(session, email)
        if held is None:
            raise NotFound(Message("accounts.cli.unknown", {"email": email}))
        forget_second_factor(session, held.id, actor=Actor(ACTOR), now=runtime.now())
    click.echo(tr("accounts.cli.factor_reset", runtime.settings.lang, email=held.email))


def _check(runtime: Runtime, email: str, name: str, role: AccountRole, scope: str) -> bool:
    """Raise what stands against the role whatever the password; say it where nothing is known of its customer.

    Returns whether the person has an account already.
    """
    from matching.needs.queries import customers as buyers
    from registry.accounts.queries import account_by_email
    from registry.accounts.rules import SPEAKING_FOR_ONE, SUPPLIER, check_account, check_scope
    from registry.customers.queries import names as customers
    from registry.errors import NotFound, RuleBroken
    from registry.suppliers.queries import names as suppliers
    from registry.wording import Message, tr

    violations = (*check_account(email=email, name=name, password=""), *check_scope(role, scope))
    if others := [violation for violation in violations if violation.field != "password"]:
        raise RuleBroken(others)
    on = runtime.today()
    with runtime.database.reading() as session:
        if role in SUPPLIER and not suppliers(session, [scope], on):
            raise NotFound(Message("import.product.no_supplier", {"bin": scope}))
        heard_of = role not in SPEAKING_FOR_ONE - SUPPLIER or (
            scope in customers(session, [scope], on) or scope in buyers(session, on)
        )
        known = account_by_email(session, email) is not None
    if not heard_of and role not in SUPPLIER:
        click.echo(tr("accounts.cli.no_customer", runtime.settings.lang, bin=scope), err=True)
    return known


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
