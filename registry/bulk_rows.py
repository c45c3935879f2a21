"""Rows of a bulk file on their way in: what reads and writes them, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from registry.cells import Cells, counted_as
from registry.explain import Violation
from registry.spreadsheets import Row
from registry.wording import Message

Line = TypeVar("Line")


class Outcome(StrEnum):
    """What became of a row; the words are the keys of the counts."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Subject(Generic[Line]):
    """What a file is taken in as.

    read: the line a row says, collecting violations in its cells. identities: (key, content) of what the line states; a
    key stated again in the same file with other content is refused, with the same it is passed over. write: puts lines
    into the database and says of each row number what became of it, or why it is refused; never commits. It is told
    which of `columns` the file does not have: of those nothing is stated, and what the register says of them stays.
    """

    kind: str
    columns: Sequence[str]
    required: Sequence[str]
    read: Callable[[Cells], Line | None]
    identities: Callable[[Line], Sequence[tuple[Hashable, Hashable]]]
    write: Callable[[Session, Mapping[int, Line], Set[str]], Mapping[int, Outcome | Violation]]
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row, and why. about: what else the subject knows of it, as plain JSON values."""

    row: int
    outcome: Outcome
    reasons: tuple[Violation, ...] = ()
    notes: tuple[Violation, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "row": self.row,
            "outcome": str(self.outcome),
            "reasons": [reason.as_json() for reason in self.reasons],
            "notes": [note.as_json() for note in self.notes],
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        """The verdict that `as_json` wrote."""
        return cls(
            row=stored["row"],
            outcome=Outcome(stored["outcome"]),
            reasons=tuple(map(Violation.from_json, stored["reasons"])),
            notes=tuple(map(Violation.from_json, stored["notes"])),
            about=stored["about"],
        )


class Batch(Generic[Line]):
    """Rows read and not yet written, and what the file has stated so far."""

    def __init__(
        self, subject: Subject[Line], absent: Set[str], counts: dict[Outcome, int], remarks: dict[str, list[Any]]
    ) -> None:
        self.subject = subject
        self.absent = absent
        self.counts = counts
        self.remarks = remarks
        # Hashes only: 200,000 keys as text would take a fifth of the memory that the whole import may have. Two keys
        # of one file meet by chance once in 10^9 such files, and then a row is rejected with a sentence.
        self.stated: dict[int, tuple[int, int]] = {}
        self.rows: dict[int, Row] = {}
        self.lines: dict[int, Line] = {}
        self.refused: dict[int, list[Violation]] = {}
        self.repeated: dict[int, int] = {}
        self.notes: dict[int, list[Violation]] = {}

    def take(self, row: Row) -> None:
        """Read a row."""
        self.rows[row.number] = row
        line = self._line(row, self.remarks)
        if line is None:
            return
        stated = self._stated(line)
        known = {key: self.stated[key] for key in stated if key in self.stated}
        other = next((first for key, (first, content) in known.items() if content != stated[key]), None)
        if other is not None:
            message = Message("import.row.repeated", {"first": other})
            self.refused[row.number] = [Violation(message.code, self.subject.required[0], message)]
        elif len(known) == len(stated):
            self.repeated[row.number] = max(first for first, _ in known.values())
        else:
            self.stated |= {key: (row.number, content) for key, content in stated.items() if key not in known}
            self.lines[row.number] = line

    def remember(self, row: Row) -> None:
        """Note what a row of an earlier, committed batch stated."""
        line = self._line(row, {})
        self.refused.clear()
        self.notes.clear()
        if line is not None:
            for key, content in self._stated(line).items():
                self.stated.setdefault(key, (row.number, content))

    def _line(self, row: Row, remarks: dict[str, list[Any]]) -> Line | None:
        cells = Cells(row.cells)
        line = self.subject.read(cells)
        if row.surplus:
            cells.refuse("import.row.surplus", "")
        for note in cells.notes:
            key, said = counted_as(note, remarks)
            remark = remarks.setdefault(key, [0, row.number, said.as_json()])
            remark[0] += 1
        if cells.notes:
            self.notes[row.number] = cells.notes
        if cells.violations:
            self.refused[row.number] = cells.violations
            return None
        return line

    def _stated(self, line: Line) -> dict[int, int]:
        return {hash(key): hash(content) for key, content in self.subject.identities(line)}

    def settle(self, outcomes: Mapping[int, Outcome | Violation]) -> dict[int, list[Violation]]:
        """Every refused row of the batch; a row that repeats a refused one is refused as well."""
        refused = dict(self.refused)
        for number, outcome in outcomes.items():
            if isinstance(outcome, Violation):
                refused[number] = [outcome]
                for key in self._stated(self.lines[number]):
                    self.stated.pop(key, None)
        return refused | {number: refused[first] for number, first in self.repeated.items() if first in refused}

    def verdicts(
        self,
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
        about: Callable[[int], Mapping[str, Any]],
    ) -> Iterator[Verdict]:
        """What became of every row of the batch; one that repeats another changes nothing more."""
        for number in self.rows:
            notes = tuple(self.notes.get(number, ()))
            if number in refused:
                yield Verdict(number, Outcome.REJECTED, tuple(refused[number]), notes)
                continue
            if number in self.repeated:
                said = Message("upload.row.again", {"first": self.repeated[number]})
                notes = (*notes, Violation(said.code, "", said))
            outcome = outcomes.get(number, Outcome.UNCHANGED)
            assert isinstance(outcome, Outcome)
            yield Verdict(number, outcome, (), notes, about(self.repeated.get(number, number)))

    def clear(self) -> None:
        """Forget what has been written."""
        self.rows, self.lines, self.refused, self.repeated, self.notes = {}, {}, {}, {}, {}
