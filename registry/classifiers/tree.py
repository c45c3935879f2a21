"""A classifier as it stood on a day, in memory: paths, children, levels, distances. Pure and immutable."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

FALLBACKS: Final = {"kk": ("kk", "ru", "en"), "ru": ("ru", "kk", "en"), "en": ("en", "ru", "kk")}
ASSIGNABLE: Final = 10


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `code` is None for an unnumbered subheading, whose `key` names it then.

    kind: section, chapter, heading, node, line or text as in the ТН ВЭД; other classifiers use their own words.
    """

    key: str
    parent_key: str | None
    code: str | None
    kind: str
    name_ru: str | None
    name_kk: str | None
    name_en: str | None
    unit: str | None
    aliases: str | None

    def name(self, lang: str) -> str:
        """The name in the language asked for, else in the next one that there is."""
        return self.named(lang)[0]

    def named(self, lang: str) -> tuple[str, str]:
        """That name, and the language it is in."""
        names = {"kk": self.name_kk, "ru": self.name_ru, "en": self.name_en}
        return next(((name, choice) for choice in FALLBACKS[lang] if (name := names[choice])), ("", lang))


class Tree:
    """The nodes of one classifier on one day, in the order of their codes.

    A node whose parent is not there stands at the top.
    """

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._by_key = {node.key: node for node in nodes}
        # An unnumbered node stands where the first code below it stands.
        places = {node.key: node.code for node in self._by_key.values() if node.code}
        for node in sorted(self._by_key.values(), key=lambda node: node.code or "~"):
            above = self._by_key.get(node.parent_key or "")
            while node.code and above is not None and above.key not in places:
                places[above.key] = node.code
                above = self._by_key.get(above.parent_key or "")
        self._children: dict[str | None, list[Node]] = {}
        for node in sorted(self._by_key.values(), key=lambda node: (places.get(node.key, node.key), node.key)):
            self._children.setdefault(node.parent_key if node.parent_key in self._by_key else None, []).append(node)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, each before those below it."""
        ordered: list[Node] = []
        waiting = list(reversed(self.top()))
        while waiting:
            node = waiting.pop()
            ordered.append(node)
            waiting += reversed(self._children.get(node.key, ()))
        return tuple(ordered)

    def __len__(self) -> int:
        return len(self._by_key)

    @cached_property
    def _by_code(self) -> dict[str, Node]:
        return {node.code: node for node in self._by_key.values() if node.code}

    def exists(self, code: str) -> bool:
        """Whether the classifier has the code."""
        return code in self._by_code

    def begins(self, code: str) -> bool:
        """Whether the classifier has the code, or codes that begin with it."""
        at = bisect_left(self._sorted, code)
        return at < len(self._sorted) and self._sorted[at].startswith(code)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._by_code)

    def node(self, code: str) -> Node | None:
        """The node of a code, or of the key of an unnumbered one."""
        return self._by_code.get(code) or self._by_key.get(code)

    def top(self) -> tuple[Node, ...]:
        """The nodes that hang from none."""
        return tuple(self._children.get(None, ()))

    def children(self, code: str) -> tuple[Node, ...]:
        """The nodes right below, numbered or not, in order."""
        node = self.node(code)
        return tuple(self._children.get(node.key, ())) if node else ()

    def ancestors(self, code: str) -> tuple[Node, ...]:
        """The nodes from the top down to that of the code, itself last; for a code that the tree lacks, down to that of
        its longest prefix that it has."""
        return tuple(reversed(self._chain(self.node(code) or self.nearest(code))))

    def nearest(self, code: str) -> Node | None:
        """The node of the code, else of its longest prefix that the tree has."""
        return next((self._by_code[code[:end]] for end in range(len(code), 0, -1) if code[:end] in self._by_code), None)

    def path(self, code: str, lang: str) -> tuple[str, ...]:
        """Names from the top down to the code itself, or as far down as the tree knows it."""
        return tuple(node.name(lang) for node in self.ancestors(code))

    def covers(self, code: str) -> bool:
        """Whether the branch of a ТН ВЭД code is loaded so far that a ten-digit code missing in it does not exist.

        It is where the code's heading is there with ten-digit lines; or, if the heading is not there, where every
        heading of its chapter has them: a chapter loaded with a few headings says nothing of the others.
        """
        heading = code[:4]
        if heading in self._headings:
            return self._headings[heading]
        return self._chapters.get(code[:2], False)

    @cached_property
    def _headings(self) -> dict[str, bool]:
        """Every heading, and whether it has ten-digit lines. Some headings have no other code than ten digits."""
        headings: dict[str, bool] = {}
        for code in self._by_code:
            if len(code) >= 4 and code.isdigit():
                headings[code[:4]] = headings.get(code[:4], False) or len(code) == ASSIGNABLE
        return headings

    @cached_property
    def _chapters(self) -> dict[str, bool]:
        chapters: dict[str, bool] = {}
        for heading, whole in self._headings.items():
            chapters[heading[:2]] = chapters.get(heading[:2], True) and whole
        return chapters

    def distance(self, first: str, second: str) -> int | None:
        """Steps along the tree from one code to the other over their lowest common ancestor; None if they have none.

        Unnumbered subheadings count as steps, so two lines of one of them are nearer than lines of two. A code that the
        tree lacks hangs one step below its longest prefix that the tree has.
        """
        if first == second:
            return 0
        up, down = self._steps(first), self._steps(second)
        return min((up[key] + down[key] for key in up.keys() & down.keys()), default=None)

    def _steps(self, code: str) -> dict[str, int]:
        """Steps from a code up to each node above it, itself included, by key."""
        node = self.node(code)
        start = 0 if node else 1
        return {above.key: start + step for step, above in enumerate(self._chain(node or self.nearest(code)))}

    def _chain(self, node: Node | None) -> list[Node]:
        """The node and those above it, from the bottom up."""
        chain: list[Node] = []
        while node is not None and node not in chain:
            chain.append(node)
            node = self._by_key.get(node.parent_key) if node.parent_key else None
        return chain
