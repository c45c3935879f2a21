"""Listed lines as rows of a page: name with what was searched for marked, standing of evidence, path of the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from registry import law
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.evidence.goods import Good
from registry.evidence.rules import Standing, standing
from search.highlight import marked

Marked = list[tuple[str, bool]]

# Characters of a description that a row shows around the first word found in it.
EXTRACT: Final = 180
_BEFORE: Final = 60


@dataclass(frozen=True, slots=True)
class PathStep:
    """One node on the way to a code; an uncoded subheading has no code."""

    code: str | None
    name: str


@dataclass(frozen=True, slots=True)
class GoodRow:
    """One listed line. `lang` is the language its name is in; `extract` is empty where the description holds no hit."""

    good: Good
    standing: Standing
    lang: str
    name: Marked
    extract: Marked
    path: tuple[PathStep, ...]


def good_rows(session: Session, goods: Iterable[Good], *, on: date, lang: str, text: str = "") -> list[GoodRow]:
    """Rows of goods in their order; `text` is what was searched for."""
    rules_of_the_day = law.on(on)
    nomenclature = tree(session, Scheme.TNVED, on)
    activities = tree(session, Scheme.KPVED, on)
    rows = []
    for good in goods:
        name, name_lang = named(good, lang)
        path = steps(nomenclature, good.tnved, lang) if good.tnved else steps(activities, good.kpved, lang)
        rows.append(
            GoodRow(
                good=good,
                standing=standing(good.evidence, on, rules_of_the_day),
                lang=name_lang,
                name=marked(name, text) if text else [(name, False)],
                extract=extract(marked(good.description, text)) if text and good.description else [],
                path=path,
            )
        )
    return rows


def named(good: Good, lang: str) -> tuple[str, str]:
    """The name of a line in the language asked for, else in the first that it has; and which language that is."""
    names = {"kk": good.name_kk, "ru": good.name_ru, "en": good.name_en}
    for candidate in (lang, "ru", "kk", "en"):
        if text := names[candidate]:
            return text, candidate
    return good.name(lang), lang


def steps(nomenclature: Tree, code: str | None, lang: str) -> tuple[PathStep, ...]:
    """The way from the top of a classifier down to a code, as far down as it knows the code."""
    if not code:
        return ()
    node = nomenclature.node(code)
    nodes = nomenclature.ancestors(code) + ((node,) if node else ())
    return tuple(PathStep(node.code, node.name(lang)) for node in nodes)


def extract(words: Marked) -> Marked:
    """A piece of a text around its first hit, cut at blanks; empty where nothing is marked."""
    before = 0
    for text, hit in words:
        if hit:
            break
        before += len(text)
    else:
        return []
    whole = "".join(text for text, _ in words)
    begin = max(0, before - _BEFORE)
    if begin:
        begin = whole.find(" ", begin, before) + 1 or begin
    end = begin + EXTRACT
    if end < len(whole):
        end = max(whole.rfind(" ", begin, end), begin + 1)
    cut: Marked = [("… ", False)] if begin else []
    position = 0
    for text, hit in words:
        piece = text[max(0, begin - position) : max(0, end - position)]
        position += len(text)
        if piece:
            cut.append((piece, hit))
    return [*cut, (" …", False)] if end < len(whole) else cut
