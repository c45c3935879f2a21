"""The whole way of a block of needs: candidates, comparison, scores, order, verdicts, sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, repeat, takewhile
from operator import attrgetter
from typing import Final, NamedTuple

from matching.engine.asked import Asked, ask, names
from matching.engine.candidates import Source, query
from matching.engine.comparison import Comparison, compare
from matching.engine.lines import Needed
from matching.engine.organisers import craft_of, question, starters
from matching.engine.outcome import Feature, Match, Organiser, Outcome, Sameness, Supply
from matching.engine.profile import MATCH_FROM
from matching.engine.reading import Kind, read_need_text
from matching.engine.reasons import told
from matching.engine.scoring import Scores, score
from matching.engine.supply import Supplied, supplied
from matching.engine.trades import Craft
from matching.engine.verdicts import Verdict, need_verdict, nobody_near
from registry import law
from registry.classifiers.tree import Tree
from registry.evidence.rules import State
from registry.wording import Message

_STANDINGS: Final = {state: place for place, state in enumerate(State)}
# Kinds of values of which one that the offer does not state, or states otherwise, is a gap to be asked about.
_GAPS: Final = {
    "dimensions": Kind.DIMENSION,
    "measures": Kind.MEASURE,
    "numbers": Kind.NUMBER,
    "standards": Kind.STANDARD,
    "marks": Kind.MARK,
}
# Terms of candidates that are looked at together: enough that arrays are worth it, few enough to stay in the cache.
_ENTRIES: Final = 1 << 17

# The names of a need, each with the rows of the candidates that are compared with it.
Parts = Sequence[tuple[Asked, Sequence[int]]]


class Ranked(NamedTuple):
    """One candidate of a need, before anything is said of it: its row on the shelf, how likely it is the needed good,
    and where it stands in which comparison."""

    row: int
    probability: float
    pair: Comparison
    scores: Scores
    position: int

    @property
    def sameness(self) -> Sameness:
        """Whether it is the needed good."""
        return self.scores.sameness[self.position]

    @property
    def general(self) -> bool:
        """Whether the need names a class alone."""
        return bool(self.pair.general[self.pair.whose[self.position]])

    @property
    def unmet(self) -> bool:
        """Whether a value that the need states is not confirmed."""
        return bool(self.scores.unmet[self.position])


class Judge:
    """Judges needs against a source of offers, under the law of one day."""

    def __init__(self, source: Source, on: date, *, top: int, nomenclature: Tree | None = None) -> None:
        self._source = source
        self._on = on
        self._law = law.on(on)
        self._top = top
        self._nomenclature = nomenclature

    def outcomes(self, needs: Sequence[Needed]) -> Iterator[Outcome]:
        """What is to be said of each need, in their order."""
        for asked, ranked in self.ranked(needs):
            yield self._outcome(asked, ranked)

    def rankings(self, needs: Sequence[Needed]) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """Of each need its id, and the ids and probabilities of all its candidates, the likeliest first."""
        offers = self._source.shelf.offers
        for asked, ranked in self.ranked(needs):
            scored = [(offers[one.row].id, one.probability) for one in ranked]
            yield asked.need.external_id, sorted(scored, key=lambda one: (-one[1], one[0]))

    def ranked(self, needs: Sequence[Needed]) -> Iterator[tuple[Asked, list[Ranked]]]:
        """Each need as it was asked, with its candidates, the likeliest first; equal ones in no order yet."""
        source = self._source
        named = [names(need) for need in needs]
        texts = [text for own in named for text in own.values()] + [need.description or "" for need in needs]
        source.know(term.text for text in texts for term in read_need_text(text).terms)
        vocabulary, mender = source.shelf.vocabulary, source.mender
        asked = [
            [ask(need, language, name, vocabulary, mender) for language, name in own.items()]
            for need, own in zip(needs, named, strict=True)
        ]
        found = source.rows([query(one) for one in asked])
        split = [self._split(variants, rows) for variants, rows in zip(asked, found, strict=True)]
        for some in self._together(split):
            for variants, ranked in zip(asked[some], self._compared(split[some]), strict=True):
                yield replace(variants[0], others=tuple(variants[1:])), ranked

    def _split(self, variants: Sequence[Asked], rows: Sequence[int]) -> Parts:
        """Each candidate beside the need's name in its own language, where the need has one."""
        if len(variants) == 1 or not rows:
            return [(variants[0], rows)]
        shelf = self._source.shelf
        by_variant: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            spoken = (at for at, one in enumerate(variants) if shelf.speaks(row, one.language))
            by_variant[next(spoken, 0)].append(row)
        return [(variants[at], own) for at, own in by_variant.items()]

    def _together(self, needs: Sequence[Parts]) -> Iterator[slice]:
        """Which needs are compared together: as many as have some _ENTRIES terms to look at."""
        start = size = 0
        for at, parts in enumerate(needs):
            size += sum(self._source.shelf.size(rows) for _, rows in parts)
            if size >= _ENTRIES or at + 1 == len(needs):
                yield slice(start, at + 1)
                start, size = at + 1, 0

    def _compared(self, needs: Sequence[Parts]) -> Iterator[list[Ranked]]:
        """Of each need its candidates, the likeliest first."""
        pair = compare(self._source.shelf, [part for parts in needs for part in parts], self._nomenclature)
        scores = score(pair)
        likely = scores.probability.tolist()
        position = 0
        for parts in needs:
            rows = [row for _, own in parts for row in own]
            end = position + len(rows)
            ranked = list(map(Ranked, rows, likely[position:end], repeat(pair), repeat(scores), range(position, end)))
            ranked.sort(key=attrgetter("probability"), reverse=True)
            yield ranked
            position = end

    def _outcome(self, asked: Asked, ranked: Sequence[Ranked]) -> Outcome:
        verdict, judged = self._verdict(asked, ranked)
        organisers: tuple[Organiser, ...] = ()
        reasons = verdict.reasons
        if verdict.supply is Supply.NONE_FOUND and asked.nature.ground is None:
            craft, rows = self._near(asked, ranked)
            # Whom the craft alone finds, or another language, may make the very good: asked, not invited to start.
            known = {one.row for one in ranked}
            parts = [(asked, [row for row in rows if row not in known]), *((other, rows) for other in asked.others)]
            (compared,) = self._compared([parts])
            found = [one for one in compared if one.sameness is not Sameness.NO]
            if found:
                ranked = _likeliest([*ranked, *found])
                verdict, judged = self._verdict(asked, ranked)
                reasons = verdict.reasons
            if verdict.supply is Supply.NONE_FOUND:
                organisers = self._organisers(asked, ranked, craft, rows)
                reasons = reasons if organisers else nobody_near(reasons)
        return Outcome(
            need=asked.need,
            on=self._on,
            verdict=verdict.supply,
            reasons=reasons,
            matches=tuple(_match(one, offer) for one, offer in judged[: self._top]),
            organisers=organisers,
        )

    def _verdict(self, asked: Asked, ranked: Sequence[Ranked]) -> tuple[Verdict, list[tuple[Ranked, Supplied]]]:
        """The verdict, and the leading candidates in the order they are shown."""
        need = asked.need
        last = ranked[self._top - 1].probability if 0 < self._top <= len(ranked) else 0.0
        least = min(last, MATCH_FROM)
        leading = list(takewhile(lambda one: one.probability >= least, ranked))
        judged = sorted(((one, self._supplied(need, one.row)) for one in leading), key=_order)
        # The verdict names first what leaves no value of the need open.
        same = [pair for pair in judged if pair[0].sameness is Sameness.MATCH]
        if len(same) > 1:
            same.sort(key=lambda pair: pair[0].unmet)
        matches = [offer for _, offer in same]
        # Of a hundred that may be the good hardly one is asked after where somebody makes it: no more are looked at.
        doubtful = chain(
            (offer for one, offer in judged if one.sameness is Sameness.DOUBTFUL),
            (
                self._supplied(need, one.row)
                for one in ranked
                if one.probability < last and one.sameness is Sameness.DOUBTFUL
            ),
        )
        general = bool(ranked) and ranked[0].general
        return need_verdict(need, asked.nature, matches, doubtful, self._law, general=general), judged

    def _near(self, asked: Asked, ranked: Sequence[Ranked]) -> tuple[Craft, list[int]]:
        """The craft needed, and who could start: those considered already, and those that the index finds by craft and
        heading."""
        need_craft = craft_of(asked)
        rows = dict.fromkeys(one.row for one in ranked)
        rows |= dict.fromkeys(self._source.rows([question(asked, need_craft)])[0])
        return need_craft, list(rows)

    def _organisers(
        self, asked: Asked, ranked: Sequence[Ranked], need_craft: Craft, rows: Sequence[int]
    ) -> tuple[Organiser, ...]:
        """Who of these rows could start, but for those who may make the good already."""
        same = {one.row for one in ranked if one.sameness is not Sameness.NO}
        offers = [(row, self._supplied(asked.need, row)) for row in rows if row not in same]
        return starters(self._source.shelf, asked, need_craft, offers)

    def _supplied(self, need: Needed, row: int) -> Supplied:
        return supplied(need, self._source.shelf.offers[row], self._on, self._law)


