"""Codes given to goods without one: only one's own, only those of the nomenclature, documents then claimed anew."""

from datetime import timedelta

import pytest

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.db import Database
from registry.errors import NotAllowed, RuleBroken
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import complete_codes, state_evidence
from registry.evidence.queries import good
from tests.factories import (
    NOW,
    TODAY,
    add_classifier,
    add_product,
    add_supplier,
    bin_number,
    product_line,
    supplier_line,
)

pytestmark = pytest.mark.both_databases
OWN, OTHER = bin_number(71), bin_number(72)
EDITOR = Actor("editor@example.kz", AccountRole.EDITOR, OWN)
ROWS = [{"code": "7304", "name_ru": "Трубы"}, {"code": "7304191009", "name_ru": "прочие"}]


def test_only_own_goods_without_a_code_get_one(database: Database) -> None:
    since = TODAY - timedelta(days=1)
    with database.transaction() as session:
        add_classifier(session, Scheme.TNVED, ROWS, in_force_from=since)
        for bin in (OWN, OTHER):
            add_supplier(session, supplier_line(bin=bin), on=since)
        bare = add_product(session, product_line(OWN, name_ru="Труба А", tnved=None), on=since)
        coded = add_product(session, product_line(OWN, name_ru="Труба Б", tnved="8481806100"), on=since)
        foreign = add_product(session, product_line(OTHER, name_ru="Труба В", tnved=None), on=since)
        proof = EvidenceFact("ktp", "КТП-1", since, None, None, EvidenceStatus.CONFIRMED)
        state_evidence(session, [(bare, proof)], on=since, actor=Actor("test"), now=NOW)
        nomenclature = tree(session, Scheme.TNVED, TODAY)
    wanted = dict.fromkeys((bare, coded, foreign), "7304191009")

    def complete(actor: Actor, codes: dict[int, str]) -> tuple[int, tuple[EvidenceFact, ...]]:
        with database.transaction() as session:
            return complete_codes(session, OWN, codes, nomenclature, on=TODAY, actor=actor, now=NOW)

    given, lost = complete(EDITOR, wanted)
    assert (given, [fact.number for fact in lost]) == (1, ["КТП-1"])
    assert complete(EDITOR, wanted) == (0, ())
    with database.reading() as session:
        assert [good(session, it, TODAY, own=True).tnved for it in (bare, coded, foreign)] == [
            "7304191009",
            "8481806100",
            None,
        ]
        assert good(session, bare, TODAY, own=True).evidence[0].status is EvidenceStatus.CLAIMED
    with pytest.raises(RuleBroken):
        complete(EDITOR, {bare: "7304999999"})
    with pytest.raises(NotAllowed):
        complete(Actor("other@example.kz", AccountRole.EDITOR, OTHER), wanted)
