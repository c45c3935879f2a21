"""`ondiris classify`, `evaluate classify`, `import examples` and `import notes`, as people run them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from registry import migrations
from registry.classifiers.models import Scheme
from tests.factories import NOW, TODAY, add_classifier
from web.cli import main
from web.runtime import Runtime

ROWS = [
    {"code": "19", "name_ru": "ИЗДЕЛИЯ ИЗ ЗЕРНА", "name_kk": "АСТЫҚ ӨНІМДЕРІ", "name_en": "Cereals"},
    {"code": "1905", "name_ru": "Хлеб, печенье", "name_kk": "Нан, печенье", "name_en": "Bread, biscuits"},
    {"code": "1905100000", "name_ru": "хлебцы хрустящие", "name_kk": "қытырлақ нан", "name_en": "crispbread"},
    {"code": "73", "name_ru": "ЧЕРНЫЕ МЕТАЛЛЫ", "name_kk": "ҚАРА МЕТАЛДАР", "name_en": "Iron and steel"},
    {"code": "7304", "name_ru": "Трубы бесшовные", "name_kk": "Жіксіз құбырлар", "name_en": "Seamless tubes"},
    {"code": "7304191009", "name_ru": "прочие", "name_kk": "өзгелері", "name_en": "other"},
]


@pytest.fixture
def runtime(tmp_path: Path, empty_database_url: str) -> Runtime:
    environment = {"ONDIRIS_HOME": str(tmp_path / "home"), "ONDIRIS_DATABASE_URL": empty_database_url}
    return Runtime(Settings.from_env({**environment, "ONDIRIS_LANG": "ru"}), lambda: NOW)


@pytest.fixture
def ondiris(runtime: Runtime) -> Callable[..., Result]:
    def run(*words: str | Path) -> Result:
        from web.cli import COMMANDS, Lazy

        command = Lazy().get_command(None, str(words[0])) if words[0] in COMMANDS else main  # type: ignore[arg-type]
        assert command is not None
        return CliRunner().invoke(command, [str(word) for word in words[1:]], obj=lambda: runtime)

    return run


@pytest.fixture
def loaded(runtime: Runtime) -> Runtime:
    migrations.upgrade(runtime.database)
    with runtime.database.transaction() as session:
        add_classifier(session, Scheme.TNVED, ROWS, in_force_from=TODAY)
    return runtime


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_text_is_classified_on_the_terminal(ondiris: Callable[..., Result], loaded: Runtime) -> None:
    done = ondiris("classify", "хлебцы хрустящие", "--lang", "ru")
    assert done.exit_code == 0, done.output
    assert "1905100000" in done.output
    assert "хлебцы" in done.output


def test_a_file_gives_a_line_for_each_text(ondiris: Callable[..., Result], loaded: Runtime, tmp_path: Path) -> None:
    texts, out = tmp_path / "texts.csv", tmp_path / "codes.jsonl"
    texts.write_text("id;text\na-1;жіксіз құбыр\n;seamless tube\na-3;\na-4;qwrtp\n", encoding="utf-8")
    done = ondiris("classify", "--in", texts, "--out", out, "--top", "2", "--lang", "en", "--processes", "1")
    assert done.exit_code == 0, done.output
    told = lines(out)
    assert [line["id"] for line in told] == ["a-1", "3", "a-4"]
    for line in told[:2]:
        best = line["codes"][0]
        assert best["code"] == "7304191009"
        assert best.keys() == {"code", "score", "name", "why"}
        assert best["name"] == "Seamless tubes › other"
        assert 0 < best["score"] <= 1
        assert best["why"]
    assert (told[2]["codes"], told[2]["decided"]) == ([], False)
    assert "what it is made of" in told[2]["question"]
    assert "a-3" in (tmp_path / "texts.csv.rejected.csv").read_text(encoding="utf-8")


def test_without_a_classifier_it_is_said_what_to_do(ondiris: Callable[..., Result], runtime: Runtime) -> None:
    done = ondiris("classify", "хлеб")
    assert done.exit_code == 1
    assert "ondiris import classifier tnved" in done.output


@pytest.mark.parametrize("words", [[], ["хлеб", "--in", "texts.csv"]])
def test_either_a_text_or_a_file_is_given(ondiris: Callable[..., Result], words: list[str]) -> None:
    assert ondiris("classify", *words).exit_code == 2


def test_a_file_without_its_column_ends_with_status_2(
    ondiris: Callable[..., Result], loaded: Runtime, tmp_path: Path
) -> None:
    (tmp_path / "texts.csv").write_text("id,name\n1,хлеб\n", encoding="utf-8")
    done = ondiris("classify", "--in", tmp_path / "texts.csv")
    assert done.exit_code == 2
    assert "text" in done.output


def test_decided_cases_are_learned_and_left_out_where_they_are_asked_about(
    ondiris: Callable[..., Result], loaded: Runtime, tmp_path: Path
) -> None:
    decided, out = tmp_path / "decided.csv", tmp_path / "out.json"
    decided.write_text("text,code,source\nРукав буровой,7304191009,a\nРукав,7304,b\nКран,8481,c\n,73,d\n", "utf-8")
    done = ondiris("import", "examples", "tnved", decided, "--out", out)
    assert done.exit_code == 0, done.output
    counts = json.loads(out.read_text(encoding="utf-8"))
    assert {name: counts[name] for name in ("added", "rejected")} == {"added": 3, "rejected": 1}
    assert {it["note"]["code"] for it in counts["remarks"]} == {"import.examples.branch", "import.examples.unknown"}
    assert "7304191009" in ondiris("classify", "рукав буровой").output
    done = ondiris("evaluate", "classify", "--truth", decided, "--out", out, "--processes", "1")
    assert done.exit_code == 0, done.output
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert (figures["texts"], figures["skipped"]) == (2, 1)
    assert figures["levels"][-1]["recall@50"] == 0.0, "what is asked about teaches nothing"


def test_notes_are_taken_in_and_quoted(ondiris: Callable[..., Result], loaded: Runtime, tmp_path: Path) -> None:
    text = "ГРУППА 19\nПримечание:\n1. В данную группу не включаются:\n(а) хлебцы хрустящие для собак.\nКод\n"
    (tmp_path / "notes.json").write_text(json.dumps({"19": text, "xx": "?"}), encoding="utf-8")
    done = ondiris("import", "notes", "tnved", tmp_path / "notes.json", "--out", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    counts = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (counts["added"], counts["unknown"]) == (1, ["xx"])
    (tmp_path / "texts.csv").write_text("text\nхлебцы хрустящие\n", encoding="utf-8")
    ondiris("classify", "--in", tmp_path / "texts.csv", "--out", tmp_path / "codes.jsonl", "--lang", "ru")
    why = lines(tmp_path / "codes.jsonl")[0]["codes"][0]["why"]
    assert any("хлебцы хрустящие для собак" in reason for reason in why)


@pytest.mark.parametrize("text", ["{", "[]", '{"19": 1}'])
def test_a_file_that_holds_no_notes_is_refused(
    ondiris: Callable[..., Result], loaded: Runtime, tmp_path: Path, text: str
) -> None:
    (tmp_path / "notes.json").write_text(text, encoding="utf-8")
    assert ondiris("import", "notes", "tnved", tmp_path / "notes.json").exit_code == 2
