"""One form for text that is typed in many: case, ё, look-alike letters, odd spaces; keys to compare and to sort by.

Keys are computed here and stored, never left to a database's collation, so SQLite and PostgreSQL agree. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

Script = Literal["latin", "cyrillic", "mixed", "none"]
Language = Literal["kk", "ru", "en"]

KAZAKH_ALPHABET: Final = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
KAZAKH_LETTERS: Final = "әғқңөұүһі"
SORT_KEY_LENGTH: Final = 240

# Letters that look the same in print. Capitals decide (В and B), so their small letters belong to the pair as well;
# only h differs: the capital passes for Н, the small one for the Kazakh һ.
_LATIN_LOOKS: Final = "abceikmoptxyABCEHIKMOPTXYh"
_CYRILLIC_LOOKS: Final = "авсеікмортхуАВСЕНІКМОРТХУһ"
_TO_CYRILLIC: Final = str.maketrans(_LATIN_LOOKS, _CYRILLIC_LOOKS)
_TO_LATIN: Final = str.maketrans(_CYRILLIC_LOOKS + "нҺёЁ", _LATIN_LOOKS + "hHeE")
_LOOKS: Final = frozenset(_LATIN_LOOKS + _CYRILLIC_LOOKS + "нҺёЁ")

_CYRILLIC: Final = "\u0400-\u052f"
_MIXED: Final = re.compile(rf"[A-Za-z]\d*+[{_CYRILLIC}]|[{_CYRILLIC}]\d*+[A-Za-z]")
_LATIN_LETTER: Final = re.compile("[A-Za-z]")
_LETTER: Final = re.compile(rf"[A-Za-z{_CYRILLIC}]")
_LETTERS: Final = re.compile(rf"[A-Za-z]+|[{_CYRILLIC}]+")
_WORD: Final = re.compile(r"[^\W_]{1,64}")
_ROMAN: Final = re.compile(r"(?<![^\W_])[XxVvХх]{0,5}[IiІі][IiІіXxХхVv]{0,5}(?![^\W_])")

# A character and the marks that follow it. The number of marks is bounded, since normalising a long run of them takes
# quadratic time; what is beyond is dropped like any mark without a letter.
_CLUSTER: Final = re.compile(r".[\u0300-\u036f]{0,4}", re.DOTALL)
_ANYTHING_SPECIAL: Final = re.compile(r"[^ -~°±№А-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]")
_ANYTHING_ODD: Final = re.compile(r"[^ -~°±№А-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі\u00a0«»²³×–—’“”„]")
_PLAIN: Final = tuple(zip("\u00a0«»²³×–—’“”„", ' ""23x--\'"""', strict=True))

