"""Which language a page speaks, and how its reader changes it."""

from __future__ import annotations

import pytest

from registry.wording import LANGUAGES, tr
from tests.web.portal import Browser


@pytest.mark.parametrize(
    ("path", "accepted", "cookie", "spoken"),
    [
        ("/sign-in", None, None, "ru"),
        ("/sign-in", "kk-KZ,ru;q=0.5", None, "kk"),
        ("/sign-in", "en-US", None, "en"),
        ("/sign-in", "de,fr;q=0.9", None, "ru"),
        ("/sign-in", "en", "kk", "kk"),
        ("/sign-in", "en", "xx", "en"),
        ("/kk/sign-in", "en", "ru", "kk"),
        ("/en/sign-in", "kk", None, "en"),
        ("/ru/sign-in", None, "kk", "ru"),
    ],
)
def test_a_page_speaks(browser: Browser, path: str, accepted: str | None, cookie: str | None, spoken: str) -> None:
    if cookie:
        browser.client.set_cookie("lang", cookie)
    response = browser.get(path, headers={"Accept-Language": accepted} if accepted else {})
    assert response.status_code == 200
    assert response.headers["Content-Language"] == spoken
    assert f'<html lang="{spoken}">' in response.text
    assert tr("web.sign_in.why", spoken) in response.text
    assert {"Accept-Language", "Cookie"} <= set(response.vary)


def test_a_page_without_a_prefix_is_served_directly(browser: Browser) -> None:
    assert browser.get("/sign-in").status_code == 200
    assert browser.get("/").status_code == 200


def test_a_prefix_is_remembered(browser: Browser) -> None:
    browser.page("/kk/sign-in")
    assert browser.page("/sign-in").lang == "kk"


def test_links_keep_the_prefix_they_were_asked_under(browser: Browser) -> None:
    prefixed = browser.page("/en/").addresses("http://portal.example/")
    own = [one for one in prefixed if "/static/" not in one and "/ru/" not in one and "/kk/" not in one]
    assert own
    assert all(one.startswith("http://portal.example/en/") for one in own)
    assert "http://portal.example/search" in browser.page("/").addresses("http://portal.example/")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_switch_keeps_page_and_question(browser: Browser, lang: str) -> None:
    page = browser.page("/ru/search?q=%D1%82%D1%80%D1%83%D0%B1%D0%B0+159&region=55")
    wanted = f"/{lang}/search?q=%D1%82%D1%80%D1%83%D0%B1%D0%B0+159&region=55"
    assert f"http://portal.example{wanted}" in page.addresses("http://portal.example/")
    assert browser.page(wanted).lang == lang


def test_a_language_alone_is_its_start_page(browser: Browser) -> None:
    assert browser.page("/kk").lang == "kk"
    assert browser.page("/kk/").title == browser.page("/kk").title


def test_what_only_looks_like_a_prefix_is_a_page_like_any_other(browser: Browser) -> None:
    assert browser.page("/kkk/", 404).lang == "ru"
    assert browser.page("/de/", 404).lang == "ru"
