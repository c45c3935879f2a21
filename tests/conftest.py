"""What every test may ask for: databases, search engines, a broker, the reference data.

A test marked `both_databases` runs once on SQLite and once on PostgreSQL, one marked `both_engines` on the embedded
engine and on Elasticsearch, and one marked with both on the pairings that people run: SQLite with the embedded engine,
PostgreSQL with Elasticsearch (`--all-pairings`: all four). The test's name shows which.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
import redis
from argon2 import PasswordHasher

from registry import wording
from registry.accounts import operations as accounts
from registry.db import Database
from tests.databases import Postgresql, Sqlite
from tests.servers.found import address, reference_folder

USUAL_PAIRINGS = [("sqlite", "embedded"), ("postgresql", "elasticsearch")]
OTHER_PAIRINGS = [("sqlite", "elasticsearch"), ("postgresql", "embedded")]

# A test machine is shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ondiris")
    group.addoption("--slow", action="store_true", help="run the tests marked slow")
    group.addoption("--all-pairings", action="store_true", help="every database with every engine, all samples in full")
    group.addoption("--no-skips", action="store_true", help="end with an error if any test was skipped")


def pytest_configure() -> None:
    wording.set_strict(True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = {
        fixture: metafunc.definition.get_closest_marker(marker) and fixture in metafunc.fixturenames
        for fixture, marker in (("database_kind", "both_databases"), ("engine_kind", "both_engines"))
    }
    others = OTHER_PAIRINGS if metafunc.config.getoption("all_pairings") else []
    if all(wanted.values()):
        metafunc.parametrize(("database_kind", "engine_kind"), USUAL_PAIRINGS + others)
    elif wanted["database_kind"]:
        metafunc.parametrize("database_kind", [database for database, _ in USUAL_PAIRINGS])
    elif wanted["engine_kind"]:
        metafunc.parametrize("engine_kind", [engine for _, engine in USUAL_PAIRINGS])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: only with --slow (`make check-all`)"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("no_skips") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("\nsome tests were skipped, and --no-skips forbids it", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def house_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords for people; tests hash theirs at the least cost, or they would do little else."""
    with pytest.MonkeyPatch.context() as patched:
        house = accounts._hasher
        patched.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield house


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether a test that samples (kill points, random cases) should take its full number."""
    return bool(pytestconfig.getoption("all_pairings"))


@pytest.fixture(scope="session")
def database_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sqlite | Postgresql]]:
    """Makers of fresh databases by kind, for a test that needs several."""
    makers: dict[str, Sqlite | Postgresql] = {
        "sqlite": Sqlite(tmp_path_factory.mktemp("databases")),
        "postgresql": Postgresql(),
    }
    yield makers
    for maker in makers.values():
        maker.close()


@pytest.fixture
def database_kind() -> str:
    """`sqlite`; or each of both in a test marked `both_databases`."""
    return "sqlite"


@pytest.fixture
def empty_database_url(database_servers: dict[str, Sqlite | Postgresql], database_kind: str) -> Iterator[str]:
    """A database of the test's own in which nothing was ever created."""
    with database_servers[database_kind].new(migrated=False) as url:
        yield url


@pytest.fixture
def database_url(database_servers: dict[str, Sqlite | Postgresql], database_kind: str) -> Iterator[str]:
    """A database of the test's own at the newest revision, without rows."""
    with database_servers[database_kind].new(migrated=True) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database of `database_url`, opened."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def engine_kind() -> str:
    """`embedded`; or each of both in a test marked `both_engines`."""
    return "embedded"


@pytest.fixture
def elasticsearch_url() -> str:
    """Address of a running Elasticsearch."""
    return address("elasticsearch")


@pytest.fixture
def index_prefix(engine_kind: str) -> Iterator[str]:
    """What the names of a test's indexes begin with; those on Elasticsearch are deleted afterwards."""
    prefix = f"ondiris-test-{uuid4().hex[:12]}"
    if engine_kind == "embedded":
        yield prefix
        return
    server = address("elasticsearch")
    yield prefix
    with urllib.request.urlopen(f"{server}/{prefix}*?expand_wildcards=all") as reply:
        names = list(json.load(reply))
    if names:
        gone = urllib.request.Request(f"{server}/{','.join(names)}", method="DELETE")
        urllib.request.urlopen(gone).close()


@pytest.fixture
def redis_url(worker_id: str) -> str:
    """An empty Redis database that no other test process uses."""
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    url = f"{address('redis').rsplit('/', 1)[0]}/{number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data."""
    return reference_folder()
