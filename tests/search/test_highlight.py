"""Marking what was searched for."""

import pytest

from search.highlight import marked


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Труба стальная 159х8 ГОСТ 8732-78", "трубы", ["Труба"]),
        ("Труба стальная 159х8 ГОСТ 8732-78", "159 x 8 стальных", ["стальная", "159х8"]),
        ("Труба стальная 159х8 ГОСТ 8732-78", "гост 8732", ["ГОСТ 8732-78"]),
        ("Құбырлар мен фитингтер", "құбыр", ["Құбырлар"]),
        ("Steel pipes and fittings", "pipe fitting", ["pipes", "fittings"]),
        ("Насос HACOC насоса", "насос", ["Насос", "HACOC", "насоса"]),
        ("Ёлка, ель и ёлки", "елка", ["Ёлка", "ёлки"]),
        ("Труба стальная", "кабель", []),
        ("Труба стальная", "", []),
        ("Труба и для неё", "и для", []),
        ("", "труба", []),
        ("<b>труба</b>", "труба", ["труба"]),
        ("насос\u00adный узел", "насосный", ["насос\u00adный"]),
    ],
)
def test_what_the_index_finds_is_marked(text: str, query: str, found: list[str]) -> None:
    assert [piece for piece, hit in marked(text, query) if hit] == found


@pytest.mark.parametrize(
    "text", ["Труба  стальная\t159х8", "  насос ", "№1 «Труба»", "a\x00b труба 𝐩𝐢𝐩𝐞", "труба" * 50]
)
def test_no_character_is_lost(text: str) -> None:
    assert "".join(piece for piece, _ in marked(text, "труба pipe насос")) == text


def test_a_long_query_takes_no_longer() -> None:
    assert marked("труба", "слово " * 100_000) == [("труба", False)]
