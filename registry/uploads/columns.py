"""What the columns of a supplier's table mean, told by their names in any of three languages and by their cells. Pure.

What names say by themselves is in `registry.uploads.names`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final

from registry.catalogue.details import VISIBILITIES
from registry.cells import day, number
from registry.errors import RuleBroken
from registry.evidence.rules import KINDS
from registry.grids import DAY, PERCENT, GridRow
from registry.identifiers import in_chapter, parse_evidence_number, parse_holder
from registry.suppliers.rules import ROLES
from registry.text import fold, language
from registry.uploads.names import (
    PRODUCT_KINDS,
    REPEATED,
    currencies,
    fields,
    name_key,
    named,
    says_one_of,
    words_for,
)
from registry.wording import Message

# A column is taken for a field from here on; from SURE on nobody need look at it twice.
TAKEN: Final = 0.5
SURE: Final = 0.8
SAMPLE: Final = 200
SHOWN: Final = 3

_TNVED: Final = re.compile(r"\d{9,10}")
_KPVED: Final = re.compile(r"\d{2}\.\d{2}\.\d{2}(?:\.\d+)*")
_ENSTRU: Final = re.compile(r"\d{6}\.\d{3}\.\d{6}")
_AGSK: Final = re.compile(r"\d{3}-\d{3}-\d{4}")
_HOLDER: Final = re.compile(r"\d{11,12}")
_STANDARD: Final = re.compile(r"(?:гост|гост р|ост|ту|ст рк|қр ст|мемст|стб|iso|astm|en|din|сто|ст тоо|ст ао)[\s\d№-]")
_DATED: Final = re.compile(
    r"^(.*?)[\s,;]*(?:\bот\b|\bfrom\b|\bdated\b|[,;])\s*(\d{1,2}\.\d{1,2}\.\d{4})\s*(?:г\.?|ж\.?)?$"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is taken for: None where it is passed over.

    sure: 0..1. why: what speaks for it, for people. others: what else it may be, the likeliest first. shown: some of
    its cells.
    """

    place: int
    name: str
    field: str | None
    sure: float
    why: tuple[Message, ...]
    others: tuple[str, ...]
    shown: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "place": self.place,
            "name": self.name,
            "field": self.field,
            "sure": round(self.sure, 2),
            "why": [said.as_json() for said in self.why],
            "others": list(self.others),
            "shown": list(self.shown),
        }


@dataclass(frozen=True, slots=True)
class _Column:
    """Some cells of a column that hold anything, those that differ among them, and their kinds."""

    cells: Sequence[str]
    kinds: str

    def share(self, test: Callable[[str], bool]) -> float:
        """Which part of the cells passes."""
        return sum(map(test, self.cells)) / len(self.cells) if self.cells else 0.0

    def of_kind(self, kinds: str) -> float:
        """Which part of the cells is of one of these kinds."""
        return sum(self.kinds.count(kind) for kind in kinds) / len(self.kinds) if self.kinds else 0.0


def _bare(cell: str) -> str:
    return re.sub(r"(?<=\d)[\s\u00a0](?=\d)", "", cell.strip("'"))


def _is_tnved(cell: str) -> bool:
    bare = _bare(cell)
    return bool(_TNVED.fullmatch(bare)) and in_chapter(bare.zfill(10))


def _is_holder(cell: str) -> bool:
    if not _HOLDER.fullmatch(_bare(cell)):
        return False
    try:
        parse_holder(_bare(cell))
    except RuleBroken:
        return False
    return True


def _is_percent(cell: str) -> bool:
    value = number(cell)
    return value is not None and 0 <= value <= 100


def split_document(cell: str) -> tuple[str, str]:
    """The number of a document and the day of its issue, as `KZ 5 120 00012 от 12.03.2025` has them; "" for no day."""
    found = _DATED.match(" ".join(cell.split()))
    return (found[1].strip(" №,;"), found[2]) if found and found[1].strip(" №,;") else (cell, "")


def kind_of_document(number: str) -> str | None:
    """The kind of evidence whose numbers have this form; None where none has."""
    for kind in ("ct-kz", "industrial"):
        try:
            parse_evidence_number(kind, number)
        except RuleBroken:
            continue
        return kind
    return None


