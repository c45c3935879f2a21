"""Engines for the tests of search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engines import SearchEngine
from tests.search.corpus import open_engine


@pytest.fixture
def engine(engine_kind: str, tmp_path: Path, index_prefix: str) -> Iterator[SearchEngine]:
    """An engine of the test's own, without any index."""
    with open_engine(engine_kind, tmp_path / "index", index_prefix) as opened:
        yield opened
