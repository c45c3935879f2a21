"""`ondiris import` as people type it: what is printed, what is written, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from matching.needs.queries import needs
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.customers.queries import names
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import goods_after
from registry.suppliers.queries import count, supplier
from registry.wording import LANGUAGES, tr
from search.queries import Query
from tests.factories import NOW, TODAY
from web.cli.imports import import_
from web.imports import KINDS, take_in
from web.runtime import Runtime

BIN = "110440012951"
BUYER = "071040007215"
CUSTOMERS = f"bin,name,kato,цвет\n{BUYER},АО «Терең Мұнай»,471810000,синий\n123,АО «Ошибка»,,\n"
SUPPLIERS = f"bin,name,kind\n{BIN},ТОО «Казтехфильтр»,производитель\n123,ТОО «Ошибка»,\n"
PRODUCTS = (
    "bin;name;tnved;icv_percent;evidence_kind;evidence_number;evidence_issued;цвет\n"
    f"{BIN};Фильтр воздушный;8421990006;68,23;ktp;КТП-1;03.02.2026;синий\n"
    "020940000580;Насос;;;;;;\n"
)
TNVED = "code,name_ru\n84,РЕАКТОРЫ\n8421,Центрифуги\n8421990006,прочие\n"


@pytest.fixture
def runtime(tmp_path: Path, empty_database_url: str) -> Runtime:
    environment = {"ONDIRIS_HOME": str(tmp_path / "home"), "ONDIRIS_DATABASE_URL": empty_database_url}
    return Runtime(Settings.from_env({**environment, "ONDIRIS_LANG": "ru"}), lambda: NOW)


@pytest.fixture
def ondiris(runtime: Runtime) -> Callable[..., Result]:
    """Run `ondiris import …`."""

    def run(*words: str | Path) -> Result:
        result = CliRunner().invoke(import_, [str(word) for word in words], obj=lambda: runtime)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_codes_that_the_nomenclature_cannot_answer_for_are_counted(
    ondiris: Callable[..., Result], tmp_path: Path
) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", TNVED))
    lines = ["bin,name,tnved", *(f"{BIN},Товар {code},{code}" for code in ("8421990006", "8421990009", "8499990000"))]
    told = ondiris("products", file(tmp_path, "products.csv", "\n".join([*lines, f"{BIN},Труба,7304110000\n"])))
    assert "Кода ТН ВЭД «8421990009» нет в загруженной редакции" in told.stdout
    assert "Таких строк: 2, первая — 3." in told.stdout
    assert "Код ТН ВЭД «7304110000» сохранён непроверенным" in told.stdout
    assert "8421990006" not in told.stdout


def test_lost_zeros_are_restored_by_the_nomenclature_that_comes_later(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path
) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    lines = f"bin,name,tnved\n{BIN},Конина,205008000\n{BIN},Фильтр,8421990006\n"
    ondiris("products", file(tmp_path, "products.csv", lines))
    ondiris("needs", file(tmp_path, "needs.csv", "id,name,tnved\n7,Конина,205008000\n"))
    counts = tmp_path / "counts.jsonl"
    meat = "02,МЯСО\n0205,Мясо лошадей\n0205008000,мороженое\n"
    told = ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", TNVED + meat), "--out", counts)
    assert "теперь стоит иначе: 2" in told.stdout
    assert "у позиций реестра — 1, у потребностей — 1" in told.stdout
    said = json.loads(counts.read_text(encoding="utf-8"))
    assert (said["rechecked"], said["restored"], said["restored_needs"]) == (2, 1, 1)
    with runtime.database.reading() as session:
        assert [(one.tnved, one.tnved_state) for one in goods_after(session, 0, 10, TODAY)] == [
            ("0205008000", "checked"),
            ("8421990006", "checked"),
        ]
        assert [one.tnved for one in needs(session, TODAY)] == ["0205008000"]


def test_from_nothing_to_a_register(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    told = ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    assert told.exit_code == 0
    assert "suppliers.csv: строк 2; добавлено 1, изменено 0, без изменений 0, отклонено 1." in told.stdout
    assert str(tmp_path / "suppliers.csv.rejected.csv") in told.stdout

    counts = tmp_path / "counts.jsonl"
    told = ondiris("products", file(tmp_path, "products.csv", PRODUCTS), "--out", counts)
    assert "цвет" in told.stdout
    assert json.loads(counts.read_text(encoding="utf-8"))["added"] == 1
    rejected = (tmp_path / "products.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert "ondiris import suppliers" in rejected

    told = ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", TNVED))
    assert "добавлено 3, изменено 0, закрыто 0" in told.stdout
    assert "теперь стоит иначе: 1" in told.stdout

    told = ondiris("needs", file(tmp_path, "needs.csv", "id,name\n7,Фильтр\n"))
    assert "добавлено 1" in told.stdout
    with runtime.database.reading() as session:
        [good] = goods_after(session, 0, 10, TODAY)
        assert (good.tnved_state, good.role, good.evidence[0].status) == ("checked", "maker", EvidenceStatus.CONFIRMED)
        assert [one.external_id for one in needs(session, TODAY)] == ["7"]


@pytest.mark.parametrize("kind", ["products", "needs"])
def test_a_unit_that_cannot_be_compared_is_told(ondiris: Callable[..., Result], tmp_path: Path, kind: str) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    ondiris("classifier", "units", file(tmp_path, "units.csv", "code,name_ru,aliases\n903,Бутыль,бут|бтл\n"))
    units = ["шт", "хрень", "бтл", "", "хрень", "-", "Фиговина"]
    rows = [f"{BIN},{number},Товар {number},{unit}" for number, unit in enumerate(units)]
    told = ondiris(kind, file(tmp_path, f"{kind}.csv", "\n".join(["bin,id,name,unit", *rows])))
    assert [line for line in told.stdout.splitlines() if line.startswith("unit:")] == [
        tr("import.remark", "ru", column="unit", note=tr("import.cell.unit", "ru", given=given), times=times, row=row)
        for given, times, row in (("хрень", 2, 3), ("Фиговина", 1, 8))
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_of_another_classifier_is_refused_whole(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path, lang: str
) -> None:
    runtime.settings = replace(runtime.settings, lang=lang)
    kpved = file(tmp_path, "kpved.csv", "code,name_ru\n13,Текстиль\n13.9,Прочее\n13.92.12,Бельё\n")
    told = ondiris("classifier", "tnved", kpved)
    assert (told.exit_code, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert tr("classifier.name.kpved", lang) in told.stderr
    assert "ondiris import classifier kpved" in told.stderr
    assert [path.name for path in tmp_path.glob("*.csv")] == ["kpved.csv"]
    with runtime.database.reading() as session:
        assert not tree(session, Scheme.TNVED, TODAY).nodes
    assert ondiris("classifier", "kpved", kpved).exit_code == 0


def test_a_row_whose_code_is_of_another_classifier_is_rejected_with_the_form_it_should_have(
    ondiris: Callable[..., Result], tmp_path: Path
) -> None:
    path = file(tmp_path, "tnved.csv", f"{TNVED}13.92.12,Бельё\n")
    assert "отклонено 1" in ondiris("classifier", "tnved", path).stdout
    rejected = (tmp_path / "tnved.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert "«13.92.12» — не код ТН ВЭД: он пишется как 7304191009" in rejected


def test_needs_come_before_or_after_their_customers(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path
) -> None:
    path = file(tmp_path, "needs.csv", f"id,name,customer_bin\n7,Фильтр,{BUYER}\n")
    assert "добавлено 1" in ondiris("needs", path).stdout
    with runtime.database.reading() as session:
        assert [one.customer_bin for one in needs(session, TODAY)] == [BUYER]
        assert names(session, [BUYER], TODAY) == {}

    counts, path = tmp_path / "counts.jsonl", file(tmp_path, "customers.csv", CUSTOMERS)
    told = ondiris("customers", path, "--as-of", "2025-03-01", "--out", counts)
    assert told.exit_code == 0
    assert "customers.csv: строк 2; добавлено 1, изменено 0, без изменений 0, отклонено 1." in told.stdout
    assert "цвет" in told.stdout
    assert json.loads(counts.read_text(encoding="utf-8"))["rejected"] == 1
    assert "12 цифр" in (tmp_path / "customers.csv.rejected.csv").read_text(encoding="utf-8-sig")
    with runtime.database.reading() as session:
        assert names(session, [BUYER], date(2025, 2, 28)) == {}
        assert names(session, [BUYER], date(2025, 3, 1)) == {BUYER: "АО «Терең Мұнай»"}
    assert "без изменений 1" in ondiris("needs", tmp_path / "needs.csv").stdout


def test_the_day_from_which_a_file_holds(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS), "--as-of", "2025-03-01")
    with runtime.database.reading() as session:
        assert supplier(session, BIN, TODAY).registered_on == date(2025, 3, 1)


def test_evidence_that_nobody_has_seen(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    ondiris("products", file(tmp_path, "products.csv", PRODUCTS), "--claimed")
    with runtime.database.reading() as session:
        [good] = goods_after(session, 0, 10, TODAY)
    assert good.evidence[0].status is EvidenceStatus.CLAIMED


def test_an_edition_in_force_later(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    path = file(tmp_path, "tnved.csv", TNVED)
    ondiris("classifier", "tnved", path, "--in-force-from", "2027-01-01")
    with runtime.database.reading() as session:
        assert len(tree(session, Scheme.TNVED, TODAY)) == 0
        assert len(tree(session, Scheme.TNVED, date(2027, 1, 1))) == 3


def test_units_of_two_schemes(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    ondiris("classifier", "units", file(tmp_path, "mkei.csv", "code,name_ru\n166,Килограмм\n"))
    ondiris("classifier", "units", "--scheme", "fiscal", file(tmp_path, "fiscal.csv", "code,name_ru\n116,Килограмм\n"))
    with runtime.database.reading() as session:
        assert [node.code for node in tree(session, Scheme.UNITS, TODAY).nodes] == ["166"]
        assert [node.code for node in tree(session, Scheme.UNITS_FISCAL, TODAY).nodes] == ["116"]


def test_units_of_cash_registers_are_not_taken_for_mkei(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path
) -> None:
    path = file(tmp_path, "units.csv", "code,name_ru\n796,Штука\n116,Килограмм\nxx,опечатка\n")
    told = ondiris("classifier", "units", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "«Килограмм» имеет код 116, а в МКЕИ — 166" in told.stderr
    assert "--scheme fiscal" in told.stderr
    with runtime.database.reading() as session:
        assert len(tree(session, Scheme.UNITS, TODAY)) == 0
    assert not list(tmp_path.glob("*.rejected.csv"))


def test_units_of_cash_registers_as_they_are_published(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path, reference_data: Path
) -> None:
    path, rejected = reference_data / "units_kz_fiscal.csv", ("--rejected", tmp_path / "rejected.csv")
    assert ondiris("classifier", "units", path, *rejected).exit_code == 2
    assert "отклонено 0" in ondiris("classifier", "units", "--scheme", "fiscal", path, *rejected).stdout
    with runtime.database.reading() as session:
        assert len(tree(session, Scheme.UNITS, TODAY)) == 0
        assert "116" in {node.code for node in tree(session, Scheme.UNITS_FISCAL, TODAY).nodes}


def test_refused_rows_of_a_classifier_are_written(ondiris: Callable[..., Result], tmp_path: Path) -> None:
    told = ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", TNVED + "84х1,опечатка\n"))
    assert "отклонено 1" in told.stdout
    assert "84х1" in (tmp_path / "tnved.csv.rejected.csv").read_text(encoding="utf-8-sig")


def test_corrected_rows_of_a_classifier_are_put_where_they_belong_and_close_nothing(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path
) -> None:
    tnved = (
        "row_id,parent_row_id,code,name_ru\n1,,84,МАШИНЫ\n2,1,8413,Насосы\n3,2,8413300008,прочие\n4,2,84137О,прочие\n"
    )
    ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", tnved))
    misspelt = tnved.replace("8413300008", "84133ОО008").replace("4,2,84137О,прочие\n", "")
    told = ondiris("classifier", "tnved", file(tmp_path, "misspelt.csv", misspelt))
    assert "закрыто 0, без изменений 2, отклонено 1" in told.stdout
    assert "не закрыты" in told.stdout + told.stderr
    rejected = tmp_path / "tnved.csv.rejected.csv"
    corrected = rejected.read_text(encoding="utf-8-sig").replace("4,2,84137О", "4,2,841370")
    told = ondiris("classifier", "tnved", file(tmp_path, "corrected.csv", corrected))
    assert "добавлено 1, изменено 0, закрыто 0, без изменений 0, отклонено 0" in told.stdout
    with runtime.database.reading() as session:
        nodes = tree(session, Scheme.TNVED, TODAY)
    assert len(nodes) == 4
    assert nodes.path("841370", "ru") == ("МАШИНЫ", "Насосы", "прочие")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "что,угодно\n1,2\n", 'bin,id,name\n1,2,"3\n'])
def test_a_file_that_cannot_be_read_ends_with_one_line_and_changes_nothing(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path, kind: str, text: str
) -> None:
    told = ondiris(kind, file(tmp_path, "bad.csv", text))
    assert (told.exit_code, told.stdout) == (2, "")
    assert len(told.stderr.splitlines()) == 1
    assert "bad.csv" in told.stderr
    with runtime.database.reading() as session:
        assert goods_after(session, 0, 1, TODAY) == []


def test_a_file_that_is_not_there(ondiris: Callable[..., Result], tmp_path: Path) -> None:
    for words in (["suppliers"], ["classifier", "tnved"]):
        told = ondiris(*words, tmp_path / "absent.csv")
        assert (told.exit_code, len(told.stderr.splitlines())) == (2, 1)


def test_a_place_for_rejected_rows_that_cannot_be_written(
    ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path
) -> None:
    suppliers, nowhere = file(tmp_path, "suppliers.csv", SUPPLIERS), tmp_path / "absent" / "rejected.csv"
    for place in (nowhere, tmp_path):
        told = ondiris("suppliers", suppliers, "--rejected", place)
        assert (told.exit_code, len(told.stderr.splitlines())) == (2, 1)
    told = ondiris("classifier", "tnved", file(tmp_path, "tnved.csv", TNVED + "84х1,опечатка\n"), "--rejected", nowhere)
    assert told.exit_code == 2
    with runtime.database.reading() as session:
        assert count(session, TODAY) == 0
        assert len(tree(session, Scheme.TNVED, TODAY)) == 0


@pytest.mark.parametrize("words", [[], ["classifier"], *([kind] for kind in KINDS)])
def test_help_gives_an_example(ondiris: Callable[..., Result], words: list[str]) -> None:
    told = ondiris(*words, "--help")
    assert told.exit_code == 0
    assert "Example: ondiris import" in told.stdout


@pytest.mark.parametrize(("kind", "text"), [("customers", CUSTOMERS), ("suppliers", SUPPLIERS)])
def test_the_job_takes_in_the_same_file_and_may_be_repeated(
    runtime: Runtime, tmp_path: Path, kind: str, text: str
) -> None:
    from registry.migrations import upgrade

    upgrade(runtime.database)
    path = file(tmp_path, f"{kind}.csv", text)
    seen: list[tuple[int, int]] = []
    params = {"kind": kind, "file": str(path)}
    first = take_in(runtime, params, actor="tester", progress=lambda done, total: seen.append((done, total)))
    again = take_in(runtime, params, actor="tester", progress=lambda done, total: None)
    assert (first["added"], first["rejected"], again["unchanged"]) == (1, 1, 1)
    assert seen[-1] == (2, 2)
    assert json.loads(json.dumps(first)) == first


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rejected_rows_are_explained_in_the_reader_s_language(
    runtime: Runtime, tmp_path: Path, lang: str, empty_database_url: str
) -> None:
    environment = {"ONDIRIS_HOME": str(tmp_path), "ONDIRIS_DATABASE_URL": empty_database_url, "ONDIRIS_LANG": lang}
    speaking = Runtime(Settings.from_env(environment), lambda: NOW)
    path = file(tmp_path, "suppliers.csv", SUPPLIERS)
    told = CliRunner().invoke(import_, ["suppliers", str(path)], obj=lambda: speaking)
    assert told.exit_code == 0
    reasons = (tmp_path / "suppliers.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert {"kk": "цифр", "ru": "12 цифр", "en": "12 digits"}[lang] in reasons


def test_what_was_imported_is_found_at_once(ondiris: Callable[..., Result], runtime: Runtime, tmp_path: Path) -> None:
    ondiris("suppliers", file(tmp_path, "suppliers.csv", SUPPLIERS))
    ondiris("products", file(tmp_path, "products.csv", PRODUCTS))
    found = runtime.engine.search(Query("фильтр"))
    assert found.total == 1
    ondiris("suppliers", file(tmp_path, "moved.csv", f"bin,name,kato\n{BIN},ТОО «Казтехфильтр»,551010000\n"))
    assert runtime.engine.search(Query("фильтр", regions=("55",))).total == 1


def test_an_engine_that_is_away_costs_nothing_but_time(tmp_path: Path, empty_database_url: str) -> None:
    environment = {
        "ONDIRIS_HOME": str(tmp_path),
        "ONDIRIS_DATABASE_URL": empty_database_url,
        "ONDIRIS_ELASTICSEARCH_URL": "http://127.0.0.1:9",
        "ONDIRIS_LANG": "en",
    }
    runtime = Runtime(Settings.from_env(environment), lambda: NOW)
    path = file(tmp_path, "suppliers.csv", SUPPLIERS)
    told = CliRunner().invoke(import_, ["suppliers", str(path)], obj=lambda: runtime)
    assert told.exit_code == 0
    assert "The search engine does not answer" in told.stderr
    with runtime.database.reading() as session:
        assert supplier(session, BIN, TODAY).bin == BIN


KTP = (
    "product_code,registration_number,bin_iin,company_name,product_name,production_capacity,dvc_percent,"
    "registry_inclusion_date,is_active\n"
)


def test_the_register_of_producers_is_taken_in_and_what_it_lacks_ends(
    tmp_path: Path, ondiris: Callable[..., Result], runtime: Runtime
) -> None:
    member = f'8421990006,KTP-7,{BIN},ТОО «Казтехфильтр»,Фильтр воздушный,1200 шт,"68,23",2026-02-03,yes\n'
    other = f"8421990006,KTP-8,{BIN},ТОО «Казтехфильтр»,Фильтр масляный,,50,2026-02-03,yes\n"
    told = ondiris("ktp", file(tmp_path, "ktp.csv", KTP + member + other), "--out", tmp_path / "counts.json")
    assert told.exit_code == 0, told.output
    counts = json.loads((tmp_path / "counts.json").read_text(encoding="utf-8"))
    assert (counts["added"], counts["rejected"], counts["ended"]) == (2, 0, 0)
    with runtime.database.reading() as session:
        listed = goods_after(session, 0, 9, TODAY)
    assert [(good.name_ru, good.evidence[0].status) for good in listed] == [
        ("Фильтр воздушный", EvidenceStatus.CONFIRMED),
        ("Фильтр масляный", EvidenceStatus.CONFIRMED),
    ]
    # A file with a rejected row strikes nobody off.
    broken = file(tmp_path, "broken.csv", f"{KTP}{member}8421990006,KTP-9,123,ТОО,Насос,,,,\n")
    assert tr("import.ktp.not_ended", "ru") in ondiris("ktp", broken, "--whole").output
    told = ondiris("ktp", file(tmp_path, "whole.csv", KTP + member), "--whole")
    assert tr("import.ktp.ended", "ru", n=1) in told.output
    with runtime.database.reading() as session:
        listed = goods_after(session, 0, 9, TODAY)
    assert [good.evidence[-1].status for good in listed] == [EvidenceStatus.CONFIRMED, EvidenceStatus.REVOKED]