def _is_document(cell: str) -> bool:
    return kind_of_document(split_document(cell)[0]) is not None


def _is_number(cell: str) -> bool:
    return number(cell) is not None


def _words(known: Callable[[], Collection[str]]) -> Callable[[_Column], float]:
    return lambda column: column.share(lambda cell: says_one_of(cell, known()))


def _is_text(cell: str) -> bool:
    return len(cell) > 2 and any(letter.isalpha() for letter in cell) and number(cell) is None


def _distinct(column: _Column) -> float:
    return len(set(column.cells)) / len(column.cells) if column.cells else 0.0


def _as_names(column: _Column) -> float:
    """Names differ from each other, are words and are long."""
    texts = column.share(_is_text)
    length = sum(map(len, column.cells)) / max(1, len(column.cells))
    return texts * max(0.5, min(1.0, length / 12) * (0.4 + 0.6 * _distinct(column)))


def _as_own_ids(column: _Column) -> float:
    """Own numbers differ and are short, without being the rows' running numbers."""
    short = column.share(lambda cell: len(cell) <= 24 and any(sign.isdigit() for sign in cell) and " " not in cell)
    return short * (1.0 if _distinct(column) > 0.98 else 0.2)


def _as_ordinals(column: _Column) -> float:
    numbers = [int(cell.rstrip(".")) for cell in column.cells if cell.rstrip(".").isdigit()]
    if len(numbers) < 2 or len(numbers) < 0.5 * len(column.cells):
        return 0.0
    ups = sum(later - earlier == 1 for earlier, later in pairwise(numbers))
    return ups / (len(numbers) - 1)


def _speaks(lang: str, cell: str) -> bool:
    return language(cell) == lang


def _in(lang: str) -> Callable[[_Column], float]:
    return lambda column: _as_names(column) * column.share(partial(_speaks, lang))


def _as_days(column: _Column) -> float:
    return max(column.of_kind(DAY), column.share(lambda cell: day(cell) is not None))


def _as_standards(column: _Column) -> float:
    return column.share(lambda cell: bool(_STANDARD.match(fold(cell))))


# How well the cells of a column suit a field, 0..1; and how telling that is by itself: a code of ЕНС ТРУ is nothing
# else, a day may be any day.
_SUITED: Final[Mapping[str, tuple[Callable[[_Column], float], float]]] = {
    "name": (_as_names, 0.55),
    "name_kk": (_in("kk"), 0.35),
    "name_en": (_in("en"), 0.35),
    "tnved": (lambda column: column.share(_is_tnved), 0.85),
    "kpved": (lambda column: column.share(lambda cell: bool(_KPVED.fullmatch(cell))), 0.9),
    "enstru": (lambda column: column.share(lambda cell: bool(_ENSTRU.fullmatch(_bare(cell)))), 1.0),
    "agsk3": (lambda column: column.share(lambda cell: bool(_AGSK.fullmatch(cell))), 0.6),
    "bin": (lambda column: column.share(_is_holder), 0.9),
    "unit": (_words(lambda: words_for("unit")), 0.8),
    "capacity_per_year": (lambda column: column.share(_is_number), 0.0),
    "price": (lambda column: column.share(_is_number), 0.0),
    "output_per_year": (lambda column: column.share(_is_number), 0.0),
    "price_currency": (_words(currencies), 0.8),
    "price_on": (_as_days, 0.1),
    "price_visibility": (_words(lambda: VISIBILITIES.keys()), 0.5),
    "commissioned_on": (_as_days, 0.1),
    "conformity_issued": (_as_days, 0.1),
    "conformity_expires": (_as_days, 0.1),
    "role": (_words(lambda: ROLES.keys()), 0.8),
    "kind": (_words(lambda: PRODUCT_KINDS.keys()), 0.8),
    "standards": (_as_standards, 0.8),
    "icv_percent": (lambda column: max(column.of_kind(PERCENT), column.share(_is_percent)), 0.1),
    "evidence_kind": (_words(lambda: KINDS.keys()), 0.9),
    "evidence_number": (lambda column: column.share(_is_document), 0.9),
    "evidence_issued": (_as_days, 0.2),
    "evidence_expires": (_as_days, 0.2),
    "evidence_state": (_words(lambda: words_for("in_force") | words_for("ended")), 0.7),
    "external_id": (_as_own_ids, 0.2),
    "ordinal": (_as_ordinals, 0.75),
}
# Fields whose name says all, since their cells may hold anything; and those that hardly any name tells from others.
_LENIENT: Final = frozenset(
    {
        *("capacity_per_year", "output_per_year", "unit", "price", "price_on", "price_currency", "commissioned_on"),
        *("conformity_issued", "conformity_expires", "evidence_number", "evidence_kind", "standards", "agsk3"),
        *("role", "external_id", "ordinal"),
    }
)
_CELLS_DECIDE: Final = frozenset({"name_kk", "name_en"})


