"""Everything that an organisation has stated, to take away: a workbook to read, JSON for programs. It is theirs, so
nothing is left out that nobody else is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flask import Response

from registry.catalogue import queries as catalogue
from registry.catalogue.details import Details
from registry.evidence import queries
from registry.evidence.goods import EvidenceFact, Good
from registry.spreadsheets import Sheet, write_xlsx
from registry.suppliers.profile import KINDS
from registry.suppliers.profiles import Profile, profile
from registry.suppliers.queries import SupplierRow
from web import auth
from web.demonstration import demonstration
from web.formats import trimmed
from web.public.exports import MIME
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier

# As the files that can be taken in have them; then what only the desk knows.
_OF_GOOD: Final = (
    *("id", "external_id", "kind", "name_ru", "name_kk", "name_en", "description", "tnved", "tnved_state", "kpved"),
    *("enstru", "unit", "capacity_per_year", "role"),
)
_OF_DETAILS: Final = tuple(field.name for field in fields(Details))
_OF_EVIDENCE: Final = ("product_id", *EvidenceFact._fields)
_OF_SUPPLIER: Final = ("bin", "name", "role", "kato", "oked", "address", "email", "phone", "registered_on")
# What a table holds for the portal's own sake.
_OURS: Final = frozenset({"supplier_id", "created_at"})


@desk.get("/export.<any(xlsx, json):form>")
@auth.allow(auth.DESK)
def export_own(form: str) -> Response:
    """The organisation, its profile, its goods and drafts with all that is stated of them, documents."""
    own, on = own_supplier(), runtime().today()
    goods = queries.supplier_goods(db(), own.bin, on, drafts=True)
    details = catalogue.details(db(), [good.id for good in goods], on)
    held = profile(db(), own.id, on)
    body = _json(own, held, goods, details, on) if form == "json" else _workbook(own, held, goods, details)
    answer = Response(body, mimetype="application/json" if form == "json" else MIME["xlsx"])
    source = "ondiris-DEMO" if demonstration() else "ondiris"
    answer.headers["Content-Disposition"] = f'attachment; filename="{source}-{own.bin}-all.{form}"'
    # It holds what is nobody else's.
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _things(held: Profile) -> dict[str, list[Any]]:
    return {
        "site": held.sites,
        "premises": held.premises,
        "equipment": held.equipment,
        "permit": held.permits,
        "operation": held.operations,
        "free_capacity": held.free,
    }


def _columns(kind: str) -> list[str]:
    return [column.name for column in KINDS[kind].__table__.c if column.name not in _OURS]


def _json(own: SupplierRow, held: Profile, goods: Sequence[Good], details: Mapping[int, Details], on: date) -> bytes:
    said = {
        "on": on,
        "organisation": {name: getattr(own, name) for name in _OF_SUPPLIER},
        "staff": {"total": held.staff.total, "kazakhstani": held.staff.kazakhstani} if held.staff else None,
        **{
            kind: [{name: getattr(one, name) for name in _columns(kind)} for one in things]
            for kind, things in _things(held).items()
        },
        "goods": [
            {
                **{name: getattr(good, name) for name in _OF_GOOD},
                **asdict(details[good.id]),
                "parameters": [one._asdict() for one in details[good.id].parameters],
                "evidence": [fact._asdict() for fact in good.evidence],
            }
            for good in goods
        ],
    }
    return json.dumps(said, default=_plain, ensure_ascii=False, indent=2).encode()


def _plain(value: Any) -> Any:
    """Numbers as they were stated: a decimal as text loses nothing."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(trimmed(value), "f")
    raise TypeError(f"not to be exported: {value!r}")


def _workbook(own: SupplierRow, held: Profile, goods: Sequence[Good], details: Mapping[int, Details]) -> bytes:
    people = [[held.staff.total, held.staff.kazakhstani]] if held.staff else []
    sheets = [
        Sheet("goods", ("bin", *_OF_GOOD, *_OF_DETAILS), _rows(_good_rows(own, goods, details))),
        Sheet("evidence", _OF_EVIDENCE, _rows([good.id, *fact] for good in goods for fact in good.evidence)),
        Sheet("organisation", _OF_SUPPLIER, _rows([[getattr(own, name) for name in _OF_SUPPLIER]])),
        Sheet("staff", ("total", "kazakhstani"), _rows(people)),
        *(
            Sheet(kind, _columns(kind), _rows([getattr(one, name) for name in _columns(kind)] for one in things))
            for kind, things in _things(held).items()
        ),
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.xlsx"
        write_xlsx(path, sheets)
        return path.read_bytes()


def _good_rows(own: SupplierRow, goods: Sequence[Good], details: Mapping[int, Details]) -> Iterator[list[Any]]:
    for good in goods:
        stated = details[good.id]
        yield [
            own.bin,
            *(getattr(good, name) for name in _OF_GOOD),
            *(_cell(name, getattr(stated, name)) for name in _OF_DETAILS),
        ]


def _cell(name: str, value: Any) -> Any:
    """A detail as a file of goods says it, so that the column can be taken in again."""
    if name == "parameters":
        return "; ".join(f"{one.name}: {' '.join(filter(None, one[1:]))}" for one in value)
    return "; ".join(value) if name == "standards" else value


def _rows(rows: Any) -> Iterator[list[Any]]:
    """Numbers without idle zeros, yes and no as words. Text is written as text: no cell of it is ever a formula."""
    for row in rows:
        yield [
            trimmed(value)
            if isinstance(value, Decimal)
            else ("yes" if value else "no")
            if isinstance(value, bool)
            else value
            for value in row
        ]
