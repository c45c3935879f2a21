"""Who may open what: every route, asked by every role, of one's own organisation and of another, against a table.

`access.csv` beside this file has a row for each route and a column for each role: `+` may, `-` may not, `own` may for
what is their own and finds nothing of others, `demo` may in the demonstration alone. A new route is added to it on
purpose.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

import matching
import registry
from matching.alerts.models import Frequency, Watch
from matching.alerts.operations import watch_search
from registry.accounts import entering, links
from registry.accounts.models import AccountRole, Link, Membership
from registry.accounts.operations import open_account
from registry.accounts.queries import account_by_email
from registry.accounts.rules import OF_A_REGION, SPEAKING_FOR_ONE, Actor
from registry.errors import NotAllowed
from registry.evidence.coding import Codes, suggest_codes
from registry.jobs import enqueue
from registry.registration.operations import begin
from registry.suppliers import profile
from registry.suppliers.profile import SiteLine
from registry.uploads.operations import keep_upload
from registry.uploads.plans import Plan
from registry.verification import applications, steps
from registry.verification.models import Move
from tests.factories import add_need, add_product, add_supplier, bin_number, need_line, product_line, supplier_line
from tests.web.portal import PASSWORD, Browser, Site
from web import auth

TABLE = Path(__file__).with_name("access.csv")
OWN_BIN, FOREIGN_BIN = bin_number(41), bin_number(42)
READERS: tuple[auth.Reader, ...] = (None, auth.NEWCOMER, *AccountRole)
# Files of a subject that change what is stored.
OPERATIONS = {"operations", "links", "entering", "second_factor", "coding", "profile"}
# Routes that end what the walk stands on: asked last, in this order.
LAST = (
    *("supplier.withdraw_good", "account.make_owner", "account.leave"),
    *("account.sign_out_browser", "account.sign_out"),
)


def column(reader: auth.Reader) -> str:
    """The name of a reader's column."""
    return "nobody" if reader is None else str(reader)


