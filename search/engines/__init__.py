"""The search engine as the rest of the house sees it: two implementations, one contract suite in tests/search.

An engine keeps one index per subject. While an index is rebuilt there are two of them, the one that answers and the one
that is being built; `write` and `delete` reach both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from registry.wording import Message, say
from search.kinds import Document
from search.queries import BOOSTS, CandidateQuery, Query, Understood


class EngineUnavailable(Exception):
    """The engine does not answer, or its index cannot be read by this version: use the database, and say so.

    `message` says in whole sentences what is wrong and what to do.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        # For the log, which is written in English.
        return say(self.message, "en")


def cause(error: Exception) -> str:
    """What a library says of its fault, as a part of our sentence: its first line, without a full stop."""
    return str(error).strip().partition("\n")[0].rstrip(" .")


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found; `score` compares within one answer only."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many documents a value of a facet would leave."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Hits:
    """An answer: one page of hits and the true counts of all of them. `degraded`: the database answered instead."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]
    understood: Understood = field(default_factory=Understood)
    degraded: bool = False

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the reader must be told: slips corrected, words left out, all words nowhere together, an engine down."""
        return (*self.understood.messages, *((Message("search.degraded"),) if self.degraded else ()))


class Candidate(NamedTuple):
    """One document that may fit a need; `score` compares within one need only."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of one document, for comparing with the database."""

    id: int
    version: int
    fingerprint: int


@dataclass(frozen=True, slots=True)
class Health:
    """State of the engine: reachable, its own name and version, documents by subject, what is wrong."""

    ok: bool
    engine: str
    documents: Mapping[str, int]
    problem: Message | None = None


class SearchEngine(Protocol):
    """Finding and keeping documents. Every method is bounded in time and raises EngineUnavailable."""

    @property
    def name(self) -> str:
        """Which engine this is."""

    def search(self, query: Query) -> Hits:
        """The page of hits asked for, with facets and how the query was understood."""

    def candidates(self, queries: Sequence[CandidateQuery], *, subject: str = "product") -> list[list[Candidate]]:
        """For each query its best candidates, best first, at most its limit; in the order of the queries."""

    def suggest(self, text: str, *, lang: str = "ru", limit: int = 8, subject: str = "product") -> list[str]:
        """Names that continue what is being typed, each good's in the reader's language if that is one of them.

        Those in the reader's language come first, of these the most frequent.
        """

    def frequencies(
        self, tokens: Iterable[str], *, subject: str = "product", fields: Sequence[str] = tuple(BOOSTS)
    ) -> dict[str, int]:
        """How many documents hold each application token in one of the fields; 0 for one that none holds."""

    def similar(self, tokens: Sequence[str], subject: str) -> dict[str, set[str]]:
        """For each token at least those of the index that are within its slack and nearest to it."""

    def alike(self, begun: Sequence[str], subject: str) -> dict[str, list[str]]:
        """For each beginning of a key of sound the words of names whose keys begin so, the first MOST_ALIKE by key."""

    def titles(self, held: Sequence[str], begun: Sequence[str], subject: str) -> list[list[str]]:
        """The names, LANGUAGE:NAME, of each document that holds all tokens and a word that begins in one of these
        ways."""

    def write(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Put documents in, unless a newer version is there; returns what was wrong with each that failed, by id.

        Writing the same again changes nothing. What is written is found after `refresh`.
        """

    def delete(self, subject: str, versions: Mapping[int, int]) -> dict[int, str]:
        """Take documents out, as of the given version: an older one written later stays out. As `write` otherwise."""

    def refresh(self, subject: str = "product") -> None:
        """Make everything written so far findable."""

    def count(self, subject: str = "product", *, building: bool = False) -> int:
        """How many documents the index holds."""

    def entries(self, subject: str, after: int, limit: int, *, building: bool = False) -> list[Entry]:
        """The next documents by id, for comparing with the database."""

    def begin(self, subject: str) -> None:
        """Start a new index beside the one that answers; what an earlier, unfinished one left is thrown away."""

    def fill(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Write into the index that is being built only; as `write` otherwise."""

    def settle(self, subject: str) -> None:
        """Make what was filled, and what changed meanwhile, countable; nothing is filled after it."""

    def publish(self, subject: str) -> None:
        """Let the index that was built answer from now on; the old one is thrown away."""

    def abandon(self, subject: str) -> None:
        """Throw away the index that is being built, if there is one."""

    def ready(self, subject: str) -> bool:
        """Whether there is an index that answers and was built by this version of the code."""

    def health(self) -> Health:
        """What can be said of the engine; never raises."""

    def close(self) -> None:
        """Give back files and connections."""


class EngineSettings(Protocol):
    """The part of the settings that says which engine, and where."""

    @property
    def index_folder(self) -> Path: ...
    @property
    def elasticsearch_url(self) -> str | None: ...
    @property
    def elasticsearch_api_key(self) -> str | None: ...
    @property
    def elasticsearch_ca(self) -> Path | None: ...


def open_engine(settings: EngineSettings) -> SearchEngine:
    """Elasticsearch where an address is set, else the embedded engine in its folder; connects at the first question."""
    if settings.elasticsearch_url:
        from search.engines.elasticsearch import ElasticsearchEngine

        return ElasticsearchEngine(
            settings.elasticsearch_url, api_key=settings.elasticsearch_api_key, ca=settings.elasticsearch_ca
        )
    from search.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(settings.index_folder)
