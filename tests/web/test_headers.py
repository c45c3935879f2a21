"""What answers carry to keep their reader safe, and how the portal keeps its secret."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from registry.accounts.models import AccountRole
from registry.accounts.rules import LIMITS
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from web import create_app
from web.runtime import Runtime, kept_secret


def test_only_marked_scripts_of_this_answer_run(browser: Browser) -> None:
    first, second = browser.get("/sign-in"), browser.get("/sign-in")
    policies = [answer.headers["Content-Security-Policy"] for answer in (first, second)]
    nonces = [re.search(r"script-src 'nonce-([\w-]{20,})'", policy)[1] for policy in policies]  # type: ignore[index]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text
    for policy in policies:
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/health", "/suggest?q=a", "/static/ground.css"])
def test_every_answer_is_guarded(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" in headers
    assert "Strict-Transport-Security" not in headers
    assert "Strict-Transport-Security" in browser.at("https://portal.example/").get(path).headers


def behind(site: Site, proxies: int) -> Browser:
    """A browser that reads the portal through a proxy which ends TLS."""
    settings = replace(site.runtime.settings, trusted_proxies=proxies)
    runtime = Runtime(settings, site.clock)
    runtime.engine = site.runtime.engine
    return Browser(create_app(runtime).test_client(), site)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "portal.example",
}


def test_a_trusted_proxy_is_believed(site: Site) -> None:
    answer = behind(site, 1).get("/kk/needs/", headers=FORWARDED)
    assert "Strict-Transport-Security" in answer.headers
    assert all("; Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    away = behind(site, 1).get("/desk/goods", headers=FORWARDED)
    assert away.status_code == 302
    assert away.location.startswith("/sign-in")


def test_what_nobody_vouches_for_is_passed_over(site: Site) -> None:
    answer = behind(site, 0).get("/kk/needs/", headers=FORWARDED)
    assert "Strict-Transport-Security" not in answer.headers
    assert not any("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def test_failed_sign_ins_count_against_the_reader_not_the_proxy(site: Site) -> None:
    browser = behind(site, 1)
    page = Page(browser.get("/sign-in", headers=FORWARDED).text)

    def tried(place: str) -> int:
        form = {"csrf_token": page.hidden("csrf_token"), "email": "a@b.example", "password": "wrong"}
        headers = FORWARDED | {"X-Forwarded-For": place, "Referer": "https://portal.example/sign-in"}
        return browser.client.post("/sign-in", data=form, headers=headers).status_code

    assert [tried("203.0.113.7") for _ in range(LIMITS["sign_in"].here.tries + 1)][-2:] == [422, 429]
    assert tried("203.0.113.8") == 422
    # Of a longer list only the last entry is the proxy's own word.
    assert tried("203.0.113.8, 203.0.113.7") == 429


def test_pages_stay_out_of_shared_caches(site: Site, browser: Browser) -> None:
    assert browser.get("/").headers["Cache-Control"] == "private, no-cache"
    browser.sign_in(site.account(AccountRole.EXPERT))
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_files_may_be_kept_since_their_address_changes_with_them(browser: Browser) -> None:
    address = re.search(r'href="(/static/ground\.css\?v=[0-9a-f]{10})"', browser.get("/kk/sign-in").text)
    assert address
    answer = browser.get(address[1])
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_the_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings.from_env({"ONDIRIS_HOME": str(tmp_path / "home")})
    secret = kept_secret(settings)
    assert len(secret) == 64
    assert kept_secret(settings) == secret
    assert stat.S_IMODE(os.stat(settings.secret_key_file).st_mode) == 0o600
    assert [path.name for path in settings.home.iterdir()] == ["secret.key"]


def test_a_secret_of_the_settings_is_used(tmp_path: Path, database_url: str) -> None:
    given = {"ONDIRIS_HOME": str(tmp_path), "ONDIRIS_DATABASE_URL": database_url, "ONDIRIS_SECRET_KEY": "k" * 40}
    app = create_app(Runtime(Settings.from_env(given)))
    assert app.config["SECRET_KEY"] == "k" * 40
    assert not (tmp_path / "secret.key").exists()