def table() -> dict[str, dict[auth.Reader, str]]:
    """The cells of the table by route and reader."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["route"]: {reader: row[column(reader)] for reader in READERS} for row in csv.DictReader(file)}


def test_the_table_has_every_route_and_says_what_views_declare(site: Site) -> None:
    meant = {route: {reader for reader, cell in cells.items() if cell != "-"} for route, cells in table().items()}
    assert {name: set(auth.declared(view) or ()) for name, view in site.app.view_functions.items()} == meant


def test_cells_are_of_four_words() -> None:
    assert {cell for cells in table().values() for cell in cells.values()} == {"+", "-", "own", "demo"}


class World:
    """Two organisations with a good, a person and a job each, and somebody of every role."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.numbers = count(1)
        runtime, now, on = site.runtime, site.clock.now, site.runtime.today()
        since = on - timedelta(days=1)
        self.browsers: dict[auth.Reader, Browser] = {None: site.browser()}
        self.emails: dict[auth.Reader, str] = {}
        with runtime.database.transaction() as session:
            for bin in (OWN_BIN, FOREIGN_BIN):
                add_supplier(session, supplier_line(bin=bin), on=since)
            self.goods = [add_product(session, product_line(bin), on=since) for bin in (OWN_BIN, FOREIGN_BIN)]
            for good in self.goods:
                institute = Actor("expert", AccountRole.EXPERT)
                suggest_codes(session, good, Codes(kpved="25.99.29"), None, on=on, actor=institute, now=now)
            need = add_need(session, need_line(customer_bin=OWN_BIN), on=on)
            other = add_need(session, need_line(customer_bin=FOREIGN_BIN), on=on)
            self.needs = [need.external_id, other.external_id]
        for role in AccountRole:
            scope = OWN_BIN if role in SPEAKING_FOR_ONE else "75" if role in OF_A_REGION else ""
            self.emails[role] = site.account(role, scope)
        self.colleagues = {
            what: site.account(AccountRole.VIEWER, OWN_BIN, f"{what}@portal.example")
            for what in ("end_colleague", "make_owner", "change_role")
        }
        self.other_expert = site.account(AccountRole.EXPERT, "", "other-expert@portal.example")
        self.foreign_owner = site.account(AccountRole.OWNER, FOREIGN_BIN, "foreign@portal.example")
        # Somebody of whom nothing hangs: what an administrator does to accounts is done to this one.
        self.spare = site.account(AccountRole.BANK, OWN_BIN, "spare@portal.example")
        self.emails[auth.NEWCOMER] = self._newcomer()
        for reader, email in self.emails.items():
            self.browsers[reader] = site.browser()
            assert self.browsers[reader].sign_in(email).status_code == 302
        with runtime.database.transaction() as session:
            self.jobs = {email: enqueue(session, "seal", actor=email, now=now).id for email in self.emails.values()}
            self.foreign_job = enqueue(session, "seal", actor=self.foreign_owner, now=now).id
            self.accounts = {
                email: account_by_email(session, email).id  # type: ignore[union-attr]
                for email in (
                    *self.emails.values(),
                    *self.colleagues.values(),
                    self.spare,
                    self.foreign_owner,
                    self.other_expert,
                )
            }
            self.claims = {
                email: begin(session, bin_number(100 + number), actor=Actor(email, account_id=account), now=now).id
                for number, (email, account) in enumerate(self.accounts.items())
            }
            self.cases = [
                self._case(session, OWN_BIN, 0, self.emails[AccountRole.OWNER], self.emails[AccountRole.EXPERT]),
                self._case(session, FOREIGN_BIN, 1, self.foreign_owner, self.other_expert),
            ]
            self.uploads = [self._sent(session, bin) for bin in (OWN_BIN, FOREIGN_BIN)]
            self.invitations = [
                self._invited(session, bin, f"new-{bin}@portal.example") for bin in (OWN_BIN, FOREIGN_BIN)
            ]

    def _newcomer(self) -> str:
        email = "newcomer@portal.example"
        with self.site.runtime.database.transaction() as session:
            open_account(
                session,
                email=email,
                name="Newcomer",
                password=PASSWORD,
                lang="ru",
                actor=Actor("test"),
                now=self.site.clock.now,
            )
        return email

    def _case(self, session: Session, bin: str, place: int, owner: str, expert: str) -> int:
        """A case about a supplier's good that an expert has."""
        now, on = self.site.clock.now, self.site.runtime.today()
        author = Actor(owner, AccountRole.OWNER, bin, self.accounts[owner])
        case = applications.draft_admission(session, bin, [self.goods[place]], on=on, actor=author, now=now)
        steps.submit(session, case, on)
        steps.take(session, case, Move.SUBMITTED, on=on, actor=author, now=now)
        values = {"assigned_id": self.accounts[expert]}
        steps.take(
            session,
            case,
            Move.ASSIGNED,
            on=on,
            actor=Actor("test"),
            now=now,
            values=values,
            data={"to": self.accounts[expert]},
        )
        return case.id

    def _sent(self, session: Session, bin: str) -> int:
        """A file of an organisation, taken in."""
        actor = Actor("owner", AccountRole.OWNER, bin, next(iter(self.accounts.values())))
        folder = self.site.runtime.tables_folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{bin}.result.xlsx").write_bytes(b"PK")
        kept = keep_upload(
            session,
            name="a.csv",
            stored=bin,
            size=1,
            sheets=[],
            plan=Plan(()),
            actor=actor,
            now=self.site.clock.now,
        )
        return kept.id

    def _invited(self, session: Session, bin: str, email: str) -> int:
        actor = Actor("owner", AccountRole.OWNER, bin)
        links.invite(
            session,
            email,
            AccountRole.VIEWER,
            organisation="X",
            lang="ru",
            address=lambda secret: secret,
            actor=actor,
            now=self.site.clock.now,
        )
        return session.query(Link).filter_by(email=email).one().id

    def membership(self, email: str) -> int:
        """The number of a person's membership."""
        with self.site.runtime.database.reading() as session:
            return session.query(Membership).filter_by(account_id=self.accounts[email]).first().id  # type: ignore[union-attr]

    def watch(self, email: str) -> int:
        """The number of something that the person watches; there is one more whenever it is asked for."""
        with self.site.runtime.database.transaction() as session:
            actor = Actor(email, account_id=self.accounts[email])
            question = f"q={next(self.numbers)}"
            made = watch_search(
                session,
                question,
                name=question,
                frequency=Frequency.DAILY,
                found=(),
                total=0,
                actor=actor,
                now=self.site.clock.now,
            )
            # There may be no more than so many of one person.
            session.execute(delete(Watch).where(Watch.account_id == self.accounts[email], Watch.id != made.id))
            return made.id

    def site_of(self, bin: str) -> int:
        """A site of an organisation; there is one more whenever it is asked for, since one way ends it."""
        on, now, line = self.site.runtime.today(), self.site.clock.now, SiteLine("Site", "551010000")
        with self.site.runtime.database.transaction() as session:
            actor = Actor("owner", AccountRole.OWNER, bin)
            return profile.add(session, bin, line, on=on, actor=actor, now=now)

    def browser_number(self, email: str) -> int:
        """The number of another browser in which the person is signed in."""
        now = self.site.clock.now
        with self.site.runtime.database.transaction() as session:
            held = account_by_email(session, email)
            assert held is not None
            secret = entering.enter(session, held, membership_id=None, place="", agent="", now=now)
            return entering.known(session, secret, now).sign_in.id

    def ids(self, endpoint: str, reader: auth.Reader) -> tuple[object, object]:
        """What a route's `id` is for the reader's own thing, and for another's."""
        email = self.emails.get(reader, self.emails[AccountRole.OWNER])
        match endpoint.split("."):
            case ["supplier", "edit_thing" | "save_thing" | "end_thing"]:
                return self.site_of(OWN_BIN), self.site_of(FOREIGN_BIN)
            case ["supplier" | "coding", _] | ["public", "product"]:
                return tuple(self.goods)  # type: ignore[return-value]
            case ["registration", "judged" | "decide"]:
                return 1, 1
            case ["registration", _]:
                return self.claims[email], self.claims[self.foreign_owner]
            case ["cases" | "institute", _]:
                return tuple(self.cases)  # type: ignore[return-value]
            case ["upload", _]:
                return tuple(self.uploads)  # type: ignore[return-value]
            case ["jobs", _]:
                return self.jobs[email], self.foreign_job
            case ["account", "leave"]:
                return (self.membership(email) if reader is not auth.NEWCOMER else 0), self.membership(
                    self.foreign_owner
                )
            case ["account", "end_colleague" | "make_owner" | "change_role" as what]:
                return self.membership(self.colleagues[what]), self.membership(self.foreign_owner)
            case ["account", "withdraw_invitation"]:
                return tuple(self.invitations)  # type: ignore[return-value]
            case ["alerts", "change"]:
                return self.watch(email), self.watch(self.foreign_owner)
            case ["admin", "account" | "grant" | "close" | "forget_factor"]:
                return self.accounts[self.spare], self.accounts[self.spare]
            case ["admin", "end_role"]:
                return self.membership(self.spare), self.membership(self.spare)
            case ["admin", "retry_job"]:
                return self.foreign_job, self.foreign_job
            case ["account", "sign_out_browser"]:
                return self.browser_number(email), self.browser_number(self.foreign_owner)
        return 1, 1


