"""WCAG 2.2 AA: axe-core over every page of the portal with the demonstration's data, for each role that may open it.

CI asks each page once, by a role, in a language and at a width that go round; `make check-all` asks all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from registry.accounts.models import AccountRole
from registry.wording import LANGUAGES
from tests.browser.conftest import DESKTOP, PHONE, Person, open_person, served
from tests.web.portal import PASSWORD, Site
from tests.web.supplier.test_upload_codes import editor, listed_without_codes, previewed
from tests.web.test_access import READERS, column, table
from web import auth
from web.demo import LOGINS
from web.worker import run_job

AXE = Path(__file__).with_name("vendor").joinpath("axe-core", "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the demonstration has of everything an address may name.
NAMED = {"bin": "080340990007", "external_id": "OIL-01", "id": 1, "scheme": "tnved"}
# Answers that are no pages.
NO_PAGES = {
    "static",
    "status.health",
    "public.suggest",
    "registration.places",
    "registration.activities",
    "admin.export_audit",
    "public.export_goods",
    "public.export_needs",
    "public.export_supplier",
    "public.product_extract",
    "public.supplier_extract",
}
# Pages that everybody may read are asked by these; others by every role that may open them.
OF_EVERYBODY: tuple[auth.Reader, ...] = (None, AccountRole.OWNER, AccountRole.EXPERT)
# States that an address alone does not show: (name, path, who).
STATES = [
    ("nothing found", "/search?q=перпетуум+мобиле", None),
    ("narrowed", "/search?q=труба&evidence=confirmed&role=maker", None),
    ("a code without goods", "/search?code=9999", None),
    ("a number that is none", "/suppliers/?bin=123", None),
    ("a number nobody has", "/suppliers/?bin=990140000806", None),
    ("another day", "/products/1?on=2025-06-01", None),
    ("no such page", "/nowhere", None),
    ("no such good", "/products/999999", None),
    ("not for this role", "/desk/goods", AccountRole.EXPERT),
    ("codes for a name", "/desk/codes/tnved?code_text=труба+стальная", AccountRole.OWNER),
    ("a heading with its codes", "/desk/codes/tnved?code_into=7304", AccountRole.OWNER),
    ("a name that says nothing", "/desk/codes/kpved?code_text=qwrtp", AccountRole.OWNER),
    ("needs that nobody meets", "/needs/?verdict=none_found", None),
]


def pages(site: Site, everything: bool) -> list[tuple[str, str, auth.Reader]]:
    """(name, path, reader) of what is looked at: everything, or each page by one of its readers."""
    found: list[tuple[str, str, auth.Reader]] = []
    access = table()
    for rule in sorted(site.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or not set(rule.arguments) <= NAMED.keys():
            continue
        path = rule.build({name: NAMED[name] for name in rule.arguments})[1]  # type: ignore[index]
        allowed = [reader for reader in READERS if access[rule.endpoint][reader] in ("+", "own", "demo")]
        readers = OF_EVERYBODY if None in allowed else tuple(one for one in allowed if one in people())
        if not everything and readers:
            readers = (readers[len(found) % len(readers)],)
        found += [(f"{rule.endpoint} by {column(reader)}", path, reader) for reader in readers]
    return found + [(name, path, reader) for name, path, reader in STATES]


def people() -> dict[auth.Reader, tuple[str, str]]:
    """Address and password of the demonstration's people by role."""
    return {login.role: (login.email, login.password) for login in LOGINS}


@pytest.fixture(scope="module")
def address(demonstration: Site) -> Iterator[str]:
    """The demonstration, served."""
    with served(demonstration) as address:
        yield address


def test_no_page_has_a_violation(
    demonstration: Site, address: str, chromium: Browser, pytestconfig: pytest.Config
) -> None:
    everything = bool(pytestconfig.getoption("all_pairings"))
    windows: dict[tuple[auth.Reader, int], Person] = {}
    wrong: list[str] = []
    combinations = [(lang, width) for width in (PHONE, DESKTOP) for lang in LANGUAGES]
    for number, (name, path, reader) in enumerate(pages(demonstration, everything)):
        for lang, width in combinations if everything else [combinations[number % len(combinations)]]:
            if (reader, width) not in windows:
                windows[reader, width] = open_person(chromium, address, width)
                if reader is not None:
                    windows[reader, width].sign_in(demonstration, *people()[reader])
            page = windows[reader, width].go(f"/{lang}{path}")
            wrong += violations(page, f"{name} {lang} {width}")
    for window in windows.values():
        window.close()
    assert not wrong, f"{len(wrong)} violations\n" + "\n".join(sorted(set(wrong)))


def violations(page: Page, name: str) -> list[str]:
    """What axe finds on a page, and whether it is wider than its window."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    wrong = [f"{name}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in result["violations"]]
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*wrong, f"{name}: {beyond} px wider than the window"] if beyond > 0 else wrong


def test_pages_of_a_suppliers_file_have_none(site: Site, chromium: Browser) -> None:
    desk, email, wrong = site.browser(), editor(site), list[str]()
    desk.sign_in(email)
    with served(site) as address:
        windows = [open_person(chromium, address, width) for width in (PHONE, DESKTOP)]
        for window in windows:
            window.sign_in(site, email, PASSWORD)

        def look(stage: str, path: str) -> None:
            for number, lang in enumerate(LANGUAGES):
                page = windows[number % 2].go(path.replace("/ru/", f"/{lang}/"))
                wrong.extend(violations(page, f"{stage} {lang}"))

        file = previewed(site, desk)
        look("previewed", file)
        listed_without_codes(site, desk, file)
        look("codes are looked for", file)
        assert run_job(site.runtime) is not None
        look("codes are suggested", file)
        look("codes to choose from", f"{file}/codes")
        for window in windows:
            window.close()
    assert not wrong, "\n".join(wrong)
