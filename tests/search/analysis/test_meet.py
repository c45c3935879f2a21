"""What must find what, and what must not: one row per rule of the pipeline."""

from __future__ import annotations

import pytest

from search.analysis import analyse, query_tokens
from tests.search.analysis.lists import rows

MEET = rows("meet")


def test_the_list_is_large_enough() -> None:
    assert len(MEET) >= 150
    assert sum(row["meet"] == "no" for row in MEET) >= 50
    assert {row["meet"] for row in MEET} == {"yes", "no"}


@pytest.mark.parametrize("row", MEET, ids=[f"{row['a']} | {row['b']}" for row in MEET])
def test_meet(row: dict[str, str]) -> None:
    asked = set(query_tokens(row["a"]))
    assert asked
    assert (asked <= set(analyse(row["b"]).tokens)) == (row["meet"] == "yes"), row["why"]
