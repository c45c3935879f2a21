"""Legal parameters by date: `law.on(day)` gives what the law says on that day. The only reader of config/law.

Each file of config/law is a subject, each table in it a parameter with a unit and its editions, one after the other
without overlap or gap: value, first day in force, the act and the place in it, and whether that is confirmed or open.
What is open is a reading that nobody has confirmed from a primary text: wherever it decides something, it is shown.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from registry.errors import RegistryError
from registry.wording import Message, Param, codes, say

T_co = TypeVar("T_co", covariant=True)


class LawError(RegistryError):
    """The law files hold no answer for that day, or are wrong."""

    def __str__(self) -> str:
        return say(self.message, "en")


class Status(StrEnum):
    """How far a value can be relied on."""

    CONFIRMED = "confirmed"  # read in a primary text
    OPEN = "open"  # not confirmed from a primary text: a reading, shown as such wherever it decides something


class Unit(StrEnum):
    """What a value measures; it decides the value's type."""

    TENGE = "tenge"  # Decimal
    SHARE = "share"  # Decimal, 0..1
    MCI = "mci"  # whole multiples of the monthly calculation index
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    DAY_OF_MONTH = "day_of_month"  # 1..28, so that every month has it
    YEARS = "years"
    TIMES = "times"
    LEVELS = "levels"
    PEOPLE = "people"
    DIGITS = "digits"
    MONTH_DAY = "month_day"  # a day that returns each year
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"  # one of the parameter's options


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day that returns each year."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """The day in that year."""
        return date(year, self.month, self.day)


Value = Decimal | int | bool | str | date | MonthDay


@dataclass(frozen=True, slots=True)
class Act:
    """An act that parameters cite; number and adopted are absent for the yearly budget law and for readings."""

    key: str
    number: str | None
    adopted: date | None
    edition: date | None

    @property
    def title(self) -> Message:
        """The act's name for people."""
        return Message(f"law.act.{self.key}")


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T_co]):
    """What the law says of one thing in one span of time, `in_force_from` <= day < `in_force_to`.

    place: where in the act, `article 48(2)`, empty for the whole. edition: day of the act's text that was read.
    note: for the keeper of the files, what is open. options: what a choice may be, else empty.
    """

    name: str
    value: T_co
    unit: Unit
    in_force_from: date
    in_force_to: date | None
    act: Act
    place: str
    edition: date | None
    status: Status
    note: str = ""
    options: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the value is a reading that no primary text has confirmed."""
        return self.status is Status.OPEN

    @property
    def label(self) -> Message:
        """The parameter's name for people."""
        return Message(f"law.name.{self.name}")

    @property
    def citation(self) -> Message:
        """The source for people: act and place."""
        if not self.place:
            return self.act.title
        kind, _, number = self.place.partition(" ")
        place = article(number) if kind == "article" else Message(f"law.place.{kind}", {"number": number})
        return Message("law.citation", {"act": self.act.title, "place": place})

    @property
    def source(self) -> str:
        """The source in English, for explanations read by programs: `Law № 86-VII of 27.12.2021 …, article 48(2)`."""
        return say(self.citation, "en")

    @property
    def shown(self) -> Param:
        """The value for a Message: choices in words, shares as percent."""
        value: Any = self.value
        if self.unit is Unit.CHOICE:
            return Message(f"law.choice.{self.name}.{value}")
        if self.unit is Unit.SHARE:
            return Message("wording.percent", {"number": (value * 100).normalize()})
        if isinstance(value, MonthDay):
            return f"{value.day:02}.{value.month:02}"
        shown: Param = value
        return shown

    @property
    def sentence(self) -> Message | None:
        """What it says in a sentence of its own; None where people have written none."""
        word = f".{self.value}".lower() if self.unit is Unit.FLAG else ""
        code = f"law.says.{self.name}{word}"
        return Message(code, {} if word else {"n": self.shown}) if code in codes("en") else None

    @property
    def openness(self) -> Message:
        """How open it is: whose reading it is."""
        if self.act.key == _READING:
            return Message("law.reading.whose")
        return Message("law.open.whose", {"citation": self.citation})

    @property
    def assumption(self) -> Message:
        """The sentence that tells the reader that this value is open."""
        if (sentence := self.sentence) is not None:
            return Message("law.assumption", {"sentence": sentence, "whose": self.openness})
        facts: dict[str, Param] = {"parameter": self.label, "value": self.shown}
        if self.act.key == _READING:
            return Message("law.reading", facts)
        return Message("law.open", {**facts, "citation": self.citation})


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """What a kind of evidence is worth on a day. validity_days: from issue, None where the document lasts as listed."""

    kind: str
    accepted: Parameter[bool]
    gives_icv: Parameter[bool]
    proves_producer: Parameter[bool]
    validity_days: Parameter[int] | None


