"""What the law says on a day: the facts of the domain's description, the day before, of and after each change."""

import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from registry import law
from registry.law import Book, LawError, MonthDay, Status, Unit
from registry.wording import LANGUAGES, Message, codes, say

ROOT = Path(law.__file__).parents[1]
TODAY = date(2026, 11, 22)


# The monthly calculation index


@pytest.mark.parametrize(
    ("day", "tenge"),
    [
        (date(2018, 1, 1), 2405),
        (date(2018, 12, 31), 2405),
        (date(2019, 1, 1), 2525),
        (date(2020, 1, 1), 2651),
        (date(2020, 3, 31), 2651),
        (date(2020, 4, 1), 2778),
        (date(2020, 12, 31), 2778),
        (date(2021, 6, 1), 2917),
        (date(2022, 3, 31), 3063),
        (date(2022, 4, 1), 3063),
        (date(2023, 1, 1), 3450),
        (date(2024, 2, 29), 3692),
        (date(2025, 12, 31), 3932),
        (date(2026, 1, 1), 4325),
        (date(2026, 12, 31), 4325),
    ],
)
def test_mci(day: date, tenge: int) -> None:
    mci = law.on(day).mci()
    assert mci.value == Decimal(tenge)
    assert mci.in_force_from <= day
    assert mci.in_force_to is not None
    assert day < mci.in_force_to


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2027, 1, 1), date(2028, 2, 29)])
def test_an_unknown_year_is_an_error_not_the_last_known_value(day: date) -> None:
    with pytest.raises(LawError) as caught:
        law.on(day).mci()
    for lang in LANGUAGES:
        assert f"{day:%d.%m.%Y}" in say(caught.value.message, lang)
    assert "МРП" in say(caught.value.message, "ru")
    assert not law.on(day).has("budget.mci")


def test_the_rise_of_2022_is_open() -> None:
    assert not law.on(date(2022, 3, 31)).mci().is_open
    raised = law.on(date(2022, 4, 1)).mci()
    assert raised.is_open
    assert "3180" in raised.note


@pytest.mark.parametrize(("year", "gate"), [(2025, 1_966_000_000), (2026, 2_162_500_000)])
def test_the_gate_of_contract_procurement(year: int, gate: int) -> None:
    """Law № 86-VII, article 49(1): 500,000 times the MCI of the year."""
    in_force = law.on(date(year, 7, 1))
    assert in_force.count("contract_procurement.gate").value * in_force.mci().value == gate
    assert in_force.share("contract_procurement.conditions_share").value == Decimal("0.05")


# Evidence


@pytest.mark.parametrize(
    ("kind", "day", "accepted"),
    [
        ("ct-kz", date(2025, 12, 30), True),
        ("ct-kz", date(2025, 12, 31), True),
        ("ct-kz", date(2026, 1, 1), False),
        ("industrial", date(2025, 12, 31), True),
        ("industrial", date(2026, 1, 1), False),
        ("ktp", date(2025, 8, 26), False),
        ("ktp", date(2025, 8, 27), True),
        ("ktp", date(2025, 12, 31), True),
        ("ktp", date(2026, 1, 1), True),
        ("ktp", TODAY, True),
    ],
)
def test_evidence_is_accepted_by_date(kind: str, day: date, accepted: bool) -> None:
    assert law.on(day).evidence(kind).accepted.value is accepted


@pytest.mark.parametrize(
    ("kind", "gives_icv", "open_icv", "validity"),
    [("ct-kz", True, False, 365), ("industrial", False, True, None), ("ktp", True, False, None)],
)
def test_what_evidence_proves(kind: str, gives_icv: bool, open_icv: bool, validity: int | None) -> None:
    rule = law.on(date(2025, 10, 1)).evidence(kind)
    assert rule.kind == kind
    assert rule.proves_producer.value
    assert (rule.gives_icv.value, rule.gives_icv.is_open) == (gives_icv, open_icv)
    assert (rule.validity_days.value if rule.validity_days else None) == validity


def test_the_kinds_of_evidence_are_those_of_the_import_files_and_the_finding_on_works_and_services() -> None:
    assert law.on(TODAY).evidence_kinds() == ("ct-kz", "industrial", "ktp", "staff")


