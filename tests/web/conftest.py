"""Portals for the tests of pages: an empty one per test, and one of the demonstration that nobody writes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engines.elasticsearch import ElasticsearchEngine
from tests.servers.found import address
from tests.web.portal import Browser, Site, close, open_site
from web import demo


@pytest.fixture
def site(tmp_path: Path, database_url: str, engine_kind: str, index_prefix: str) -> Iterator[Site]:
    """A portal of the test's own, without any rows."""
    opened = open_site(tmp_path, database_url)
    if engine_kind == "elasticsearch":
        opened.runtime.engine = ElasticsearchEngine(address("elasticsearch"), prefix=index_prefix)
    yield opened
    close(opened)


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser at that portal."""
    return site.browser()


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The portal with the demonstration's data, indexed and matched. Only for reading: tests share it."""
    home = tmp_path_factory.mktemp("demonstration")
    opened = open_site(home, f"sqlite:///{home / 'ondiris.sqlite'}")
    demo.load(opened.runtime, tell=lambda message: None)
    yield opened
    close(opened)


@pytest.fixture
def reader(demonstration: Site) -> Browser:
    """A reader of the demonstration who is not signed in."""
    return demonstration.browser()
