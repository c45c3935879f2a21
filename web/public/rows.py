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
from registry.text import language
from search.highlight import marked
from web.formats import named

Marked = list[tuple[str, bool]]

# Characters of a description that a row shows around the first word found in it.
EXTRACT: Final = 180
_BEFORE: Final = 60


@dataclass(frozen=True, slots=True)
class PathStep:
    """One node on the way to a code; an uncoded subheading has no code. `lang` is the language its name is in."""

    code: str | None
    name: str
    lang: str


@dataclass(frozen=True, slots=True)
class GoodRow:
    """One listed line. `lang` is the language its name is in; `extract`, in `extract_lang`, is empty where the
    description holds no hit.

    also: its name in another language, `also_lang`, where that and not the shown one is what was searched for.
    """

    good: Good
    standing: Standing
    lang: str
    name: Marked
    also: Marked
    also_lang: str
    extract: Marked
    extract_lang: str
    path: tuple[PathStep, ...]


def good_rows(session: Session, goods: Iterable[Good], *, on: date, lang: str, text: str = "") -> list[GoodRow]:
    """Rows of goods in their order; `text` is what was searched for."""
    rules_of_the_day = law.on(on)
    nomenclature = tree(session, Scheme.TNVED, on)
    activities = tree(session, Scheme.KPVED, on)
    rows = []
    for good in goods:
        name, name_lang = named(good, lang)
        shown = marked(name, text) if text else [(name, False)]
        also_lang, also = _also(good, name_lang, text) if text and not any(hit for _, hit in shown) else ("", [])
        path = steps(nomenclature, good.tnved, lang) if good.tnved else steps(activities, good.kpved, lang)
        rows.append(
            GoodRow(
                good=good,
                standing=standing(good.evidence, on, rules_of_the_day),
                lang=name_lang,
                name=shown,
                also=also,
                also_lang=also_lang,
                extract=extract(marked(good.description, text)) if text and good.description else [],
                extract_lang=language(good.description) if good.description else lang,
                path=ends(path),
            )
        )
    return rows


def _also(good: Good, shown_lang: str, text: str) -> tuple[str, Marked]:
    """A name of the line in another language that holds what was searched for, and which language that is."""
    for lang, name in (("ru", good.name_ru), ("kk", good.name_kk), ("en", good.name_en)):
        words = marked(name, text) if name and lang != shown_lang else []
        if any(hit for _, hit in words):
            return lang, words
    return "", []


def steps(nomenclature: Tree, code: str | None, lang: str) -> tuple[PathStep, ...]:
    """The way from the top of a classifier down to a code, as far down as it knows the code.

    A level that is named as the one above it says nothing new: of such the deepest is kept.
    """
    found: list[PathStep] = []
    for node in nomenclature.ancestors(code) if code else ():
        step = PathStep(node.code, *node.named(lang))
        if found and found[-1].name == step.name:
            found.pop()
        found.append(step)
    return tuple(found)


def ends(path: tuple[PathStep, ...]) -> tuple[PathStep, ...]:
    """A path cut to what a row has room for: the chapter (or the top, where there is none) and the code itself."""
    if len(path) < 2:
        return path
    top = next((step for step in path if step.code and len(step.code) == 2), path[0])
    return (top, path[-1]) if top != path[-1] else (top,)


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
    if end < len(whole) and (blank := whole.rfind(" ", before + 1, end)) > 0:
        end = blank
    cut: Marked = [("… ", False)] if begin else []
    position = 0
    for text, hit in words:
        piece = text[max(0, begin - position) : max(0, end - position)]
        position += len(text)
        if piece:
            cut.append((piece, hit))
    return [*cut, (" …", False)] if end < len(whole) else cut
