"""The words by which free capacity is found: those of its operation's names, and those said beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.dated import chunks
from registry.suppliers.models import CapacityWord, FreeCapacity, FreeCapacityWord, Operation, SupplierVersion
from registry.text import fold, fold_key

_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 64
# Of one offer; what is longer is no name and no condition.
_MOST: Final = 300
_MAKERS: Final = 1_000


def words(text: str) -> list[str]:
    """The folded words of a text, each once, in order."""
    return list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(fold(text))))


def write_words(session: Session, rows: Collection[tuple[FreeCapacity, Operation]]) -> None:
    """Let these rows of free capacity be found by what is said of them and of their operations now."""
    held: dict[int, dict[str, bool]] = {}
    for free, work in rows:
        named = words("\n".join(filter(None, (work.name_ru, work.name_kk, work.name_en))))
        beside = words("\n".join(filter(None, (work.note, free.note))))
        every = dict.fromkeys(beside, False) | dict.fromkeys(named, True)
        held[free.id] = dict(sorted(every.items(), key=lambda one: not one[1])[:_MOST])
    ids = _ids(session, {word for own in held.values() for word in own})
    for piece in chunks(held):
        session.execute(delete(FreeCapacityWord).where(FreeCapacityWord.free_capacity_id.in_(piece)))
    links = [
        {"word_id": ids[word], "free_capacity_id": id, "named": named}
        for id, own in held.items()
        for word, named in own.items()
    ]
    if links:
        session.execute(insert(FreeCapacityWord), links)


def _ids(session: Session, wanted: Collection[str]) -> Mapping[str, int]:
    """The ids of words; those that are new are kept."""
    table = CapacityWord.__table__
    make: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # In one order, so that of two who keep the same words neither waits for the other in turn.
    ids: dict[str, int] = {}
    for piece in chunks(sorted(wanted)):
        known = select(table.c.word, table.c.id).where(table.c.word.in_(piece))
        ids.update(session.execute(known).all())
        if fresh := [{"word": word} for word in piece if word not in ids]:
            session.execute(make(table).on_conflict_do_nothing(), fresh)
            ids.update(session.execute(known).all())
    return ids


def words_that_begin(session: Session, beginnings: Collection[str]) -> Iterator[tuple[int, str]]:
    """(id, word) of the words of free capacity that begin with one of these, all as long as each other."""
    if beginnings:
        length = len(next(iter(beginnings)))
        begun = func.substr(CapacityWord.word, 1, length).in_(sorted(beginnings))
        found = select(CapacityWord.id, CapacityWord.word).where(begun)
        yield from ((id, word) for id, word in session.execute(found))


def makers_named(session: Session, word: str) -> list[int]:
    """Ids of suppliers with a word in their names, the first _MAKERS."""
    key = fold_key(word)
    if not key:
        return []
    name = SupplierVersion.name_key
    begun = or_(*(name.like(f"{before}{_escaped(key)}%", escape="\\") for before in ("", "% ")))
    held = select(SupplierVersion.supplier_id).where(begun, SupplierVersion.valid_to.is_(None))
    return list(session.scalars(held.order_by(SupplierVersion.supplier_id).limit(_MAKERS)))


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
