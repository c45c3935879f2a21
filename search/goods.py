"""Listed goods, works and services as the index holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Final

from sqlalchemy.orm import Session

from registry import law
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.evidence.goods import Good
from registry.evidence.queries import count, goods, goods_after, ids, versions
from registry.evidence.rules import State, standing
from registry.text import fold, sort_key
from search.analysis import index_text
from search.analysis.sounds import terms
from search.kinds import Document, Kind, fingerprint
from search.queries import LEVELS

SUBJECT: Final = "product"

# Names of a section hold for thousands of goods and say nothing of one.
_UNSAID: Final = "section"
# Names are cut where they are suggested, and keys to sort by at some sixty letters: nobody reads on.
_TITLE: Final = 200
_SORTED_BY: Final = 120


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """A line as it stood on a day, with what follows from its evidence and what its code is called."""

    good: Good
    evidence: State
    icv: Decimal
    code_names: str

    def __repr__(self) -> str:
        # All that the document is made from, in half the time that the fields' own names and quotes would take.
        return "\x1f".join(map(str, (self.evidence, self.icv, self.code_names, *_of_good(self.good))))


_of_good: Final[Callable[[Good], tuple[object, ...]]] = attrgetter(*Good._fields)


def listed(session: Session, found: Iterable[Good], on: date) -> list[Listed]:
    """Lines with what the index says of them on that day."""
    of_the_day = law.on(on)
    nomenclature, activities = tree(session, Scheme.TNVED, on), tree(session, Scheme.KPVED, on)
    rows = []
    for good in found:
        stands = standing(good.evidence, on, of_the_day)
        called = _names(nomenclature, good.tnved) if good.tnved else _names(activities, good.kpved or "")
        rows.append(Listed(good, stands.state, stands.percent, called))
    return rows


@lru_cache(maxsize=1 << 15)
def _names(classifier: Tree, code: str) -> str:
    """What a code and the codes above it are called, in all languages, so that words of any of them are met."""
    nodes = [node for node in classifier.ancestors(code) if node.kind != _UNSAID]
    said = dict.fromkeys(
        text for node in nodes for text in (node.name_ru, node.name_kk, node.name_en, node.aliases) if text
    )
    return "\n".join(said)


def document(row: Listed) -> Document:
    """What the index holds of a line: the first name it has decides, the others are its names in other languages."""
    good = row.good
    named = {lang: name for lang, name in (("ru", good.name_ru), ("kk", good.name_kk), ("en", good.name_en)) if name}
    names = list(named.values())
    titles = {lang: name[:_TITLE] for lang, name in named.items()}
    described = index_text(text) if (text := good.described) else ""
    words = list(dict.fromkeys(word for title in titles.values() for word in _WORD.findall(fold(title))))
    name, alt = index_text(names[0]), " ".join(map(index_text, names[1:]))
    return Document(
        subject=SUBJECT,
        id=good.id,
        version=good.version,
        name=name,
        alt=alt,
        body=described,
        about=" ".join([_indexed(good.supplier_name), *_codes(good), _indexed(row.code_names)]),
        words=" ".join(words),
        sounds=(*terms([*name.split(), *alt.split(), *words]), *_sounds(good.supplier_name)),
        titles=titles,
        sort_names=_sort_names(good),
        tnved=good.tnved,
        kpved=good.kpved,
        enstru=good.enstru,
        region=good.region,
        evidence=row.evidence.value,
        icv=row.icv,
        role=good.role.value,
        kind=good.kind.value,
        bin=good.bin,
        fingerprint=fingerprint(row),
    )


_WORD: Final = re.compile(r"\w{2,}")
# The names of a code and of a supplier are the same for many goods.
_indexed = lru_cache(maxsize=1 << 14)(index_text)


@lru_cache(maxsize=1 << 14)
def _sounds(supplier_name: str) -> tuple[str, ...]:
    return tuple(terms([*_indexed(supplier_name).split(), *_WORD.findall(fold(supplier_name))]))


def _sort_names(good: Good) -> dict[str, str]:
    return {lang: sort_key(good.name(lang), lang)[:_SORTED_BY] for lang in ("kk", "ru", "en")}


def _codes(good: Good) -> list[str]:
    """The codes and the number by which a line may be looked up as text: tokens as they are, without dots."""
    code = good.tnved or ""
    levels = [code[:digits] for digits in LEVELS[1:] if len(code) >= digits]
    joined = [other.replace(".", "") for other in (good.kpved, good.enstru) if other]
    return [*levels, *joined, good.bin]


def _load(session: Session, ids: Collection[int], on: date) -> list[Listed]:
    return listed(session, goods(session, ids, on), on)


def _after(session: Session, after_id: int, limit: int, on: date) -> list[Listed]:
    return listed(session, goods_after(session, after_id, limit, on), on)


def _identify(row: Listed) -> tuple[int, int]:
    return row.good.id, row.good.version


PRODUCTS: Final = Kind(
    name=SUBJECT,
    load=_load,
    after=_after,
    ids=ids,
    versions=versions,
    count=count,
    identify=_identify,
    document=document,
)
