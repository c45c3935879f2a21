"""Lists to take away as they stand, as CSV or as a workbook; columns are named as the files that can be taken in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flask import Response, g, request

from matching.needs import queries as needed
from registry import law
from registry.customers.queries import names
from registry.dated import chunks
from registry.evidence import queries
from registry.evidence.goods import Good
from registry.evidence.rules import standing
from registry.law import Law
from registry.spreadsheets import Sheet, write_csv, write_xlsx
from registry.suppliers.models import Role
from registry.suppliers.queries import supplier
from search.queries import DEEPEST_HIT, LARGEST_PAGE
from web import auth
from web.demonstration import demonstration
from web.formats import trimmed
from web.public.asked import Asked
from web.public.blueprint import public
from web.public.finding import find
from web.public.listing import named, wanted
from web.session import db, runtime

MIME: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# The public columns of a listed line: article 6(3) keeps everything else private. Those that `import products` reads
# say what it would: taken in again, nothing changes. So `evidence_state` is the document's own, which stays confirmed
# when it has run out, and `role` the line's own, empty where its supplier's counts; how the line stands by the document
# on the day is `evidence_standing`.
GOODS: Final = (
    *("product_id", "bin", "supplier", "supplier_role", "name", "name_kk", "name_en", "description", "kind", "role"),
    *("kato", "tnved", "kpved", "enstru", "unit", "capacity_per_year", "icv_percent", "evidence_standing"),
    *("evidence_state", "evidence_kind", "evidence_number", "evidence_issued", "evidence_expires", "external_id"),
)
NEEDS: Final = (
    *("id", "name", "name_kk", "name_en", "description", "tnved", "enstru", "unit", "volume", "kato"),
    *("customer_bin", "customer", "budget", "contract_type", "min_icv", "term_years", "verdict"),
)
# How many lines of a search can be taken away: whoever needs more narrows it, or asks for the whole register.
MOST: Final = 5_000
# Needs or lines that are read at once.
PIECE: Final = 2_000


@public.get("/exports/goods.<any(csv, xlsx):form>")
@auth.allow(auth.ANYONE)
def export_goods(form: str) -> Response:
    """What a search found, in its order; the address asks as that of the results page does."""
    on = runtime().today()
    return file_of("goods", form, GOODS, _good_rows(_found(on), on))


@public.get("/exports/suppliers/<bin>.<any(csv, xlsx):form>")
@auth.allow(auth.ANYONE)
def export_supplier(bin: str, form: str) -> Response:
    """Everything a supplier lists today. Raises NotFound where there is no such supplier."""
    on = runtime().today()
    supplier(db(), bin, on)
    return file_of(bin, form, GOODS, _good_rows(queries.supplier_goods(db(), bin, on), on))


@public.get("/exports/needs.<any(csv, xlsx):form>")
@auth.allow(auth.ANYONE)
def export_needs(form: str) -> Response:
    """The needs that fit the filters of the address, with the last verdict on each."""
    return file_of("needs", form, NEEDS, _need_rows(runtime().today()))


def _found(on: date) -> Iterator[Good]:
    query = replace(Asked.read(request.args, g.lang).query(g.lang), size=LARGEST_PAGE)
    for page in range(1, min(MOST, DEEPEST_HIT) // LARGEST_PAGE + 1):
        hits = find(runtime().engine, db(), replace(query, page=page), on)
        listed = {good.id: good for good in queries.goods(db(), [hit.id for hit in hits.hits], on)}
        yield from (listed[hit.id] for hit in hits.hits if hit.id in listed)
        if page * LARGEST_PAGE >= hits.total:
            return


def _need_rows(on: date) -> Iterator[list[Any]]:
    bins = needed.customers(db(), on)
    called, asked = names(db(), bins, on), wanted(request.args, bins)
    for offset in count(0, PIECE):
        rows = named(needed.listed(db(), on, asked, limit=PIECE, offset=offset), called)
        for row in rows:
            own = {"id": row.need.external_id, "customer": row.customer, "verdict": row.verdict}
            yield [own[name] if name in own else getattr(row.need, name) for name in NEEDS]
        if len(rows) < PIECE:
            return


def _good_rows(goods: Iterable[Good], on: date) -> Iterator[list[Any]]:
    rules = law.on(on)
    for piece in chunks(goods, PIECE):
        roles = queries.roles(db(), [good.id for good in piece], on)
        for good in piece:
            yield _good_row(good, *roles[good.id], on, rules)


def _good_row(good: Good, own_role: Role, supplier_role: Role, on: date, rules: Law) -> list[Any]:
    stands = standing(good.evidence, on, rules)
    fact = stands.fact
    return [
        *(good.id, good.bin, good.supplier_name, supplier_role, good.name_ru, good.name_kk, good.name_en),
        *(good.description, good.kind, None if own_role is Role.UNSTATED else own_role, good.kato),
        *(good.tnved, good.kpved, good.enstru, good.unit, good.capacity_per_year),
        *(fact.percent if fact else None, stands.state, fact.status if fact else None),
        *((fact.kind, fact.number, fact.issued_on, fact.expires_on) if fact else (None,) * 4),
        good.external_id,
    ]


def file_of(name: str, form: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A table as a file to take away."""
    plain = ([trimmed(value) if isinstance(value, Decimal) else value for value in row] for row in rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{form}"
        if form == "csv":
            write_csv(path, columns, plain)
        else:
            write_xlsx(path, [Sheet(name, columns, plain)])
        answer = Response(path.read_bytes(), mimetype=MIME[form])
    # A file leaves the portal and what its pages say: its name goes along.
    source = "ondiris-DEMO" if demonstration() else "ondiris"
    answer.headers["Content-Disposition"] = f'attachment; filename="{source}-{name}.{form}"'
    return answer
