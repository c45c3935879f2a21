"""The project obeys the rules of the house, and each rule catches what it forbids."""

import pytest

from tests.architecture import RULES, Rule, Source, clocks, floors, packages, prints, purity, sources, subjects

SOURCES = sources()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_the_rules_of_the_house_hold(source: Source) -> None:
    breaches = [breach for rule in RULES for breach in rule(source)]
    assert not breaches, "\n".join(breaches)


def test_every_floor_is_read() -> None:
    assert {source.floor for source in SOURCES} == {"config", "registry", "search", "matching", "web"}


def breaches(rule: Rule, path: str, text: str) -> list[str]:
    return [breach.split(" ", 1)[1] for breach in rule(Source(path, text))]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config/settings.py", "import registry"),
        ("registry/db.py", "from search import kinds"),
        ("registry/db.py", "def late():\n    import web.session"),
        (
            "search/sync.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from matching.needs import models",
        ),
        ("matching/needs/queries.py", "from web.runtime import Runtime"),
        ("web/session.py", "from tests.databases import fresh_name"),
    ],
)
def test_an_import_of_a_higher_floor_is_caught(path: str, text: str) -> None:
    assert len(breaches(floors, path, text)) == 1


def test_imports_may_skip_floors() -> None:
    text = "import config.settings, registry.db, search.kinds\nfrom matching import needs\nfrom web.session import x"
    assert not breaches(floors, "web/cli/demo.py", text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("registry/accounts/queries.py", "from registry.suppliers import models"),
        ("registry/accounts/queries.py", "from registry import classifiers"),
        ("registry/suppliers/rules.py", "from ..catalogue import rules"),
        ("registry/catalogue/rules.py", "import registry.evidence.models"),
        ("registry/accounts/operations.py", "from registry.classifiers.models import Scheme"),
        ("registry/db.py", "from registry.accounts.models import Account"),
        ("registry/text.py", "from . import classifiers"),
        ("matching/engine/runs.py", "from matching.needs.models import Need"),
        ("matching/needs/rules.py", "from matching.contracts import offtake"),
        ("matching/contracts/rules.py", "from ..monitoring import checks"),
        ("matching/monitoring/checks.py", "import matching.publications.queries"),
        ("matching/icv/formulas.py", "from matching.engine import scoring"),
        ("matching/codes/classify.py", "from matching.icv import formulas"),
    ],
)
def test_an_import_of_a_sibling_above_is_caught(path: str, text: str) -> None:
    assert len(breaches(subjects, path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("registry/evidence/goods.py", "from registry import accounts, catalogue, classifiers, db, suppliers"),
        ("registry/evidence/queries.py", "from . import models\nfrom registry.evidence.rules import check"),
        ("matching/publications/ocds.py", "from matching import codes, contracts, engine, icv, monitoring, needs"),
        ("search/goods.py", "from registry.evidence.goods import Good"),
    ],
)
def test_imports_of_siblings_below_are_free(path: str, text: str) -> None:
    assert not breaches(subjects, path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("matching/needs/queries.py", "from flask import request"),
        ("registry/jobs.py", "import celery"),
        ("search/sync.py", "import wtforms.validators"),
        ("search/engines/embedded.py", "from elasticsearch import helpers"),
        ("search/sync.py", "import tantivy"),
        ("registry/text.py", "from rapidfuzz import fuzz"),
        ("web/public/views.py", "from rapidfuzz.distance import OSA"),
        ("registry/suppliers/imports.py", "import python_calamine"),
        ("config/settings.py", "import tomllib"),
    ],
)
def test_a_package_away_from_home_is_caught(path: str, text: str) -> None:
    assert len(breaches(packages, path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/supplier/forms.py", "import wtforms, flask, celery"),
        ("search/engines/elasticsearch.py", "from elasticsearch import helpers"),
        ("search/analysis/words.py", "import rapidfuzz"),
        ("matching/engine/features.py", "from rapidfuzz import fuzz"),
        ("registry/spreadsheets.py", "import rapidfuzz, python_calamine, xlsxwriter"),
        ("registry/law.py", "import tomllib"),
    ],
)
def test_a_package_at_home_is_free(path: str, text: str) -> None:
    assert not breaches(packages, path, text)


@pytest.mark.parametrize(
    "path",
    [
        *("registry/evidence/rules.py", "matching/icv/formulas.py", "matching/engine/features.py"),
        *("matching/engine/scoring.py", "matching/engine/verdicts.py", "registry/identifiers.py"),
        *("registry/calendar.py", "registry/text.py", "registry/explain.py", "registry/wording.py", "registry/law.py"),
        *("search/analysis.py", "search/analysis/kazakh.py", "search/queries.py"),
    ],
)
@pytest.mark.parametrize("text", ["from sqlalchemy import select", "from registry import db", "import sqlalchemy.orm"])
def test_a_database_in_a_pure_file_is_caught(path: str, text: str) -> None:
    assert len(breaches(purity, path, text)) == 1


def test_other_files_may_use_the_database() -> None:
    assert not breaches(purity, "registry/evidence/models.py", "import sqlalchemy\nfrom registry.db import Base")


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nmoment = datetime.now(UTC)",
        "import datetime as dt\nday = dt.date.today()",
        "from datetime import date as day\nclock = day.today",
        "import time\nstamp = time.time()",
        "from sqlalchemy import func\ncolumn(default=func.now())",
    ],
)
def test_a_clock_below_web_is_caught(text: str) -> None:
    assert len(breaches(clocks, "registry/audit.py", text)) == 1
    assert not breaches(clocks, "web/runtime.py", text)


def test_an_imported_clock_is_caught() -> None:
    assert breaches(clocks, "search/sync.py", "from time import time")


def test_measuring_time_is_free() -> None:
    text = "import time\nfrom datetime import datetime\ntime.monotonic()\ntime.perf_counter()\nrow.now\ndatetime.max"
    assert not breaches(clocks, "search/sync.py", text)


def test_printing_below_web_is_caught() -> None:
    assert breaches(prints, "registry/jobs.py", "def f():\n    print('so far')") == ["prints"]
    assert not breaches(prints, "web/cli/serve.py", "print('http://127.0.0.1')")
