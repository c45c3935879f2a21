"""What may be sent, kept and seen: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from registry.accounts.models import AccountRole
from registry.accounts.rules import STAFF, STATE, Actor
from registry.explain import Violation
from registry.files.contents import Form
from registry.files.models import NAME_LENGTH, Disclosure, Purpose
from registry.wording import Message, Param

MIB: Final = 1024**2
PHOTO_BYTES: Final = 8 * MIB
DOCUMENT_BYTES: Final = 10 * MIB
# Of one organisation, all together: five photos for each of a thousand goods, and room for documents.
FILES_OF_ONE: Final = 5_000
BYTES_OF_ONE: Final = 2 * 1024**3
# Proofs that one person may send of speaking for organisations: whoever is not proven yet is a stranger.
CLAIMS_OF_ONE: Final = 20

# The longest side of a picture as it is kept, pixels: a photo fills a screen; of a photographed document stamps and
# fine print must stay legible. The thumbnail is of both.
PHOTO_SIDE: Final = 1_600
DOCUMENT_SIDE: Final = 2_560
THUMB_SIDE: Final = 320
# A camera of 64 million pixels; of more than that a picture is a trap, or needs to be made smaller anyway.
PIXELS: Final = 64_000_000

_SCANS: Final = (Form.JPEG, Form.PDF, Form.CMS)
_ACCEPTED: Final = {
    Purpose.PHOTO: (Form.JPEG,),
    Purpose.CONFORMITY: _SCANS,
    Purpose.PERMIT: _SCANS,
    Purpose.AUTHORITY: _SCANS,
    Purpose.ORIGIN: _SCANS,
    Purpose.PROTOCOL: (*_SCANS, Form.DOCX),
    Purpose.OTHER: tuple(Form),
}
# What each form is called where people choose files, and what browsers offer to choose.
_CALLED: Final = {
    Form.JPEG: ("JPEG", "PNG", "WEBP"),
    Form.PDF: ("PDF",),
    Form.DOCX: ("DOCX",),
    Form.XLSX: ("XLSX",),
    Form.ODS: ("ODS",),
    Form.CSV: ("CSV",),
    Form.CMS: ("P7S", "CMS"),
}
_SUFFIXES: Final = {Form.JPEG: (".jpg", ".jpeg"), Form.CMS: (".p7s", ".cms", ".p7m", ".sig")}
MEDIA_TYPES: Final = {
    Form.JPEG: "image/jpeg",
    Form.PDF: "application/pdf",
    Form.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Form.CSV: "text/csv",
    Form.CMS: "application/pkcs7-signature",
}

_OFFERED: Final = {
    form: (media_type, *_SUFFIXES.get(form, (f".{form}",)))
    for form, media_type in (MEDIA_TYPES | {Form.JPEG: "image/jpeg,image/png,image/webp"}).items()
}

_PUBLIC: Final = frozenset({Purpose.PHOTO, Purpose.ORIGIN})

# 240 bytes of UTF-8: file systems hold names of 255, and programs add to them.
_NAME_BYTES: Final = 240
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]')
_SUFFIX: Final = re.compile(r"\.(?=[a-z0-9]{1,5}$)(?=[a-z0-9]*[a-z])[a-z0-9]+$", re.IGNORECASE)
# Names that Windows keeps for devices.
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


def accepted(purpose: Purpose) -> tuple[Form, ...]:
    """The forms that are taken for a purpose."""
    return _ACCEPTED[purpose]


def accepted_names(purpose: Purpose) -> tuple[str, ...]:
    """The kinds of file that are taken for a purpose, as people call them: JPEG, PNG, PDF."""
    return tuple(name for form in accepted(purpose) for name in _CALLED[form])


def offered(purpose: Purpose) -> tuple[str, ...]:
    """What a browser offers to choose for a purpose: media types and endings of names."""
    return tuple(offer for form in accepted(purpose) for offer in _OFFERED[form])


def most_bytes(purpose: Purpose) -> int:
    """How large one file may be, bytes."""
    return PHOTO_BYTES if purpose is Purpose.PHOTO else DOCUMENT_BYTES


def longest_side(purpose: Purpose) -> int:
    """The longest side of a picture as it is kept, pixels."""
    return PHOTO_SIDE if purpose is Purpose.PHOTO else DOCUMENT_SIDE


def first_disclosure(purpose: Purpose) -> Disclosure:
    """Who may see a file as long as nobody decides otherwise: photos are there to be shown; other things are private,
    of which the state sees what it has to judge."""
    if purpose is Purpose.PHOTO:
        return Disclosure.PUBLIC
    return Disclosure.NEVER if purpose is Purpose.OTHER else Disclosure.STATE


def check_disclosure(purpose: Purpose, disclosure: Disclosure) -> tuple[Violation, ...]:
    """What stands against showing a file of this purpose so widely; empty if nothing does."""
    if disclosure is Disclosure.PUBLIC and purpose not in _PUBLIC:
        return (_violation("files.never_public", "disclosure"),)
    return ()


def may_see(
    *,
    disclosure: Disclosure,
    purpose: Purpose,
    owner: str | None,
    parties: Collection[str],
    sent_by_reader: bool,
    reader: Actor | None,
) -> bool:
    """Whether a reader may see a file.

    parties: organisations that it is shared with. sent_by_reader: their own account sent it. reader: None where nobody
    is signed in. Whoever has sent proof of speaking for an organisation sees that proof before they are believed.
    """
    if disclosure is Disclosure.PUBLIC:
        return True
    if reader is None:
        return False
    if owner is not None and reader.bin == owner:
        return True
    if purpose is Purpose.AUTHORITY and sent_by_reader:
        return True
    if disclosure is Disclosure.NEVER:
        return False
    if reader.role in STATE:
        return True
    return disclosure is Disclosure.PARTIES and reader.bin is not None and reader.bin in parties


def _writes_for(actor: Actor, owner: str | None) -> bool:
    """Whether the actor may change what an organisation has: not whoever only reads it."""
    return actor.bin == owner and actor.role is not AccountRole.VIEWER


def may_attach(*, owner: str | None, purpose: Purpose, actor: Actor) -> bool:
    """Whether the actor may send a file: for its own organisation, or proof of speaking for one; staff and the program
    for anybody."""
    if actor.is_program or actor.role in STAFF:
        return True
    return owner is not None and (_writes_for(actor, owner) or purpose is Purpose.AUTHORITY)


def may_change(*, owner: str | None, purpose: Purpose, sent_by_actor: bool, actor: Actor) -> bool:
    """Whether the actor may remove a file, link it or say who sees it: its own organisation; of what belongs to the
    register itself, staff; of proof of speaking for an organisation, whoever sent it. Nobody who judges an organisation
    does away with what it sent."""
    if actor.is_program:
        return True
    if owner is None:
        return actor.role in STAFF
    return _writes_for(actor, owner) or (purpose is Purpose.AUTHORITY and sent_by_actor)


def check_room(*, count: int, size: int, adding: int) -> tuple[Violation, ...]:
    """What stands against one more file of an organisation that has so many of so many bytes."""
    if count >= FILES_OF_ONE:
        return (_violation("files.too_many", most=FILES_OF_ONE),)
    if size + adding > BYTES_OF_ONE:
        return (_violation("files.no_room", most=in_mib(BYTES_OF_ONE)),)
    return ()


def check_claims(count: int) -> tuple[Violation, ...]:
    """What stands against one more proof of speaking for an organisation by a person who has sent so many."""
    return (_violation("files.too_many_claims", most=CLAIMS_OF_ONE),) if count >= CLAIMS_OF_ONE else ()


def shown_name(given: str | None) -> str:
    """A file's name as it may be shown: without folders, control characters and characters that turn the direction of
    writing, by which `fdp.exe` looks like `exe.pdf`; in single spaces; not longer than is kept."""
    last = re.split(r"[/\\]", given or "")[-1]
    composed = unicodedata.normalize("NFC", last)
    # A line break between words is a space; what is merely invisible is nothing.
    spaced = "".join(" " if sign.isspace() else sign for sign in composed)
    kept = "".join(sign for sign in spaced if unicodedata.category(sign)[0] != "C")
    return _cut(" ".join(_FORBIDDEN.sub("_", kept).split()).strip(". "), "")


def kept_name(given: str | None, form: Form) -> str:
    """The name under which a file is kept and handed out: as shown, ending as its form does, whatever it ended in."""
    name = shown_name(given)
    suffixes = _SUFFIXES.get(form, (f".{form}",))
    ending = _SUFFIX.search(name)
    suffix = ending[0].lower() if ending and ending[0].lower() in suffixes else suffixes[0]
    stem = (name[: ending.start()] if ending else name).strip(". ")
    if not stem:
        stem = "file"
    return _cut(f"_{stem}" if _DEVICE.match(stem) else stem, suffix)


def _cut(stem: str, suffix: str) -> str:
    stem = stem[: NAME_LENGTH - len(suffix)]
    while len((stem + suffix).encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". ") + suffix


def in_mib(size: int) -> float:
    """Bytes as the megabytes that people count files in."""
    return size / MIB


def _violation(code: str, field: str = "", **values: Param) -> Violation:
    return Violation(code, field, Message(code, values))
