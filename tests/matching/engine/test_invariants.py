"""What holds of every need and every offer, whatever they say: of the demo's, and of others made from their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from matching.engine.features import FEATURES
from matching.engine.lines import NeedLine, Offer
from matching.engine.outcome import Match, Outcome, Sameness, Supply, written
from matching.engine.profile import CLASH_BELOW, DECISIVE, DOUBTFUL_FROM, MATCH_FROM
from matching.engine.supply import supplied
from registry import law
from registry.wording import LANGUAGES, Message, say
from tests.matching.engine.demo import judging, needs, offers
from tests.matching.engine.makers import ON, document

# Of neighbours in a ranking that are likelier than this, so many at most may have equal scores: goods that differ only
# in what the need does not say. Measured: 3 % for the demo's own needs, 7 % with those made up.
WORTH_READING = 0.001
MOST_TIES = 0.1
SUPPLY = ("maker", "evidence", "icv", "capacity", "region")
PLACEHOLDER = re.compile(r"[{}]|\bNone\b(?! of them)|\bnan\b|match\.[a-z]|\(\)|«»|“”|: [.;]|  ")


def made_up(count: int, seed: int = 7) -> list[NeedLine]:
    """Needs that nobody wrote: names of the demo's goods and needs cut, shuffled, joined, with other values, units,
    codes, kinds of contract."""
    random = Random(seed)
    names = [offer.good.name(lang) for offer in offers() for lang in LANGUAGES] + [need.name for need in needs()]
    kinds = ("offtake", "procurement", "purchase", None)
    made = []
    for number in range(count):
        words = random.choice(names).split()
        if random.random() < 0.3:
            random.shuffle(words)
        if random.random() < 0.3:
            words = words[: random.randint(1, len(words))]
        if random.random() < 0.2:
            words.insert(0, random.choice(("Ремонт", "Поставка", "Услуги", "Жөндеу", "Мешок", "10х20", "ГОСТ 10704")))
        name = " ".join(words)
        if random.random() < 0.3:
            name = re.sub(r"\d+", lambda found: str(random.choice((found[0], 7, 50, 159))), name)
        other = random.choice(offers()).good
        made.append(
            NeedLine(
                f"MADE-{number}",
                name,
                description=random.choice(
                    (None, random.choice(names), "в мешках по 50 кг", "партиями по 20 шт, 15 кВт")
                ),
                tnved=random.choice((None, other.tnved, (other.tnved or "73")[:4])),
                enstru=random.choice((None, None, "331311.100.000000", "011312.900.000000", other.enstru)),
                unit=random.choice((None, "т", "шт", "м", "Одна услуга", "неведомая")),
                volume=random.choice((None, other.capacity_per_year)),
                kato=random.choice((None, "751110000")),
                contract_type=random.choice(kinds),
                min_icv=random.choice((None, other.evidence[0].percent if other.evidence else None)),
            )
        )
    return made


ALL = (*needs(), *made_up(60))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return judged(offers())


def messages(said: Outcome) -> Iterator[Message]:
    yield from said.reasons
    for match in said.matches:
        yield from match.gaps
        yield from (feature.detail for feature in match.features)
    for organiser in said.organisers:
        yield from organiser.reasons
        yield from (feature.detail for feature in organiser.features)


def sameness(match: Match) -> tuple[str, Sameness, float]:
    return match.listed.product_id, match.verdict, match.score


def judged(goods: Sequence[Offer], asked: Sequence[NeedLine] = ALL, top: int = 10) -> list[Outcome]:
    with judging(goods, top=top) as (judge, _):
        return list(judge.outcomes(asked))


def test_every_sentence_is_whole_in_three_languages(outcomes: list[Outcome]) -> None:
    said = {message: None for one in outcomes for message in messages(one)}
    assert len(said) > 1_500
    for message in said:
        for lang in LANGUAGES:
            sentence = say(message, lang)
            assert sentence.endswith("."), (message, sentence)
            assert not PLACEHOLDER.search(sentence), (message, sentence)


def test_every_feature_is_told_of_every_match(outcomes: list[Outcome]) -> None:
    for one in outcomes:
        for match in one.matches:
            assert [feature.name for feature in match.features] == [*FEATURES, "rule", *SUPPLY]
            for feature in match.features:
                assert 0.0 <= feature.score <= 1.0
                assert feature.weight >= 0.0
                assert (feature.contribution == 0.0) or feature.weight


def test_scores_are_probabilities_in_order_with_few_ties(outcomes: list[Outcome]) -> None:
    neighbours: Counter[bool] = Counter()
    for one in outcomes:
        scores = [match.score for match in one.matches]
        assert scores == sorted(scores, reverse=True)
        assert all(0.0 <= score <= 1.0 for score in scores)
        assert len({match.listed.product_id for match in one.matches}) == len(scores) <= 10
        for higher, lower in pairwise(scores):
            if lower >= WORTH_READING:
                neighbours[higher == lower] += 1
    assert neighbours.total() > 100
    assert neighbours[True] / neighbours.total() <= MOST_TIES


def test_a_verdict_on_a_match_follows_from_score_and_clashes(outcomes: list[Outcome]) -> None:
    seen: Counter[Sameness] = Counter()
    for match in (match for one in outcomes for match in one.matches):
        scores = {feature.name: feature.score for feature in match.features if feature.weight}
        clash = any(scores.get(name, 1.0) < CLASH_BELOW for name in DECISIVE)
        codes = {feature.detail.code for feature in match.features if feature.name in ("tnved", "enstru")}
        akin = scores.get("head") == 1.0 and not codes.isdisjoint(("match.tnved.same", "match.enstru.same"))
        expected = Sameness.DOUBTFUL if akin and not clash else Sameness.NO
        if match.score >= DOUBTFUL_FROM:
            expected = Sameness.MATCH if match.score >= MATCH_FROM and not clash else Sameness.DOUBTFUL
        assert match.verdict is expected
        seen[match.verdict] += 1
    assert min(seen[kind] for kind in Sameness) > 30


def test_a_verdict_on_a_need_follows_from_its_matches(outcomes: list[Outcome]) -> None:
    rules = law.on(ON)
    by_id = {offer.id: offer for offer in offers()}
    for need, one in zip(ALL, outcomes, strict=True):
        made = [match for match in one.matches if match.verdict is Sameness.MATCH]
        proven = [match for match in made if _proven(need, by_id[match.listed.product_id], rules)]
        if proven:
            assert one.verdict is Supply.PRODUCER_EXISTS
        if one.verdict is Supply.NONE_FOUND:
            assert all(by_id[match.listed.product_id].good.role == "dealer" for match in made)
        else:
            assert not one.organisers
        assert one.reasons
        assert one.reasons[-1].code.startswith("match.follows.")


def _proven(need: NeedLine, offer: Offer, rules: law.Law) -> bool:
    stands = supplied(need, offer, ON, rules)
    return stands.made and stands.confirmed and offer.good.evidence[0].kind == "ktp"


def same_goods(one: Outcome, other: Outcome) -> None:
    """Both hold the same goods with the same scores; of those as likely as the last one other twins may be shown."""
    assert [match.score for match in one.matches] == [match.score for match in other.matches]
    last = one.matches[-1].score if one.matches else 0.0
    kept = [{sameness(match) for match in said.matches if match.score > last} for said in (one, other)]
    assert kept[0] == kept[1]


def test_missing_evidence_removes_no_match_and_moves_no_score(outcomes: list[Outcome]) -> None:
    bare = [replace(offer, good=offer.good._replace(evidence=())) for offer in offers()]
    unknown = [replace(offer, evidence_known=False) for offer in bare]
    for goods in (bare, unknown):
        for proven, unproven in zip(outcomes, judged(goods), strict=True):
            same_goods(proven, unproven)
            assert unproven.verdict is not Supply.PRODUCER_EXISTS


def test_evidence_added_never_lowers_a_rank_or_a_verdict() -> None:
    bare = [replace(offer, good=offer.good._replace(evidence=())) for offer in offers()]
    order = (Supply.NONE_FOUND, Supply.DOUBTFUL, Supply.PRODUCER_EXISTS)
    asked = needs()
    with judging(bare, top=10) as (judge, source):
        before = list(judge.outcomes(asked))
        shelf = source.shelf
        rows = {offer.id: row for row, offer in enumerate(shelf.offers)}
        for need, said in zip(asked, before, strict=True):
            for at, match in enumerate(said.matches[:4]):
                row = rows[match.listed.product_id]
                shelf.offers[row] = replace(bare[row], good=bare[row].good._replace(evidence=(document(),)))
                after = next(judge.outcomes([need]))
                shelf.offers[row] = bare[row]
                ids = [other.listed.product_id for other in after.matches]
                assert ids.index(match.listed.product_id) <= at
                assert sameness(after.matches[ids.index(match.listed.product_id)]) == sameness(match)
                assert order.index(after.verdict) >= order.index(said.verdict)


def test_the_order_of_the_file_does_not_matter(outcomes: list[Outcome]) -> None:
    for seed in (1, 2):
        shuffled = list(offers())
        Random(seed).shuffle(shuffled)
        for one, other in zip(outcomes, judged(shuffled), strict=True):
            assert written(one, "ru") == written(other, "ru")


def test_twins_are_both_shown_side_by_side() -> None:
    twins = [replace(offer, good=offer.good._replace(external_id=f"{offer.id}-twin")) for offer in offers()]
    for one in judged([*offers(), *twins], needs(), top=20):
        scores = {match.listed.product_id: match.score for match in one.matches}
        for product, score in list(scores.items())[:10]:
            twin = product.removesuffix("-twin") if product.endswith("-twin") else f"{product}-twin"
            assert scores[twin] == score
