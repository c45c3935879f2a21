"""Everything that an organisation has stated, to take away: a workbook to read, JSON for programs. It is theirs, so
nothing is left out that nobody else is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from flask import Response
from sqlalchemy import select

from registry.catalogue import queries as catalogue
from registry.catalogue.details import Details
from registry.catalogue.models import ProductVersion
from registry.dated import chunks, holds_on
from registry.evidence import queries
from registry.evidence import rules as evidence_rules
from registry.evidence.goods import Good
from registry.files.models import StoredFile
from registry.files.queries import files_owned
from registry.spreadsheets import Sheet, write_xlsx
from registry.suppliers.models import FreeCapacity, Role
from registry.suppliers.profile import KINDS
from registry.suppliers.profiles import Profile, profile
from registry.suppliers.queries import SupplierRow
from web import auth
from web.demonstration import demonstration
from web.formats import trimmed
from web.public.exports import MIME
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier

# As the files that can be taken in have them (`registry.uploads`), so that a workbook that comes back changes nothing.
_OF_GOOD: Final = (
    *("id", "external_id", "kind", "name_ru", "name_kk", "name_en", "description", "tnved", "tnved_state", "kpved"),
    *("enstru", "unit", "capacity_per_year", "role"),
)
_OF_DETAILS: Final = tuple(field.name for field in fields(Details))
# What a sheet of goods calls them; that a good is made to no standard is a word among its standards.
_SHEET_NAMES: Final = {"id": "register_number", "name_ru": "name"}
_GOODS_SHEET: Final = (
    "bin",
    *(_SHEET_NAMES.get(name, name) for name in _OF_GOOD),
    *(name for name in _OF_DETAILS if name != "no_standard"),
)
_NO_STANDARD: Final = "none"
_OF_EVIDENCE: Final = ("register_number", *evidence_rules.COLUMNS)
_OF_FILE: Final = ("file_kind", "belongs_to", "number", "name", "size", "sent_at")
# Figures beyond these are kept by no spreadsheet program.
_DIGITS: Final = 15
_OF_SUPPLIER: Final = ("bin", "name", "role", "kato", "oked", "address", "email", "phone", "registered_on")
# What a table holds for the portal's own sake.
_OURS: Final = frozenset({"supplier_id", "created_at"})


@desk.get("/export.<any(xlsx, json):form>")
@auth.allow(auth.DESK)
def export_own(form: str) -> Response:
    """The organisation, its profile, its goods and drafts with all that is stated of them, documents."""
    own, on = own_supplier(), runtime().today()
    everything = _everything(own, on)
    body = _json(everything) if form == "json" else _workbook(everything)
    answer = Response(body, mimetype="application/json" if form == "json" else MIME["xlsx"])
    source = "ondiris-DEMO" if demonstration() else "ondiris"
    answer.headers["Content-Disposition"] = f'attachment; filename="{source}-{own.bin}-all.{form}"'
    # It holds what is nobody else's.
    answer.headers["Cache-Control"] = "no-store"
    return answer


class _Line(NamedTuple):
    """A line with all that is stated of it. since: the day from which it is listed no more, None while it is."""

    good: Good
    details: Details
    since: date | None = None


@dataclass(frozen=True, slots=True)
class _Everything:
    """All that an organisation has stated. files: what each belongs to, and the file."""

    own: SupplierRow
    on: date
    profile: Profile
    goods: list[_Line]
    archive: list[_Line]
    free: list[FreeCapacity]
    files: list[tuple[str, int, StoredFile]]

    @property
    def things(self) -> dict[str, Sequence[Any]]:
        held = self.profile
        return {
            "site": held.sites,
            "premises": held.premises,
            "equipment": held.equipment,
            "permit": held.permits,
            "operation": held.operations,
            "free_capacity": self.free,
        }


def _everything(own: SupplierRow, on: date) -> _Everything:
    session = db()
    listed = queries.supplier_goods(session, own.bin, on, drafts=True)
    number = queries.supplier_withdrawn_count(session, own.bin, on)
    by_day: dict[date, list[Good]] = {}
    for gone in queries.supplier_withdrawn(session, own.bin, on, limit=number):
        by_day.setdefault(gone.since, []).append(gone.good)
    archive = [
        line._replace(since=since)
        for since, goods in by_day.items()
        for line in _lines(goods, since - timedelta(days=1))
    ]
    free = select(FreeCapacity).where(FreeCapacity.supplier_id == own.id, holds_on(FreeCapacity, on))
    return _Everything(
        own,
        on,
        profile(session, own.id, on),
        list(_lines(listed, on)),
        archive,
        list(session.scalars(free.order_by(FreeCapacity.id))),
        files_owned(session, own.bin),
    )


def _lines(goods: Sequence[Good], on: date) -> Iterator[_Line]:
    """Lines with the role that is stated of each itself, where one is."""
    ids = [good.id for good in goods]
    details = catalogue.details(db(), ids, on)
    version = ProductVersion.__table__.c
    roles: dict[int, Role] = {}
    for piece in chunks(ids):
        own = select(version.product_id, version.role).where(version.product_id.in_(piece), holds_on(version, on))
        roles.update((product_id, role) for product_id, role in db().execute(own))
    for good in goods:
        yield _Line(good._replace(role=roles[good.id]), details[good.id])


def _columns(kind: str) -> list[str]:
    return [column.name for column in KINDS[kind].__table__.c if column.name not in _OURS]


def _json(all: _Everything) -> bytes:
    staff = all.profile.staff
    said = {
        "on": all.on,
        "organisation": {name: getattr(all.own, name) for name in _OF_SUPPLIER},
        "staff": {"total": staff.total, "kazakhstani": staff.kazakhstani} if staff else None,
        **{
            kind: [{name: getattr(one, name) for name in _columns(kind)} for one in things]
            for kind, things in all.things.items()
        },
        "goods": [_good_json(line) for line in all.goods],
        "archive": [{**_good_json(line), "withdrawn_from": line.since} for line in all.archive],
        "files": [dict(zip(_OF_FILE, row, strict=True)) for row in map(_file_row, all.files)],
    }
    return json.dumps(said, default=_plain, ensure_ascii=False, indent=2).encode()


def _good_json(line: _Line) -> dict[str, Any]:
    return {
        **{name: getattr(line.good, name) for name in _OF_GOOD},
        **asdict(line.details),
        "parameters": [one._asdict() for one in line.details.parameters],
        "evidence": [fact._asdict() for fact in line.good.evidence],
    }


def _file_row(held: tuple[str, int, StoredFile]) -> list[Any]:
    kind, entity_id, file = held
    return [file.purpose, kind, entity_id, file.name, file.size, file.created_at.isoformat()]


def _plain(value: Any) -> Any:
    """Numbers as they were stated: a decimal as text loses nothing."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(trimmed(value), "f")
    raise TypeError(f"not to be exported: {value!r}")


