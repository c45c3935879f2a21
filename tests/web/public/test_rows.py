"""Pieces of rows: extracts of descriptions, paths of codes."""

from __future__ import annotations

import pytest

from registry.classifiers.tree import Node, Tree
from web.public.rows import EXTRACT, PathStep, ends, extract, steps

LONG = "слово " * 60


def node(key: str, parent: str | None, code: str | None, name_ru: str, name_en: str | None = None) -> Node:
    return Node(key, parent, code, "node", name_ru, None, name_en, None, None)


NOMENCLATURE = Tree(
    [
        node("XV", None, None, "Недрагоценные металлы", "Base metals"),
        node("73", "XV", "73", "Изделия из чёрных металлов", "Articles of iron"),
        node("7304", "73", "7304", "Трубы бесшовные"),
        node("7304/1", "7304", None, "для нефтепроводов"),
        node("730419", "7304/1", "730419", "прочие"),
        node("7304191009", "730419", "7304191009", "прочие"),
    ]
)


def test_a_path_leads_from_the_top_to_the_code() -> None:
    assert steps(NOMENCLATURE, "7304191009", "en") == (
        PathStep(None, "Base metals", "en"),
        PathStep("73", "Articles of iron", "en"),
        PathStep("7304", "Трубы бесшовные", "ru"),
        PathStep(None, "для нефтепроводов", "ru"),
        PathStep("7304191009", "прочие", "ru"),
    )


def test_a_path_goes_as_far_as_the_code_is_known() -> None:
    assert [step.code for step in steps(NOMENCLATURE, "7304990000", "ru")] == [None, "73", "7304"]
    assert steps(NOMENCLATURE, "8544", "ru") == ()
    assert steps(NOMENCLATURE, None, "ru") == ()


def test_a_row_shows_the_ends_of_a_path() -> None:
    path = steps(NOMENCLATURE, "7304191009", "ru")
    assert [step.code for step in ends(path)] == ["73", "7304191009"]
    assert [step.code for step in ends(steps(NOMENCLATURE, "73", "ru"))] == ["73"]
    assert ends(()) == ()
    assert ends((PathStep("24", "Металлургия", "ru"),)) == (PathStep("24", "Металлургия", "ru"),)


def text_of(words: list[tuple[str, bool]]) -> str:
    return "".join(text for text, _ in words)


def test_an_extract_shows_what_was_found() -> None:
    words = [(LONG, False), ("труба", True), (f" стальная {LONG}", False)]
    cut = extract(words)
    assert ("труба", True) in cut
    assert cut[0] == ("… ", False)
    assert cut[-1] == (" …", False)
    assert len(text_of(cut)) <= EXTRACT + 4
    assert text_of(cut).strip("… ") in "".join(text for text, _ in words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("труба", True), (" стальная", False)], [("труба", True), (" стальная", False)]),
        ([("труба стальная", False)], []),
        ([], []),
    ],
)
def test_a_short_text_is_shown_whole_and_one_without_a_hit_not_at_all(
    words: list[tuple[str, bool]], expected: list[tuple[str, bool]]
) -> None:
    assert extract(words) == expected


def test_a_text_without_blanks_is_cut_all_the_same() -> None:
    cut = extract([("а" * 300, False), ("б" * 300, True)])
    assert any(hit for _, hit in cut)
    assert len(text_of(cut)) <= EXTRACT + 4
