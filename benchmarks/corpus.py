"""A deterministic corpus of suppliers, products and needs, with the truth of which product meets which need.

    python -m benchmarks.corpus --products 200000 --needs 5000 --out DIR

writes suppliers.csv, products.csv, needs.csv (the columns of `ondiris import`) and truth.csv (need_id,product_id). The
same arguments give the same bytes. Products of one family, first and second modifier and dimension are the same good.
A need names one good in other words: declined, reordered (30 %), with a typo (15 %), with another sign between its
dimensions, in Kazakh (10 %) or English (5 %), its code known to 10, 6, 4 or 0 digits.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from pymorphy3 import MorphAnalyzer

from benchmarks.families import Family, Modifier, families
from benchmarks.names import fictitious_bins, supplier_name
from registry.identifiers import REGIONS

SEED = 20_261_122
TODAY = date(2026, 11, 22)
SUPPLIERS_PER_PRODUCT = 25  # products that one supplier lists on average
PRODUCTS_PER_GOOD = 2.4  # offers of the same good, where the family's grid is large enough
FAMILY_CAP = 1_500  # goods that a family weighs at most, so that cables do not drown the rest

REGION_WEIGHTS = [3, 3, 5, 5, 4, 4, 4, 2, 10, 4, 3, 4, 6, 3, 5, 2, 7, 10, 12, 6]
SHORT_UNITS = {"т", "км", "компл.", "м³"}

SUPPLIER_COLUMNS = ["bin", "name", "kind", "kato", "oked", "address", "email", "phone"]
PRODUCT_COLUMNS = [
    "bin", "name", "name_kk", "name_en", "description", "tnved", "kpved", "enstru", "unit", "capacity_per_year",
    "icv_percent", "evidence_kind", "evidence_number", "evidence_issued", "evidence_expires", "evidence_state", "role",
    "external_id",
]  # fmt: skip
NEED_COLUMNS = [
    "id", "name", "description", "tnved", "enstru", "unit", "volume", "kato", "customer_bin", "budget", "contract_type",
    "min_icv", "term_years",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Good:
    """What products and needs are about: one point of a family's grid."""

    family: int
    first: Modifier
    second: Modifier
    dimension: str


@cache
def _morph() -> MorphAnalyzer:
    return MorphAnalyzer()


