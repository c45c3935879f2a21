"""Photographs and documents of a good: sent, listed, taken away."""

from __future__ import annotations

from typing import Final

from flask import flash, g, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry.catalogue.operations import PRODUCT
from registry.errors import RuleBroken
from registry.files.models import Purpose
from registry.files.operations import attach, detach, link
from registry.files.queries import used_by
from registry.wording import Message, tr
from web import auth
from web.files import Upload, takes_bytes
from web.session import db, runtime
from web.supplier.blueprint import desk
from web.supplier.views import own_line

# In one sending; a good may have more, by and by.
PHOTOS: Final = 5
DOCUMENTS: Final = 3
_BYTES: Final = 40 * 1024 * 1024

Answer = str | tuple[str, int] | Response


class FilesForm(FlaskForm):
    """Photographs, which everybody sees, and documents of conformity, which the institute sees besides."""

    photos = Upload("web.goods.more_photos", purpose=Purpose.PHOTO, most=PHOTOS)
    documents = Upload("web.goods.more_documents", purpose=Purpose.CONFORMITY, most=DOCUMENTS)

    @property
    def problems(self) -> list[tuple[str, Message]]:
        """What is wrong, in the order of the fields: (field, message)."""
        return [(field.id, error) for field in (self.photos, self.documents) for error in field.errors]


@desk.get("/goods/<int:id>/files")
@auth.allow(auth.LISTERS)
def good_files(id: int) -> str:
    """The files of a good, and the form that takes more."""
    return _page(id, FilesForm(formdata=None))


@desk.post("/goods/<int:id>/files")
@auth.allow(auth.LISTERS)
@takes_bytes(_BYTES)
def add_good_files(id: int) -> Answer:
    """Keep what was sent as files of the good."""
    form = FilesForm()
    # Checked before the database is asked for anything: reading pictures takes its time.
    shaped = form.validate()
    own_line(id)
    sent = (*form.photos.values, *form.documents.values)
    if shaped and not sent:
        form.photos.errors = [Message("web.goods.nothing_sent")]
    if not shaped or not sent:
        return _page(id, form), 422
    person, now = auth.person(), runtime().now()
    bin = person.bin or ""
    try:
        with db().begin_nested():
            for upload in sent:
                kept = attach(db(), owner=bin, upload=upload, uploader=person.id, actor=person.actor, now=now)
                link(db(), kept.token, kind=PRODUCT, entity_id=id, owner=bin, actor=person.actor, now=now)
    except RuleBroken as error:
        form.photos.errors = [violation.message for violation in error.violations]
        return _page(id, form), 422
    flash(tr("web.goods.attached", g.lang, n=len(sent)))
    return redirect(url_for("supplier.good_files", id=id))


@desk.post("/goods/<int:id>/files/<token>/remove")
@auth.allow(auth.LISTERS)
def remove_good_file(id: int, token: str) -> Response:
    """Take a file away from a good."""
    own_line(id)
    # A second click finds nothing to take away.
    if token in {file.token for file in used_by(db(), PRODUCT, [id])[id]}:
        detach(db(), token, kind=PRODUCT, entity_id=id, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.goods.detached", g.lang))
    return redirect(url_for("supplier.good_files", id=id))


def _page(id: int, form: FilesForm) -> str:
    line = own_line(id)
    files = used_by(db(), PRODUCT, [id])[id]
    return render_template(
        "supplier/files.html",
        form=form,
        problems=form.problems,
        good=line.good,
        photos=[file for file in files if file.purpose is Purpose.PHOTO],
        documents=[file for file in files if file.purpose is not Purpose.PHOTO],
    )
