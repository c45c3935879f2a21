"""Which materials and trades a line betrays, by its codes and by its words. Pure."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from matching.engine.reading import Thing
from search.analysis import stem


@dataclass(frozen=True, slots=True)
class Craft:
    """What somebody works, and how: codes of trades.csv; their names are match.material.* and match.trade.*."""

    materials: frozenset[str] = frozenset()
    trades: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Book:
    """Codes by the words and by the prefixes of ТН ВЭД and of КПВЭД that betray them; and all words of a code."""

    by_word: MappingProxyType[str, frozenset[tuple[str, str]]]
    by_prefix: MappingProxyType[tuple[str, str], frozenset[tuple[str, str]]]
    words: MappingProxyType[tuple[str, str], tuple[str, ...]]


@cache
def _book() -> _Book:
    by_word: dict[str, set[tuple[str, str]]] = defaultdict(set)
    by_prefix: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    words = {}
    text = (files(__package__) / "trades.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        what = (row["kind"], row["code"])
        words[what] = tuple(dict.fromkeys(stem(word) for word in row["words"].split()))
        for word in words[what]:
            by_word[word].add(what)
        for scheme in ("tnved", "kpved"):
            for prefix in row[scheme].split():
                by_prefix[scheme, prefix].add(what)
    return _Book(
        MappingProxyType({word: frozenset(found) for word, found in by_word.items()}),
        MappingProxyType({prefix: frozenset(found) for prefix, found in by_prefix.items()}),
        MappingProxyType(words),
    )


def craft(tnved: str | None, kpved: str | None, things: Iterable[Thing]) -> Craft:
    """Materials and trades of a line by its codes and by the things that its names name.

    A code that names a trade settles it, that of ТН ВЭД before that of КПВЭД; else the thing itself does, never what
    only describes it: a diesel generator is no fuel. A material is also told by what directly describes the thing.
    """
    book = _book()
    by_code = _betrayed("tnved", tnved or "") or _betrayed("kpved", kpved or "")
    named = list(things)
    by_head = {what for thing in named for what in book.by_word.get(thing.head or "", ())}
    of = {what for thing in named for word in thing.made_of for what in book.by_word.get(word, ())}
    trades = {name for kind, name in by_code if kind == "trade"} or {name for kind, name in by_head if kind == "trade"}
    materials = {name for kind, name in by_code | by_head | of if kind == "material"}
    return Craft(frozenset(materials), frozenset(trades))


def _betrayed(scheme: str, code: str) -> set[tuple[str, str]]:
    by_prefix = _book().by_prefix
    return {what for end in range(2, len(code) + 1) for what in by_prefix.get((scheme, code[:end]), ())}


def words_of(worked: Craft) -> tuple[str, ...]:
    """Stems of the words by which others of the craft can be found, in the order of the book."""
    wanted = {("material", name) for name in worked.materials} | {("trade", name) for name in worked.trades}
    return tuple(dict.fromkeys(word for what, words in _book().words.items() if what in wanted for word in words))


def codes() -> tuple[tuple[str, str], ...]:
    """Every (kind, code) of the book."""
    return tuple(_book().words)
