"""What any column may show to whom: `config/disclosure.toml`, the one table for pages, exports, answers and the index.

Source: Law № 86-VII, article 6(3); domain.md §10.11.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final


class Shown(StrEnum):
    """To whom a column may be shown."""

    PUBLIC = "public"
    PARTIES = "parties"
    STATE = "state"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a table shows: the word of each column that the table of disclosure names, and on what ground."""

    columns: Mapping[str, Shown]
    ground: str

    def word(self, column: str) -> Shown:
        """To whom a column may be shown: what is not named is private."""
        return self.columns.get(column, Shown.NEVER)


_NOTHING: Final = Disclosed(MappingProxyType({}), "")


@cache
def tables() -> Mapping[str, Disclosed]:
    """What each table shows, by its name. Raises ValueError where a column is named twice or something is shown without
    a ground."""
    stored = tomllib.loads(files("config").joinpath("disclosure.toml").read_text(encoding="utf-8"))
    found = {}
    for name, said in stored.items():
        columns: dict[str, Shown] = {}
        for word in Shown:
            for column in said.get(word, ()):
                if column in columns:
                    raise ValueError(f"{name}.{column} is named twice")
                columns[column] = word
        if columns and not said.get("ground"):
            raise ValueError(f"{name} shows columns without a ground")
        found[name] = Disclosed(MappingProxyType(columns), said.get("ground", ""))
    return MappingProxyType(found)


def word(table: str, column: str) -> Shown:
    """To whom a column of a table may be shown."""
    return tables().get(table, _NOTHING).word(column)
