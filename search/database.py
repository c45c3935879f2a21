"""The answer of the database, for as long as the engine is away: fewer comforts, the same filters, and it says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from registry.catalogue.models import Product, ProductVersion
from registry.dated import holds_on
from registry.evidence.queries import goods
from registry.suppliers.models import Role, Supplier, SupplierVersion
from registry.text import fold, sort_key
from search.analysis import query_tokens, sounds
from search.engines import FacetCount, Hit, Hits
from search.engines.asking import drill, icv_range, ordered
from search.goods import Listed, listed
from search.queries import DEEPEST_HIT, FACETS, ICV_BANDS, ICV_SCALE, LARGEST_PAGE, Query, Sort, Understood

# Lines looked at one by one; of more only the newest are shown, and facets are not counted.
MOST_LINES: Final = 1_000
MOST_WORDS: Final = 8
_LONGEST_TEXT: Final = 500
_WORD: Final = re.compile(r"\w+")


def search(session: Session, query: Query, on: date) -> Hits:
    """The page of hits asked for. Words are looked for as pieces of text, without their ends, in any case.

    Where that finds nothing, words typed in another script are read by their sound.
    """
    words = _words(query.text)
    if not words and query.text.strip():
        return Hits(0, (), dict.fromkeys(FACETS, ()), Understood(nothing=True), degraded=True)
    hits = _found(session, query, words, on)
    meant = _in_another_script(session, words, on) if words and not hits.total else {}
    if not meant:
        return hits
    read = _found(session, query, [meant.get(word, word) for word in words], on)
    return replace(read, understood=replace(read.understood, corrected=tuple(meant.items()))) if read.total else hits


def _found(session: Session, query: Query, words: Sequence[str], on: date) -> Hits:
    wanted = _wanted(query, words, on)
    ids = list(session.scalars(wanted.order_by(Product.id.desc()).limit(MOST_LINES + 1)))
    complete = len(ids) <= MOST_LINES
    looked_at = listed(session, goods(session, ids[:MOST_LINES], on), on)
    rows = [row for row in looked_at if _stands(row, query, but=None)]
    judged = bool(query.evidence) or icv_range(query) is not None
    total = len(rows)
    if not complete and not judged:
        total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    size = max(0, min(query.size, LARGEST_PAGE))
    skip = (max(query.page, 1) - 1) * size
    page = _sorted(rows, query)[skip : skip + size]
    return Hits(
        total=total,
        hits=tuple(Hit(row.good.id, 0.0) for row in page),
        facets=_facets(session, query, words, rows, on) if complete else dict.fromkeys(FACETS, ()),
        understood=Understood(words=tuple(words), least=len(words), beyond=skip + size > DEEPEST_HIT),
        degraded=True,
    )


def _words(text: str) -> list[str]:
    """The folded words that say something, as engines understand it."""
    words = dict.fromkeys(_WORD.findall(fold(text[:_LONGEST_TEXT])))
    return [word for word in words if query_tokens(word)][:MOST_WORDS]


def _in_another_script(session: Session, words: Sequence[str], on: date) -> dict[str, str]:
    """The words that names do not have, with the most frequent word of names that sounds so in another script.

    Of very many lines only the newest are looked at.
    """
    line = ProductVersion
    names = _wanted(Query(), (), on).with_only_columns(line.name_ru, line.name_kk, line.name_en)
    newest = session.execute(names.order_by(Product.id.desc()).limit(MOST_LINES))
    held = Counter(word for row in newest for name in row if name for word in _WORD.findall(fold(name)))
    spoken = sorted(sounds.terms(held))
    meant = {}
    for word in words:
        if any(_begun(word) in other for other in held):
            continue
        alike = {begun: sounds.words_of(spoken, begun) for begun in sounds.sought(word)}
        exact, but_for_ending = sounds.heard(word, alike)
        if exact or but_for_ending:
            meant[word] = min(exact or but_for_ending, key=lambda other: (-held[other], other))
    return meant


def _wanted(query: Query, words: Sequence[str], on: date, *, but: str | None = None) -> Select[Any]:
    """Ids of the lines that the database itself can tell; the filter of the facet `but` is left out."""
    line, maker = ProductVersion, SupplierVersion
    conditions: list[ColumnElement[bool]] = [
        *(holds_on(line, on), holds_on(maker, on)),
        *(line.draft.is_(False), maker.published.is_(True)),
    ]
    named = (line.name_ru, line.name_kk, line.name_en, line.description, maker.name)
    conditions += [or_(*(_contains(column, word) for column in named)) for word in words]
    if query.code:
        conditions.append(line.tnved.startswith(query.code, autoescape=True))
    if query.regions and but != "region":
        conditions.append(or_(*(maker.kato.startswith(region, autoescape=True) for region in query.regions)))
    if query.roles and but != "role":
        by_supplier = and_(line.role == Role.UNSTATED, maker.role.in_(query.roles))
        conditions.append(or_(and_(line.role != Role.UNSTATED, line.role.in_(query.roles)), by_supplier))
    if query.kinds and but != "kind":
        conditions.append(line.kind.in_(query.kinds))
    if query.bin:
        conditions.append(Supplier.bin == query.bin)
    return (
        select(Product.id)
        .join(line, line.product_id == Product.id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .join(maker, maker.supplier_id == Product.supplier_id)
        .where(*conditions)
    )


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    """Whether a column holds the beginning of a word, with ё or е, in any case."""
    begun = _begun(word)
    spellings = (begun, begun.capitalize(), begun.upper())
    patterns = ["%" + re.sub("[еЕ]", "_", re.sub(r"([\\%_])", r"\\\1", spelling)) + "%" for spelling in spellings]
    # Neither SQLite nor a PostgreSQL of the C locale knows the case of other than Latin letters.
    return or_(*(column.like(pattern, escape="\\") for pattern in patterns))


def _begun(word: str) -> str:
    return word[: max(4, len(word) - 2)]


def _stands(row: Listed, query: Query, *, but: str | None) -> bool:
    """Whether a line's evidence is as asked for."""
    share = icv_range(query) if but != "icv" else None
    return (not query.evidence or but == "evidence" or row.evidence in query.evidence) and (
        share is None or share[0] <= row.icv * ICV_SCALE <= share[1]
    )


