"""People who are told, addresses that letters lead to, and runs that say which need fits which good."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.engine.models import TOP, MatchResult, MatchRun, NeedResult
from registry.accounts.models import AccountRole
from registry.accounts.operations import grant, open_account
from registry.accounts.rules import Actor
from tests.factories import ACTOR, NOW, TODAY


class PlainAddresses:
    """Addresses that a test reads off a letter."""

    def product(self, id: int, lang: str) -> str:
        return f"http://portal/{lang}/products/{id}"

    def need(self, need: NeedLine, lang: str) -> str:
        return f"http://portal/{lang}/needs/{need.external_id}"

    def alerts(self, lang: str) -> str:
        return f"http://portal/{lang}/account/alerts"

    def unsubscribe(self, account_id: int, lang: str) -> str:
        return f"http://portal/{lang}/unsubscribe/{account_id}"


def person(session: Session, email: str, *, lang: str = "ru", owner_of: str = "") -> Actor:
    """Somebody with an account; owner_of: the supplier whose page they keep."""
    opened = open_account(
        session,
        email=email,
        name=f"Name of {email}",
        password="a long enough phrase",
        lang=lang,
        actor=ACTOR,
        now=NOW,
    )
    if owner_of:
        grant(session, opened.id, AccountRole.OWNER, owner_of, actor=ACTOR, now=NOW)
        return Actor(email, AccountRole.OWNER, owner_of, opened.id)
    return Actor(email, account_id=opened.id)


def run_says(session: Session, need_id: int, *product_ids: int, verdict: str = "match") -> None:
    """A run in which these goods are what is needed."""
    run = MatchRun(
        started_at=NOW, finished_at=NOW, on=TODAY, actor="t", profile_version="1", engine="none", top=TOP, needs=1
    )
    session.add(run)
    session.flush()
    result = NeedResult(
        run_id=run.id, need_id=need_id, need_version=1, verdict="producer_exists", reasons=[], organisers=[]
    )
    session.add(result)
    session.flush()
    for rank, product_id in enumerate(product_ids, start=1):
        session.add(
            MatchResult(
                result_id=result.id,
                rank=rank,
                product_id=product_id,
                product_version=1,
                score=Decimal("0.9"),
                verdict=verdict,
                gaps=[],
                features=[],
            )
        )
    session.flush()