def columns_of(names: Sequence[str], lowest: Sequence[str], rows: Sequence[GridRow]) -> list[_Column]:
    """The first filled cells of each column."""
    width = max(len(names), *(len(row.cells) for row in rows), 0) if rows else len(names)
    cells: list[list[str]] = [[] for _ in range(width)]
    kinds: list[list[str]] = [[] for _ in range(width)]
    for row in rows:
        for place, (cell, kind) in enumerate(zip(row.cells, row.kinds, strict=True)):
            if cell and cell not in "-–—" and len(cells[place]) < SAMPLE:
                cells[place].append(cell)
                kinds[place].append(kind)
    return [_Column(held, "".join(of)) for held, of in zip(cells, kinds, strict=True)]


def guesses(
    names: Sequence[str],
    lowest: Sequence[str],
    rows: Sequence[GridRow],
    *,
    remembered: Mapping[str, str | None] | None = None,
) -> list[Guess]:
    """What every column of a table means.

    names, lowest: as the heading has them. rows: some of the goods. remembered: by the key of a column's name, what its
    owner said last time. Each field goes to the column it suits best; of equal ones the left.
    """
    known = remembered or {}
    columns = columns_of(names, lowest, rows)
    width = len(columns)
    called = [names[place] if place < len(names) else "" for place in range(width)]
    low = [lowest[place] if place < len(lowest) else "" for place in range(width)]
    scores = [_scores(called[place], low[place], columns[place]) for place in range(width)]
    _tell_languages(scores, columns)
    taken: dict[int, tuple[str | None, float]] = {}
    used: set[str] = set()
    for place in range(width):
        key = name_key(called[place])
        if key and key in known and (known[key] is None or known[key] in fields()):
            field = known[key]
            if field in used and field not in REPEATED:
                continue
            taken[place] = field, 1.0
            used.add(field or "")
    pairs = sorted(
        ((sure, -place, field) for place in range(width) for field, sure in scores[place].items()), reverse=True
    )
    for sure, minus, field in pairs:
        place = -minus
        if place in taken or sure < TAKEN or (field in used and field not in REPEATED and fields()[field]):
            continue
        taken[place] = field, sure
        used.add(field)
    _in_order_of_days(columns, called, taken)
    return [
        _guess(place, called[place], low[place], columns[place], scores[place], taken, known) for place in range(width)
    ]


def _scores(name: str, lowest: str, column: _Column) -> dict[str, float]:
    """How sure it is, 0..1, that a column is each field."""
    by_name = dict(named(name))
    for field, sure in named(lowest).items():
        by_name[field] = max(by_name.get(field, 0.0), sure * 0.93)
    for own in ("result", "record"):
        if by_name.get(own) == 1.0:
            # What the portal itself said of a row, in a file that it gave back.
            return {own: 1.0}
    found: dict[str, float] = {}
    for field in fields():
        sure = by_name.get(field, 0.0) * 0.9
        suited = _SUITED.get(field)
        if suited is not None and column.cells:
            suits, telling = suited[0](column), suited[1]
            if suits >= 0.5:
                sure = 1 - (1 - sure) * (1 - telling * suits)
            elif sure and field in _CELLS_DECIDE:
                sure *= 0.3 + suits
            elif sure and field not in _LENIENT:
                sure *= 0.35 + suits
        if not name and not lowest:
            # Without a name of its own only what the cells say counts, and figures say nothing.
            sure = sure if suited is not None else 0.0
        if sure > 0.05:
            found[field] = sure
    return found


