"""What tantivy is asked: schema, clauses, counts, pages in a total order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import tantivy
from tantivy import Occur, Order
from tantivy import Query as Clause

from search.engines import Candidate, FacetCount, Hit
from search.engines.asking import Wanted, code_clause, drill, icv_range, ordered, sought
from search.engines.fields import COUNTED, LEVELLED, LOOKED_UP, SORTED
from search.queries import BOOSTS, ICV_BANDS, ICV_SCALE, CandidateQuery, Query, Sort

# Buckets of a facet: more than any level has codes below one.
_BUCKETS: Final = 1_000

# What candidates are looked for by. Only of fields whose frequencies are kept, even where a value cannot stand twice,
# tantivy knows the best of a block of documents, and skips the block.
_SCORED: Final = frozenset((*BOOSTS, *LEVELLED, "kpved", "enstru"))


def _kept(name: str) -> str:
    return "freq" if name in _SCORED else "basic"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "icv"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("version", "fingerprint"):
        builder.add_integer_field(name, fast=True)
    builder.add_boolean_field("live", indexed=True)
    for name in BOOSTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option=_kept(name))
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("sounds", tokenizer_name="raw", index_option="basic")
    # Kept to be shown and never looked up, hence no text field.
    builder.add_bytes_field("title", stored=True)
    for name in (*COUNTED, *SORTED):
        builder.add_text_field(name, tokenizer_name="raw", index_option=_kept(name), fast=True)
    for name in LOOKED_UP:
        builder.add_text_field(name, tokenizer_name="raw", index_option=_kept(name))
    return builder.build()


SCHEMA: Final = _schema()


def stored(fields: Mapping[str, Any]) -> tantivy.Document:
    """The fields of a document as tantivy takes them."""
    titles = [title.encode() for title in fields.get("title", ())]
    return tantivy.Document.from_dict({**fields, "title": titles}, SCHEMA)


def count(searcher: tantivy.Searcher, clause: Clause) -> int:
    """How many documents a clause holds for."""
    return int(searcher.search(clause, limit=1).count)  # type: ignore[attr-defined]


def whole(value: Any) -> int:
    """A value of a fast field as a number."""
    return 0 if value is None else int(value)


def term(name: str, value: str | int | bool) -> Clause:
    """Documents with this value in a field."""
    return Clause.term_query(SCHEMA, name, value, _kept(name))


def between(name: str, low: int | None, high: int | None) -> Clause:
    """Documents with a number from low to high, both inclusive."""
    return Clause.range_query(SCHEMA, name, tantivy.FieldType.Integer, low, high)


def any_of(clauses: Sequence[Clause], least: int | None = None) -> Clause:
    """Documents that at least so many of the clauses hold for."""
    return Clause.boolean_query([(Occur.Should, clause) for clause in clauses], least)


def all_of(clauses: Sequence[Clause]) -> Clause:
    """Documents that all clauses hold for; with none, every document that was not taken out."""
    return Clause.boolean_query([(Occur.Must, clause) for clause in clauses or [term("live", True)]])


def boosted(name: str, token: str) -> Clause:
    """Documents that hold the token in this field, scored by rarity and by what the field counts."""
    return Clause.boost_query(term(name, token), BOOSTS[name]) if BOOSTS[name] != 1 else term(name, token)


def holds(token: str, fields: Iterable[str] = BOOSTS) -> Clause:
    """Documents that hold the token in one of the fields."""
    return any_of([boosted(name, token) for name in fields])


def holding(tokens: Sequence[str], least: int | None) -> list[Clause]:
    """Clauses that together ask for at least so many of the tokens, for all of them where it is None."""
    if not tokens:
        return []
    if least is None or least >= len(tokens):
        return [holds(token) for token in tokens]
    return [any_of([holds(token) for token in tokens], least)]


def filters(query: Query) -> dict[str, Clause]:
    """The filters of a query by the facet they belong to. None of them counts for the score."""
    found: dict[str, Clause] = {}
    if query.code:
        name, value, goes_on = code_clause(query.code)
        found["code"] = begins(name, value) if goes_on else term(name, value)
    for name, values in (
        ("region", query.regions),
        ("evidence", query.evidence),
        ("role", query.roles),
        ("kind", query.kinds),
    ):
        if values:
            found[name] = any_of([term(name, value) for value in values])
    if share := icv_range(query):
        found["icv"] = between("icv", *share)
    if query.bin:
        found["bin"] = term("bin", query.bin)
    return {name: Clause.const_score_query(clause, 0.0) for name, clause in found.items()}


def begins(name: str, prefix: str) -> Clause:
    """Documents with a value that begins so."""
    return Clause.regex_query(SCHEMA, name, f"{re.escape(prefix)}.*")


def aggregation(name: str, query: Query) -> dict[str, Any] | None:
    """What counts a facet; None where there is nothing below the code asked for."""
    if name == "icv":
        ranges = [
            {"from": low * ICV_SCALE, "to": high * ICV_SCALE, "key": band} for band, (low, high) in ICV_BANDS.items()
        ]
        return {"range": {"field": "icv", "ranges": ranges}}
    level = drill(query.code)
    if name == "code" and level is None:
        return None
    counted = f"tnved{level}" if name == "code" else name
    return {"terms": {"field": counted, "size": _BUCKETS, "segment_size": _BUCKETS}}


def counts(name: str, counted: Mapping[str, Any]) -> list[FacetCount]:
    """Counts of a facet from its aggregation."""
    return ordered(name, {bucket["key"]: int(bucket["doc_count"]) for bucket in counted["buckets"]})


def page(searcher: tantivy.Searcher, clause: Clause, wanted: Wanted) -> list[Hit]:
    """The hits asked for in a total order: tantivy breaks ties by place, so equals are fetched together and sorted."""
    query, last = wanted.query, wanted.skip + wanted.size
    field_name, order = {
        Sort.NAME: (f"sort_{query.lang}", Order.Asc),
        Sort.ICV: ("icv", Order.Desc),
        Sort.NEWEST: ("id", Order.Desc),
        Sort.RELEVANCE: (None, Order.Desc) if wanted.words else ("id", Order.Desc),
    }[query.sort]
    limit = last + 20
    while True:
        found = searcher.search(clause, limit=limit, count=False, order_by_field=field_name, order=order).hits
        if len(found) < limit or found[last - 1][0] != found[-1][0]:
            break
        limit *= 4
    ids = searcher.fast_field_values("id", [address for _, address in found])
    keyed = [(key, whole(id)) for (key, _), id in zip(found, ids, strict=True)]
    # Stable: by id first, then by key, so that equal keys stay in the order of their ids.
    keyed.sort(key=lambda one: one[1])
    keyed.sort(key=lambda one: one[0], reverse=order is Order.Desc)
    relevant = field_name is None
    return [Hit(id, float(key) if relevant else 0.0) for key, id in keyed[wanted.skip : last]]


def candidates(searcher: tantivy.Searcher, query: CandidateQuery) -> list[Candidate]:
    """The best documents for a need, best first."""
    # Plain term queries only, of fields _SCORED: then tantivy skips blocks that cannot reach the best hundred.
    tokens, terms = sought(query)
    clauses = [boosted(name, token) for token in tokens for name in BOOSTS]
    clauses += [term(name, value) for name, value in terms]
    if not clauses or query.limit < 1:
        return []
    found = searcher.search(any_of(clauses), limit=query.limit, count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in found])
    best = sorted((-score, whole(id)) for (score, _), id in zip(found, ids, strict=True))
    return [Candidate(id, -score) for score, id in best]
