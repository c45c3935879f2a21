"""Signing on a page: the box with the text, its download, and what is sent back.

A page of any subject gives its word, its thing and what is declared:

    box = signing.box(PURPOSE, about, declared, speaks_for=bin)      # GET: for the macro `signing_box` of signing.html
    done = signing.taken(PURPOSE, about, declared, speaks_for=bin)   # POST: a Signature, or the box with its problems
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Flask, Response, g, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from wtforms import HiddenField

from registry import signing
from registry.certificates import profile
from registry.errors import NotFound, RuleBroken
from registry.identifiers import HolderKind, parse_holder
from registry.signing import LARGEST_CMS, Signature, SigningChallenge, Verifier
from registry.wording import Message
from web import auth
from web.session import db, keep, runtime

# Where NCALayer, the national authority's program, listens on its user's own machine.
PROGRAM: Final = "wss://127.0.0.1:13579"

blueprint = Blueprint("signing", __name__, url_prefix="/signing")


class SigningForm(FlaskForm):
    """A signature, from the program beside the browser (`cms`, base64) or as a file."""

    nonce = HiddenField()
    cms = HiddenField()
    file = FileField("signing.box.file")

    @property
    def signature(self) -> bytes:
        """The signature as it was given; a byte more than may be taken is read, so that its check refuses it."""
        if self.file.data:
            return bytes(self.file.data.read(LARGEST_CMS + 1))
        return (self.cms.data or "").encode()


@dataclass(frozen=True, slots=True)
class Box:
    """What `signing_box` shows: the text, the form, and the kind of key that the program should offer."""

    text: SigningChallenge
    form: SigningForm
    usages: tuple[str, ...]

    @property
    def content(self) -> str:
        """The bytes to sign, in base64."""
        return b64encode(self.text.content).decode()

    @property
    def problems(self) -> list[tuple[str, Message]]:
        """What is wrong with what was sent: (field, message)."""
        return [(self.form.file.id, error) for error in self.form.file.errors]


def install(app: Flask) -> None:
    """Add the download, and what the box's macro calls. A verifier that cannot be had stops the start here."""
    _ = app.extensions["runtime"].verifier
    app.config.setdefault("SIGNING_PROGRAM", PROGRAM)
    app.jinja_env.globals.update(signing_program=lambda: _program(app))
    app.register_blueprint(blueprint)


def _program(app: Flask) -> str:
    """The program's address; the answer that names it, and no other, lets its page connect to it."""
    address = str(app.config["SIGNING_PROGRAM"])
    g.connects_to = address
    return address


def offered() -> bool:
    """Whether this portal can check signatures: a page that asks for one then has another way as well."""
    return runtime().verifier is not None


def box(purpose: str, about: str, declared: Message, *, speaks_for: str | None) -> Box:
    """A new text for whoever is signed in. Raises NotFound where signing is not offered."""
    _verifier()
    return Box(_asked(purpose, about, declared), SigningForm(formdata=None), _usages(speaks_for))


def taken(purpose: str, about: str, declared: Message, *, speaks_for: str | None) -> Signature | Box:
    """The signature that was sent, checked and kept in the request's transaction; or the box again, with why not.

    Call it before anything is read or written with `db()`. Raises NotFound where signing is not offered, Conflict for a
    text that is signed already.
    """
    verifier, form, person = _verifier(), SigningForm(), auth.person()
    form.validate()
    now, nonce = runtime().now(), form.nonce.data or ""
    text: SigningChallenge | None = None
    try:
        # Apart from the request's transaction: see `examine`.
        with runtime().database.reading() as reading:
            text = signing.asked(reading, nonce, purpose=purpose, about=about, account_id=person.id)
            examined = signing.examine(
                reading,
                verifier,
                form.signature,
                nonce=nonce,
                purpose=purpose,
                about=about,
                account_id=person.id,
                speaks_for=speaks_for,
                now=now,
            )
    except RuleBroken as error:
        form.file.errors = [violation.message for violation in error.violations]
    except NotFound as error:
        form.file.errors = [error.message]
    else:
        return signing.keep(db(), examined, actor=person.actor.name)
    if text is None or text.expires_at <= now:
        text = _asked(purpose, about, declared)
    return Box(text, form, _usages(speaks_for))


def _verifier() -> Verifier:
    verifier = runtime().verifier
    if verifier is None:
        raise NotFound(Message("signing.not_offered"))
    return verifier


def _asked(purpose: str, about: str, declared: Message) -> SigningChallenge:
    person, now = auth.person(), runtime().now()

    def made(session: Session) -> SigningChallenge:
        return signing.challenge(
            session,
            purpose=purpose,
            about=about,
            declared=declared,
            host=request.host,
            account_id=person.id,
            actor=person.actor.name,
            now=now,
        )

    if request.method != "GET":
        # The answer refuses what was sent, and asks for another signature: of this text.
        keep()
        return made(db())
    # A page that is read: the text is worth nothing by itself, so reading it twice does no harm.
    with runtime().database.transaction() as session:
        return made(session)


def _usages(speaks_for: str | None) -> tuple[str, ...]:
    """The kind of key that the program should offer: one for signing, of an organisation where one is spoken for."""
    wanted = (profile().signing,)
    if speaks_for is None or parse_holder(speaks_for).kind is HolderKind.PERSON:
        return wanted
    return (*wanted, profile().roles["organisation"].oid)


@blueprint.get("/<nonce>.txt")
@auth.allow(auth.SIGNED_IN)
def text(nonce: str) -> Response:
    """The text as a file, byte for byte as it is to be signed; its own person's alone."""
    found = signing.own(db(), nonce, account_id=auth.person().id)
    name = f"ondiris-{found.nonce[:8]}.txt"
    answer = Response(found.content, mimetype="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
