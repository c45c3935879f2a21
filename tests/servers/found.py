"""How the tests find servers and files that a machine may lack.

Addresses come from the environment, so that a developer's own servers serve as well as those of this package.
ONDIRIS_REQUIRE names (comma-separated) what must be there: `postgresql`, `elasticsearch`, `redis`, `reference`.
"""

import os
import socket
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from tests.servers.process import CHECKOUT

VARIABLES = {
    "postgresql": "ONDIRIS_TEST_POSTGRES_URL",
    "elasticsearch": "ONDIRIS_TEST_ELASTICSEARCH_URL",
    "redis": "ONDIRIS_TEST_REDIS_URL",
}


def required() -> frozenset[str]:
    """What ONDIRIS_REQUIRE names."""
    return frozenset(name.strip() for name in os.environ.get("ONDIRIS_REQUIRE", "").split(",") if name.strip())


def lacking(name: str, reason: str) -> NoReturn:
    """End the test for want of `name`: failed where it is required, else skipped with the reason printed."""
    if name in required():
        pytest.fail(f"{name} is required and missing: {reason}", pytrace=False)
    pytest.skip(reason)


def address(name: str) -> str:
    """URL of a server of VARIABLES that accepts connections."""
    url = os.environ.get(VARIABLES[name])
    if not url:
        lacking(name, f"{VARIABLES[name]} is not set (`make servers` starts one)")
    if not _answers(url):
        # An address that somebody set is a wish, so its absence is never a mere skip.
        pytest.fail(f"nothing answers at {VARIABLES[name]}={url}", pytrace=False)
    return url


def reference_folder() -> Path:
    """Folder of the reference data, which stands beside the project."""
    folder = Path(os.environ.get("ONDIRIS_REFERENCE_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        lacking("reference", f"no reference data at {folder} (ONDIRIS_REFERENCE_DATA names the folder)")
    return folder


@cache
def _answers(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((parts.hostname, parts.port)) == 0
