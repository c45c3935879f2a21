"""What a file is, by its content alone."""

from __future__ import annotations

import base64

import pytest

from registry.files.contents import Content, is_cms, recognise
from tests.registry.files import samples
from tests.registry.files.samples import SCRIPT


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", Content.EMPTY),
        (samples.picture(), Content.JPEG),
        (samples.picture("PNG"), Content.PNG),
        (samples.picture("WEBP"), Content.WEBP),
        (samples.picture("GIF", "L"), Content.OTHER_PICTURE),
        (samples.picture("TIFF"), Content.OTHER_PICTURE),
        (samples.picture("BMP"), Content.OTHER_PICTURE),
        (b"GIF89a/*" + b"\0" * 9 + b"*/=1;alert(1)//", Content.OTHER_PICTURE),
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", Content.HEIC),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", Content.HEIC),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", Content.MEDIA),
        (b"RIFF\x24\0\0\0WAVEfmt ", Content.MEDIA),
        (samples.pdf(), Content.PDF),
        (b"<html>" + SCRIPT + b"</html>\n" + samples.pdf(), Content.HTML),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>", Content.SVG),
        (b"<!-- " + b"x" * 900 + b" --><svg onload='alert(1)'/>", Content.SVG),
        (b'<x:svg xmlns:x="http://www.w3.org/2000/svg"/>', Content.SVG),
        (b"\xef\xbb\xbf  <!DOCTYPE html><p>", Content.HTML),
        ("Құрметті оқырман".encode() + SCRIPT, Content.HTML),
        (b"<?xml version='1.0'?><rows/>", Content.XML),
        (b"MZ\x90\0\x03", Content.EXECUTABLE),
        (b"\x7fELF\x02\x01", Content.EXECUTABLE),
        (b"#!/bin/sh\nrm -rf /\n", Content.EXECUTABLE),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0", Content.EXECUTABLE),
        (samples.office(), Content.ZIP),
        (b"Rar!\x1a\x07\x01\0", Content.ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c", Content.ARCHIVE),
        (b"\x1f\x8b\x08\0", Content.ARCHIVE),
        (samples.archive({})[:22], Content.ARCHIVE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Content.OLD_OFFICE),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            Content.LOCKED_OFFICE,
        ),
        (b"{\\rtf1\\ansi", Content.OLD_OFFICE),
        (samples.cms(), Content.CMS),
        (samples.cms_pem(), Content.CMS),
        (base64.b64encode(samples.cms()), Content.CMS),
        (samples.cms()[:-1], Content.UNKNOWN),
        ("атауы;бағасы\nқұбыр;5\n".encode(), Content.TEXT),
        (bytes(range(256)), Content.UNKNOWN),
    ],
)
def test_a_file_is_what_it_holds(content: bytes, found: Content) -> None:
    assert recognise(content) is found


@pytest.mark.parametrize(
    "content",
    [
        b"\x30",
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x0b" + bytes.fromhex("06092a864886f70d010701"),
        b"-----BEGIN CMS-----",
        b"-----BEGIN CMS-----\n!!\n-----END CMS-----",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        b"MIIB not base64",
    ],
)
def test_what_only_begins_like_a_signature_is_none(content: bytes) -> None:
    assert not is_cms(content)


def test_a_signature_of_indefinite_length_is_one() -> None:
    assert is_cms(b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80\x30\x80\0\0\0\0\0\0")
