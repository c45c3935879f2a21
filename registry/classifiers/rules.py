"""Files of classifiers: what their rows say, which zeros were lost, what hangs from what. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from registry.cells import Cells, shown
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Node
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.identifiers import REGIONS, parse_enstru
from registry.wording import Message

COLUMNS: Final = (
    *("code", "name_ru", "name_kk", "name_en", "unit", "parent_code", "row_id", "parent_row_id", "dashes", "kind"),
    *("short_ru", "short_kk", "short_en", "aliases", "description"),
)
ALIASES: Final = {"hscode": "code", "kato": "code", "name": "name_ru", "parent": "parent_code"}

# How the codes of a classifier are built. A letter names a section of ОКЭД and КПВЭД. The most telling come first: of
# two classifiers that the codes of a file fit alike it is of the first.
_SHAPES: Final = {
    Scheme.ENSTRU: re.compile(r"\d{6}\.\d{3}\.\d{6}", re.ASCII),
    Scheme.KATO: re.compile(rf"(?:{'|'.join(REGIONS)})\d{{7}}", re.ASCII),
    Scheme.KPVED: re.compile(r"[A-Z]|\d\d(?:\.\d(?:\d(?:\.\d\d?)?)?)?", re.ASCII),
    # Nine digits: subheadings of the ЕАЭС itself that are divided further.
    Scheme.TNVED: re.compile(r"\d\d|\d{4}|\d{6}|\d{8,10}", re.ASCII),
    Scheme.UNITS: re.compile(r"\d{3,4}", re.ASCII),
    Scheme.UNITS_FISCAL: re.compile(r"\d{3,4}", re.ASCII),
    Scheme.OKED: re.compile(r"[A-Z]|\d{2,5}", re.ASCII),
}
_UNITS: Final = (Scheme.UNITS, Scheme.UNITS_FISCAL)
# ТН ВЭД is written with dots as well, 8501.52.200 1 or 85.01, but never like a code of activities: 13.9, 13.92.1.
_OF_ACTIVITIES: Final = re.compile(r"\d\d?\.(?:\d|\d\d?\.[\d.]+)", re.ASCII)
_TNVED_KINDS: Final = {2: "chapter", 4: "heading", 10: "line"}


@dataclass(frozen=True, slots=True)
class Stated:
    """One node as a file states it; what the file leaves empty is None and is not stated.

    places: whether the file says what it hangs from.
    """

    node: Node
    places: bool


@dataclass(slots=True)
class Reading:
    """What a file says: nodes by key in the order of the file, and the rows that could not be read.

    only_names: the file has no Russian names; it attaches names to codes that are there, and says nothing of others.
    foreign: why the file cannot be of this classifier at all; None for one that can.
    """

    nodes: dict[str, Stated] = field(default_factory=dict)
    refused: dict[int, list[Violation]] = field(default_factory=dict)
    only_names: bool = False
    foreign: Foreign | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """Most codes of a file are not of its classifier: how many of how many, and the first of them.

    like: the classifier that they are of; None where they fit none.
    """

    bad: int
    coded: int
    row: int
    given: str
    like: Scheme | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """One row before its place is known."""

    number: int
    cells: Cells
    code: str | None


def branch_of(scheme: Scheme, key: str) -> str | None:
    """The two-digit branch of a node by its key; None for a section, and for units, which have no branches."""
    return key[:2] if scheme not in _UNITS and key[:2].isdigit() else None


def read(scheme: Scheme, rows: Iterable[tuple[int, Mapping[str, str]]], columns: Collection[str]) -> Reading:
    """The nodes that a file of a classifier states; `columns` are those that it has."""
    reading = Reading(only_names="name_ru" not in columns)
    every = (_Raw(number, cells, _code(scheme, cells)) for number, cells in ((it[0], Cells(it[1])) for it in rows))
    raws: list[_Raw] = []
    coded: dict[int, str] = {}
    for raw in _with_lost_zeros(scheme, list(every)):
        if raw.code is not None:
            coded[raw.number] = raw.cells.values["code"]
        if raw.code is None or _SHAPES[scheme].fullmatch(raw.code):
            raws.append(raw)
            continue
        name, form = Message(f"classifier.name.{scheme.value}"), Message(f"classifier.form.{scheme.value}")
        raw.cells.refuse("import.classifier.code", "code", given=shown(coded[raw.number]), scheme=name, form=form)
        reading.refused[raw.number] = raw.cells.violations
    reading.foreign = _foreign(scheme, coded, reading.refused)
    if "row_id" in columns and "parent_row_id" in columns:
        _hang_by_row(scheme, raws, reading)
    elif "dashes" in columns:
        _hang_by_dashes(scheme, raws, reading)
    else:
        _hang_by_code(scheme, raws, reading, "parent_code" in columns)
    return reading


def _foreign(scheme: Scheme, coded: Mapping[int, str], refused: Collection[int]) -> Foreign | None:
    """Whether the codes of a file, by row, are those of another classifier, or of none; units are not told so."""
    if scheme in _UNITS:
        return None
    typed = {number: re.sub(r"\s", "", code).upper() for number, code in coded.items()}
    fitting = {other: [it for it in typed if shape.fullmatch(typed[it])] for other, shape in _SHAPES.items()}
    most = max(_SHAPES, key=lambda other: len(fitting[other]))
    like = most if most is not scheme and len(fitting[most]) * 2 > len(coded) else None
    bad = [number for number in coded if number in refused]
    if scheme is Scheme.TNVED and like is Scheme.KATO:
        # Nine digits may be of ТН ВЭД; a whole file of them is not.
        bad = fitting[like]
    if len(bad) * 2 <= len(coded):
        return None
    return Foreign(len(bad), len(coded), bad[0], shown(coded[bad[0]]), like)


def _code(scheme: Scheme, cells: Cells) -> str | None:
    """The code as a classifier writes it, lost zeros aside; what is no code stays as it is, and None where none is."""
    given = cells.values.get("code", "")
    if scheme is not Scheme.KPVED:
        given = re.sub(r"[.,]0$", "", given)
    if not given:
        return None
    code = re.sub(r"[\s\u00a0]", "", given).upper()
    if scheme is Scheme.TNVED:
        return code if _OF_ACTIVITIES.fullmatch(code) else code.replace(".", "")
    if scheme is Scheme.ENSTRU:
        try:
            # The first of its digits may be a lost zero, and no other.
            return parse_enstru("0" + given if sum(map(str.isdigit, given)) == 14 else given)
        except RuleBroken:
            return code
    if scheme in _UNITS:
        return code.zfill(3)
    return "0" + code if scheme is Scheme.KPVED and re.match(r"\d(?:\.|$)", code) else code


def _with_lost_zeros(scheme: Scheme, raws: list[_Raw]) -> list[_Raw]:
    """The rows with the leading zeros that a spreadsheet dropped from codes of digits alone.

    That it did shows in chapters or divisions of one digit. In ТН ВЭД a code is then padded unless its first four
    digits are a heading that the file surely has: one of four digits, or of a ten-digit code, which cannot have lost
    any. In ОКЭД, whose file stands in tree order, codes are padded as long as they begin like the last division of one
    digit.
    """
    if scheme not in (Scheme.TNVED, Scheme.OKED) or not any(
        raw.code and len(raw.code) == 1 and raw.code.isdigit() for raw in raws
    ):
        return raws
    if scheme is Scheme.TNVED:
        codes = [raw.code for raw in raws if raw.code and raw.code.isdigit()]
        sure = {code[:4] for code in codes if len(code) in (4, 10)}
        lost = {code for code in codes if len(code) in (1, 3) or (len(code) not in (2, 4, 10) and code[:4] not in sure)}
        return [replace(raw, code="0" + raw.code) if raw.code in lost else raw for raw in raws]
    restored: list[_Raw] = []
    division = ""
    for raw in raws:
        code = raw.code or ""
        if len(code) == 1 and code.isdigit():
            division = code
        elif not division or not code.startswith(division):
            division = ""
        restored.append(replace(raw, code="0" + code) if division else raw)
    return restored


def _hang_by_row(scheme: Scheme, raws: list[_Raw], reading: Reading) -> None:
    """The file names each row's parent by its row. One whose parent it lacks, or had refused, is not given a place: it
    stays where it is, or hangs from the nearest code."""
    keys: dict[str, str] = {}
    for raw in raws:
        above = raw.cells.values.get("parent_row_id", "")
        parent = keys.get(above)
        key = _state(scheme, raw, parent, reading, places=parent is not None or not above)
        if key is not None and (row_id := raw.cells.values.get("row_id", "")):
            keys[row_id] = key


def _hang_by_dashes(scheme: Scheme, raws: list[_Raw], reading: Reading) -> None:
    """A row hangs from the last one before it with fewer dashes; headings have none, chapters stand above them."""
    above: list[tuple[int, str]] = []
    for raw in raws:
        dashes = raw.cells.values.get("dashes", "")
        depth = int(dashes) if dashes.isdigit() else -1 if raw.code and len(raw.code) <= 2 else -2
        while above and above[-1][0] >= depth:
            above.pop()
        key = _state(scheme, raw, above[-1][1] if above else None, reading, places=True)
        if key is not None:
            above.append((depth, key))


def _hang_by_code(scheme: Scheme, raws: list[_Raw], reading: Reading, named: bool) -> None:
    """A row hangs from the parent it names, else from the longest shorter code that there is."""
    codes = {raw.code for raw in raws if raw.code}
    for raw in raws:
        if raw.code is None:
            raw.cells.refuse("import.classifier.no_code", "code")
            reading.refused[raw.number] = raw.cells.violations
            continue
        given = raw.cells.values.get("parent_code", "").replace(" ", "").upper()
        parent = next((code for code in (given, "0" + given) if code in codes), None) if given else None
        _state(scheme, raw, parent or parent_code(scheme, raw.code, codes), reading, places=named and bool(given))


def parent_code(scheme: Scheme, code: str, codes: Collection[str]) -> str | None:
    """The nearest code above by the way that codes of the classifier are built, among those that there are."""
    if scheme is Scheme.KATO:
        above = [code[:end].ljust(9, "0") for end in (6, 4, 2)]
    elif scheme in (*_UNITS, Scheme.ENSTRU):
        above = []
    else:
        above = [code[:end] for end in range(len(code) - 1, 1, -1)]
    return next((shorter for shorter in above if shorter != code and shorter in codes), None)


def _state(scheme: Scheme, raw: _Raw, parent: str | None, reading: Reading, *, places: bool) -> str | None:
    """Add the row's node to the reading; returns its key, None if the row is refused."""
    cells = raw.cells
    names = {lang: cells.text(f"name_{lang}", 5_000) for lang in ("ru", "kk", "en")}
    description = cells.text("description", 5_000)
    if reading.only_names:
        names["en"] = names["en"] or description
    elif scheme is Scheme.ENSTRU and names["ru"] and description:
        names["ru"] = f"{names['ru']}, {description}"
    if not any(names.values()):
        cells.refuse("import.cell.required", "name_ru", name="name_ru")
    aliases = [part for column in ("short_ru", "short_kk", "short_en", "aliases") for part in _parts(cells, column)]
    unit = cells.text("unit", 60)
    key = raw.code or _uncoded_key(parent, names["ru"] or "", reading.nodes)
    node = Node(
        key=key,
        parent_key=parent,
        code=raw.code,
        kind=cells.values.get("kind", "")[:15] or _kind(scheme, raw.code),
        name_ru=names["ru"],
        name_kk=names["kk"],
        name_en=names["en"],
        unit=unit,
        aliases="|".join(dict.fromkeys(aliases)) or None,
    )
    twin = reading.nodes.get(key)
    if twin is not None and twin.node != node:
        said = Message("import.classifier.twice", {"given": raw.code or ""})
        cells.violations.append(Violation(said.code, "code", said))
    if cells.violations:
        reading.refused[raw.number] = cells.violations
        return None
    reading.nodes[key] = Stated(node, places)
    return key


def _parts(cells: Cells, column: str) -> list[str]:
    return [part.strip() for part in (cells.text(column, 2_000) or "").split("|") if part.strip()]


def _kind(scheme: Scheme, code: str | None) -> str:
    if code is None:
        return "text"
    if not code.isdigit() and len(code) == 1:
        return "section"
    return _TNVED_KINDS.get(len(code), "node") if scheme is Scheme.TNVED else "node"


def _uncoded_key(parent: str | None, name: str, taken: Collection[str]) -> str:
    """The nearest code above, and a digest of the names from there: the same node has the same key in each edition."""
    anchor = (parent or "").partition("/")[0]
    digest = blake2b(f"{parent or ''}\0{name}".encode(), digest_size=9).hexdigest()
    key = f"{anchor}/{digest}"
    twin = 2
    while key in taken:
        key = f"{anchor}/{digest}~{twin}"
        twin += 1
    return key
