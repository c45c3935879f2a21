"""What every engine promises of writing: versions, rebuilds, and what other processes see of them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from registry.wording import LANGUAGES, say
from search.engines import EngineUnavailable, SearchEngine
from search.queries import CandidateQuery, Query
from tests.search.corpus import SUBJECT, build, document, ids, open_engine, register, write

pytestmark = pytest.mark.both_engines


def test_updates_replace_and_deletes_remove(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба", region="71"), document(2, "Насос", region="75")])
    write(engine, document(1, "Кабель", version=2, region="11"))
    assert (ids(engine, "труба"), ids(engine, "кабель")) == ([], [1])
    assert {one.value: one.count for one in engine.search(Query()).facets["region"]} == {"11": 1, "75": 1}
    write(engine, document(3, "Щебень"))
    assert ids(engine) == [3, 2, 1]
    assert engine.delete(SUBJECT, {2: 1}) == {}
    engine.refresh(SUBJECT)
    assert (ids(engine), engine.count(SUBJECT), ids(engine, "насос")) == ([3, 1], 2, [])
    assert engine.suggest("нас") == []


def test_an_older_version_never_replaces_a_newer_one(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба", version=5)])
    write(engine, document(1, "Насос", version=4))
    assert ids(engine, "труба") == [1]
    write(engine, document(1, "Кабель", version=5))  # as many as the same: time alone can change what it says
    assert ids(engine, "кабель") == [1]
    assert engine.delete(SUBJECT, {1: 4}) == {}
    engine.refresh(SUBJECT)
    assert ids(engine) == [1]


def test_what_was_taken_out_does_not_come_back_late(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба", version=5)])
    assert engine.delete(SUBJECT, {1: 7, 9: 3}) == {}
    write(engine, document(1, "Труба", version=6), document(9, "Лист", version=2))
    assert (ids(engine), engine.count(SUBJECT), engine.entries(SUBJECT, 0, 10)) == ([], 0, [])
    assert engine.search(Query()).facets["code"] == ()
    write(engine, document(1, "Труба", version=8))
    assert ids(engine, "труба") == [1]


def test_one_batch_may_hold_several_versions_of_a_thing(engine: SearchEngine) -> None:
    build(engine, [])
    write(engine, document(1, "Труба", version=2), document(1, "Насос", version=3), document(1, "Лист", version=1))
    assert (ids(engine, "насос"), ids(engine)) == ([1], [1])


def test_writing_again_changes_nothing(engine: SearchEngine) -> None:
    everything = register()
    build(engine, everything)
    before = engine.search(Query("труба"))
    write(engine, *everything)
    after = engine.search(Query("труба"))
    assert (after.total, after.facets, engine.count(SUBJECT)) == (before.total, before.facets, len(everything))


def test_a_rebuild_never_leaves_search_empty_and_misses_nothing(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба"), document(2, "Насос"), document(3, "Лист")])
    engine.begin(SUBJECT)
    assert (engine.count(SUBJECT), engine.count(SUBJECT, building=True)) == (3, 0)
    assert engine.fill(SUBJECT, [document(1, "Труба"), document(2, "Насос")]) == {}
    # Changes made meanwhile reach both.
    write(engine, document(2, "Кабель", version=2), document(4, "Щебень"))
    assert engine.delete(SUBJECT, {1: 3}) == {}
    engine.refresh(SUBJECT)
    assert ids(engine) == [4, 3, 2]
    assert engine.fill(SUBJECT, [document(3, "Лист"), document(4, "Гравий", version=0)]) == {}
    engine.settle(SUBJECT)
    assert engine.count(SUBJECT, building=True) == 3
    write(engine, document(5, "Краска"))
    engine.publish(SUBJECT)
    assert ids(engine) == [5, 4, 3, 2]
    assert (ids(engine, "кабель"), ids(engine, "щебень"), ids(engine, "насос")) == ([2], [4], [])
    with pytest.raises(EngineUnavailable):
        engine.publish(SUBJECT)


def test_an_abandoned_build_leaves_everything_as_it_was(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба")])
    engine.abandon(SUBJECT)
    engine.begin(SUBJECT)
    engine.fill(SUBJECT, [document(2, "Насос")])
    engine.abandon(SUBJECT)
    assert ids(engine) == [1]
    with pytest.raises(EngineUnavailable):
        engine.fill(SUBJECT, [document(3, "Лист")])
    build(engine, [document(4, "Кабель")])
    assert ids(engine) == [4]


def test_a_build_begun_twice_is_the_second_one(engine: SearchEngine) -> None:
    engine.begin(SUBJECT)
    engine.fill(SUBJECT, [document(1, "Труба")])
    build(engine, [document(2, "Насос")])
    assert ids(engine) == [2]


def test_without_an_index_the_engine_is_unavailable(engine: SearchEngine) -> None:
    assert not engine.ready(SUBJECT)
    assert not engine.health().ok
    for ask in (
        lambda: engine.search(Query("труба")),
        lambda: engine.suggest("тру"),
        lambda: engine.candidates([CandidateQuery(("труба",))]),
        lambda: engine.count(SUBJECT),
        lambda: engine.entries(SUBJECT, 0, 10),
        lambda: engine.write(SUBJECT, [document(1)]),
        lambda: engine.delete(SUBJECT, {1: 1}),
        lambda: engine.fill(SUBJECT, [document(1)]),
        lambda: engine.publish(SUBJECT),
    ):
        with pytest.raises(EngineUnavailable) as caught:
            ask()
        assert all("ondiris reindex" in say(caught.value.message, lang) for lang in LANGUAGES)
    build(engine, [])
    assert engine.ready(SUBJECT)
    assert engine.health().documents == {SUBJECT: 0}
    assert engine.search(Query("труба")).total == 0


def test_an_index_of_another_version_of_the_code_is_not_read(
    engine: SearchEngine, engine_kind: str, tmp_path: Path, index_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"search.engines.{engine_kind}.recipe", lambda: "another")
    build(engine, [document(1)])
    assert ids(engine) == [1]
    monkeypatch.undo()
    with open_engine(engine_kind, tmp_path / "index", index_prefix) as newer:
        assert not newer.ready(SUBJECT)
        with pytest.raises(EngineUnavailable, match="version"):
            newer.search(Query())
        if engine_kind == "embedded":  # whose fields are fixed when an index is made
            with pytest.raises(EngineUnavailable, match="version"):
                newer.write(SUBJECT, [document(2)])
        build(newer, [document(2)])
        assert ids(newer) == [2]


def test_another_process_sees_what_was_written(
    engine: SearchEngine, engine_kind: str, tmp_path: Path, index_prefix: str
) -> None:
    build(engine, [document(1, "Труба")])
    with open_engine(engine_kind, tmp_path / "index", index_prefix) as reader:
        assert ids(reader) == [1]
        write(engine, document(2, "Насос"))
        assert ids(reader) == [2, 1]
        build(engine, [document(3, "Лист")])
        assert ids(reader) == [3]


def test_subjects_do_not_mix(engine: SearchEngine) -> None:
    build(engine, [document(1, "Труба")])
    other = f"other{uuid4().hex[:4]}"
    engine.begin(other)
    engine.fill(other, [document(1, "Насос", subject=other), document(2, "Труба", subject=other)])
    engine.publish(other)
    assert ids(engine, "труба") == [1]
    assert ids(engine, "труба", subject=other) == [2]
    assert dict(engine.health().documents) == {SUBJECT: 1, other: 2}
