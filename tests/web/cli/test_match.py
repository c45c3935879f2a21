"""`ondiris match` and `ondiris evaluate match` with files only: no database, no set-up, everything explained."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from python_calamine import load_workbook

from matching.engine.outcome import Supply
from matching.engine.profile import PROFILE_VERSION
from registry.wording import LANGUAGES, codes, tr
from tests.web.cli.terminals import on_terminal
from web.cli import main

SHEETS = ("about", "needs", "matches", "features", "organisers")
REPORTED = tuple(name.removeprefix("match.report.column.") for name in codes("ru") if ".report.column." in name)
COLUMNS = ("need", "verdict", "product", "brief")

PRODUCTS = """id,name,bin,role,tnved,unit,capacity_per_year,icv_percent,evidence_kind,evidence_number,evidence_issued
p-168,Труба стальная бесшовная 159х8 ГОСТ 8732-78,110440012951,maker,7304191009,т,900,68.23,ktp,КТП-1,2026-02-01
p-166,Труба стальная бесшовная 159х6 ГОСТ 8732-78,110440012951,maker,7304191009,т,700,64.10,ktp,КТП-1,2026-02-01
p-30,Задвижка стальная клиновая 30с41нж DN150,020940000580,dealer,8481803199,шт,50,,,,
"""
NEEDS = """id,name,unit,volume,contract_type
n-1,труб стальных безшовных 159 x 8,кг,450000,offtake
n-2,Лопатки осевого компрессора,компл,8,offtake
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ONDIRIS_HOME", str(tmp_path / "home"))
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    (tmp_path / "needs.csv").write_text(NEEDS, encoding="utf-8")
    (tmp_path / "truth.csv").write_text("need_id,product_id\nn-1,p-168\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    named = [str(folder / it) if "." in it and not it.startswith("-") else it for it in arguments]
    return CliRunner().invoke(main, named)


def test_two_files_are_enough(folder: Path) -> None:
    done = run(folder, "match", "--needs", "needs.csv", "--products", "products.csv", "--out", "out.jsonl")
    assert done.exit_code == 0, done.output
    assert not (folder / "home").exists()
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["need_id"] for line in lines] == ["n-1", "n-2"]
    pipe, blades = lines
    assert pipe["verdict"] == "producer_exists"
    best, second = pipe["matches"][:2]
    assert (best["product_id"], best["bin"], best["verdict"]) == ("p-168", "110440012951", "match")
    assert (second["product_id"], second["verdict"]) == ("p-166", "no")
    assert 0.0 <= second["score"] < best["score"] <= 1.0
    assert {"name", "score", "weight", "detail"} <= set(best["features"][0])
    assert all(isinstance(it["detail"], str) and it["detail"] for it in best["features"])
    assert blades["verdict"] == "none_found"
    assert {"need_id", "verdict", "matches", "organisers"} <= set(blades)


