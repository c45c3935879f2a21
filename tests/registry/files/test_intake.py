"""Files received and checked: what is taken, how it is made safe, and what is said of the rest."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from registry.errors import RuleBroken
from registry.files import rules
from registry.files.contents import Form
from registry.files.intake import Prepared, prepare
from registry.files.models import Purpose
from registry.files.store import Store
from registry.wording import LANGUAGES, say
from tests.architecture import ROOT
from tests.factories import NOW
from tests.registry.files import samples
from tests.registry.files.samples import EXCEL, SCRIPT, WORD_WITH_MACROS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


def sent(store: Store, content: bytes, name: str = "файл.bin", purpose: Purpose = Purpose.OTHER) -> Prepared:
    return prepare(store, io.BytesIO(content), name=name, purpose=purpose, field="upload", now=NOW)


def refused(store: Store, content: bytes, name: str = "файл.bin", purpose: Purpose = Purpose.OTHER) -> str:
    """The code of the refusal, which names the file in every language; nothing of the file is left."""
    with pytest.raises(RuleBroken) as caught:
        sent(store, content, name, purpose)
    (violation,) = caught.value.violations
    assert violation.field == "upload"
    for lang in LANGUAGES:
        assert name in say(violation.message, lang)
    assert lying(store) == []
    return violation.code


def lying(store: Store) -> list[Path]:
    """Whatever lies in the store."""
    return [path for path in store.folder.rglob("*") if path.is_file()]


def opened(path: Path | None) -> Image.Image:
    assert path is not None
    with Image.open(path) as image:
        image.load()
        return image.copy()


def greys(image: Image.Image) -> tuple[int, int]:
    """How bright the middle of the left and of the right half is."""
    grey = image.convert("L")
    return tuple(grey.getpixel((grey.width * place // 4, grey.height // 2)) for place in (1, 3))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "I;16", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGBA", {"lossless": True}),
    ],
)
def test_a_picture_of_any_kind_is_made_anew(store: Store, form: str, mode: str, options: dict[str, Any]) -> None:
    if mode == "I;16":
        # Two pixels of 16 bits: 40 and 220 of 255.
        content = samples.png(2, 1, b"\0" + (40 * 257).to_bytes(2) + (220 * 257).to_bytes(2), depth=16)
    else:
        content = samples.picture(form, mode, **options)
    prepared = sent(store, content, "сурет.png", Purpose.PHOTO)
    made, thumb = opened(prepared.content), opened(prepared.thumb)
    assert (prepared.form, prepared.name) == (Form.JPEG, "сурет.jpg")
    assert (made.format, made.mode, made.size) == (None, "RGB", (prepared.width, prepared.height))
    assert max(thumb.size) <= rules.THUMB_SIDE
    if mode != "I;16":
        assert greys(made) == pytest.approx((40, 220), abs=6)
    else:
        assert made.convert("L").getpixel((0, 0)) == pytest.approx(40, abs=60)
        assert made.convert("L").getpixel((1, 0)) == pytest.approx(220, abs=60)
    assert prepared.size == prepared.content.stat().st_size


def test_a_large_photo_is_made_smaller_and_a_photographed_document_less_so(store: Store) -> None:
    content = samples.picture(size=(4000, 3000))
    photo, document = sent(store, content, purpose=Purpose.PHOTO), sent(store, content, purpose=Purpose.CONFORMITY)
    assert (photo.width, photo.height) == (1600, 1200)
    assert (document.width, document.height) == (2560, 1920)
    assert opened(photo.thumb).size == (320, 240)


def test_a_photo_is_turned_upright_and_tells_no_place(store: Store) -> None:
    content = samples.photo_with_place(orientation=6)
    assert b"Exif" in content
    prepared = sent(store, content, "IMG_0001.jpg", Purpose.PHOTO)
    assert (prepared.width, prepared.height) == (480, 640)
    for path in (prepared.content, prepared.thumb):
        made = opened(path)
        assert not made.getexif()
        assert not {"exif", "icc_profile", "comment"} & set(made.info)
        data = path.read_bytes()  # type: ignore[union-attr]
        assert b"Exif" not in data
        assert b"maker" not in data
    # It lay on its left side: what was left is above now.
    grey = opened(prepared.content).convert("L")
    assert grey.getpixel((240, 100)) < 60 < 200 < grey.getpixel((240, 540))  # type: ignore[operator]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_way_to_lie_is_known(store: Store, orientation: int) -> None:
    prepared = sent(store, samples.photo_with_place(orientation), purpose=Purpose.PHOTO)
    assert ((prepared.width or 0) > (prepared.height or 0)) is (orientation < 5)


def test_broken_exif_does_no_harm(store: Store) -> None:
    content = samples.picture(exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert sent(store, content, purpose=Purpose.PHOTO).width == 640


def test_colours_follow_their_profile(store: Store) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    prepared = sent(store, samples.picture(icc_profile=profile), purpose=Purpose.PHOTO)
    assert greys(opened(prepared.content)) == pytest.approx((40, 220), abs=6)
    broken = sent(store, samples.picture(icc_profile=b"no profile" * 20), purpose=Purpose.PHOTO)
    assert greys(opened(broken.content)) == pytest.approx((40, 220), abs=6)


def test_what_is_transparent_is_put_on_white(store: Store) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(file, "PNG")
    prepared = sent(store, file.getvalue(), purpose=Purpose.PHOTO)
    assert opened(prepared.content).getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_is_taken(store: Store, form: str) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("#c00000", "#00c000", "#0000c0")]
    file = io.BytesIO()
    frames[0].save(file, form, save_all=True, append_images=frames[1:], duration=100)
    prepared = sent(store, file.getvalue(), purpose=Purpose.PHOTO)
    red, green, blue = opened(prepared.content).getpixel((32, 24))  # type: ignore[misc]
    assert red > 150 > 60 > max(green, blue)


def test_what_hides_behind_a_picture_is_not_kept(store: Store) -> None:
    for hidden in (SCRIPT, samples.archive({"a.exe": b"MZ"})):
        prepared = sent(store, samples.picture() + hidden, purpose=Purpose.PHOTO)
        assert hidden not in prepared.content.read_bytes()
    assert SCRIPT not in sent(store, samples.picture(comment=SCRIPT), purpose=Purpose.PHOTO).content.read_bytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.picture()[:4000], "files.damaged"),
        (b"\xff\xd8\xff\xe0 and no picture", "files.damaged"),
        (samples.png(100, 100, b"too few"), "files.damaged"),
        (b"\x89PNG\r\n\x1a\n" + samples.chunk(b"IHDR", b"short"), "files.damaged"),
        (samples.pixel_bomb(), "files.too_many_pixels"),
        (samples.png(2**31 - 1, 2**31 - 1, b""), "files.too_many_pixels"),
        (b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0" + b"\0" * 24, "files.damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "files.svg"),
        (b"", "files.empty"),
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "files.heic"),
        (samples.picture("GIF", "L"), "files.not_taken"),
        (samples.pdf(), "files.not_taken"),
        (samples.cms(), "files.not_taken"),
    ],
)
def test_what_is_no_photo(store: Store, content: bytes, code: str) -> None:
    assert refused(store, content, "фото.png", Purpose.PHOTO) == code


def test_the_largest_picture_that_is_taken_fits_into_the_limits(store: Store) -> None:
    """64 million pixels with transparency, the most that decoding may take."""
    rows = (b"\0" + b"\x40\x80\xc0\x80" * 8_000) * 8_000
    started = time.monotonic()
    prepared = sent(store, samples.png(8_000, 8_000, rows, colours=6), purpose=Purpose.PHOTO)
    assert (prepared.width, prepared.height) == (1600, 1600)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("content", "form", "pages"),
    [
        (samples.pdf(), Form.PDF, 2),
        (samples.pdf(pages=7), Form.PDF, 7),
        (samples.pdf(samples.packed(b"1 0 << /Title (a) >>")), Form.PDF, 2),
        (samples.office(), Form.DOCX, None),
        (samples.office("xl/workbook.xml", EXCEL), Form.XLSX, None),
        (samples.ods(), Form.ODS, None),
        (samples.cms(), Form.CMS, None),
        (samples.cms_pem(), Form.CMS, None),
        ("атауы;бағасы\nқұбыр;-5\nнасос;+7 727 111\nпорт;-\n".encode(), Form.CSV, None),
        ("название;цена\nтруба;5\n".encode("cp1251"), Form.CSV, None),
    ],
)
def test_documents_are_kept_as_they_came(store: Store, content: bytes, form: Form, pages: int | None) -> None:
    prepared = sent(store, content, "құжат.bin")
    assert (prepared.form, prepared.pages, prepared.thumb) == (form, pages, None)
    assert prepared.content.read_bytes() == content
    assert prepared.name.startswith("құжат.")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.pdf(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"), "files.active_pdf"),
        (samples.pdf(b"<< /S /Java#53cript /JS (1) >>"), "files.active_pdf"),
        (samples.pdf(samples.packed(b"1 0 << /S /JavaScript /JS (1) >>")), "files.active_pdf"),
        (samples.pdf(samples.packed(b"1 0 << /S /Launch /F (cmd.exe) >>", b"/Type /X")), "files.active_pdf"),
        (samples.pdf(b"<< /S /Launch /F (cmd.exe) >>"), "files.active_pdf"),
        (samples.pdf(b"<< /Type /EmbeddedFile /Length 0 >>"), "files.active_pdf"),
        (samples.pdf(b"<< /XFA 9 0 R >>"), "files.active_pdf"),
        (samples.pdf(b"<< /Type /Obj#53tm >>"), "files.active_pdf"),
        (samples.pdf(trailer=b"/Encrypt 9 0 R"), "files.locked_pdf"),
        (samples.pdf()[:-200], "files.damaged"),
        (samples.pdf() + samples.archive({"a.exe": b"MZ"}), "files.damaged"),
        (b"%PDF-1.7\n<html>" + SCRIPT + b"</html>\n%%EOF", "files.damaged"),
        (b"<html>" + SCRIPT + b"</html>\n" + samples.pdf(), "files.not_taken"),
        (samples.archive({"a.txt": b"a"}), "files.archive"),
        (samples.archive({"word/document.xml": b"<w/>", "evil.exe": b"MZ"}), "files.archive"),
        (samples.office(kind=WORD_WITH_MACROS), "files.macros"),
        (samples.office(more={"word/vbaProject.bin": b"macros"}), "files.macros"),
        (samples.office(more={"xl/macrosheets/sheet1.xml": b"<m/>"}), "files.macros"),
        (samples.office(more={"word/activeX/activeX1.xml": b"<a/>"}), "files.macros"),
        (samples.ods({"Basic/Standard/Module1.xml": b"<m/>"}), "files.macros"),
        (
            samples.office(
                more={
                    "word/_rels/settings.xml.rels": b'<Relationship Id="r" Type="http://x/attachedTemplate" '
                    b'Target="https://elsewhere.example/t.dotm" TargetMode="External"/>'
                }
            ),
            "files.macros",
        ),
        (samples.office(more={f"word/{number}": b"" for number in range(10_001)}), "files.bomb"),
        (samples.office()[:-30], "files.damaged"),
        (samples.office().replace(zlib.crc32(b"<w/>").to_bytes(4, "little"), b"\0\0\0\0"), "files.damaged"),
        (b"a;b\n=cmd|' /C calc'!A0;1\n", "files.formulas"),
        (b"a;b\n1;@SUM(1)\n", "files.formulas"),
        (b"a;b\n1;-cmd\n", "files.formulas"),
        (b"a;b\n1;<script>alert(1)</script>\n", "files.not_taken"),
        ("просто письмо\n".encode(), "files.not_taken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "files.old_office"),
        (b"MZ\x90\0\x03", "files.not_taken"),
    ],
)
def test_what_is_no_document(store: Store, content: bytes, code: str) -> None:
    assert refused(store, content, "құжат.pdf") == code


def test_a_document_that_unpacks_to_more_than_a_program_could_open_is_refused(store: Store) -> None:
    content = samples.office(more={"word/media/image1.bin": bytes(257 << 20)})
    assert len(content) < 1 << 20
    assert refused(store, content, "есеп.docx") == "files.bomb"


def test_a_zip_whose_parts_are_longer_than_they_say_is_damaged(store: Store) -> None:
    """A header that lies of the length does not get more unpacked than it says."""
    content = samples.office(more={"word/x.xml": b"\0" * 5_000_000})
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        size = read.getinfo("word/x.xml").file_size
    assert refused(store, content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))) == "files.damaged"


@pytest.mark.parametrize(("purpose", "most"), [(Purpose.PHOTO, 8 << 20), (Purpose.PERMIT, 10 << 20)])
def test_one_byte_too_many_is_refused_without_being_looked_at(store: Store, purpose: Purpose, most: int) -> None:
    assert refused(store, b"\xff" * (most + 1), "фото.jpg", purpose) == "files.too_large"
    assert refused(store, b"\xff" * most, "фото.jpg", purpose) == "files.not_taken"


def test_no_more_is_read_than_is_taken(store: Store) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(RuleBroken):
        prepare(store, stream, name="шексіз.csv", purpose=Purpose.OTHER, now=NOW)  # type: ignore[arg-type]
    assert stream.given < rules.DOCUMENT_BYTES + (1 << 20)
    assert lying(store) == []


def test_a_refusal_says_what_it_is_and_what_is_taken(store: Store) -> None:
    with pytest.raises(RuleBroken) as caught:
        sent(store, samples.office(), "жоспар.pdf", Purpose.PERMIT)
    message = caught.value.violations[0].message
    assert say(message, "ru").startswith("Файл «жоспар.pdf» не принят: это документ Word. Здесь принимаются: JPEG, PNG")
    assert "PDF" in say(message, "kk")


def test_nothing_lies_open_to_others_or_stays_after_discarding(store: Store) -> None:
    prepared = sent(store, samples.picture(), purpose=Purpose.PHOTO)
    assert {path.stat().st_mode & 0o777 for path in lying(store)} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in store.folder.rglob("*") if path.is_dir()} == {0o700}
    prepared.discard()
    prepared.discard()
    assert lying(store) == []


KILLED = """
import io, sys
from datetime import datetime, UTC
from pathlib import Path
from registry.files.intake import prepare
from registry.files.models import Purpose
from registry.files.store import Store
class Slow(io.RawIOBase):
    def __init__(self): self.first = True
    def read(self, size):
        if self.first:
            self.first = False
            return b"%PDF-1.7 " + b"x" * 1000
        print("half", flush=True)
        import time; time.sleep(60)
prepare(Store(Path(sys.argv[1])), Slow(), name="a.pdf", purpose=Purpose.PERMIT, now=datetime.now(UTC))
"""


def test_a_process_killed_while_it_receives_leaves_nothing_in_place(store: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        child.send_signal(signal.SIGKILL)
    assert [path for path in lying(store) if path.parent.name != "incoming"] == []
