"""What a run said of a need, as its page shows it: who offers it, who was considered, who could start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from matching.engine.outcome import Feature, Sameness
from matching.engine.queries import StoredMatch, StoredOrganiser, StoredOutcome
from registry import law
from registry.evidence.goods import Good
from registry.evidence.queries import Withdrawn, goods, withdrawn
from registry.evidence.rules import Standing, standing
from registry.wording import Message
from web.public.waterfall import Waterfall, stack, waterfall

# The strongest reasons told at once; the others stand in the opened explanation.
REASONS: Final = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line with its score and why. `good` is None where it is listed no more; `drawn` opens up every feature.

    gone: the line as it was, where it was withdrawn. changed: the line has changed since the run, which speaks of how
    it was.
    """

    good: Good | None
    gone: Withdrawn | None
    standing: Standing | None
    name: str
    bin: str | None
    supplier: str | None
    score: float
    verdict: Sameness | None
    reasons: tuple[Message, ...]
    gaps: tuple[Message, ...]
    drawn: Waterfall
    changed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates under one heading, whose words are `web.need.<name>.…`."""

    name: str
    candidates: tuple[Candidate, ...]


def groups(session: Session, outcome: StoredOutcome, on: date) -> tuple[Group, ...]:
    """Who offers the needed good, who could start making it, and who else was considered; in this order."""
    ids = [match.product_id for match in outcome.matches] + [one.product_id for one in outcome.organisers]
    listed = {good.id: good for good in goods(session, ids, on)}
    rules = law.on(on)
    stand = {good.id: standing(good.evidence, on, rules) for good in listed.values()}
    gone = withdrawn(session, {id for id in ids if id not in listed}, on)
    matches = [
        _match(match, listed.get(match.product_id), gone.get(match.product_id), stand.get(match.product_id))
        for match in outcome.matches
    ]
    return (
        Group("producers", tuple(one for one in matches if one.verdict is not Sameness.NO)),
        Group(
            "organisers",
            tuple(
                _organiser(one, listed.get(one.product_id), gone.get(one.product_id), stand.get(one.product_id))
                for one in outcome.organisers
            ),
        ),
        Group("considered", tuple(one for one in matches if one.verdict is Sameness.NO)),
    )


def strongest(features: Sequence[Feature], *, against: bool = False) -> tuple[Message, ...]:
    """Sentences of the features that moved the score most: towards the need, or away from it."""
    sign = -1 if against else 1
    moved = sorted((one for one in features if sign * one.contribution > 0), key=lambda one: -sign * one.contribution)
    return tuple(one.detail for one in moved[:REASONS])


def _match(match: StoredMatch, good: Good | None, gone: Withdrawn | None, stands: Standing | None) -> Candidate:
    known = good or (gone.good if gone else None)
    return Candidate(
        good=good,
        gone=gone,
        standing=stands,
        name="",
        bin=known.bin if known else None,
        supplier=known.supplier_name if known else None,
        score=match.score,
        verdict=match.verdict,
        reasons=strongest(match.features, against=match.verdict is Sameness.NO),
        # What stands between the need and another good is not worth telling: it is another good.
        gaps=() if match.verdict is Sameness.NO else match.gaps,
        drawn=waterfall(match.score, match.features),
        changed=good is not None and good.version != match.product_version,
    )


def _organiser(one: StoredOrganiser, good: Good | None, gone: Withdrawn | None, stands: Standing | None) -> Candidate:
    return Candidate(
        good=good,
        gone=gone,
        standing=stands,
        name=one.name,
        bin=one.bin,
        supplier=one.supplier,
        score=one.score,
        verdict=None,
        # What they make now is the name of the row itself.
        reasons=tuple(reason for reason in one.reasons if reason.code != "match.organiser.makes")[:REASONS],
        gaps=(),
        drawn=stack(one.features),
        changed=False,
    )