def test_sentences_in_all_languages_at_once(folder: Path) -> None:
    run(folder, "match", "--needs", "needs.csv", "--products", "products.csv", "--out", "out.jsonl", "--lang", "all")
    first = json.loads((folder / "out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(first["matches"][0]["features"][0]["detail"]) == {"kk", "ru", "en"}


def sheets(path: Path, lang: str = "ru") -> dict[str, list[list[Any]]]:
    """The sheets of a report by what they are called in code; each a heading and rows."""
    workbook = load_workbook(path)
    names = {tr(f"match.report.sheet.{name}", lang): name for name in SHEETS}
    assert list(names) == workbook.sheet_names
    return {names[name]: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def by_column(rows: list[list[Any]], lang: str = "ru") -> list[dict[str, Any]]:
    """Rows of a sheet by what its columns are called in code."""
    called = {tr(f"match.report.column.{name}", lang): name for name in REPORTED}
    return [{called[head]: cell for head, cell in zip(rows[0], row, strict=True)} for row in rows[1:]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_can_be_handed_in(folder: Path, lang: str) -> None:
    needs = "id,name,name_kk,name_en,unit,volume,customer_bin,contract_type,min_icv,kato,tnved\n"
    needs += "n-1,Труба стальная 159х8,Болат құбыр 159х8,Steel pipe 159x8,т,1200,020940000580,offtake,40,471010000,\n"
    needs += "n-2,Опора стальная сварная гранёная,,,шт,8,,,,,7308909809\n"
    (folder / "needs.csv").write_text(needs, encoding="utf-8")
    mast = "p-50,Мачта сварная стальная,990140000806,maker,7309003000,шт,30,,,,\n"
    (folder / "products.csv").write_text(PRODUCTS + mast, encoding="utf-8")
    files = ("--needs", "needs.csv", "--products", "products.csv", "--report", "report.xlsx", "--lang", lang)
    done = run(folder, "match", *files, "--as-of", "2026-11-23", "--top", "2")
    assert done.exit_code == 0, done.output
    report = sheets(folder / "report.xlsx", lang)

    about = dict(report["about"][1:])
    for code, value in (
        ("needs", "needs.csv"),
        ("products", "products.csv"),
        ("on", date(2026, 11, 23)),
        ("profile", PROFILE_VERSION),
        ("top", 2),
        ("total", 2),
    ):
        assert about[tr(f"match.report.about.{code}", lang)] == value
    assert [about[tr(f"match.supply.{it}", lang)] for it in Supply] == [1, 0, 1]
    edition = tr("match.report.about.edition", lang, act=tr("law.act.86-VII", lang), edition=date(2023, 1, 12))
    assert edition in about[tr("match.report.about.law", lang)]
    assert {f"    {tr(f'match.report.column.{name}', lang)}" for name in REPORTED} <= about.keys()

    name = {"ru": "Труба стальная 159х8", "kk": "Болат құбыр 159х8", "en": "Steel pipe 159x8"}[lang]
    facts = {"need": "n-1", "need_name": name, "volume": 1200, "unit": "т", "customer": "020940000580"}
    by_sheet = {sheet: by_column(report[sheet], lang) for sheet in SHEETS[1:]}
    for sheet in ("needs", "matches", "features"):
        assert facts.items() <= by_sheet[sheet][0].items(), sheet
    pipe, pole = by_sheet["needs"]
    assert (pipe["min_icv"], pipe["region"]) == (40, tr("region.47", lang))
    assert pipe["contract_type"] == tr("web.contract_type.offtake", lang)
    assert pipe["verdict"] == tr("match.supply.producer_exists", lang)
    assert "КТП-1" in pipe["reasons"]
    assert (pipe["best"], pipe["supplier"]) == ("Труба стальная бесшовная 159х8 ГОСТ 8732-78", "110440012951")
    assert (pole["customer"], pole["min_icv"], pole["region"]) == ("", "", "")
    first, second, *_ = by_sheet["matches"]
    assert (first["rank"], first["product_id"], second["product_id"]) == (1, "p-168", "p-166")
    assert 0.5 < first["score"] <= 1
    assert first["sameness"] == tr("match.sameness.match", lang)
    assert "КТП-1" in first["evidence"]
    assert (first["icv"], second["icv"]) == (68.23, 64.1)
    assert first["capacity"]
    assert "\n".join(second["gaps"].splitlines()) == second["gaps"] != ""
    counted = by_sheet["features"][0]
    assert counted["product_id"] == "p-168"
    assert {"feature", "value", "weight", "contribution", "detail"} <= counted.keys()
    (organiser,) = [row for row in by_sheet["organisers"] if row["bin"] == "990140000806"]
    asked = {"need": "n-2", "need_name": "Опора стальная сварная гранёная", "volume": 8, "unit": "шт"}
    assert asked.items() <= organiser.items()
    assert (organiser["product_id"], organiser["makes"]) == ("p-50", "Мачта сварная стальная")
    assert "73" in organiser["why"]


def test_a_report_of_the_register_names_its_customers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONDIRIS_LANG", "ru")
    buyer = "020940000580"
    rows = {
        "customers": f"bin,name\n{buyer},АО «Терең Мұнай»\n",
        "suppliers": "bin,name,kind\n110440012951,ТОО «Құбыр»,maker\n",
        "products": PRODUCTS.replace("id,", "external_id,", 1),
        "needs": f"id,name,customer_bin\nn-1,Труба стальная 159х8,{buyer}\n",
    }
    for kind, text in rows.items():
        (folder / f"{kind}.csv").write_text(text, encoding="utf-8")
        assert run(folder, "import", kind, f"{kind}.csv").exit_code == 0
    done = run(folder, "match", "--report", "report.xlsx")
    assert done.exit_code == 0, done.output
    report = sheets(folder / "report.xlsx")
    about = dict(report["about"][1:])
    assert about[tr("match.report.about.needs", "ru")] == tr("match.report.about.published", "ru")
    assert about[tr("match.report.about.products", "ru")] == tr("match.report.about.register", "ru")
    (need,) = by_column(report["needs"])
    assert (need["customer"], need["supplier"]) == (f"АО «Терең Мұнай» ({buyer})", "ТОО «Құбыр»")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_is_readable_on_a_narrow_terminal(folder: Path, lang: str) -> None:
    names = {"ru": "Труба бесшовная 159х8", "kk": "Жіксіз құбыр 159х8", "en": "Seamless pipe 159x8"}
    needs = f"id,name,name_kk,name_en\nn-1,{names['ru']},{names['kk']},{names['en']}\nn-2,Лопатки осевые,,\n"
    (folder / "needs.csv").write_text(needs, encoding="utf-8")
    environment = {"ONDIRIS_HOME": str(folder), "ONDIRIS_LANG": lang}
    words = ("match", "--needs", folder / "needs.csv", "--products", folder / "products.csv")
    status, shown = on_terminal(*words, environment=environment, columns=80)
    assert status == 0
    table = shown[shown.index(tr("match.cli.column.need", lang)) :].splitlines()
    assert all(len(line) <= 80 for line in table[:-2])
    told = " ".join(table)
    for wanted in ("n-1", names[lang], "110440012951", *(tr(f"match.cli.column.{it}", lang) for it in COLUMNS)):
        assert wanted in told
    first, second = (next(line for line in table if it in line) for it in ("n-1", "n-2"))
    assert tr("match.cli.supply.none_found", lang) in second
    assert "Труба стальная" in first
    # Words are whole: none was cut for want of room.
    assert "…" not in told


def test_two_processes_say_the_same_as_one(folder: Path) -> None:
    needs = "id,name\n" + "".join(f"n-{number},Труба 159х{number % 3 + 6}\n" for number in range(230))
    (folder / "many.csv").write_text(needs, encoding="utf-8")
    for processes in ("1", "2"):
        arguments = ("--needs", "many.csv", "--products", "products.csv", "--processes", processes)
        done = run(folder, "match", *arguments, "--out", f"out{processes}.jsonl")
        assert done.exit_code == 0, done.output
    assert (folder / "out1.jsonl").read_bytes() == (folder / "out2.jsonl").read_bytes()


def test_needs_of_one_id_are_told_apart_by_their_customers(folder: Path) -> None:
    (folder / "needs.csv").write_text(
        "id,name,customer_bin\n1,Труба 159х8,110440012951\n1,Кабель силовой,020940000580\n2,Труба 159х6,110440012951\n"
        "1,Насос,020940000580\n1,Задвижка,\n",
        encoding="utf-8",
    )
    files = ("--needs", "needs.csv", "--products", "products.csv")
    done = run(folder, "match", *files, "--out", "out.jsonl", "--report", "report.xlsx")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["need_id"], line.get("customer_bin")) for line in lines] == [
        ("1", "110440012951"),
        ("1", "020940000580"),
        ("2", None),
        ("1", ""),
    ]
    assert "customer_bin" not in lines[2]
    assert [line["verdict"] for line in lines[:2]] == ["producer_exists", "none_found"]
    rejected = (folder / "needs.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert "Насос" in rejected
    assert len(rejected.splitlines()) == 2
    listed = sheets(folder / "report.xlsx")["needs"]
    assert [row[0] for row in listed[1:]] == ["1 (110440012951)", "1 (020940000580)", "2", "1"]
    assert "(020940000580)" in run(folder, "match", *files).output
    (folder / "truth.csv").write_text("need_id,product_id\n1,p-168\n", encoding="utf-8")
    measured = run(folder, "evaluate", "match", *files, "--truth", "truth.csv", "--out", "quality.json")
    assert measured.exit_code == 0, measured.output
    assert json.loads((folder / "quality.json").read_text(encoding="utf-8"))["needs"] == 3


def test_a_row_that_cannot_be_kept_is_written_aside(folder: Path) -> None:
    with (folder / "needs.csv").open("a", encoding="utf-8") as file:
        file.write("n-3,,шт,5,purchase\n")
    done = run(folder, "match", "--needs", "needs.csv", "--products", "products.csv", "--out", "out.jsonl")
    assert done.exit_code == 0
    assert "n-3" in (folder / "needs.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert len((folder / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("content", ["", "name\nТруба\n", "id,what\n1,Труба\n", "\x00\x01\x02"])
def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(folder: Path, content: str) -> None:
    (folder / "bad.csv").write_text(content, encoding="utf-8")
    (folder / "out.jsonl").write_text("before\n", encoding="utf-8")
    done = run(folder, "match", "--needs", "needs.csv", "--products", "bad.csv", "--out", "out.jsonl")
    assert done.exit_code == 2
    assert "bad.csv" in done.output
    assert (folder / "out.jsonl").read_text(encoding="utf-8") == "before\n"


def test_evaluate_tells_recall_and_calibration(folder: Path) -> None:
    arguments = ("--needs", "needs.csv", "--products", "products.csv", "--truth", "truth.csv", "--out", "quality.json")
    done = run(folder, "evaluate", "match", *arguments)
    assert done.exit_code == 0, done.output
    figures = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    assert (figures["needs"], figures["recall@1"], figures["recall@50"]) == (1, 1.0, 1.0)
    assert {"precision_recall", "calibration", "calibration_error"} <= set(figures)


def test_truth_about_other_needs_is_refused(folder: Path) -> None:
    (folder / "truth.csv").write_text("need_id,product_id\nother,p-168\n", encoding="utf-8")
    done = run(
        folder, "evaluate", "match", "--needs", "needs.csv", "--products", "products.csv", "--truth", "truth.csv"
    )
    assert done.exit_code == 2
    assert "truth.csv" in done.output


def test_a_unit_that_cannot_be_compared_is_told(folder: Path) -> None:
    (folder / "needs.csv").write_text(NEEDS.replace("кг", "хрень").replace("компл", "штук"), encoding="utf-8")
    (folder / "products.csv").write_text(PRODUCTS.replace(",т,", ",фиговина,"), encoding="utf-8")
    told = run(folder, "match", "--needs", "needs.csv", "--products", "products.csv").stderr
    for given, times in (("хрень", 1), ("фиговина", 2)):
        note = tr("import.cell.unit", "ru", given=given)
        assert tr("import.remark", "ru", column="unit", note=note, times=times, row=2) in told.splitlines()
    assert "штук" not in told


def test_truth_about_what_the_files_do_not_have_is_told(folder: Path) -> None:
    files = ("--needs", "needs.csv", "--products", "products.csv", "--truth", "truth.csv")
    assert "truth.csv" not in run(folder, "evaluate", "match", *files).stderr
    pairs = ["n-1,p-168", "n-9,p-168", "n-2,p-99", "n-8,p-98"]
    (folder / "truth.csv").write_text("\n".join(["need_id,product_id", *pairs]), encoding="utf-8")
    done = run(folder, "evaluate", "match", *files)
    assert done.exit_code == 0
    told = [line for line in done.stderr.splitlines() if "truth.csv" in line]
    assert told == [
        tr("match.cli.truth_needs", "ru", file="truth.csv", other="needs.csv", n=2, given="n-9", row=3),
        tr("match.cli.truth_products", "ru", file="truth.csv", other="products.csv", n=1, given="p-99", row=4),
    ]


@pytest.mark.slow
def test_the_floor_on_other_peoples_names_of_one_makers_goods(tmp_path: Path, reference_data: Path) -> None:
    from benchmarks.converters import convert

    convert(reference_data, tmp_path)
    files = {it: str(tmp_path / f"prosept_{it}.csv") for it in ("needs", "products", "truth")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    done = CliRunner().invoke(main, ["evaluate", "match", *options, "--out", str(tmp_path / "quality.json")])
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "quality.json").read_text(encoding="utf-8"))
    assert figures["recall@1"] >= 0.72
    assert figures["recall@5"] >= 0.90
