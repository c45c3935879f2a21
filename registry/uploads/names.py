"""What suppliers call the columns of their tables and the things in them, in any of three languages. Pure.

`fields.csv` lists what a column can be and how people call it; a spelling after `~` only hints at the field. A field
that is not `kept` is known so that its column is passed over for a reason and taken for nothing else. `words.csv` lists
words of cells.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from rapidfuzz import fuzz, process

from registry.catalogue.details import CURRENCIES
from registry.catalogue.models import ProductKind
from registry.suppliers.rules import words as meaning
from registry.text import fold, fold_key

LONGEST_NAME: Final = 160
_HINT: Final = 0.55
_LIKE: Final = 86

# Fields that several columns may be.
REPEATED: Final = frozenset({"description", "parameter", "section", "standards"})
PRODUCT_KINDS: Final = {
    **meaning(ProductKind.GOODS, "goods|товар|товары|тауар|тауарлар"),
    **meaning(ProductKind.WORKS, "works|работа|работы|жұмыс|жұмыстар"),
    **meaning(ProductKind.SERVICES, "services|услуга|услуги|қызмет|көрсетілетін қызмет|қызметтер"),
}
_PUNCTUATION: Final = re.compile(r"[^\w№#%]+|_")
_SIGN: Final = re.compile(r"[№#%]")
_ASIDE: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class _Fields:
    """kept: every field, and whether it is taken in. spelt: name of a column -> (field, how sure) by each field."""

    kept: Mapping[str, bool]
    spelt: Mapping[str, Mapping[str, float]]


@cache
def _fields() -> _Fields:
    kept: dict[str, bool] = {}
    spelt: dict[str, dict[str, float]] = {}
    with files("registry.uploads").joinpath("fields.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kept[row["field"]] = row["kept"] == "yes"
            spellings = [row["field"], *(word for lang in ("kk", "ru", "en") for word in row[lang].split("|"))]
            for spelling in filter(None, spellings):
                sure = _HINT if spelling.startswith("~") else 1.0
                meant = spelt.setdefault(name_key(spelling), {})
                meant[row["field"]] = max(sure, meant.get(row["field"], 0.0))
    return _Fields(kept, spelt)


def fields() -> Mapping[str, bool]:
    """Every field that a column can be, and whether a file with it changes anything."""
    return _fields().kept


@cache
def words_for(what: str) -> frozenset[str]:
    """Words that cells hold, folded, by what they say: a unit, a currency, whether a document is in force."""
    with files("registry.uploads").joinpath("words.csv").open(encoding="utf-8") as file:
        listed = {row["what"]: row["words"] for row in csv.DictReader(file)}
    return frozenset(map(fold, listed[what].split("|")))


@cache
def currencies() -> Mapping[str, str]:
    """The currency that a folded word means."""
    return {word: code for code in CURRENCIES for word in words_for(code)}


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """What a column is called, for comparing: no case, punctuation or look-alikes."""
    return " ".join(_SIGN.sub(r" \g<0> ", _PUNCTUATION.sub(" ", fold_key(name))).split())


@lru_cache(maxsize=4096)
def named(name: str) -> Mapping[str, float]:
    """The fields that a column's name speaks for, 0..1 each."""
    found: dict[str, float] = {}
    if not name or len(name) > LONGEST_NAME:
        return found
    forms = [(name, 1.0), (_ASIDE.sub(" ", name), 0.97), (name.partition(",")[0], 0.95)]
    forms += [(part, 0.9) for part in re.split(r"[/\\\n]| - ", name) if len(part.strip()) > 1]
    spelt = _fields().spelt
    for form, worth in forms:
        key = name_key(form)
        for field, sure in spelt.get(key, {}).items():
            found[field] = max(found.get(field, 0.0), sure * worth)
    if max(found.values(), default=0.0) >= 0.9:
        return found
    key = name_key(_ASIDE.sub(" ", name)) or name_key(name)
    if len(key) < 3:
        return found
    for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
        for spelling, likeness, _ in process.extract(key, spelt.keys(), scorer=scorer, score_cutoff=_LIKE, limit=8):
            for field, sure in spelt[spelling].items():
                found[field] = max(found.get(field, 0.0), sure * likeness / 100 * 0.92)
    words = f" {key} "
    for spelling, meant in spelt.items():
        if len(spelling) > 2 and f" {spelling} " in words:
            part = 0.45 + 0.45 * len(spelling) / len(key)
            for field, sure in meant.items():
                found[field] = max(found.get(field, 0.0), sure * part)
    return found


def names_a_column(name: str) -> float:
    """How sure it is, 0..1, that a text is the name of a column."""
    return max(named(name).values(), default=0.0)


def says_one_of(cell: str, known: Collection[str]) -> bool:
    """Whether a cell is one of these folded words."""
    folded = fold(cell).strip(" .")
    return folded in known or " ".join(_PUNCTUATION.sub(" ", folded).split()) in known
