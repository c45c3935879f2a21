"""The answer to a search as its page shows it: what was understood, part by part, and facets to narrow it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from registry.classifiers.tree import Tree
from registry.wording import tr
from search.engines import FacetCount
from search.queries import FACETS, ICV_BANDS
from web.public.asked import Asked

# Values of a facet shown at most: the largest say where the goods are, the rest are found by words.
LONGEST_FACET: Final = 20


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the question and the address's query that asks without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value to narrow down by; `toggle` is the address's query that asks for it, or no more for it.

    lang: the language that its words are in.
    """

    words: str
    lang: str
    count: int
    chosen: bool
    toggle: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow down. `path` leads from the widest code to the one asked for."""

    name: str
    values: tuple[FacetValue, ...]
    path: tuple[FacetValue, ...] = ()


def chips(asked: Asked, nomenclature: Tree, lang: str) -> list[Chip]:
    """The question in parts, each removable: the words, then the filters."""
    words = asked.text.split()
    found = [
        Chip(word, asked.with_text(" ".join(words[:place] + words[place + 1 :]))) for place, word in enumerate(words)
    ]
    for facet in FACETS:
        for value in asked.chosen(facet):
            found.append(Chip(_label(facet, value, nomenclature, lang), asked.without((facet, value))))
    if asked.icv_from is not None:
        label = tr("web.search.icv_from", lang, percent=asked.icv_from)
        found.append(Chip(label, asked.without(("icv_from", f"{asked.icv_from.normalize():f}"))))
    if asked.bin:
        found.append(Chip(tr("web.search.of_supplier", lang, bin=asked.bin), asked.without(("bin", asked.bin))))
    return found


def facets(asked: Asked, counted: Mapping[str, Sequence[FacetCount]], nomenclature: Tree, lang: str) -> list[Facet]:
    """The facets worth showing: those that have something to choose, or something chosen."""
    shown = []
    for name in FACETS:
        values = [
            FacetValue(
                words=_words(name, counted_value.value, nomenclature, lang),
                lang=_spoken(name, counted_value.value, nomenclature, lang),
                count=counted_value.count,
                chosen=counted_value.value in asked.chosen(name),
                toggle=asked.toggled(name, counted_value.value),
            )
            for counted_value in counted.get(name, ())[:LONGEST_FACET]
        ]
        path = _path(asked, nomenclature, lang) if name == "code" else ()
        if values or path:
            shown.append(Facet(name, tuple(values), path))
    return shown


def _path(asked: Asked, nomenclature: Tree, lang: str) -> tuple[FacetValue, ...]:
    """From all codes down to the one asked for; each step widens the question again."""
    if not asked.code:
        return ()
    widest = FacetValue(tr("web.facet.all_codes", lang), lang, 0, False, asked.without(("code", asked.code)))
    lengths = [*range(2, len(asked.code), 2), len(asked.code)]
    return (
        widest,
        *(
            FacetValue(
                words=_words("code", asked.code[:length], nomenclature, lang),
                lang=_spoken("code", asked.code[:length], nomenclature, lang),
                count=0,
                chosen=length == len(asked.code),
                toggle=asked.with_code(asked.code[:length]),
            )
            for length in lengths
        ),
    )


def _spoken(facet: str, value: str, nomenclature: Tree, lang: str) -> str:
    """The language that the words of a value are in: a code may have no name in that of the page."""
    node = nomenclature.node(value) if facet == "code" else None
    return node.named(lang)[1] if node else lang


def _label(facet: str, value: str, nomenclature: Tree, lang: str) -> str:
    """A value as it is told away from its facet, whose name tells what a code or a percent is of."""
    words = _words(facet, value, nomenclature, lang)
    if facet == "icv":
        return tr("web.search.icv_band", lang, band=words)
    return f"{tr('web.code.tnved', lang)} {words}" if facet == "code" else words


def _words(facet: str, value: str, nomenclature: Tree, lang: str) -> str:
    if facet == "code":
        node = nomenclature.node(value)
        return f"{value} {node.name(lang)}" if node else value
    if facet == "icv":
        low, high = ICV_BANDS[value]
        return tr("web.facet.band", lang, low=low, high=min(high, 100))
    prefix = {"region": "region", "evidence": "web.standing", "role": "web.role_of", "kind": "web.kind"}[facet]
    return tr(f"{prefix}.{value}", lang)