def walk(site: Site) -> Iterator[tuple[str, str, str, bool]]:
    """(route, method, rule, own?) of all there is to ask: one's own thing, and another's where the rule names one."""
    place = {endpoint: number for number, endpoint in enumerate(LAST, start=1)}
    rules = sorted(site.app.url_map.iter_rules(), key=lambda rule: place.get(rule.endpoint, 0))
    for rule in rules:
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for own in (False, True) if "id" in rule.arguments else (True,):
                yield rule.endpoint, method, rule.rule, own


def test_every_route_asked_by_every_role_answers_as_the_table_says(site: Site) -> None:
    world, meant, wrong = World(site), table(), []
    site.app.config["WTF_CSRF_ENABLED"] = False
    by_rule = {rule.rule: rule for rule in site.app.url_map.iter_rules()}
    for route, method, rule, own in walk(site):
        for reader, browser in world.browsers.items():
            if route == "account.sign_out" and reader is not None:
                continue
            values = {
                "id": world.ids(route, reader)[0 if own else 1],
                "bin": OWN_BIN,
                "external_id": world.needs[0],
                "filename": "ground.css",
                "form": "xlsx",
                "secret": "x" * 43,
                "token": "0" * 40,
                "nonce": "none",
                "what": "site" if ":what>" in rule else "contact",
                "scheme": "tnved",
            }
            sent = {"sure": "yes", "current": PASSWORD} if method == "POST" else None
            path = by_rule[rule].build({name: values[name] for name in by_rule[rule].arguments})[1]  # type: ignore[index]
            status = browser.client.open(path, method=method, data=sent, buffered=True).status_code
            cell = meant[route][reader]
            if cell == "-":
                right = status == (302 if reader is None else 403)
            elif cell == "own" and not own:
                right = status in (403, 404)
            elif cell == "demo":
                right = status == 403
            else:
                right = status not in (401, 403, 500) and not (cell == "own" and status == 404)
            if not right:
                wrong.append(f"{method} {path} ({route}) by {column(reader)}, {'own' if own else 'foreign'}: {status}")
    assert not wrong, "\n".join(wrong)


def operations() -> Iterator[tuple[str, object]]:
    """Every public function of a subject's operations that takes an actor."""
    for package in (registry, matching):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in OPERATIONS:
                continue
            found = importlib.import_module(module.name)
            for name, thing in vars(found).items():
                if inspect.isfunction(thing) and thing.__module__ == module.name and not name.startswith("_"):
                    yield f"{module.name}.{name}", thing


# Operations that other operations call once these have asked, or that only make what later asks.
ASKED_BEFORE = {
    "registry.accounts.operations.new_account",
    "registry.accounts.operations.new_membership",
    "registry.accounts.operations.set_password",
    "registry.customers.operations.customer_subject",
    "registry.evidence.operations.claim_anew",
    "registry.suppliers.operations.publish",
    "registry.suppliers.operations.register",
    "matching.codes.operations.example_subject",
    "matching.needs.operations.need_subject",
}


def test_every_operation_declares_who_may_run_it() -> None:
    silent = {
        name
        for name, function in operations()
        if "actor" in inspect.signature(function).parameters and not hasattr(function, "allowed_to")  # type: ignore[arg-type]
    }
    assert silent == ASKED_BEFORE


@pytest.mark.parametrize("role", AccountRole)
def test_every_operation_refuses_other_roles(role: AccountRole) -> None:
    for name, function in operations():
        allowed = getattr(function, "allowed_to", None)
        if allowed is not None and role not in allowed:
            with pytest.raises(NotAllowed):
                function(None, actor=Actor("somebody", role), now=None)  # type: ignore[operator]
            assert name
