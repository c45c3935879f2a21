"""Activities of the classifier ОКЭД, found by words or by the beginning of their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from registry.classifiers.tree import Node, Tree
from registry.text import fold

FOUND: Final = 15


def activity_code(activities: Tree, typed: str) -> str | None:
    """The code of an activity that was chosen or typed, with or without its name; None where it names none.

    Five digits that the classifier does not have are taken at their word, since its edition here may be another one or
    in part; whoever decides on the claim is told.
    """
    digits = re.match(r"\s*([0-9]{2})\.?([0-9]{2})\.?([0-9])(?![0-9])", typed)
    return "".join(digits.groups()) if digits else None


def activities_like(activities: Tree, typed: str) -> list[Node]:
    """Assignable activities whose names have all the words, or whose codes begin so."""
    words = fold(typed).split()
    if not words:
        return []
    return list(_matching(activities, words))[:FOUND]


def _matching(activities: Tree, words: list[str]) -> Iterator[Node]:
    for node in activities.nodes:
        if node.code is None or len(node.code) != 5:
            continue
        names = fold(" ".join(name for name in (node.name_ru, node.name_kk, node.name_en, node.aliases) if name))
        # Words are compared without their ends: the name says "производство труб", the reader types "трубы".
        if all(node.code.startswith(word) or word[: max(4, len(word) - 2)] in names for word in words):
            yield node
