"""The README tells the truth: its map, its settings and its commands are those of the program."""

import re

from config.settings import Settings
from tests.architecture import ROOT
from web.cli import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_place_on_the_map_exists() -> None:
    places = re.findall(r"`([a-z]+/[a-z_./]*)`", section("The house"))
    assert len(places) > 20
    assert not [place for place in places if not (ROOT / place).exists()]


def test_every_floor_and_every_subject_is_on_the_map() -> None:
    house = section("The house")
    subjects = [path.parent for floor in ("registry", "matching") for path in (ROOT / floor).glob("*/models.py")]
    assert not [path for path in subjects if f"`{path.relative_to(ROOT).as_posix()}/`" not in house]


def test_the_settings_are_the_programs() -> None:
    assert re.findall(r"\| `(ONDIRIS_\w+)`", section("Settings")) == [key.name for key in Settings.describe()]


def test_every_command_is_named() -> None:
    use = section("Use")
    assert not [command for command in COMMANDS if not re.search(rf"`(ondiris )?{command}\b", use)]
