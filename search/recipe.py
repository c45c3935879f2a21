"""Which code an index was built by: another version may tokenise otherwise, so its index is built anew, not read."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

_SUFFIXES = (".py", ".txt", ".csv")


@cache
def recipe() -> str:
    """A digest of everything that decides what a document looks like in an index."""
    digest = sha256(files("registry").joinpath("text.py").read_bytes())
    for file in sorted(_sources(files("search")), key=str):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sources(folder: Traversable) -> list[Traversable]:
    inside = list(folder.iterdir())
    found = [file for file in inside if file.is_file() and file.name.endswith(_SUFFIXES)]
    return found + [file for below in inside if below.is_dir() for file in _sources(below)]