def _tell_languages(scores: Sequence[dict[str, float]], columns: Sequence[_Column]) -> None:
    """Of several columns of names those in Kazakh and in English are so, whatever they are called, if one is left."""
    named = [place for place, found in enumerate(scores) if found.get("name", 0.0) >= SURE]
    for lang in ("kk", "en"):
        if len(named) < 2:
            return
        spoken = partial(_speaks, lang)
        own = [place for place in named if columns[place].share(spoken) >= 0.5]
        if own and len(own) < len(named):
            scores[own[0]][f"name_{lang}"] = scores[own[0]].pop("name")
            named.remove(own[0])


def _in_order_of_days(
    columns: Sequence[_Column], called: Sequence[str], taken: dict[int, tuple[str | None, float]]
) -> None:
    """Two columns of days that the names leave open: the earlier days are those of issue."""
    places = [place for place, (field, _) in taken.items() if field in ("evidence_issued", "evidence_expires")]
    if len(places) != 2 or any(named(called[place]) for place in places):
        return
    first, second = sorted(places)
    earlier = sum(
        one < other
        for left, right in zip(columns[first].cells, columns[second].cells, strict=False)
        if (one := day(left)) and (other := day(right))
    )
    rest = min(len(columns[first].cells), len(columns[second].cells)) - earlier
    order = ("evidence_issued", "evidence_expires") if earlier >= rest else ("evidence_expires", "evidence_issued")
    for place, field in zip((first, second), order, strict=True):
        taken[place] = field, taken[place][1]


def _guess(
    place: int,
    name: str,
    lowest: str,
    column: _Column,
    scores: Mapping[str, float],
    taken: Mapping[int, tuple[str | None, float]],
    remembered: Mapping[str, str | None],
) -> Guess:
    field, sure = taken.get(place, (None, 0.0))
    others = sorted((other for other in scores if other != field), key=lambda other: (-scores[other], other))
    likely = tuple(other for other in others if scores[other] >= 0.25)[:4]
    shown = tuple(dict.fromkeys(cell[:80] for cell in column.cells))[:SHOWN]
    said = _why(name, lowest, column, field, name_key(name) in remembered and place in taken and sure == 1.0)
    return Guess(place, name, field, sure, said, likely, shown)


def _why(name: str, lowest: str, column: _Column, field: str | None, remembered: bool) -> tuple[Message, ...]:
    if remembered:
        return (Message("upload.why.remembered"),)
    if field is None:
        return (Message("upload.why.unknown") if column.cells else Message("upload.why.empty"),)
    said: list[Message] = []
    by_name = max(named(name).get(field, 0.0), named(lowest).get(field, 0.0) * 0.93)
    called = name if named(name).get(field, 0.0) >= by_name else lowest
    if by_name >= 0.9:
        said.append(Message("upload.why.name", {"name": called}))
    elif by_name >= 0.3:
        said.append(Message("upload.why.like", {"name": called}))
    suited = _SUITED.get(field)
    if suited is not None and column.cells and field in _SAID_OF_CELLS:
        share = suited[0](column)
        if share >= 0.5:
            said.append(Message(f"upload.why.cells.{_SAID_OF_CELLS[field]}", {"share": round(share, 4)}))
        elif by_name:
            said.append(Message("upload.why.unlike", {"share": round(share, 4)}))
    if not fields()[field]:
        said.append(Message("upload.why.note" if field == "note" else "upload.why.passed_over"))
    return tuple(said) or (Message("upload.why.best"),)


_SAID_OF_CELLS: Final = {
    **{field: field for field in ("tnved", "kpved", "enstru", "agsk3", "bin", "unit", "evidence_number", "standards")},
    **dict.fromkeys(("evidence_issued", "evidence_expires", "conformity_issued", "conformity_expires"), "days"),
    **dict.fromkeys(("price_on", "commissioned_on"), "days"),
    **dict.fromkeys(("capacity_per_year", "output_per_year", "price", "icv_percent"), "numbers"),
    "ordinal": "ordinal",
}


def fingerprint_of(names: Iterable[str]) -> tuple[str, ...]:
    """What tells tables of one form from others: the keys of their columns' names, whatever their order."""
    return tuple(sorted(key for name in names if (key := name_key(name))))
