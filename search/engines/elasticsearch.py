"""The engine for production: Elasticsearch 8.19 or newer, through core features only.

    PREFIX-SUBJECT             alias of the index that answers
    PREFIX-SUBJECT-building    alias of the index that is being built, if any
    PREFIX-SUBJECT-g000007     an index

Text arrives as application tokens, so the analyser only splits at white space.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError, UnsupportedProductError, helpers

from registry.wording import Message
from search.analysis.sounds import word_of
from search.engines import Candidate, EngineUnavailable, Entry, FacetCount, Health, Hit, Hits, cause
from search.engines import elasticsearch_requests as request
from search.engines.asking import SAMPLE, Wanted, answer, suggestions
from search.engines.fields import fields, gone
from search.kinds import Document
from search.queries import BOOSTS, FACETS, CandidateQuery, Query
from search.recipe import recipe

# How long a question may take before the database answers instead, and how long a bulk of changes, seconds.
QUESTION_S: Final = 5.0
BULK_S: Final = 60.0
_ATTEMPTS: Final = 5
_BUSY: Final = (429, 502, 503, 504)
# Needs asked in one request.
_TOGETHER: Final = 50
# How long an index once found good is trusted to be, seconds.
_TRUSTED_S: Final = 30.0


class ElasticsearchEngine:
    """One index per subject on a cluster. prefix: what the names of all its indexes begin with."""

    name = "elasticsearch"

    def __init__(
        self, url: str, *, api_key: str | None = None, ca: Path | None = None, prefix: str = "ondiris"
    ) -> None:
        secured: dict[str, Any] = {"ca_certs": str(ca)} if ca else {}
        self.prefix = prefix
        self._client = Elasticsearch(url, api_key=api_key, request_timeout=QUESTION_S, max_retries=1, **secured)
        self._patient = self._client.options(
            request_timeout=BULK_S, max_retries=_ATTEMPTS, retry_on_status=_BUSY, retry_on_timeout=True
        )
        self._trusted: dict[str, float] = {}

    # Finding

    def search(self, query: Query) -> Hits:
        """The page of hits asked for, with facets and how the query was understood."""
        self._trust(query.subject)
        return answer(self, query)

    def run(self, wanted: Wanted) -> tuple[int, list[Hit], dict[str, list[FacetCount]]]:
        """How many documents there are, the hits asked for, and the counts of every facet."""
        query = wanted.query
        filters = request.filters(query)
        fixed = [filters.pop(name) for name in ("code", "bin") if name in filters]
        aggregations: dict[str, Any] = {}
        for name in FACETS:
            counted = request.aggregation(name, query)
            if counted is not None:
                others = [one for other, one in filters.items() if other != name]
                aggregations[name] = {"filter": request.all_of(others), "aggs": {"counted": counted}}
        found = self._ask(
            query.subject,
            query={"bool": {"must": request.holding(wanted.words, wanted.least), "filter": [request.LIVE, *fixed]}},
            post_filter=request.all_of(list(filters.values())),
            aggs=aggregations,
            from_=wanted.skip,
            size=wanted.size,
            sort=request.sort(wanted),
            track_total_hits=True,
        )
        hits = [Hit(request.id_of(hit), float(hit["_score"] or 0.0)) for hit in found["hits"]["hits"]]
        facets = {name: request.counts(name, found["aggregations"].get(name)) for name in FACETS}
        return int(found["hits"]["total"]["value"]), hits, facets

    def candidates(self, queries: Sequence[CandidateQuery], *, subject: str = "product") -> list[list[Candidate]]:
        """For each query its best candidates, best first, at most its limit; in the order of the queries."""
        self._trust(subject)
        answers: list[list[Candidate]] = []
        for start in range(0, len(queries), _TOGETHER):
            together = queries[start : start + _TOGETHER]
            asked = [part for query in together for part in ({}, request.candidates(query, BULK_S))]
            with self._reached(subject):
                replies = self._patient.msearch(index=self._live(subject), searches=asked)["responses"]
            for reply in replies:
                if "error" in reply:
                    raise _refused(str(reply["error"]))
                best = sorted((-float(hit["_score"]), request.id_of(hit)) for hit in reply["hits"]["hits"])
                answers.append([Candidate(id, -score) for score, id in best])
        return answers

    def suggest(self, text: str, *, lang: str = "ru", limit: int = 8, subject: str = "product") -> list[str]:
        """Names that continue what is being typed, those in the reader's language first."""
        self._trust(subject)
        return suggestions(self, text, limit, subject, lang)

    def titles(self, held: Sequence[str], begun: Sequence[str], subject: str) -> list[list[str]]:
        """The names of each document that holds all tokens and a word that begins in one of these ways."""
        begins = [{"prefix": {"words": {"value": one}}} for one in begun]
        found = self._ask(
            subject,
            query={"bool": {"filter": [*request.holding(held, None), {"bool": {"should": begins}}]}},
            docvalue_fields=["title"],
            sort=[{"id": "asc"}],
            size=SAMPLE,
            track_total_hits=False,
        )
        return [hit["fields"].get("title", []) for hit in found["hits"]["hits"]]

    def alike(self, begun: Sequence[str], subject: str) -> dict[str, list[str]]:
        """For each beginning of a key of sound the words of names whose keys begin so."""
        if not begun:
            return {}
        aggregations = {one: request.alike(one) for one in begun}
        found = self._ask(subject, size=0, query=request.LIVE, aggs=aggregations)["aggregations"]
        return {one: [word_of(bucket["key"]) for bucket in found[one]["buckets"]] for one in begun}

    def frequencies(
        self, tokens: Iterable[str], *, subject: str = "product", fields: Sequence[str] = tuple(BOOSTS)
    ) -> dict[str, int]:
        """How many documents hold each application token in one of the fields; 0 for one that none holds."""
        asked = list(tokens)
        if not asked:
            return {}
        held = {str(at): request.holds(token, fields) for at, token in enumerate(asked)}
        found = self._ask(
            subject,
            size=0,
            query=request.LIVE,
            aggs={"held": {"filters": {"filters": held}}},
        )
        buckets = found["aggregations"]["held"]["buckets"]
        return {token: int(buckets[str(at)]["doc_count"]) for at, token in enumerate(asked)}

    def similar(self, words: Sequence[str], subject: str) -> dict[str, set[str]]:
        """For each word the nearest tokens of the index, and words of its names."""
        if not words:
            return {}
        term = {"suggest_mode": "always", "max_edits": 2, "prefix_length": 0, "min_word_length": 4, "size": 50}
        asked = {
            f"{at} {name}": {"text": word, "term": {"field": name, "analyzer": "whitespace", **term}}
            for at, word in enumerate(words)
            for name in (*BOOSTS, "words")
        }
        found = self._ask(subject, size=0, suggest=asked)["suggest"]
        nearest: dict[str, set[str]] = {word: set() for word in words}
        for key, parts in found.items():
            word = words[int(key.split()[0])]
            nearest[word].update(option["text"] for part in parts for option in part["options"])
        return nearest

    def count(self, subject: str = "product", *, building: bool = False) -> int:
        """How many documents the index holds."""
        with self._reached(subject):
            return int(self._client.count(index=self._alias(subject, building), query=request.LIVE)["count"])

    def entries(self, subject: str, after: int, limit: int, *, building: bool = False) -> list[Entry]:
        """The next documents by id, for comparing with the database."""
        found = self._ask(
            subject,
            building=building,
            query={"bool": {"filter": [request.LIVE, {"range": {"id": {"gt": after}}}]}},
            size=limit,
            sort=[{"id": "asc"}],
            docvalue_fields=["id", "version", "fingerprint"],
            track_total_hits=False,
        )
        values = (hit["fields"] for hit in found["hits"]["hits"])
        return [Entry(*(int(value[name][0]) for name in ("id", "version", "fingerprint"))) for value in values]

    # Keeping

    def write(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Put documents in, unless a newer version is there; returns what was wrong with each that failed, by id."""
        return self._change(subject, [fields(document) for document in documents])

    def delete(self, subject: str, versions: Mapping[int, int]) -> dict[int, str]:
        """Take documents out, as of the given version: an older one written later stays out.

        What stays is an empty document with the version: Elasticsearch itself forgets deleted versions in a minute.
        """
        return self._change(subject, [gone(id, version) for id, version in versions.items()])

    def refresh(self, subject: str = "product") -> None:
        """Make everything written so far findable."""
        with self._reached(subject):
            self._patient.indices.refresh(index=self._live(subject))

    def _change(self, subject: str, changes: list[dict[str, Any]]) -> dict[int, str]:
        if not changes:
            return {}
        # The one that is being built first: if it is swapped in between, the second write reaches it as the live one.
        built = self._bulk(subject, changes, building=True)
        failed = self._bulk(subject, changes, building=False)
        if failed is None:
            if built is None:
                raise self._none(subject)
            return built
        return failed

    def _bulk(self, subject: str, changes: list[dict[str, Any]], *, building: bool) -> dict[int, str] | None:
        """Write; returns what failed by id, or None where there is no such index."""
        actions = (
            {
                "_op_type": "index",
                "_id": str(change["id"]),
                "version": change["version"],
                "version_type": "external_gte",
                "_source": change,
            }
            for change in changes
        )
        failed: dict[int, str] = {}
        with self._reached(subject):
            for done, result in helpers.streaming_bulk(
                self._patient,
                actions,
                index=self._alias(subject, building),
                require_alias=True,
                max_retries=_ATTEMPTS,
                retry_on_status=_BUSY,
                raise_on_error=False,
            ):
                reply = result["index"]
                if done or reply["status"] == 409:  # a newer version is there already
                    continue
                if reply["status"] == 404:
                    return None
                if reply["status"] in _BUSY:
                    raise _refused(str(reply["error"]))
                failed[int(reply["_id"])] = str(reply["error"])
        return failed

    # Building

    def begin(self, subject: str) -> None:
        """Start a new index beside the one that answers; what an earlier, unfinished one left is thrown away."""
        with self._reached(subject):
            self._sweep(subject, keep={self._behind(self._live(subject))})
            numbers = [int(name.rpartition("-g")[2]) for name in self._indexes(subject)]
            self._patient.indices.create(
                index=f"{self._live(subject)}-g{max(numbers, default=0) + 1:06}",
                mappings={**request.MAPPING, "_meta": {"recipe": recipe()}},
                settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"},
                aliases={self._alias(subject, True): {}},
            )

    def fill(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Write into the index that is being built only; as `write` otherwise."""
        failed = self._bulk(subject, [fields(document) for document in documents], building=True)
        if failed is None:
            raise EngineUnavailable(Message("search.engine.taken_over"))
        return failed

    def settle(self, subject: str) -> None:
        """Make what was filled, and what changed meanwhile, countable."""
        with self._reached(subject):
            self._patient.indices.refresh(index=self._alias(subject, True))

    def publish(self, subject: str) -> None:
        """Let the index that was built answer from now on; the one before stays until the next build."""
        live, building = self._live(subject), self._alias(subject, True)
        with self._reached(subject):
            new, old = self._behind(building), self._behind(live)
            if new is None:
                raise EngineUnavailable(Message("search.engine.taken_over"))
            self._patient.indices.put_settings(
                index=new, settings={"refresh_interval": None, "auto_expand_replicas": "0-1"}
            )
            self._patient.indices.refresh(index=new)
            replaced = [{"remove": {"index": old, "alias": live}}] if old else []
            self._patient.indices.update_aliases(
                actions=[
                    *replaced,
                    {"remove": {"index": new, "alias": building}},
                    {"add": {"index": new, "alias": live}},
                ]
            )
            self._sweep(subject, keep={new, old})

    def abandon(self, subject: str) -> None:
        """Throw away the index that is being built, if there is one."""
        with self._reached(subject):
            name = self._behind(self._alias(subject, True))
            if name is not None:
                self._delete(name)

    def ready(self, subject: str) -> bool:
        """Whether there is an index that answers and was built by this version of the code."""
        return self._recipes(subject) == {recipe()}

    def health(self) -> Health:
        """What can be said of the engine; never raises."""
        try:
            with self._reached("anything"):
                nodes = self._client.nodes.info(filter_path="nodes.*.version")["nodes"]
                behind = self._client.indices.get_alias(index=f"{self.prefix}-*", expand_wildcards="open")
            aliases = {alias for index in behind.values() for alias in index["aliases"]}
            live = {alias for alias in aliases if not alias.endswith("-building")}
            counts = {alias[len(self.prefix) + 1 :]: self.count(alias[len(self.prefix) + 1 :]) for alias in live}
        except EngineUnavailable as error:
            return Health(False, self.name, {}, error.message)
        version = ", ".join(sorted({node["version"] for node in nodes.values()}))
        problem = None if counts else Message("search.engine.no_index", {"where": f"{self.prefix}-*"})
        return Health(bool(counts), f"Elasticsearch {version}", counts, problem)

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    # Inside

    def _live(self, subject: str) -> str:
        return f"{self.prefix}-{subject}"

    def _alias(self, subject: str, building: bool) -> str:
        return f"{self._live(subject)}-building" if building else self._live(subject)

    def _none(self, subject: str) -> EngineUnavailable:
        return EngineUnavailable(Message("search.engine.no_index", {"where": self._live(subject)}))

    def _recipes(self, subject: str) -> set[str | None] | None:
        """By what the index that answers was built; None where there is none."""
        with self._reached(subject):
            try:
                found = self._client.indices.get_mapping(index=self._live(subject))
            except NotFoundError:
                return None
        return {index["mappings"].get("_meta", {}).get("recipe") for index in found.values()}

    def _behind(self, alias: str) -> str | None:
        """The index that an alias names."""
        try:
            return next(iter(self._patient.indices.get_alias(name=alias)), None)
        except NotFoundError:
            return None

    def _indexes(self, subject: str) -> list[str]:
        return list(self._patient.indices.get(index=f"{self._live(subject)}-g*", expand_wildcards="open"))

    def _sweep(self, subject: str, keep: set[str | None]) -> None:
        for name in self._indexes(subject):
            if name not in keep:
                self._delete(name)

    def _delete(self, name: str) -> None:
        """Take an index away; another process may be doing the same, and is a moment quicker."""
        self._patient.options(ignore_status=404).indices.delete(index=name, ignore_unavailable=True)

    def _trust(self, subject: str) -> None:
        """Raise EngineUnavailable where the index was built by another version; asked again now and then."""
        if self._trusted.get(subject, 0.0) > time.monotonic():
            return
        held = self._recipes(subject)
        if held is None:
            raise self._none(subject)
        if held != {recipe()}:
            raise EngineUnavailable(Message("search.engine.old"))
        self._trusted[subject] = time.monotonic() + _TRUSTED_S

    def _ask(self, subject: str, *, building: bool = False, **asked: Any) -> Mapping[str, Any]:
        with self._reached(subject):
            found = self._client.search(
                **{"index": self._alias(subject, building), "timeout": f"{QUESTION_S:.0f}s", **request.BARE, **asked}
            )
        if found["timed_out"]:
            raise EngineUnavailable(Message("search.engine.slow", {"seconds": int(QUESTION_S)}))
        return found.body

    @contextmanager
    def _reached(self, subject: str) -> Iterator[None]:
        """Turn all that means "not now" into EngineUnavailable; a request of ours that is wrong stays an error."""
        try:
            yield
        except NotFoundError as error:
            raise self._none(subject) from error
        except ApiError as error:
            if error.status_code in (401, 403, 408, 429) or error.status_code >= 500:
                raise _refused(cause(error)) from error
            raise
        except (TransportError, UnsupportedProductError) as error:
            raise EngineUnavailable(Message("search.engine.no_answer", {"reason": cause(error)})) from error


def _refused(reason: str) -> EngineUnavailable:
    return EngineUnavailable(Message("search.engine.refused", {"reason": reason}))
