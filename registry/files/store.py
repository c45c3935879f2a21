"""The folder in which the content of files lies: outside anything that a web server serves by itself.

A content is written under `incoming/`, brought to the disk, and moved to its place `ab/abcd…` only when its row is
written, just before the commit; so nothing half-written ever has a name that a row gives. A transaction that is rolled
back leaves a content without a row: nobody can reach it, and the sweep takes it away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

_INCOMING: Final = "incoming"
_THUMB: Final = ".thumb"
_SHARD: Final = 2


class Store:
    """The contents of files by their tokens; `folder` is made when the first comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, token: str, *, thumb: bool = False) -> Path:
        """Where the content of a file lies, or its thumbnail."""
        return self.folder / token[:_SHARD] / (token + _THUMB if thumb else token)

    def incoming(self, token: str, ending: str = "") -> Path:
        """Where what comes in for a file is written first; its folder exists afterwards."""
        folder = self.folder / _INCOMING
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / (token + ending)

    def settle(self, source: Path, *, now: datetime) -> None:
        """Bring a content that was written to the disk, readable by the portal alone, its age counted from `now`."""
        with source.open("rb") as file:
            os.fchmod(file.fileno(), 0o600)
            os.utime(file.fileno(), (now.timestamp(), now.timestamp()))
            os.fsync(file.fileno())

    def keep(self, token: str, content: Path, thumb: Path | None) -> None:
        """Move a settled content to its place, and its thumbnail; both have lasted once this returns."""
        place = self.path(token)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if thumb is not None:
            thumb.rename(self.path(token, thumb=True))
        content.rename(place)
        for folder in (place.parent, self.folder):
            _sync(folder)

    def remove(self, token: str) -> None:
        """Delete a content and its thumbnail; there may be none."""
        for thumb in (False, True):
            with suppress(FileNotFoundError):
                self.path(token, thumb=thumb).unlink()

    def abandoned(self, *, before: datetime) -> Iterator[Path]:
        """What came in before a moment and was never taken to its place."""
        return self._older(self.folder / _INCOMING, before)

    def shards(self, *, before: datetime) -> Iterator[dict[str, list[Path]]]:
        """Contents older than a moment by token, a folder at a time."""
        for folder in sorted(self.folder.glob("?" * _SHARD)):
            found: dict[str, list[Path]] = {}
            for path in self._older(folder, before):
                found.setdefault(path.name.removesuffix(_THUMB), []).append(path)
            if found:
                yield found

    def _older(self, folder: Path, before: datetime) -> Iterator[Path]:
        limit = before.timestamp()
        for path in folder.glob("*"):
            # Another sweep may be at it, too, or an upload may move it to its place.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    yield path


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk: a file that was moved has its new name only then."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
