"""A row of goods with a code that is not as the law wants it is kept, marked and noted, as the supplier's form does."""

from __future__ import annotations

import pytest

from registry.catalogue.models import CodeState
from registry.catalogue.rules import code_state
from registry.cells import Cells
from registry.classifiers.models import Scheme
from registry.classifiers.rules import read
from registry.classifiers.tree import Tree
from registry.evidence.intake import Trees, read_offered
from registry.evidence.models import EvidenceStatus
from registry.wording import LANGUAGES, say
from tests.factories import TODAY, bin_number


def nomenclature(*codes: str) -> Tree:
    rows = [{"code": code, "name_ru": f"Позиция {code}"} for code in codes]
    reading = read(Scheme.TNVED, enumerate(rows, start=2), {"code", "name_ru"})
    return Tree(stated.node for stated in reading.nodes.values())


@pytest.mark.parametrize(
    ("given", "kept", "state", "noted"),
    [
        ("7304191009", "7304191009", CodeState.CHECKED, []),
        ("7304 19", "730419", CodeState.SHORT, ["import.product.short_code"]),
        ("73041", "73041", CodeState.SHORT, ["import.product.odd_code"]),
        ("7304999999", "7304999999", CodeState.UNKNOWN, ["import.product.unknown_code"]),
        ("8544499108", "8544499108", CodeState.UNCHECKED, ["import.product.unchecked_code"]),
        ("9999999999", "9999999999", CodeState.UNKNOWN, ["import.product.no_chapter"]),
        ("7700 00 000 0", "7700000000", CodeState.UNKNOWN, ["import.product.no_chapter"]),
        ("98", "98", CodeState.UNKNOWN, ["import.product.no_chapter"]),
        ("99999", "99999", CodeState.UNKNOWN, ["import.product.odd_code"]),
        ("", None, CodeState.ABSENT, []),
    ],
)
def test_what_becomes_of_a_code(given: str, kept: str | None, state: CodeState, noted: list[str]) -> None:
    tnved = nomenclature("73", "7304", "730419", "7304191009")
    cells = Cells({"bin": bin_number(7), "name": "Труба бесшовная", "tnved": given})
    line = read_offered(cells, Trees(tnved, Tree(), Tree()), EvidenceStatus.CONFIRMED, TODAY)
    assert line is not None
    assert (line.product.tnved, code_state(line.product.tnved, tnved)) == (kept, state)
    assert [note.code for note in cells.notes] == noted
    for note in cells.notes:
        assert all(given.replace(" ", "") in say(note.message, lang).replace(" ", "") for lang in LANGUAGES)
