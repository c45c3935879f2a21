"""Every judgement of config/starter/needs_expected.csv, from files and from the register on both engines.

What is good is never called another good, what is near never the needed one; the first named is good wherever there is
a good one, and a need that somebody meets is never told that nobody makes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from matching.engine.candidates import RegisterSource
from matching.engine.judging import Judge
from matching.engine.outcome import Outcome, Sameness, Supply
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.db import Database
from search import sync
from search.goods import PRODUCTS
from tests.factories import NOW, TODAY
from tests.matching.engine.demo import STARTER, judgements, judging, needs, offers
from tests.matching.engine.makers import ON
from tests.registry.importing import import_classifier, import_file
from tests.search.corpus import open_engine

TOP = 100


def check(outcomes: Iterable[Outcome]) -> None:
    """All judgements against what was said."""
    said = {one.need_id: one for one in outcomes}
    judged = judgements()
    assert sum(map(len, judged.values())) == 317
    missed, taken, wrong = set[tuple[str, str]](), set[tuple[str, str]](), set[tuple[str, str]]()
    second, absent = set[str](), set[str]()
    for need_id, products in judged.items():
        matches = {match.listed.product_id: match for match in said[need_id].matches}
        verdicts = {product: matches[product].verdict if product in matches else None for product in products}
        for product, judgement in products.items():
            if judgement == "good" and verdicts[product] not in (Sameness.MATCH, Sameness.DOUBTFUL):
                missed.add((need_id, product))
            if judgement == "near" and verdicts[product] is Sameness.MATCH:
                taken.add((need_id, product))
            if judgement == "wrong" and verdicts[product] in (Sameness.MATCH, Sameness.DOUBTFUL):
                wrong.add((need_id, product))
        good = {product for product, judgement in products.items() if judgement == "good"}
        if good:
            if said[need_id].matches[0].listed.product_id not in good:
                second.add(need_id)
            if said[need_id].verdict is Supply.NONE_FOUND:
                absent.add(need_id)
        else:
            assert said[need_id].verdict is Supply.NONE_FOUND, need_id
    assert (missed, taken, wrong, second, absent) == (set(), set(), set(), set(), set())


def test_judgements_from_files() -> None:
    with judging(offers(), top=TOP) as (judge, _):
        check(judge.outcomes(needs()))


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_judgements_from_the_register(database: Database, engine_kind: str, tmp_path: Path, index_prefix: str) -> None:
    for kind in ("suppliers", "products"):
        import_file(database, kind, Path(str(STARTER / f"{kind}.csv")), tmp_path / f"{kind}.rejected.csv")
    for scheme in (Scheme.TNVED, Scheme.KPVED):
        import_classifier(database, scheme, Path(str(STARTER / f"{scheme}.csv")))
    with database.reading() as session:
        nomenclature = tree(session, Scheme.TNVED, ON)
    with open_engine(engine_kind, tmp_path / "index", index_prefix) as engine:
        sync.rebuild(database, engine, {PRODUCTS.name: PRODUCTS}, now=NOW, on=TODAY)
        source = RegisterSource(database, engine, ON)
        check(Judge(source, ON, top=TOP, nomenclature=nomenclature).outcomes(needs()))
