"""A text as matching reads it: terms, each one thing: a word, a number, a measure, a dimension, a standard. Pure.

The only file of matching that knows how `search.analysis` takes a text apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import filterfalse
from types import MappingProxyType
from typing import Final

from registry.text import Language
from registry.text import language as spoken
from search.analysis import stem
from search.analysis.pieces import Piece
from search.analysis.pipeline import pieces, stretches
from search.analysis.russian import is_noun


class Kind(IntEnum):
    """What a term is. Words and marks are compared by rarity; numbers, measures, dimensions and standards by value."""

    WORD = 0
    MARK = 1  # letters and digits in one: a grade of steel, an article, a type of valve
    NUMBER = 2
    MEASURE = 3
    DIMENSION = 4
    STANDARD = 5
    PIECES = 6  # how many are in a pack or a set: a need for one is not a need for a set
    FORM = 7  # another spelling of one of the others, by which it is found


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a text names; `text` is equal for equal things.

    quantity, value: of a measure, what is measured and how much of its base unit. sides: of a dimension. bound: of a
    needed measure, 1 for "at least", -1 for "at most". How a text writes it is told by `spellings`.
    """

    text: str
    kind: Kind
    quantity: str = ""
    value: float = 0.0
    sides: tuple[float, ...] = ()
    bound: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The terms of a text in its order, each once, and its language."""

    terms: tuple[Term, ...]
    language: Language

    @property
    def letters(self) -> str:
        """Its words, marks and numbers as one string, for comparing letter by letter."""
        return " ".join([term.text for term in self.terms if term.kind <= Kind.NUMBER])

    @property
    def head(self) -> str | None:
        """The noun that a Russian name begins with, which is the thing itself; None if there is none to be told.

        A Kazakh or English name ends with it, and where the name of the thing ends nobody can tell.
        """
        if self.language != "ru":
            return None
        return next((term.text for term in self.terms if term.kind is Kind.WORD and is_noun(term.text)), None)


# A capital where two words ran together and only it tells: "невымываемыйPROSEPT", "BathUni", "OSBProplast". Before it
# the first word ended, or with it, where Latin capitals are followed by small Cyrillic letters. Capitals are few, so
# they are looked for first.
_RUN_TOGETHER: Final = re.compile(
    r"[A-ZА-ЯЁ](?:(?<=[а-яёәғқңөұүһі]{3}.)|(?<=[a-z]{3}.)|(?<=[A-Z]{3})(?:(?=[a-z]{2})|(?=(?P<ends>[а-яё]{3}))))"
)


def apart(text: str) -> str:
    """The text with a space where words ran together and their capitals tell."""
    return _RUN_TOGETHER.sub(_parted, text)


def _parted(capital: re.Match[str]) -> str:
    return f"{capital[0]} " if capital["ends"] else f" {capital[0]}"


def read(text: str) -> Reading:
    """The terms of a text."""
    language, found = pieces(apart(text))
    terms: dict[str, Term] = {}
    for piece in found:
        for term in _terms(piece):
            known = terms.get(term.text)
            # What is named as itself in one place and as a spelling of another in the next is named as itself.
            if known is None or (known.kind is Kind.FORM and term.kind is not Kind.FORM):
                terms[term.text] = term
    return Reading(tuple(terms.values()), language)


@lru_cache(maxsize=1 << 17)
def _terms(piece: Piece) -> tuple[Term, ...]:
    """The terms of one stretch, then the spellings by which they are found."""
    named = tuple(_named(piece))
    texts = {term.text for term in named}
    return (*named, *(Term(token, Kind.FORM) for token in piece.tokens if token not in texts))


def _named(piece: Piece) -> Iterator[Term]:
    # The text of a value is no token of the index, so that it never meets a spelling of something else.
    for dimension in piece.dimensions:
        yield Term(f"={dimension.text.replace('x', '×')}", Kind.DIMENSION, sides=dimension.parts)
    for measure in piece.measures:
        kind = Kind.PIECES if measure.kind == "count" else Kind.MEASURE
        yield Term(f"{measure.kind}={measure.value:g}", kind, measure.kind, measure.value)
    if piece.standards:
        yield from (Term(token, Kind.STANDARD) for token in piece.asked)
    elif not piece.dimensions and not piece.measures:
        yield from (Term(token, _kind(token, piece)) for token in piece.asked)
        # A query leaves out the single digits of a code, by which ОП-4 and ОП-8 differ.
        digits = (token for token in piece.tokens if token.isdecimal() and token not in piece.asked)
        yield from (Term(token, Kind.NUMBER) for token in digits)


def _kind(token: str, piece: Piece) -> Kind:
    if token in piece.words:
        return Kind.WORD
    return Kind.NUMBER if token.replace(".", "").isdecimal() else Kind.MARK


# What a thing is for, made against, has or stands in tells nothing of what it is.
_USE: Final = re.compile(r"\b(?:для|от|с|со|без|в|во|на|под|по|к|for|against|with|without|in|on|to)\b", re.IGNORECASE)
_USE_BEFORE: Final = re.compile(r"(?<![^;.()])[^;.()]*\b(?:арналған|үшін)\b", re.IGNORECASE)
_OUT_OF: Final = re.compile(r"\b(?:из|made of)\b([^,;.()]*)", re.IGNORECASE)
# Kazakh and English names end with the thing; figures and what is added behind them come later.
_ADDED: Final = re.compile(r"[,;()0-9]|\bof\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Thing:
    """What a text names: the word for the thing itself, None if there is none, and what it is said to be or be of."""

    head: str | None = None
    made_of: tuple[str, ...] = ()


def thing_in(text: str) -> Thing:
    """The thing itself without what it is for or has: "средство для удаления масел, красок" is no oil, "ограждение с
    полимерным покрытием" no polymer.

    After a comma a Russian text may speak of the thing again, by what is no noun: "мешок для мусора, полиэтиленовый".
    """
    text = _USE_BEFORE.sub(" ", text)
    out_of = [word for match in _OUT_OF.findall(text) for word in _words(_USE.split(match, maxsplit=1)[0])]
    text = _OUT_OF.sub(" ", text)
    own, *use = _USE.split(text, maxsplit=1)
    if spoken(apart(text)) != "ru":
        words = _words(_ADDED.split(own.strip(), maxsplit=1)[0])
        return Thing(words[-1] if words else None, (*words[-2:], *out_of))
    words = _words(own)
    if not words:
        return Thing(None, tuple(out_of))
    at = next((at for at, word in enumerate(words) if is_noun(word)), 0)
    end = next((end for end, word in enumerate(words[at + 1 :], at + 1) if is_noun(word)), len(words))
    again = [word for part in ",".join(use).split(",")[1:] for word in _words(part)[:1] if not is_noun(word)]
    return Thing(words[at], (*words[:end], *again, *out_of))


def things_in(text: str) -> list[str]:
    """The words and marks of a text in front of what it is for or has."""
    return _words(_USE.split(_USE_BEFORE.sub(" ", text), maxsplit=1)[0])


def _words(text: str) -> list[str]:
    return [term.text for term in read(text).terms if term.kind <= Kind.MARK]


# What needs say is read several times over: its language, its terms, what the index is asked.
read_need_text = lru_cache(maxsize=1 << 11)(read)


_LEAST: Final = (
    r"не (?:менее|меньше|ниже|короче|тоньше)(?: чем)?:?|минимум|от|свыше|более|больше|кемінде|at least|not? less than"
    r"|min(?:imum|\.)?"
)
_MOST: Final = (
    r"не (?:более|больше|выше|длиннее|толще)(?: чем)?:?|максимум|до|ең көбі|at most|not? more than|up to"
    r"|max(?:imum|\.)?"
)
_BOUND: Final = re.compile(
    rf"(?:(?P<least>(?<![^\W_])(?:{_LEAST})|≥|>=)|(?<![^\W_])(?:{_MOST})|≤|<=) ?(?=[0-9])", re.IGNORECASE
)
# The same behind the value: 5 мм и более, 5 мм-ден кем емес.
_BOUND_BEHIND: Final = re.compile(
    r"(?:-(?:[днт][еа]н|[гк]е|[ғқ]а))? (?:(?P<least>(?:и|или) (?:более|больше|выше)|(?:and|or) (?:more|above|over)"
    r"|кем емес)|(?:и|или) (?:менее|меньше|ниже)|(?:and|or) (?:less|below)|артық емес|аспайтын|дейін)(?![^\W_])",
    re.IGNORECASE,
)
# As much of a text as a value and its unit take.
_LONGEST_VALUE: Final = 24


@lru_cache(maxsize=1 << 11)
def bounds(text: str) -> Mapping[str, int]:
    """By the text of their terms: values that a text asks for at least (1) or at most (-1)."""
    found: dict[str, int] = {}
    for match in _BOUND.finditer(text):
        terms = read(text[match.end() : match.end() + _LONGEST_VALUE]).terms
        if terms and terms[0].kind is Kind.MEASURE:
            found[terms[0].text] = 1 if match["least"] else -1
    for match in _BOUND_BEHIND.finditer(text):
        before = read(text[max(match.start() - _LONGEST_VALUE, 0) : match.start()]).terms
        named = [term for term in before if term.kind is not Kind.FORM]
        if named and named[-1].kind is Kind.MEASURE:
            found[named[-1].text] = 1 if match["least"] else -1
    return MappingProxyType(found)


def unbound(text: str) -> str:
    """The text without the words that make bounds of values: they tell nothing of the good."""
    return _BOUND_BEHIND.sub(" ", _BOUND.sub(" ", text))


# A value near these words is of the packing, the batch, the delivery or its terms, not of the good.
_ASIDE_WORDS: Final = """
партия упаковка тара фасовка расфасовка фасованный мешок бэг бухта барабан катушка паллета поддон ведро канистра
бочка ящик коробка пачка рулон бутылка флакон вагон цистерна контейнер
срок гарантия гарантийный доставка поставка отгрузка изготовление перевозка транспортировка хранение расстояние
қап қаптама орама буып партиямен бума бөшке шелек мерзім кепілдік жеткізу тасымалдау сақтау қашықтық
bag sack pack packing packaging packed package drum reel roll pallet bucket canister barrel carton box bottle batch
delivery warranty guarantee shipment storage distance lead
"""
_ASIDE: Final = frozenset(map(stem, _ASIDE_WORDS.split()))
# One beside these is of the good, whatever stood before: a roll may be told by its width.
_OF_THE_GOOD_WORDS: Final = """
длина ширина высота толщина диаметр сечение мощность напряжение давление плотность прочность температура
ұзындық ен биіктік қалыңдық диаметрі қуат кернеу қысым тығыздық
length width height thickness diameter wide thick long high deep section power voltage pressure density strength
"""
_OF_THE_GOOD: Final = frozenset(map(stem, _OF_THE_GOOD_WORDS.split()))
# How many words before a value may say what it is of.
_BEFORE: Final = 3


@lru_cache(maxsize=1 << 11)
def said_aside(text: str, name: str) -> frozenset[str]:
    """The values of a description, by the text of their terms, that everywhere in it are of packing, batch, delivery or
    terms. name: of the good described: what it names itself is no packing, as of bags."""
    language, found = pieces(apart(text))
    if not any(piece.measures or piece.dimensions or piece.standards for piece in found):
        return frozenset()
    telling = _ASIDE - {term.text for term in read_need_text(name).terms}
    aside: set[str] = set()
    own: set[str] = set()
    for at, piece in enumerate(found):
        if piece.measures or piece.dimensions or piece.standards:
            is_aside = _is_aside(found, at, telling, behind=language != "ru")
            (aside if is_aside else own).update(term.text for term in _terms(piece))
    return frozenset(aside - own)


def _is_aside(found: Sequence[Piece], at: int, telling: Set[str], *, behind: bool) -> bool:
    """Whether the words before a value tell that it is not of the good. behind: whether the one behind it may tell so,
    too, as in "50 kg bags"."""
    following = next((piece for piece in found[at + 1 :] if piece.tokens), None) if behind else None
    if following is not None and not _OF_THE_GOOD.isdisjoint(following.words):
        return False
    if following is not None and not telling.isdisjoint(following.words):
        return True
    passed = 0
    for piece in reversed(found[:at]):
        if piece.measures or piece.dimensions or not _OF_THE_GOOD.isdisjoint(piece.words):
            return False
        if not telling.isdisjoint(piece.words):
            return True
        passed += bool(piece.words)
        if passed == _BEFORE:
            return False
    return False


_RUN: Final = re.compile(r"[^\W_]+")
_WRITTEN: Final = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")


def surface(text: str, token: str) -> str | None:
    """How a text writes a token first. For showing only: quick, so it may be None for one that the text has."""
    return _by_stem(text).get(token) or _by_letters(text).get(token)


@lru_cache(maxsize=1 << 12)
def _by_stem(text: str) -> Mapping[str, str]:
    runs = _RUN.findall(apart(text))[::-1]  # from behind, so that the first stays
    words = list(filterfalse(str.isdecimal, runs))
    return MappingProxyType(dict(zip(map(stem, words), words, strict=True)))


@lru_cache(maxsize=1 << 12)
def _by_letters(text: str) -> Mapping[str, str]:
    written = _WRITTEN.findall(apart(text))[::-1]
    return MappingProxyType({"".join(_RUN.findall(one)).lower(): one for one in written})


# Numbers of a stretch, the last with the unit behind it: "0,4-10 кВ". A point inside a number parts nothing: 27.00R49.
_NUMBERS: Final = re.compile(r"[-+]?[0-9]+(?: [0-9]{3}(?![0-9]))*(?:[.,][0-9]+)?")
_MARKS: Final = re.compile(r"[^\W_]+(?:(?<=[0-9])[.,](?=[0-9])[^\W_]+)*")


def spelling(text: str, token: str) -> str | None:
    """How a text writes a term that is no word; None where it has none."""
    return spellings(text).get(token)


@lru_cache(maxsize=1 << 13)
def spellings(text: str) -> Mapping[str, str]:
    """By the text of its terms that are no words: how the text writes each first, `400 кВА`, `SDR11`, `API 5CT`."""
    found: dict[str, str] = {}
    for written, piece in stretches(apart(text)):
        named = [term for term in _terms(piece) if term.kind not in (Kind.WORD, Kind.FORM)]
        measured = [term for term in named if term.kind in (Kind.MEASURE, Kind.PIECES)]
        for term in named:
            if term in measured:
                found.setdefault(term.text, _measured(written, measured.index(term), len(measured)))
            elif term.kind in (Kind.MARK, Kind.NUMBER):
                found.setdefault(term.text, _marked(written, term.text))
            else:
                found.setdefault(term.text, written)
    return MappingProxyType(found)


def _measured(written: str, which: int, several: int) -> str:
    """One of the values of a stretch, each with the unit that stands behind the last."""
    numbers = list(_NUMBERS.finditer(written))
    if several < 2 or len(numbers) < several:
        return written
    value = numbers[which][0] if which == 0 else numbers[which][0].lstrip("-+")
    return f"{value}{written[numbers[several - 1].end() :]}"


def _marked(written: str, token: str) -> str:
    """The part of a stretch that is the mark or number of a token, the whole where none of its parts is."""
    parts: list[str] = _MARKS.findall(written)
    if len(parts) == 1:
        return parts[0]
    return next((part for part in parts if any(token in piece.tokens for _, piece in stretches(part))), written)
