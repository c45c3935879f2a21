"""What the address of a results page asks, and the addresses that ask a little more or less."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from search.queries import Query, Sort
from web.public.asked import Asked

FULL = (
    ("q", "труба 159х6"),
    ("code", "7304"),
    ("icv", "50-75"),
    ("bin", "080340990007"),
    ("region", "35"),
    ("region", "55"),
    ("evidence", "confirmed"),
    ("role", "maker"),
    ("kind", "goods"),
    ("icv_from", "60.5"),
    ("sort", "name"),
)


def asked(*pairs: tuple[str, str], lang: str = "ru") -> Asked:
    return Asked.read(MultiDict(pairs), lang)


def test_everything_an_address_says_is_asked() -> None:
    assert asked(*FULL, ("page", "3")).query("kk") == Query(
        text="труба 159х6",
        code="7304",
        regions=("35", "55"),
        evidence=("confirmed",),
        roles=("maker",),
        kinds=("goods",),
        icv_from=Decimal("60.5"),
        icv_to=Decimal("74.9999"),
        bin="080340990007",
        sort=Sort.NAME,
        page=3,
        size=20,
        lang="kk",
    )


def test_the_question_is_written_back_as_it_was_read() -> None:
    assert sorted(asked(*FULL).pairs) == sorted(FULL)


@pytest.mark.parametrize(
    "pair",
    [
        ("code", "73x"),
        ("code", "73041910091"),
        ("code", "٧٣"),
        ("region", "99"),
        ("evidence", "sure"),
        ("icv", "0-100"),
        ("icv_from", "many"),
        ("icv_from", "101"),
        ("icv_from", "0"),
        ("role", "king"),
        ("kind", "ideas"),
        ("bin", "12"),
        ("sort", "random"),
        ("page", "0"),
        ("page", "-1"),
        ("page", "²"),
        ("page", "9" * 30),
    ],
)
def test_what_means_nothing_is_left_out(pair: tuple[str, str]) -> None:
    assert asked(pair) == asked()


def test_text_is_cut_and_spaced_once() -> None:
    assert asked(("q", "  труба \t 159 ")).text == "труба 159"
    assert len(asked(("q", "а" * 5000)).text) == 500


def test_a_percent_is_read_as_its_reader_writes_it() -> None:
    assert asked(("icv_from", "60,5")).icv_from == asked(("icv_from", "60.5"), lang="en").icv_from == Decimal("60.5")


@pytest.mark.parametrize(
    ("facet", "value", "left"),
    [
        ("code", "7306", [("code", "7306")]),
        ("code", "7304", []),
        ("icv", "75-100", [("icv", "75-100")]),
        ("region", "55", [("region", "35")]),
        ("region", "10", [("region", "35"), ("region", "55"), ("region", "10")]),
        ("evidence", "confirmed", []),
        ("role", "dealer", [("role", "maker"), ("role", "dealer")]),
        ("kind", "works", [("kind", "goods"), ("kind", "works")]),
    ],
)
def test_a_value_is_added_or_taken_away(facet: str, value: str, left: list[tuple[str, str]]) -> None:
    toggled = parse_qsl(asked(*FULL).toggled(facet, value))
    assert [pair for pair in toggled if pair[0] == facet] == left
    others = [pair for pair in asked(*FULL).pairs if pair[0] != facet]
    assert [pair for pair in toggled if pair[0] != facet] == others


def test_other_questions_keep_the_rest() -> None:
    question = asked(*FULL, ("page", "4"))
    rest = [pair for pair in question.pairs if pair[0] not in ("q", "sort")]
    assert parse_qsl(question.with_text("")) == [*rest, ("sort", "name")]
    assert parse_qsl(question.with_text("кабель"))[0] == ("q", "кабель")
    assert ("sort", "icv") in parse_qsl(question.sorted_by(Sort.ICV))
    assert parse_qsl(question.on_page(5)) == [*question.pairs, ("page", "5")]
    assert ("code", "73") in parse_qsl(question.with_code("73"))
    assert ("code", "7304") not in parse_qsl(question.with_code("73"))


@pytest.mark.parametrize(("pairs", "narrowed"), [((), False), (FULL[:1], False), (FULL[:2], True), (FULL[-1:], False)])
def test_whether_anything_narrows(pairs: tuple[tuple[str, str], ...], narrowed: bool) -> None:
    assert asked(*pairs).narrowed is narrowed


@given(st.lists(st.tuples(st.sampled_from([key for key, _ in FULL] + ["page"]), st.text(max_size=12)), max_size=12))
def test_no_address_is_too_strange_to_read(pairs: list[tuple[str, str]]) -> None:
    question = asked(*pairs)
    assert Asked.read(MultiDict(question.pairs), "en") == Asked.read(MultiDict(question.pairs), "ru")
    assert question.query("en").page >= 1
