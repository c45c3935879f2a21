"""Free capacity: who can turn, cast, sew for others, where, and from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from registry.cells import day as read_day
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Node, Tree
from registry.identifiers import REGIONS
from registry.suppliers.capacities import Free, Wanted
from registry.wording import Message, tr
from search.capacities import Found, find
from web import auth
from web.formats import with_query
from web.public.blueprint import public
from web.public.exports import file_of
from web.public.paging import page_of
from web.registration.places import DEEPEST, Level
from web.session import db, runtime

PAGE_SIZE: Final = 50
COLUMNS: Final = (
    *("bin", "supplier", "operation", "name_ru", "name_kk", "name_en", "kpved", "operation_note", "site", "kato"),
    *("from_on", "to_on", "amount", "unit", "note"),
)
_TEXT: Final = 200
_CODE: Final = 9


@dataclass(frozen=True, slots=True)
class AskedFree:
    """What the address asks: words, a place, a day. levels: the lists below the region, with what is chosen in each.

    unread: what cannot be read, by its field. typed: the day as it was typed.
    """

    text: str = ""
    region: str = ""
    place: str | None = None
    levels: tuple[Level, ...] = ()
    on: date | None = None
    typed: str = ""
    unread: dict[str, Message] = field(default_factory=dict)

    @classmethod
    def read(cls) -> AskedFree:
        """Off the request."""
        unread = {}
        region, given = (request.args.get(name, "").strip()[:_TEXT] for name in ("region", "on"))
        if region and region not in REGIONS:
            unread["region"] = Message("web.capacity.no_region")
        if given and read_day(given) is None:
            unread["on"] = Message("web.form.day")
        places = tree(db(), Scheme.KATO, runtime().today())
        levels = [] if "region" in unread or not region else _levels(places, region)
        for number in range(1, DEEPEST):
            code = request.args.get(f"place-{number}", "")
            if code and places.node(code) is None:
                # Told where there is a list to choose another from.
                shown = number <= len(levels)
                unread[f"place-{number}" if shown else "region"] = Message("web.capacity.no_place")
        chosen = [level.chosen for level in levels if level.chosen]
        return cls(
            text=" ".join(request.args.get("q", "").split())[:_TEXT],
            region=region,
            place=chosen[-1] if chosen else region.ljust(_CODE, "0") if region else None,
            levels=tuple(levels),
            on=read_day(given) if given else None,
            typed=given,
            unread=unread,
        )

    @property
    def anything(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.text or self.region or self.typed or self.unread)

    def find(self) -> Found:
        """What is free then and there. Without a day: now or later."""
        return find(db(), runtime().today(), self.text, Wanted(self.on, self.place))


def _levels(places: Tree, region: str) -> list[Level]:
    """The lists of what lies in the region, in the district chosen there, and so on, as far as there is any.

    Whoever chooses another region has chosen no district of it yet, whatever stood there before.
    """
    found = []
    above = region.ljust(_CODE, "0")
    for number in range(1, DEEPEST):
        options: tuple[Node, ...] = places.children(above)
        if not options:
            break
        given = request.args.get(f"place-{number}", "")
        chosen = given if any(given == (node.code or node.key) for node in options) else ""
        found.append(Level(number, options, chosen))
        if not chosen:
            break
        above = chosen
    return found


@public.get("/capacity/")
@auth.allow(auth.ANYONE)
def capacity() -> str:
    """Free capacity by words, place and day."""
    asked = AskedFree.read()
    # Offers beside an error would be taken for the answer.
    found = None if asked.unread else asked.find()
    page, pages = page_of(request.args, found.total if found else 0, PAGE_SIZE)
    rows = found.rows(PAGE_SIZE, (page - 1) * PAGE_SIZE) if found else []
    places = tree(db(), Scheme.KATO, runtime().today())
    named = {row.kato: node.named(g.lang) for row in rows if row.kato and (node := places.node(row.kato))}
    regions = sorted(((code, tr(f"region.{code}", g.lang)) for code in REGIONS), key=lambda one: one[1])
    return render_template(
        "capacity/results.html",
        asked=asked,
        found=found,
        rows=rows,
        places=named,
        regions=regions,
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("public.capacity"), page=page),
    )


@public.get("/exports/capacity.<any(csv, xlsx):form>")
@auth.allow(auth.ANYONE)
def export_capacity(form: str) -> Response | Answer:
    """What the page of free capacity shows for the same address, all of it; what cannot be read the page tells."""
    asked = AskedFree.read()
    if asked.unread:
        return redirect(with_query(url_for("public.capacity")))
    return file_of("capacity", form, COLUMNS, _rows(asked.find().rows()))


def _rows(rows: list[Free]) -> Iterator[list[Any]]:
    for row in rows:
        yield [getattr(row, name) for name in COLUMNS]
