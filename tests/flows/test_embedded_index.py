"""The folder of the embedded index: lost or damaged and built anew, and read by more than one process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.wording import tr
from tests.flows.test_listing_a_good import GOOD, found, rebuild, supplier
from tests.web.portal import Browser, Site, close, open_site
from web.health import State, examine

__all__ = ["supplier"]


def test_a_lost_index_is_built_anew(site: Site, supplier: Browser) -> None:
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    shutil.rmtree(site.runtime.settings.index_folder)
    assert tr("search.degraded", "ru") in site.browser().page("/ru/search?q=задвижка").text
    rebuild(site)
    page = site.browser().page("/ru/search?q=задвижка")
    assert tr("search.degraded", "ru") not in page.text
    assert GOOD["name_ru"] in page.text


def positions_lost(generation: Path) -> None:
    for file in generation.glob("*.pos"):
        file.unlink()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "zeros in the pointer": lambda folder: (folder / "live").write_bytes(b"\0\0\0"),
    "noise in the pointer": lambda folder: (folder / "live").write_bytes(b"\xc8\xff\x9d"),
    "another folder in the pointer": lambda folder: (folder / "live").write_bytes(b"../product/g000001"),
    "noise in the recipe": lambda folder: next(folder.glob("g*/recipe")).write_bytes(b"\xc8\xff"),
    "a part of the index lost": lambda folder: positions_lost(next(folder.glob("g*"))),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("heal", [Site.drain, rebuild])
def test_a_damaged_index_is_told_of_and_built_anew(
    site: Site, supplier: Browser, damage: Callable[[Path], object], heal: Callable[[Site], None]
) -> None:
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    damage(site.runtime.settings.index_folder / "product")
    # The portal as it starts: nothing of the index is open yet.
    other = open_site(site.runtime.settings.home, site.runtime.settings.database_url)
    page = other.browser().page("/ru/search?q=задвижка")
    assert tr("search.degraded", "ru") in page.text
    assert GOOD["name_ru"] in page.text
    health = json.loads(other.browser().get("/health").text)
    assert (health["status"], health["engine"]["ok"]) == ("degraded", False)
    [engine] = [finding for finding in examine(other.runtime) if finding.part == "engine"]
    assert engine.state is State.WARNING
    heal(other)
    assert tr("search.degraded", "ru") not in other.browser().page("/ru/search?q=задвижка").text
    assert found(other.browser(), "задвижка") == [GOOD["name_ru"]]
    close(other)


def test_damage_in_the_midst_of_a_build_does_not_touch_the_index_that_answers(site: Site, supplier: Browser) -> None:
    (site.runtime.settings.index_folder / "product" / "building").write_bytes(b"\xff\0")
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    assert found(site.browser(), "задвижка") == [GOOD["name_ru"]]


def test_another_process_finds_it_too(site: Site, supplier: Browser) -> None:
    """The portal of a second process, opened before the save, over the same database and index folder."""
    other = open_site(site.runtime.settings.home, site.runtime.settings.database_url)
    assert found(other.browser(), "задвижка") == []
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    assert found(other.browser(), "задвижка") == [GOOD["name_ru"]]
    close(other)