_SPECIAL: Final = {
    **dict.fromkeys("™®©℠", ""),
    **dict.fromkeys("×✕✖⨯", "x"),
    **dict.fromkeys("«»“”„‟‹›″", '"'),
    **dict.fromkeys("‘’‚‛ʼ`´′", "'"),
    **dict.fromkeys("−⁃", "-"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("Øø⌀∅", "ø"),
    **dict.fromkeys("əǝ", "ә"),
    **dict.fromkeys("Ə", "Ә"),
    "№": "№",
    "º": "°",
    "…": ".",
}
# Kazakh texts of code page KZ-1048 that were read as Windows-1251 hold letters which no text here needs.
_MISREAD: Final = {
    wrong: right
    for byte in range(0x80, 0x100)
    if (right := bytes([byte]).decode("kz1048", "ignore")) and right.lower() in KAZAKH_LETTERS
    if (wrong := bytes([byte]).decode("cp1251", "ignore")) != right and wrong not in "іІ"
}


def _mapped(character: str) -> str:
    """What one character becomes: no more than a few characters, or none."""
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _MISREAD:
        return _MISREAD[character]
    if character in "йЙёЁ":
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cs"}:
        return ""
    if category[0] == "Z" or category in {"Cc", "Co", "Cn"}:
        return " "
    if category == "Pd":
        return "-"
    compatible = unicodedata.normalize("NFKC", character)
    if compatible != character:
        return "".join(map(_mapped, compatible))
    letters = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    return letters[0] if len(letters) == 1 else character


@lru_cache(maxsize=8192)
def _cluster(cluster: str) -> str:
    return "".join(map(_mapped, unicodedata.normalize("NFC", cluster)))


@lru_cache(maxsize=65536)
def _one_script(word: str) -> str:
    """A word of both scripts with its look-alike letters brought to the script of their neighbours.

    A stretch typed in one script that has a letter of that script alone is meant so (ВВГнгLS, белыйPROSEPT); one of
    look-alikes only follows the nearest such letter, the one before if two are as near. Where there is none (CТ, iрi)
    the word is Cyrillic, since only then had its writer a reason to leave Latin.
    """
    sure = {match.start(): match[0].isascii() for match in _LETTER.finditer(word) if match[0] not in _LOOKS}

    def settled(run: re.Match[str]) -> str:
        start, end = run.span()
        if any(start <= place < end for place in sure):
            return run[0]
        nearest = min(sure, key=lambda place: max(start - place, place - end + 1), default=None)
        return run[0].translate(_TO_LATIN if nearest is not None and sure[nearest] else _TO_CYRILLIC)

    return _LETTERS.sub(settled, word)


def _one_script_everywhere(text: str) -> str:
    mixed = _LATIN_LETTER.search(text) and _MIXED.search(text)
    if mixed or "і" in text or "І" in text:
        # A Roman number typed with Cyrillic letters: no word of Kazakh consists of і, х and v alone.
        text = _ROMAN.sub(lambda match: match[0].translate(_TO_LATIN), text)
    if mixed:
        text = _WORD.sub(lambda match: _one_script(match[0]) if _MIXED.search(match[0]) else match[0], text)
    return text


# A name is read, folded and sorted by in turn: the last few texts are not brought to one form again.
@lru_cache(maxsize=64)
def aligned(text: str) -> tuple[str, Sequence[int] | None]:
    """Text in one form, case and ё kept, and for each of its characters the place it had in the original.

    The places are None where nothing moved, which is the rule. Spaces are not collapsed.
    """
    if text.isascii():
        return (text, None) if text.isprintable() else (re.sub(r"[\x00-\x1f\x7f]", " ", text), None)
    if not _ANYTHING_SPECIAL.search(text):
        return _one_script_everywhere(text), None
    if not _ANYTHING_ODD.search(text):
        for special, plain in _PLAIN:  # faster than a table: hardly any of them is there
            text = text.replace(special, plain)
        return _one_script_everywhere(text), None
    pieces: list[str] = []
    places: list[int] = []
    for match in _CLUSTER.finditer(text):
        piece = _cluster(match[0])
        pieces.append(piece)
        places.extend([match.start()] * len(piece))
    return _one_script_everywhere("".join(pieces)), places


def normalise(text: str) -> str:
    """Text in one form as `aligned` makes it, without the places."""
    return aligned(text)[0]


def fold(text: str) -> str:
    """Text for comparing words: one form, small letters, е for ё, single spaces, none at the ends. Idempotent."""
    folded = normalise(text).casefold()
    # Folding the case of rare letters yields marks and ligatures, which are normalised again.
    for _ in range(3):
        if folded.isascii() or not _ANYTHING_ODD.search(folded):
            break
        folded = normalise(folded).casefold()
    return " ".join(folded.replace("ё", "е").split())


def paragraphs(text: str) -> str:
    """Text of several lines as it is kept: lines in single spaces, none of them empty at the beginning or end."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip("\n")


def fold_key(text: str) -> str:
    """Key that is equal for texts a reader takes for the same, for unique constraints and look-ups; never shown.

    Beyond `fold`: all look-alikes are one letter (TOO and ТОО), quotes and spaces around punctuation do not count, a
    decimal comma is a point. Other punctuation counts, so a.b@x and ab@x differ.
    """
    # A comma of a list becomes another sign, or a key made of a key could take it for a decimal comma.
    key = re.sub(r"(?<=\d),(?=\d)", ".", fold(text)).replace(",", ";")
    key = re.sub(r"\s*+([^\w\s])\s*", r"\1", re.sub("[\"']", " ", key))
    # h stands for Н as a capital and for һ as a small letter, so in a key the two are one.
    return " ".join(key.upper().translate(_TO_CYRILLIC).casefold().replace("һ", "н").split())


def cyrillic_twin(word: str) -> str | None:
    """A word of Latin look-alikes written in Cyrillic, in small letters (HACOC, A4); None if a letter has no double."""
    if word.isascii() and all(letter in _LOOKS for letter in word if letter.isalpha()):
        return word.upper().translate(_TO_CYRILLIC).lower()
    return None


def script(word: str) -> Script:
    """Script of the letters of a word; `none` if it has no Latin or Cyrillic letter."""
    latin = re.search(r"[A-Za-z\u00c0-\u024f]", word) is not None
    cyrillic = re.search(rf"[{_CYRILLIC}]", word) is not None
    if latin and cyrillic:
        return "mixed"
    return "latin" if latin else "cyrillic" if cyrillic else "none"


_KAZAKH: Final = re.compile("[әғқңөұүһӘҒҚҢӨҰҮҺ]")
_KAZAKH_I: Final = re.compile("[іІ][А-яЁё]|[А-яЁё][іІ]")  # alone it is a Roman number
_CYRILLIC_WORD: Final = re.compile(rf"[{_CYRILLIC}]{{3}}")


def language(text: str) -> Language:
    """Language of a text by its letters: a Kazakh letter means kk, Latin without a Cyrillic word en, else ru."""
    return language_of(normalise(text))


def language_of(form: str) -> Language:
    """Language of a text that `normalise` or `aligned` has brought to one form."""
    if form.isascii():
        return "en" if _LETTER.search(form) else "ru"
    if _KAZAKH.search(form) or (("і" in form or "І" in form) and _KAZAKH_I.search(form)):
        return "kk"
    if _CYRILLIC_WORD.search(form):
        return "ru"
    letters = _LETTER.findall(form)
    latin = sum(letter.isascii() for letter in letters)
    return "en" if 2 * latin > len(letters) else "ru"


_NUMBER: Final = re.compile(r"\d+")


class _Places(dict[int, str]):
    """What each character of a key becomes: two digits, by the places of letters in two alphabets."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__({ord(letter): f"{20 + place}" for place, letter in enumerate(first + second)})
        self.update({ord(digit): digit for digit in "0123456789"} | {ord(" "): "00"})

    def __missing__(self, code: int) -> str:
        return "99" if chr(code).isalpha() else "09"


_LATIN_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC_FIRST: Final = _Places(KAZAKH_ALPHABET, _LATIN_ALPHABET)
_LATIN_FIRST: Final = _Places(_LATIN_ALPHABET, KAZAKH_ALPHABET)


def _by_size(match: re.Match[str]) -> str:
    """A number so that longer ones come later."""
    number = str(int(match[0]))
    return f"1{min(len(number), 99):02}{number}"


def sort_key(text: str, lang: str) -> str:
    """Key that puts names in the order of a reader of kk, ru or en; digits only, so that every collation keeps it.

    The Kazakh alphabet holds the Russian one in its own order, so one order of Cyrillic serves both; a reader of
    English has Latin first. Numbers sort by size, quotes do not count. At most SORT_KEY_LENGTH characters.
    """
    return _sortable(text).translate(_LATIN_FIRST if lang == "en" else _CYRILLIC_FIRST)[:SORT_KEY_LENGTH]


@lru_cache(maxsize=64)
def _sortable(text: str) -> str:
    """What is the same of a text's keys in every language."""
    shown = normalise(text[: 4 * SORT_KEY_LENGTH]).casefold().replace('"', " ").replace("'", " ")
    return _NUMBER.sub(_by_size, " ".join(shown.split())[:SORT_KEY_LENGTH])
