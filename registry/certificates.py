"""What certificates of the national authority carry, by `config/signatures.toml`: whose they are and what for. Pure."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_TWELVE: Final = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Role:
    """What a certificate lets its holder do; `binds`: a signature by it speaks for the organisation."""

    word: str
    oid: str
    binds: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """An attribute of a subject's name that holds a number of twelve digits after a prefix."""

    oid: str
    prefix: str

    def read(self, values: Iterable[str]) -> tuple[str, ...]:
        """The numbers among the attribute's values. Raises ValueError where the prefix stands and no number follows."""
        found = [value.strip()[len(self.prefix) :] for value in values if value.strip().startswith(self.prefix)]
        if not all(_TWELVE.fullmatch(number) for number in found):
            raise ValueError("the prefix of a number, and no number")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Profile:
    """The file, typed. `national`: what identifiers of algorithms begin with that only the national library knows."""

    iin: Numbered
    bin: Numbered
    person: str
    patronymic: str
    organisation: str
    key_usage: frozenset[str]
    signing: str
    roles: Mapping[str, Role]
    national: tuple[str, ...]

    def roles_of(self, usages: Iterable[str]) -> tuple[Role, ...]:
        """The roles among extended key usages, in the file's order."""
        there = set(usages)
        return tuple(role for role in self.roles.values() if role.oid in there)

    def is_national(self, oid: str) -> bool:
        """Whether an algorithm is one of the national standards."""
        return oid.startswith(self.national)


@cache
def profile() -> Profile:
    """The certificates that this system is made for."""
    raw = tomllib.loads(files("config").joinpath("signatures.toml").read_text(encoding="utf-8"))
    subject, usage = raw["subject"], raw["usage"]
    return Profile(
        iin=Numbered(**subject["iin"]),
        bin=Numbered(**subject["bin"]),
        person=subject["person"],
        patronymic=subject["patronymic"],
        organisation=subject["organisation"],
        key_usage=frozenset(usage["key_usage"]),
        signing=usage["signing"],
        roles={word: Role(word, role["oid"], role["binds"]) for word, role in raw["role"].items()},
        national=tuple(raw["national"]["algorithms"]),
    )
