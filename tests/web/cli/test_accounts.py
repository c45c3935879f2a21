"""`ondiris account open`: whoever is given an account signs in with it; what stands against one is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from registry.accounts.models import Account, AccountRole
from registry.accounts.operations import is_password
from registry.accounts.queries import account_by_email, memberships
from registry.audit import AuditRow
from registry.wording import Param, tr
from tests.factories import add_supplier, bin_number, supplier_line
from tests.web.cli.terminals import on_terminal
from tests.web.portal import PASSWORD, Site
from web.cli.accounts import ROLES, account

EMAIL = "saule@zavod.example"
Command = Callable[..., Result]


@pytest.fixture
def opened(site: Site) -> Command:
    """Run `ondiris account open …` with a password on standard input."""

    def run(*words: str, password: str = PASSWORD, encoding: str = "utf-8") -> Result:
        typed = f"{password}\n".encode(encoding)
        return CliRunner().invoke(
            account, ["open", *words], obj=lambda: site.runtime, input=typed, catch_exceptions=False
        )

    return run


def supplier(site: Site) -> str:
    """The БИН of a supplier in the register."""
    with site.runtime.database.transaction() as session:
        line, _ = add_supplier(session, supplier_line(), on=site.runtime.today())
    return line.bin


def roles(site: Site, made: Account) -> list[tuple[str, str]]:
    with site.runtime.database.reading() as session:
        return [(one.role, one.scope) for one in memberships(session, made.id)]


def accounts(site: Site) -> list[Account]:
    with site.runtime.database.reading() as session:
        return list(session.scalars(select(Account)))


def test_a_supplier_signs_in_and_comes_to_its_goods(site: Site, opened: Command) -> None:
    bin = supplier(site)
    done = opened("Saule@Zavod.example", "--role", "supplier", "--bin", f"БИН {bin}", "--name", "Сәуле Ахметова")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == tr("accounts.cli.opened", "ru", email=EMAIL, role=tr("accounts.role.owner", "ru")) + "\n"
    [made] = accounts(site)
    assert (made.email, made.name) == (EMAIL, "Сәуле Ахметова")
    assert roles(site, made) == [(AccountRole.OWNER, bin)]
    response = site.browser().sign_in(EMAIL)
    assert (response.status_code, response.location) == (302, "/desk/goods")
    with site.runtime.database.reading() as session:
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "open")).one()
    assert (audited.actor, audited.action, audited.entity_id) == ("operator", "open", made.id)
    assert PASSWORD not in str(audited.after)


@pytest.mark.parametrize("role", ["expert", "administrator"])
def test_staff_speak_for_nobody(site: Site, opened: Command, role: str) -> None:
    assert opened(EMAIL, "--role", role).exit_code == 0
    [made] = accounts(site)
    assert made.name == EMAIL
    assert roles(site, made) == [(role, "")]


def test_a_customer_of_whom_nothing_is_known_is_told_of(site: Site, opened: Command) -> None:
    unknown = bin_number(7)
    done = opened(EMAIL, "--role", "customer", "--bin", unknown)
    assert done.exit_code == 0
    assert done.stderr == tr("accounts.cli.no_customer", "ru", bin=unknown) + "\n"
    assert opened("other@zavod.example", "--role", "customer", "--bin", supplier(site)).stderr == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([EMAIL, "--role", "supplier", "--bin", bin_number(7)], "import.product.no_supplier"),
        ([EMAIL, "--role", "supplier"], "accounts.bin.missing"),
        ([EMAIL, "--role", "supplier", "--bin", "123"], "identifiers.holder.length"),
        ([EMAIL, "--role", "expert", "--bin", bin_number(7)], "accounts.bin.needless"),
        (["saule", "--role", "expert"], "accounts.email"),
    ],
)
def test_what_stands_against_an_account_is_said(site: Site, opened: Command, words: list[str], code: str) -> None:
    done = opened(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    values: dict[str, Param] = {"bin": bin_number(7), "given": "123", "n": 3}
    assert done.stderr == tr(code, "ru", **values) + "\n"
    assert accounts(site) == []


def test_whoever_has_an_account_is_given_a_further_role(site: Site, opened: Command) -> None:
    assert opened(EMAIL, "--role", "expert").exit_code == 0
    done = opened(EMAIL.upper(), "--role", "akimat", "--region", "75", password="")
    assert done.stdout == tr("accounts.cli.granted", "ru", email=EMAIL, role=tr("accounts.role.akimat", "ru")) + "\n"
    [made] = accounts(site)
    assert roles(site, made) == [(AccountRole.EXPERT, ""), (AccountRole.AKIMAT, "75")]
    assert is_password(made, PASSWORD)


def test_the_roles_of_the_command_are_those_there_are() -> None:
    assert set(ROLES) == set(AccountRole)


def test_a_second_factor_that_is_lost_is_asked_for_no_more(site: Site) -> None:
    email = site.account(AccountRole.AUDITOR)
    site.enrolled(email)
    browser = site.browser()
    assert "/sign-in/code" in (browser.post("/sign-in", {"email": email, "password": PASSWORD}).location or "")
    done = CliRunner().invoke(account, ["reset-factor", email], obj=lambda: site.runtime, catch_exceptions=False)
    assert done.stdout == tr("accounts.cli.factor_reset", "ru", email=email) + "\n"
    assert site.browser().post("/sign-in", {"email": email, "password": PASSWORD}).location == "/"
    done = CliRunner().invoke(account, ["reset-factor", "nobody@x.example"], obj=lambda: site.runtime)
    assert (done.exit_code, done.stderr) == (1, tr("accounts.cli.unknown", "ru", email="nobody@x.example") + "\n")


@pytest.mark.parametrize("password", ["", "короткий"])
def test_a_weak_password_is_refused(site: Site, opened: Command, password: str) -> None:
    done = opened(EMAIL, "--role", "expert", password=password)
    assert (done.exit_code, done.stderr) == (1, tr("accounts.password.length", "ru", min=12, max=200) + "\n")
    assert accounts(site) == []


def test_a_password_that_nobody_could_type_again_is_refused(site: Site, opened: Command) -> None:
    done = opened(EMAIL, "--role", "expert", password="достаточно длинная фраза", encoding="cp1251")
    assert (done.exit_code, done.stderr) == (1, tr("accounts.password.encoding", "ru") + "\n")
    assert accounts(site) == []


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(site: Site) -> None:
    status, shown = on_terminal(
        *("account", "open", EMAIL, "--role", "expert"),
        environment={
            "ONDIRIS_HOME": str(site.runtime.settings.home),
            "ONDIRIS_DATABASE_URL": site.runtime.settings.database_url,
        },
        typed=["короткий", PASSWORD, "another phrase it is", PASSWORD, PASSWORD],
    )
    assert status == 0, shown
    assert tr("accounts.password.length", "ru", min=12, max=200) in shown
    assert tr("accounts.cli.differ", "ru") in shown
    assert shown.count(tr("accounts.cli.repeat", "ru")) == 2
    assert PASSWORD not in shown
    with site.runtime.database.reading() as session:
        assert is_password(account_by_email(session, EMAIL), PASSWORD)


def test_help_shows_an_example() -> None:
    shown = CliRunner().invoke(account, ["open", "--help"])
    assert "Example: ondiris account open" in shown.stdout
