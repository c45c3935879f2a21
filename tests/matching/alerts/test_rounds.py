"""Rounds: each thing is told once, in one letter, whoever runs them and however often."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matching.alerts import rounds
from matching.alerts.comparisons import count_comparisons
from matching.alerts.models import Frequency, Notice, Thing, Watch
from matching.alerts.operations import set_frequency, watch_fits, watch_search
from matching.alerts.queries import told, unread, watches
from matching.alerts.rounds import look, write_letters
from matching.alerts.rules import MOST_LINES
from matching.needs.queries import need
from registry.accounts.operations import close_account, end_membership
from registry.accounts.queries import memberships
from registry.accounts.rules import Actor
from registry.catalogue.operations import withdraw
from registry.db import Database
from registry.messages import Letter
from registry.sightings.models import Sighting, Sort
from registry.suppliers.operations import ids_of
from registry.wording import LANGUAGES, Message, say
from tests.factories import ACTOR, NOW, TODAY, add_need, add_product, bin_number, fact, need_line, product_line
from tests.matching.alerts.people import PlainAddresses, person, run_says

pytestmark = pytest.mark.both_databases

BIN = bin_number(31)


def silent(done: int, total: int) -> None:
    """A progress that tells nobody."""


def round_of(database: Database, finds: Mapping[str, Collection[int]] | None = None) -> rounds.Round:
    """One look; finds: what each watched question finds."""
    hits = finds or {}
    return look(
        database, lambda watch: hits.get(watch.question, ()), PlainAddresses(), on=TODAY, now=NOW, progress=silent
    )


def letters_of(database: Database, frequency: Frequency) -> int:
    """The letters of the day or week, written."""
    return write_letters(database, frequency, PlainAddresses(), on=TODAY, now=NOW, progress=silent)


def letters(database: Database) -> list[Letter]:
    """All that were queued."""
    with database.reading() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


def body(letter: Letter) -> str:
    """What a letter says."""
    assert letter.body is not None
    return say(Message.from_json(letter.body), letter.lang)


def watch(
    session: Session, actor: Actor, frequency: Frequency, question: str = "q=pipe", seen: Collection[int] = ()
) -> Watch:
    """A watched search."""
    return watch_search(
        session, question, name=question, frequency=frequency, found=seen, total=len(seen), actor=actor, now=NOW
    )


def test_a_new_good_is_told_once_and_at_once(database: Database) -> None:
    with database.transaction() as session:
        old, new = add_product(session), add_product(session, product_line(BIN))
        actor = person(session, "a@x.kz")
        watch(session, actor, Frequency.INSTANT, seen=(old,))
    assert round_of(database, {"q=pipe": [new, old]}).as_json() == {"watches": 1, "notices": 1, "letters": 1}
    assert round_of(database, {"q=pipe": [new, old]}).as_json() == {"watches": 1, "notices": 0, "letters": 0}
    [letter] = letters(database)
    assert letter.to == "a@x.kz"
    assert f"http://portal/ru/products/{new}" in body(letter)
    assert f"products/{old}" not in body(letter)
    assert letter.unsubscribe == f"http://portal/ru/unsubscribe/{actor.account_id}"
    with database.reading() as session:
        [one] = told(session, actor.account_id or 0, TODAY, limit=9)
        assert (one.good and one.good.id, one.read, unread(session, actor.account_id or 0)) == (new, False, 1)


def test_one_s_own_goods_are_no_news(database: Database) -> None:
    with database.transaction() as session:
        own, other = add_product(session, product_line(BIN)), add_product(session)
        watch(session, person(session, "a@x.kz", owner_of=BIN), Frequency.INSTANT)
    round_of(database, {"q=pipe": [own, other]})
    [letter] = letters(database)
    assert f"products/{other}" in body(letter)
    assert f"products/{own}" not in body(letter)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_needs_that_fit_are_told_to_who_keeps_the_page(database: Database, lang: str) -> None:
    """Without asking for it: whoever registers learns of each need from then on."""
    with database.transaction() as session:
        good = add_product(session, product_line(BIN))
        line = add_need(session, need_line(name="Труба обсадная", name_kk="Шегендеу құбыры", name_en="Casing pipe"))
        stored = need(session, line.external_id, TODAY)
        run_says(session, stored.id or 0, good)
        actor = person(session, "owner@x.kz", lang=lang, owner_of=BIN)
    round_of(database)
    assert letters(database) == []
    assert letters_of(database, Frequency.WEEKLY) == 0
    assert letters_of(database, Frequency.DAILY) == 1
    assert letters_of(database, Frequency.DAILY) == 0
    with database.transaction() as session:
        # A further run over the same need says nothing new.
        run_says(session, stored.id or 0, good)
    assert round_of(database).notices == 0
    [letter] = letters(database)
    name = {"kk": "Шегендеу құбыры", "ru": "Труба обсадная", "en": "Casing pipe"}[lang]
    assert name in body(letter)
    assert f"http://portal/{lang}/needs/{line.external_id}" in body(letter)
    with database.reading() as session:
        [one] = told(session, actor.account_id or 0, TODAY, limit=9)
        assert (one.thing, one.need and one.need.external_id, one.good and one.good.id) == (
            Thing.NEED,
            line.external_id,
            good,
        )


def test_a_need_that_does_not_fit_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        good = add_product(session, product_line(BIN))
        line = add_need(session)
        run_says(session, need(session, line.external_id, TODAY).id or 0, good, verdict="no")
        person(session, "owner@x.kz", owner_of=BIN)
    assert round_of(database).notices == 0


def test_a_confirmation_is_other_news(database: Database) -> None:
    """A good that one search told of as claimed is news to another that wants confirmed ones, once it is confirmed."""
    with database.transaction() as session:
        good = add_product(session, product_line(BIN))
        actor = person(session, "a@x.kz")
        watch(session, actor, Frequency.INSTANT, "q=pipe")
        watch(session, actor, Frequency.INSTANT, "q=pipe&evidence=confirmed")
    assert round_of(database, {"q=pipe": [good]}).notices == 1
    assert round_of(database, {"q=pipe": [good]}).notices == 0
    with database.transaction() as session:
        from registry.evidence.operations import state_evidence

        state_evidence(session, [(good, fact())], on=TODAY, actor=ACTOR, now=NOW)
    both = {"q=pipe": [good], "q=pipe&evidence=confirmed": [good]}
    assert round_of(database, both).notices == 1
    assert round_of(database, both).notices == 0
    with database.reading() as session:
        assert sorted(session.scalars(select(Notice.state))) == ["confirmed", "none"]


def test_off_keeps_the_list_and_writes_nothing(database: Database) -> None:
    with database.transaction() as session:
        good = add_product(session)
        actor = person(session, "a@x.kz")
        held = watch(session, actor, Frequency.OFF)
    assert round_of(database, {"q=pipe": [good]}).as_json() == {"watches": 1, "notices": 1, "letters": 0}
    with database.transaction() as session:
        set_frequency(session, held.id, Frequency.DAILY, actor=actor, now=NOW)
        assert unread(session, actor.account_id or 0) == 1
    # What was found while no letters were wanted does not come in a heap.
    assert letters_of(database, Frequency.DAILY) == 0


def test_what_waits_when_letters_are_ended_is_not_sent_later(database: Database) -> None:
    with database.transaction() as session:
        good = add_product(session)
        actor = person(session, "a@x.kz")
        held = watch(session, actor, Frequency.WEEKLY)
    round_of(database, {"q=pipe": [good]})
    with database.transaction() as session:
        set_frequency(session, held.id, Frequency.OFF, actor=actor, now=NOW)
        set_frequency(session, held.id, Frequency.WEEKLY, actor=actor, now=NOW)
    assert letters_of(database, Frequency.WEEKLY) == 0


def test_what_was_withdrawn_meanwhile_is_no_news(database: Database) -> None:
    with database.transaction() as session:
        good = add_product(session, product_line(BIN), on=TODAY - timedelta(days=3))
        watch(session, person(session, "a@x.kz"), Frequency.DAILY)
    round_of(database, {"q=pipe": [good]})
    with database.transaction() as session:
        withdraw(session, good, supplier_id=ids_of(session, [BIN])[BIN], on=TODAY, actor=ACTOR, now=NOW)
    assert letters_of(database, Frequency.DAILY) == 0
    assert letters(database) == []


def test_a_long_letter_says_how_much_more_there_is(database: Database) -> None:
    with database.transaction() as session:
        goods = [add_product(session, product_line(BIN)) for _ in range(MOST_LINES + 3)]
        watch(session, person(session, "a@x.kz", lang="en"), Frequency.INSTANT)
    round_of(database, {"q=pipe": goods})
    [letter] = letters(database)
    assert body(letter).count("/products/") == MOST_LINES
    assert "And 3 more" in body(letter)


def test_who_left_is_told_nothing(database: Database) -> None:
    with database.transaction() as session:
        good = add_product(session, product_line(BIN))
        line = add_need(session)
        run_says(session, need(session, line.external_id, TODAY).id or 0, good)
        left, closed = person(session, "left@x.kz", owner_of=BIN), person(session, "closed@x.kz")
        watch_fits(session, Frequency.INSTANT, actor=left, now=NOW)
        watch(session, closed, Frequency.INSTANT)
        [held] = memberships(session, left.account_id or 0)
        end_membership(session, held.id, actor=ACTOR, now=NOW)
        close_account(session, closed.account_id or 0, actor=ACTOR, now=NOW)
    assert round_of(database, {"q=pipe": [good]}).as_json() == {"watches": 0, "notices": 0, "letters": 0}


def test_a_killed_round_is_finished_by_another(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies between what was found and its letter: neither is there, and the next round writes both, once."""
    with database.transaction() as session:
        good = add_product(session)
        actor = person(session, "a@x.kz")
        watch(session, actor, Frequency.INSTANT)
    with monkeypatch.context() as dying:

        def die(*_: object, **__: object) -> bool:
            raise OperationalError("INSERT", {}, Exception("killed"))

        dying.setattr("registry.messages.queue", die)
        with pytest.raises(OperationalError):
            round_of(database, {"q=pipe": [good]})
    with database.reading() as session:
        assert unread(session, actor.account_id or 0) == 0
    assert round_of(database, {"q=pipe": [good]}).letters == 1
    assert round_of(database, {"q=pipe": [good]}).letters == 0
    assert len(letters(database)) == 1


