"""Codes of goods, activities and places as people type them (domain.md §6, §9 rules 5, 6, 7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import RuleBroken
from registry.identifiers import (
    REGIONS,
    Typed,
    in_chapter,
    kpved_of,
    parse_enstru,
    parse_kato,
    parse_kpved,
    parse_oked,
    parse_tnved,
    parse_tnved_in_chapter,
    region_of,
    restore_leading_zero,
)
from registry.wording import LANGUAGES, codes
from tests.registry.refusal import refusal

# ТН ВЭД


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("8544499108", "8544499108"),
        ("8544 49 910 8", "8544499108"),
        ("8544.49.910.8", "8544499108"),
        ("8544-49-9108", "8544499108"),
        ("ТН ВЭД ЕАЭС 8544 49 910 8", "8544499108"),
        (8544499108.0, "8544499108"),
        ("8544499108.0", "8544499108"),
        ("8544499108.00", "8544499108"),
        ("85", "85"),
        ("8544.0", "8544"),
        ("8544", "8544"),
        ("8544 49", "854449"),
        ("854449.00", "85444900"),
        ("8544 49 91", "85444991"),
        ("0204210000", "0204210000"),
        ("8544.49.910.0", "8544499100"),
    ],
)
def test_tnved_codes_are_normalised(typed: Typed, code: str) -> None:
    assert parse_tnved(typed) == code


def test_chapters_are_those_of_the_harmonized_system() -> None:
    chapters = [chapter for chapter in (f"{number:02}" for number in range(100)) if in_chapter(chapter)]
    assert (len(chapters), chapters[0], chapters[-1]) == (96, "01", "97")
    assert "77" not in chapters
    assert parse_tnved_in_chapter("9701 21 000 0") == "9701210000"
    for code in ("0001000000", "7700000000", "98", "9999999999"):
        assert parse_tnved(code) == code
        with pytest.raises(RuleBroken) as caught:
            parse_tnved_in_chapter(code)
        assert refusal(caught, "tnved") == "identifiers.tnved.chapter"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-", "identifiers.letters"),
        ("8544x", "identifiers.letters"),
        ("8", "identifiers.tnved.length"),
        ("85444", "identifiers.tnved.length"),
        ("204210000", "identifiers.tnved.length"),
        ("85444991081", "identifiers.tnved.length"),
        ("854449910812", "identifiers.tnved.length"),
    ],
)
def test_other_lengths_are_no_tnved_codes(typed: Typed, code: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        parse_tnved(typed)
    assert refusal(caught, "tnved") == code


LOADED = {"02", "0204", "0204210000", "0101", "010121", "0402", "040210", "4021", "402101", "0409000000", "4090"}


@pytest.mark.parametrize(
    ("code", "restored"),
    [
        ("204210000", "0204210000"),  # the padded code exists, there is no heading 2042
        ("10121", "010121"),
        ("204", "0204"),
        ("2", "02"),
        ("409000000", "409000000"),  # the heading 4090 exists: perhaps a digit is missing elsewhere
        ("204210001", "204210001"),  # the padded code does not exist
    ],
)
def test_a_leading_zero_is_restored_only_when_nothing_else_is_meant(code: str, restored: str) -> None:
    assert restore_leading_zero(code, LOADED.__contains__) == restored
    if restored != code:
        assert parse_tnved(code, LOADED.__contains__) == restored
    else:
        with pytest.raises(RuleBroken):
            parse_tnved(code, LOADED.__contains__)


@given(st.sampled_from([2, 4, 6, 8, 10]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_a_code_of_right_length_stays_as_it_is(code: str) -> None:
    assert parse_tnved(code) == code


# КПВЭД, ЕНС ТРУ, ОКЭД, КАТО


@pytest.mark.parametrize("typed", ["13.92.12", "139212", 139212, 139212.0, "139212.0", "КПВЭД 13.92.12", "13 92 12"])
def test_kpved_codes_are_normalised(typed: Typed) -> None:
    assert parse_kpved(typed) == "13.92.12"


def test_kpved_leading_zero() -> None:
    assert parse_kpved("1.11.11", {"01.11.11"}.__contains__) == "01.11.11"
    assert parse_kpved(11111, {"01.11.11"}.__contains__) == "01.11.11"
    for exists in (None, {"01.11.11", "11.11"}.__contains__, set[str]().__contains__):
        with pytest.raises(RuleBroken) as caught:
            parse_kpved("11111", exists)
        assert refusal(caught, "kpved") == "identifiers.kpved.length"


@pytest.mark.parametrize(
    "typed",
    [
        "139221.300.000001",
        "139221300000001",
        139221300000001,
        139221300000001.0,
        "139221 300 000001",
        "ЕНС ТРУ 139221.300.000001",
    ],
)
def test_enstru_codes_are_normalised(typed: Typed) -> None:
    assert parse_enstru(typed) == "139221.300.000001"
    assert kpved_of(parse_enstru(typed)) == "13.92.21"


def test_enstru_leading_zero() -> None:
    assert parse_enstru("11111200000001", {"011111.200.000001"}.__contains__) == "011111.200.000001"
    for exists in (None, set[str]().__contains__):
        with pytest.raises(RuleBroken) as caught:
            parse_enstru("11111200000001", exists)
        assert refusal(caught, "enstru") == "identifiers.enstru.length"


@pytest.mark.parametrize("typed", ["88100", 88100.0, "88.10.0", "ОКЭД 88100"])
def test_oked_codes_are_normalised(typed: Typed) -> None:
    assert parse_oked(typed) == "88100"


def test_oked_leading_zero_is_not_confused_with_a_class() -> None:
    assert parse_oked("1110", {"01110"}.__contains__) == "01110"
    with pytest.raises(RuleBroken) as caught:
        parse_oked("1110", {"01110", "1110"}.__contains__)
    assert refusal(caught, "oked") == "identifiers.oked.length"


def test_kato_codes() -> None:
    assert parse_kato(" 751510000") == parse_kato(751510000.0) == "751510000"
    assert region_of("751510000") == "75"


def test_there_are_twenty_regions_with_names() -> None:
    assert len(set(REGIONS)) == 20
    for lang in LANGUAGES:
        assert {f"region.{region}" for region in REGIONS} <= codes(lang)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("75151000", "identifiers.kato.length"),
        ("7515100000", "identifiers.kato.length"),
        ("511610000", "identifiers.kato.region"),
        ("001510000", "identifiers.kato.region"),
    ],
)
def test_other_places_are_refused(typed: Typed, code: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        parse_kato(typed)
    assert refusal(caught, "kato") == code
