"""How every engine answers a query: all words first, then with slips corrected, then with most of the words.

Engines differ in how they look things up; what they look up, and in which order, is decided here once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, islice
from math import ceil, floor
from operator import attrgetter
from typing import Final, Protocol

from registry.text import fold
from search.analysis import query_tokens, sounds, spans
from search.analysis.spelling import distance, in_dictionary, slack, spellings
from search.engines import FacetCount, Hit, Hits
from search.queries import (
    DEEPEST_HIT,
    FACETS,
    ICV_BANDS,
    ICV_SCALE,
    LARGEST_PAGE,
    LEVELS,
    SUGGESTED_FROM,
    CandidateQuery,
    Query,
    Understood,
)

# Longer questions are cut: the first words say what is meant, and the time an answer takes must be bounded.
LONGEST_TEXT: Final = 2_000
MOST_WORDS: Final = 24
# Tokens of a need that candidates are looked for by: a name and the gist of a description.
MOST_TOKENS: Final = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as engines run it: documents that hold at least `least` of the words; skip that many, return `size`."""

    query: Query
    words: tuple[str, ...]
    least: int
    skip: int
    size: int


class Looking(Protocol):
    """What an engine does of answering."""

    def run(self, wanted: Wanted) -> tuple[int, list[Hit], dict[str, list[FacetCount]]]:
        """How many documents there are, the hits asked for, and the counts of every facet."""

    def frequencies(self, tokens: Iterable[str], *, subject: str = "product") -> dict[str, int]:
        """How many documents hold each token."""

    def similar(self, words: Sequence[str], subject: str) -> dict[str, set[str]]:
        """For each word the nearest tokens of the index, and words of its names, that are within its slack."""

    def alike(self, begun: Sequence[str], subject: str) -> dict[str, list[str]]:
        """For each beginning of a key of sound the words of names whose keys begin so."""

    def titles(self, held: Sequence[str], begun: Sequence[str], subject: str) -> list[list[str]]:
        """The names, LANGUAGE:NAME, of each document that holds all tokens and a word that begins in one of these
        ways."""


# Documents, in the order of their ids, that suggestions are taken from: what is frequent is frequent among them.
SAMPLE: Final = 500
# Letters of a word that suggestions look at.
_LONGEST_WORD: Final = 40
# What sounds as typed but for its ending stands behind every slip.
_BUT_FOR_ENDING: Final = 3
# Words of which the frequency is asked to find what a slip was meant to be.
_CONSIDERED: Final = 30


def answer(engine: Looking, query: Query) -> Hits:
    """The page of hits asked for, with facets and how the query was understood."""
    text = _with_held_codes(engine, _with_whole_codes(query.text[:LONGEST_TEXT]), query.subject)
    asked = tuple(dict.fromkeys(query_tokens(text)))
    words = asked[:MOST_WORDS]
    size = max(0, min(query.size, LARGEST_PAGE))
    skip = (max(query.page, 1) - 1) * size
    beyond = skip + size > DEEPEST_HIT
    if beyond:
        skip = size = 0
    understood = Understood(
        words=words, typed=_typed(query.text), least=len(words), left_out=len(asked) - len(words), beyond=beyond
    )
    if not words and text.strip():
        return Hits(0, (), dict.fromkeys(FACETS, ()), replace(understood, nothing=True))
    wanted = Wanted(query, words, len(words), skip, size)
    total, hits, facets = engine.run(wanted)
    if not total and words:
        mended = _mended(engine, text, words, query.subject)
        if mended:
            meant = [token for word in words for token in (mended[word][1] if word in mended else (word,))]
            wanted = replace(wanted, words=tuple(dict.fromkeys(meant)))
            wanted = replace(wanted, least=len(wanted.words))
            understood = replace(
                understood,
                words=wanted.words,
                least=wanted.least,
                corrected=tuple((_written(text, word), other) for word, (other, _) in mended.items()),
            )
            total, hits, facets = engine.run(wanted)
        if not total and len(wanted.words) > 1:
            wanted = replace(wanted, least=most(len(wanted.words)))
            total, hits, facets = engine.run(wanted)
            if total:
                understood = replace(understood, least=wanted.least)
    return Hits(total, tuple(hits), {name: tuple(counts) for name, counts in facets.items()}, understood)


def _typed(text: str) -> int:
    """How many words were typed, if each of them is looked for as one; else 0."""
    typed = text[:LONGEST_TEXT].split()
    return len(typed) if all(len(query_tokens(word)) == 1 for word in typed) else 0


