"""The wheel holds everything that the program reads: it is installed alone and asked, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.servers.process import CHECKOUT

pytestmark = pytest.mark.slow

# Run where the checkout cannot be seen: each line would fail if the wheel lacked what it reads.
ASK = """
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path

import config, matching, registry, search, web
home = Path(sys.argv[1])
assert all(Path(floor.__file__).is_relative_to(home) for floor in (config, matching, registry, search, web))

from registry.wording import LANGUAGES, Message, say
assert len({say(Message("wording.yes"), lang) for lang in LANGUAGES}) == 3

from registry import law
law.on(date(2026, 1, 15))

from registry.db import Database
from registry.migrations import newest_revision, revision_of, upgrade
database = Database(f"sqlite:///{home / 'fresh.db'}")
upgrade(database)
assert revision_of(database) == newest_revision()

from web import create_app
from config.settings import Settings
create_app(Settings.from_env()).jinja_env.get_template("base.html")
assert files("config").joinpath("starter", "tnved.csv").read_text(encoding="utf-8-sig").startswith("code,")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the locked back end."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    run([sys.executable, "-c", build, str(folder)], cwd=CHECKOUT)
    return next(folder.glob("*.whl"))


def run(command: list[str], cwd: Path, **variables: str) -> str:
    """Output of a command that must succeed; it sees none of our settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONDIRIS_")} | variables
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_what_git_holds(wheel: Path) -> None:
    listed = run(["git", "ls-files", "--cached", "config", "registry", "search", "matching", "web"], cwd=CHECKOUT)
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    assert set(listed.split()) <= inside
    assert not [name for name in inside if name.startswith(("tests/", "benchmarks/"))]


def test_the_wheel_works_alone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)],
        cwd=tmp_path,
    )
    # Only what the wheel depends on may come from elsewhere: its own folder stands before the checkout's.
    run([sys.executable, "-c", ASK, str(site)], cwd=tmp_path, PYTHONPATH=str(site))
    shown = run([str(site / "bin" / "ondiris"), "--version"], cwd=tmp_path, PYTHONPATH=str(site))
    assert shown.startswith("ondiris")
