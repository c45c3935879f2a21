"""The demonstration: starter nomenclature, fictional suppliers, goods and needs, logins; loaded, indexed, matched."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.settings import Settings
from matching.engine.models import MatchRun
from matching.engine.outcome import Supply
from matching.needs.models import Need
from registry import migrations
from registry.accounts.models import Account, AccountRole
from registry.accounts.operations import grant, open_account
from registry.accounts.queries import account_by_email
from registry.accounts.rules import Actor
from registry.bulk import Intake
from registry.bulk_rows import Outcome
from registry.catalogue.models import ProductKind
from registry.classifiers.models import ClassifierEdition, Scheme
from registry.customers.models import Customer
from registry.db import Database
from registry.errors import Conflict
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import goods_after
from registry.law import LawError
from registry.spreadsheets import open_table
from registry.suppliers.models import Supplier
from registry.verification import applications, examination
from registry.verification.models import Case
from registry.wording import Message
from web.addresses import Pages
from web.demo_profiles import load_profiles
from web.demonstration import ACTOR, is_whole
from web.imports import KINDS, import_classifier, import_table
from web.runtime import Runtime
from web.worker import rematch_later

logger = logging.getLogger(__name__)

# The legal day from which the demonstration's data hold: a year before the law changed what proves origin, so that its
# pages can be asked for on either side of that day. The same at every start, or a later one would state everything anew
# over what visitors did.
SINCE: Final = date(2025, 1, 1)
# The starter's own classifiers, in the order in which codes lean on each other.
CLASSIFIERS = (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU, Scheme.OKED, Scheme.KATO, Scheme.UNITS)


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the demonstration. Its password is printed for anybody to read, so it must open nothing real."""

    email: str
    password: str
    name: str
    role: AccountRole
    bin: str = ""
    # Of roles that need a second factor: the page that asks for its code shows it, in the demonstration alone.
    totp: str | None = None


# Goods that are looked through for what is claimed, and suppliers whose claims become a case.
_LOOKED_THROUGH: Final = 1_000
_CASES: Final = 6

_TOTP: Final = "ONDIRISDEMO234567ONDIRISDEMO2345"

LOGINS = (
    Login("supplier@ondiris.example", "demo-supplier-2026", "Айгүл Сапарова", AccountRole.OWNER, "080340990007"),
    Login("customer@ondiris.example", "demo-customer-2026", "Сергей Ли", AccountRole.CUSTOMER, "091140998802"),
    Login("expert@ondiris.example", "demo-expert-2026", "Ерлан Мұратов", AccountRole.EXPERT, totp=_TOTP),
    Login("head@ondiris.example", "demo-head-2026", "Гүлнар Омарова", AccountRole.HEAD, totp=_TOTP),
    Login("auditor@ondiris.example", "demo-auditor-2026", "Виктор Пак", AccountRole.AUDITOR),
    Login("admin@ondiris.example", "demo-admin-2026", "Динара Ким", AccountRole.ADMINISTRATOR, totp=_TOTP),
)


@contextmanager
def starter(name: str) -> Iterator[Path]:
    """A file of config/starter, as a path also when the program was installed from a wheel."""
    with as_file(files("config").joinpath("starter", name)) as path:
        yield path


def load(runtime: Runtime, *, tell: Callable[[Message], None], pages: Pages | None = None) -> None:
    """Load the demonstration into the runtime's database and index; `tell` is given a line for each step, and letters
    lead to `pages`.

    Where it was loaded before nothing of it is loaded again: what its visitors did stays. One that was interrupted is
    completed. A classifier that was imported from elsewhere stays as it is. Raises Conflict where the register holds
    entries of others, and then changes nothing.
    """
    if migrations.revision_of(runtime.database) is not None:
        _check_free(runtime)
    tell(Message("cli.demo.preparing", {"home": str(runtime.settings.home)}))
    # Only an embedded database makes it, and only where it lies there.
    runtime.settings.home.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(runtime.database)
    with runtime.database.reading() as session:
        whole = is_whole(session)
    if whole:
        tell(Message("cli.demo.kept"))
    else:
        _classifiers(runtime, tell)
        _tables(runtime, tell)
    _accounts(runtime)
    _profiles(runtime)
    _cases(runtime, pages or Pages.outside(runtime.settings))
    _index(runtime, tell, anew=not whole)
    with runtime.database.reading() as session:
        matched = session.scalars(select(MatchRun.id).where(MatchRun.finished_at.is_not(None)).limit(1)).first()
    if matched is None:
        _match(runtime, tell)


def _check_free(runtime: Runtime) -> None:
    """Raise Conflict where the register holds suppliers, customers or needs that are not the demonstration's.

    Not once it was loaded whole: what its visitors took in since is theirs to find again, and nothing is added to it.
    """
    others = 0
    with runtime.database.reading() as session:
        if is_whole(session):
            return
        for kind, key in (("customers", Customer.bin), ("suppliers", Supplier.bin), ("needs", Need.external_id)):
            column = "id" if kind == "needs" else "bin"
            with starter(f"{kind}.csv") as path, open_table(path, (column,), required=(column,)) as table:
                ours = {row.cells[column] for row in table.rows()}
            others += len(set(session.scalars(select(key))) - ours)
    if others:
        where = runtime.settings.shown()["ONDIRIS_DATABASE_URL"]
        raise Conflict(Message("cli.demo.others", {"database": where, "n": others}))


