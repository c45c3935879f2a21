"""Words, compounds and the codes of goods: `консольно-моноблочный`, `30с41нж`, `ВВГнг(А)-LS`, `KTF-0001A`."""

from __future__ import annotations

import re
from typing import Final

from registry.text import cyrillic_twin
from search.analysis.measures import UNIT
from search.analysis.pieces import NOTHING, Piece, distinct, together
from search.analysis.russian import lemmas
from search.analysis.sizes import plain_number
from search.analysis.words import STOP_WORDS, word

_RUN: Final = r"[^\W_]{1,64}"
_LINK: Final = r"(?:(?<=[0-9])[,.](?=[0-9])|[-/.+'_&]|(?=\([^\W\d_]))\(?"
_CAPITALS: Final = "[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]{1,4}"
# A code changes between letters and digits a few times (30с41нж, 12Х18Н10Т); what changes more often is no code.
MOST_CHANGES: Final = 8
COMPOUND: Final = rf"{_RUN}(?:{_LINK}{_RUN}\)?){{0,8}}"
"""Words and codes in normalised text, as far as they hang together."""
_NUMBERS: Final = "[0-9]{1,5}(?:[-/][0-9]{1,5}){0,4}"
APART: Final = rf"{_CAPITALS} {_NUMBERS}(?![\w*]|[.,][0-9]| ?[xхXХ*] ?[0-9]|[-/][^\W_]| ?{UNIT})"
"""Capitals and numbers apart by a space, often one designation: ПЭ 100, АИ 92, К 80-50-200, ТМГ 630/10."""

_PART: Final = re.compile(_RUN)
# Where the script changes inside a run there begins another part: ВВГнгLS.
_SCRIPTS: Final = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*|[^a-z]+")
_LATIN: Final = re.compile("[a-z]")
_DECIMAL: Final = re.compile("[0-9]{1,12}[.,][0-9]{1,6}")
_APART: Final = re.compile(rf"{_CAPITALS} {_NUMBERS}")
_SPLIT: Final = re.compile(r"[0-9]+|[^\W0-9_]+")


def _code(part: str) -> str:
    """One spelling of a code in small letters: of look-alikes and digits alone it is Cyrillic (А4, М16, 12Х18Н10Т)."""
    return cyrillic_twin(part) or part.replace("ё", "е")


def _code_part(part: str) -> Piece:
    """A run of letters and digits: whole, and in pieces for those who write it apart (ПЭ 100, А-500С, 10W-40)."""
    code = _code(part)
    pieces = _SPLIT.findall(code)[:MOST_CHANGES]
    halves = [half for at in range(1, len(pieces)) for half in ("".join(pieces[:at]), "".join(pieces[at:]))]
    apart = [_code(half) for half in halves if len(half) > 1]
    return Piece(distinct((code, *(piece for piece in pieces if len(piece) > 1), *apart)), (code,), codes=(code,))


def _word_part(small: str, raw: str, kazakh_text: bool) -> Piece:
    """A word of letters. Capitals that look the same in both scripts are kept in both: HACOC, KTP."""
    if small in STOP_WORDS:
        return NOTHING
    found = word(small, kazakh_text)
    twin = cyrillic_twin(raw) if raw.isupper() and len(raw) > 1 else None
    if twin is None:
        return Piece(distinct(found.forms), distinct((found.stem,)), distinct((found.stem,)))
    other = word(twin, kazakh_text)
    # A Russian word as a dictionary has it was hardly meant to be Latin; TAPE, which reads as a case of тара, was.
    best = other if len(twin) > 3 and twin in lemmas(twin) else found
    return Piece(distinct((*best.forms, *found.forms, *other.forms)), distinct((best.stem,)), distinct((best.stem,)))


def _run(raw: str, kazakh_text: bool) -> list[Piece]:
    """Pieces of one run of letters and digits."""
    small = raw.lower().replace("ё", "е")
    if small.isdecimal():
        return [plain_number(small)]
    if not small.isalpha():
        return [_code_part(small)]
    if small.isascii() or not _LATIN.search(small):
        return [_word_part(small, raw, kazakh_text)]
    return [_word_part(part, part, kazakh_text) for part in _SCRIPTS.findall(small)]


def read(raw: str, kazakh_text: bool) -> Piece:
    """The words or the code that a stretch of normalised text is.

    A query for a compound looks for its parts, since the next writer joins it otherwise; the index holds the joined
    form as well, for those who write it in one word.
    """
    if _DECIMAL.fullmatch(raw):
        return plain_number(raw)
    if "'" in raw:  # об'ем; manufacturer's
        raw = re.sub("(?<=[А-яЁё])'(?=[ЕеЁёЮюЯя])", "ъ", re.sub("'[sS](?![^\\W_])", "", raw))
    runs = _PART.findall(raw)
    parts = [piece for run in runs for piece in _run(run, kazakh_text)]
    if len(parts) == 1:
        return parts[0]
    whole = together(parts)
    small = [run.lower().replace("ё", "е") for run in runs]
    if " " in raw and (not _APART.fullmatch(raw) or (small[0] in STOP_WORDS and len(runs) == 2)):
        return whole
    joined = "".join(small)
    tokens, found = whole.tokens, whole.codes
    if joined.isdecimal():
        if len(runs) > 2:
            tokens = (raw, *tokens)  # a date, a code of a classifier
    elif not joined.isalpha() or len({run.isascii() for run in runs}) > 1:
        tokens, found = (_code(joined), *tokens), (_code(joined), *found)
    elif "-" in raw:
        tokens = (*tokens, *word(joined[:64], kazakh_text).forms)
    if len(runs) > 2 and small[0].isalpha() and small[1].isdecimal():
        # Others write К80-50-200 for К 80-50-200, ТМГ630 for ТМГ-630/10.
        tokens = (*tokens, _code("".join(small[:2])))
    # One letter beside others says little and is left out as often as not: ВВГнг(А)-LS.
    asked = [token for token in whole.asked if len(token) > 1 or token.isdecimal()] or whole.asked
    return Piece(distinct(tokens), distinct(asked), whole.words, codes=distinct(found))
