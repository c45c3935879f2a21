"""Whatever people write for a unit, each language has its own short name for it."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from registry.classifiers.models import Scheme
from registry.classifiers.rules import COLUMNS, read
from registry.classifiers.tree import Node, Tree
from registry.classifiers.units import not_of_mkei, short_names
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


def units(*rows: tuple[str, str]) -> list[Node]:
    return [Node(code, None, code, "node", name, None, "Kit", None, None) for code, name in rows]


def test_a_unit_of_the_cash_registers_is_told_by_its_name() -> None:
    given = units(("796", "Штука"), ("116", "килограмм"), ("5114", "Услуга"), ("021", "Погонный метр"))
    assert [(node.code, code) for node, code in not_of_mkei(given)] == [("116", "166")]
    assert [(node.code, code) for node, code in not_of_mkei(units(("116", "КГ")))] == [("116", "166")]


def test_units_of_mkei_are_its_own_and_an_english_name_tells_nothing() -> None:
    assert not not_of_mkei(starter().nodes)
    # In МКЕИ a running metre is 018 and the decalitre 116; the list that is shipped has neither as a unit of its own.
    assert not not_of_mkei(units(("018", "Погонный метр"), ("116", "Декалитр"), ("704", "Набор")))
