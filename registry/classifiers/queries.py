"""Classifiers as they stood on a day, held in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.classifiers.models import ClassifierEdition, ClassifierNode, Scheme
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
        _trees[mark] = built
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


def _nodes(session: Session, scheme: Scheme, on: date) -> list[Node]:
    table = ClassifierNode.__table__.c
    columns = [table[field.name] for field in fields(Node)]
    rows = session.execute(select(*columns).where(table.scheme == scheme, holds_on(table, on)))
    return [Node(*row) for row in rows]
