"""Signing in a real browser, through the protocol of NCALayer, spoken by a stand-in of the tests' own."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as aiohttp_web
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from registry.accounts.models import AccountRole
from registry.signing import Signature
from registry.wording import LANGUAGES, tr
from tests.registry.authority import AUTHORITY, BIN, NOW, ORGANISATION, SIGNING, YEAR, Holder, person, private_pem
from tests.screenshots import ARGUMENTS, CHROMIUM
from tests.web import signing_page
from tests.web.portal import PASSWORD, Site

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"
)

GREETING = {"result": {"version": "1.4"}}
WAIT_MS = 15_000


@dataclass
class Program:
    """What NCALayer does: greets, is asked to sign, and answers as `answer` says; `asked` is what it was asked."""

    answer: Callable[[bytes], dict[str, Any] | None]
    greeting: dict[str, Any] = field(default_factory=lambda: GREETING)
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    async def speak(self, request: aiohttp_web.Request) -> aiohttp_web.WebSocketResponse:
        """One connection."""
        socket = aiohttp_web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json(self.greeting)
        async for message in socket:
            asked = message.json()
            self.asked.append(asked)
            answer = self.answer(base64.b64decode(asked["args"]["data"]))
            if answer is None:
                break
            await socket.send_json(answer)
        await socket.close()
        return socket


def by(holder: Holder) -> Callable[[bytes], dict[str, Any]]:
    """Signs as the person did who chose that key."""
    return lambda content: {
        "status": True,
        "body": {"result": [base64.b64encode(holder.sign(content, attached=True)).decode()]},
    }


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The certificate that NCALayer has for its user's own machine."""
    folder = tmp_path_factory.mktemp("tls")
    holder = AUTHORITY.issue(person(), valid_from=NOW - 5 * YEAR, valid_until=NOW + 5 * YEAR)
    (folder / "certificate.pem").write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(private_pem(holder.key))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@pytest.fixture
def program(tls: ssl.SSLContext) -> Iterator[Program]:
    """The program, listening; a test says how it answers."""
    one = Program(by(AUTHORITY.head()))
    listens, ends = threading.Event(), threading.Event()

    async def listen() -> None:
        app = aiohttp_web.Application()
        app.router.add_get("/", one.speak)
        runner = aiohttp_web.AppRunner(app)
        await runner.setup()
        await aiohttp_web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        one.address = f"wss://127.0.0.1:{runner.addresses[0][1]}"
        listens.set()
        await asyncio.to_thread(ends.wait)
        await runner.cleanup()

    # In a thread of its own: Playwright's loop has the main one.
    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    assert listens.wait(10)
    yield one
    ends.set()
    thread.join()


@pytest.fixture
def address(site: Site, program: Program, tmp_path: Path) -> Iterator[str]:
    """The portal, served."""
    server = make_server("127.0.0.1", 0, signing_page.portal(site, tmp_path, program.address), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        # The program's certificate is one that only its own installer makes browsers trust.
        arguments = [*ARGUMENTS, "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, site: Site, address: str) -> Iterator[Page]:
    """A page of somebody signed in; whatever the content policy refuses or a script fails at fails the test."""
    context = chromium.new_context(base_url=address, locale="ru", viewport={"width": 360, "height": 800})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    opened.goto("/ru/sign-in")
    opened.fill("#email", site.account(AccountRole.OWNER, BIN))
    opened.fill("#password", PASSWORD)
    opened.click("main button[type=submit]")
    yield opened
    context.close()
    assert faults == []


def press(page: Page, lang: str = "ru") -> None:
    page.get_by_role("button", name=tr("signing.box.here", lang)).click()


def told(page: Page, words: str) -> None:
    expect(page.locator("[data-signing-here] [role=status]")).to_have_text(words, timeout=WAIT_MS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_is_signed_in_the_program_and_sent(page: Page, program: Program, site: Site, lang: str) -> None:
    page.goto(f"/{lang}/to-sign")
    press(page, lang)
    expect(page.get_by_role("heading", level=1)).to_have_text("Signed by САПАРОВ ЕРЛАН БОЛАТҰЛЫ", timeout=WAIT_MS)
    with site.runtime.database.reading() as session:
        kept = session.scalars(select(Signature)).one()
        content = kept.challenge.content
    assert kept.bin == BIN
    (asked,) = program.asked
    assert (asked["module"], asked["method"]) == ("kz.gov.pki.knca.basics", "sign")
    assert base64.b64decode(asked["args"].pop("data")) == content
    assert asked["args"] == {
        "allowedStorages": None,
        "format": "cms",
        "signingParams": {"decode": True, "encapsulate": True, "digested": False},
        "signerParams": {"extKeyUsageOids": [SIGNING, ORGANISATION]},
        "locale": lang,
    }


def test_whoever_cancels_may_begin_again(page: Page, program: Program) -> None:
    signing = program.answer
    program.answer = lambda content: {"status": True, "body": {}}
    page.goto("/ru/to-sign")
    press(page)
    told(page, tr("signing.box.cancelled", "ru"))
    program.answer = signing
    press(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Signed by", timeout=WAIT_MS)


def test_what_the_program_answers_is_passed_on(page: Page, program: Program) -> None:
    program.answer = lambda content: {"status": False, "code": "500", "message": "Неверный пароль", "details": ""}
    page.goto("/ru/to-sign")
    press(page)
    told(page, tr("signing.box.failed", "ru") + " 500 Неверный пароль")


def test_a_program_that_breaks_off_or_is_another_is_told(page: Page, program: Program) -> None:
    page.goto("/kk/to-sign")
    program.answer = lambda content: None
    press(page, "kk")
    told(page, tr("signing.box.absent", "kk"))
    page.reload()
    program.greeting = {"hello": "I am another program"}
    press(page, "kk")
    told(page, tr("signing.box.absent", "kk"))


def test_a_wrong_key_is_told_by_the_portal(page: Page, program: Program) -> None:
    program.answer = by(AUTHORITY.issue())
    page.goto("/en/to-sign")
    press(page, "en")
    expect(page.locator("#errors")).to_contain_text(f"a signature for {BIN} is needed", timeout=WAIT_MS)


def test_nothing_is_cut_off_on_a_phone(page: Page) -> None:
    for lang in LANGUAGES:
        page.goto(f"/{lang}/to-sign")
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_scripts_the_file_way_is_all_there_is(chromium: Any, site: Site, address: str) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    opened = context.new_page()
    opened.goto("/ru/sign-in")
    opened.fill("#email", site.account(AccountRole.OWNER, BIN))
    opened.fill("#password", PASSWORD)
    opened.click("main button[type=submit]")
    opened.goto("/ru/to-sign")
    expect(opened.get_by_role("button", name=tr("signing.box.here", "ru"))).to_be_hidden()
    with opened.expect_download() as started:
        opened.get_by_role("link", name=tr("signing.box.download", "ru")).click()
    content = Path(started.value.path()).read_bytes()
    signed = {"name": "text.cms", "mimeType": "application/pkcs7-signature", "buffer": AUTHORITY.head().sign(content)}
    opened.locator("input[type=file]").set_input_files(signed)
    opened.get_by_role("button", name=tr("signing.box.send", "ru")).click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Signed by", timeout=WAIT_MS)
    context.close()
