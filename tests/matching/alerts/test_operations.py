"""What people watch: saving, changing, ending, and whose it is."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.alerts.models import Frequency, Notice, Watch, WatchSeen
from matching.alerts.operations import end_watch, mark_read, set_frequency, stop_letters, watch_fits, watch_search
from matching.alerts.queries import unread, watches
from matching.alerts.rounds import look
from matching.alerts.rules import MOST_HITS
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.db import Database
from registry.errors import NotAllowed, NotFound, RuleBroken
from tests.factories import NOW, TODAY, add_product, bin_number
from tests.matching.alerts.people import PlainAddresses, person

pytestmark = pytest.mark.both_databases


def save(
    session: Session,
    actor: Actor,
    question: str = "q=x",
    frequency: Frequency = Frequency.DAILY,
    found: tuple[int, ...] = (),
    total: int | None = None,
) -> Watch:
    """A watched search."""
    return watch_search(
        session,
        question,
        name=question,
        frequency=frequency,
        found=found,
        total=len(found) if total is None else total,
        actor=actor,
        now=NOW,
    )


def test_a_search_is_watched_once(database: Database) -> None:
    with database.transaction() as session:
        actor = person(session, "a@x.kz")
        good = add_product(session)
        first = save(session, actor, found=(good,))
        again = save(session, actor, frequency=Frequency.WEEKLY, found=(good,))
        assert (again.id, again.frequency) == (first.id, Frequency.WEEKLY)
        assert [row.product_id for row in session.scalars(select(WatchSeen))] == [good]
        said = [row.action for row in session.scalars(select(AuditRow).where(AuditRow.kind == "watch"))]
        assert said == ["watch", "changed"]
        with pytest.raises(RuleBroken):
            save(session, actor, "q=wide", total=MOST_HITS + 1)
        with pytest.raises(NotAllowed):
            save(session, Actor("nobody"))


def test_nobody_changes_what_another_watches(database: Database) -> None:
    with database.transaction() as session:
        own, other = person(session, "a@x.kz"), person(session, "b@x.kz")
        watch = save(session, own)
        for change in (
            lambda: set_frequency(session, watch.id, Frequency.OFF, actor=other, now=NOW),
            lambda: end_watch(session, watch.id, actor=other, now=NOW),
            lambda: set_frequency(session, watch.id + 9, Frequency.OFF, actor=own, now=NOW),
        ):
            with pytest.raises(NotFound):
                change()
        set_frequency(session, watch.id, Frequency.INSTANT, actor=own, now=NOW)
        assert [one.frequency for one in watches(session, own.account_id or 0)] == [Frequency.INSTANT]


def test_what_was_told_stays_told_when_the_watch_is_ended(database: Database) -> None:
    with database.transaction() as session:
        actor = person(session, "a@x.kz")
        good = add_product(session)
        watch = save(session, actor)
    for _ in range(2):
        look(database, lambda _: [good], PlainAddresses(), on=TODAY, now=NOW, progress=lambda done, total: None)
        with database.transaction() as session:
            held = watches(session, actor.account_id or 0)
            assert unread(session, actor.account_id or 0) == 1
            for one in held:
                end_watch(session, one.id, actor=actor, now=NOW)
            # Somebody who saves it again is not told again of what they were told.
            save(session, actor)
    with database.transaction() as session:
        assert [row.watch_id for row in session.scalars(select(Notice))] == [None]
        mark_read(session, actor=actor, now=NOW)
        assert unread(session, actor.account_id or 0) == 0
    assert watch.id


def test_one_click_ends_all_letters_and_no_list(database: Database) -> None:
    bin = bin_number(11)
    with database.transaction() as session:
        actor = person(session, "a@x.kz", owner_of=bin)
        save(session, actor)
        fits = watch_fits(session, Frequency.INSTANT, actor=actor, now=NOW)
        assert watch_fits(session, Frequency.INSTANT, actor=actor, now=NOW).id == fits.id
        with pytest.raises(NotFound):
            end_watch(session, fits.id, actor=actor, now=NOW)
        as_the_person = Actor("a@x.kz", account_id=actor.account_id)
        assert stop_letters(session, actor=as_the_person, now=NOW) == 2
        assert stop_letters(session, actor=as_the_person, now=NOW) == 0
        assert {one.frequency for one in watches(session, actor.account_id or 0)} == {Frequency.OFF}
        with pytest.raises(NotAllowed):
            watch_fits(session, Frequency.DAILY, actor=Actor("b", AccountRole.BANK, bin, 1), now=NOW)
