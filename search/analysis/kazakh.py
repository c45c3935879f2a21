"""Kazakh nouns and adjectives without their inflection: plural, possession, case, -дағы.

Suffixes are taken off from the end, each only where vowel harmony and the sound before it allow it, so that a chance
ending is rarely taken for a suffix; a list of words decides between the readings that remain. Words are made by
suffixes too (май, майлық, майсыз); those stay, since the words differ in meaning, and only -лы (майлы, with oil) leads
to its base besides: one who looks for the base is glad of it, but not the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from registry.text import KAZAKH_LETTERS
from search.analysis.lists import word_list

_BACK: Final = frozenset("аоұыёя")
_FRONT: Final = frozenset("әеөүіэ")
_VOWELS: Final = _BACK | _FRONT | frozenset("иую")
# What the next suffix begins with depends on the last sound; у, и and ю end in a glide and count as consonants here.
_SOUND: Final = {
    **dict.fromkeys("аәеоөұүыіэяё", "vowel"),
    **dict.fromkeys("йуию", "glide"),
    **dict.fromkeys("р", "r"),
    **dict.fromkeys("л", "l"),
    **dict.fromkeys("мнң", "nasal"),
    **dict.fromkeys("зж", "voiced"),
    **dict.fromkeys("пфкқтсшщчхцһбвгғд", "voiceless"),  # б в г д end loan words only, and are spoken voiceless
}
_ALL: Final = frozenset(_SOUND.values())
_SONOROUS: Final = _ALL - {"voiceless"}

# suffix of case -> sounds after which it may stand
_CASES: Final[dict[str, frozenset[str]]] = {}
for _suffixes, _after in (
    ("ның нің", frozenset({"vowel", "nasal"})),
    ("дың дің", frozenset({"glide", "r", "l", "voiced"})),
    ("тың тің ты ті қа ке та те тағы тегі тан тен пен", frozenset({"voiceless"})),
    ("ны ні", frozenset({"vowel"})),
    ("ды ді", _SONOROUS - {"vowel"}),
    ("ға ге да де дағы дегі", _SONOROUS),
    ("дан ден", _SONOROUS - {"nasal"}),
    ("нан нен", frozenset({"nasal"})),
    ("мен", _SONOROUS - {"voiced"}),
    ("бен", frozenset({"voiced"})),
):
    _CASES.update(dict.fromkeys(_suffixes.split(), _after))
# The forms of the cases after a possessive of the third person: құбыр-ы-н, құбыр-ы-нда.
_OWNED_CASES: Final = frozenset(("ның", "нің", "н", "на", "не", "нда", "нде", "ндағы", "ндегі", "нан", "нен", "мен"))
_VOWEL: Final = frozenset({"vowel"})
_THEIRS: Final = {"ы": _ALL - _VOWEL, "і": _ALL - _VOWEL, "сы": _VOWEL, "сі": _VOWEL}
_OURS: Final = {
    **dict.fromkeys(("мыз", "міз", "ңыз", "ңіз"), _VOWEL),
    **dict.fromkeys(("ымыз", "іміз", "ыңыз", "іңіз"), _ALL - _VOWEL),
}
_PLURALS: Final = {
    **dict.fromkeys(("лар", "лер"), frozenset({"vowel", "glide", "r"})),
    **dict.fromkeys(("дар", "дер"), frozenset({"l", "nasal", "voiced"})),
    **dict.fromkeys(("тар", "тер"), frozenset({"voiceless"})),
}
# A word has no more readings worth an entry in the index than these beside the best one.
MOST_OTHERS: Final = 2
_WITHOUT_HARMONY: Final = frozenset({"н", "мен", "бен", "пен"})
_VOICED: Final = {"г": "к", "ғ": "қ", "б": "п"}


def known_words() -> frozenset[str]:
    """Words of the list that comes with the package, as they stand in a dictionary."""
    return word_list("kazakh_words")


def _harmony(word: str) -> bool | None:
    """Whether the last vowel is a front one; None where it does not decide (и, у, ю, ь at the end of loan words)."""
    if word.endswith("ь"):
        return None
    for letter in reversed(word):
        if letter in _FRONT:
            return True
        if letter in _BACK:
            return False
        if letter in _VOWELS:
            return None
    return None


def is_verbal_noun(word: str) -> bool:
    """Whether a word reads as what is done, by its suffix and by vowel harmony throughout: ұстау, өңдеу, but not ұстеу.

    Only of words with Kazakh letters, since others may be Russian or typed without them.
    """
    if len(word) < 4 or word[-1] != "у" or word[-2] in "иоөұүыіу" or frozenset(KAZAKH_LETTERS).isdisjoint(word):
        return False
    vowels = frozenset(word) & (_FRONT | _BACK)
    return bool(vowels) and (vowels <= _FRONT or vowels <= _BACK)


def _fits(word: str, suffix: str, after: frozenset[str]) -> bool:
    """Whether a suffix may stand after a word by its last sound and by vowel harmony."""
    if len(word) < 2 or _SOUND.get(word.rstrip("ь")[-1:], "") not in after:
        return False
    if suffix in _WITHOUT_HARMONY:
        return True
    front = _harmony(word)
    return front is None or front == _harmony(suffix)


def _without_case(word: str) -> Iterator[tuple[str, str, bool]]:
    """(rest, case suffix, whether the rest must be a possessive of the third person)"""
    yield word, "", False
    for length in (1, 2, 3, 4, 5):
        rest, suffix = word[:-length], word[-length:]
        if suffix in _CASES and _fits(rest, suffix, _CASES[suffix]):
            yield rest, suffix, False
        if suffix in _OWNED_CASES and rest[-1:] in {"ы", "і"} and _fits(rest, suffix, _VOWEL):
            yield rest, suffix, True


def _without_owner(word: str, owners: dict[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """(rest, possessive suffix)"""
    for length in (1, 2, 3, 4):
        rest, suffix = word[:-length], word[-length:]
        if suffix in owners and _fits(rest, suffix, owners[suffix]):
            yield rest, suffix


def readings(word: str) -> Iterator[tuple[str, str, str, str]]:
    """Every way to read a word as (stem, plural, possessive, case), the empty ones included."""
    for rest, case, must_own in _without_case(word):
        if must_own:
            owned = list(_without_owner(rest, _THEIRS))
        else:
            # After a possessive of the third person the cases have forms of their own, which `must_own` stands for.
            owned = [(rest, ""), *_without_owner(rest, _OURS if case else _THEIRS | _OURS)]
        for core, owner in owned:
            yield core, "", owner, case
            plural = core[-3:]
            if plural in _PLURALS and _fits(core[:-3], plural, _PLURALS[plural]):
                yield core[:-3], plural, owner, case


def _dictionary_forms(stem: str, before_vowel: bool) -> Iterator[str]:
    """How a stem may be written in a dictionary: қақпағ → қақпақ, орн → орын, кабел → кабель, метал → металл."""
    if stem[-1] in "лмнс" and len(stem) > 3:
        yield stem + stem[-1]
    if not before_vowel:
        yield stem
        return
    voiceless = _VOICED.get(stem[-1])
    if voiceless:
        yield stem[:-1] + voiceless
    yield stem
    if _ends_in_two_consonants(stem):
        yield stem[:-1] + ("і" if _harmony(stem) else "ы") + stem[-1]
    if stem[-1] in "лнр":
        yield stem + "ь"


def _ends_in_two_consonants(stem: str) -> bool:
    return len(stem) > 2 and stem[-1] not in _VOWELS and stem[-2] not in _VOWELS


def _syllables(word: str) -> int:
    return sum(letter in _VOWELS for letter in word)


def _owned_likely(stem: str) -> bool:
    """Whether -ы after an unknown stem may be the possessive, by how native words end."""
    last, before = stem[-1], stem[-2]
    if last == "ш" and (before == "у" or before not in _VOWELS):
        return False  # -шы names who does it: өндіруші, көрші
    if _ends_in_two_consonants(stem):
        # бұрғы, сыртқы, мысты, кілтті, майлы: the last consonant begins a suffix, it does not end a stem.
        return not (last in "бгғқкдл" or last == before or (last == "т" and _SOUND.get(before) == "voiceless"))
    return last != "д" and not stem.endswith(("мал", "мел", "пал", "пел"))  # бұрылмалы


def _likelihood(stem: str, plural: str, owner: str, case: str) -> int:
    """How far an unknown stem is to be believed: 0 not at all, 1 less than the word as it stands, 2 more."""
    if len(stem) < 3 or _syllables(stem) == 0:
        return 0
    if plural:
        return 2
    if owner in {"ы", "і"}:
        if not _owned_likely(stem):
            return 0
        if case == "н":  # сабын and отын end like this, and participles do: қолданылатын
            return 0 if stem.endswith(("ат", "ет", "йт")) else 1 + (_syllables(stem) > 1)
        return 2 if case or len(stem) > 3 else 1
    if owner or len(case) > 2:
        return 2 - (stem[-1] in "оөұү")  # few native words end like this: насос-ы, not насо-сы
    # The short cases are the endings of many short words: тақта, балға.
    return 2 if _syllables(stem) > 1 or len(stem) > 3 else 0


def _stem_keeps(stem: str, owner: str) -> bool:
    """Whether the с or н before -ы belongs to the stem: құрылыс-ы, шойын-ы; but сорғы-сы, терезе-ні."""
    return (
        owner in {"ы", "і"} and stem[-1] in "сн" and stem[-2:-1] in {"ы", "і", "о"} and stem[-3:-2] not in set("ғгқкш")
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """Dictionary form of a word, the others it may have, and whether the form is a known word."""

    stem: str
    others: tuple[str, ...] = ()
    known: bool = False


def read(word: str, is_loan: Callable[[str], bool], words: frozenset[str] | None = None) -> Reading:
    """Dictionary form of a Kazakh word in small letters.

    is_loan: whether a word without Kazakh letters is a Russian noun as it stands in a dictionary; loan words are
    inflected like native ones and there are too many to list. words: the list to go by, by default the package's.
    """
    listed = known_words() if words is None else words
    if word in listed:
        return Reading(word, known=True)
    known: dict[str, tuple[bool, int]] = {}
    guessed: dict[str, tuple[int, int]] = {word: (1, len(word))}
    for core, plural, owner, case in readings(word):
        before_vowel = not plural and owner[:1] in {"ы", "і"}
        for form in _dictionary_forms(core, before_vowel):
            if form in listed or (len(form) > 3 and is_loan(form)):
                known[form] = (form in listed, len(core))
        likelihood = _likelihood(core, plural, owner, case) if plural or owner or case else 0
        if likelihood:
            taken = len(word) - len(core) + 3 * (before_vowel and _stem_keeps(core, owner))
            form = core[:-1] + _VOICED[core[-1]] if before_vowel and core[-1] in _VOICED else core
            guessed[form] = max(guessed.get(form, (0, 0)), (likelihood, taken))
    base, ending = word[:-2], word[-2:]
    if ending in {"лы", "лі"} and (base in listed or (not known and len(base) > 3 and is_loan(base))):
        known[word] = (True, len(word))
        known.setdefault(base, (False, 0))
    # Of known words the longest: the shorter ones explain more of the word as suffixes than need be. Of unknown ones
    # the shortest, since a chain of suffixes that fit is hardly there by chance.
    ranked = known or guessed
    best, *others = sorted(ranked, key=lambda form: ranked[form], reverse=True)
    return Reading(best, tuple(others[:MOST_OTHERS]), bool(known))
