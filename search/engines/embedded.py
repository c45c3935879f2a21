"""The embedded engine: tantivy in a folder, for any number of reading processes and one writer at a time."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import tantivy

from registry.wording import Message
from search.analysis.sounds import MOST_ALIKE, word_of
from search.analysis.spelling import near, slack
from search.engines import Candidate, EngineUnavailable, Entry, FacetCount, Health, Hit, Hits, cause
from search.engines import tantivy_clauses as clauses
from search.engines.asking import SAMPLE, Wanted, answer, suggestions
from search.engines.fields import fields, gone
from search.engines.generations import BUILDING, LIVE, Generations
from search.kinds import Document
from search.queries import BOOSTS, FACETS, CandidateQuery, Query
from search.recipe import recipe

# How long a writer waits for another, seconds; a batch takes one or two.
WRITER_WAIT_S: Final = 60
# Memory of the writer before it puts a segment on the disk, bytes: small for changes, large for building.
_HEAP: Final = 15_000_000
_BUILDING_HEAP: Final = 200_000_000


@dataclass
class _Reader:
    """An opened generation, and the vocabulary of what it held when last asked."""

    path: Path
    index: tantivy.Index
    stamp: int = 0
    vocabulary: list[str] | None = field(default=None)


class EmbeddedEngine:
    """A folder of tantivy indexes, one per subject. folder: None for one of its own that goes with the engine."""

    name = "embedded"

    def __init__(self, folder: Path | None = None) -> None:
        self._own = (
            tempfile.TemporaryDirectory(prefix="ondiris-index-", ignore_cleanup_errors=True) if folder is None else None
        )
        self.folder = folder or Path(self._own.name)  # type: ignore[union-attr]
        self._readers: dict[str, _Reader] = {}
        self._builders: dict[str, tuple[Path, tantivy.IndexWriter | None]] = {}
        self._lock = threading.Lock()

    # Finding

    def search(self, query: Query) -> Hits:
        """The page of hits asked for, with facets and how the query was understood."""
        return answer(self, query)

    def run(self, wanted: Wanted) -> tuple[int, list[Hit], dict[str, list[FacetCount]]]:
        """How many documents there are, the hits asked for, and the counts of every facet."""
        query = wanted.query
        searcher = self._reader(query.subject).index.searcher()
        text = clauses.holding(wanted.words, wanted.least)
        filters = clauses.filters(query)
        clause = clauses.all_of([*text, *filters.values()])
        total = clauses.count(searcher, clause)
        hits = clauses.page(searcher, clause, wanted) if wanted.size and total > wanted.skip else []
        facets: dict[str, list[FacetCount]] = {}
        whole: dict[str, Any] = {}
        for name in FACETS:
            aggregation = clauses.aggregation(name, query)
            if aggregation is None:
                facets[name] = []
            elif name in filters and name != "code":
                others = clauses.all_of([*text, *(one for other, one in filters.items() if other != name)])
                facets[name] = clauses.counts(name, searcher.aggregate(others, {name: aggregation})[name])
            else:
                whole[name] = aggregation
        for name, counted in searcher.aggregate(clause, whole).items():
            facets[name] = clauses.counts(name, counted)
        return total, hits, {name: facets[name] for name in FACETS}

    def candidates(self, queries: Sequence[CandidateQuery], *, subject: str = "product") -> list[list[Candidate]]:
        """For each query its best candidates, best first, at most its limit; in the order of the queries."""
        searcher = self._reader(subject).index.searcher()
        return [clauses.candidates(searcher, query) for query in queries]

    def suggest(self, text: str, *, lang: str = "ru", limit: int = 8, subject: str = "product") -> list[str]:
        """Names that continue what is being typed, those in the reader's language first."""
        return suggestions(self, text, limit, subject, lang)

    def titles(self, held: Sequence[str], begun: Sequence[str], subject: str) -> list[list[str]]:
        """The names of each document that holds all tokens and a word that begins in one of these ways."""
        searcher = self._reader(subject).index.searcher()
        begins = clauses.any_of([clauses.begins("words", one) for one in begun])
        wanted = clauses.all_of([*clauses.holding(held, None), begins])
        found = searcher.search(wanted, limit=SAMPLE, count=False, order_by_field="id", order=tantivy.Order.Asc)
        return [[bytes(title).decode() for title in searcher.doc(at).get_all("title")] for _, at in found.hits]

    def alike(self, begun: Sequence[str], subject: str) -> dict[str, list[str]]:
        """For each beginning of a key of sound the words of names whose keys begin so."""
        searcher = self._reader(subject).index.searcher()
        held = {one: sorted(term for term, _ in searcher.terms_with_prefix("sounds", one)) for one in begun}
        return {one: [word_of(term) for term in terms[:MOST_ALIKE]] for one, terms in held.items()}

    def frequencies(
        self, tokens: Iterable[str], *, subject: str = "product", fields: Sequence[str] = tuple(BOOSTS)
    ) -> dict[str, int]:
        """How many documents hold each application token in one of the fields; 0 for one that none holds."""
        searcher = self._reader(subject).index.searcher()
        return {token: clauses.count(searcher, clauses.holds(token, fields)) for token in tokens}

    def similar(self, words: Sequence[str], subject: str) -> dict[str, set[str]]:
        """For each word the tokens of the index, and words of its names, that are within its slack."""
        reader = self._reader(subject)
        if reader.vocabulary is None:
            searcher = reader.index.searcher()
            held = {term for name in (*BOOSTS, "words") for term, _ in searcher.terms_with_prefix(name, "")}
            reader.vocabulary = [term for term in held if slack(term)]
        return {word: set(near(word, reader.vocabulary)) for word in words}

    def count(self, subject: str = "product", *, building: bool = False) -> int:
        """How many documents the index holds."""
        return clauses.count(self._index(subject, building).searcher(), clauses.term("live", True))

    def entries(self, subject: str, after: int, limit: int, *, building: bool = False) -> list[Entry]:
        """The next documents by id, for comparing with the database."""
        searcher = self._index(subject, building).searcher()
        clause = clauses.all_of([clauses.term("live", True), clauses.between("id", after + 1, None)])
        found = searcher.search(clause, limit=limit, count=False, order_by_field="id", order=tantivy.Order.Asc)
        at = [address for _, address in found.hits]
        columns = (searcher.fast_field_values(name, at) for name in ("id", "version", "fingerprint"))
        return [Entry(*map(clauses.whole, values)) for values in zip(*columns, strict=True)]

    # Keeping

    def write(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Put documents in, unless a newer version is there; tantivy refuses none of them by itself."""
        return self._change(subject, [fields(document) for document in documents])

    def delete(self, subject: str, versions: Mapping[int, int]) -> dict[int, str]:
        """Take documents out, as of the given version: an older one written later stays out."""
        return self._change(subject, [gone(id, version) for id, version in versions.items()])

    def refresh(self, subject: str = "product") -> None:
        """Nothing to do: readers see what was committed at their next question."""

    def _change(self, subject: str, changes: list[dict[str, Any]]) -> dict[int, str]:
        if not changes:
            return {}
        generations = self._generations(subject)
        # Noted before the generation that answers is looked up: a build published in between is then that one.
        with _writing():
            generations.note(changes)
        path = generations.path(LIVE)
        if path is not None:
            _put(_opened(path), changes)
        elif generations.path(BUILDING) is None:
            raise _none(generations.folder)
        return {}

    # Building

    def begin(self, subject: str) -> None:
        """Start a new index beside the one that answers; what an earlier, unfinished one left is thrown away."""
        self._drop_builder(subject)
        generations = self._generations(subject)
        with _writing():
            path = generations.fresh()
            index = tantivy.Index(clauses.SCHEMA, path=str(path))
            (path / "recipe").write_text(recipe(), encoding="ascii")
            writer = index.writer(_BUILDING_HEAP, 1)
            writer.commit()
            generations.set_building(path)
        self._builders[subject] = (path, writer)

    def fill(self, subject: str, documents: Sequence[Document]) -> dict[int, str]:
        """Write into the index that is being built only; each document once, so nothing is looked up before."""
        _, writer = self._builder(subject)
        assert writer is not None, "fill after settle"
        made = [clauses.stored(fields(document)) for document in documents]
        with _writing():
            for document in made:
                writer.add_document(document)
        return {}

    def settle(self, subject: str) -> None:
        """Make what was filled, and what changed meanwhile, countable; nothing is filled after it."""
        path, writer = self._builder(subject)
        if writer is not None:
            with _writing():
                writer.commit()
                writer.wait_merging_threads()
            self._builders[subject] = (path, None)
        _put(_opened(path), self._generations(subject).noted(path))

    def publish(self, subject: str) -> None:
        """Let the index that was built answer from now on; the one before stays on the disk until the next build."""
        self.settle(subject)
        path, _ = self._builders.pop(subject)
        with self._generations(subject).closing() as noted:
            _put(_opened(path), noted)

    def abandon(self, subject: str) -> None:
        """Throw away the index that is being built, if there is one."""
        self._drop_builder(subject)
        generations = self._generations(subject)
        if generations.path(BUILDING) is not None:
            generations.drop_building()

    def ready(self, subject: str) -> bool:
        """Whether there is an index that answers and was built by this version of the code."""
        try:
            self._reader(subject)
        except EngineUnavailable:
            return False
        return True

    def health(self) -> Health:
        """What can be said of the engine; never raises."""
        version = f"tantivy {metadata.version('tantivy')}"
        subjects = [path.parent.name for path in self.folder.glob(f"*/{LIVE}")]
        try:
            counts = {subject: self.count(subject) for subject in subjects}
        except EngineUnavailable as error:
            return Health(False, version, {}, error.message)
        return Health(bool(counts), version, counts, None if counts else _none(self.folder).message)

    def close(self) -> None:
        """Give back files; a folder of its own is deleted."""
        for subject in list(self._builders):
            self._drop_builder(subject)
        self._readers.clear()
        if self._own:
            self._own.cleanup()

    # Inside

    def _generations(self, subject: str) -> Generations:
        return Generations(self.folder / subject)

    def _builder(self, subject: str) -> tuple[Path, tantivy.IndexWriter | None]:
        builder = self._builders.get(subject)
        if builder is None or self._generations(subject).path(BUILDING) != builder[0]:
            raise EngineUnavailable(Message("search.engine.taken_over"))
        return builder

    def _drop_builder(self, subject: str) -> None:
        self._builders.pop(subject, None)

    def _index(self, subject: str, building: bool) -> tantivy.Index:
        if not building:
            return self._reader(subject).index
        path, _ = self._builder(subject)
        return _opened(path)

    def _reader(self, subject: str) -> _Reader:
        """The generation that answers, as of its last commit."""
        with self._lock:
            generations = self._generations(subject)
            for _ in range(3):
                try:
                    path = generations.path(LIVE)
                    if path is None:
                        raise _none(generations.folder)
                    return self._current(subject, path)
                except FileNotFoundError:
                    continue  # swapped and swept since the pointer was read
                except OSError as error:
                    raise _damaged(generations.folder, error) from error
            raise _none(generations.folder)

    def _current(self, subject: str, path: Path) -> _Reader:
        reader = self._readers.get(subject)
        stamp = (path / "meta.json").stat().st_mtime_ns
        if reader is None or reader.path != path:
            reader = self._readers[subject] = _Reader(path, _opened(path))
        elif reader.stamp != stamp:
            reader.index.reload()
            reader.vocabulary = None
        reader.stamp = stamp
        return reader


def _opened(path: Path) -> tantivy.Index:
    try:
        if (path / "recipe").read_bytes() != recipe().encode("ascii"):
            raise EngineUnavailable(Message("search.engine.old"))
        index = tantivy.Index(clauses.SCHEMA, path=str(path))
        index.config_reader("manual")
        index.reload()
        # A look into every segment: a damaged one shows here, and not in the midst of an answer.
        clauses.count(index.searcher(), clauses.term("live", True))
    except (ValueError, OSError) as error:
        if not path.exists():
            raise FileNotFoundError(path) from error
        raise _damaged(path, error) from error
    return index


def _none(folder: Path) -> EngineUnavailable:
    return EngineUnavailable(Message("search.engine.no_index", {"where": str(folder)}))


def _damaged(folder: Path, error: Exception) -> EngineUnavailable:
    return EngineUnavailable(Message("search.engine.damaged", {"where": str(folder), "reason": cause(error)}))


def _unwritable(error: Exception) -> EngineUnavailable:
    return EngineUnavailable(Message("search.engine.unwritable", {"reason": cause(error)}))


@contextmanager
def _writer(index: tantivy.Index) -> Iterator[tantivy.IndexWriter]:
    """The one writer of an index; another process that has it is waited for. Merges end before it is given back."""
    until = time.monotonic() + WRITER_WAIT_S
    while True:
        try:
            writer = index.writer(_HEAP, 1)
            break
        except ValueError as error:
            if "LockBusy" not in str(error):
                raise _unwritable(error) from error
            if time.monotonic() > until:
                raise EngineUnavailable(Message("search.engine.busy")) from error
            time.sleep(0.01)
    yield writer
    with _writing():
        writer.commit()
        writer.wait_merging_threads()


@contextmanager
def _writing() -> Iterator[None]:
    """A full disk, and whatever else keeps tantivy from writing: the index stays as it was at its last commit."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise _unwritable(error) from error


def _put(index: tantivy.Index, changes: Sequence[dict[str, Any]]) -> None:
    """Write changes, each unless the index holds a newer version; of several for one id the newest counts."""
    newest: dict[int, dict[str, Any]] = {}
    for change in changes:
        if change["id"] not in newest or change["version"] >= newest[change["id"]]["version"]:
            newest[change["id"]] = change
    if not newest:
        return
    with _writer(index) as writer:
        index.reload()
        held = _held(index.searcher(), newest)
        for id, change in newest.items():
            if held.get(id, change["version"]) > change["version"]:
                continue
            if id in held:
                writer.delete_documents_by_term("id", id)
            document = clauses.stored(change)
            with _writing():
                writer.add_document(document)


def _held(searcher: tantivy.Searcher, ids: Mapping[int, Any]) -> dict[int, int]:
    """Version of each of the ids that the index holds, tombstones included."""
    if not clauses.count(searcher, clauses.between("id", min(ids), max(ids))):
        return {}
    found = searcher.search(
        tantivy.Query.term_set_query(clauses.SCHEMA, "id", list(ids)), limit=len(ids) + 1, count=False
    )
    at = [address for _, address in found.hits]
    held = zip(searcher.fast_field_values("id", at), searcher.fast_field_values("version", at), strict=True)
    return {clauses.whole(id): clauses.whole(version) for id, version in held}
