"""Files over HTTP: handed out to whoever may see them, and taken in by forms.

What is handed out was sent by strangers, so it never acts within the portal: pictures alone, which were made anew, are
shown; everything else is saved. Each answer forbids itself all scripts, frames and guesses of its type.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, g, request, send_file
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms.widgets import FileInput

from registry.calendar import legal_day
from registry.errors import NotFound, RuleBroken
from registry.files import rules
from registry.files.intake import Prepared, prepare
from registry.files.models import Disclosure, Purpose, StoredFile
from registry.files.queries import by_token, parties
from registry.wording import Message, tr
from web import auth
from web.session import db, runtime
from web.validators import Said

logger = logging.getLogger(__name__)

_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
# A public file may be withdrawn: caches keep it for an hour, no longer.
_PUBLIC: Final = "public, max-age=3600"
_PRIVATE: Final = "no-store"
# What a form carries beside its files, bytes.
_BESIDE: Final = 512 * 1024
_LARGEST: Final = "largest_request"

blueprint = Blueprint("files", __name__, url_prefix="/files")


@blueprint.get("/<token>")
@auth.allow(auth.ANYONE)
def content(token: str) -> Response:
    """A file, to be shown if it is a picture, else to be saved."""
    return _handed_out(token, thumb=False)


@blueprint.get("/<token>/thumb")
@auth.allow(auth.ANYONE)
def thumb(token: str) -> Response:
    """A picture made small."""
    return _handed_out(token, thumb=True)


def _handed_out(token: str, *, thumb: bool) -> Response:
    """A file or its thumbnail. Raises NotFound for what may not be seen as for what is not there."""
    file = by_token(db(), token)
    if file is None or not _seen(file) or (thumb and not file.is_picture):
        raise NotFound(Message("files.not_found"))
    path = runtime().files.path(file.token, thumb=thumb)
    media_type = rules.MEDIA_TYPES[file.form]
    try:
        response = send_file(
            path,
            mimetype=media_type,
            as_attachment=not file.is_picture,
            download_name=file.name,
            etag=f"{file.sha256}-thumb" if thumb else file.sha256,
        )
    except FileNotFoundError:
        logger.error("the content of file %s is not in its place: %s", file.id, path)
        raise NotFound(Message("files.not_found")) from None
    # A table of text may be in another encoding than the one that would be named by itself.
    response.headers["Content-Type"] = media_type
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = _PUBLIC if file.disclosure is Disclosure.PUBLIC else _PRIVATE
    return response


def _seen(file: StoredFile) -> bool:
    reader = g.account
    return rules.may_see(
        disclosure=file.disclosure,
        purpose=file.purpose,
        owner=file.owner,
        parties=parties(db(), file.id) if file.disclosure is Disclosure.PARTIES else (),
        sent_by_reader=reader is not None and file.uploader_id == reader.id,
        reader=reader.actor if reader is not None else None,
    )


def takes_files(purpose: Purpose, most: int = 1) -> Callable[[auth.View], auth.View]:
    """Declare that the form of a view carries up to so many files, so that its requests may be that large; one file
    above what is taken is still read, so that it is refused at its field and not by a page of its own."""

    return takes_bytes((most + 1) * rules.most_bytes(purpose))


def takes_bytes(most: int) -> Callable[[auth.View], auth.View]:
    """Declare that the form of a view carries files of so many bytes together."""

    def declare(view: auth.View) -> auth.View:
        setattr(view, _LARGEST, most + _BESIDE)
        return view

    return declare


def too_large() -> tuple[Message, Message] | None:
    """What to say of a request beyond the limit of a form that carries files, and what to do; None for other forms."""
    largest = _largest()
    if largest is None:
        return None
    said = Message("files.request_too_large", {"most": rules.in_mib(largest - _BESIDE)})
    return said, Message("files.request_too_large_remedy")


def _largest() -> int | None:
    view = current_app.view_functions.get(request.endpoint or "")
    largest: int | None = getattr(view, _LARGEST, None)
    return largest


class Upload(MultipleFileField):
    """Files of a form: `values` holds those found fit to be kept, for `registry.files.operations.attach`.

    Whatever is not kept when the request ends is deleted. Checking takes up to seconds and needs no database: validate
    the form before anything is asked of `db()`, whose transaction would keep other writers waiting.
    """

    def __init__(self, label: str, *, purpose: Purpose, most: int = 1, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(label, widget=FileInput(multiple=most > 1), **kwargs)
        self.purpose = purpose
        self.most = most
        self.needed = needed
        self.values: tuple[Prepared, ...] = ()

    @property
    def hint(self) -> Message:
        """What may be sent."""
        most = rules.in_mib(rules.most_bytes(self.purpose))
        return Message("files.hint", {"accepted": rules.accepted_names(self.purpose), "most": most})

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [one for one in valuelist if isinstance(one, FileStorage) and one.filename]

    def pre_validate(self, form: Any) -> None:
        self.values = ()
        given: list[FileStorage] = self.data or []
        if self.needed and not given:
            raise Said(Message("files.needed"))
        if len(given) > self.most:
            raise Said(Message("files.at_most", {"most": self.most}))
        refused: list[Message] = []
        for one in given:
            try:
                self.values += (_prepared(one, self.purpose, self.name),)
            except RuleBroken as error:
                refused.append(error.message)
        if refused:
            self.errors: list[Any] = [*self.errors, *refused[:-1]]
            raise Said(refused[-1])

    def __call__(self, **kwargs: Any) -> Any:
        # Telephones turn their own format of photos into one of those that are named here.
        kwargs.setdefault("accept", ",".join(rules.offered(self.purpose)))
        return super().__call__(**kwargs)


def _prepared(given: FileStorage, purpose: Purpose, field: str) -> Prepared:
    found = prepare(
        runtime().files, given.stream, name=given.filename, purpose=purpose, field=field, now=runtime().now()
    )
    g.setdefault("prepared_files", []).append(found)
    return found


def install(app: Flask) -> None:
    """Hand files out, and let the views that take them be sent so much; before anything reads what was sent."""
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(file_size=size_in_words, thumb_size=thumb_size, legal_day=legal_day)

    @app.before_request
    def raise_limit() -> None:
        if (largest := _largest()) is not None:
            request.max_content_length = largest

    @app.teardown_request
    def discard(error: BaseException | None) -> None:
        for prepared in g.pop("prepared_files", ()):
            prepared.discard()


def size_in_words(size: int) -> str:
    """Bytes as people count them: 1,2 МБ, 340 КБ."""
    if size >= rules.MIB:
        return tr("files.size.mib", g.lang, size=rules.in_mib(size))
    return tr("files.size.kib", g.lang, size=max(size / 1024, 1))


def thumb_size(file: StoredFile) -> tuple[int, int]:
    """Width and height of a picture's thumbnail, so that a page does not jump when it arrives."""
    width, height = file.width or 1, file.height or 1
    scale = min(1, rules.THUMB_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
