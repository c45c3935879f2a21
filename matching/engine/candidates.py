"""Where candidates come from: an index that finds a bounded number of them, a shelf that holds them for comparing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, Protocol

from matching.engine.asked import Asked
from matching.engine.crates import Crate, crate
from matching.engine.lines import Offer
from matching.engine.mending import Mender
from matching.engine.profile import CANDIDATES
from matching.engine.shelf import Shelf
from registry.db import Database
from registry.evidence.queries import goods
from registry.identifiers import kpved_of
from search.analysis import query_tokens
from search.analysis.sounds import terms, words_of
from search.analysis.spelling import near, slack
from search.engines import SearchEngine
from search.engines.embedded import EmbeddedEngine
from search.kinds import Document
from search.queries import TOLD, CandidateQuery

SUBJECT: Final = "product"
# Offers kept ready at most while a register is matched; beyond it the shelf is begun anew, so that memory is bounded.
_MOST_ON_SHELF: Final = 100_000
# Tokens of which the index is asked at once how many offers hold them.
_ASKED: Final = 500


class Source(Protocol):
    """Offers to choose from."""

    @property
    def shelf(self) -> Shelf: ...
    @property
    def mender(self) -> Mender: ...

    def know(self, tokens: Iterable[str]) -> None:
        """Make sure that the shelf knows how many offers hold each token."""

    def rows(self, queries: Sequence[CandidateQuery]) -> list[list[int]]:
        """For each query the rows of its candidates on the shelf, best first."""


def query(asked: Sequence[Asked], limit: int = CANDIDATES) -> CandidateQuery:
    """What the index is asked for a need: by all of its names, with slips mended, and by its codes."""
    need = asked[0].need
    tokens: dict[str, None] = {}
    for one in asked:
        tokens |= dict.fromkeys(sought.text for sought in one.sought[: one.in_name])
        tokens |= dict.fromkeys(query_tokens(one.text))
    tokens |= dict.fromkeys(sought.text for sought in asked[0].sought[asked[0].in_name :])
    return CandidateQuery(
        tokens=tuple(tokens),
        tnved=need.tnved,
        kpved=kpved_of(need.enstru) if need.enstru else None,
        enstru=need.enstru,
        limit=limit,
    )


class FileSource:
    """Offers of a file, with an index of their own that goes with the process."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self._engine = EmbeddedEngine()
        self._begun = False
        # Words of the offers, by their first letter and length, and in the order of their keys of sound.
        self._words: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._sounds: list[str] = []
        self.mender = Mender(self._similar, self._alike, self.shelf.vocabulary.counts)

    def append(self, offer: Offer) -> None:
        """Put an offer on the shelf and into the index."""
        self.put(crate([offer]))

    def put(self, crate: Crate) -> None:
        """Put what is in a crate on the shelf and into the index.

        The index is begun with the first of it: it has threads of its own, which a process had better not be forked
        from.
        """
        self._begin()
        rows = self.shelf.put(crate)
        documents = [
            Document(*(SUBJECT, row, 1, name, others, body), tnved=tnved, kpved=kpved, enstru=enstru)
            for row, (name, others, body), tnved, kpved, enstru in zip(
                rows, crate.texts, crate.labels["tnved"], crate.labels["kpved"], crate.labels["enstru"], strict=True
            )
        ]
        self._engine.fill(SUBJECT, documents)

    def __len__(self) -> int:
        return len(self.shelf)

    def __iter__(self) -> Iterator[Offer]:
        return iter(self.shelf.offers)

    def __getitem__(self, row: int) -> Offer:
        return self.shelf.offers[row]

    def __setitem__(self, row: int, offer: Offer) -> None:
        """Give the offer of a row other documents; what it is found and compared by stays."""
        self.shelf.offers[row] = offer

    def ready(self) -> None:
        """Make everything added findable; nothing is added after it."""
        self._begin()
        self._engine.publish(SUBJECT)
        words = self.shelf.vocabulary.words()
        for word in words:
            self._words[word[0], len(word)].append(word)
        self._sounds = sorted(terms(words))

    def close(self) -> None:
        """Give back the files of the index."""
        self._engine.close()

    def know(self, tokens: Iterable[str]) -> None:
        """The shelf holds every offer, so it has counted all there is."""

    def rows(self, queries: Sequence[CandidateQuery]) -> list[list[int]]:
        """For each query the rows of its candidates on the shelf, best first."""
        return [[one.id for one in found] for found in self._engine.candidates(queries, subject=SUBJECT)]

    def _begin(self) -> None:
        if not self._begun:
            self._engine.begin(SUBJECT)
            self._begun = True

    def _similar(self, tokens: Sequence[str]) -> dict[str, list[str]]:
        """Held words that begin with the same letter and are about as long; the index would look at all of them."""
        found = {}
        for token in tokens:
            lengths = range(len(token) - slack(token), len(token) + slack(token) + 1)
            found[token] = near(token, [word for length in lengths for word in self._words.get((token[0], length), ())])
        return found

    def _alike(self, begun: Sequence[str]) -> dict[str, list[str]]:
        """Held words by the beginnings of their keys; in a file that holds all words the index need not keep them."""
        return {one: words_of(self._sounds, one) for one in begun}


