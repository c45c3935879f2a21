"""The wheel holds everything that the program reads: it is installed alone and asked, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from tests.servers.process import CHECKOUT

pytestmark = pytest.mark.slow

# Each is run where the checkout cannot be seen, and fails if the wheel lacks what it reads.
QUESTIONS = {
    "code": """
        import sys, config, matching, registry, search, web
        for floor in (config, matching, registry, search, web):
            assert floor.__file__.startswith(sys.argv[1]), floor.__file__
    """,
    "translations": """
        from registry.wording import LANGUAGES, Message, say
        assert len({say(Message("wording.yes"), lang) for lang in LANGUAGES}) == 3
    """,
    "law": """
        from datetime import date
        from registry import law
        assert law.on(date(2026, 1, 15)).mci().value == 4325
    """,
    "migrations": """
        from registry.db import Database
        from registry.migrations import newest_revision, revision_of, upgrade
        database = Database("sqlite:///fresh.db")
        upgrade(database)
        assert revision_of(database) == newest_revision()
        database.dispose()
    """,
    "starter": """
        from importlib.resources import files
        assert files("config").joinpath("starter", "tnved.csv").read_text(encoding="utf-8-sig").startswith("code,")
    """,
    "portal": """
        from config.settings import Settings
        from web import create_app
        from web.runtime import Runtime
        portal = create_app(Runtime(Settings.from_env()))
        portal.jinja_env.get_template("base.html")
        assert portal.test_client().get("/static/frame.css").status_code == 200
    """,
}


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


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the wheel alone is installed; what it depends on is the environment's."""
    folder = tmp_path_factory.mktemp("site")
    run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "-t", str(folder), str(wheel)], cwd=folder)
    return folder


@pytest.mark.parametrize("subject", QUESTIONS)
def test_the_wheel_brings(subject: str, site: Path, tmp_path: Path) -> None:
    run([sys.executable, "-c", dedent(QUESTIONS[subject]), str(site)], cwd=tmp_path, PYTHONPATH=str(site))


def test_the_wheel_brings_the_command(site: Path, tmp_path: Path) -> None:
    shown = run([str(site / "bin" / "ondiris"), "--version"], cwd=tmp_path, PYTHONPATH=str(site))
    assert shown.startswith("ondiris")
