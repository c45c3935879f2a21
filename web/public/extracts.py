"""Extracts of a line and of a supplier: what their pages state, to print and to hand over."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Final

from flask import g, make_response, request
from werkzeug.wrappers import Response

from registry.errors import RuleBroken
from registry.evidence import queries
from registry.explain import Violation
from registry.suppliers.queries import supplier as supplier_on
from registry.wording import Message
from web import auth, errors
from web.demonstration import demonstration
from web.formats import register_number
from web.language import shared_address
from web.print import documents, extracts
from web.print.extracts import Taken, Values
from web.public.blueprint import public
from web.public.days import AskedDay, asked_day
from web.public.goods import withdrawn_page
from web.session import db, runtime

RETRY_S: Final = 30


@public.get("/products/<int:id>/extract.pdf")
@auth.allow(auth.ANYONE)
def product_extract(id: int) -> Response:
    """One line on a day; of one that was withdrawn the page that says so."""
    day = _day()
    if gone := queries.withdrawn(db(), [id], day.on).get(id):
        return make_response(withdrawn_page(gone, day), 410)
    good = day.find(lambda on: queries.good(db(), id, on))
    supplier = supplier_on(db(), good.bin, day.on)
    taken = _taken(day, "public.product", id=id)
    return _answer("product", register_number(id), extracts.of_product(db(), good, supplier, taken), taken)


@public.get("/suppliers/<bin>/extract.pdf")
@auth.allow(auth.ANYONE)
def supplier_extract(bin: str) -> Response:
    """One supplier and what it lists on a day."""
    day = _day()
    supplier = day.find(lambda on: supplier_on(db(), bin, on))
    goods = queries.supplier_goods(db(), bin, day.on)
    taken = _taken(day, "public.supplier", bin=bin)
    return _answer("supplier", bin, extracts.of_supplier(db(), supplier, goods, taken), taken)


def _day() -> AskedDay:
    """The day asked for. A page may say that it shows another; a paper of the wrong day would be taken for right."""
    day = asked_day()
    if day.unread is not None:
        message = Message("print.no_day", {"given": day.unread})
        raise RuleBroken([Violation("print.no_day", "on", message)])
    return day


def _taken(day: AskedDay, endpoint: str, **values: str | int) -> Taken:
    # To the minute, as it is printed: whoever asks twice within one need not be given the same bytes again.
    at = runtime().now().replace(second=0, microsecond=0)
    return Taken(day.on, day.today, at, shared_address(endpoint, on=day.asked, **values))


def _answer(template: str, number: str, values: Values, taken: Taken) -> Response:
    """The document, or that its reader has it already."""
    answer = make_response(b"")
    answer.mimetype = "application/pdf"
    answer.set_etag(hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32])
    answer.headers["Content-Disposition"] = f'inline; filename="{_file_name(number, taken.on)}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Language"] = g.lang
    answer.vary.update(("Accept-Language", "Cookie"))
    if not request.if_none_match.contains(answer.get_etag()[0] or ""):
        try:
            answer.set_data(documents.compile(template, values, made_at=taken.at))
        except documents.Busy:
            answer = make_response(errors.page(503, Message("print.busy")))
            answer.headers["Retry-After"] = str(RETRY_S)
            return answer
    return answer.make_conditional(request)


def _file_name(number: str, on: date) -> str:
    # A file leaves the portal and what its pages say: its name goes along.
    source = "ondiris-DEMO" if demonstration() else "ondiris"
    return f"{source}-{number}-{on.isoformat()}-{g.lang}.pdf"