# ЕНС ТРУ, КПВЭД and ТН ВЭД codes as people write them, with points or spaces between their groups.
_CODES: Final = (
    r"\d{6}\.\d{3}\.\d{6}",
    r"\d{2}\.\d{2}\.\d{2,3}",
    r"\d{4}([. ])\d{2}\1\d{3}\1\d",
    r"\d{4}\.\d{2}(?:\.\d{2})?",
)
_CODE: Final = re.compile(rf"(?<![\w.,])(?:{'|'.join(_CODES)})(?![\w.,])")


def _with_whole_codes(text: str) -> str:
    """The text with its codes in one piece, as documents hold them."""
    return _CODE.sub(lambda code: re.sub("[. ]", "", code[0]), text)


# The same beginning with spaces is written like two numbers side by side, so only what the index holds is a code.
_PERHAPS_A_CODE: Final = re.compile(r"(?<![\w.,])\d{4} \d{2}(?: \d{2}(?:\d{2})?)?(?![\w.,])")


def _with_held_codes(engine: Looking, text: str, subject: str) -> str:
    """The text with those codes of ТН ВЭД in one piece that are written with spaces and that some document holds."""
    perhaps = {found[0]: found[0].replace(" ", "") for found in _PERHAPS_A_CODE.finditer(text)}
    if not perhaps:
        return text
    held = engine.frequencies(dict.fromkeys(perhaps.values()), subject=subject)
    return _PERHAPS_A_CODE.sub(lambda found: perhaps[found[0]] if held[perhaps[found[0]]] else found[0], text)


