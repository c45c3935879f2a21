"""Asking the engine, and the database in its place while it is away."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from search import database
from search.engines import EngineUnavailable, Hits, SearchEngine
from search.queries import Query


def find(engine: SearchEngine, session: Session, query: Query, on: date) -> Hits:
    """The answer of the engine; where it is away that of the database, which says that it is degraded."""
    try:
        return engine.search(query)
    except EngineUnavailable:
        return database.search(session, query, on)