class RegisterSource:
    """Offers of the register as they stood on a day, found by the engine and loaded as they are met."""

    def __init__(self, database: Database, engine: SearchEngine, on: date) -> None:
        self._database = database
        self._engine = engine
        self._on = on
        self._total = engine.count(SUBJECT)
        self._begin()

    def know(self, tokens: Iterable[str]) -> None:
        """Ask the index about tokens that it has not been asked about."""
        unlearned = self.shelf.vocabulary.unlearned(tokens)
        for start in range(0, len(unlearned), _ASKED):
            some = unlearned[start : start + _ASKED]
            # Counted as in a file: what a code is called would make words common that hardly a good says.
            held = self._engine.frequencies(some, subject=SUBJECT, fields=TOLD)
            self.shelf.vocabulary.learn(held, self._total)

    def rows(self, queries: Sequence[CandidateQuery]) -> list[list[int]]:
        """For each query the rows of its candidates, best first.

        A line that the index still has but that is not listed on the day is left out: the database decides.
        """
        found = [[one.id for one in hits] for hits in self._engine.candidates(queries, subject=SUBJECT)]
        self._load({id for ids in found for id in ids} - self._rows.keys())
        return [[row for id in ids if (row := self._rows.get(id, -1)) >= 0] for ids in found]

    def renew(self) -> None:
        """Begin the shelf anew if it has grown too large; to be called between blocks of needs only."""
        if len(self.shelf) > _MOST_ON_SHELF:
            self._begin()

    def _begin(self) -> None:
        self.shelf = Shelf(whole=False)
        self.mender = Mender(self._similar, self._alike, self._counts)
        self._rows: dict[int, int] = {}

    def _load(self, ids: set[int]) -> None:
        if not ids:
            return
        with self._database.reading() as session:
            loaded = goods(session, ids, self._on)
        # In the order of their ids, so that the same questions always build the same shelf.
        loaded = sorted(loaded, key=lambda good: good.id)
        rows = self.shelf.put(crate(map(Offer, loaded)))
        self._rows.update(dict.fromkeys(ids, -1))
        self._rows.update(zip((good.id for good in loaded), rows, strict=True))
        self.know(token for row in rows for token in self.shelf.told(row))

    def _similar(self, tokens: Sequence[str]) -> dict[str, set[str]]:
        return self._engine.similar(tokens, SUBJECT)

    def _alike(self, begun: Sequence[str]) -> dict[str, list[str]]:
        return self._engine.alike(begun, SUBJECT)

    def _counts(self, tokens: Iterable[str]) -> dict[str, int]:
        wanted = list(tokens)
        self.know(wanted)
        return self.shelf.vocabulary.counts(wanted)
