"""A place chosen from the top down: region, district, settlement; each choice shows what lies below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry.classifiers.tree import Node, Tree

# Region, district, rural district, village.
DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class Level:
    """One list to choose from. chosen: the code chosen in it, empty where none is yet."""

    number: int
    options: tuple[Node, ...]
    chosen: str


def levels(tree: Tree, chosen: str | None) -> list[Level]:
    """The lists that lead to a place: of each level what lies beside it, and below the last one what lies in it."""
    path = [node.code or node.key for node in tree.ancestors(chosen)] if chosen else []
    found = []
    above: str | None = None
    for number in range(DEEPEST):
        options = tree.children(above) if above else tree.top()
        if not options:
            break
        here = path[number] if number < len(path) else ""
        found.append(Level(number, options, here))
        if not here:
            break
        above = here
    return found


def chosen_of(tree: Tree, given: Mapping[str, str]) -> str | None:
    """The deepest place that a form names, as far as each choice lies in the one above it; None where none is named.

    Whoever chooses another region has chosen no district of it yet, whatever stood there before.
    """
    deepest: str | None = None
    for number in range(DEEPEST):
        code = given.get(f"place-{number}", "")
        options = tree.children(deepest) if deepest else tree.top()
        if not any(code in (node.code, node.key) for node in options):
            break
        deepest = code
    return deepest
