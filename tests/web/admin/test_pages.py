"""The administrator's pages: people and roles, work that failed, the index, the log; the auditor reads them."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select, update

from registry import audit, jobs, messages, outbox
from registry.accounts.models import Account, AccountRole, Membership
from registry.accounts.queries import account_by_email
from registry.jobs import Job, JobState
from registry.messages import Letter, LetterState
from registry.outbox import OutboxRow
from registry.wording import LANGUAGES, Message, tr
from tests.factories import add_product, bin_number
from tests.web.portal import Browser, Site

BIN = bin_number(71)
PAGES = ("/admin/", "/admin/accounts", "/admin/jobs", "/admin/letters", "/admin/index", "/audit/")


@pytest.fixture
def administrator(site: Site) -> Browser:
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.ADMINISTRATOR))
    return browser


def id_of(site: Site, email: str) -> int:
    """The number of an account."""
    with site.runtime.database.reading() as session:
        held = account_by_email(session, email)
        assert held is not None
        return held.id


def break_things(site: Site) -> tuple[int, int]:
    """A job and a letter that failed, an entity that the index would not take; returns job and letter."""
    now = site.clock.now
    with site.runtime.database.transaction() as session:
        product = add_product(session, on=site.runtime.today())
        job = jobs.enqueue(session, "seal", actor="system", now=now, key="x")
        jobs.claim(session, owner="w", now=now, job_id=job.id)
        jobs.fail(session, job.id, owner="w", now=now, error={"trace": "Traceback\nZeroDivisionError: why"}, final=True)
        subject = Message("accounts.letter.reset.subject")
        secret = Message("accounts.letter.reset.body", {"name": "N", "hours": 1, "address": "http://secret"})
        messages.queue(session, to="lost@x.kz", lang="ru", subject=subject, body=secret, now=now)
        letter = messages.take(session, now=now)
        assert letter is not None
        messages.failed(session, letter.id, "550 no such user", final=True, now=now)
        outbox.changed(session, "product", [product], now=now)
        session.execute(update(OutboxRow).values(parked_at=now, error="mapping refused"))
    return job.id, letter.id


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("role", [AccountRole.ADMINISTRATOR, AccountRole.AUDITOR])
def test_every_page_is_whole_empty_and_full(site: Site, browser: Browser, lang: str, role: AccountRole) -> None:
    email = site.account(role)
    browser.sign_in(email)
    for full in (False, True):
        if full:
            break_things(site)
        texts = {path: browser.page(f"/{lang}{path}").text for path in PAGES}
        texts["/account"] = browser.page(f"/{lang}/admin/accounts/{id_of(site, email)}").text
    assert "ZeroDivisionError: why" in texts["/admin/jobs"]
    assert "550 no such user" in texts["/admin/letters"]
    assert "http://secret" not in texts["/admin/letters"]
    assert "mapping refused" in texts["/admin/index"]
    may = tr("web.admin.retry", lang) in texts["/admin/jobs"]
    assert may is (role is AccountRole.ADMINISTRATOR)


def test_a_person_is_found_given_a_role_and_loses_it(site: Site, administrator: Browser) -> None:
    email = site.account(AccountRole.AUDITOR, email="somebody@portal.example")
    id = id_of(site, email)
    assert email in administrator.page("/admin/accounts?q=SOMEBODY").text
    assert email not in administrator.page("/admin/accounts?q=nobody").text
    address, page = f"/admin/accounts/{id}/roles", f"/admin/accounts/{id}"
    for sent, said in (
        ({"role": "customer", "bin": ""}, tr("accounts.bin.missing", "ru")),
        ({"role": "akimat", "bin": "99"}, tr("accounts.region.missing", "ru")),
        ({"role": "expert", "bin": BIN}, tr("accounts.bin.needless", "ru")),
    ):
        refused = administrator.post(address, sent, form=page)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert administrator.post(address, {"role": "customer", "bin": "123"}, form=page).status_code == 422
    assert administrator.post(address, {"role": "owner", "bin": f" {BIN} "}, form=page).status_code == 302
    other = id_of(site, site.account(AccountRole.VIEWER, BIN, "other@portal.example"))
    taken = administrator.post(
        f"/admin/accounts/{other}/roles", {"role": "owner", "bin": BIN}, form=f"/admin/accounts/{other}"
    )
    assert taken.status_code == 409
    with site.runtime.database.reading() as session:
        roles = session.scalars(select(Membership).where(Membership.account_id == id).order_by(Membership.id)).all()
        assert [(one.role, one.scope) for one in roles] == [(AccountRole.AUDITOR, ""), (AccountRole.OWNER, BIN)]
    # Who owns a page hands it over first; an administrator may end the role, though.
    closing = administrator.post(f"{page}/close", {"sure": "yes"}, form=page)
    assert (closing.status_code, tr("accounts.owner.stays", "ru") in closing.text) == (422, True)
    for one in roles:
        assert administrator.post(f"/admin/roles/{one.id}/end", {}, form=page).location == page
    assert administrator.post(f"{page}/close", {}, form=page).location == page
    with site.runtime.database.reading() as session:
        assert session.get_one(Account, id).closed_at is None
    assert administrator.post(f"{page}/close", {"sure": "yes"}, form=page).location == page
    with site.runtime.database.reading() as session:
        assert session.get_one(Account, id).closed_at is not None
    administrator.page("/admin/accounts/999999", 404)


def test_a_lost_second_factor_is_forgotten_but_not_ones_own(site: Site, administrator: Browser) -> None:
    id = id_of(site, site.account(AccountRole.EXPERT))
    page = f"/admin/accounts/{id}"
    assert administrator.post(f"{page}/second-factor", {"sure": "yes"}, form=page).location == page
    with site.runtime.database.reading() as session:
        assert session.get_one(Account, id).totp_sealed is None
    own = f"/admin/accounts/{id_of(site, 'administrator@portal.example')}"
    assert tr("web.admin.own_account", "ru") in administrator.page(own).text
    assert administrator.post(f"{own}/second-factor", {"sure": "yes"}, form=page).status_code == 403


def test_what_failed_is_tried_again(site: Site, administrator: Browser) -> None:
    job, letter = break_things(site)
    assert administrator.post(f"/admin/jobs/{job}/retry", {}, form="/admin/jobs").location == "/admin/jobs"
    assert site.woken[-1] == job
    assert administrator.post(f"/admin/jobs/{job}/retry", {}, form="/admin/jobs").status_code == 409
    assert administrator.post(f"/admin/letters/{letter}/retry", {}, form="/admin/letters").status_code == 302
    assert administrator.post("/admin/index/retry", {}, form="/admin/index").status_code == 302
    with site.runtime.database.reading() as session:
        assert session.get_one(Job, job).state is JobState.QUEUED
        assert session.get_one(Letter, letter).state is LetterState.QUEUED
        assert outbox.state(session).parked == 0
    asked = administrator.post("/admin/work", {"name": "reconcile"}, form="/admin/index")
    administrator.page(asked.location)
    assert administrator.post("/admin/work", {"name": "import"}, form="/admin/index").status_code == 404


def test_the_log_is_read_filtered_paged_and_taken_away(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    now = site.clock.now
    with site.runtime.database.transaction() as session:
        for number in range(60):
            change = audit.Change("saved", "thing", number, {"name": "=1+1"}, {"name": f"New {number}"})
            audit.record(session, [change], actor="who@x.kz", now=now)
        audit.seal(session)
    browser.sign_in(email)
    first = browser.page("/audit/?actor=who@x.kz&kind=thing")
    assert "<ins>New 59</ins>" in first.html
    assert "<ins>New 9</ins>" not in first.html
    [older] = [str(one.attributes["href"]) for one in first.all("a") if one.attributes.get("rel") == "next"]
    second = browser.page(older)
    assert "<ins>New 9</ins>" in second.html
    assert "<ins>New 10</ins>" not in second.html
    assert [one for one in second.all("a") if one.attributes.get("rel") == "next"] == []
    assert "<ins>New 7</ins>" in browser.page("/audit/?kind=thing&id=7").html
    assert tr("web.admin.audit.none", "ru") in browser.page("/ru/audit/?actor=who@x.kz&until=22.11.2026").text
    wrong = browser.page("/ru/audit/?since=soon&id=x")
    assert tr("web.admin.audit.no_day", "ru") in wrong.text
    assert tr("web.admin.audit.no_number", "ru") in wrong.text
    taken = browser.get("/audit/export.csv?actor=who@x.kz")
    rows = list(csv.DictReader(io.StringIO(taken.data.decode("utf-8-sig"))))
    assert (len(rows), rows[0]["entity_id"], rows[0]["after"]) == (60, "59", '{"name": "New 59"}')
    assert rows[0]["sha256"]


def test_a_log_that_was_changed_says_so(site: Site, administrator: Browser) -> None:
    with site.runtime.database.transaction() as session:
        audit.record(session, [audit.Change("saved", "thing", 1)], actor="a", now=site.clock.now)
        audit.seal(session)
    assert tr("web.admin.audit.whole", "ru") in administrator.page("/ru/audit/").text
    with site.runtime.database.transaction() as session:
        session.execute(update(audit.AuditRow).where(audit.AuditRow.kind == "thing").values(actor="b"))
    assert tr("web.admin.audit.whole", "ru") not in administrator.page("/ru/audit/").text
