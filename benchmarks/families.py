"""Families of goods for the synthetic corpus, written for this project; the tables are in benchmarks/data.

families.csv: one family a line; `first` and `second` name modifiers, `grid` the dimensions, `standards` are separated
by `;`. modifiers.csv: adjectives in the masculine, declined by the head noun where `declined` says so. grids.csv: how
dimensions are written, and the values of each place (`|` stands for a space within a value).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import product
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A modifier in three languages; a declined one is given in the masculine."""

    ru: str
    kk: str
    en: str
    declined: bool


@dataclass(frozen=True, slots=True)
class Family:
    """One family of goods; `dimensions` are written with × and the decimal comma."""

    head_ru: str
    head_kk: str
    head_en: str
    tnved: str
    kpved: str
    unit: str
    first: tuple[Modifier, ...]
    second: tuple[Modifier, ...]
    dimensions: tuple[str, ...]
    standards: tuple[str, ...]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _dimensions(row: dict[str, str]) -> tuple[str, ...]:
    places = [row[place].split() for place in ("first", "second", "third") if row[place]]
    return tuple(row["form"].format(*(value.replace("|", " ") for value in values)) for values in product(*places))


def families() -> list[Family]:
    """All families, in the order of the table."""
    modifiers = {
        row["modifier"]: Modifier(row["ru"], row["kk"], row["en"], row["declined"] == "yes")
        for row in _rows("modifiers.csv")
    }
    grids = {row["grid"]: _dimensions(row) for row in _rows("grids.csv")}
    return [
        Family(
            head_ru=row["head_ru"],
            head_kk=row["head_kk"],
            head_en=row["head_en"],
            tnved=row["tnved"],
            kpved=row["kpved"],
            unit=row["unit"],
            first=tuple(modifiers[name] for name in row["first"].split()),
            second=tuple(modifiers[name] for name in row["second"].split()),
            dimensions=grids[row["grid"]],
            standards=tuple(row["standards"].split(";")),
        )
        for row in _rows("families.csv")
    ]
