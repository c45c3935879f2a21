"""What the cells of a row say: text, numbers, days, words and codes as people type them into tables. Pure.

A reader asks for one column after the other; what is wrong is collected as violations, what was passed over or is odd
as notes, each naming its column. A row with violations is rejected, one with notes is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, TypeVar

from registry.errors import RuleBroken
from registry.explain import Violation
from registry.text import fold, paragraphs
from registry.wording import Message, Param

T = TypeVar("T", bound=Hashable)

YES_NO: Final = {
    **dict.fromkeys(("yes", "да", "иә", "ия", "true", "истина", "y", "1"), True),
    **dict.fromkeys(("no", "нет", "жоқ", "false", "ложь", "n", "0"), False),
}

_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,2})?")
_GROUPED: Final = re.compile(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3}(?!\d))")
_ISO: Final = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_LOCAL: Final = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")
# A day as spreadsheet programs keep it, shown so where its cell has no format of a date: its number counted from this
# day, which makes 60 the 29.02.1900 that never was. The range is 1954 to 2119; other numbers are taken for mistakes.
_SERIAL: Final = re.compile(r"(\d{5})(?:[.,]0+)?")
_SERIAL_ZERO: Final = date(1899, 12, 30)
_SERIALS: Final = range(20_000, 80_001)
_SHOWN: Final = 60
_EMPTY: Final = ("", "-", "–", "—")
# Notes that are counted by what was given, since each must be looked at, and what is said of those beyond the first
# MOST_EACH: a file may give any number.
_EACH: Final = {"import.cell.unit": "import.cell.more_units"}
MOST_EACH: Final = 20


def number(text: str) -> Decimal | None:
    """The number that is meant by `68,23`, `1 234.5`, `1,234,567.8`, `68,23 %`; None for a dash or words."""
    bare = _GROUPED.sub("", text.replace("−", "-").rstrip("% \u00a0"))
    if not _NUMBER.fullmatch(bare):
        commas, points = bare.count(","), bare.count(".")
        if commas and points:
            decimal = max(",", ".", key=bare.rfind)
            bare = bare.replace("," if decimal == "." else ".", "")
        elif commas + points > 1:
            bare = bare.replace(",", "").replace(".", "")
        if not _NUMBER.fullmatch(bare):
            return None
    return Decimal(bare.replace(",", "."))


def day(text: str) -> date | None:
    """The day that is meant by `2026-01-31`, `31.01.2026` or `2026.01.31`, a time of day left out; else None."""
    bare = re.sub(r"(?:\s*г\.?|[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$", "", text)
    try:
        if found := _ISO.fullmatch(bare):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _LOCAL.fullmatch(bare):
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
    return None


def serial_day(text: str) -> date | None:
    """The day that is meant by `46022` or `46022.0`, a spreadsheet's number of a day; else None."""
    found = _SERIAL.fullmatch(text)
    return _SERIAL_ZERO + timedelta(int(found[1])) if found and int(found[1]) in _SERIALS else None


def shown(text: str) -> str:
    """A cell's text short enough for a sentence."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def counted_as(note: Violation, held: Collection[str]) -> tuple[str, Violation]:
    """The key under which a note on a row is counted with the like of it, and the note that stands for all of them.

    held: the keys that are counted already. By column and code; an unknown unit by itself, while there are few.
    """
    key = f"{note.field} {note.code}"
    if note.code not in _EACH:
        return key, note
    own = f"{key} {fold(str(note.message.params['given']))}"
    if own in held or sum(other.startswith(f"{key} ") for other in held) < MOST_EACH:
        return own, note
    more = Message(_EACH[note.code], note.message.params)
    return f"{note.field} {more.code}", Violation(more.code, note.field, more)


@dataclass(slots=True)
class Cells:
    """The cells of one row by column name; an absent column is an empty cell."""

    values: Mapping[str, str]
    violations: list[Violation] = field(default_factory=list)
    notes: list[Violation] = field(default_factory=list)

    def refuse(self, code: str, column: str, source: str = "", **params: Param) -> None:
        """Reject the row: `code` names the sentence that says what is wrong and what to do."""
        self.violations.append(Violation(code, column, Message(code, params), source))

    def note(self, code: str, column: str, **params: Param) -> None:
        """Keep the row, and tell that something in it is odd or was passed over."""
        self.notes.append(Violation(code, column, Message(code, params)))

    def filled(self, column: str) -> bool:
        """Whether the cell holds anything but a dash."""
        return self.values.get(column, "") not in _EMPTY

    def text(self, column: str, limit: int, *, required: bool = False, lines: bool = False) -> str | None:
        """The cell's text in single spaces; None if it is empty or a dash. Longer than `limit` is refused.

        lines: whether it keeps its line breaks.
        """
        given = self.values.get(column, "")
        value = paragraphs(given) if lines else " ".join(given.split())
        if value in _EMPTY:
            if required:
                self.refuse("import.cell.required", column, name=column)
            return None
        if len(value) > limit:
            self.refuse("import.cell.long", column, length=len(value), limit=limit)
            return None
        return value

    def number(self, column: str, *, digits: int, high: Decimal) -> Decimal | None:
        """A number from 0 to `high`, rounded to `digits` places; None if empty. Words count as empty and are noted."""
        value = self.values.get(column, "")
        if not value:
            return None
        parsed = number(value)
        if parsed is None:
            if value not in _EMPTY:
                self.note("import.cell.not_a_number", column, given=shown(value))
            return None
        if not 0 <= parsed <= high:
            self.refuse("import.cell.range", column, given=shown(value), high=high)
            return None
        return parsed.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)

    def day(self, column: str) -> date | None:
        """A day; None if empty or a dash. What is no day is refused; a spreadsheet's number of a day is noted."""
        value = self.values.get(column, "")
        if value in _EMPTY:
            return None
        parsed = day(value)
        if parsed is None and (parsed := serial_day(value)):
            self.note("import.cell.serial_day", column, given=shown(value), on=parsed)
        if parsed is None:
            self.refuse("import.cell.not_a_day", column, given=shown(value))
        return parsed

    def word(self, column: str, words: Mapping[str, T]) -> T | None:
        """What a word of a fixed list means; None if empty. Another word is refused with the list of those understood.

        words: folded word -> meaning; the first word of each meaning is the one to recommend.
        """
        value = self.text(column, 200)
        if value is None:
            return None
        meaning = words.get(fold(value))
        if meaning is None:
            recommended: dict[T, str] = {}
            for word, known in words.items():
                recommended.setdefault(known, word)
            self.refuse("import.cell.word", column, given=shown(value), words=", ".join(recommended.values()))
        return meaning

    def parsed(self, column: str, parse: Callable[[str], T]) -> T | None:
        """What a parser of registry.identifiers makes of the cell; None if empty or a dash, or refused by it."""
        value = self.values.get(column, "")
        if value in _EMPTY:
            return None
        try:
            return parse(value)
        except RuleBroken as error:
            self.violations += [
                Violation(found.code, column, found.message, found.source) for found in error.violations
            ]
            return None
