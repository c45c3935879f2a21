"""Which code an index was built by: another version may tokenise otherwise, so its index is built anew, not read."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

# Everything that decides what an index holds of a row.
_SOURCES: Final = (
    *("registry/text.py", "search/analysis", "search/goods.py"),
    *("search/engines/fields.py", "search/engines/tantivy_clauses.py", "search/engines/elasticsearch_requests.py"),
)
_SUFFIXES: Final = (".py", ".txt", ".csv")


@cache
def recipe() -> str:
    """A digest of everything that decides what an index holds of a row."""
    digest = sha256()
    for source in _SOURCES:
        package, _, path = source.partition("/")
        for file in _within(files(package).joinpath(path)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _within(source: Traversable) -> list[Traversable]:
    if source.is_file():
        return [source]
    inside = sorted(source.iterdir(), key=lambda file: file.name)
    return [file for file in inside if file.is_file() and file.name.endswith(_SUFFIXES)]