def test_the_register_extract_is_the_sole_proof_from_2026() -> None:
    in_force = law.on(date(2026, 1, 1))
    kinds = [kind for kind in in_force.evidence_kinds() if in_force.evidence(kind).accepted.value]
    assert [kind for kind in kinds if in_force.evidence(kind).gives_icv.value] == ["ktp"]
    assert kinds == ["ktp", "staff"]


# The rest of the description


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verification.automatic_check", 3),
        ("verification.commission", 10),
        ("verification.decision", 2),
        ("verification.failed_checks", 2),
        ("verification.new_production", 3),
        ("verification.producer_update_day", 5),
        ("verification.monitoring_day", 10),
        ("reporting.due_day", 25),
        ("needed_goods.plan_review", 30),
        ("public_procurement.advance_within", 10),
        ("public_procurement.payment_within", 10),
        ("public_procurement.subcontract_levels", 1),
        ("public_procurement.discount_kpved_digits", 6),
    ],
)
def test_counts(name: str, value: int) -> None:
    assert law.on(TODAY).count(name).value == value


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("offtake.first_year_floor", "1", "article 48(2)"),
        ("offtake.later_years_floor", "0.5", "article 48(2)"),
        ("customers.state_share", "0.5", "article 46(2)"),
        ("customers.fund_share", "0.5", "article 46(2)"),
        ("public_procurement.discount", "0.03", ""),
        ("public_procurement.advance", "0.5", ""),
        ("public_procurement.subcontract_share", "0.3", ""),
    ],
)
def test_shares(name: str, value: str, place: str) -> None:
    parameter = law.on(TODAY).share(name)
    assert (parameter.value, parameter.place) == (Decimal(value), place)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("evidence.reference_day", "contract"),
        ("evidence.offtake_reference_day", "acceptance"),
        ("icv.subsoil_portion", "own"),
        ("icv.period_weight", "accepted"),
        ("offtake.first_year", "signing_year"),
        ("offtake.penalty_base", "floor"),
        ("contract_procurement.gate_sum", "plan"),
        ("needed_goods.other_customers_agree_with", "authorised_body"),
    ],
)
def test_open_points_are_settings_that_say_so(name: str, value: str) -> None:
    choice = law.on(TODAY).choice(name)
    assert (choice.value, choice.status) == (value, Status.OPEN)
    assert len(choice.options) > 1
    for lang in LANGUAGES:
        sentence = say(choice.assumption, lang)
        assert say(choice.label, lang) in sentence
        assert say(Message(f"law.choice.{name}.{value}"), lang) in sentence


def test_the_list_has_two_calendars() -> None:
    """Article 47: seed edition, and the later one from a day that is a setting."""
    steps = ["analysis_due", "formation_due", "agreement_due", "approval_due"]
    before, after = law.on(date(2025, 12, 31)), law.on(date(2026, 1, 1))
    expected = [MonthDay(5, 20), MonthDay(5, 30), MonthDay(7, 1), MonthDay(8, 1)]
    for in_force, is_open in ((before, False), (after, True)):
        found = [in_force.month_day(f"needed_goods.{step}") for step in steps]
        assert [parameter.value for parameter in found] == expected
        assert [parameter.is_open for parameter in found] == [is_open] * 4
    assert before.choice("needed_goods.calendar").value == "analysis_in_may"
    assert after.choice("needed_goods.calendar").value == "plans_in_december"
    assert not before.has("needed_goods.plans_due")
    assert after.month_day("needed_goods.plans_due").value.in_year(2026) == date(2026, 12, 10)
    for name in ("needed_goods.domestic_left_out", "needed_goods.warranty_left_out"):
        assert not before.flag(name).value
        assert after.flag(name).value


def test_the_day_of_formula_c() -> None:
    assert law.on(TODAY).date("icv.subsoil_since").value == date(2015, 1, 1)


# How parameters speak


