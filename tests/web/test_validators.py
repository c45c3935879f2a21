"""How what is typed is read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from web.validators import number


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("12 345,67", "ru", "12345.67"),
        ("12\u00a0345,67", "kk", "12345.67"),
        ("12,345.67", "en", "12345.67"),
        ("12,345", "en", "12345"),
        ("12,345", "ru", "12.345"),
        ("68,23", "en", "68.23"),
        ("1,234,567", "en", "1234567"),
        ("0", "kk", "0"),
        (" 5 ", "en", "5"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(text: str, lang: str, value: str) -> None:
    assert number(text, lang) == Decimal(value)


@pytest.mark.parametrize("text", ["", "много", "12 тонн", "--5", "nan", "∞"])
def test_what_is_no_number(text: str) -> None:
    assert number(text, "ru") is None