def _tables(runtime: Runtime, tell: Callable[[Message], None]) -> None:
    for kind in KINDS:
        with starter(f"{kind}.csv") as path:
            intake = import_table(
                runtime,
                kind,
                path,
                on=SINCE,
                actor=ACTOR,
                rejected=_rejected(runtime.settings, path),
                progress=_in_silence,
            )
        _tell_intake(tell, kind, intake)


def _classifiers(runtime: Runtime, tell: Callable[[Message], None]) -> None:
    for scheme in CLASSIFIERS:
        with starter(f"{scheme}.csv") as path:
            if _others_loaded(runtime.database, scheme, path.name):
                continue
            intake = import_classifier(
                runtime,
                scheme,
                path,
                in_force_from=SINCE,
                on=runtime.today(),
                keep=False,
                actor=ACTOR,
                rejected=_rejected(runtime.settings, path),
            )
        edition = intake.edition
        counts = {
            "added": edition.added,
            "changed": edition.changed,
            "unchanged": edition.unchanged,
            "rejected": intake.rejected,
        }
        _tell_counts(tell, Message("cli.demo.classifier", {"scheme": scheme.value}), counts)


def _in_silence(done: int, total: int) -> None:
    """Steps of the demonstration are short: each is told of once it is done."""


def _others_loaded(database: Database, scheme: Scheme, starter_name: str) -> bool:
    """Whether somebody has imported an edition of their own, beside which the starter's words would be a step back."""
    with database.reading() as session:
        sources = session.scalars(select(ClassifierEdition.source).where(ClassifierEdition.scheme == scheme))
        return any(source != starter_name for source in sources)


def _rejected(settings: Settings, path: Path) -> Path:
    # Not beside the starter file: where the program is installed nothing may be written.
    return settings.home / f"{path.name}.rejected.csv"


def _tell_intake(tell: Callable[[Message], None], kind: str, intake: Intake) -> None:
    counts = {str(outcome): intake.counts.get(outcome, 0) for outcome in Outcome}
    _tell_counts(tell, Message(f"cli.demo.{kind}"), counts)


def _tell_counts(tell: Callable[[Message], None], what: Message, counts: dict[str, int]) -> None:
    tell(Message("cli.demo.loaded", {"what": what, **counts}))


def _accounts(runtime: Runtime) -> None:
    actor, now = Actor(ACTOR), runtime.now()
    with runtime.database.transaction() as session:
        held = set(session.scalars(select(Account.email)))
        for login in LOGINS:
            if login.email in held:
                continue
            opened = open_account(
                session,
                email=login.email,
                name=login.name,
                password=login.password,
                lang=runtime.settings.lang,
                actor=actor,
                now=now,
            )
            grant(session, opened.id, login.role, login.bin, actor=actor, now=now)
            if login.totp:
                opened.totp_sealed = runtime.sealer.seal(login.totp)


def _cases(runtime: Runtime, pages: Pages) -> None:
    """Have what suppliers of the demonstration claim looked at by the institute, unless something is already.

    The case of the supplier that visitors sign in as lies on the expert's desk; the others wait for the head to hand
    them out. In a year of which no working days are known there are none.
    """
    on, now = runtime.today(), runtime.now()
    people = {login.role: login for login in LOGINS}
    own = people[AccountRole.OWNER].bin
    try:
        with runtime.database.transaction() as session:
            if session.scalars(select(Case.id).limit(1)).first() is not None:
                return
            claimed = [
                good
                for good in goods_after(session, 0, _LOOKED_THROUGH, on)
                if good.kind is ProductKind.GOODS and any(it.status is EvidenceStatus.CLAIMED for it in good.evidence)
            ]
            for bin in sorted({good.bin for good in claimed}, key=lambda bin: (bin != own, bin))[:_CASES]:
                actor = _actor(session, people[AccountRole.OWNER]) if bin == own else Actor(ACTOR)
                lines = [good.id for good in claimed if good.bin == bin]
                case = applications.draft_admission(session, bin, lines, on=on, actor=actor, now=now)
                applications.submit(
                    session, case.id, version=case.version, on=on, address=pages.case, actor=actor, now=now
                )
                if bin == own:
                    head, expert = (_actor(session, people[role]) for role in (AccountRole.HEAD, AccountRole.EXPERT))
                    examination.hand_out(session, [case.id], expert.account_id, on=on, actor=head, now=now)
    except LawError:
        logger.warning("the demonstration has no cases: of this year no working days are known")


def _profiles(runtime: Runtime) -> None:
    people = {login.role: login for login in LOGINS}
    with runtime.database.reading() as session:
        coder = _actor(session, people[AccountRole.EXPERT])
    load_profiles(runtime, starter, actor=Actor(ACTOR), coder=coder)


def _actor(session: Session, login: Login) -> Actor:
    account = account_by_email(session, login.email)
    return Actor(login.email, login.role, login.bin, account.id if account else None)


def _index(runtime: Runtime, tell: Callable[[Message], None], *, anew: bool) -> None:
    from search import sync

    register = runtime.database, runtime.engine, runtime.kinds
    now, on = runtime.now(), runtime.today()
    if anew:
        sync.rebuild(*register, now=now, on=on, progress=_in_silence)
    else:
        sync.drain(*register, now=now, on=on, progress=_in_silence, settled=rematch_later(runtime))
    tell(Message("cli.demo.indexed", {"n": runtime.engine.count("product")}))


def _match(runtime: Runtime, tell: Callable[[Message], None]) -> None:
    from web.matching import match_published

    report = match_published(runtime, actor=ACTOR, progress=_in_silence)
    counts = {str(verdict): report.verdicts.get(verdict, 0) for verdict in Supply}
    tell(Message("cli.demo.matched", {"needs": report.needs, **counts}))
