"""Files that grow with what is committed of a bulk file: a verdict for each row, or the rejected rows."""

from __future__ import annotations

import csv
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson

from registry.bulk_rows import Batch, Outcome, Verdict
from registry.explain import Violation
from registry.spreadsheets import REJECTED_COLUMNS, Row, Table, TableError, neutral
from registry.wording import Message, say


def verdicts(path: Path) -> Iterator[Verdict]:
    """What `take_in_telling` wrote of each row, in the order of the rows."""
    with path.open("rb") as file:
        for line in file:
            yield Verdict.from_json(orjson.loads(line))


def rejected_path(path: Path) -> Path:
    """Where the rejected rows of a file go: beside it, `FILE.rejected.csv`."""
    return path.with_name(path.name + ".rejected.csv")


def check_writable(path: Path) -> None:
    """Raise TableError before anything is taken in, if rejected rows could not be written."""
    if not os.access(path if path.exists() else path.parent, os.W_OK) or path.is_dir():
        raise TableError(Message("import.table.unwritable", {"file": str(path)}))


def write_rejected(path: Path, table: Table, refused: Mapping[int, Sequence[Violation]], lang: str) -> Path | None:
    """Write the refused rows of a table that was taken in at once; None, and no file, where there are none."""
    with RejectLog(path, 0, table, lang) as rejects:
        for row in table.rows() if refused else ():
            if row.number in refused:
                rejects.write(row, refused[row.number])
        return path if rejects.flush() else None


class Log(ABC):
    """A file that grows with what is committed: made when the first line comes, cut back to that on a restart."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self.file: BinaryIO | None = None
        self.pending = io.BytesIO()

    def __enter__(self) -> Self:
        if self.size:
            self.file = self.path.open("r+b")
            self.file.truncate(self.size)
            self.file.seek(self.size)
        else:
            # What an earlier run left is past: left there, it would be taken for this one's.
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    @abstractmethod
    def tell(
        self,
        batch: Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add what became of the rows of a batch."""

    @property
    def size_with_pending(self) -> int:
        """Length of the file once it is flushed."""
        return self.size + len(self.pending.getbuffer())

    def flush(self) -> int:
        """Put what was added on the disk; returns the file's length."""
        added = self.pending.getvalue()
        if added:
            self.file = self.file or self.path.open("wb")
            self.file.write(added)
            self.file.flush()
            os.fsync(self.file.fileno())
            self.size += len(added)
            self.pending = io.BytesIO()
        return self.size


class VerdictLog(Log):
    """A line of JSON for each row."""

    def __init__(self, path: Path, size: int, about: Callable[[int], Mapping[str, Any]]) -> None:
        super().__init__(path, size)
        self.about = about

    def tell(
        self,
        batch: Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add a line for each row of the batch."""
        for verdict in batch.verdicts(outcomes, refused, self.about):
            self.pending.write(orjson.dumps(verdict.as_json()) + b"\n")


class RejectLog(Log):
    """The rejected rows as they were given, with what is wrong with them."""

    def __init__(self, path: Path, size: int, table: Table, lang: str) -> None:
        super().__init__(path, size)
        self.table, self.lang = table, lang
        # A corrected file brings back what the last one said of its rows: that is past, and would stand there twice.
        self.past = table.places_of(REJECTED_COLUMNS)

    def tell(
        self,
        batch: Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add the refused rows of the batch."""
        for number in sorted(refused):
            self.write(batch.rows[number], refused[number])

    def write(self, row: Row, violations: Sequence[Violation]) -> None:
        """Add a row with what is wrong with it and what to do."""
        lines = io.StringIO()
        writer = csv.writer(lines, delimiter=self.table.delimiter)
        if not self.size_with_pending:
            lines.write("\ufeff")
            writer.writerow([*REJECTED_COLUMNS, *self._left(self.table.header)])
        columns = ", ".join(dict.fromkeys(violation.field for violation in violations if violation.field))
        reasons = " ".join(say(violation.message, self.lang) for violation in violations)
        writer.writerow([row.number, columns, reasons, *map(neutral, self._left(row.given))])
        self.pending.write(lines.getvalue().encode())

    def _left(self, cells: Sequence[str]) -> list[str]:
        return [cell for place, cell in enumerate(cells) if place not in self.past]
