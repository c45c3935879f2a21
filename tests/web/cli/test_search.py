"""`ondiris search` and `ondiris reindex`, on a database and an index of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from registry.locks import only_one
from registry.wording import LANGUAGES, tr
from search.sync.rebuild import REBUILDING
from tests.factories import TODAY, add_product, add_supplier, fact, product_line, supplier_line
from tests.web.cli.terminals import on_terminal
from web.cli.search import reindex, search
from web.runtime import Runtime

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def runtime_of(folder: Path, url: str, **settings: Any) -> Runtime:
    told = Settings.from_env({"ONDIRIS_HOME": str(folder), "ONDIRIS_LANG": "en"})
    return Runtime(replace(told, database_url=url, **settings), clock=lambda: NOW)


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    """A register of three goods in two regions, indexed by nobody yet."""
    runtime = runtime_of(tmp_path, database_url)
    with runtime.database.transaction() as session:
        pavlodar, _ = add_supplier(session, supplier_line(name="ТОО «Ертіс Құбыр»", kato="551010000"))
        almaty, _ = add_supplier(session, supplier_line(name="ТОО «Алатау»", kato="751110000"))
        add_product(
            session,
            product_line(
                pavlodar.bin,
                external_id="PV-1",
                name_ru="Труба стальная 159х8",
                name_kk="Болат құбыр 159х8",
                name_en="Steel pipe 159x8",
                description="Поставляется связками",
                tnved="7304191009",
            ),
            fact(percent="71.4"),
        )
        add_product(
            session,
            product_line(almaty.bin, name_ru="Труба стальная 108х5", name_kk=None, name_en=None, tnved="7305110000"),
        )
        add_product(session, product_line(almaty.bin, name_ru="Насос", name_kk=None, name_en=None, tnved="8413708100"))
    yield runtime
    runtime.engine.close()
    runtime.database.dispose()


def run(runtime: Runtime, command: click.Command, *args: str) -> Result:
    return CliRunner().invoke(command, args, obj=lambda: runtime, catch_exceptions=False)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_after_a_reindex_goods_are_found_in_a_table(runtime: Runtime) -> None:
    built = run(runtime, reindex)
    assert (built.exit_code, built.stdout, built.stderr) == (0, "Entries in the index now: 3.\n", "")
    found = run(runtime, search, "стальной", "трубой")
    assert found.exit_code == 0
    assert "Found: 2. Shown: 2." in found.stdout
    assert "[Труба] [стальная] 108х5" in found.stdout
    assert "ТОО «Ертіс Құбыр»" in found.stdout
    assert "Pavlodar" in found.stdout
    assert "Насос" not in found.stdout


def test_hits_are_written_with_score_and_highlights(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, reindex)
    out = tmp_path / "hits.jsonl"
    result = run(runtime, search, "құбырларды 159*8", "--out", str(out))
    assert result.stdout == f"Found: 1. Lines written to {out}: 1.\n"
    [hit] = lines(out)
    assert hit.pop("score") > 0
    assert isinstance(hit.pop("id"), int)
    assert hit.pop("bin").isdigit()
    assert hit == {
        "product_id": "PV-1",
        "supplier": "ТОО «Ертіс Құбыр»",
        "name": "Steel pipe 159x8",
        "tnved": "7304191009",
        "region": "55",
        "evidence": "confirmed",
        "icv_percent": 71.4,
        "highlights": {
            "name": [["Steel pipe ", False], ["159x8", True]],
            "name_ru": [["Труба стальная ", False], ["159х8", True]],
            "name_kk": [["Болат ", False], ["құбыр", True], [" ", False], ["159х8", True]],
        },
    }


def test_what_of_the_description_was_found_is_shown(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, reindex)
    run(runtime, search, "связка", "--out", str(tmp_path / "hits.jsonl"))
    [hit] = lines(tmp_path / "hits.jsonl")
    assert hit["highlights"] == {"description": [["Поставляется ", False], ["связками", True]]}
    assert "Поставляется [связками]" in run(runtime, search, "связка").stdout


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--code", "7305"], ["Труба стальная 108х5"]),
        (["--code", "73 04"], ["Steel pipe 159x8"]),
        (["--region", "75"], ["Труба стальная 108х5"]),
        (["--region", "11"], []),
        (["--region", "11", "--region", "55"], ["Steel pipe 159x8"]),
        (["--region", "55", "--code", "7305"], []),
    ],
)
def test_code_and_region_narrow(runtime: Runtime, tmp_path: Path, asked: list[str], found: list[str]) -> None:
    run(runtime, reindex)
    out = tmp_path / "hits.jsonl"
    assert run(runtime, search, "труба", *asked, "--out", str(out)).exit_code == 0
    assert [hit["name"] for hit in lines(out)] == found


def test_the_best_come_first_and_no_more_than_asked(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, reindex)
    out = tmp_path / "hits.jsonl"
    result = run(runtime, search, "", "--top", "2", "--out", str(out))
    assert result.stdout.startswith("Found: 3. Lines written")
    assert len(lines(out)) == 2
    run(runtime, search, "труба", "--out", str(out))
    scores = [hit["score"] for hit in lines(out)]
    assert scores == sorted(scores, reverse=True)


def test_a_slip_is_mended_and_told(runtime: Runtime) -> None:
    run(runtime, reindex)
    result = run(runtime, search, "стлаьная")
    assert "Found: 2." in result.stdout
    assert "стлаьная" in result.stderr


def test_without_an_index_the_database_answers_and_it_is_told(runtime: Runtime) -> None:
    result = run(runtime, search, "труба стальная")
    assert result.exit_code == 0
    assert "Found: 2." in result.stdout
    assert "straight from the database" in result.stderr


def test_while_the_server_is_down_the_database_answers(runtime: Runtime, tmp_path: Path, database_url: str) -> None:
    away = runtime_of(tmp_path, database_url, elasticsearch_url="http://127.0.0.1:1")
    result = run(away, search, "труба", "--code", "7305")
    assert "[Труба] стальная 108х5" in result.stdout
    assert "straight from the database" in result.stderr
    built = run(away, reindex)
    assert (built.exit_code, built.stderr.count("\n")) == (1, 1)
    assert "Elasticsearch does not answer" in built.stderr
    assert "ONDIRIS_ELASTICSEARCH_URL" in built.stderr
    away.engine.close()
    away.database.dispose()


def test_it_is_told_what_the_index_does_not_know_yet(runtime: Runtime) -> None:
    run(runtime, reindex)
    with runtime.database.transaction() as session:
        add_product(session, product_line(supplier_line().bin, name_ru="Кабель"), on=TODAY)
    result = run(runtime, search, "кабель")
    assert "Found: 0." in result.stdout
    assert "1 change is not in the index yet" in result.stderr
    run(runtime, reindex)
    result = run(runtime, search, "кабель")
    assert "Found: 1." in result.stdout
    assert result.stderr == ""


def test_where_nothing_is_found_nothing_is_said_to_be_shown_instead(runtime: Runtime) -> None:
    run(runtime, reindex)
    result = run(runtime, search, "фарфоровый сервиз")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Found: 0. Shown: 0.\n", "")


@pytest.mark.parametrize("code", ["73a", "73041910090", "٧٣", "-7"])
def test_what_is_no_code_is_refused_in_one_line(runtime: Runtime, code: str) -> None:
    result = run(runtime, search, "труба", f"--code={code}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert f"“{code}”" in result.stderr


def test_what_is_no_region_is_refused(runtime: Runtime) -> None:
    result = run(runtime, search, "труба", "--region", "99")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'99'" in result.stderr


def test_a_file_that_cannot_be_written_is_told(runtime: Runtime, tmp_path: Path) -> None:
    result = run(runtime, search, "труба", "--out", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path} was not written" in result.stderr


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_bar_of_a_rebuild_is_named_in_the_reader_s_language(tmp_path: Path, lang: str) -> None:
    status, shown = on_terminal("reindex", environment={"ONDIRIS_HOME": str(tmp_path), "ONDIRIS_LANG": lang})
    assert status == 0
    assert tr("cli.progress.index", lang) in shown


def test_one_rebuild_at_a_time(runtime: Runtime) -> None:
    with only_one(runtime.database, REBUILDING):
        result = run(runtime, reindex)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "already being rebuilt" in result.stderr


def test_a_database_without_tables_gets_them(tmp_path: Path, empty_database_url: str) -> None:
    runtime = runtime_of(tmp_path, empty_database_url)
    result = run(runtime, search, "труба")
    assert result.exit_code == 0
    assert "Found: 0." in result.stdout
    runtime.engine.close()
    runtime.database.dispose()


@pytest.mark.parametrize("command", [search, reindex])
def test_help_shows_an_example(command: click.Command) -> None:
    shown = CliRunner().invoke(command, ["--help"])
    assert shown.exit_code == 0
    assert f"Example: ondiris {command.name}" in shown.stdout
