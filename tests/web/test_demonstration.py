"""Where the register holds the demonstration's invented firms, every page says that they are invented."""

from __future__ import annotations

import pytest

from registry.bulk import BulkRun
from registry.wording import LANGUAGES, tr
from tests.web.portal import NOW, Browser, Site
from web.demonstration import ACTOR


def said(browser: Browser, path: str, lang: str) -> bool:
    return tr("web.layout.demonstration", lang) in browser.get(path, follow_redirects=True).text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "path", ["/", "/search?q=труба", "/needs/", "/needs/MIN-01", "/suppliers/080340990007", "/sign-in", "/nowhere"]
)
def test_every_page_of_the_demonstration_says_so(reader: Browser, lang: str, path: str) -> None:
    assert said(reader, f"/{lang}{path}", lang)


@pytest.mark.parametrize(
    "path", ["/exports/goods.csv?q=труба", "/exports/needs.xlsx", "/exports/suppliers/080340990007.csv"]
)
def test_a_list_of_the_demonstration_is_named_so(reader: Browser, path: str) -> None:
    assert 'filename="ondiris-DEMO-' in reader.get(path).headers["Content-Disposition"]


def test_a_register_of_real_firms_says_nothing_until_the_demonstration_is_loaded(site: Site, browser: Browser) -> None:
    assert not said(browser, "/ru/", "ru")
    assert 'filename="ondiris-needs' in browser.get("/exports/needs.csv").headers["Content-Disposition"]
    with site.runtime.database.transaction() as session:
        session.add(
            BulkRun(
                kind="suppliers",
                file_name="suppliers.csv",
                sha256="0" * 64,
                options={},
                actor=ACTOR,
                started_at=NOW,
                counts={},
            )
        )
    assert said(browser, "/ru/", "ru")


def test_the_page_of_a_failing_database_is_still_a_page(site: Site, browser: Browser) -> None:
    with site.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bulk_run")
    response = browser.get("/ru/sign-in")
    assert response.status_code == 200
    assert tr("web.layout.demonstration", "ru") not in response.text
