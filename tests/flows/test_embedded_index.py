"""The folder of the embedded index: lost and built anew, and read by more than one process."""

from __future__ import annotations

import shutil

from registry.wording import tr
from tests.flows.test_listing_a_good import GOOD, found, rebuild, supplier
from tests.web.portal import Browser, Site, close, open_site

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


def test_another_process_finds_it_too(site: Site, supplier: Browser) -> None:
    """The portal of a second process, opened before the save, over the same database and index folder."""
    other = open_site(site.runtime.settings.home, site.runtime.settings.database_url)
    assert found(other.browser(), "задвижка") == []
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    assert found(other.browser(), "задвижка") == [GOOD["name_ru"]]
    close(other)
