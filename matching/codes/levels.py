"""How the codes of a scheme are built: which may be assigned to a good, and what stands above them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from registry.classifiers.models import Scheme
from registry.classifiers.tree import Node, Tree
from registry.identifiers import Typed, parse_enstru, parse_kpved, parse_tnved

# The schemes that a good, work or service is classified by.
CLASSIFIED: Final = (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU)
# How many characters of a code name its branch, the coarsest first; the last is the whole code.
LEVELS: Final[Mapping[Scheme, tuple[int, ...]]] = {
    Scheme.TNVED: (2, 4, 6, 10),
    Scheme.KPVED: (2, 5, 7, 8),
    Scheme.ENSTRU: (6, 10, 17),
}
# The level whose name says what a thing is; what stands above it only says of what kind.
HEADING: Final[Mapping[Scheme, int]] = {Scheme.TNVED: 4, Scheme.KPVED: 5, Scheme.ENSTRU: 6}
_ASSIGNABLE: Final = {
    Scheme.TNVED: re.compile(r"\d{10}", re.ASCII),
    Scheme.KPVED: re.compile(r"\d\d\.\d\d\.\d\d", re.ASCII),
    Scheme.ENSTRU: re.compile(r"\d{6}\.\d{3}\.\d{6}", re.ASCII),
}
_BRANCH_OF_KPVED: Final = re.compile(r"\d\d(?:\.\d{1,2}(?:\.\d{1,2})?)?", re.ASCII)


def assignable(scheme: Scheme, code: str | None) -> bool:
    """Whether a code is whole, so that a good may carry it."""
    return code is not None and _ASSIGNABLE[scheme].fullmatch(code) is not None


def leaves(scheme: Scheme, tree: Tree) -> list[Node]:
    """The nodes of a classifier whose codes may be assigned, in its order."""
    return [node for node in tree.nodes if assignable(scheme, node.code)]


def parse_code(scheme: Scheme, given: Typed, tree: Tree, field: str = "code") -> str:
    """A code, or the branch of one, from what was typed; lost leading zeros are put back where the tree tells.

    Raises RuleBroken for what is no code of the scheme.
    """
    if scheme is Scheme.TNVED:
        return parse_tnved(given, tree.begins, field)
    if scheme is Scheme.ENSTRU:
        return parse_enstru(given, tree.exists, field)
    text = str(given).strip()
    return text if _BRANCH_OF_KPVED.fullmatch(text) else parse_kpved(given, tree.exists, field)
