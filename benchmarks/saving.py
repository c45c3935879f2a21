"""Many suppliers saving goods at once, over HTTP on PostgreSQL: how many, how long each waits, that nothing is lost.

    ONDIRIS_TEST_POSTGRES_URL=… python -m benchmarks.saving [--suppliers 50] [--seconds 60]

The portal runs in a process of its own, as `ondiris serve` runs it; each supplier is a thread with a browser's cookies
that lists one good after another. At the end goods, audit and outbox are counted against what was answered.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select

from config.settings import Settings
from registry.accounts.models import AccountRole
from registry.accounts.operations import grant, open_account
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.catalogue.models import Product
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role
from registry.suppliers.operations import take_in
from registry.suppliers.rules import SupplierLine
from tests.databases import Postgresql
from tests.factories import bin_number
from web.runtime import Runtime

PASSWORD = "a phrase of several words"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


@dataclass
class Supplier:
    """One supplier's browser, and how long each of its saves took."""

    address: str
    email: str
    number: int
    took: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def ask(self, path: str, form: dict[str, str] | None = None) -> str:
        """A page; with a form, what it answers after the redirect."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        asked = urllib.request.Request(self.address + path, data, {"Referer": self.address})
        with self._opener.open(asked, timeout=60) as answer:
            return str(answer.read().decode())

    def sign_in(self) -> None:
        """Sign in by the form."""
        token = _token(self.ask("ru/sign-in"))
        self.ask("ru/sign-in", {"csrf_token": token, "email": self.email, "password": PASSWORD})
        self.token = _token(self.ask("ru/desk/goods/new"))

    def save_until(self, end: float) -> None:
        """List one good after another."""
        while time.monotonic() < end:
            name = f"Труба стальная {self.number}-{len(self.took) + len(self.errors)}х8"
            form = {"csrf_token": self.token, "name_ru": name, "kind": "goods", "role": "maker", "do": "save"}
            started = time.monotonic()
            try:
                page = self.ask("ru/desk/goods/new", {**form, "tnved": "7304191009", "evidence_kind": ""})
            except OSError as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                continue
            self.took.append(time.monotonic() - started)
            if name not in page:
                self.errors.append(f"{name} is not listed after it was saved")


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None
    return found[1]


def main(arguments: list[str] | None = None) -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suppliers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args(arguments)
    server = Postgresql()
    with server.new(migrated=True) as url, tempfile.TemporaryDirectory() as home:
        environ = {"ONDIRIS_HOME": home, "ONDIRIS_DATABASE_URL": url}
        runtime = Runtime(Settings.from_env(environ))
        emails = _prepare(runtime, given.suppliers)
        log = Path(home, "serve.log")
        command = [sys.executable, "-m", "web.cli", "serve", "--port", "0"]
        environ = {**os.environ, **environ}
        with (
            log.open("wb") as out,
            subprocess.Popen(command, env=environ, stdout=out, stderr=out) as portal,
        ):
            try:
                _measure(runtime, _served(log), emails, given.seconds)
            finally:
                portal.terminate()
        runtime.database.dispose()
    server.close()


def _prepare(runtime: Runtime, suppliers: int) -> list[str]:
    now, on, actor = datetime.now(UTC), date(2026, 1, 5), Actor("benchmark")
    emails = []
    with runtime.database.transaction() as session:
        for number in range(suppliers):
            line = SupplierLine(bin_number(number + 1), CheckDigit.VALID, f"ТОО «Завод {number}»", Role.MAKER)
            take_in(session, {0: line}, on=on, actor=actor, now=now)
            email = f"owner{number}@zavod.example"
            made = open_account(session, email=email, name="O", password=PASSWORD, lang="ru", actor=actor, now=now)
            grant(session, made.id, AccountRole.OWNER, line.bin, actor=actor, now=now)
            emails.append(email)
    return emails


def _served(log: Path) -> str:
    for _ in range(600):
        if found := _ADDRESS.search(log.read_text()):
            return found[0]
        time.sleep(0.1)
    raise TimeoutError("the portal did not start")


def _measure(runtime: Runtime, address: str, emails: list[str], seconds: float) -> None:
    suppliers = [Supplier(address, email, number) for number, email in enumerate(emails)]
    for one in suppliers:
        one.sign_in()
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=one.save_until, args=(end,)) for one in suppliers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(wait for one in suppliers for wait in one.took)
    errors = [error for one in suppliers for error in one.errors]
    with runtime.database.reading() as session:
        goods = session.scalars(select(func.count()).select_from(Product)).one()
        audited = session.scalars(
            select(func.count())
            .select_from(AuditRow)
            .where(AuditRow.kind == "product", AuditRow.action == "added", AuditRow.acting.like("owner:%"))
        ).one()
    print(f"suppliers {len(suppliers)}, {seconds:.0f} s: {len(took)} goods saved, {len(took) / seconds:.1f} a second")
    print(f"wait p50 {statistics.median(took) * 1000:.0f} ms, p95 {took[int(len(took) * 0.95)] * 1000:.0f} ms")
    print(f"errors {len(errors)}; goods in the register {goods}, audited {audited}")
    for error in errors[:5]:
        print(f"  {error}")
    if errors or not goods == audited == len(took):
        sys.exit(1)


if __name__ == "__main__":
    main()
