"""A portal to ask over HTTP: the real app on a database and an index of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from config.settings import Settings
from registry.accounts import second_factor
from registry.accounts.models import AccountRole
from registry.accounts.operations import grant, open_account
from registry.accounts.queries import account_by_email
from registry.accounts.rules import NEED_SECOND_FACTOR, Actor
from registry.classifiers import operations as classifiers
from registry.classifiers.models import Scheme
from registry.classifiers.rules import read
from search import sync
from tests.web.markup import Page
from web import create_app
from web.runtime import Runtime
from web.session import Portal as App

# A Monday morning in Almaty; evidence of the starter data is written for that day.
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PASSWORD = "a long enough phrase"


class Compiled(BytecodeCache):
    """Templates as they were compiled, by what they say: each test's portal would compile them anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(f"{bucket.key}:{bucket.checksum}"):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[f"{bucket.key}:{bucket.checksum}"] = bucket.bytecode_to_string()


COMPILED = Compiled()


@dataclass
class Clock:
    """A clock that stands still until it is told to move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """One portal, and what a test does with it."""

    runtime: Runtime
    app: App
    clock: Clock
    woken: list[int | None] = field(default_factory=list)

    def browser(self) -> Browser:
        """A browser that nobody has used."""
        return Browser(self.app.test_client(), self)

    def account(self, role: AccountRole, scope: str = "", email: str = "") -> str:
        """An account of a role, with a second factor where the role needs one; returns its address."""
        email = email or f"{role}@portal.example"
        actor = Actor("test")
        with self.runtime.database.transaction() as session:
            opened = open_account(
                session,
                email=email,
                name=f"The {role}",
                password=PASSWORD,
                lang="ru",
                actor=actor,
                now=self.clock.now,
            )
            grant(session, opened.id, role, scope, actor=actor, now=self.clock.now)
            if role in NEED_SECOND_FACTOR:
                opened.totp_sealed = self.runtime.sealer.seal(second_factor.new_secret())
        return email

    def enrolled(self, email: str) -> str:
        """Give a person a second factor, if they have none; returns their address."""
        with self.runtime.database.transaction() as session:
            held = account_by_email(session, email)
            assert held is not None
            held.totp_sealed = held.totp_sealed or self.runtime.sealer.seal(second_factor.new_secret())
        return email

    def code(self, email: str) -> str:
        """What the person's authenticator shows; as if a while had passed since the last code was used."""
        with self.runtime.database.transaction() as session:
            held = account_by_email(session, email)
            assert held is not None
            assert held.totp_sealed is not None
            held.totp_step = None
            secret = self.runtime.sealer.opened(held.totp_sealed)
        assert secret is not None
        return second_factor.code(secret, self.clock.now)

    def classify(self, scheme: Scheme, nodes: Sequence[tuple[str, str, str]]) -> None:
        """Load a classifier: (code, name in Russian, name in Kazakh), in the order of the tree."""
        rows = [
            (number, {"code": code, "name_ru": ru, "name_kk": kk}) for number, (code, ru, kk) in enumerate(nodes, 2)
        ]
        with self.runtime.database.transaction() as session:
            classifiers.take_in(
                session,
                scheme,
                read(scheme, rows, ("code", "name_ru", "name_kk")),
                source="test",
                sha256="0" * 64,
                in_force_from=self.runtime.today(),
                keep=False,
                actor=Actor("test"),
                now=self.clock.now,
            )

    def drain(self) -> None:
        """Bring the index up to date, as a woken worker does."""
        sync.drain(
            self.runtime.database,
            self.runtime.engine,
            self.runtime.kinds,
            now=self.runtime.now(),
            on=self.runtime.today(),
        )


@dataclass
class Browser:
    """One reader's browser: keeps cookies, follows what it is told to."""

    client: FlaskClient
    site: Site
    base_url: str = "http://localhost/"

    def at(self, base_url: str) -> Browser:
        """The same browser, reading the portal under another address."""
        return Browser(self.client, self.site, base_url)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for a page, redirects not followed."""
        return self.client.get(path, base_url=self.base_url, buffered=True, **options)

    def page(self, path: str, status: int = 200) -> Page:
        """A page that must come with this status and be as every page must."""
        response = self.get(path, follow_redirects=True)
        assert response.status_code == status, (path, response.status_code, response.text[:2000])
        return whole(response, path)

    def post(self, path: str, data: Mapping[str, Any], *, form: str | None = None) -> TestResponse:
        """Send a form with the token of the page it stands on (`form`, else the same address)."""
        token = Page(self.get(form or path, follow_redirects=True).text).hidden("csrf_token")
        headers = {"Referer": f"{self.base_url}sign-in"}
        return self.client.post(path, data={"csrf_token": token, **data}, base_url=self.base_url, headers=headers)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Sign in by the form, and by the code where one is asked for."""
        answer = self.post("/sign-in", {"email": email, "password": password})
        if "/sign-in/code" in (answer.location or ""):
            answer = self.post(answer.location, {"code": self.site.code(email)})
        return answer


def whole(response: TestResponse, path: str) -> Page:
    """The page of an answer, after the checks that every page must stand."""
    page = Page(response.text)
    assert not page.faults, f"{path}: " + "; ".join(page.faults)
    return page


def open_site(home: Path, database_url: str, clock: Callable[[], datetime] | None = None) -> Site:
    """A portal over a migrated database, its index in `home`."""
    settings = Settings.from_env({"ONDIRIS_HOME": str(home), "ONDIRIS_DATABASE_URL": database_url})
    still = clock if isinstance(clock, Clock) else Clock()
    runtime = Runtime(settings, still)
    site = Site(runtime, create_app(runtime), still)
    site.app.jinja_env.bytecode_cache = COMPILED
    runtime.wake = site.woken.append
    return site


def close(site: Site) -> None:
    """Give back what the portal holds open."""
    site.runtime.engine.close()
    site.runtime.database.dispose()
