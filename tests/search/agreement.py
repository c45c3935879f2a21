"""What database and index say of every listed line: the two agree when they are equal."""

from __future__ import annotations

from datetime import date

from registry.db import Database
from search.engines import SearchEngine
from search.goods import PRODUCTS
from search.kinds import fingerprint
from tests.search.corpus import SUBJECT

# More lines than any test lists.
_ALL = 100_000


def told(database: Database, on: date) -> dict[int, tuple[int, int]]:
    """Version and fingerprint of every line listed on a day, by id, as the database has it."""
    with database.reading() as session:
        rows = PRODUCTS.after(session, 0, _ALL, on)
    return {PRODUCTS.identify(row)[0]: (PRODUCTS.identify(row)[1], fingerprint(row)) for row in rows}


def held(engine: SearchEngine) -> dict[int, tuple[int, int]]:
    """The same as the index has it."""
    engine.refresh(SUBJECT)
    found: dict[int, tuple[int, int]] = {}
    while entries := engine.entries(SUBJECT, max(found, default=0), 5_000):
        found |= {entry.id: (entry.version, entry.fingerprint) for entry in entries}
    return found
