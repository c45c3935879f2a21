"""Words typed in another script: Kazakh in Russian letters, Kazakh and Russian in Latin ones, by a key of their sound.

кубыр, qubyr and kubyr have the key of құбыр. The index keeps key and word together, so both engines list the words of
a key, or of all keys that begin alike, and it is asked only for words that no document holds.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final

from registry.text import KAZAKH_LETTERS, fold
from search.analysis import kazakh, russian

_TO_LATIN: Final = {
    **dict(zip("абвгдезийклмнопрстуфхцыэ", "abvgdeziiklmnoprstufhcye", strict=True)),
    **dict(zip("әғқңөұүһі", "agknouuhi", strict=True)),
    **dict(zip("жчшщюяьъё", ("zh", "ch", "sh", "sch", "yu", "ya", "", "", "e"), strict=True)),
}
_KAZAKH: Final = frozenset(KAZAKH_LETTERS)
_TO_RUSSIAN: Final = str.maketrans("әғқңөұүһі", "агкноуухи")
# Letters of Latin alphabets for Kazakh whose marks tell sounds apart.
_MARKED: Final = {"ş": "sh", "Ş": "Sh", "ı": "y", "ç": "ch", "Ç": "Ch"}

# What several spellings of one sound become; a letter that no spelling keeps stands for each of ш, ч and ж.
_SOUNDS: Final = {
    **dict.fromkeys(("shch", "sch", "sh"), "w"),
    **dict.fromkeys(("tch", "ch"), "q"),
    "zh": "x",
    **dict(zip(("kh", "gh", "ts", "tz", "x", "w", "q", "y"), "hgcchvki", strict=True)),
}
_SPELLED: Final = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_GLIDE: Final = re.compile("i(?=[aeou])")
_AFTER_CONSONANT: Final = re.compile("(?<![aeiouy])j")
# Vowels doubled by endings are typed once as often as not; ee, oo and double consonants tell less from лес.
_TWICE: Final = re.compile(r"([aiu])\1+")

_CYRILLIC: Final = {
    **dict.fromkeys(("shch", "sch"), "щ"),
    **dict(zip(("sh", "ch", "zh", "kh", "ts"), "шчжхц", strict=True)),
    **dict(zip(("yu", "ya", "ye", "ju", "ja", "je"), "юяеюяе", strict=True)),
    **dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхижклмнопкрстуввхыз", strict=True)),
}
_SPELLED_CYRILLIC: Final = re.compile(
    "(?<=[aeiouy])[yj](?![aeu])|" + "|".join(sorted(_CYRILLIC, key=len, reverse=True))
)
# Endings of Kazakh cases as they look without Kazakh letters.
_ENDINGS: Final = ((re.compile("(?<=[дтн][ыі])н$"), "ң"), (re.compile("г(?=[ае]$)"), "ғ"), (re.compile("к(?=а$)"), "қ"))

# A shorter key is that of too many words; so is a shorter stem.
SHORTEST: Final = 3
_SHORTEST_STEM: Final = 4
_LONGEST: Final = 40
# Shorter words in Latin letters are marks and units more often than words.
_SHORTEST_LATIN: Final = 4
# Words of keys that begin alike an engine lists at most, the first by key.
MOST_ALIKE: Final = 500


def latin(word: str) -> str:
    """A word in Latin letters as it is commonly written, the word itself if it is Latin already."""
    return "".join(_TO_LATIN.get(letter, letter) for letter in word)


def sound(word: str) -> str:
    """The key of a folded word; empty where it is none of Cyrillic or Latin letters, too short or too long."""
    return _key(latin(word).replace("j", "zh" if word[:1] == "j" else "i"))


def _key(spelled: str) -> str:
    if not (spelled.isascii() and spelled.isalpha()):
        return ""
    key = _TWICE.sub(r"\1", _GLIDE.sub("", _SPELLED.sub(lambda found: _SOUNDS[found[0]], spelled)))
    return key if SHORTEST <= len(key) <= _LONGEST else ""


@lru_cache(maxsize=1 << 16)
def _term(word: str) -> str:
    key = sound(word)
    return f"{key}:{word}" if key else ""


def terms(words: Iterable[str]) -> list[str]:
    """What the index keeps of folded words: KEY:WORD, each once; nothing of words without a key."""
    return list(dict.fromkeys(term for word in words if (term := _term(word))))


def word_of(term: str) -> str:
    """The word of a term that `terms` made."""
    return term.partition(":")[2]


def words_of(ordered: Sequence[str], begun: str) -> list[str]:
    """Of the terms in order the words of those that begin so, at most MOST_ALIKE."""
    start = bisect_left(ordered, begun)
    found = takewhile(lambda term: term.startswith(begun), ordered[start : start + MOST_ALIKE])
    return [word_of(term) for term in found]


def plain(written: str) -> str:
    """A word as typed in small letters that keys are made of: folded, marks that tell sounds apart spelled out."""
    return fold("".join(_MARKED.get(letter, letter) for letter in written))


def keys(written: str) -> tuple[str, ...]:
    """The keys that a word as typed may be meant by: j is й for one writer and ж for another."""
    word = plain(written)
    if not word.isalpha() or len(word) < (_SHORTEST_LATIN if word.isascii() else SHORTEST):
        return ()
    spelled = latin(word)
    mixed = _AFTER_CONSONANT.sub("zh", spelled).replace("j", "i")
    found = (sound(word), _key(spelled.replace("j", "zh")), _key(mixed))
    return tuple(dict.fromkeys(key for key in found if key))


def begun_keys(typed: str) -> tuple[str, ...]:
    """The beginnings of keys by which the beginning of a word may be continued."""
    key = sound(plain(typed))
    return keys(typed) or ((key,) if key else ())


@lru_cache(maxsize=1 << 12)
def stems(written: str) -> frozenset[str]:
    """The keys of what is left of a word as typed without its Russian or Kazakh ending."""
    if not keys(written):
        return frozenset()
    word = _in_russian_letters(plain(written))
    in_kazakh = word.replace("и", "і")
    for ending, meant in _ENDINGS:
        in_kazakh = ending.sub(meant, in_kazakh)
    left = {russian.snowball(word)}
    left.update(stem for form in (word, in_kazakh) for stem, *_ in kazakh.readings(form))
    return frozenset(key for stem in left if len(key := sound(stem)) >= _SHORTEST_STEM)


def _in_russian_letters(word: str) -> str:
    if word.isascii():
        return _SPELLED_CYRILLIC.sub(lambda found: _CYRILLIC[found[0]] if found[0] not in "yj" else _y(found), word)
    return word.translate(_TO_RUSSIAN)


def _y(found: re.Match[str]) -> str:
    return "й" if found.start() and found.string[found.start() - 1] in "aeiouy" else _CYRILLIC[found[0]]


def sought(written: str) -> tuple[str, ...]:
    """Beginnings of keys under which an engine may hold what was meant; none where nothing can be told by sound."""
    return tuple(sorted({*keys(written), *stems(written)}))


def heard(written: str, alike: Mapping[str, Collection[str]]) -> tuple[list[str], list[str]]:
    """Of the words under the beginnings `sought`: those that sound as typed, and those that do but for the ending.

    Only words in another script count; what differs within one is a slip of typing.
    """
    found = {word for begun in sought(written) for word in alike.get(begun, ()) if _otherwise(plain(written), word)}
    exact = {word for word in found if sound(word) in keys(written)}
    bare = stems(written)
    rest = {word for word in found - exact if not bare.isdisjoint((sound(word), _stem(word)))}
    return sorted(exact), sorted(rest)


@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    return sound(russian.snowball(_in_russian_letters(word)))


def _otherwise(typed: str, word: str) -> bool:
    """Whether a word is written in another script: Latin or Cyrillic, or with the letters of Kazakh alone."""
    return typed != word and (typed.isascii() != word.isascii() or not _KAZAKH.isdisjoint(word))