def test_a_parameter_names_its_source_and_edition() -> None:
    floor = law.on(TODAY).share("offtake.later_years_floor")
    assert floor.source == "Law № 86-VII of 27.12.2021 “On Industrial Policy”, article 48(2)"
    assert say(floor.citation, "ru") == "Закон РК от 27.12.2021 № 86-VII «О промышленной политике», пункт 2 статьи 48"
    assert floor.edition == date(2023, 1, 12)
    assert law.on(TODAY).evidence("ct-kz").accepted.edition == date(2025, 9, 18)
    assert law.on(TODAY).month_day("needed_goods.approval_due").edition == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("number", "kk", "ru", "en"),
    [
        ("47", "47-бап", "статья 47", "article 47"),
        ("48(2)", "48-баптың 2-тармағы", "пункт 2 статьи 48", "article 48(2)"),
        (
            "46(1)(1)",
            "46-баптың 1-тармағының 1) тармақшасы",
            "подпункт 1) пункта 1 статьи 46",
            "article 46(1)(1)",
        ),
        ("50-1(3)", "50-1-баптың 3-тармағы", "пункт 3 статьи 50-1", "article 50-1(3)"),
    ],
)
def test_a_place_in_an_act_is_named_as_lawyers_name_it(number: str, kk: str, ru: str, en: str) -> None:
    assert [say(law.article(number), lang) for lang in ("kk", "ru", "en")] == [kk, ru, en]


def test_an_assumption_is_a_sentence() -> None:
    assert say(law.on(TODAY).choice("offtake.first_year").assumption, "ru") == (
        "первый год офтейк-контракта: календарный год подписания. "
        "Прямо этого не говорит ни один акт: это толкование системы."
    )
    assert say(law.on(TODAY).share("public_procurement.discount").assumption, "en") == (
        "conditional discount for Kazakhstani producers: 3%. This is a reading not confirmed by the primary text: "
        "order № 687 of 09.10.2024 (rules of public procurement)."
    )


