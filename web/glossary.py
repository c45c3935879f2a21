"""Abbreviations: each that stands on a page is explained at the page's foot, one plain sentence each.

The frame of the pages reads what a page says, so that no page has to know its abbreviations, and those that suppliers
write are explained as well.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Final, NamedTuple

from flask import Flask, g

from registry.wording import LANGUAGES, tr

# In the order in which they are explained.
WORDS: Final = (
    *("tnved", "kpved", "enstru", "agsk3", "dvc", "st_kz", "ktp", "st_rk", "gost", "bin", "iin", "kato", "oked"),
    *("ecp", "mkei", "nds", "mrp"),
)
_TAG: Final = re.compile(r"<[^>]*>")


class Explained(NamedTuple):
    """An abbreviation as the page writes it, in one language or several, and what it means."""

    written: str
    means: str


@cache
def _forms() -> tuple[re.Pattern[str], dict[str, str]]:
    """Whatever is an abbreviation in any language, and the word of each form."""
    known = {tr(f"glossary.word.{word}", lang): word for word in WORDS for lang in LANGUAGES}
    longest = sorted(known, key=len, reverse=True)
    forms = "|".join(re.escape(form).replace(r"\ ", r"\s") for form in longest)
    return re.compile(rf"(?<!\w)(?:{forms})(?!\w)"), known


def explained(html: str) -> list[Explained]:
    """The abbreviations that the words of a page hold, each with what it means in the page's language."""
    pattern, known = _forms()
    found: dict[str, dict[str, None]] = {}
    for form in pattern.findall(unescape(_TAG.sub(" ", html))):
        plain = " ".join(form.split())
        found.setdefault(known[plain], {})[plain] = None
    return [Explained(" · ".join(found[word]), tr(f"glossary.means.{word}", g.lang)) for word in WORDS if word in found]


def install(app: Flask) -> None:
    """Let the frame of the pages ask for them."""
    app.jinja_env.filters["explained"] = explained
