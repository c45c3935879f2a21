"""A picture made anew: decoded, turned upright, made smaller, and written as JPEG with nothing else in it.

Run as a program in a child process (registry.confined) on what strangers sent. What is written holds pixels alone: no
place and time of taking, no text, no colour profile, no second picture behind the first, no file of another kind
appended. Transparent pictures are put on white; of moving ones the first is taken. Sizes are judged by the header,
before anything is decoded, and a JPEG is decoded no larger than it is needed.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from typing import Any, Final

from PIL import Image, ImageCms

_QUALITY: Final = 85
_THUMB_QUALITY: Final = 78
# EXIF's orientation, and what brings each upright.
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DEEP: Final = ("I", "F")
# What broken entries of EXIF make the reader raise; such a picture is taken as it lies.
_BROKEN_EXIF: Final = (SyntaxError, ValueError, TypeError, KeyError, struct.error)
_BROKEN_PICTURE: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def remake(paths: tuple[str, str, str], side: int, thumb_side: int, pixels: int) -> dict[str, Any]:
    """Write the picture no longer than `side`, and its thumbnail; returns `width` and `height`, or `refused`.

    paths: of the file that was sent, and of the two to be written. pixels: how many the file may have.
    refused: the code of the sentence that says why the file is not taken.
    """
    source, target, thumb = paths
    # The reader's own bound only warns; ours is judged below.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > pixels:
                return {"refused": "files.too_many_pixels"}
            picture = _upright(opened, side)
    except _BROKEN_PICTURE:
        return {"refused": "files.damaged"}
    picture.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    width, height = picture.size
    picture.thumbnail((thumb_side, thumb_side))
    picture.save(thumb, "JPEG", quality=_THUMB_QUALITY, optimize=True)
    return {"width": width, "height": height}


def _upright(opened: Image.Image, side: int) -> Image.Image:
    profile = opened.info.get("icc_profile")
    try:
        turned: int | None = opened.getexif().get(_ORIENTATION)
    except _BROKEN_EXIF:
        turned = None
    opened.draft(None, (side, side))
    opened.load()
    picture: Image.Image = opened
    if opened.mode.startswith(_DEEP):
        # 16 bits of grey: the reader would cut the bright off instead of scaling.
        picture = opened.point(lambda value: value * (1 / 256)).convert("L")
    elif opened.mode == "P" or (opened.mode in ("RGB", "L") and "transparency" in opened.info):
        picture = opened.convert("RGBA")
    elif opened.mode == "1":
        picture = opened.convert("L")
    picture.thumbnail((side, side))
    plain = _in_srgb(_on_white(picture), profile)
    # Pixels alone: whatever else was read of the file stays with the picture that was opened.
    fresh = Image.new("RGB", plain.size)
    fresh.paste(plain)
    turn = _TURNS.get(turned or 0)
    return fresh if turn is None else fresh.transpose(turn)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("RGBA", "LA", "PA", "RGBa", "La"):
        return picture
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in the colours of screens: a printer's profile is followed where it can be read."""
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            made = ImageCms.profileToProfile(
                picture, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if made is not None:
            return made
    return picture.convert("RGB")


if __name__ == "__main__":
    sent, made, made_thumb, *bounds = sys.argv[1:]
    sys.stdout.write(json.dumps(remake((sent, made, made_thumb), *map(int, bounds))))
