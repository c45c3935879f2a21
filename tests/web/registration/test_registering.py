"""Journeys over HTTP: from a letter to a published organisation; claims of imported ones; two who claim one number."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from registry.accounts.models import AccountRole
from registry.accounts.operations import new_membership, open_account
from registry.accounts.queries import account_by_email
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.classifiers.models import Scheme
from registry.registration.models import Claim
from registry.wording import LANGUAGES, tr
from search import sync
from tests.factories import add_product, add_supplier, product_line, supplier_line
from tests.registry import authority
from tests.registry.files import samples
from tests.web import signing_page
from tests.web.markup import Page
from tests.web.portal import PASSWORD, Browser, Site
from web.mail import deliver, laid_down

pytestmark = pytest.mark.both_databases

BIN = "080340990007"
GOOD = {
    "name_ru": "Задвижка клиновая 30с41нж",
    "kind": "goods",
    "tnved": "8481806390",
    "role": "maker",
    "evidence_kind": "",
    "do": "save",
}
ORGANISATION = {
    "name": "ТОО «Ақ жол»",
    "role": "maker",
    "place-0": "750000000",
    "place-1": "751110000",
    "oked": "25110 Производство строительных конструкций",
    "phone": "+7 727 1234567",
    "email": "akzhol@zavod.example",
    "do": "next",
}
PLACES = [("750000000", "г. Алматы", "Алматы қ."), ("751110000", "Алмалинский район", "Алмалы ауданы")]
ACTIVITIES = [("25110", "Производство строительных конструкций", "Құрылыс конструкцияларын өндіру")]


@pytest.fixture(autouse=True)
def prepared(site: Site) -> None:
    """Places, activities and an index that is built."""
    runtime = site.runtime
    site.classify(Scheme.KATO, PLACES)
    site.classify(Scheme.OKED, ACTIVITIES)
    sync.rebuild(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        progress=lambda done, total: None,
    )


def newcomer(site: Site, name: str = "saule") -> Browser:
    """Somebody with an account and no role."""
    email = f"{name}@zavod.example"
    with site.runtime.database.transaction() as session:
        open_account(
            session, email=email, name=name, password=PASSWORD, lang="ru", actor=Actor("test"), now=site.clock.now
        )
    browser = site.browser()
    assert browser.sign_in(email).location == "/register"
    return browser


def claimed(browser: Browser, bin: str = BIN, **changes: str) -> str:
    """Register a number with a document; returns the address of the claim."""
    step = browser.post("/register", {"bin": bin}).location
    assert step is not None
    proof = browser.post(step, ORGANISATION | changes).location
    assert proof is not None
    done = send(browser, proof)
    assert done.status_code == 302, done.text
    return str(done.location)


def send(browser: Browser, address: str, *, do: str = "submit", file: bool = True, **more: str) -> TestResponse:
    """Send the form of the third step."""
    token = Page(browser.get(address).text).hidden("csrf_token")
    data = {"csrf_token": token, "do": do, "consent_truth": "y", "consent_publication": "y", **more}
    sent = {"document": (BytesIO(samples.pdf(pages=1)), "доверенность.pdf")} if file else {}
    headers = {"Referer": "http://localhost/"}
    return browser.client.post(address, data={**data, **sent}, headers=headers, content_type="multipart/form-data")


def expert(site: Site, role: AccountRole = AccountRole.EXPERT) -> Browser:
    browser = site.browser()
    browser.sign_in(site.account(role, email=f"{role}@institute.example"))
    return browser


def waiting(browser: Browser) -> list[str]:
    """The addresses of the claims to decide on, the longest waiting first."""
    links = [str(one.attributes.get("href")) for one in browser.page("/institute/claims").all("a")]
    return [link for link in links if "/claims/" in link]


def decide(site: Site, browser: Browser, do: str, **more: str) -> None:
    """Decide on the claim that has waited longest."""
    address = waiting(browser)[0]
    assert browser.page(address).all("form")
    assert browser.post(address, {"do": do, **more}).location == "/institute/claims"
    site.drain()


def letters(site: Site) -> list[tuple[str, str]]:
    deliver(site.runtime)
    return [(one.to, one.subject) for one in reversed(laid_down(site.runtime.settings.mail_folder, 50))]


def test_from_a_number_to_being_found(site: Site) -> None:
    owner, stranger = newcomer(site), site.browser()
    claim = claimed(owner)
    assert tr("web.registration.now.waiting", "ru") in owner.page(claim).text
    assert owner.post("/desk/goods/new", GOOD).location == "/desk/goods"
    assert GOOD["name_ru"] in owner.page("/desk/goods").text
    site.drain()
    with site.runtime.database.reading() as session:
        number = session.scalars(select(AuditRow.entity_id).where(AuditRow.kind == "product")).one()
    for path in (f"/suppliers/{BIN}", f"/products/{number}", f"/exports/suppliers/{BIN}.csv"):
        assert stranger.get(path).status_code == 404, path
    assert GOOD["name_ru"] not in stranger.page("/search?q=задвижка").text
    assert "Задвижка" not in stranger.get("/suggest?q=задв").text
    assert GOOD["name_ru"] not in stranger.get("/exports/goods.csv?q=задвижка").text
    decide(site, expert(site), "prove", note="Приказ и справка")
    assert GOOD["name_ru"] in stranger.page("/search?q=задвижка").text
    assert "ТОО «Ақ жол»" in stranger.page(f"/suppliers/{BIN}").text
    assert stranger.page(f"/products/{number}")
    assert tr("web.registration.now.proven", "ru") in owner.page(claim).text
    assert letters(site)[-1] == ("saule@zavod.example", tr("registration.letter.proven.subject", "ru", bin=BIN))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_step_reads_in_each_language(site: Site, lang: str) -> None:
    browser = newcomer(site)
    page = browser.page(f"/{lang}/register")
    assert tr("web.registration.step", lang, step=1, name=tr("web.registration.step.1", lang)) in page.text
    step = browser.post(f"/{lang}/register", {"bin": BIN}).location
    page = browser.page(str(step))
    assert tr("registration.kind.head", lang) in page.text
    empty = browser.post(str(step), {"do": "next"})
    assert empty.status_code == 422
    page = Page(empty.text)
    assert not page.faults
    for code in ("name", "role", "kato", "oked", "reach"):
        assert tr(f"registration.{code}", lang) in page.text
    proof = str(browser.post(str(step), ORGANISATION).location)
    page = browser.page(proof)
    assert "ТОО «Ақ жол»" in page.text
    short = send(browser, proof, file=False, consent_truth="")
    assert short.status_code == 422
    page = Page(short.text)
    assert not page.faults
    assert tr("registration.proof", lang) in page.text
    assert tr("web.registration.now.waiting", lang) in browser.page(str(send(browser, proof).location)).text


def test_a_number_that_may_be_mistyped_is_asked_for_once_more(site: Site) -> None:
    browser = newcomer(site)
    again = browser.post("/register", {"bin": "110140012345"})
    assert again.status_code == 422
    page = Page(again.text)
    assert page.hidden("insisted") == "110140012345"
    assert browser.post("/register", {"bin": "123"}).status_code == 422
    step = browser.post("/register", {"bin": "110140012345", "insisted": "110140012345"})
    assert tr("web.registration.doubted", "ru") in browser.page(str(step.location)).text


def test_it_can_be_left_and_come_back_to(site: Site) -> None:
    browser = newcomer(site)
    step = str(browser.post("/register", {"bin": BIN}).location)
    left = browser.post(step, {"name": "ТОО «Ақ", "email": "not an address", "place-0": "750000000", "do": "later"})
    assert left.location == "/account"
    again = site.browser()
    again.sign_in("saule@zavod.example")
    assert str(again.post("/register", {"bin": BIN}).location) == step
    page = again.page(step)
    values = {one.attributes.get("value") for one in page.all("input")}
    assert {"ТОО «Ақ", "not an address"} <= values
    assert any(one.attributes.get("id") == "place-1" for one in page.all("select"))


def test_a_place_is_chosen_from_the_top_down_without_scripts(site: Site) -> None:
    browser = newcomer(site)
    step = str(browser.post("/register", {"bin": BIN}).location)
    shown = Page(browser.post(step, {"place-0": "750000000", "do": "place"}).text)
    assert not shown.faults
    assert "Алмалинский район" in shown.text
    crossed = Page(browser.post(step, {"place-0": "", "place-1": "751110000", "do": "place"}).text)
    assert not any(one.attributes.get("id") == "place-1" for one in crossed.all("select"))
    found = json.loads(browser.get("/kk/places.json?in=750000000").text)
    assert found["places"] == [{"code": "751110000", "name": "Алмалы ауданы"}]
    assert json.loads(browser.get("/places.json?in=nowhere").text)["places"] == []


def test_an_activity_is_found_by_words(site: Site) -> None:
    browser = newcomer(site)
    assert browser.get("/activities.json?q=строительные").json == {
        "suggestions": ["25110 Производство строительных конструкций"]
    }
    step = str(browser.post("/register", {"bin": BIN}).location)
    page = Page(browser.post(step, {"oked": "конструкции", "do": "activity"}).text)
    assert not page.faults
    assert any(one.attributes.get("value") == "25110" for one in page.all("input"))
    nothing = Page(browser.post(step, {"oked": "перпетуум", "do": "activity"}).text)
    assert tr("web.registration.oked_none", "ru") in nothing.text


@pytest.mark.parametrize("typed", ["25620", "25.62.0 Механическая обработка", " 25620 "])
def test_an_activity_that_the_classifier_lacks_keeps_nobody_out(site: Site, typed: str) -> None:
    browser = newcomer(site)
    step = str(browser.post("/register", {"bin": BIN}).location)
    assert browser.post(step, ORGANISATION | {"oked": typed}).location == step.replace("organisation", "proof")
    unknown = tr("web.registration.oked_unknown", "ru")
    assert unknown in browser.page(step).text
    assert send(browser, step.replace("organisation", "proof")).status_code == 302
    judge = expert(site)
    assert unknown in judge.page(waiting(judge)[0]).text


def test_whoever_has_not_sent_a_claim_is_led_to_it(site: Site) -> None:
    browser = newcomer(site)
    refused = browser.get("/desk/goods")
    assert refused.status_code == 403
    page = Page(refused.text)
    assert tr("web.error.403.unregistered", "ru") in page.text
    assert any(str(one.attributes.get("href")).endswith("/register") for one in page.all("a"))


def test_an_imported_organisation_is_claimed_with_its_goods(site: Site) -> None:
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN, name="ТОО «Импортировано»"), on=site.runtime.today())
        product = add_product(session, product_line(BIN, name_ru="Труба из файла"), on=site.runtime.today())
    site.drain()
    browser = newcomer(site)
    claim = claimed(browser)
    assert browser.get("/desk/goods").status_code == 403
    assert "ТОО «Импортировано»" in site.browser().page(f"/suppliers/{BIN}").text
    decide(site, expert(site), "prove")
    assert "Труба из файла" in browser.page("/desk/goods").text
    assert site.browser().page(f"/products/{product}")
    assert "ТОО «Ақ жол»" in site.browser().page(f"/suppliers/{BIN}").text
    assert tr("web.registration.now.proven", "ru") in browser.page(claim).text


def test_whoever_proves_it_overtakes_who_did_not(site: Site) -> None:
    squatter, owner = newcomer(site, "squatter"), newcomer(site, "owner")
    first = claimed(squatter)
    squatter.post("/desk/goods/new", GOOD)
    squatter.post("/desk/profile/staff", {"total": "4321", "kazakhstani": "4320"})
    squatter.post("/desk/profile/equipment/new", {"name": "Чужой станок"})
    claimed(owner, name="ТОО «Настоящее»")
    assert owner.get("/desk/goods").status_code == 403
    judge = expert(site)
    assert judge.post(waiting(judge)[1], {"do": "prove"}).status_code == 302
    assert squatter.get("/desk/goods").status_code == 403
    assert GOOD["name_ru"] not in owner.page("/desk/goods").text
    stated = owner.page("/desk/profile").text
    assert "Чужой станок" not in stated
    assert "4321" not in stated
    assert "ТОО «Настоящее»" in site.browser().page(f"/suppliers/{BIN}").text
    assert tr("web.registration.now.overtaken", "ru") in squatter.page(first).text
    assert ("squatter@zavod.example", tr("registration.letter.lost.subject", "ru", bin=BIN)) in letters(site)


def test_whom_a_squatter_let_in_goes_too(site: Site) -> None:
    squatter, owner = newcomer(site, "squatter"), newcomer(site, "owner")
    claimed(squatter)
    links = []
    for name in ("friend", "later"):
        squatter.post("/desk/people", {"email": f"{name}@zavod.example", "role": "editor"})
        deliver(site.runtime)
        found = re.search(r"/invitation/[\w-]+", laid_down(site.runtime.settings.mail_folder, 50)[0].body)
        assert found is not None
        links.append(found[0])
    friend, later = newcomer(site, "friend"), newcomer(site, "later")
    assert friend.post(links[0], {}).status_code == 302
    assert friend.get("/desk/goods").status_code == 200
    claimed(owner, name="ТОО «Настоящее»")
    judge = expert(site)
    assert judge.post(waiting(judge)[-1], {"do": "prove"}).status_code == 302
    assert friend.get("/desk/goods").status_code == 403
    assert later.get(links[1]).status_code == 404
    assert owner.get("/desk/goods").status_code == 200


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_a_claim_that_came_to_nothing_leaves_no_owner_and_the_next_one_begins_clean(site: Site, end: str) -> None:
    first = newcomer(site, "first")
    claim = claimed(first)
    first.post("/desk/goods/new", GOOD)
    if end == "refused":
        decide(site, expert(site), "refuse", reason="expired")
    else:
        first.post(f"{claim}/withdraw", {}, form="/account")
    assert first.get("/desk/goods").status_code == 403
    claimed(first)
    assert GOOD["name_ru"] in first.page("/desk/goods").text, "one's own goods are there again"
    with site.runtime.database.reading() as session:
        [number] = session.scalars(select(Claim.id).where(Claim.state == "waiting"))
    first.post(f"/register/{number}/withdraw", {}, form="/account")
    second = newcomer(site, "second")
    claimed(second)
    assert GOOD["name_ru"] not in second.page("/desk/goods").text, "another's goods are not"


def test_whoever_acts_for_an_organisation_does_not_decide_on_claims_of_it(site: Site) -> None:
    judge = expert(site)
    claimed(newcomer(site))
    with site.runtime.database.transaction() as session:
        held = account_by_email(session, "expert@institute.example")
        assert held is not None
        new_membership(session, held.id, AccountRole.VIEWER, BIN, actor=Actor("test"), now=site.clock.now)
    [address] = set(waiting(judge))
    assert tr("accounts.own_work", "ru") in judge.page(address).text
    assert judge.post(address, {"do": "prove"}, form="/account").status_code == 403


def test_a_refusal_has_its_reason_and_another_document_may_follow(site: Site) -> None:
    browser, judge = newcomer(site), expert(site, AccountRole.HEAD)
    claim = claimed(browser)
    address = f"/institute/claims/{claim.rsplit('/', 1)[1]}"
    unsaid = judge.post(address, {"do": "refuse"})
    assert unsaid.status_code == 422
    assert tr("registration.reasons", "ru") in unsaid.text
    decide(site, judge, "refuse", reason="expired", note="Доверенность до 2024 года")
    page = browser.page(claim)
    assert tr("registration.reason.expired", "ru") in page.text
    assert "Доверенность до 2024 года" in page.text
    assert site.browser().get(f"/suppliers/{BIN}").status_code == 404
    assert claimed(browser) != claim


def test_nobody_decides_on_their_own_claim(site: Site) -> None:
    judge = expert(site)
    claim = claimed(judge)
    address = f"/institute/claims/{claim.rsplit('/', 1)[1]}"
    # Submitting has made them the owner of the page, but they act as the expert still.
    page = judge.page(address)
    assert tr("accounts.own_work", "ru") in page.text
    assert judge.post(address, {"do": "prove"}, form="/account").status_code == 403


def test_files_that_were_sent_are_kept_whatever_else_is_wrong(site: Site) -> None:
    browser = newcomer(site)
    proof = str(browser.post(str(browser.post("/register", {"bin": BIN}).location), ORGANISATION).location)
    attached = send(browser, proof, do="attach")
    assert attached.status_code == 200
    page = Page(attached.text)
    assert not page.faults
    assert "доверенность.pdf" in page.text
    token = re.search(r"/files/(\w+)/remove", attached.text)
    assert token is not None
    bad = send(browser, proof, do="attach", file=False, document="x")
    assert bad.status_code == 200
    assert site.browser().get(f"/files/{token[1]}").status_code == 404
    assert browser.get(f"/files/{token[1]}").status_code == 200
    assert expert(site).get(f"/files/{token[1]}").status_code == 200
    removed = browser.post(proof.replace("/proof", f"/files/{token[1]}/remove"), {}, form=proof)
    assert removed.status_code == 302
    assert "доверенность.pdf" not in browser.page(proof).text


def test_a_claim_is_another_persons_secret(site: Site) -> None:
    browser, other = newcomer(site), newcomer(site, "other")
    claim = claimed(browser)
    assert other.get(claim).status_code == 404
    assert other.post(f"{claim}/withdraw", {}, form="/account").status_code == 404
    assert browser.post(f"{claim}/withdraw", {}, form="/account").location == "/account"
    with site.runtime.database.reading() as session:
        assert [str(one.state) for one in session.scalars(select(Claim))] == ["withdrawn"]
    assert tr("web.registration.now.withdrawn", "ru") in browser.page(claim).text


def test_a_signature_publishes_at_once(site: Site, tmp_path: Path) -> None:
    newcomer(site)
    browser = Browser(signing_page.portal(site, tmp_path).test_client(), site)
    browser.sign_in("saule@zavod.example")
    proof = str(browser.post(str(browser.post("/register", {"bin": authority.BIN}).location), ORGANISATION).location)
    assert send(browser, proof, do="sign", file=False, consent_truth="").status_code == 422
    address = str(send(browser, proof, do="sign", file=False).location)
    page = browser.page(address)
    text = browser.get(f"/signing/{page.hidden('nonce')}.txt").data
    assert "ТОО «Ақ жол»" in text.decode()
    wrong = authority.AUTHORITY.head(bin=authority.OTHER_BIN).sign(text)
    refused = browser.post(address, {"nonce": page.hidden("nonce"), "cms": b64encode(wrong).decode()})
    assert refused.status_code == 422
    assert site.browser().get(f"/suppliers/{authority.BIN}").status_code == 404
    page = Page(refused.text)
    assert not page.faults
    nonce = page.hidden("nonce")
    right = authority.AUTHORITY.head().sign(browser.get(f"/signing/{nonce}.txt").data)
    done = browser.post(address, {"nonce": nonce, "cms": b64encode(right).decode()})
    assert tr("web.registration.now.proven", "ru") in browser.page(str(done.location)).text
    assert "ТОО «Ақ жол»" in site.browser().page(f"/suppliers/{authority.BIN}").text
    assert browser.page("/desk/goods")


def test_without_authorities_signing_is_not_offered(site: Site) -> None:
    browser = newcomer(site)
    proof = str(browser.post(str(browser.post("/register", {"bin": BIN}).location), ORGANISATION).location)
    assert tr("web.registration.sign", "ru") not in browser.page(proof).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_said_of_an_organisation_is_changed_at_the_desk(site: Site, lang: str) -> None:
    browser = newcomer(site)
    claimed(browser)
    address = f"/{lang}/desk/organisation"
    page = browser.page(address)
    assert tr("web.organisation.unproven", lang) in page.text
    assert any(one.attributes.get("value") == "ТОО «Ақ жол»" for one in page.all("input"))
    version = page.hidden("version")
    sent = ORGANISATION | {"name": "ТОО «Кең жол»", "version": version, "do": "save"}
    assert browser.post(address, sent | {"name": " "}).status_code == 422
    shown = Page(browser.post(address, sent | {"do": "place", "place-1": ""}).text)
    assert not shown.faults
    assert browser.post(address, sent).location == f"/{lang}/desk/goods"
    assert "ТОО «Кең жол»" in browser.page("/desk/goods").text
    assert browser.post(address, sent | {"name": "ТОО «Опоздавшее»"}).status_code == 409
    given = browser.post("/desk/consents/contact", {"do": "give"}, form=address)
    assert given.location == "/desk/organisation"
    assert tr("web.organisation.take", lang) in browser.page(address).text
    assert browser.post("/desk/consents/contact", {"do": "take"}, form=address).status_code == 302
    assert browser.post("/desk/consents/truth", {"do": "take"}, form=address).status_code == 422
    assert browser.post("/desk/consents/nothing", {"do": "give"}, form=address).status_code == 404