@dataclass(frozen=True, slots=True)
class Law:
    """The law on one day. Every accessor raises LawError for a name that is unknown or not in force on that day."""

    day: date
    book: "Book"

    def amount(self, name: str) -> Parameter[Decimal]:
        """A parameter in tenge."""
        return self._find(name, Unit.TENGE)

    def share(self, name: str) -> Parameter[Decimal]:
        """A parameter from 0 to 1."""
        return self._find(name, Unit.SHARE)

    def count(self, name: str) -> Parameter[int]:
        """A whole number: days, years, times, digits, levels, multiples of the MCI."""
        return self._find(name, *_COUNTS)

    def month_day(self, name: str) -> Parameter[MonthDay]:
        """A day that returns each year."""
        return self._find(name, Unit.MONTH_DAY)

    def date(self, name: str) -> Parameter[date]:
        """A day in history."""
        return self._find(name, Unit.DATE)

    def flag(self, name: str) -> Parameter[bool]:
        """A yes or no."""
        return self._find(name, Unit.FLAG)

    def choice(self, name: str) -> Parameter[str]:
        """One of the parameter's options."""
        return self._find(name, Unit.CHOICE)

    def has(self, name: str) -> bool:
        """Whether a known parameter is in force on this day."""
        return self.book.find(name, self.day) is not None

    def mci(self) -> Parameter[Decimal]:
        """The monthly calculation index, tenge. An unknown year raises LawError."""
        return self.amount("budget.mci")

    def evidence_kinds(self) -> tuple[str, ...]:
        """Every kind of evidence that is or was known, accepted on this day or not."""
        return tuple(name.split(".")[1] for name in self.book.names if name.endswith(".accepted"))

    def evidence(self, kind: str) -> EvidenceRule:
        """What a kind of evidence, `ct-kz`, `industrial` or `ktp`, is worth on this day."""
        return _evidence(self, kind)

    def open_points(self) -> tuple[Parameter[Any], ...]:
        """Every parameter in force on this day that is open, by name."""
        found = (self.book.find(name, self.day) for name in self.book.names)
        return tuple(parameter for parameter in found if parameter is not None and parameter.is_open)

    def _find(self, name: str, *units: Unit) -> Parameter[Any]:
        parameter = self.book.find(name, self.day)
        if parameter is None:
            raise LawError(Message("law.missing", {"on": self.day, "parameter": Message(f"law.name.{name}")}))
        if parameter.unit not in units:
            raise TypeError(f"{name} is in {parameter.unit}, not in {' or '.join(units)}")
        return parameter


@lru_cache(maxsize=1 << 10)
def _evidence(law: Law, kind: str) -> EvidenceRule:
    name = f"evidence.{kind}"
    lasting = f"{name}.validity_days"
    return EvidenceRule(
        kind=kind,
        accepted=law.flag(f"{name}.accepted"),
        gives_icv=law.flag(f"{name}.gives_icv"),
        proves_producer=law.flag(f"{name}.proves_producer"),
        validity_days=law.count(lasting) if lasting in law.book.names else None,
    )


