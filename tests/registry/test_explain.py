"""Explained results are values that survive storage exactly."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.explain import Calculation, Step, Value, Violation
from registry.wording import Message


def calculation(value: Value) -> Calculation:
    return Calculation(
        value=value,
        steps=(
            Step(Message("icv.goods", {"n": 3}), "100 × (8.1876 + 2.25) / 20", value, "order № 260, formula A"),
            Step(Message("icv.sum"), "12 + 5 + 3", 20),
        ),
        on=date(2025, 10, 1),
        edition="18.09.2025",
        open=(Message("icv.vat.open"),),
    )


@given(st.one_of(st.integers(), st.fractions(), st.decimals(allow_nan=False, allow_infinity=False)))
def test_a_calculation_survives_storage_exactly(value: Value) -> None:
    assert Calculation.from_json(json.loads(json.dumps(calculation(value).as_json()))) == calculation(value)


@pytest.mark.parametrize(
    ("value", "text"), [(Fraction(10438, 200), "5219/100"), (Decimal("52.190"), "52.190"), (72, "72"), (-3, "-3")]
)
def test_values_are_written_exactly(value: Value, text: str) -> None:
    assert calculation(value).as_json()["value"] == text


def test_a_violation_survives_storage() -> None:
    violation = Violation("icv.total.zero", "amount", Message("icv.total.zero", {"row": 7}), "order № 260")
    assert Violation.from_json(json.loads(json.dumps(violation.as_json()))) == violation
    assert violation.as_json() == {
        "code": "icv.total.zero",
        "field": "amount",
        "message": {"code": "icv.total.zero", "params": {"row": 7}},
        "source": "order № 260",
    }
