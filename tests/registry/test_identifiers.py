"""Numbers of organisations, people and evidence as people type them (domain.md §6, §9 rules 2, 3; §10.2)."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.errors import RuleBroken
from registry.identifiers import (
    CheckDigit,
    Division,
    EvidenceNumber,
    HolderKind,
    HolderNumber,
    Typed,
    check_digit,
    check_holder,
    parse_enstru,
    parse_evidence_number,
    parse_holder,
    parse_kato,
    restore_leading_zero,
)
from registry.wording import LANGUAGES, say
from tests.registry.refusal import refusal

# БИН and ИИН


@pytest.mark.parametrize("number", ["110440012951", "020940000580", "990140000806"])
def test_valid_numbers(number: str) -> None:
    holder = parse_holder(number)
    assert (holder.number, holder.check, holder.restored) == (number, CheckDigit.VALID, False)
    assert check_holder(holder) == ()


def test_the_second_pass_decides_when_the_first_gives_ten() -> None:
    assert sum(int(digit) * weight for digit, weight in zip("99014000080", range(1, 12), strict=True)) % 11 == 10
    assert check_digit("99014000080") == 6


def test_some_beginnings_demand_a_digit_that_does_not_exist() -> None:
    assert check_digit("99014000082") is None
    for last in "0123456789":
        assert parse_holder("99014000082" + last).check is CheckDigit.NOT_COMPUTABLE


@pytest.mark.parametrize(
    ("number", "check", "code"),
    [
        ("110140012345", CheckDigit.WRONG, "identifiers.holder.check.wrong"),
        ("071040007215", CheckDigit.NOT_COMPUTABLE, "identifiers.holder.check.not_computable"),
    ],
)
def test_a_bad_check_digit_is_asked_about_not_refused(number: str, check: CheckDigit, code: str) -> None:
    holder = parse_holder(number)
    assert holder.check is check
    (violation,) = check_holder(holder, "customer_bin")
    assert (violation.code, violation.field) == (code, "customer_bin")
    assert all(number in say(violation.message, lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("number", "kind", "resident", "division"),
    [
        ("110440012951", HolderKind.LEGAL_ENTITY, True, Division.HEAD),
        ("110541012951", HolderKind.LEGAL_ENTITY, False, Division.BRANCH),
        ("110642012951", HolderKind.JOINT_ENTREPRENEUR, None, Division.REPRESENTATIVE_OFFICE),
        ("110644012951", HolderKind.JOINT_ENTREPRENEUR, None, Division.PEASANT_FARM),
        ("110449012951", HolderKind.LEGAL_ENTITY, True, Division.OTHER),
    ],
)
def test_the_fifth_and_sixth_digit_name_kind_and_division(
    number: str, kind: HolderKind, resident: bool | None, division: Division
) -> None:
    number = number[:4] + {True: "4", False: "5", None: "6"}[resident] + number[5:]
    holder = parse_holder(number)
    assert (holder.kind, holder.resident, holder.division, holder.born) == (kind, resident, division, None)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("850417300129", date(1985, 4, 17)),
        ("000229600125", date(2000, 2, 29)),
        ("991231200128", date(1899, 12, 31)),
    ],
)
def test_an_iin_carries_a_birth_date(number: str, born: date) -> None:
    holder = parse_holder(number)
    assert (holder.kind, holder.born, holder.division, holder.resident) == (HolderKind.PERSON, born, None, None)


@pytest.mark.parametrize(
    "typed",
    [
        "110440012951",
        " 110440012951 ",
        "110 440 012 951",
        "110\xa0440\u2009012\u202f951",
        "110440-012951",
        "'110440012951",
        '"110440012951"',
        "«110440012951»",
        "№110440012951",
        "№ 110440012951",
        "БИН 110440012951",
        "БИН/ИИН: 110440012951",
        "бсн № 110440012951",
        "BIN 110440012951",
        "\ufeff110440012951\u200b",
        "110440012951.0",
        "110440012951,00",
        "1.10440012951E+11",
        "1,10440012951e11",
        "１１０４４００１２９５１",
        110440012951,
        110440012951.0,
        Decimal("110440012951"),
        Decimal("1.10440012951E+11"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: Typed) -> None:
    assert parse_holder(typed) == HolderNumber(
        number="110440012951",
        kind=HolderKind.LEGAL_ENTITY,
        check=CheckDigit.VALID,
        resident=True,
        division=Division.HEAD,
    )


@pytest.mark.parametrize("typed", ["20940000580", 20940000580, 20940000580.0, "20940000580.0", " 20 940 000 580"])
def test_eleven_digits_get_their_leading_zero_back(typed: Typed) -> None:
    holder = parse_holder(typed)
    assert (holder.number, holder.check, holder.restored) == ("020940000580", CheckDigit.VALID, True)


def test_eleven_digits_are_padded_even_if_the_check_digit_is_wrong() -> None:
    holder = parse_holder("20940000581")
    assert (holder.number, holder.check) == ("020940000581", CheckDigit.WRONG)


@pytest.mark.parametrize(("eleven", "lost"), [("00074000012", 3), ("00114000001", 2)])
def test_holders_of_2000_get_back_all_their_zeros_if_the_check_digit_agrees(eleven: str, lost: int) -> None:
    number = f"{eleven}{check_digit(eleven)}"
    assert parse_holder(number[lost:]).number == number
    wrong = number[:11] + str((int(number[11]) + 1) % 10)
    with pytest.raises(RuleBroken) as caught:
        parse_holder(wrong[lost:])
    assert refusal(caught, "bin") == "identifiers.holder.length"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "identifiers.empty"),
        ("  ", "identifiers.empty"),
        ("№", "identifiers.empty"),
        ("нет", "identifiers.letters"),
        ("-110440012951", "identifiers.letters"),
        (-110440012951, "identifiers.letters"),
        (110440012951.5, "identifiers.holder.length"),
        (float("nan"), "identifiers.letters"),
        ("11044001295O", "identifiers.letters"),
        ("١١٠٤٤٠٠١٢٩٥١", "identifiers.letters"),
        ("1.10440E+11", "identifiers.shortened"),
        ("1,1E11", "identifiers.shortened"),
        ("12345678", "identifiers.holder.length"),
        ("1104400129511", "identifiers.holder.length"),
        ("1" * 5000, "identifiers.holder.length"),
        ("110040012951", "identifiers.holder.month"),
        ("111340012951", "identifiers.holder.month"),
        ("110470012951", "identifiers.holder.kind"),
        ("110490012951", "identifiers.holder.kind"),
        ("850417000129", "identifiers.holder.century"),
        ("850417700129", "identifiers.holder.century"),
        ("850400300129", "identifiers.holder.birth"),
        ("850431300129", "identifiers.holder.birth"),
        ("010229500125", "identifiers.holder.birth"),
    ],
)
def test_wrong_shapes_are_refused_with_a_remedy(typed: Typed, code: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        parse_holder(typed, "owner")
    assert refusal(caught, "owner") == code


@given(st.integers(0, 10**11 - 1))
def test_changing_one_digit_of_a_valid_number_is_noticed_on_the_first_pass(eleven: int) -> None:
    """Weights 1..11 are all below 11 but the last, so a slip in one of the first ten digits always shows."""
    text = f"{eleven:011}"
    weighted = sum(int(digit) * weight for digit, weight in zip(text, range(1, 12), strict=True)) % 11
    assume(weighted < 10)
    for place in range(10):
        slipped = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        slipped_sum = sum(int(digit) * weight for digit, weight in zip(slipped, range(1, 12), strict=True)) % 11
        assert slipped_sum != weighted


def outcome(text: str) -> str:
    """The number parsed, or the code it was refused with."""
    try:
        return parse_holder(text).number
    except RuleBroken as refused:
        return refused.violations[0].code


@given(st.one_of(st.text(max_size=20), st.text("0123456789., E+-", max_size=16)))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    result = outcome(text)
    assert result.startswith("identifiers.") or outcome(result) == result


# Evidence


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        ("ct-kz", "KZ 5 120 00012", EvidenceNumber("KZ 5 120 00012", 5, "120")),
        ("ct-kz", "kz512000012", EvidenceNumber("KZ 5 120 00012", 5, "120")),
        ("ct-kz", "СТ-KZ № KZ 5 120 00012", EvidenceNumber("KZ 5 120 00012", 5, "120")),
        ("ct-kz", "КZ 5-120-00012", EvidenceNumber("KZ 5 120 00012", 5, "120")),  # Cyrillic К
        ("ct-kz", "KZ ЕА 4 102 00005", EvidenceNumber("KZ EA 4 102 00005", 4, "102")),  # Cyrillic ЕА
        ("industrial", "102 0 00089", EvidenceNumber("102 0 00089", 0, "102")),
        ("industrial", " «102\xa00 00089»", EvidenceNumber("102 0 00089", 0, "102")),
        ("industrial", 102000089.0, EvidenceNumber("102 0 00089", 0, "102")),
        ("ktp", "  ҚТӨ/2026  17 ", EvidenceNumber("ҚТӨ/2026 17")),
    ],
)
def test_evidence_numbers_are_normalised(kind: str, typed: Typed, expected: EvidenceNumber) -> None:
    assert parse_evidence_number(kind, typed) == expected


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("ct-kz", "102 0 00089", "identifiers.evidence.ct_kz"),
        ("ct-kz", "KZ 5 120 0001", "identifiers.evidence.ct_kz"),
        ("ct-kz", "KZ.7500651.01.01.06223", "identifiers.evidence.ct_kz"),
        ("industrial", "KZ 5 120 00012", "identifiers.evidence.industrial"),
        ("industrial", "", "identifiers.evidence.industrial"),
        ("ktp", " ", "identifiers.evidence.empty"),
    ],
)
def test_other_numbers_are_no_evidence(kind: str, typed: Typed, code: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        parse_evidence_number(kind, typed)
    assert refusal(caught, "evidence_number") == code


def test_a_number_names_the_last_digit_of_its_year() -> None:
    number = parse_evidence_number("ct-kz", "KZ 5 120 00012")
    assert number.issued_in(2025)
    assert number.issued_in(2015)
    assert not number.issued_in(2024)
    assert parse_evidence_number("ktp", "17").issued_in(2024)


def test_long_input_is_not_repeated_whole() -> None:
    with pytest.raises(RuleBroken) as caught:
        parse_kato("9" * 1000)
    assert len(say(caught.value.violations[0].message, "ru")) < 200


# Real registers


def test_real_registers_parse(reference_data: Path) -> None:
    """312 customers of real lots, 8 with a bad check digit; 100 register rows; every observed code."""

    def column(file: str, name: str) -> list[str]:
        with (reference_data / file).open(encoding="utf-8-sig", newline="") as table:
            return [row[name] for row in csv.DictReader(table)]

    customers = {parse_holder(number) for number in column("procurement_lots_kz.csv", "customer_bin")}
    assert Counter(customer.check for customer in customers) == {
        CheckDigit.VALID: 304,
        CheckDigit.WRONG: 7,
        CheckDigit.NOT_COMPUTABLE: 1,
    }
    producers = [parse_holder(number) for number in column("kz_industrial_register_sample.csv", "bin")]
    assert sum(producer.restored for producer in producers) == 11
    for number in column("kz_industrial_register_sample.csv", "reg_no"):
        assert parse_evidence_number("industrial", number).number == number
    for number in column("kz_serial_certificates_food.csv", "cert"):
        assert parse_evidence_number("ct-kz", number).number == number
    for code in column("enstru_observed.csv", "code"):
        assert parse_enstru(code) == parse_enstru(code.replace(".", "")) == code
    for code in column("kato_regions.csv", "kato"):
        assert parse_kato(code) == code
    assigned = [code for code in column("tnved_eaeu_tree.csv", "code") if len(code) == 10]
    known = set(column("tnved_eaeu_tree.csv", "code")) | {code[:4] for code in assigned}
    lost = [code for code in assigned if code.startswith("0")]
    restored = sum(restore_leading_zero(code[1:], known.__contains__) == code for code in lost)
    assert restored / len(lost) > 0.9
