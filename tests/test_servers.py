"""The servers that the other tests stand on are real, separate for each test, and missing ones are never silent."""

import subprocess
import sys
from pathlib import Path

import pytest
import redis
from elasticsearch import Elasticsearch, helpers
from sqlalchemy import inspect, text

from config.settings import Settings
from registry.db import Database
from registry.migrations import newest_revision, revision_of
from tests.databases import fresh_name
from tests.servers import found
from tests.servers.process import CHECKOUT


@pytest.mark.both_databases
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_gets_a_migrated_database_of_its_own(database: Database, database_kind: str, turn: int) -> None:
    assert database.is_sqlite == (database_kind == "sqlite")
    assert revision_of(database) == newest_revision()
    with database.transaction() as session:
        session.execute(text("CREATE TABLE left_behind (turn INTEGER)"))  # fails if the other turn left its table


@pytest.mark.both_databases
def test_an_empty_database_was_never_migrated(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert inspect(database.engine).get_table_names() == []
    database.dispose()


def test_elasticsearch_serves_the_client(elasticsearch_url: str) -> None:
    with Elasticsearch(elasticsearch_url) as client:
        index = fresh_name()
        fields = {"name": {"type": "text", "analyzer": "whitespace"}, "region": {"type": "keyword"}}
        client.indices.create(index=index, mappings={"dynamic": "strict", "properties": fields})
        versioned = {"_index": index, "_op_type": "index", "version_type": "external_gte"}
        goods = [{**versioned, "_id": n, "version": 7, "name": f"труба {n}", "region": str(n % 3)} for n in range(300)]
        assert helpers.bulk(client, goods, refresh=True) == (300, [])
        by_region = {"regions": {"terms": {"field": "region"}}}
        reply = client.search(index=index, query={"match": {"name": "труба"}}, aggs=by_region, track_total_hits=True)
        assert reply["hits"]["total"]["value"] == 300
        buckets = reply["aggregations"]["regions"]["buckets"]
        assert {bucket["key"]: bucket["doc_count"] for bucket in buckets} == {"0": 100, "1": 100, "2": 100}
        client.indices.delete(index=index)


@pytest.mark.both_engines
def test_indexes_are_told_apart_by_prefix(engine_kind: str, index_prefix: str, request: pytest.FixtureRequest) -> None:
    assert request.node.name.endswith(f"[{engine_kind}]")
    assert index_prefix.startswith("ondiris-test-")
    if engine_kind == "elasticsearch":
        with Elasticsearch(request.getfixturevalue("elasticsearch_url")) as client:
            assert not client.indices.exists(index=f"{index_prefix}*", allow_no_indices=False)
            client.indices.create(index=f"{index_prefix}-goods")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_gets_an_empty_redis(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("turn", turn)


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_a_name_shows_the_pairing(database_kind: str, engine_kind: str, request: pytest.FixtureRequest) -> None:
    assert request.node.name.endswith(f"[{database_kind}-{engine_kind}]")


@pytest.mark.parametrize("name", found.VARIABLES)
def test_a_missing_server_skips_with_its_reason_or_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(found.VARIABLES[name], raising=False)
    monkeypatch.delenv("ONDIRIS_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=found.VARIABLES[name]):
        found.address(name)
    monkeypatch.setenv("ONDIRIS_REQUIRE", f"reference, {name}")
    with pytest.raises(pytest.fail.Exception, match=f"{name} is required and missing"):
        found.address(name)


def test_a_named_server_that_does_not_answer_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONDIRIS_REQUIRE", raising=False)
    monkeypatch.setenv("ONDIRIS_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(pytest.fail.Exception, match="nothing answers at ONDIRIS_TEST_REDIS_URL"):
        found.address("redis")


def test_missing_reference_data_skips_or_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONDIRIS_REFERENCE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.delenv("ONDIRIS_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="nowhere"):
        found.reference_folder()
    monkeypatch.setenv("ONDIRIS_REQUIRE", "reference")
    with pytest.raises(pytest.fail.Exception, match="reference is required and missing"):
        found.reference_folder()
    monkeypatch.setenv("ONDIRIS_REFERENCE_DATA", str(tmp_path))
    assert found.reference_folder() == tmp_path


def test_the_variables_of_the_tests_are_no_misspelt_settings() -> None:
    ours = (*found.VARIABLES.values(), "ONDIRIS_REQUIRE", "ONDIRIS_REFERENCE_DATA", "ONDIRIS_SERVERS")
    Settings.from_env(dict.fromkeys(ours, "given"))  # raises for a name that it takes for a setting


def test_the_starter_runs_without_anything_installed() -> None:
    # -S leaves out site-packages: a fresh machine has only the standard library when the servers are started.
    asked = [sys.executable, "-S", "-m", "tests.servers", "status", "redis"]
    answered = subprocess.run(asked, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert answered.returncode == 0
    assert answered.stderr.startswith("redis: ")
