"""A customer asks for a need to be matched, watches the job, and reads what came of it."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from matching.engine.lines import NeedLine
from matching.engine.queries import latest
from matching.needs.models import Need
from matching.needs.operations import take_in
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.catalogue.operations import withdraw
from registry.evidence.queries import goods
from registry.jobs import Job, JobState
from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Site
from web import demo
from web.worker import run_job

NEED = "DEMO/77"
BUYER = "091140998802"


def test_a_need_is_matched_from_its_page(site: Site) -> None:
    demo.load(site.runtime, tell=lambda message: None)
    need = NeedLine(NEED, "Труба стальная бесшовная 159х6 ст.20", tnved="7304191009", unit="т", customer_bin=BUYER)
    with site.runtime.database.transaction() as session:
        take_in(session, {0: need}, on=site.runtime.today(), actor=Actor("test"), now=site.clock.now)
    another = site.browser()
    another.sign_in(site.account(AccountRole.CUSTOMER, "110540990111", email="another@portal.example"))
    assert tr("web.need.match", "ru") not in another.page(f"/ru/needs/{NEED}").text
    assert another.post("/ru/needs/match", {"need": NEED}, form="/ru/account").status_code == 403
    customer = site.browser()
    customer.sign_in(site.account(AccountRole.CUSTOMER, BUYER, email="buyer@portal.example"))

    before = customer.page(f"/ru/needs/{NEED}")
    assert tr("web.need.not_matched", "ru") in before.text
    assert tr("web.need.match", "ru") in before.text
    started = customer.post("/ru/needs/match", {"need": NEED}, form=f"/ru/needs/{NEED}")
    assert started.status_code == 302
    again = customer.post("/ru/needs/match", {"need": NEED}, form=f"/ru/needs/{NEED}")
    assert again.location == started.location

    waiting = customer.page(started.location)
    assert waiting.title == tr("web.job.match.title", "ru")
    assert tr("web.job.state.queued", "ru") in waiting.text
    assert tr("web.job.look_again", "ru") in waiting.text
    with site.runtime.database.reading() as session:
        jobs = session.scalars(select(Job).where(Job.actor == "buyer@portal.example")).all()
    assert [job.id for job in jobs] == [int(started.location.rsplit("/", 1)[1])]
    assert site.woken == [jobs[0].id, jobs[0].id]

    stranger = site.browser()
    stranger.sign_in(site.account(AccountRole.OWNER, "110540990111", email="other@portal.example"))
    refused = stranger.page(f"/ru{started.location.removeprefix('/ru')}", 403)
    assert refused.title == tr("web.job.not_yours_title", "ru")
    assert tr("web.job.not_yours_remedy", "ru") in refused.text
    stranger.page("/jobs/9999", 404)

    assert run_job(site.runtime, jobs[0].id) == jobs[0].id
    done = customer.page(started.location)
    assert tr(f"web.job.state.{JobState.DONE}", "ru") in done.text
    assert not any(one.attributes.get("http-equiv") == "refresh" for one in done.all("meta"))
    result = next(one.attributes["href"] or "" for one in done.all("a") if "/needs/" in (one.attributes["href"] or ""))
    for lang in ("kk", "ru", "en"):
        page = site.browser().page(f"/{lang}/needs/{NEED}")
        assert tr("web.need.not_matched", lang) not in page.text
        assert tr("match.supply_of.goods.producer_exists", lang) in page.text
        assert tr("web.need.why", lang) in page.text
    assert json.loads(customer.get("/health").text)["status"] == "ok"
    assert Page(customer.get(result).text).faults == []


def test_a_candidate_that_was_withdrawn_since_is_still_named(site: Site) -> None:
    demo.load(site.runtime, tell=lambda message: None)
    with site.runtime.database.reading() as session:
        (shown,) = session.scalars(select(Need).where(Need.external_id == "OIL-01"))
        outcome = latest(session, shown.id, site.runtime.today())
        assert outcome is not None
        (line,) = goods(session, [outcome.matches[0].product_id], site.runtime.today())
    since = site.runtime.today() + timedelta(days=1)
    site.clock.now += timedelta(days=1)
    with site.runtime.database.transaction() as session:
        withdraw(session, line.id, supplier_id=line.supplier_id, on=since, actor=Actor("test"), now=site.clock.now)
    for lang in LANGUAGES:
        page = site.browser().page(f"/{lang}/needs/OIL-01")
        assert line.name(lang) in page.text
        assert line.supplier_name in page.text
        assert tr("web.need.offer_withdrawn", lang, since=since) in page.text