def _sorted(rows: Sequence[Listed], query: Query) -> list[Listed]:
    if query.sort is Sort.NAME:
        return sorted(rows, key=lambda row: (sort_key(row.good.name(query.lang), query.lang), row.good.id))
    if query.sort is Sort.ICV:
        return sorted(rows, key=lambda row: (-row.icv, row.good.id))
    return sorted(rows, key=lambda row: -row.good.id)


def _facets(
    session: Session, query: Query, words: Sequence[str], rows: Sequence[Listed], on: date
) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of every facet, each without its own filter; none where that leaves too many lines to look at."""
    filtered = {"region": query.regions, "evidence": query.evidence, "role": query.roles, "kind": query.kinds}
    filtered["icv"] = ("asked",) if icv_range(query) else ()
    facets: dict[str, tuple[FacetCount, ...]] = {}
    for name in FACETS:
        counted: Sequence[Listed] = rows
        if filtered.get(name):
            wanted = _wanted(query, words, on, but=name)
            ids = list(session.scalars(wanted.order_by(Product.id.desc()).limit(MOST_LINES + 1)))
            if len(ids) > MOST_LINES:
                facets[name] = ()
                continue
            counted = [row for row in listed(session, goods(session, ids, on), on) if _stands(row, query, but=name)]
        counts = Counter(value for row in counted if (value := _value(row, name, query)))
        facets[name] = tuple(ordered(name, counts))
    return facets


def _value(row: Listed, facet: str, query: Query) -> str | None:
    good = row.good
    if facet == "code":
        level = drill(query.code)
        return good.tnved[:level] if level and good.tnved and len(good.tnved) >= level else None
    if facet == "icv":
        return next((band for band, (low, high) in ICV_BANDS.items() if low <= row.icv < high), None)
    return {"region": good.region, "evidence": row.evidence.value, "role": good.role.value, "kind": good.kind.value}[
        facet
    ]
