"""Whole runs: needs in blocks over one or several processes, and the register's runs kept in the database."""

from __future__ import annotations

import multiprocessing
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from multiprocessing.pool import Pool
from typing import Any, Final, TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from matching.engine.candidates import RegisterSource
from matching.engine.judging import Judge
from matching.engine.lines import Needed
from matching.engine.models import MatchResult, MatchRun, NeedResult
from matching.engine.outcome import Outcome, organiser_json
from matching.engine.profile import PROFILE_VERSION
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.garbage import seldom_collected
from registry.wording import Message
from search.engines import SearchEngine

Shown = TypeVar("Shown")
Progress = Callable[[int, int], object]

# Needs judged together: enough that questions to the engine and rows of the register are fetched by the hundred,
# few enough that a run's memory and what a kill undoes stay small.
BLOCK: Final = 100
# Fewer are not worth a block of their own.
_LEAST: Final = 10


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to: how many needs it judged, and how many got each verdict."""

    run_id: int
    needs: int
    verdicts: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"run": self.run_id, "needs": self.needs, **self.verdicts}


def judged(
    judge: Judge, needs: Sequence[Needed], shown: Callable[[Outcome], Shown], *, processes: int = 1, progress: Progress
) -> Iterator[Shown]:
    """What is said of each need, in their order, each outcome turned by `shown` where it arises.

    processes: with more than one the needs are shared out in blocks over forked processes, which share what the judge
    holds already and send back only what `shown` made; so its source must hold every offer, as that of a file does.
    """
    if processes == 1 or len(needs) <= BLOCK:
        for block in _blocks(len(needs), 1):
            yield from (shown(outcome) for outcome in judge.outcomes(needs[block.start : block.stop]))
            progress(block.stop, len(needs))
        return
    _shared.append((judge, needs, shown))
    try:
        with seldom_collected(), _forked(processes) as pool:
            blocks = list(_blocks(len(needs), processes))
            for block, made in zip(blocks, pool.imap(_one_block, blocks), strict=True):
                yield from made
                progress(block.stop, len(needs))
    finally:
        _shared.pop()


def _blocks(needs: int, processes: int) -> Iterator[range]:
    """Needs in blocks; towards the end of a shared run in smaller ones, so that no process waits long for the last."""
    start = 0
    while start < needs:
        share = BLOCK if processes == 1 else (needs - start) // (2 * processes)
        size = min(BLOCK, max(_LEAST, share))
        yield range(start, min(start + size, needs))
        start += size


def _forked(processes: int) -> Pool:
    with warnings.catch_warnings():
        # The index has threads of its own, which do not outlive the fork and which the children do not need: they only
        # read, each in its one thread.
        warnings.simplefilter("ignore", DeprecationWarning)
        return multiprocessing.get_context("fork").Pool(processes)


# What forked processes find in their copy of this one's memory, so that nothing large is sent to them.
_shared: list[tuple[Judge, Sequence[Needed], Callable[[Outcome], Any]]] = []


def _one_block(block: range) -> list[Any]:
    judge, needs, shown = _shared[-1]
    return [shown(outcome) for outcome in judge.outcomes(needs[block.start : block.stop])]


def match_register(
    database: Database,
    engine: SearchEngine,
    needs: Sequence[Needed],
    *,
    on: date,
    now: Callable[[], datetime],
    actor: str,
    top: int,
    nomenclature: Tree | None,
    progress: Progress,
    each: Callable[[Outcome], object] | None = None,
) -> RunReport:
    """Match needs of the database with the register as of the day `on`, and keep what is said of each.

    Each block is committed whole, so a run that is killed leaves true results of the needs it reached; a repeat is a
    further run, and readers take the last result of each need. each: given every outcome once it is
    kept. Raises EngineUnavailable.
    """
    source = RegisterSource(database, engine, on)
    judge = Judge(source, on, top=top, nomenclature=nomenclature)
    with database.transaction() as session:
        run = MatchRun(
            started_at=now(), on=on, actor=actor, profile_version=PROFILE_VERSION, engine=engine.name, top=top, needs=0
        )
        session.add(run)
        session.flush()
        run_id = run.id
    verdicts: Counter[str] = Counter()
    for start in range(0, len(needs), BLOCK):
        block = needs[start : start + BLOCK]
        outcomes = list(judge.outcomes(block))
        done = start + len(block)
        with database.transaction() as session:
            _keep(session, run_id, block, outcomes)
            _reached(session, run_id, done, now() if done == len(needs) else None)
        for outcome in outcomes:
            verdicts[str(outcome.verdict)] += 1
            if each:
                each(outcome)
        source.renew()
        progress(done, len(needs))
    if not needs:
        with database.transaction() as session:
            _reached(session, run_id, 0, now())
    return RunReport(run_id, len(needs), verdicts)


def _reached(session: Session, run_id: int, needs: int, finished_at: datetime | None) -> None:
    run = session.get_one(MatchRun, run_id)
    run.needs = needs
    run.finished_at = finished_at


def _keep(session: Session, run_id: int, needs: Sequence[Needed], outcomes: Sequence[Outcome]) -> None:
    """Write what was said of a block of needs; sentences are kept as messages."""
    results = [
        {
            "run_id": run_id,
            "need_id": need.id,
            "need_version": need.version,
            "verdict": str(outcome.verdict),
            "reasons": [reason.as_json() for reason in outcome.reasons],
            "organisers": [
                organiser_json(organiser, Message.as_json) | {"row_id": organiser.listed.row_id}
                for organiser in outcome.organisers
            ],
        }
        for need, outcome in zip(needs, outcomes, strict=True)
    ]
    kept = session.execute(insert(NeedResult).returning(NeedResult.need_id, NeedResult.id), results)
    ids = {row.need_id: row.id for row in kept}
    matches = [
        {
            "result_id": ids[need.id or 0],
            "rank": rank,
            "product_id": match.listed.row_id,
            "product_version": match.listed.row_version,
            "score": Decimal(f"{match.score:.6f}"),
            "verdict": str(match.verdict),
            "gaps": [gap.as_json() for gap in match.gaps],
            "features": [feature.as_json() for feature in match.features],
        }
        for need, outcome in zip(needs, outcomes, strict=True)
        for rank, match in enumerate(outcome.matches, start=1)
    ]
    if matches:
        session.execute(insert(MatchResult), matches)