class Book:
    """All editions of all parameters, and the days off; what the files of config/law hold."""

    def __init__(self, editions: Mapping[str, tuple[Parameter[Any], ...]]) -> None:
        self._editions = MappingProxyType(dict(sorted(editions.items())))
        self._starts = {name: [edition.in_force_from for edition in rows] for name, rows in self._editions.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters, sorted."""
        return tuple(self._editions)

    def editions(self, name: str) -> tuple[Parameter[Any], ...]:
        """The history of a parameter, oldest first. A name that does not exist is a defect: KeyError."""
        if name not in self._editions:
            near = get_close_matches(name, self._editions, n=1)
            raise KeyError(f"no legal parameter {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return self._editions[name]

    def find(self, name: str, day: date) -> Parameter[Any] | None:
        """The edition of a parameter in force on a day, None if there is none."""
        rows = self.editions(name)
        place = bisect_right(self._starts[name], day) - 1
        if place < 0:
            return None
        row = rows[place]
        return row if row.in_force_to is None or day < row.in_force_to else None

    @classmethod
    def read(cls, sources: Mapping[str, Mapping[str, Any]]) -> "Book":
        """A book from the tables of the files by subject; `acts` is among them.

        Raises LawError naming every fault: an unknown unit, act or status, a value of the wrong type, editions that
        overlap or leave a gap, a missing source, an open value without a note.
        """
        problems: list[str] = []
        acts = {
            key: Act(key, row.get("number"), row.get("adopted"), row.get("edition"))
            for key, row in sources.get("acts", {}).items()
        }
        editions: dict[str, tuple[Parameter[Any], ...]] = {}
        for subject, tables in sources.items():
            if subject not in _NOT_PARAMETERS:
                for name, table in _parameters(subject, tables):
                    editions[name] = _history(name, table, acts, problems)
        if problems:
            raise LawError(Message("law.files", {"problems": "; ".join(problems)}))
        return cls(editions)


def on(day: date) -> Law:
    """The law on a legal day."""
    if isinstance(day, datetime):
        raise TypeError("the law is asked on a legal day, not at a moment: see calendar.legal_day")
    return _on(day)


def table(subject: str) -> Mapping[str, Any]:
    """One file of config/law as it stands, for a reader with a form of its own: holidays, reasons. Decimals exact."""
    return _sources()[subject]


@lru_cache(maxsize=4096)
def _on(day: date) -> Law:
    return Law(day, book())


@cache
def book() -> Book:
    """The book of the files that came with this program."""
    return Book.read(_sources())


@cache
def _sources() -> Mapping[str, Mapping[str, Any]]:
    sources: dict[str, Mapping[str, Any]] = {}
    for entry in files("config").joinpath("law").iterdir():
        if entry.name.endswith(".toml"):
            try:
                sources[entry.name.removesuffix(".toml")] = tomllib.loads(
                    entry.read_text(encoding="utf-8"), parse_float=Decimal
                )
            except tomllib.TOMLDecodeError as error:
                raise LawError(Message("law.files", {"problems": f"{entry.name}: {error}"})) from error
    return sources


# What stands under an article, in their order.
_UNDER: Final = ("paragraph", "subparagraph")
_NUMBER: Final = re.compile(r"[\w-]+")


def article(number: str) -> Message:
    """A place in an act for people: `46(1)(1)` is subparagraph 1) of paragraph 1 of article 46, `48` all of it."""
    first, *rest = _NUMBER.findall(number)
    values = {"number": first, **dict(zip(_UNDER, rest, strict=False))}
    return Message(f"law.place.{('article', *_UNDER)[len(rest)]}", values)


# The act of values that stand in no act.
_READING: Final = "reading"
_NOT_PARAMETERS: Final = ("acts", "construction", "holidays", "reasons")
_COUNTS: Final = (
    Unit.MCI,
    Unit.CALENDAR_DAYS,
    Unit.WORKING_DAYS,
    Unit.DAY_OF_MONTH,
    Unit.YEARS,
    Unit.TIMES,
    Unit.LEVELS,
    Unit.PEOPLE,
    Unit.DIGITS,
)
_EDITION_KEYS: Final = {"from", "to", "value", "act", "place", "edition", "status", "note"}


def _parameters(prefix: str, tables: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Every table with editions, however deep, with its dotted name."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for key, row in tables.items():
        name = f"{prefix}.{key}"
        found += [(name, row)] if "editions" in row or "unit" in row else _parameters(name, row)
    return found


def _history(
    name: str, table: Mapping[str, Any], acts: Mapping[str, Act], problems: list[str]
) -> tuple[Parameter[Any], ...]:
    """The editions of one parameter; each fault found is added to problems."""
    rows: list[Parameter[Any]] = []
    given = table.get("editions", [])
    if not given:
        problems.append(f"{name} has no editions")
    for position, row in enumerate(given):
        where = f"{name} from {row.get('from')}"
        following = given[position + 1].get("from") if position + 1 < len(given) else None
        try:
            rows.append(_edition(name, table, row, acts, following))
        except (KeyError, TypeError, ValueError) as fault:
            problems.append(f"{where}: {fault.args[0]}")
    return tuple(rows)


def _edition(
    name: str, table: Mapping[str, Any], row: Mapping[str, Any], acts: Mapping[str, Act], following: date | None
) -> Parameter[Any]:
    if unknown := set(row) - _EDITION_KEYS:
        raise ValueError(f"unknown keys {', '.join(sorted(unknown))}")
    start, end = row.get("from"), row.get("to", following)
    if type(start) is not date or not (end is None or type(end) is date):
        raise ValueError("`from` and `to` are days like 2026-01-01")
    if end is not None and end <= start:
        raise ValueError(f"ends on {end}, before it begins, or the editions are out of order")
    if following is not None and end is not None and end != following:
        raise ValueError(f"{'overlaps' if end > following else 'leaves a gap before'} the edition from {following}")
    act = acts.get(row.get("act", ""))
    if act is None:
        raise ValueError(f"source missing: no act {row.get('act')!r} in acts.toml")
    place = row.get("place", "")
    if place and place.partition(" ")[0] not in {"article", "annex", "formula", "year"}:
        raise ValueError(f"place {place!r} is not an article, annex, formula or year")
    status = Status(row.get("status", ""))
    if status is Status.OPEN and not row.get("note"):
        raise ValueError("open without a note that says what is open")
    unit = Unit(table.get("unit", ""))
    options = tuple(table.get("options", ()))
    return Parameter(
        name=name,
        value=_checked(unit, row.get("value"), options),
        unit=unit,
        in_force_from=start,
        in_force_to=end,
        act=act,
        place=place,
        edition=row.get("edition", act.edition),
        status=status,
        note=row.get("note", ""),
        options=options,
    )


def _checked(unit: Unit, value: Any, options: tuple[str, ...]) -> Value:
    """The value in its unit's type. Raises ValueError."""
    number = value if type(value) in (int, Decimal) else None
    match unit:
        case Unit.TENGE if number is not None and number > 0:
            return Decimal(number)
        case Unit.SHARE if number is not None and 0 <= number <= 1:
            return Decimal(number)
        case Unit.DAY_OF_MONTH if type(value) is int and 1 <= value <= 28:
            return value
        case Unit.MONTH_DAY if type(value) is str:
            # 2001 is no leap year: a day that returns each year cannot be 29 February.
            day = date.fromisoformat(f"2001-{value}")
            return MonthDay(day.month, day.day)
        case Unit.DATE if type(value) is date:
            return value
        case Unit.FLAG if type(value) is bool:
            return value
        case Unit.CHOICE if value in options:
            return str(value)
        case _ if unit in _COUNTS and unit is not Unit.DAY_OF_MONTH and type(value) is int and value > 0:
            return value
    raise ValueError(f"{value!r} is not a value in {unit}" + (f": {', '.join(options)}" if options else ""))
