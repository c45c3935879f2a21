"""Watched searches: the question of an address, asked again without a reader."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from matching.alerts.rules import MOST_HITS, NAME_MAX
from registry.classifiers.tree import Tree
from search.engines import SearchEngine
from search.queries import LARGEST_PAGE, Sort
from web.public.asked import Asked
from web.public.results import chips


def asked_of(question: str, lang: str = "ru") -> Asked:
    """The question that an address's query asks, in the newest order and from its first page."""
    return replace(Asked.read(MultiDict(parse_qsl(question)), lang), sort=Sort.NEWEST, page=1)


def normal(asked: Asked) -> str:
    """The query that asks the same, written in one way; empty where nothing is asked."""
    return urlencode([pair for pair in asked.pairs if pair[0] != "sort"])


def words_of(asked: Asked, nomenclature: Tree, lang: str) -> str:
    """The question in a few words, by which a person knows it again."""
    parts = [asked.text] if asked.text else []
    parts += [chip.words for chip in chips(replace(asked, text=""), nomenclature, lang)]
    return " · ".join(parts)[:NAME_MAX]


def found(engine: SearchEngine, question: str) -> tuple[list[int], int]:
    """What the index finds now, the newest first and at most MOST_HITS, and how many in all.

    Hits that lack some of the words are none: a reader sees why they are shown, a letter would only annoy. Raises
    EngineUnavailable: what the database finds in the engine's place would be news that is none.
    """
    query = replace(asked_of(question).query("ru"), size=LARGEST_PAGE)
    ids: list[int] = []
    total = 0
    for page in range(1, MOST_HITS // LARGEST_PAGE + 1):
        hits = engine.search(replace(query, page=page))
        if hits.understood.relaxed or hits.understood.nothing:
            return [], 0
        total = hits.total
        ids += [hit.id for hit in hits.hits]
        if page * LARGEST_PAGE >= total:
            break
    return ids, total
