"""A small register of goods for the tests of search, and what an answer must be, counted by hand over all of them."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from registry.text import fold, sort_key
from search.analysis import index_text, query_tokens
from search.analysis.sounds import terms
from search.engines import SearchEngine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.embedded import EmbeddedEngine
from search.kinds import Document
from search.queries import FACETS, ICV_BANDS, LEVELS, Query
from tests.servers.found import address

SUBJECT = "product"

# Heads in Russian, Kazakh and English with a code of the good.
HEADS = (
    ("Труба стальная бесшовная", "Жіксіз болат құбыр", "Seamless steel pipe", "7304191009"),
    ("Труба полиэтиленовая", "Полиэтилен құбыр", "Polyethylene pipe", "3917211000"),
    ("Насос центробежный", "Ортадан тепкіш сорғы", "Centrifugal pump", "8413708100"),
    ("Задвижка клиновая", "Сыналы ысырма", "Gate valve", "8481806310"),
    ("Кабель силовой", "Күштік кабель", "Power cable", "8544499109"),
    ("Щебень гранитный", "Гранит қиыршық тасы", "Crushed granite", "2517101000"),
    ("Костюм рабочий", "Жұмыс костюмі", "Working suit", "6203231000"),
)
SIZES = ("159х8", "108х5", "57х3,5", "Ду150", "ГОСТ 8732-78", "3х2,5")


def document(id: int, name: str = "Труба стальная", **given: Any) -> Document:
    """One document, ready for any engine."""
    alt, body, about = (given.pop(name, "") for name in ("alt", "body", "about"))
    values: dict[str, Any] = {
        "subject": SUBJECT,
        "id": id,
        "version": 1,
        "name": index_text(name),
        "alt": index_text(alt),
        "body": index_text(body),
        "about": index_text(about),
        "words": " ".join(fold(f"{name} {alt}").split()),
        "sounds": tuple(terms([*index_text(f"{name} {alt}").split(), *fold(f"{name} {alt}").split()])),
        "titles": {lang: title for lang, title in (("ru", name), ("kk", alt)) if title},
        "sort_names": {lang: sort_key(name, lang) for lang in ("kk", "ru", "en")},
        "fingerprint": id * 7,
    }
    return Document(**{**values, **given})


def register(size: int = 300, seed: int = 11) -> list[Document]:
    """Goods with every facet, the same for the same arguments; some have no code, some no evidence."""
    random = Random(seed)
    documents = []
    for id in range(1, size + 1):
        russian, kazakh, english, code = random.choice(HEADS)
        size_text = random.choice(SIZES)
        documents.append(
            document(
                id,
                f"{russian} {size_text}",
                alt=random.choice(("", f"{kazakh} {size_text}", f"{kazakh}\n{english} {size_text}")),
                body=random.choice(("", "для котельных и теплотрасс", "для горнорудных предприятий")),
                version=random.randint(1, 9),
                tnved=random.choice((code, code, code[:4], None)),
                region=random.choice(("11", "35", "55", "71", "75")),
                evidence=random.choice(("confirmed", "claimed", "expired", "none")),
                icv=random.choice((None, Decimal(0), Decimal("24.9999"), Decimal(25), Decimal("68.23"), Decimal(100))),
                role=random.choice(("maker", "dealer", "unstated")),
                kind=random.choice(("goods", "goods", "works")),
                bin=random.choice(("990140000806", "110440012951")),
            )
        )
    return documents


@contextmanager
def open_engine(kind: str, folder: Path, prefix: str) -> Iterator[SearchEngine]:
    """An engine of the test's own, without any index."""
    engine: SearchEngine
    if kind == "embedded":
        engine = EmbeddedEngine(folder)
    else:
        engine = ElasticsearchEngine(address("elasticsearch"), prefix=prefix)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def own_prefix(kind: str) -> Iterator[str]:
    """What the names of indexes begin with; those on Elasticsearch are deleted afterwards."""
    prefix = f"ondiris-test-{uuid4().hex[:12]}"
    yield prefix
    if kind == "elasticsearch":
        server = address("elasticsearch")
        with urllib.request.urlopen(f"{server}/{prefix}*?expand_wildcards=all") as reply:
            names = list(json.load(reply))
        gone = urllib.request.Request(f"{server}/{','.join(names)}", method="DELETE")
        urllib.request.urlopen(gone).close()


def build(engine: SearchEngine, documents: Sequence[Document]) -> None:
    """Build the index of these documents."""
    engine.begin(SUBJECT)
    assert engine.fill(SUBJECT, documents) == {}
    engine.publish(SUBJECT)


def write(engine: SearchEngine, *documents: Document) -> None:
    """Write documents and make them findable."""
    assert engine.write(SUBJECT, documents) == {}
    engine.refresh(SUBJECT)


def ids(engine: SearchEngine, text: str = "", **asked: Any) -> list[int]:
    """Ids found, best first."""
    return [hit.id for hit in engine.search(Query(text, size=200, **asked)).hits]


def counted(documents: Iterable[Document], query: Query) -> tuple[set[int], dict[str, dict[str, int]]]:
    """What must be found and counted, by looking at every document."""
    words = query_tokens(query.text)
    matching = [one for one in documents if all(word in f"{one.name} {one.alt} {one.body}".split() for word in words)]
    found = {one.id for one in matching if not _misses(one, query)}
    facets = {}
    for facet in FACETS:
        values = (_value(one, facet, query) for one in matching if _misses(one, query) <= {facet} - {"code"})
        facets[facet] = dict(Counter(value for value in values if value))
    return found, facets


def _misses(one: Document, query: Query) -> set[str]:
    """Facets whose filter the document does not pass."""
    low = query.icv_from or Decimal(0)
    high = Decimal(100) if query.icv_to is None else query.icv_to
    share_asked = query.icv_from is not None or query.icv_to is not None
    passed = {
        "code": not query.code or (one.tnved or "").startswith(query.code),
        "region": not query.regions or one.region in query.regions,
        "evidence": not query.evidence or one.evidence in query.evidence,
        "icv": not share_asked or (one.icv is not None and low <= one.icv <= high),
        "role": not query.roles or one.role in query.roles,
        "kind": not query.kinds or one.kind in query.kinds,
        "bin": not query.bin or one.bin == query.bin,
    }
    return {name for name, ok in passed.items() if not ok}


def _value(one: Document, facet: str, query: Query) -> str | None:
    if facet == "code":
        level = next((level for level in LEVELS if level > len(query.code or "")), None)
        return one.tnved[:level] if level and one.tnved and len(one.tnved) >= level else None
    if facet == "icv":
        bands = ICV_BANDS.items() if one.icv is not None else ()
        return next((band for band, (low, high) in bands if low <= one.icv < high), None)  # type: ignore[operator]
    value: str | None = getattr(one, facet)
    return value
