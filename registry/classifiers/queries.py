"""Classifiers as they stood on a day, held in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.classifiers.models import ClassifierEdition, ClassifierNode, ClassifierNote, Scheme
from registry.classifiers.notes import key_of_section
from registry.classifiers.tree import Node, Tree
from registry.dated import holds_on

# A tree of 21,188 nodes takes 20 MB; one of each classifier, and a few of past days, stay in memory.
_KEPT: Final = 12
_trees: OrderedDict[Any, Tree] = OrderedDict()
_lock = Lock()


def tree(session: Session, scheme: Scheme, on: date) -> Tree:
    """The classifier as it stood on that day; empty where none was loaded.

    Kept in memory until another edition is imported: a tree is the same on all days between two editions, and is told
    by the last of them imported and by the last of them in force.
    """
    edition = ClassifierEdition
    of_scheme = select(func.max(edition.id), func.max(edition.imported_at)).where(edition.scheme == scheme)
    in_force = select(func.max(edition.in_force_from)).where(edition.scheme == scheme, edition.in_force_from <= on)
    newest = session.execute(of_scheme).one()
    mark = (str(session.get_bind().engine.url), scheme, *newest, session.execute(in_force).scalar_one())
    with _lock:
        if mark in _trees:
            _trees.move_to_end(mark)
            return _trees[mark]
    built = Tree(_nodes(session, scheme, on))
    with _lock:
        # Whoever built it first: what is held by the tree it was made of, is so by one tree alone.
        built = _trees.setdefault(mark, built)
        while len(_trees) > _KEPT:
            _trees.popitem(last=False)
    return built


def editions(session: Session) -> list[ClassifierEdition]:
    """Of each classifier that is loaded the edition that decided last which codes there are, in the order of schemes.

    A file that only gave names to codes, as the English ones of the HS, is no edition to call the classifier by.
    """
    edition = ClassifierEdition
    decided = select(func.max(edition.id)).where(edition.added + edition.closed > 0).group_by(edition.scheme)
    return list(session.scalars(select(edition).where(edition.id.in_(decided)).order_by(edition.scheme)))


def notes(session: Session, scheme: Scheme, on: date) -> dict[str, tuple[str, ...]]:
    """The notes on sections and chapters that held on that day, by the key they are kept under, line by line."""
    table = ClassifierNote.__table__.c
    rows = session.execute(select(table.key, table.text_ru).where(table.scheme == scheme, holds_on(table, on)))
    return {row.key: tuple(row.text_ru.split("\n")) for row in rows}


def notes_on(code: str, nomenclature: Tree, held: Mapping[str, tuple[str, ...]]) -> list[tuple[Node, tuple[str, ...]]]:
    """Of the notes held those on the section and the chapter of a code, each with the node that it is on."""
    steps, chapter = nomenclature.ancestors(code[:2]), code[:2]
    if not steps or steps[-1].code != chapter:
        return []
    first = next((node.code for node in nomenclature.children(steps[0].key) if node.code), None)
    keyed = [(steps[0], key_of_section(first or "")), (steps[-1], chapter)]
    return [(node, held[key]) for node, key in keyed if key in held]


def _nodes(session: Session, scheme: Scheme, on: date) -> list[Node]:
    table = ClassifierNode.__table__.c
    columns = [table[field.name] for field in fields(Node)]
    rows = session.execute(select(*columns).where(table.scheme == scheme, holds_on(table, on)))
    return [Node(*row) for row in rows]
