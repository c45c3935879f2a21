"""Free capacity: who can turn, cast, sew for others, where, and from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from flask import Response, g, render_template, request, url_for

from registry.cells import day as read_day
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.identifiers import REGIONS
from registry.suppliers.profiles import Free, free_capacity
from registry.wording import Message, tr
from search.capacities import found
from web import auth
from web.formats import with_query
from web.public.blueprint import public
from web.public.exports import file_of
from web.public.paging import page_of
from web.session import db, runtime

PAGE_SIZE: Final = 50
COLUMNS: Final = (
    *("bin", "supplier", "operation", "kpved", "operation_note", "site", "kato", "from_on", "to_on"),
    *("amount", "unit", "note"),
)
_TEXT: Final = 200


class AskedFree(NamedTuple):
    """What the address asks: words, the first two digits of a place, and a day. unread: a day that is none."""

    text: str
    region: str
    on: date | None
    unread: str

    @classmethod
    def read(cls) -> AskedFree:
        """Off the request."""
        given = request.args.get("on", "").strip()
        region = request.args.get("region", "")
        day = read_day(given) if given else None
        return cls(
            text=" ".join(request.args.get("q", "").split())[:_TEXT],
            region=region if region in REGIONS else "",
            on=day,
            unread="" if day or not given else given[:_TEXT],
        )

    def rows(self) -> list[Free]:
        """What is free, the soonest first, or the best by words. Without a day: now or later."""
        return found(free_capacity(db(), runtime().today(), day=self.on, region=self.region or None), self.text)


@public.get("/capacity/")
@auth.allow(auth.ANYONE)
def capacity() -> str:
    """Free capacity by words, place and day."""
    asked = AskedFree.read()
    rows = asked.rows()
    page, pages = page_of(request.args, len(rows), PAGE_SIZE)
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    places = tree(db(), Scheme.KATO, runtime().today())
    named = {row.kato: node.named(g.lang) for row in shown if row.kato and (node := places.node(row.kato))}
    regions = sorted(((code, tr(f"region.{code}", g.lang)) for code in REGIONS), key=lambda one: one[1])
    return render_template(
        "capacity/results.html",
        asked=asked,
        unread=Message("web.form.day"),
        rows=shown,
        total=len(rows),
        places=named,
        regions=regions,
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("public.capacity"), page=page),
    )


@public.get("/exports/capacity.<any(csv, xlsx):form>")
@auth.allow(auth.ANYONE)
def export_capacity(form: str) -> Response:
    """What the page of free capacity shows for the same address, all of it."""
    return file_of("capacity", form, COLUMNS, _rows(AskedFree.read().rows()))


def _rows(rows: list[Free]) -> Iterator[list[Any]]:
    for row in rows:
        yield [getattr(row, name) for name in COLUMNS]
