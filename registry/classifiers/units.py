"""Units of measure by whatever people write for them, and how each language writes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from registry.classifiers.tree import Tree
from registry.text import fold, script


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
