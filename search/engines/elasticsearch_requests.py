"""Requests to Elasticsearch as plain JSON: mapping, clauses, counts, orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from search.analysis.sounds import MOST_ALIKE
from search.engines import FacetCount
from search.engines.asking import Wanted, code_clause, drill, icv_range, ordered, sought
from search.engines.fields import COUNTED, LOOKED_UP, SORTED
from search.queries import BOOSTS, ICV_BANDS, ICV_SCALE, CandidateQuery, Query, Sort

# Buckets of a facet: more than any level has codes below one.
_BUCKETS: Final = 1_000

_KEYWORD: Final = {"type": "keyword"}
MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "properties": {
        **{name: {"type": "long"} for name in ("id", "icv")},
        **{name: {"type": "long", "index": False} for name in ("version", "fingerprint")},
        "live": {"type": "boolean"},
        **{name: {"type": "text", "analyzer": "whitespace", "index_options": "freqs"} for name in BOOSTS},
        "words": {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False},
        **dict.fromkeys((*COUNTED, "title"), _KEYWORD),
        **{name: {"type": "keyword", "doc_values": False} for name in LOOKED_UP},
        **{name: {"type": "keyword", "index": False} for name in (*SORTED, "title", "sounds")},
    },
}

# Hits are ids: nothing that is stored is read.
BARE: Final[dict[str, Any]] = {"stored_fields": "_none_", "docvalue_fields": ["id"]}


LIVE: Final[dict[str, Any]] = {"term": {"live": True}}


def id_of(hit: Mapping[str, Any]) -> int:
    """The document's id."""
    return int(hit["fields"]["id"][0])


def all_of(clauses: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Documents that all clauses hold for."""
    return {"bool": {"filter": list(clauses)}}


def holds(token: str, fields: Iterable[str] = BOOSTS) -> dict[str, Any]:
    """Documents that hold the token in one of the fields."""
    return {"bool": {"should": [boosted(name, token) for name in fields], "minimum_should_match": 1}}


def boosted(name: str, token: str) -> dict[str, Any]:
    """Documents that hold the token in this field, scored by rarity and by what the field counts."""
    return {"term": {name: {"value": token, "boost": BOOSTS[name]}}}


def holding(tokens: Sequence[str], least: int | None) -> list[dict[str, Any]]:
    """Clauses that together ask for at least so many of the tokens, for all of them where it is None."""
    held = [holds(token) for token in tokens]
    if least is None or least >= len(held):
        return held
    return [{"bool": {"should": held, "minimum_should_match": least}}]


def filters(query: Query) -> dict[str, dict[str, Any]]:
    """The filters of a query by the facet they belong to."""
    found: dict[str, dict[str, Any]] = {}
    if query.code:
        name, value, goes_on = code_clause(query.code)
        found["code"] = {"prefix" if goes_on else "term": {name: {"value": value}}}
    for name, values in (
        ("region", query.regions),
        ("evidence", query.evidence),
        ("role", query.roles),
        ("kind", query.kinds),
    ):
        if values:
            found[name] = {"terms": {name: list(values)}}
    if share := icv_range(query):
        found["icv"] = {"range": {"icv": {"gte": share[0], "lte": share[1]}}}
    if query.bin:
        found["bin"] = {"term": {"bin": query.bin}}
    return found


def aggregation(name: str, query: Query) -> dict[str, Any] | None:
    """What counts a facet; None where there is nothing below the code asked for."""
    if name == "icv":
        ranges = [
            {"key": band, "from": low * ICV_SCALE, "to": high * ICV_SCALE} for band, (low, high) in ICV_BANDS.items()
        ]
        return {"range": {"field": "icv", "ranges": ranges}}
    level = drill(query.code)
    if name == "code" and level is None:
        return None
    return {"terms": {"field": f"tnved{level}" if name == "code" else name, "size": _BUCKETS}}


def counts(name: str, counted: Mapping[str, Any] | None) -> list[FacetCount]:
    """Counts of a facet from its aggregation."""
    buckets = counted["counted"]["buckets"] if counted else []
    return ordered(name, {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets})


def alike(begun: str) -> dict[str, Any]:
    """What lists the terms of words whose keys begin so; a key is of small Latin letters only."""
    return {"terms": {"field": "sounds", "include": f"{begun}.*", "size": MOST_ALIKE, "order": {"_key": "asc"}}}


def sort(wanted: Wanted) -> list[dict[str, str]]:
    """The total order asked for."""
    by: dict[Sort, list[dict[str, str]]] = {
        Sort.NAME: [{f"sort_{wanted.query.lang}": "asc"}, {"id": "asc"}],
        Sort.ICV: [{"icv": "desc"}, {"id": "asc"}],
        Sort.NEWEST: [{"id": "desc"}],
        Sort.RELEVANCE: [{"_score": "desc"}, {"id": "asc"}] if wanted.words else [{"id": "desc"}],
    }
    return by[wanted.query.sort]


def candidates(query: CandidateQuery, seconds: float) -> dict[str, Any]:
    """The request for the candidates of a need."""
    tokens, terms = sought(query)
    should = [boosted(name, token) for token in tokens for name in BOOSTS]
    should += [{"term": {name: {"value": value}}} for name, value in terms]
    return {
        **BARE,
        "query": {"bool": {"should": should}} if should else {"match_none": {}},
        "size": query.limit,
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "track_total_hits": False,
        "timeout": f"{seconds:.0f}s",
    }
