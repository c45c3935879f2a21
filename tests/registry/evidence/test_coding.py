"""Codes that the institute finds hold once the owner confirms them, and never by the same person's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.operations import open_account
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.catalogue.details import Details
from registry.catalogue.models import CodeState, ProductKind, SuggestionState
from registry.catalogue.operations import save_product, withdraw
from registry.catalogue.queries import details, last_declined, suggestion, suggestions_of, uncoded
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.evidence.coding import Codes, accept_codes, decline_codes, suggest_codes
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import good
from registry.suppliers.operations import ids_of
from tests.factories import ACTOR, NOW, TODAY, add_product, add_supplier, bin_number, fact, product_line, supplier_line

SINCE = date(2026, 1, 1)
OWN = bin_number(61)
EMPTY = Tree(())


class Desk:
    """A line without a code, its owner, and two people of the institute."""

    def __init__(self, session: Session) -> None:
        self.session = session
        add_supplier(session, supplier_line(bin=OWN), on=SINCE)
        self.line = add_product(session, product_line(OWN, tnved=None), fact(), on=SINCE)
        ids = {}
        for name in ("owner", "expert"):
            opened = open_account(
                session, email=f"{name}@x.example", name=name, password="a long enough phrase", lang="ru",
                actor=ACTOR, now=NOW,
            )  # fmt: skip
            ids[name] = opened.id
        self.owner = Actor("owner@x.example", AccountRole.OWNER, OWN, ids["owner"])
        self.expert = Actor("expert@x.example", AccountRole.EXPERT, "", ids["expert"])

    def suggest(self, **codes: str) -> int:
        made = suggest_codes(self.session, self.line, Codes(**codes), "why", on=TODAY, actor=self.expert, now=NOW)
        return made.id

    def accept(self, id: int, actor: Actor | None = None) -> None:
        accept_codes(self.session, self.line, id, EMPTY, on=TODAY, actor=actor or self.owner, now=NOW)


@pytest.mark.both_databases
def test_a_code_holds_once_the_owner_confirms_it(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        [asked], _ = uncoded(session, TODAY, waiting=False, limit=9)
        assert (asked.product_id, asked.suggestion_id) == (desk.line, None)
        id = desk.suggest(tnved="7304191009", agsk3="2.1-7")
        assert good(session, desk.line, TODAY).tnved is None
        assert uncoded(session, TODAY, waiting=False, limit=9) == ([], 0)
        assert [one.product_id for one in uncoded(session, TODAY, waiting=True, limit=9)[0]] == [desk.line]
        assert [one.id for one in suggestions_of(session, OWN, TODAY)] == [id]
        desk.accept(id)
        line = good(session, desk.line, TODAY)
        assert (line.tnved, line.tnved_state, line.kpved) == ("7304191009", CodeState.UNCHECKED, "24.20.13")
        assert details(session, [desk.line], TODAY)[desk.line].agsk3 == "2.1-7"
        # Another code makes another thing of it: nobody has seen its document for that.
        assert [one.status for one in line.evidence] == [EvidenceStatus.CLAIMED]
        assert suggestion(session, desk.line) is None
        done = {row.action for row in session.query(AuditRow).filter_by(entity_id=desk.line, kind="product")}
        assert done >= {"code_suggested", "changed", "code_accepted"}


@pytest.mark.both_databases
def test_a_suggestion_is_decided_once_and_replaced_by_the_next(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        first = desk.suggest(tnved="7304191009")
        second = desk.suggest(tnved="7304193009")
        with pytest.raises(Conflict):
            desk.accept(first)
        desk.accept(second)
        with pytest.raises(Conflict):
            desk.accept(second)


@pytest.mark.both_databases
def test_who_declines_says_why_and_the_line_is_looked_at_again(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        id = desk.suggest(tnved="7304191009")
        with pytest.raises(RuleBroken):
            decline_codes(session, desk.line, id, "", on=TODAY, actor=desk.owner, now=NOW)
        decline_codes(session, desk.line, id, "Не труба, а муфта", on=TODAY, actor=desk.owner, now=NOW)
        said = last_declined(session, desk.line)
        assert said is not None
        assert (said.state, said.reason) == (SuggestionState.DECLINED, "Не труба, а муфта")
        assert [one.product_id for one in uncoded(session, TODAY, waiting=False, limit=9)[0]] == [desk.line]


def test_nobody_confirms_what_they_suggested_nor_anothers(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        id = desk.suggest(tnved="7304191009")
        both = Actor("expert@x.example", AccountRole.OWNER, OWN, desk.expert.account_id)
        with pytest.raises(NotAllowed):
            desk.accept(id, both)
        with pytest.raises(NotAllowed):
            desk.accept(id, Actor("editor@x.example", AccountRole.EDITOR, OWN, 99))
        with pytest.raises(NotFound):
            desk.accept(id, Actor("other@x.example", AccountRole.OWNER, bin_number(62), 98))


@pytest.mark.parametrize(("codes", "word"), [({}, "coding.nothing"), ({"kpved": "24.20.13"}, "coding.same")])
def test_a_suggestion_says_something_new(database: Database, codes: dict[str, str], word: str) -> None:
    with database.transaction() as session, pytest.raises(RuleBroken) as broken:
        Desk(session).suggest(**codes)
    assert [one.code for one in broken.value.violations] == [word]


@pytest.mark.parametrize("none", [{}, {"agsk3": "2.1-7"}])
def test_what_is_given_the_code_of_a_service_is_one(database: Database, none: dict[str, str]) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        line = product_line(OWN, name_ru="Монтаж", tnved=None, kpved=None, enstru=None)
        desk.line = add_product(session, line, on=SINCE)
        assert desk.line in {one.product_id for one in uncoded(session, TODAY, waiting=False, limit=9)[0]}
        desk.accept(desk.suggest(**none or {"kpved": "43.21.10"}))
        assert good(session, desk.line, TODAY).kind is (ProductKind.GOODS if none else ProductKind.WORKS)
        left = {one.product_id for one in uncoded(session, TODAY, waiting=False, limit=9)[0]}
        assert (desk.line in left) is bool(none)


def test_a_suggestion_for_what_is_not_listed_waits_until_it_is(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session)
        id = desk.suggest(tnved="7304191009")
        owner_of: dict[str, Any] = {"supplier_id": ids_of(session, [OWN])[OWN], "actor": desk.owner, "now": NOW}
        line = product_line(OWN, tnved=None, details=Details(draft=True))
        line = replace(line, external_id=good(session, desk.line, TODAY).external_id)
        save_product(session, line, EMPTY, product_id=desk.line, on=TODAY, **owner_of)
        assert suggestions_of(session, OWN, TODAY) == []
        save_product(
            session, replace(line, details=Details(draft=False)), EMPTY, product_id=desk.line, on=TODAY, **owner_of
        )
        assert [one.id for one in suggestions_of(session, OWN, TODAY)] == [id]
        withdraw(session, desk.line, on=TODAY, **owner_of)
        assert suggestions_of(session, OWN, TODAY) == []
