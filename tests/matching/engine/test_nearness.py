"""How near codes, units and values are, pair by pair."""

from __future__ import annotations

import math

import pytest

from matching.engine import nearness
from registry.classifiers.tree import Node, Tree


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("7304191009", "7304191009", 1.0),
        ("730419", "7304191009", 0.8),
        ("7304", "7304191009", 0.65),
        ("73", "7304191009", 0.55),
        ("7304191009", "7304191001", 0.7),
        ("7304191009", "7304230000", 0.45),
        ("7304191009", "7308900000", 0.35),
        ("7304191009", "3917210000", 0.25),
    ],
)
def test_tnved_codes_by_the_digits_they_share(asked: str, offered: str, expected: float) -> None:
    assert nearness.tnved_nearness(asked, offered) == expected


def test_codes_of_one_unnumbered_subheading_are_nearer() -> None:
    def node(key: str, above: str | None, code: str | None) -> Node:
        return Node(key, above, code, "node", key, None, None, None, None)

    tree = Tree(
        [
            node("7304", None, "7304"),
            node("line pipe", "7304", None),
            node("7304110000", "line pipe", "7304110000"),
            node("7304190000", "line pipe", "7304190000"),
            node("7304230000", "7304", "7304230000"),
        ]
    )
    near = nearness.tnved_nearness("7304110000", "7304190000", tree)
    far = nearness.tnved_nearness("7304110000", "7304230000", tree)
    assert near > far == nearness.TNVED_PARTING[4]


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [("24.20.13", "24.20.13", 1.0), ("24.20.13", "24.20.11", 0.6), ("24.20.13", "25.11.23", 0.25)],
)
def test_kpved_codes(asked: str, offered: str, expected: float) -> None:
    assert nearness.kpved_nearness(asked, offered) == expected


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("242013.300.000012", "242013.300.000012", 1.0),
        ("242013.300.000012", "242013.300.000099", 0.7),
        ("242013.300.000012", "242013.500.000012", 0.3),
        ("242013.300.000012", "251123.300.000012", 0.0),
    ],
)
def test_enstru_codes(asked: str, offered: str, expected: float) -> None:
    assert nearness.enstru_nearness(asked, offered) == expected


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("т", "т", 1.0),
        ("т", "кг", 0.9),
        ("Тонна (метрическая)", "т", 1.0),
        ("т", "шт", 0.25),
        ("т", "условная единица", math.nan),
    ],
)
def test_units(asked: str, offered: str, expected: float) -> None:
    assert nearness.unit_nearness(asked, offered) == pytest.approx(expected, nan_ok=True)