def _workbook(all: _Everything) -> bytes:
    staff = all.profile.staff
    people = [[staff.total, staff.kazakhstani]] if staff else []
    documents = (
        [line.good.id, fact.percent, fact.kind, fact.number, fact.issued_on, fact.expires_on, fact.status]
        for line in (*all.goods, *all.archive)
        for fact in line.good.evidence
    )
    sheets = [
        Sheet("goods", _GOODS_SHEET, _rows(_good_row(all.own, line) for line in all.goods)),
        Sheet("evidence", _OF_EVIDENCE, _rows(documents)),
        Sheet(
            "archive",
            (*_GOODS_SHEET, "withdrawn_from"),
            _rows([*_good_row(all.own, line), line.since] for line in all.archive),
        ),
        Sheet("organisation", _OF_SUPPLIER, _rows([[getattr(all.own, name) for name in _OF_SUPPLIER]])),
        Sheet("staff", ("total", "kazakhstani"), _rows(people)),
        *(
            Sheet(kind, _columns(kind), _rows([[getattr(one, name) for name in _columns(kind)] for one in things]))
            for kind, things in all.things.items()
        ),
        Sheet("file", _OF_FILE, _rows(map(_file_row, all.files))),
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.xlsx"
        write_xlsx(path, sheets)
        return path.read_bytes()


def _good_row(own: SupplierRow, line: _Line) -> list[Any]:
    role = None if line.good.role is Role.UNSTATED else line.good.role
    good = line.good._asdict() | {"role": role}
    said = {name: _cell(line.details, name) for name in _OF_DETAILS if name != "no_standard"}
    return [own.bin, *(good[name] for name in _OF_GOOD), *said.values()]


def _cell(details: Details, name: str) -> Any:
    """A detail as a file of goods says it, so that the column can be taken in again."""
    if name == "parameters":
        return "\n".join(f"{one.name}: {' '.join(filter(None, one[1:]))}" for one in details.parameters)
    if name == "standards":
        return _NO_STANDARD if details.no_standard else "; ".join(details.standards)
    return getattr(details, name)


def _rows(rows: Any) -> Iterator[list[Any]]:
    """Numbers without idle zeros, yes and no as words. Text is written as text: no cell of it is ever a formula."""
    for row in rows:
        yield [
            _figure(value)
            if isinstance(value, Decimal)
            else ("yes" if value else "no")
            if isinstance(value, bool)
            else value
            for value in row
        ]


def _figure(value: Decimal) -> Decimal | str:
    bare = trimmed(value)
    return bare if len(bare.as_tuple().digits) <= _DIGITS else format(bare, "f")
