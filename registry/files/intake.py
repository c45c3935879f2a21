"""A file received, checked and made ready to be kept; no transaction is open meanwhile, for it takes up to seconds."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from registry.confined import Failed, Limits, run
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.files import contents, rules
from registry.files.contents import Content, Form
from registry.files.models import TOKEN_LENGTH, Purpose
from registry.files.rules import MIB
from registry.files.store import Store
from registry.wording import Message, Param

# A picture of 64 million pixels takes 0.7 GiB and 3 s to be made anew, as WEBP with transparency 1.0 GiB and 5 s.
PICTURE_LIMITS: Final = Limits(memory=1280 * MIB, seconds=30, written=rules.PHOTO_BYTES)
DOCUMENT_LIMITS: Final = Limits(memory=1024 * MIB, seconds=30, written=MIB)
_BLOCK: Final = 1 << 16
# Why a kind of file is not taken and what to send instead, where that is known better than "not among those taken".
_OWN_WORDS: Final[Mapping[str, str]] = {
    Content.EMPTY: "files.empty",
    Content.HEIC: "files.heic",
    Content.SVG: "files.svg",
    Content.ARCHIVE: "files.archive",
    Content.OLD_OFFICE: "files.old_office",
    Content.LOCKED_OFFICE: "files.locked_office",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was found fit to be kept for its purpose, waiting for `operations.attach`.

    Whoever prepared it calls `discard` in the end, whether it was kept or not: what was kept is no longer there to be
    discarded.
    """

    token: str
    purpose: Purpose
    name: str
    form: Form
    size: int
    sha256: str
    width: int | None
    height: int | None
    pages: int | None
    store: Store

    @property
    def content(self) -> Path:
        """Where the content waits."""
        return self.store.incoming(self.token, ".kept" if self.form is Form.JPEG else "")

    @property
    def thumb(self) -> Path | None:
        """Where a picture's thumbnail waits."""
        return self.store.incoming(self.token, ".thumb") if self.form is Form.JPEG else None

    def discard(self) -> None:
        """Delete what still waits."""
        _discard(self.store, self.token)


def prepare(
    store: Store, stream: IO[bytes], *, name: str | None, purpose: Purpose, field: str = "", now: datetime
) -> Prepared:
    """Receive a file and check what it is by its content; a picture is made anew, a document looked into.

    name: as its sender calls it. field: where a refusal belongs in a form. Raises RuleBroken with one violation that
    names the file, says what is wrong with it and what to send instead.
    """
    token = secrets.token_hex(TOKEN_LENGTH // 2)
    try:
        return _prepared(store, token, stream, _Refusal(rules.shown_name(name), purpose, field), name, now)
    except BaseException:
        _discard(store, token)
        raise


def _prepared(
    store: Store, token: str, stream: IO[bytes], refusal: _Refusal, name: str | None, now: datetime
) -> Prepared:
    source = store.incoming(token)
    data = _received(stream, source, refusal)
    store.settle(source, now=now)
    content = contents.recognise(data)
    if content not in contents.OPENED:
        refusal.of_content(content)
    if content in contents.PICTURES:
        found = _picture(store, token, refusal)
        content_path, thumb = store.incoming(token, ".kept"), store.incoming(token, ".thumb")
        source.unlink()
        for path in (content_path, thumb):
            store.settle(path, now=now)
    else:
        found = _document(source, content, refusal)
        content_path = source
    form = Form(found["form"])
    if form not in rules.accepted(refusal.purpose):
        refusal.of_content(str(form))
    return Prepared(
        token=token,
        purpose=refusal.purpose,
        name=rules.kept_name(name, form),
        form=form,
        size=content_path.stat().st_size,
        sha256=_sha256(content_path),
        width=found.get("width"),
        height=found.get("height"),
        pages=found.get("pages"),
        store=store,
    )


@dataclass(frozen=True, slots=True)
class _Refusal:
    """How a file is refused: by its name, in the words of its purpose, at its field."""

    name: str
    purpose: Purpose
    field: str

    def say(self, code: str, **values: Param) -> NoReturn:
        """Refuse with a sentence."""
        name = self.name or Message("files.unnamed")
        named = {"name": name, "accepted": rules.accepted_names(self.purpose), **values}
        raise RuleBroken([Violation(code, self.field, Message(code, named))])

    def of_content(self, content: str) -> NoReturn:
        """Refuse for what the file is."""
        if content in _OWN_WORDS:
            self.say(_OWN_WORDS[content])
        self.say("files.not_taken", what=Message(f"files.what.{content}"))


def _received(stream: IO[bytes], target: Path, refusal: _Refusal) -> bytes:
    """Write down what comes, no more of it than is taken."""
    most = rules.most_bytes(refusal.purpose)
    data = bytearray()
    while block := stream.read(_BLOCK):
        data += block
        if len(data) > most:
            refusal.say("files.too_large", most=rules.in_mib(most))
    target.write_bytes(data)
    return bytes(data)


def _picture(store: Store, token: str, refusal: _Refusal) -> dict[str, Any]:
    targets = [str(store.incoming(token, ending).resolve()) for ending in ("", ".kept", ".thumb")]
    bounds = map(str, (rules.longest_side(refusal.purpose), rules.THUMB_SIDE, rules.PIXELS))
    found = _opened("registry.files.pictures", *targets, *bounds, limits=PICTURE_LIMITS, refusal=refusal)
    return {"form": Form.JPEG, **found}


def _document(source: Path, content: Content, refusal: _Refusal) -> dict[str, Any]:
    said = _opened("registry.files.documents", str(source.resolve()), content, limits=DOCUMENT_LIMITS, refusal=refusal)
    if "is" in said:
        refusal.of_content(said["is"])
    return said


def _opened(module: str, *arguments: str, limits: Limits, refusal: _Refusal) -> dict[str, Any]:
    """What the module finds in the file in a child process."""
    try:
        found: dict[str, Any] = json.loads(run(module, *arguments, limits=limits))
    except Failed:
        refusal.say("files.unreadable")
    if "refused" in found:
        refusal.say(found["refused"], most=rules.PIXELS // 1_000_000)
    return found


def _discard(store: Store, token: str) -> None:
    for ending in ("", ".kept", ".thumb"):
        with suppress(FileNotFoundError):
            store.incoming(token, ending).unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