def _likeliest(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Each row once, where it is the likeliest; the likeliest first."""
    best: dict[int, Ranked] = {}
    for one in sorted(ranked, key=lambda one: -one.probability):
        best.setdefault(one.row, one)
    return list(best.values())


def _order(judged: tuple[Ranked, Supplied]) -> tuple[float, int, float, str, int]:
    """The likelier first; of equally likely ones the better proven, then the greater capacity, then by id."""
    one, offer = judged
    standing = _STANDINGS[offer.standing.state] if offer.standing else len(_STANDINGS)
    share = float(offer.quantity.share or 0)
    return -one.probability, standing, -share, offer.offer.id, offer.offer.good.id


def _match(one: Ranked, offer: Supplied) -> Match:
    features = (*told(one.pair, one.scores, one.position), *offer.features())
    return Match(
        listed=offer.listed,
        score=one.probability,
        verdict=one.sameness,
        gaps=(*_gaps(one, features), *offer.gaps()),
        features=features,
        standing=offer.standing,
    )


def _gaps(one: Ranked, features: Sequence[Feature]) -> list[Message]:
    """Values of the need that the offer contradicts or does not state."""
    stated = one.pair.asked(one.position).stated
    return [it.detail for it in features if _GAPS.get(it.name) in stated and (it.score < 1.0 or not it.weight)]
