"""Whatever people write for a unit, each language has its own short name for it."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from registry.classifiers.models import Scheme
from registry.classifiers.rules import COLUMNS, read
from registry.classifiers.tree import Tree
from registry.classifiers.units import short_names
from registry.text import fold


def starter() -> Tree:
    text = files("config").joinpath("starter/units.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    reading = read(Scheme.UNITS, enumerate(rows, start=2), set(COLUMNS))
    assert not reading.refused
    return Tree(stated.node for stated in reading.nodes.values())


@pytest.mark.parametrize(
    ("written", "kk", "ru", "en"),
    [
        ("т", "т", "т", "t"),
        ("tonne", "т", "т", "t"),
        ("шт", "дана", "шт.", "pcs"),
        ("Дана", "дана", "шт.", "pcs"),
        ("пог. м", "м", "м", "m"),
        ("m2", "м²", "м²", "m²"),
        ("тыс. шт.", "мың дана", "тыс. шт.", "thous. pcs"),
        ("т/ч", "т/сағ", "т/ч", "t/h"),
    ],
)
def test_a_unit_is_named_in_each_language(written: str, kk: str, ru: str, en: str) -> None:
    assert short_names(starter())[fold(written)] == {"kk": kk, "ru": ru, "en": en}


def test_what_is_no_unit_has_no_name() -> None:
    assert fold("мешок цемента") not in short_names(starter())
    assert short_names(Tree()) == {}
