"""Whose need it is: every customer numbers its needs from one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.engine.models import TOP, MatchRun, NeedResult
from matching.engine.outcome import Supply
from matching.engine.queries import latest
from matching.needs.operations import take_in
from matching.needs.queries import Wanted, listed, need, needs, verdicts
from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.db import Database
from registry.errors import NotFound
from registry.explain import Violation
from tests.factories import ACTOR, NOW, TODAY, add_need, need_line

OURS, THEIRS = "110440012951", "020940000580"
DAY = timedelta(days=1)


@pytest.mark.both_databases
def test_two_customers_have_a_need_of_one_number_each(database: Database) -> None:
    pipe = need_line(external_id="1", name="Труба", customer_bin=OURS)
    cable = replace(pipe, name="Кабель", customer_bin=THEIRS)
    with database.transaction() as session:
        assert take_in(session, {2: pipe}, on=TODAY, actor=ACTOR, now=NOW) == {2: Outcome.ADDED}
        assert not need(session, "1", TODAY).shared
        assert take_in(session, {2: cable}, on=TODAY, actor=ACTOR, now=NOW) == {2: Outcome.ADDED}
        assert take_in(session, {2: pipe, 3: cable}, on=TODAY, actor=ACTOR, now=NOW) == {
            2: Outcome.UNCHANGED,
            3: Outcome.UNCHANGED,
        }
        assert [(one.external_id, one.name, one.shared) for one in needs(session, TODAY)] == [
            ("1", "Труба", True),
            ("1", "Кабель", True),
        ]
        assert need(session, "1", TODAY, THEIRS).name == "Кабель"
        with pytest.raises(NotFound, match="shared"):
            need(session, "1", TODAY)
        nobody = replace(pipe, name="Насос", customer_bin=None)
        assert take_in(session, {2: nobody}, on=TODAY, actor=ACTOR, now=NOW) == {2: Outcome.ADDED}
        assert need(session, "1", TODAY).name == need(session, "1", TODAY, "").name == "Насос"


@pytest.mark.both_databases
def test_a_file_that_does_not_say_whose_its_needs_are(database: Database) -> None:
    known, both = need_line(customer_bin=OURS), need_line(customer_bin=OURS)
    with database.transaction() as session:
        for line in (known, both, replace(both, customer_bin=THEIRS)):
            add_need(session, line)
        lines = {
            2: replace(known, customer_bin=None, name="Кабель", tnved=None),
            3: replace(both, customer_bin=None),
            4: need_line(customer_bin=None),
        }
        said = take_in(session, lines, frozenset({"customer_bin", "tnved"}), on=TODAY, actor=ACTOR, now=NOW)
        assert (said[2], said[4]) == (Outcome.CHANGED, Outcome.ADDED)
        assert isinstance(said[3], Violation)
        assert said[3].code == "import.need.whose"
        stored = need(session, known.external_id, TODAY)
        assert (stored.name, stored.customer_bin, stored.tnved) == ("Кабель", OURS, known.tnved)


@pytest.mark.both_databases
def test_a_need_of_nobody_becomes_that_of_the_customer_named_for_its_id_later(database: Database) -> None:
    nobodys = need_line(external_id="7", name="Труба", customer_bin=None)
    ours = replace(nobodys, customer_bin=OURS)
    with database.transaction() as session:
        take_in(session, {2: nobodys}, on=TODAY, actor=ACTOR, now=NOW)
        (before,) = needs(session, TODAY)
        assert take_in(session, {2: ours}, on=TODAY + DAY, actor=ACTOR, now=NOW) == {2: Outcome.CHANGED}
    with database.transaction() as session:
        assert needs(session, TODAY) == [replace(before, version=2)]
        assert needs(session, TODAY + DAY) == [replace(before, version=2, customer_bin=OURS)]
        assert need(session, "7", TODAY + DAY, OURS).id == before.id
        changed = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
        assert (changed.action, changed.kind, changed.entity_id) == ("changed", "need", before.id)
        assert changed.before == {"customer_bin": None}
        assert changed.after == {"customer_bin": OURS, "on": (TODAY + DAY).isoformat()}
        assert take_in(session, {2: ours}, on=TODAY + DAY, actor=ACTOR, now=NOW) == {2: Outcome.UNCHANGED}
        theirs = replace(nobodys, customer_bin=THEIRS)
        assert take_in(session, {2: theirs}, on=TODAY + DAY, actor=ACTOR, now=NOW) == {2: Outcome.ADDED}


@pytest.mark.both_databases
def test_a_need_adopted_in_the_past_is_its_customers_ever_since(database: Database) -> None:
    nobodys = need_line(customer_bin=None)
    ours = replace(nobodys, name="Кабель", customer_bin=OURS)
    with database.transaction() as session:
        take_in(session, {2: nobodys}, on=TODAY, actor=ACTOR, now=NOW)
        assert take_in(session, {2: ours}, on=TODAY - DAY, actor=ACTOR, now=NOW) == {2: Outcome.CHANGED}
        for on, name in ((TODAY - DAY, "Кабель"), (TODAY, nobodys.name)):
            (line,) = needs(session, on)
            assert (line.name, line.customer_bin) == (name, OURS)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("known", "given", "added"),
    [((None,), (OURS, THEIRS), 2), ((None,), (OURS, None), 1), ((THEIRS, None), (OURS,), 1)],
)
def test_a_need_that_may_be_several_customers_is_adopted_by_none(
    database: Database, known: tuple[str | None, ...], given: tuple[str | None, ...], added: int
) -> None:
    line = need_line(external_id="7")
    with database.transaction() as session:
        for customer in known:
            add_need(session, replace(line, customer_bin=customer))
        lines = {number: replace(line, customer_bin=customer) for number, customer in enumerate(given)}
        said = take_in(session, lines, on=TODAY, actor=ACTOR, now=NOW)
        assert list(said.values()).count(Outcome.ADDED) == added
        assert need(session, "7", TODAY, "").customer_bin is None


def judged(session: Session, need_id: int, verdict: Supply, *, on: int = 0, top: int = TOP) -> None:
    run = MatchRun(
        started_at=NOW, on=TODAY + on * DAY, actor=ACTOR.name, profile_version="1", engine="test", top=top, needs=1
    )
    session.add(run)
    session.flush()
    session.add(NeedResult(run_id=run.id, need_id=need_id, need_version=1, verdict=verdict, reasons=[], organisers=[]))
    session.flush()


@pytest.mark.both_databases
def test_what_another_day_or_number_gives_does_not_replace_what_is_shown(database: Database) -> None:
    with database.transaction() as session:
        add_need(session)
        (line,) = needs(session, TODAY)
        assert line.id is not None
        judged(session, line.id, Supply.DOUBTFUL, on=-1)
        assert [verdict for _, verdict in listed(session, TODAY, Wanted(), limit=9)] == [Supply.DOUBTFUL]
        judged(session, line.id, Supply.NONE_FOUND)
        judged(session, line.id, Supply.PRODUCER_EXISTS)
        for other in ({"on": -1}, {"on": 30}, {"top": 1}):
            judged(session, line.id, Supply.DOUBTFUL, **other)
        assert verdicts(session, TODAY) == {Supply.PRODUCER_EXISTS: 1}
        shown = latest(session, line.id, TODAY)
        assert shown is not None
        assert (shown.verdict, shown.run.on, shown.run.top) == (Supply.PRODUCER_EXISTS, TODAY, TOP)
        ahead = latest(session, line.id, TODAY + 30 * DAY, exactly=True)
        assert ahead is not None
        assert ahead.verdict is Supply.DOUBTFUL
        assert latest(session, line.id, TODAY + 31 * DAY, exactly=True) is None
        assert latest(session, line.id, TODAY - 2 * DAY) is None