def every_edition() -> list[law.Parameter[Any]]:
    book = law.book()
    return [edition for name in book.names for edition in book.editions(name)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_parameter_act_and_choice_has_its_words(lang: str) -> None:
    known = codes(lang)
    for edition in every_edition():
        assert edition.label.code in known
        assert say(edition.citation, lang) not in {"", edition.act.key}
        assert {f"law.choice.{edition.name}.{option}" for option in edition.options} <= known


def test_every_open_parameter_of_a_day_is_listed() -> None:
    points = {parameter.name for parameter in law.on(TODAY).open_points()}
    assert {"evidence.reference_day", "icv.vat_included", "offtake.first_year", "reporting.due_day_rolls"} <= points
    assert "offtake.first_year_floor" not in points
    assert points == {parameter.name for parameter in every_edition() if parameter.is_open} - {
        "budget.mci",
        "evidence.ktp.accepted",
    }


# Asking wrongly


def test_a_misspelt_name_is_a_defect() -> None:
    with pytest.raises(KeyError, match=r"did you mean 'offtake\.first_year_floor'"):
        law.on(TODAY).share("offtake.first_year_flor")
    with pytest.raises(KeyError, match=r"no legal parameter 'evidence\.xyz\.accepted'"):
        law.on(TODAY).evidence("xyz")


def test_a_wrong_unit_is_a_defect() -> None:
    with pytest.raises(TypeError, match=r"offtake\.first_year_floor is in share, not in flag"):
        law.on(TODAY).flag("offtake.first_year_floor")


def test_a_moment_is_no_legal_day() -> None:
    with pytest.raises(TypeError, match="legal day"):
        law.on(datetime(2026, 11, 22, tzinfo=UTC))


def test_a_parameter_that_is_not_yet_in_force_is_an_error() -> None:
    assert law.on(date(2022, 1, 8)).share("offtake.first_year_floor").value == 1
    with pytest.raises(LawError):
        law.on(date(2022, 1, 7)).share("offtake.first_year_floor")


def test_the_law_of_a_day_is_kept() -> None:
    assert law.on(TODAY) is law.on(date(2026, 11, 22))


def test_every_name_in_the_source_is_a_parameter() -> None:
    asked = re.compile(r"""\.(?:amount|share|count|month_day|flag|choice)\(\s*["']([a-z_]+(?:\.[a-z_-]+)+)["']""")
    for folder in ("registry", "search", "matching", "web"):
        for path in (ROOT / folder).rglob("*.py"):
            assert set(asked.findall(path.read_text("utf-8"))) <= set(law.book().names), path


# The files


ACTS: dict[str, Any] = {"x": {"number": "x", "adopted": date(2020, 1, 1), "edition": date(2020, 1, 1)}}


def edition(**changes: object) -> dict[str, object]:
    row = {"from": date(2020, 1, 1), "value": Decimal("0.5"), "act": "x", "status": "confirmed"}
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], "s.p has no editions"),
        ([edition(to=date(2021, 1, 2)), edition(**{"from": date(2021, 1, 1)})], "overlaps the edition from 2021-01-01"),
        (
            [edition(to=date(2020, 12, 31)), edition(**{"from": date(2021, 1, 1)})],
            "leaves a gap before the edition from 2021",
        ),
        ([edition(**{"from": date(2021, 1, 1)}), edition()], "before it begins, or the editions are out of order"),
        ([edition(), edition()], "before it begins, or the editions are out of order"),
        ([edition(to=date(2020, 1, 1))], "before it begins"),
        ([edition(act=None)], "source missing: no act None in acts.toml"),
        ([edition(act="y")], "source missing: no act 'y' in acts.toml"),
        ([edition(place="point 3")], "place 'point 3' is not an article"),
        ([edition(status=None)], "'' is not a valid Status"),
        ([edition(status="guessed")], "'guessed' is not a valid Status"),
        ([edition(status="open")], "open without a note"),
        ([edition(value=None)], "None is not a value in share"),
        ([edition(value=Decimal("1.01"))], "is not a value in share"),
        ([edition(value=0.5)], "0.5 is not a value in share"),
        ([edition(value=True)], "True is not a value in share"),
        ([edition(**{"from": datetime(2020, 1, 1, tzinfo=UTC)})], "`from` and `to` are days"),
        ([edition(valeu=1)], "unknown keys valeu"),
    ],
)
def test_a_wrong_file_names_its_fault(rows: list[dict[str, object]], fault: str) -> None:
    with pytest.raises(LawError) as caught:
        Book.read({"acts": ACTS, "s": {"p": {"unit": "share", "editions": rows}}})
    assert "s.p" in str(caught.value)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "good", "bad"),
    [
        ("tenge", [4325, Decimal("0.5")], [0, -1, "4325", 1.5, True]),
        ("share", [0, 1, Decimal("0.05")], [2, -1, "0.5"]),
        ("mci", [500000], [0, Decimal("1.5"), True]),
        ("working_days", [1], [0, "3"]),
        ("day_of_month", [1, 28], [0, 29, 31]),
        ("month_day", ["05-20", "12-31"], ["02-29", "13-01", "5-20", 520]),
        ("date", [date(2015, 1, 1)], ["2015-01-01", datetime(2015, 1, 1, tzinfo=UTC)]),
        ("flag", [True, False], [1, "yes"]),
        ("choice", ["a", "b"], ["c", True]),
        ("parsecs", [], [1]),
    ],
)
def test_values_fit_their_unit(unit: str, good: list[object], bad: list[object]) -> None:
    def read(value: object) -> Book:
        table = {"unit": unit, "options": ["a", "b"], "editions": [edition(value=value)]}
        return Book.read({"acts": ACTS, "s": {"p": table}})

    for value in good:
        assert read(value).editions("s.p")[0].unit is Unit(unit)
    for value in bad:
        with pytest.raises(LawError, match=r"s\.p"):
            read(value)


def test_every_fault_is_named_at_once() -> None:
    tables = {name: {"unit": "share", "editions": [edition(act="y")]} for name in ("p", "q")}
    with pytest.raises(LawError, match=r"s\.p.*s\.q"):
        Book.read({"acts": ACTS, "s": tables})


def test_the_next_edition_closes_the_one_before() -> None:
    rows = [edition(value=0), edition(value=1, **{"from": date(2021, 1, 1)})]
    first, second = Book.read({"acts": ACTS, "s": {"p": {"unit": "share", "editions": rows}}}).editions("s.p")
    assert (first.in_force_to, second.in_force_to) == (date(2021, 1, 1), None)


def test_no_file_repeats_a_value_that_does_not_change() -> None:
    """Two editions in a row differ in value or status, so that each change is one."""
    for name in law.book().names:
        rows = law.book().editions(name)
        for before, after in pairwise(rows):
            assert (before.value, before.status) != (after.value, after.status), name


def test_the_files_are_what_is_read() -> None:
    folder = ROOT / "config" / "law"
    for path in folder.glob("*.toml"):
        assert law.table(path.stem) == tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
