"""Signing on a page, by file: the text, its download, what is taken and what is refused; with a real authority."""

from __future__ import annotations

import base64
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from registry.accounts.models import AccountRole
from registry.signing import LARGEST_CMS, LIFETIME, Signature
from registry.wording import LANGUAGES, tr
from tests.registry.authority import AUTHORITY, BIN, IIN, OTHER_BIN, Holder
from tests.web import signing_page
from tests.web.markup import Page
from tests.web.portal import Browser, Site, whole
from web.signing import PROGRAM


@pytest.fixture(scope="module")
def head() -> Holder:
    return AUTHORITY.head()


@pytest.fixture
def signer(site: Site, tmp_path: Path) -> Browser:
    """Somebody signed in at a portal where signing is offered."""
    browser = Browser(signing_page.portal(site, tmp_path).test_client(), site)
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    return browser


def download(browser: Browser, page: Page) -> bytes:
    (address,) = [
        address for address in page.addresses(browser.base_url) if re.search(r"/signing/[\w-]+\.txt$", address)
    ]
    answer = browser.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="ondiris-')
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.data


def send(browser: Browser, page: Page, file: bytes | None = None, cms: str = "") -> TestResponse:
    data: dict[str, Any] = {name: page.hidden(name) for name in ("csrf_token", "nonce")} | {"cms": cms}
    if file is not None:
        data["file"] = (io.BytesIO(file), "text.txt.cms")
    return browser.client.post("/to-sign", data=data, headers={"Referer": f"{browser.base_url}to-sign"})


@pytest.mark.both_databases
def test_a_text_is_downloaded_signed_and_sent_back(site: Site, signer: Browser, head: Holder) -> None:
    page = signer.page("/to-sign")
    answer = send(signer, page, head.sign(download(signer, page)))
    assert answer.status_code == 200
    assert "Signed by САПАРОВ ЕРЛАН БОЛАТҰЛЫ" in answer.text
    with site.runtime.database.reading() as session:
        kept = session.scalars(select(Signature)).one()
    assert (kept.purpose, kept.about, kept.bin, kept.iin) == ("test", f"supplier:{BIN}", BIN, IIN)
    # The same once more, as a double click sends it.
    assert send(signer, page, kept.cms).status_code == 409


def test_what_the_browser_brings_is_taken_as_well(signer: Browser, head: Holder) -> None:
    page = signer.page("/to-sign")
    form = page.all("form")[-1]
    signed = head.sign(download(signer, page), attached=True)
    assert base64.b64decode(form.attributes["data-content"] or "") == download(signer, page)
    assert send(signer, page, cms=base64.b64encode(signed).decode()).status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_shows_all_of_what_is_signed(signer: Browser, lang: str) -> None:
    page = signer.page(f"/{lang}/to-sign")
    text = download(signer, page).decode()
    shown = [paragraph.text for paragraph in page.all("p")]
    assert [line for line in text.split("\n") if line and line not in shown] == []
    assert "localhost" in text
    assert tr("signing.box.here_hint", lang) in page.text


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (None, "cms.missing"),
        (b"", "cms.missing"),
        (b"this is no signature", "cms.unreadable"),
        (b"\x30" + bytes(LARGEST_CMS), "cms.too_large"),
    ],
)
def test_a_refusal_is_told_at_the_field(signer: Browser, head: Holder, file: bytes | None, code: str) -> None:
    page = signer.page("/ru/to-sign")
    answer = send(signer, page, file)
    assert answer.status_code == 422
    again = whole(answer, "/to-sign")
    said = tr(f"signing.{code}", "ru", **({"most": LARGEST_CMS // 1024} if code == "cms.too_large" else {}))
    assert again.text.count(said) == 2
    # The text stays, so that what was signed meanwhile still serves.
    assert again.hidden("nonce") == page.hidden("nonce")
    assert send(signer, page, head.sign(download(signer, page))).status_code == 200


def test_another_organisations_key_is_refused(signer: Browser) -> None:
    page = signer.page("/en/to-sign")
    answer = send(signer, page, AUTHORITY.head(OTHER_BIN).sign(download(signer, page)))
    assert answer.status_code == 422
    assert tr("signing.number.other", "en", wanted=BIN, found=OTHER_BIN) in whole(answer, "/to-sign").text


def test_after_its_time_there_is_a_new_text(site: Site, signer: Browser, head: Holder) -> None:
    page = signer.page("/to-sign")
    signed = head.sign(download(signer, page))
    site.clock.now += LIFETIME + timedelta(seconds=1)
    answer = send(signer, page, signed)
    assert answer.status_code == 422
    again = whole(answer, "/to-sign")
    assert again.hidden("nonce") != page.hidden("nonce")
    assert send(signer, again, head.sign(download(signer, again))).status_code == 200


def test_a_text_is_its_own_persons(site: Site, signer: Browser, head: Holder) -> None:
    page = signer.page("/to-sign")
    text = download(signer, page)
    other = Browser(signer.client.application.test_client(), site)
    address = f"/signing/{page.hidden('nonce')}.txt"
    assert other.get(address).status_code == 302
    other.sign_in(site.account(AccountRole.CUSTOMER, OTHER_BIN))
    assert other.get(address).status_code == 404
    own = other.page("/to-sign")
    own_text = own.hidden("nonce")
    stolen = {"csrf_token": own.hidden("csrf_token"), "nonce": page.hidden("nonce"), "cms": ""}
    answer = other.client.post(
        "/to-sign",
        data=stolen | {"file": (io.BytesIO(head.sign(text)), "a.cms")},
        headers={"Referer": "http://localhost/to-sign"},
    )
    assert answer.status_code == 422
    assert whole(answer, "/to-sign").hidden("nonce") not in (page.hidden("nonce"), own_text)
    with site.runtime.database.reading() as session:
        assert session.scalars(select(Signature)).all() == []


def test_only_a_page_for_signing_talks_to_the_program(signer: Browser) -> None:
    policies = {path: signer.get(path).headers["Content-Security-Policy"] for path in ("/to-sign", "/", "/needs/")}
    assert f"connect-src 'self' {PROGRAM};" in policies["/to-sign"]
    assert "connect-src 'self';" in policies["/"]
    assert "connect-src 'self';" in policies["/needs/"]


def test_where_it_is_not_set_up_signing_is_not_offered(site: Site, browser: Browser) -> None:
    assert site.runtime.verifier is None
    site.app.register_blueprint(signing_page.blueprint)
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    assert tr("signing.not_offered", "ru") in browser.page("/ru/to-sign", 404).text