@cache
def _parses(word: str, poses: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(parse for parse in _morph().parse(word) if parse.tag.POS in poses and "nomn" in parse.tag)


@cache
def _inflected(word: str, poses: tuple[str, ...], grammemes: frozenset[str]) -> str:
    for parse in _parses(word, poses):
        form = parse.inflect(set(grammemes))
        if form is not None:
            return str(form.word)
    return word


@cache
def _agreement(head: str) -> frozenset[str]:
    """Gender, or plural, of the noun that a head phrase begins with."""
    tag = _parses(head.split()[0], ("NOUN",))[0].tag
    return frozenset({"plur"}) if tag.number == "plur" else frozenset({"sing", tag.gender})


def russian(family: Family, first: Modifier, second: Modifier, case: str = "nomn", plural: bool = False) -> list[str]:
    """Head, first and second modifier of a good, declined: three phrases."""
    agreement = frozenset({"plur"}) if plural else _agreement(family.head_ru)
    number = agreement & {"plur", "sing"}
    noun, *rest = family.head_ru.split()
    grammemes = agreement | {case}
    head = [_inflected(noun, ("NOUN",), frozenset(number | {case}))]
    head += [_inflected(word, ("ADJF", "PRTF"), frozenset(grammemes)) for word in rest]
    phrases = [" ".join(head)]
    for modifier in (first, second):
        phrases.append(
            _inflected(modifier.ru, ("ADJF", "PRTF"), frozenset(grammemes)) if modifier.declined else modifier.ru
        )
    return phrases


_FRONT, _BACK, _VOICELESS = "әеёіөүэи", "аоұыуяю", "бвгдкқпстфхһцчшщ"


def kazakh_form(phrase: str, form: str) -> str:
    """The phrase with its last word in the `plural`, the `accusative` or the `genitive`, by vowel harmony."""
    vowels = [letter for letter in phrase.lower() if letter in _FRONT + _BACK]
    front, last = vowels[-1] in _FRONT, phrase[-1].lower()
    vocalic, voiceless = last in _FRONT + _BACK, last in _VOICELESS
    if form == "plural":
        return phrase + ("т" if voiceless else "д" if last in "лмнңжз" else "л") + ("ер" if front else "ар")
    nasal = vocalic or (form == "genitive" and last in "мнң")
    return (
        phrase
        + ("т" if voiceless else "н" if nasal else "д")
        + ("і" if front else "ы")
        + ("ң" if form == "genitive" else "")
    )


def written(dimension: str, random: Random) -> str:
    """The dimension as another hand writes it: sign of multiplication, spaces, decimal point, DN for Ду."""
    text = dimension.replace("×", random.choice(["х", "x", "*", " х ", "×", " x "]))
    if random.random() < 0.3:
        text = re.sub(r"(\d),(\d)", r"\1.\2", text)
    text = re.sub(r"Ду(\d)", random.choice([r"Ду\1", r"Ду \1", r"DN\1", r"DN \1", r"ДУ\1"]), text)
    return re.sub(r"Ру(\d)", random.choice([r"Ру\1", r"Ру \1", r"PN\1", r"PN \1"]), text)


def mistyped(text: str, random: Random) -> str:
    """The text with one slip of the finger in one word of at least six letters; unchanged where there is none."""
    words = [match.span() for match in re.finditer(r"[^\W\d_]{6,}", text)]
    if not words:
        return text
    start, end = random.choice(words)
    at = random.randrange(start + 1, end - 1)
    kind = random.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + random.choice("аоеинтсрвл") + text[at + 1 :]


_LOOK_ALIKE = str.maketrans("аеорсухкмвнт", "aeopcyxkmbht")


def look_alike(text: str, random: Random) -> str:
    """The text with one of its words typed partly in Latin letters that look the same."""
    words = text.split(" ")
    at = random.randrange(len(words))
    words[at] = words[at].translate(_LOOK_ALIKE)
    return " ".join(words)


def _goods(count: int, kinds: list[Family], random: Random) -> list[Good]:
    """Which good each product is; goods are drawn so that each has PRODUCTS_PER_GOOD offers, more in small grids."""
    grids = [list(product(family.first, family.second, family.dimensions)) for family in kinds]
    weights = [min(len(grid), FAMILY_CAP) for grid in grids]
    total = sum(weights)
    goods: list[Good] = []
    for number, (grid, weight) in enumerate(zip(grids, weights, strict=True)):
        share = round(count * weight / total) if number < len(grids) - 1 else count - len(goods)
        size = min(len(grid), max(1, round(share / PRODUCTS_PER_GOOD)))
        chosen = random.sample(grid, size)
        goods += [Good(number, *random.choice(chosen)) for _ in range(max(0, min(share, count - len(goods))))]
    random.shuffle(goods)
    return goods


def _suppliers(count: int, random: Random, kinds: int) -> tuple[list[dict[str, str]], list[list[int]]]:
    """Rows of the suppliers, and by family the numbers of those who deal in it."""
    rows: list[dict[str, str]] = []
    by_family: list[list[int]] = [[] for _ in range(kinds)]
    for number, bin_ in enumerate(fictitious_bins(count)):
        region = random.choices(REGIONS, REGION_WEIGHTS)[0]
        rows.append(
            {
                "bin": bin_,
                "name": supplier_name(number, random),
                "kind": random.choices(["maker", "dealer", ""], [70, 25, 5])[0],
                "kato": f"{region}{random.choice(['0000000', '1010000', '3210000', '2010000'])}",
                "oked": random.choice(
                    ["22210", "23610", "24200", "25110", "27320", "28140", "31010", "10610", "46900"]
                ),
                "address": f"ул. {random.choice(['Абая', 'Сатпаева', 'Жибек Жолы'])}, {number % 240 + 1}",
                "email": f"sales{number}@example.kz",
                "phone": f"+7 7{random.randrange(10**9):09d}",
            }
        )
        for family in {random.randrange(kinds) for _ in range(random.choice([1, 2, 2, 3, 4]))}:
            by_family[family].append(number)
    for sellers in by_family:
        if not sellers:
            sellers.append(random.randrange(count))
    return rows, by_family


def _evidence(number: int, random: Random) -> dict[str, str]:
    """Evidence of a product: none for half of them, running for most of the rest."""
    kind = random.choices(["", "ct-kz", "industrial", "ktp"], [50, 15, 10, 25])[0]
    if not kind:
        return {}
    issued = date(2024, 6, 1) + timedelta(days=random.randrange(880))
    expires = issued + timedelta(days=365) if kind == "ct-kz" else date(2026, 1, 1) if kind == "industrial" else None
    if expires is not None and expires < issued:
        issued = date(2025, 1, 15) + timedelta(days=random.randrange(300))
    marks = {
        "ct-kz": f"KZ {issued.year % 10} {random.randrange(100, 140)} {number % 100_000:05d}",
        "industrial": f"{random.randrange(100, 120)} 0 {number % 100_000:05d}",
        "ktp": f"КТП-{number:06d}",
    }
    return {
        "icv_percent": f"{random.randrange(1500, 9990) / 100:.2f}".replace(".", ","),
        "evidence_kind": kind,
        "evidence_number": marks[kind],
        "evidence_issued": issued.isoformat(),
        "evidence_expires": expires.isoformat() if expires else "",
        "evidence_state": random.choices(["", "claimed"], [85, 15])[0],
    }


_USES = [
    "для систем водоснабжения и теплоснабжения", "для объектов нефтегазовой отрасли", "для строительства жилых домов",
    "для горно-обогатительных комбинатов", "для предприятий пищевой промышленности", "для ремонта и эксплуатации",
    "для социальных объектов", "для энергетических предприятий", "для сельского хозяйства", "для бюджетных организаций",
]  # fmt: skip


def products(
    goods: list[Good], kinds: list[Family], sellers: list[list[int]], bins: list[str]
) -> Iterator[dict[str, str]]:
    """One row per product, `external_id` P000001…"""
    random = Random(SEED + 2)
    for number, good in enumerate(goods, start=1):
        family = kinds[good.family]
        standard = random.choice(family.standards)
        head, first, second = russian(family, good.first, good.second)
        brand = f" арт. {random.choice(['KZ', 'TM', 'СП', 'АК', 'Q'])}-{random.randrange(100, 9999)}"
        dimension = good.dimension.replace("×", random.choice("хxх"))
        name = f"{head[0].upper()}{head[1:]} {first} {second} {dimension} {standard}"
        if random.random() < 0.8:
            name += brand
        kpved = family.kpved
        row = {
            "bin": bins[random.choice(sellers[good.family])],
            "name": name,
            "description": (
                f"Изготовлено по {standard}, {random.choice(_USES)}. Срок изготовления {random.randrange(3, 60)} дней, "
                f"отгрузка {random.choice(['со склада', 'с завода', 'железной дорогой', 'автотранспортом'])}."
            ),
            "tnved": family.tnved,
            "kpved": kpved,
            "enstru": f"{kpved.replace('.', '')}.{100 + good.family * 7 % 900:03d}.{hash_of(good) % 1_000_000:06d}",
            "unit": family.unit,
            "capacity_per_year": str(random.randrange(5, 900) * (1 if family.unit in SHORT_UNITS else 100)),
            "role": random.choices(["", "maker", "dealer"], [80, 12, 8])[0],
            "external_id": f"P{number:06d}",
        }
        if random.random() < 0.4:
            row["name_kk"] = f"{good.first.kk} {family.head_kk} {good.second.kk} {dimension} {standard}"
        if random.random() < 0.25:
            row["name_en"] = f"{good.first.en} {family.head_en} {good.second.en} {dimension} {standard}"
        yield row | _evidence(number, random)


def hash_of(good: Good) -> int:
    """A number of the good that is the same in every process."""
    value = good.family
    for letter in good.first.ru + good.second.ru:
        value = (value * 31 + ord(letter)) % 1_000_003
    return value


def _need_name(good: Good, family: Family, lang: str, random: Random) -> str:
    dimension = written(good.dimension, random)
    if lang == "kk":
        form = random.choice(["", "plural", "accusative", "genitive"])
        head = kazakh_form(family.head_kk, form) if form else family.head_kk
        parts = [good.first.kk, head, good.second.kk, dimension]
    elif lang == "en":
        parts = [good.first.en, family.head_en, good.second.en, dimension]
    else:
        lead, case = random.choice(
            [
                ("", "nomn"),
                ("", "nomn"),
                ("", "nomn"),
                ("Поставка ", "gent"),
                ("Приобретение ", "gent"),
                ("Закуп ", "gent"),
            ]
        )
        parts = [*russian(family, good.first, good.second, case, random.random() < 0.3), dimension]
        parts[0] = lead + parts[0]
    if random.random() < 0.3:
        random.shuffle(parts)
    name = " ".join(parts)
    if random.random() < 0.15:
        name = mistyped(name, random)
    if random.random() < 0.03:
        name = look_alike(name, random)
    return name


def needs(
    goods: list[Good], kinds: list[Family], in_kazakh: set[Good], in_english: set[Good], count: int, bins: list[str]
) -> Iterator[tuple[dict[str, str], Good]]:
    """One row per need with the good it is about, `id` N00001…"""
    random = Random(SEED + 3)
    for number in range(1, count + 1):
        good = random.choice(goods)
        family = kinds[good.family]
        lang = random.choices(["ru", "kk", "en"], [85, 10, 5])[0]
        if (lang == "kk" and good not in in_kazakh) or (lang == "en" and good not in in_english):
            lang = "ru"
        digits = random.choices([10, 6, 4, 0], [40, 20, 15, 25])[0]
        volume = random.randrange(1, 400) * (1 if family.unit in SHORT_UNITS else 10)
        yield (
            {
                "id": f"N{number:05d}",
                "name": _need_name(good, family, lang, random),
                "description": "",
                "tnved": family.tnved[:digits],
                "unit": family.unit if random.random() < 0.8 else "",
                "volume": str(volume),
                "kato": f"{random.choices(REGIONS, REGION_WEIGHTS)[0]}0000000",
                "customer_bin": random.choice(bins),
                "budget": str(volume * random.randrange(900, 90_000)),
                "contract_type": random.choice(["", "purchase", "offtake", "procurement"]),
                "min_icv": random.choice(["", "", "30", "50", "72,5"]),
                "term_years": random.choice(["", "1", "3", "5"]),
            },
            good,
        )


def _write(path: Path, columns: list[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write(out: Path, product_count: int, need_count: int) -> None:
    """Write the four files of the corpus into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    kinds = families()
    supplier_count = max(20, product_count // SUPPLIERS_PER_PRODUCT)
    supplier_rows, sellers = _suppliers(supplier_count, Random(SEED), len(kinds))
    bins = [row["bin"] for row in supplier_rows]
    _write(out / "suppliers.csv", SUPPLIER_COLUMNS, supplier_rows)

    goods = _goods(product_count, kinds, Random(SEED + 1))
    in_kazakh: set[Good] = set()
    in_english: set[Good] = set()
    offers: dict[Good, list[str]] = defaultdict(list)

    def noted() -> Iterator[dict[str, str]]:
        for row, good in zip(products(goods, kinds, sellers, bins), goods, strict=True):
            offers[good].append(row["external_id"])
            if "name_kk" in row:
                in_kazakh.add(good)
            if "name_en" in row:
                in_english.add(good)
            yield row

    _write(out / "products.csv", PRODUCT_COLUMNS, noted())
    customers = list(fictitious_bins(300, first=90_000))
    asked = list(needs(goods, kinds, in_kazakh, in_english, need_count, customers))
    _write(out / "needs.csv", NEED_COLUMNS, (row for row, _ in asked))
    truth = ({"need_id": row["id"], "product_id": offer} for row, good in asked for offer in offers[good])
    _write(out / "truth.csv", ["need_id", "product_id"], truth)


def main() -> None:
    """Write a corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=200_000)
    parser.add_argument("--needs", type=int, default=5_000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(options.out, options.products, options.needs)


if __name__ == "__main__":
    main()
