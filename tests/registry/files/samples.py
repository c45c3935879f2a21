"""Files as people send them, and as nobody should: small ones, made here."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image

SCRIPT = b"<script>alert(document.cookie)</script>"


def picture(form: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """A picture: its left half dark, its right half bright."""
    made = Image.new("L", size, 40)
    made.paste(220, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    made.convert(mode).save(file, form, **options)
    return file.getvalue()


def photo_with_place(orientation: int = 6) -> bytes:
    """A photo as a telephone makes it: lying on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Telephone maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 15.0, 17.5)
    return picture(exif=exif)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colours: int = 0) -> bytes:
    """A PNG of these rows, whatever size it claims to be."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pixel_bomb(side: int = 30_000) -> bytes:
    """A PNG of some kilobytes that unpacks to hundreds of megabytes."""
    return png(side, side, b"\0" * (side + 1) * 200)


def pdf(*objects: bytes, pages: int = 2, trailer: bytes = b"") -> bytes:
    """A PDF of empty pages and further objects."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    body = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages,
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages,
        *objects,
    ]
    out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(body, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(body) + 1) + b"".join(
        b"%010d 00000 n \n" % one for one in places
    )
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(body) + 1, trailer, start)
    return out


def packed(text: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4") -> bytes:
    """An object of a PDF in which others are packed."""
    body = zlib.compress(text)
    return b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (dictionary, len(body), body)


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WORD_WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def office(part: str = "word/document.xml", kind: str = WORD, more: Mapping[str, bytes] | None = None) -> bytes:
    """An office file whose main part is of a kind."""
    types = f'<Types><Override PartName="/{part}" ContentType="{kind}"/></Types>'
    return archive({"[Content_Types].xml": types.encode(), part: b"<w/>", **(more or {})})


def ods(more: Mapping[str, bytes] | None = None) -> bytes:
    """A table of the open format."""
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "content.xml": b"<office/>", **(more or {})})


def cms() -> bytes:
    """The outside of a signature: a SEQUENCE of signed data."""
    body = bytes.fromhex("06092a864886f70d010702") + b"\xa0\x82\x01\x00" + b"s" * 256
    return b"\x30\x82" + len(body).to_bytes(2) + body


def cms_pem() -> bytes:
    """A signature in PEM."""
    return b"-----BEGIN CMS-----\n" + base64.encodebytes(cms()) + b"-----END CMS-----\n"
