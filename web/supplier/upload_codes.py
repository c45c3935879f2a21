"""Codes suggested for a supplier's own file, to be taken one by one, or all that are likely at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.db import after_commit
from registry.errors import NotFound
from registry.evidence.operations import complete_codes
from registry.evidence.rules import document
from registry.uploads import queries
from registry.uploads.models import Upload
from registry.wording import Message, tr
from web import auth
from web.formats import with_query
from web.public.paging import page_of
from web.public.rows import PathStep, steps
from web.session import db, runtime
from web.suggesting import TAKEN_FROM, is_likely, suggestions, suggestions_path, sureness
from web.supplier.upload import blueprint, stored_at

PAGE_SIZE: Final = 25


class Choice(NamedTuple):
    """A suggested code with its path, how sure it is, and why."""

    code: str
    path: tuple[PathStep, ...]
    sure: Message
    why: tuple[Message, ...]


class Line(NamedTuple):
    """A good without a code, and the codes suggested for it."""

    product: int
    name: str
    choices: tuple[Choice, ...]


@blueprint.get("/<int:id>/codes")
@auth.allow(auth.LISTERS)
def codes(id: int) -> str:
    """The goods of a file that have no code yet, with the codes suggested for them."""
    upload = queries.upload(db(), id, auth.person().scope)
    waiting = _waiting(upload)
    page, pages = page_of(request.args, len(waiting), PAGE_SIZE)
    shown = waiting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return render_template(
        "supplier/upload_codes.html",
        upload=upload,
        count=len(waiting),
        likely=[(least, n) for least in TAKEN_FROM if (n := sum(is_likely(one["codes"][0], least) for one in waiting))],
        lines=list(_lines(shown)),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("upload.codes", id=id), page=page),
    )


@blueprint.post("/<int:id>/codes")
@auth.allow(auth.LISTERS)
def take_codes(id: int) -> Response:
    """Give goods the codes that were chosen, or all first ones that are as likely as was asked."""
    person, on, now = auth.person(), runtime().today(), runtime().now()
    upload = queries.upload(db(), id, person.scope)
    waiting = {one["product"]: one["codes"] for one in _waiting(upload)}
    if request.form.get("do") == "likely":
        least = {str(least): least for least in TAKEN_FROM}.get(request.form.get("least", ""), max(TAKEN_FROM))
        chosen = {product: held[0]["code"] for product, held in waiting.items() if is_likely(held[0], least)}
    else:
        chosen = {
            product: code
            for product, held in waiting.items()
            if (code := request.form.get(f"code-{product}")) and code in {one["code"] for one in held}
        }
    nomenclature = tree(db(), Scheme.TNVED, on)
    given, lost = complete_codes(db(), upload.bin, chosen, nomenclature, on=on, actor=person.actor, now=now)
    wake = runtime().wake
    after_commit(db(), lambda: wake(None))
    flash(tr("web.upload.codes.taken", g.lang, n=given))
    if lost:
        flash(tr("web.desk.unconfirmed", g.lang, documents=tuple(map(document, lost))), "doubt")
    page = request.args.get("page", type=int)
    return redirect(with_query(url_for("upload.codes", id=id), **({"page": page} if page else {})))


def _waiting(upload: Upload) -> list[dict[str, Any]]:
    """What was suggested for goods of the file that have no code to this day."""
    if upload.stored is None:
        raise NotFound(Message("upload.gone"))
    path = suggestions_path(stored_at(upload.stored), upload.work)
    held = {one["product"]: one for one in suggestions(path)}
    bare = queries.without_code(db(), held, runtime().today())
    return [held[product] for product in bare]


def _lines(shown: Iterable[dict[str, Any]]) -> Iterator[Line]:
    nomenclature = tree(db(), Scheme.TNVED, runtime().today())
    for one in shown:
        choices = (
            Choice(
                code=it["code"],
                path=steps(nomenclature, it["code"], g.lang)[1:],
                sure=sureness(it),
                why=tuple(map(Message.from_json, it["why"])),
            )
            for it in one["codes"]
        )
        yield Line(one["product"], one["name"], tuple(choices))
