"""One request is one transaction: all of it is kept, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import request
from sqlalchemy import func, select, text

from registry.audit import AuditRow, Change, record
from registry.db import after_commit
from registry.errors import NotAllowed
from registry.wording import Message
from tests.web.portal import Site
from web import auth
from web.session import db, keep, runtime


def write() -> None:
    record(db(), [Change("tried", "test", None)], actor="test", now=runtime().now())
    db().flush()


def with_view(site: Site, view: Callable[[], str | tuple[str, int]], *methods: str) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = False
    site.app.add_url_rule("/write", "write", auth.allow(auth.ANYONE)(view), methods=methods)


def written(site: Site) -> int:
    with site.runtime.database.reading() as session:
        return session.execute(select(func.count()).select_from(AuditRow)).scalar_one()


@pytest.mark.both_databases
def test_what_a_view_writes_is_kept_before_its_answer_leaves(site: Site) -> None:
    seen: list[int] = []

    def view() -> str:
        write()
        after_commit(db(), lambda: seen.append(written(site)))
        return "written"

    with_view(site, view, "POST")
    assert site.browser().client.post("/write").text == "written"
    assert seen == [1]


@pytest.mark.both_databases
@pytest.mark.parametrize("error", [NotAllowed(Message("wording.no")), KeyError("a defect")])
def test_what_a_failing_view_wrote_is_undone(site: Site, error: Exception) -> None:
    called: list[int] = []

    def view() -> str:
        write()
        after_commit(db(), lambda: called.append(1))
        raise error

    with_view(site, view, "POST")
    assert site.browser().client.post("/write").status_code in (403, 500)
    assert written(site) == 0
    assert called == []


@pytest.mark.both_databases
def test_what_a_refusing_view_wrote_is_undone_unless_it_says_otherwise(site: Site) -> None:
    called: list[int] = []

    def view() -> tuple[str, int]:
        write()
        after_commit(db(), lambda: called.append(1))
        if "kept" in request.args:
            keep()
        return "refused", 422

    with_view(site, view, "POST")
    browser = site.browser().client
    assert browser.post("/write").text == "refused"
    assert (written(site), called) == (0, [])
    assert browser.post("/write?kept=1").status_code == 422
    assert (written(site), called) == (1, [1])


def test_a_commit_that_fails_is_an_error_page(site: Site) -> None:
    def view() -> str:
        # A deferred constraint is only asked at the commit.
        db().execute(text("PRAGMA defer_foreign_keys=ON"))
        db().execute(text("INSERT INTO audit_seal (number, audit_id, sha256) VALUES (1, 99, 'x')"))
        return "written"

    with_view(site, view, "POST")
    response = site.browser().client.post("/write")
    assert response.status_code == 409
    assert "written" not in response.text


@pytest.mark.both_databases
def test_a_page_that_is_only_read_writes_nothing(site: Site) -> None:
    def view() -> str:
        write()
        return "read"

    with_view(site, view, "GET")
    assert site.browser().get("/write").status_code in (200, 500, 503)
    assert written(site) == 0


def test_a_view_has_one_session_and_gives_it_back(site: Site) -> None:
    sessions = []

    def view() -> str:
        sessions.append(db())
        assert db() is sessions[-1]
        return ""

    with_view(site, view, "GET")
    browser = site.browser()
    browser.get("/write")
    browser.get("/write")
    assert sessions[0] is not sessions[1]
    assert site.runtime.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