def several_rounds(url: str, goods: list[int], start: object) -> None:
    """What each of several processes does."""
    own = Database(url)
    start.wait()  # type: ignore[attr-defined]
    for _ in range(3):
        round_of(own, {"q=pipe": goods})
        letters_of(own, Frequency.DAILY)
    own.dispose()


def test_several_processes_at_once_say_nothing_twice(database: Database) -> None:
    with database.transaction() as session:
        goods = [add_product(session, product_line(BIN)) for _ in range(5)]
        for number in range(12):
            actor = person(session, f"p{number}@x.kz")
            watch(session, actor, Frequency.INSTANT if number % 2 else Frequency.DAILY)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(3)
    url = database.url.render_as_string(hide_password=False)
    workers = [spawn.Process(target=several_rounds, args=(url, goods, start)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(120)
    assert [one.exitcode for one in workers] == [0, 0, 0]
    written = letters(database)
    assert sorted(one.to for one in written) == sorted(f"p{number}@x.kz" for number in range(12))
    assert all(body(one).count("/products/") == 5 for one in written)
    with database.reading() as session:
        assert len(session.scalars(select(Notice.id)).all()) == 60


def test_several_threads_make_one_watch_of_needs(database: Database) -> None:
    with database.transaction() as session:
        add_product(session, product_line(BIN))
        actor = person(session, "owner@x.kz", owner_of=BIN)
    workers = [threading.Thread(target=round_of, args=(database,)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    with database.reading() as session:
        assert len(watches(session, actor.account_id or 0)) == 1


def test_comparisons_count_each_need_once_a_day(database: Database) -> None:
    with database.transaction() as session:
        one, other = add_product(session, product_line(BIN)), add_product(session, product_line(BIN))
        needs = [need(session, add_need(session).external_id, TODAY).id or 0 for _ in range(2)]
        run_says(session, needs[0], one, other)
        run_says(session, needs[0], one)
        run_says(session, needs[1], one)
        for _ in range(2):
            assert count_comparisons(session, TODAY) == 2
        rows = session.scalars(select(Sighting).order_by(Sighting.product_id)).all()
        assert [(row.product_id, row.sort, row.times) for row in rows] == [
            (one, Sort.COMPARED, 2),
            (other, Sort.COMPARED, 1),
        ]
