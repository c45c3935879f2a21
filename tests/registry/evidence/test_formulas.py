"""A producer's in-country value, by hand. Source: order № 327, annex 3; domain.md §2 example 5."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import law
from registry.errors import RuleBroken
from registry.evidence.formulas import producer_icv
from registry.explain import Calculation

LAW = law.on(date(2026, 11, 23))


@pytest.mark.parametrize(
    ("foreign", "cost", "percent"),
    [
        ("3177000", "10000000", Fraction("68.23")),
        ("0", "1", Fraction(100)),
        ("0.01", "0.01", Fraction(0)),
        ("1", "3", Fraction(200, 3)),
        ("1250.50", "2501", Fraction(50)),
    ],
)
def test_the_percent_is_exact_and_explained(foreign: str, cost: str, percent: Fraction) -> None:
    found = producer_icv(Decimal(foreign), Decimal(cost), LAW)
    assert found.value == percent
    assert [step.value for step in found.steps] == [100 - percent, percent]
    assert all("327" in step.source and "annex 3" in step.source for step in found.steps)
    assert found.on == LAW.day
    assert Calculation.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("foreign", "cost", "field"),
    [
        ("1", "0", "whole_cost"),
        ("0", "-1", "whole_cost"),
        ("-0.01", "1", "foreign_cost"),
        ("1.01", "1", "foreign_cost"),
    ],
)
def test_impossible_costs_are_refused(foreign: str, cost: str, field: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        producer_icv(Decimal(foreign), Decimal(cost), LAW)
    assert [one.field for one in broken.value.violations] == [field]


@given(st.decimals(0, 10**9, places=2), st.decimals("0.01", 10**9, places=2))
def test_it_is_between_nothing_and_the_whole(one: Decimal, other: Decimal) -> None:
    foreign, cost = min(one, other), max(one, other)
    assert 0 <= producer_icv(foreign, cost, LAW).value <= 100
