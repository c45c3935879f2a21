"""What the machine refuses ends a command with a sentence, never with a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest


def ondiris(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *map(str, words)],
        capture_output=True,
        text=True,
        env={"PATH": "", "ONDIRIS_LANG": "ru", **environment},
        check=False,
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    needs, products = tmp_path / "needs.csv", tmp_path / "products.csv"
    needs.write_text("id,name\n1,Труба\n", encoding="utf-8")
    products.write_text("id,name\n1,Труба стальная\n", encoding="utf-8")
    return needs, products


@pytest.mark.parametrize("option", ["--out", "--report"])
@pytest.mark.parametrize("place", ["", "absent/matches.jsonl"])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    files: tuple[Path, Path], tmp_path: Path, option: str, place: str
) -> None:
    done = ondiris(
        *("match", "--needs", files[0], "--products", files[1], option, tmp_path / place),
        ONDIRIS_HOME=str(tmp_path / "home"),
    )
    assert done.returncode == 2
    assert "нельзя записать" in done.stderr
    assert "Traceback" not in done.stderr
    assert "принято" not in done.stderr
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "words",
    [
        ["match", "--needs", "needs.csv", "--products", "products.csv", "--out", "needs.csv"],
        ["match", "--needs", "needs.csv", "--products", "products.csv", "--report", "./products.csv"],
        ["match", "--needs", "needs.csv", "--products", "products.csv", "--out", "a.xlsx", "--report", "a.xlsx"],
        ["evaluate", "match", "--needs=needs.csv", "--products=products.csv", "--truth=truth.csv", "--out=truth.csv"],
        ["import", "needs", "needs.csv", "--rejected", "needs.csv"],
        ["import", "needs", "needs.csv", "--out", "needs.csv"],
        ["import", "needs", "needs.csv", "--out", "needs.csv.rejected.csv"],
        ["import", "classifier", "kpved", "needs.csv", "--rejected", "needs.csv"],
    ],
)
def test_a_result_never_replaces_what_is_read(
    words: list[str], files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = {path: path.read_bytes() for path in files}
    monkeypatch.chdir(tmp_path)
    done = ondiris(*words, ONDIRIS_HOME="home", PYTHONPATH=str(Path(__file__).parents[3]))
    assert done.returncode == 2, done.stderr
    assert "другое имя" in done.stderr
    assert {path: path.read_bytes() for path in files} == read


def test_a_report_has_the_name_of_a_workbook(files: tuple[Path, Path], tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    done = ondiris("match", "--needs", files[0], "--products", files[1], "--report", report, ONDIRIS_HOME=str(tmp_path))
    assert done.returncode == 2
    assert ".xlsx" in done.stderr
    assert not report.exists()


def test_a_place_for_counts_that_cannot_be_written_is_told_before_the_import(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    done = ondiris("import", "needs", files[0], "--out", tmp_path / "absent/counts.json", ONDIRIS_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "нельзя записать" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["migrate"], ["search", "труба"], ["reindex"], ["match"], ["serve"]])
def test_a_database_that_is_away(words: list[str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody@127.0.0.1:{free.getsockname()[1]}/none"
        done = ondiris(*words, ONDIRIS_HOME=str(tmp_path), ONDIRIS_DATABASE_URL=url)
    assert done.returncode == 1
    assert "База данных не отвечает" in done.stderr
    assert "ondiris doctor" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["migrate"], ["import", "needs", "needs.csv"], ["search", "труба"], ["serve"], ["worker"], ["doctor"]]
)
def test_a_file_that_is_no_database(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "ondiris.sqlite").write_bytes(b"no database at all " * 400)
    done = ondiris(*words, ONDIRIS_HOME=str(tmp_path), COLUMNS="1000")
    assert done.returncode == 1
    said = done.stdout if words == ["doctor"] else done.stderr
    assert "это не база данных" in said
    assert str(tmp_path / "ondiris.sqlite") in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", "ONDIRIS_BROKER_URL: бұл мекенжай емес; мынадайын көрсетіңіз: redis://localhost:6379/0"),
        ("ru", "ONDIRIS_BROKER_URL: это не адрес; укажите такой, как redis://localhost:6379/0"),
        ("en", "ONDIRIS_BROKER_URL: not a URL; give one like redis://localhost:6379/0"),
        ("de", "ONDIRIS_LANG: «de» — не язык портала; укажите один из: kk, ru, en"),
    ],
)
def test_a_bad_setting_is_told_in_the_language_that_is_set(lang: str, said: str) -> None:
    done = ondiris("doctor", ONDIRIS_LANG=lang, ONDIRIS_BROKER_URL="queue")
    assert done.returncode == 2
    assert said in done.stderr.splitlines()
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = ondiris("migrate", ONDIRIS_HOME=str(tmp_path / "file" / "home"))
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["65536", "99999", "-1"])
def test_a_port_that_there_is_not(command: str, port: str, tmp_path: Path) -> None:
    done = ondiris(command, "--port", port, ONDIRIS_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"Порта {port} не бывает" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    assert ondiris("migrate", ONDIRIS_HOME=str(tmp_path)).returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ondiris("serve", "--port", str(taken.getsockname()[1]), "--no-worker", ONDIRIS_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_roots_of_signatures_that_are_none_stop_the_start(tmp_path: Path) -> None:
    roots = tmp_path / "ca.pem"
    roots.write_text("no certificate", encoding="utf-8")
    home = str(tmp_path / "home")
    assert ondiris("migrate", ONDIRIS_HOME=home).returncode == 0
    done = ondiris("serve", "--port", "0", ONDIRIS_HOME=home, ONDIRIS_SIGNATURE_CA=str(roots))
    assert done.returncode == 2
    assert done.stderr.startswith(f"ONDIRIS_SIGNATURE_CA: {roots} — не сертификат")
    assert "Traceback" not in done.stderr
