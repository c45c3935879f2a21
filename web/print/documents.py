"""A document out of a template and plain values, set by typst in this process.

A template only lays out: every sentence and every value comes to it as JSON. So whatever users wrote is a string to
typst, never markup, and no text can ask for a file or a package. Equal values give equal bytes: the machine's clock,
its own fonts and its settings have no part in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst

TEMPLATES: Final = Path(__file__).parent / "templates"
FONTS: Final = Path(__file__).parent / "fonts"

# An archive's format that is also read aloud as it should be: everything embedded, tagged, in a known language.
STANDARDS: Final[tuple[typst.PDFStandard, ...]] = ("a-2a", "ua-1")

# A document at a time: the compiler is not to be shared between threads, and one that all of them start at once would
# leave no processor for pages. Templates bound what one may hold, so that a turn comes within seconds.
WAIT_S: Final = 15.0
_one_at_a_time: Final = Lock()

# What has no shape of its own but changes how its neighbours look: control characters, and marks that turn the
# direction of text until further notice, by which a name could run the line after it backwards.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


class Busy(Exception):
    """Others are printing, and did not end in time."""


def compile(template: str, data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The PDF of a template of this package filled with `data`, plain JSON values.

    made_at: the aware moment that the document says it was made at. What the archive's format refuses, signs that no
    font of ours holds, is set without that format: the text is kept, whether or not it can be drawn.
    Raises Busy where other documents take longer than WAIT_S.
    """
    moment = made_at.astimezone(UTC).replace(microsecond=0)
    try:
        return _set(template, data, moment, STANDARDS)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
    return _set(template, data, moment, ())


def _set(template: str, data: Mapping[str, Any], moment: datetime, standards: tuple[typst.PDFStandard, ...]) -> bytes:
    values = json.dumps({**seen(data), "made_at": _parts(moment)}, ensure_ascii=False)
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise Busy(template)
    try:
        made = _compiler(template).compile(
            format="pdf", sys_inputs={"data": values}, pdf_standards=list(standards), timestamp=moment
        )
    finally:
        _one_at_a_time.release()
    assert isinstance(made, bytes)
    return made


def seen(value: Any) -> Any:
    """Values without the characters in their texts that are not seen and change how others look."""
    if isinstance(value, str):
        return _UNSEEN.sub("", value.replace("\r\n", "\n").replace("\t", " "))
    if isinstance(value, Mapping):
        return {name: seen(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [seen(one) for one in value]
    return value


def _parts(moment: datetime) -> dict[str, int]:
    """A moment as typst takes it apart."""
    return {name: getattr(moment, name) for name in ("year", "month", "day", "hour", "minute", "second")}


@cache
def _compiler(template: str) -> typst.Compiler:
    """The compiler of one template; it sees the templates and our fonts, and nothing else of the machine."""
    # Behind our own family stand the fonts that typst brings along, for signs that ours lacks.
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])
    return typst.Compiler(
        input=TEMPLATES / f"{template}.typ", root=TEMPLATES, font_paths=fonts, ignore_system_fonts=True
    )