def most(words: int) -> int:
    """How many of so many words are most of them: two thirds, at least one."""
    return max(1, 2 * words // 3)


@dataclass(frozen=True, slots=True, order=True)
class _Near:
    """A word of the index that a slip may have been meant to be; the smaller, the nearer."""

    apart: int
    begins_otherwise: bool
    other: str


def _mended(engine: Looking, text: str, words: Sequence[str], subject: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each word that no document holds: the word of another script or the slip meant, and the tokens of that.

    Digits are never guessed: 159 is not a slip of 158. Of equally near words the more frequent one is taken, then the
    first by alphabet, so that every engine takes the same.
    """
    written = {word: _written(text, word) for word in words}
    suspects = [word for word in words if slack(word) or sounds.sought(written[word])]
    known = engine.frequencies(suspects, subject=subject)
    unknown = [word for word in suspects if not known[word]]
    if not unknown:
        return {}
    forms = {word: spellings(word, written[word]) for word in unknown}
    near = engine.similar([form for several in forms.values() for form in several], subject)
    alike = engine.alike(sorted({key for word in unknown for key in sounds.sought(written[word])}), subject)
    ranked: dict[str, list[_Near]] = {}
    for word, several in forms.items():
        exact, but_for_ending = sounds.heard(written[word], alike)
        found = {one for form in several for one in _nearest(form, near[form], in_dictionary(fold(written[word])))}
        found.update(_Near(0, False, other) for other in exact)
        found.update(_Near(_BUT_FOR_ENDING, False, other) for other in but_for_ending)
        ranked[word] = sorted(found)[:_CONSIDERED]
    others = {one.other for nearest in ranked.values() for one in nearest}
    tokens_of = {other: query_tokens(other) for other in others}
    frequent = engine.frequencies(
        others.union(token for tokens in tokens_of.values() for token in tokens), subject=subject
    )
    mended = {}
    for word, nearest in ranked.items():
        meant = []
        for one in nearest:
            # What is near may be a token itself, or a word as names spell it; what was taken out counts no more.
            tokens = (one.other,) if frequent[one.other] else tokens_of[one.other]
            often = min((frequent[token] for token in tokens), default=0)
            if often:
                meant.append((one.apart, one.begins_otherwise, -often, one.other, tokens))
        if meant:
            *_, other, tokens = min(meant)
            mended[word] = (other, tokens)
    return mended


def _nearest(form: str, others: Iterable[str], known: bool) -> list[_Near]:
    """Those within the slack of a form. known: a dictionary has the word, so that it was hardly meant to be another.

    Whoever writes two letters wrong begins with the right one: щековой was not meant by легковой.
    """
    measured = (_Near(distance(form, other), other[0] != form[0], other) for other in others if slack(other))
    allowed = min(slack(form), 1) if known else slack(form)
    return [one for one in measured if one.apart <= allowed and not (one.begins_otherwise and (known or one.apart > 1))]


def _written(text: str, token: str) -> str:
    """The word of the text that became the token."""
    return next((text[span.start : span.end] for span in spans(text) if token in span.tokens), token)


def drill(code: str | None) -> int | None:
    """The level that the code facet counts: the next one below the code asked for; None below the last."""
    return next((level for level in LEVELS if level > len(code or "")), None)


def ordered(facet: str, counts: Mapping[str, int]) -> list[FacetCount]:
    """Counts of a facet as they are shown: bands in their order, else the largest first; none that would be empty."""
    order = ICV_BANDS if facet == "icv" else sorted(counts, key=lambda value: (-counts[value], value))
    return [FacetCount(value, counts[value]) for value in order if counts.get(value)]


def code_clause(code: str) -> tuple[str, str, bool]:
    """The field that a code prefix is looked up in, the value, and whether that may go on: levels have their own."""
    if len(code) in LEVELS or len(code) > LEVELS[-1]:
        return f"tnved{min(len(code), LEVELS[-1])}", code, False
    return "tnved", code, True


def icv_range(query: Query) -> tuple[int, int] | None:
    """The share asked for, in the units that engines keep it in, both ends included; None where it is not asked for."""
    if query.icv_from is None and query.icv_to is None:
        return None
    low = max(Decimal(0), query.icv_from or Decimal(0))
    high = min(Decimal(100), Decimal(100) if query.icv_to is None else query.icv_to)
    return ceil(min(low, Decimal(101)) * ICV_SCALE), floor(max(high, Decimal(-1)) * ICV_SCALE)


def suggestible(text: str) -> list[str]:
    """The folded words typed so far, the last of them perhaps unfinished; none where too little is typed."""
    typed = [word[:_LONGEST_WORD] for word in re.findall(r"\w+", fold(text[:LONGEST_TEXT]))[-MOST_WORDS:]]
    return typed if len(typed) > 1 or len("".join(typed)) >= SUGGESTED_FROM else []


def sought(query: CandidateQuery) -> tuple[list[str], list[tuple[str, str]]]:
    """What candidates are looked for by: tokens, and (field, value) of codes at the levels that say something."""
    code = query.tnved or ""
    terms = [(f"tnved{level}", code[:level]) for level in LEVELS[1:] if len(code) >= level]
    terms += [(name, value) for name, value in (("kpved", query.kpved), ("enstru", query.enstru)) if value]
    return list(dict.fromkeys(query.tokens))[:MOST_TOKENS], terms


def suggestions(engine: Looking, text: str, limit: int, subject: str, lang: str) -> list[str]:
    """Names that continue what is being typed, of each document one, those in the reader's language first.

    Where none does, names that sound so, then those of the words nearest to what may be a slip.
    """
    typed = suggestible(text)
    if not typed:
        return []

    def named(held: Sequence[str], begun: Sequence[str]) -> list[str]:
        return continuing(engine.titles(held, begun, subject), begun, limit, lang)

    *before, last = typed
    held = query_tokens(" ".join(before))
    found = named(held, [last])
    if found:
        return found
    mended = _mended(engine, " ".join(before), held, subject) if held else {}
    meant = tuple(dict.fromkeys(token for word in held for token in (mended[word][1] if word in mended else (word,))))
    begun = [last]
    for words in engine.alike(sounds.begun_keys(last), subject).values():
        begun += words[:_CONSIDERED]
    if len(begun) > 1 or meant != held:
        found = named(meant, list(dict.fromkeys(begun)))
    if not found and slack(last):
        near = sorted(_nearest(last, engine.similar([last], subject)[last], in_dictionary(last)))[:_CONSIDERED]
        for _, equally in groupby(near, key=attrgetter("apart", "begins_otherwise")):
            found = found or named(meant, [one.other for one in equally])
    return found


def continuing(titles: Iterable[Sequence[str]], begun: Sequence[str], limit: int, lang: str) -> list[str]:
    """Of the names, LANGUAGE:NAME, of each document the one to suggest: a word of it begins in a folded way given.

    Names in the reader's language come first, also among those of one document; then the frequent ones.
    """
    beginnings = tuple(begun)
    own = f"{lang}:"

    def continues(title: str) -> bool:
        return any(word.startswith(beginnings) for word in re.findall(r"\w+", fold(title.partition(":")[2])))

    ordered = (sorted(several, key=lambda title: (not title.startswith(own), title)) for several in titles)
    counts = Counter(title for several in ordered for title in islice(filter(continues, several), 1))
    best = sorted(counts, key=lambda title: (not title.startswith(own), -counts[title], title.partition(":")[2]))
    return list(dict.fromkeys(title.partition(":")[2] for title in best))[:limit]
