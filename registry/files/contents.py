"""What a file is, by how it begins: never by its name, nor by what its sender says. Pure.

This only sorts: what is taken is then opened, in a child process, by `registry.files.pictures` or `.documents`, which
import nothing heavier than this, since each upload waits for a child to start.
"""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from typing import Final

# Enough to tell any kind by.
HEAD_BYTES: Final = 4_096


class Content(StrEnum):
    """What a file looks like; the value names its words in the catalogues. Those of `OPENED` may be taken."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    PDF = "pdf"
    ZIP = "zip"  # an office file, or an archive: what is inside tells
    CMS = "cms"
    TEXT = "text"  # a table in CSV, or any other text
    EMPTY = "empty"
    HEIC = "heic"
    OTHER_PICTURE = "other_picture"
    SVG = "svg"
    HTML = "html"
    XML = "xml"
    EXECUTABLE = "executable"
    ARCHIVE = "archive"
    OLD_OFFICE = "old_office"
    LOCKED_OFFICE = "locked_office"
    MEDIA = "media"
    UNKNOWN = "unknown"


class Form(StrEnum):
    """What a kept file is, found by its content."""

    JPEG = "jpeg"  # every picture: they are all made anew
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    ODS = "ods"
    CSV = "csv"
    CMS = "cms"  # a signature, with or without what it signs


PICTURES: Final = frozenset({Content.JPEG, Content.PNG, Content.WEBP})
OPENED: Final = PICTURES | {Content.PDF, Content.ZIP, Content.CMS, Content.TEXT}

_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", Content.JPEG),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"%PDF-", Content.PDF),
    (b"PK\x03\x04", Content.ZIP),
    *((mark, Content.OTHER_PICTURE) for mark in (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"8BPS", b"\0\0\1\0")),
    *(
        (mark, Content.ARCHIVE)
        for mark in (b"PK\x05\x06", b"PK\x07\x08", b"Rar!\x1a", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
    ),
    *(
        (mark, Content.EXECUTABLE)
        for mark in (
            *(b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"L\0\0\0\x01\x14\x02"),
            *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
        )
    ),
    (b"{\\rtf", Content.OLD_OFFICE),
    *((mark, Content.MEDIA) for mark in (b"ID3", b"OggS", b"\x1aE\xdf\xa3", b"RIFF", b"fLaC")),
)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The name of the part in which an office program keeps a file that has a password.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_PEM: Final = re.compile(rb"-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----(.*?)-----END ", re.DOTALL)
_MARKUP: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|object|embed|form|a|img|style)[\s>/]", re.I
)
_SVG: Final = re.compile(rb"<(?:\w+:)?svg[\s>/]", re.IGNORECASE)


def recognise(content: bytes) -> Content:
    """What a whole file looks like."""
    if not content:
        return Content.EMPTY
    head = content[:HEAD_BYTES]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Content.WEBP
    if head[4:8] == b"ftyp":
        return Content.HEIC if head[8:11] in (b"hei", b"hev", b"mif", b"msf", b"avi") else Content.MEDIA
    if head.startswith(_COMPOUND):
        return Content.LOCKED_OFFICE if _ENCRYPTED in content else Content.OLD_OFFICE
    for mark, found in _BEGINNINGS:
        if head.startswith(mark):
            return found
    if is_cms(content):
        return Content.CMS
    return _text(head)


def _text(head: bytes) -> Content:
    """What kind of text it is, if it is any; markup may hide behind a remark or a few words."""
    if _SVG.search(head):
        return Content.SVG
    if _MARKUP.search(head):
        return Content.HTML
    if b"\0" in head:
        return Content.UNKNOWN
    return Content.XML if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") else Content.TEXT


def is_cms(content: bytes) -> bool:
    """Whether it is signed data (RFC 5652): binary, PEM, or bare base64 as signing programs save it.

    It tells a signature from other things; whether the signature is good is asked of registry.signing.
    """
    if content[:1] == b"\x30":
        return _is_signed_data(content)
    armoured = _PEM.search(content[: 1 << 24]) if content.startswith(b"-----BEGIN ") else None
    text = armoured[1] if armoured else content
    if not text.lstrip().startswith(b"MI"):
        return False
    try:
        return _is_signed_data(base64.b64decode(b"".join(text.split()), validate=True))
    except binascii.Error:
        return False


def _is_signed_data(content: bytes) -> bool:
    """A SEQUENCE that ends where the file does and whose content type is signed data."""
    first = content[1] if len(content) > 1 else 0
    if first == 0x80:  # of indefinite length, closed by two zeros
        return content[2:].startswith(_SIGNED_DATA) and content.endswith(b"\0\0")
    digits = first & 0x7F if first > 0x80 else 0
    length = int.from_bytes(content[2 : 2 + digits]) if digits else first
    begins = 2 + digits
    return len(content) == begins + length and content[begins:].startswith(_SIGNED_DATA)
