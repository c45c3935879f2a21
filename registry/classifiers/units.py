"""Units of measure by whatever people write for them, and how each language writes them. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from registry.classifiers.tree import Node, Tree
from registry.text import fold, script


@lru_cache(maxsize=8)
def spellings(units: Tree) -> frozenset[str]:
    """Everything that the classifier of units calls a unit by, folded."""
    said = ((*(node.aliases or "").split("|"), node.name_ru, node.name_kk, node.name_en) for node in units.nodes)
    return frozenset(fold(spelling) for names in said for spelling in names if spelling)


@lru_cache(maxsize=8)
def short_names(units: Tree) -> Mapping[str, Mapping[str, str]]:
    """Folded spelling -> language -> short name: `пог. м` -> м, м, m. A unit without short names is left out.

    units: the classifier of units. A node's aliases begin with its short names, Russian, Kazakh and English, one that
    repeats another left out: the English one is the first in Latin letters, and what precedes it is the Kazakh one.
    """
    found: dict[str, dict[str, str]] = {}
    for node in units.nodes:
        aliases = (node.aliases or "").split("|")
        english = next((place for place, alias in enumerate(aliases) if script(alias) == "latin"), 0)
        if not english:
            continue
        short = {"ru": aliases[0], "kk": aliases[english - 1], "en": aliases[english]}
        for spelling in (*aliases, *filter(None, (node.name_ru, node.name_kk, node.name_en))):
            found.setdefault(fold(spelling), short)
    return found


@lru_cache(maxsize=8)
def unit_names(units: Tree, lang: str) -> tuple[tuple[str, str], ...]:
    """The units of the classifier to choose from: short name and full name in a language, each short name once."""
    short = short_names(units)
    found: dict[str, str] = {}
    for node in units.nodes:
        name, _ = node.named(lang)
        called = short.get(fold(node.name_ru or name))
        found.setdefault(called[lang] if called else name, name)
    return tuple(found.items())


def not_of_mkei(nodes: Iterable[Node]) -> list[tuple[Node, str]]:
    """Units whose Russian name has another code in МКЕИ, each with that code, in the order given.

    Codes of cash registers are those of МКЕИ but for a few, the kilogram's among them: one such unit tells whose codes
    a list has. A name that the units shipped here lack tells nothing, nor does one in another language, a translation.
    """
    known = _mkei()
    units = ((node, known.get(fold(node.name_ru or ""))) for node in nodes)
    return [(node, code) for node, code in units if code and node.code != code]


@cache
def _mkei() -> Mapping[str, str]:
    """Folded Russian name, in full or short -> code, by the list of МКЕИ that is shipped."""
    with files("config").joinpath("starter", "units.csv").open(encoding="utf-8") as file:
        return {fold(row[name]): row["code"] for row in csv.DictReader(file) for name in ("name_ru", "short_ru")}
