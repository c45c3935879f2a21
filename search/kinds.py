"""What can be searched: a subject of any floor registers a Kind; the engines know only its documents.

Web assembles the kinds at start, so search imports no subject above it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.orm import Session

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Document:
    """One thing as the index holds it.

    `name`, `alt` (its names in other languages), `body` (what describes it) and `about` (what it is found by besides)
    are application tokens joined by spaces (`search.analysis.index_text`), so that every engine finds the same.
    `titles` are the names as people read them by language, for suggestions; `words` are their folded, unstemmed words;
    `sounds` are the terms by which words of names are found that are typed in another script
    (`search.analysis.sounds.terms`); `sort_names` are sort keys by language.
    `icv` is percent 0..100 with at most four decimals. `fingerprint` is equal where all that the document was made from
    is.
    """

    subject: str
    id: int
    version: int
    name: str
    alt: str = ""
    body: str = ""
    about: str = ""
    words: str = ""
    sounds: tuple[str, ...] = ()
    titles: Mapping[str, str] | None = None
    sort_names: Mapping[str, str] | None = None
    tnved: str | None = None
    kpved: str | None = None
    enstru: str | None = None
    region: str | None = None
    evidence: str | None = None
    icv: Decimal | None = None
    role: str | None = None
    kind: str | None = None
    bin: str | None = None
    fingerprint: int = 0

    def __reduce__(self) -> tuple[type[Document], tuple[Any, ...]]:
        # Documents travel from other processes by the hundred thousand; this is a third of the time.
        return Document, _values(self)


_values: Final[Callable[[Document], tuple[Any, ...]]] = attrgetter(*(field.name for field in fields(Document)))


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """A subject that is indexed: how its rows are read, and the document a row becomes.

    name: the `kind` of its outbox rows. load: the rows among `ids` that are listed on that day; those left out are
    removed from the index. after: the next `limit` listed rows by id. ids: every listed id, in order. versions: the
    version counter of every identity among those given, listed or not. count: how many are listed. identify: id and
    version of a row. document: pure; the `repr` of a row must tell all that it is made from. All are importable by
    name, since a rebuild calls them in other processes, too.
    """

    name: str
    load: Callable[[Session, Collection[int], date], Sequence[Row]]
    after: Callable[[Session, int, int, date], Sequence[Row]]
    ids: Callable[[Session, date], Sequence[int]]
    versions: Callable[[Session, Collection[int]], Mapping[int, int]]
    count: Callable[[Session, date], int]
    identify: Callable[[Row], tuple[int, int]]
    document: Callable[[Row], Document]


def fingerprint(row: Any) -> int:
    """A 63-bit digest of a row's `repr`: another one means that the document may be another."""
    return int.from_bytes(blake2b(repr(row).encode(), digest_size=8).digest()) >> 1
