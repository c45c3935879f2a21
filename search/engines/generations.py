"""The folder of one embedded index: its generations, which one answers, which one is being built.

    FOLDER/live        name of the generation that answers
    FOLDER/building    name of the generation that is being built, if any
    FOLDER/g000007/    a generation; `late.jsonl` in it holds what changed while it was being filled

Pointers are small files replaced atomically, so a reader sees one generation or the next and never half of one, and a
kill at any moment leaves the one that answered in place.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

LIVE: Final = "live"
BUILDING: Final = "building"
_LATE: Final = "late.jsonl"
_NAME: Final = re.compile(r"g\d{6,}", re.ASCII)


class Generations:
    """Generations of one index in one folder, shared by any number of processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, pointer: str) -> Path | None:
        """Folder of the generation that a pointer names; None where it names none, as one that is damaged."""
        try:
            name = (self.folder / pointer).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None
        return self.folder / name if _NAME.fullmatch(name) else None

    def fresh(self) -> Path:
        """An empty folder for another generation; all but the one that answers are thrown away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.drop_building()
        self._sweep(keep={self.path(LIVE)})
        number = max((int(path.name[1:]) for path in self._all()), default=0) + 1
        path = self.folder / f"g{number:06}"
        path.mkdir()
        return path

    def set_building(self, path: Path) -> None:
        """From now on changes are noted for this generation, too."""
        draft = self.folder / f".{BUILDING}"
        with draft.open("w", encoding="ascii") as file:
            file.write(path.name)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / BUILDING)

    def drop_building(self) -> None:
        """Forget the generation that is being built."""
        path = self.path(BUILDING)
        with self._journal():
            (self.folder / BUILDING).unlink(missing_ok=True)
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)

    def note(self, lines: Sequence[dict[str, Any]]) -> None:
        """Keep changes for the generation that is being built; nothing where none is.

        On the disk before this returns. A line cut short by a kill is followed by a new one and skipped by the reader:
        its writer did not get to say that it was done, and writes it again.
        """
        if not (self.folder / BUILDING).exists():
            return
        with self._journal():
            path = self.path(BUILDING)
            if path is None or not path.exists():
                return
            with (path / _LATE).open("a", encoding="utf-8") as file:
                for line in lines:
                    file.write(f"\n{json.dumps(line, ensure_ascii=False)}\n")
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def closing(self) -> Iterator[list[dict[str, Any]]]:
        """The changes noted for the generation that is being built; when the block ends well, that one answers.

        Nothing more can be noted meanwhile; what is written afterwards finds the new generation.
        """
        with self._journal():
            path = self.path(BUILDING)
            if path is None:
                raise FileNotFoundError(f"nothing is being built in {self.folder}")
            yield self.noted(path)
            before = self.path(LIVE)
            (self.folder / BUILDING).replace(self.folder / LIVE)
        # The one before stays until the next build: a reader may be about to open it.
        self._sweep(keep={path, before})

    def noted(self, path: Path) -> list[dict[str, Any]]:
        """The changes noted so far for a generation."""
        if not (path / _LATE).exists():
            return []
        changes = []
        with (path / _LATE).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(json.JSONDecodeError):
                    changes.append(json.loads(line))
        return changes

    @contextmanager
    def _journal(self) -> Iterator[None]:
        """One at a time notes changes or ends a build; the lock goes with its process."""
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _all(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]

    def _sweep(self, keep: set[Path | None]) -> None:
        for path in self._all():
            if path not in keep:
                shutil.rmtree(path, ignore_errors=True)
