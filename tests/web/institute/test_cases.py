"""Cases over HTTP: confirmed, refused, appealed; two quarters missed; costs that are forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from registry import jobs
from registry.accounts.models import Account, AccountRole
from registry.accounts.rules import Actor
from registry.catalogue.details import Details
from registry.catalogue.models import ProductVersion, Visibility
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.evidence.queries import good
from registry.suppliers.models import Role
from registry.suppliers.profiles import staff
from registry.verification import queries
from registry.wording import LANGUAGES, Message, tr
from tests.factories import add_product, add_supplier, bin_number, fact, product_line, supplier_line
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from web import worker
from web.mail import Laid, laid_down

OWN = bin_number(77)
SINCE = date(2026, 2, 3)


@dataclass
class Desks:
    """A portal with a supplier of two pumps, and everybody who has to do with them."""

    site: Site
    pumps: list[int] = field(default_factory=list)
    browsers: dict[str, Browser] = field(default_factory=dict)

    def case(self, number: int = 1) -> str:
        """The address of a case at the institute's desk."""
        return f"/institute/cases/{number}"

    def post(self, who: str, path: str, data: Mapping[str, object], form: str) -> str:
        """Send a form; returns where it leads to."""
        browser = self.browsers[who]
        token = Page(browser.get(form, follow_redirects=True).text).hidden("csrf_token")
        answer = browser.client.post(path, data={"csrf_token": token, **data}, headers={"Referer": browser.base_url})
        assert answer.status_code == 302, (path, answer.status_code, Page(answer.text).text[:1500])
        return answer.location or ""

    def version(self, who: str, path: str) -> str:
        """The version of the case on a page."""
        return self.browsers[who].page(path).hidden("version")

    def submitted(self) -> str:
        """Both pumps handed in to be confirmed; returns the case's page at the supplier's desk."""
        desk = self.post("owner", "/desk/cases", {"line": self.pumps}, "/desk/cases")
        data = {"do": "submit", "version": self.version("owner", desk)}
        return self.post("owner", desk, data, desk)

    def concluded(self, case: int, expert: str, **data: object) -> None:
        """Handed out to the expert, and concluded."""
        # An appeal is others' to hand out and to judge.
        hands = "head2" if (anew := "appeal" in data) else "head"
        data.pop("appeal", None)
        page = self.browsers[hands].page("/institute/")
        experts = dict(re.findall(r'<option value="(\d+)">([^<]+?),', page.html))
        number = next(one for one, name in experts.items() if name == expert)
        self.post(hands, "/institute/assign", {"case": [case], "expert": number}, "/institute/")
        path = self.case(case)
        members = "В. Цой\nГ. Пак" if anew else "А. Ли\nБ. Ким"
        sent = {"version": self.version(expert, path), "members": members, "on": self.today, **data}
        self.post(expert, f"{path}/conclude", sent, path)

    def signed(self, case: int, head: str = "head") -> None:
        """The head's signature."""
        path = self.case(case)
        page = self.browsers[head].page(path)
        self.post(head, f"{path}/sign", {one: page.hidden(one) for one in ("version", "protocol")}, path)

    @property
    def today(self) -> str:
        """The legal day as a form sends it."""
        return self.site.runtime.today().isoformat()

    def public(self, place: int = 0) -> str:
        """What anybody reads of a pump."""
        return self.site.browser().page(f"/ru/products/{self.pumps[place]}").text

    def letters(self) -> list[Laid]:
        """The letters that were sent, the oldest first; each leads to a case in the language of its reader."""
        worker.run_job(self.site.runtime)
        sent = laid_down(self.site.runtime.settings.mail_folder, 50)[::-1]
        for one in sent:
            assert re.search(rf"http://(localhost|127\.0\.0\.1:8000)/{one.lang}/desk/cases/\d", one.body), one.body
        return sent


@pytest.fixture
def desks(site: Site) -> Desks:
    return _desks(site, EvidenceStatus.CLAIMED)


def _desks(site: Site, status: EvidenceStatus) -> Desks:
    made = Desks(site)
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN, name="ТОО «Сорғы»"), on=SINCE)
        for number in (1, 2):
            names: dict[str, Any] = {"name_ru": f"Насос {number}", "name_kk": f"Сорғы {number}", "name_en": None}
            line = product_line(OWN, **names, details=Details("23-1", price=Decimal("987.65"), price_currency="KZT"))
            document = fact(number=f"KTP-{number}", status=status, percent=Decimal("68.23"))
            made.pumps.append(add_product(session, line, document, on=SINCE))
    people = {
        "owner": site.account(AccountRole.OWNER, OWN),
        "The expert": site.account(AccountRole.EXPERT),
        "head": site.account(AccountRole.HEAD),
        "head2": site.account(AccountRole.HEAD, "", "head2@portal.example"),
        "auditor": site.account(AccountRole.AUDITOR),
    }
    for name, email in people.items():
        made.browsers[name] = site.browser()
        made.browsers[name].sign_in(email)
    return made


def second_expert(desks: Desks) -> None:
    from registry.accounts.operations import describe
    from registry.accounts.queries import account_by_email
    from registry.accounts.rules import Actor

    email = desks.site.account(AccountRole.EXPERT, "", "second@portal.example")
    with desks.site.runtime.database.transaction() as session:
        held = account_by_email(session, email)
        assert held is not None
        actor = Actor(email, AccountRole.EXPERT, "", held.id)
        describe(session, name="The second", lang="ru", actor=actor, now=desks.site.clock.now)
    desks.browsers["The second"] = desks.site.browser()
    desks.browsers["The second"].sign_in(email)


@pytest.mark.both_databases
def test_an_admission_is_granted(desks: Desks) -> None:
    # Letters are in the language of their reader, whichever one the page is in from which they are sent.
    with desks.site.runtime.database.transaction() as session:
        session.execute(update(Account).where(Account.email == "owner@portal.example").values(lang="kk"))
    assert tr("web.standing.confirmed", "ru") not in desks.public()
    own = desks.submitted()
    seen = desks.browsers["owner"].page(f"/ru{own}")
    assert tr("cases.state.checking", "ru") in seen.text
    assert tr("web.cases.left", "ru", n=3) in seen.text
    assert tr("law.act.327", "ru") in seen.text
    # An expert sees nothing before the head hands it out.
    assert tr("web.cases.queue_empty", "ru") in desks.browsers["The expert"].page("/ru/institute/").text
    desks.browsers["The expert"].page(desks.case(), 404)
    owner = desks.browsers["owner"]
    assert owner.post("/desk/profile/staff", {"total": "40", "kazakhstani": "39"}).status_code == 302
    assert owner.post("/desk/profile/equipment/new", {"name": "Токарный станок"}).status_code == 302
    desks.concluded(1, "The expert", outcome="granted", line=desks.pumps)
    assert "Токарный станок" in desks.browsers["The expert"].page(f"/ru{desks.case()}").text
    for lang in LANGUAGES:
        for who in ("The expert", "head", "auditor"):
            page = desks.browsers[who].page(f"/{lang}{desks.case()}")
            assert "А. Ли, Б. Ким" in page.text
            assert (f'{desks.case()}/sign"' in page.html) == (who == "head")
    desks.signed(1)
    assert tr("web.standing.confirmed", "ru") in desks.public()
    assert tr("cases.outcome.admission.granted", "ru") in desks.browsers["owner"].page(f"/ru{own}").text
    decided = tr("cases.outcome.admission.granted", "kk")
    assert any(decided in one.subject for one in desks.letters())


def test_a_refusal_is_appealed_to_others_and_the_line_confirmed(desks: Desks) -> None:
    own = desks.submitted()
    second_expert(desks)
    desks.concluded(1, "The expert", outcome="refused", reason=["not_maker"], text="Закупается за рубежом")
    desks.signed(1)
    page = desks.browsers["owner"].page(f"/ru{own}")
    assert tr("cases.reason.not_maker", "ru") in page.text
    assert "Закупается за рубежом" in page.text
    appealed = desks.post("owner", f"{own}/appeal", {"text": "Льём сами с 2019 года"}, own)
    assert appealed.endswith("/desk/cases/2")
    # The first expert had to do with it: choosing them is refused with the reason.
    browser = desks.browsers["head2"]
    queue = browser.page("/institute/")
    first = re.search(r'<option value="(\d+)">The expert,', queue.html)
    assert first is not None
    sent = {"csrf_token": queue.hidden("csrf_token"), "case": "2", "expert": first[1]}
    refused = browser.client.post("/institute/assign", data=sent)
    assert refused.status_code == 422
    assert tr("cases.involved.expert", "ru") in Page(refused.text).text
    desks.concluded(2, "The second", appeal=True, outcome="granted")
    # Nor does the head who decided sign the appeal.
    assert tr("cases.involved", "ru") in desks.browsers["head"].page(f"/ru{desks.case(2)}").text
    desks.signed(2, "head2")
    assert tr("web.standing.confirmed", "ru") in desks.public()


def test_a_conclusion_without_reasons_is_told_and_keeps_what_was_typed(desks: Desks) -> None:
    desks.submitted()
    desks.post("head", "/institute/assign", {"case": [1], "expert": ""}, "/institute/")
    expert, path = desks.browsers["The expert"], desks.case()
    with desks.site.runtime.database.transaction() as session:
        [document] = good(session, desks.pumps[0], desks.site.runtime.today()).evidence
        restated = [(desks.pumps[0], document._replace(percent=Decimal("99.99")))]
        now = desks.site.clock.now
        state_evidence(session, restated, on=desks.site.runtime.today(), actor=Actor("x"), now=now)
    assert "68,23 % → 99,99 %" in expert.page(f"/ru{path}").text
    data = {
        "csrf_token": expert.page(path).hidden("csrf_token"),
        "version": desks.version("The expert", path),
        "members": "А. Ли",
        "on": desks.today,
        "outcome": "refused",
        "text": "Слова без причины",
    }
    answer = expert.client.post(f"/ru{path}/conclude", data=data)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert not page.faults
    assert tr("cases.protocol.reasons", "ru") in page.text
    assert "Слова без причины" in page.text
    checked = [one.attributes.get("value") for one in page.all("input") if "checked" in one.attributes]
    assert "refused" in checked
    assert any(one.attributes.get("href") == "#reasons" for one in page.all("a"))


def test_the_expert_asks_orders_a_visit_and_the_supplier_answers(desks: Desks) -> None:
    own = desks.submitted()
    desks.post("head", "/institute/assign", {"case": [1], "expert": ""}, "/institute/")
    path = desks.case()
    desks.post("The expert", f"{path}/ask", {"text": "Где литейный цех?"}, path)
    desks.post("owner", f"{own}/answer", {"text": "Павлодар, корпус 7"}, own)
    first, last = "2026-11-24", "2026-11-26"
    visit = {"people": "А. Ли\nБ. Ким\nВ. Цой", "starts_on": first, "ends_on": last}
    desks.post("The expert", f"{path}/visit", visit, path)
    desks.site.clock.now = datetime(2026, 11, 25, 6, tzinfo=UTC)
    for who, address in (("The expert", path), ("owner", own), ("auditor", path)):
        if who != "owner":
            desks.browsers[who].sign_in(f"{'expert' if 'expert' in who else who}@portal.example")
        else:
            desks.browsers[who].sign_in("owner@portal.example")
        page = desks.browsers[who].page(f"/kk{address}")
        assert tr("web.cases.paused", "kk", until=date(2026, 11, 26)) in page.text
        assert "Павлодар, корпус 7" in page.text
    desks.post("The expert", f"{path}/visit/end", {"findings": "Цех работает", "ended_on": "2026-11-25"}, path)
    assert "Цех работает" in desks.browsers["owner"].page(own).text


@pytest.mark.both_databases
def test_two_quarters_missed_end_in_exclusion(site: Site) -> None:
    desks = _desks(site, EvidenceStatus.CONFIRMED)
    days = ("2026-10-01", "2026-10-13", "2027-01-03", "2027-01-12")
    for day in days:
        site.clock.now = datetime.fromisoformat(f"{day}T06:00:00+00:00")
        with site.runtime.database.transaction() as session:
            jobs.enqueue(session, "verification", actor="system", now=site.clock.now)
        while worker.run_job(site.runtime) is not None:
            pass
    for name, email in (("owner", "owner"), ("The expert", "expert"), ("head", "head")):
        desks.browsers[name].sign_in(f"{email}@portal.example")
    listed = desks.browsers["owner"].page("/ru/desk/cases").text
    assert tr("cases.kind.exclusion", "ru").capitalize() in listed
    for number in (3, 4):
        assert tr("cases.quarter", "ru", number=number, year=2026) in listed
    # Until a person has decided the status stays.
    assert tr("web.standing.confirmed", "ru") in desks.public()
    desks.concluded(3, "The expert", outcome="granted", reason=["failed_checks"], text="Сведений нет два квартала")
    desks.signed(3)
    site.clock.now += timedelta(days=1)
    page = desks.public()
    assert tr("web.standing.revoked", "ru") in page
    assert desks.pumps
    letters = desks.letters()
    subjects = " ".join(one.subject for one in letters)
    # What the worker writes has a host as well.
    assert any("http://127.0.0.1:8000/ru/desk/cases/1" in one.body for one in letters)
    for what in ("update", "remedy"):
        quarter = Message("cases.quarter", {"number": 3, "year": 2026})
        said = tr(f"cases.letter.{what}.subject", "ru", quarter=quarter, due=date(2026, 10, 5))
        assert said in subjects
    assert tr("cases.letter.exclusion_follows.subject", "ru") in subjects


def test_a_quarter_in_which_nothing_changed_is_one_button(site: Site) -> None:
    desks = _desks(site, EvidenceStatus.CONFIRMED)
    site.clock.now = datetime(2026, 10, 2, 6, tzinfo=UTC)
    with site.runtime.database.transaction() as session:
        jobs.enqueue(session, "verification", actor="system", now=site.clock.now)
    while worker.run_job(site.runtime) is not None:
        pass
    owner = desks.browsers["owner"]
    owner.sign_in("owner@portal.example")
    for lang in LANGUAGES:
        page = owner.page(f"/{lang}/desk/cases/1")
        assert tr("web.cases.nothing_changed", lang) in page.text
        assert tr("web.cases.left", lang, n=1) in page.text
    sent = {"version": desks.version("owner", "/desk/cases/1")}
    # After the last day of the check the form is gone, and what is sent all the same is refused.
    site.clock.now = datetime(2026, 10, 13, 6, tzinfo=UTC)
    owner.sign_in("owner@portal.example")
    late = owner.page("/ru/desk/cases/1")
    assert tr("cases.update.late", "ru", last=date(2026, 10, 12)) in late.text
    assert tr("web.cases.nothing_changed", "ru") not in late.text
    token = late.hidden("csrf_token")
    assert owner.client.post("/ru/desk/cases/1/update", data={"csrf_token": token, **sent}).status_code == 422
    site.clock.now = datetime(2026, 10, 12, 6, tzinfo=UTC)
    owner.sign_in("owner@portal.example")
    desks.post("owner", "/desk/cases/1/update", {"version": desks.version("owner", "/desk/cases/1")}, "/desk/cases/1")
    assert tr("cases.state.checking", "ru") in owner.page("/ru/desk/cases/1").text


def test_what_changed_in_a_quarter_is_sent_in_one_go(site: Site) -> None:
    desks = _desks(site, EvidenceStatus.CONFIRMED)
    site.clock.now = datetime(2026, 10, 2, 6, tzinfo=UTC)
    with site.runtime.database.transaction() as session:
        jobs.enqueue(session, "verification", actor="system", now=site.clock.now)
    while worker.run_job(site.runtime) is not None:
        pass
    owner, path, (first, second) = desks.browsers["owner"], "/desk/cases/1", desks.pumps
    owner.sign_in("owner@portal.example")
    page = owner.page(f"/ru{path}")
    assert tr("web.cases.of_quarter", "ru", quarter=Message("cases.quarter", {"number": 3, "year": 2026})) in page.text
    # The fields hold what is listed; how many people work there is asked once.
    shown = {one.attributes.get("name"): one.attributes.get("value") for one in page.all("input")}
    listed = {str(name): value for name, value in shown.items() if name and name.startswith(f"line-{second}-")}
    assert listed[f"line-{second}-price"] == "987,65"
    choices = {f"line-{one}-price_currency": "USD" for one in (first, second)}
    choices |= {f"line-{one}-price_visibility": "parties" for one in (first, second)}
    sent = {
        "do": "save",
        "version": page.hidden("version"),
        **listed,
        **choices,
        f"line-{first}-capacity_per_year": "1234,5",
        f"line-{first}-output_per_year": "900",
        f"line-{first}-price": "12,5",
        f"line-{first}-price_on": "2026-10-01",
        "staff-total": "40",
        "staff-kazakhstani": "41",
    }
    wrong = owner.post(f"/ru{path}/update", sent, form=path)
    assert wrong.status_code == 422
    told = Page(wrong.text)
    assert not told.faults
    assert tr("profile.staff", "ru") in told.text
    assert {"1234,5", "41"} <= {one.attributes.get("value") for one in told.all("input")}
    later = {"staff-kazakhstani": "39", f"line-{first}-price_on": "2030-01-01", f"line-{first}-whole_cost": "7"}
    answer = owner.post(f"/ru{path}/update", {**sent, **later}, form=path)
    assert (answer.status_code, tr("goods.price.later", "ru") in answer.text) == (422, True)
    del later[f"line-{first}-price_on"]
    answer = owner.post(f"/ru{path}/update", {**sent, **later}, form=path)
    assert (answer.status_code, tr("cases.inputs.both", "ru") in answer.text) == (422, True)
    # Nothing of it is kept half.
    assert "1234" not in owner.page(path).html
    desks.post("owner", f"{path}/update", {**sent, "staff-kazakhstani": "39"}, path)
    desks.post("head", "/institute/assign", {"case": [1], "expert": ""}, "/institute/")
    with site.runtime.database.transaction() as session:
        held = {one.row.product_id: one for one in queries.lines(session, 1, site.runtime.today())}
        good = held[first].good
        assert good is not None
        assert {one.inputs.staff_domestic for one in held.values()} == {39}
        people = staff(session, good.supplier_id, site.runtime.today())
        assert people is not None
        assert (good.capacity_per_year, people.total, people.kazakhstani) == (Decimal("1234.5"), 40, 39)
        assert {one.status for one in good.evidence} == {EvidenceStatus.CONFIRMED}
        # Of the rest nothing is said anew: whose role it is, what its details are.
        [before, now] = session.scalars(
            select(ProductVersion).where(ProductVersion.product_id == first).order_by(ProductVersion.id)
        ).all()
        assert (before.role, before.agsk3) == (now.role, now.agsk3) == (Role.UNSTATED, "23-1")
        assert (before.price, now.price, now.price_currency) == (Decimal("987.65"), Decimal("12.5"), "USD")
        assert (now.output_per_year, now.price_on, now.price_visibility) == (900, date(2026, 10, 1), Visibility.PARTIES)
    # The next quarter begins with what was told in this one.
    desks.concluded(1, "The expert", outcome="granted")
    head = desks.browsers["head"]
    page = head.page("/kk/institute/sign")
    assert not page.faults
    assert tr("cases.outcome.monitoring.granted", "kk") in page.text
    read = {"case": [1], "protocol-1": page.hidden("protocol-1"), "version-1": page.hidden("version-1")}
    assert head.post("/ru/institute/sign", {**read, "case": []}, form="/institute/sign").status_code == 422
    stale = head.post("/ru/institute/sign", {**read, "protocol-1": "0"}, form="/institute/sign")
    assert (stale.status_code, tr("cases.overtaken", "ru") in stale.text) == (409, True)
    desks.post("head", "/institute/sign", read, "/institute/sign")
    assert tr("web.cases.signing_empty", "ru") in head.page("/ru/institute/sign").text
    site.clock.now = datetime(2027, 1, 4, 6, tzinfo=UTC)
    with site.runtime.database.transaction() as session:
        jobs.enqueue(session, "verification", actor="system", now=site.clock.now)
    while worker.run_job(site.runtime) is not None:
        pass
    owner.sign_in("owner@portal.example")
    desks.post("owner", "/desk/cases/2/update", {"version": desks.version("owner", "/desk/cases/2")}, "/desk/cases/2")
    with site.runtime.database.transaction() as session:
        again = {
            one.row.product_id: one.inputs.staff_domestic for one in queries.lines(session, 2, site.runtime.today())
        }
    assert again[first] == 39


@pytest.mark.parametrize("lang", LANGUAGES)
def test_costs_are_reckoned_and_forgotten(desks: Desks, lang: str) -> None:
    owner = desks.browsers["owner"]
    typed = ("3,177,000", "10,000,000") if lang == "en" else ("3 177 000", "10 000 000")
    answer = owner.post(f"/{lang}/desk/icv", {"foreign_cost": typed[0], "whole_cost": typed[1]})
    page = Page(answer.text)
    assert answer.status_code == 200
    assert not page.faults
    assert ("68.23" if lang == "en" else "68,23") in page.text
    assert "100 − 3177000 / 10000000 × 100" in page.text
    assert "3177000" not in owner.page(f"/{lang}/desk/icv").html
    wrong = owner.post(f"/{lang}/desk/icv", {"foreign_cost": "2", "whole_cost": "1"})
    assert wrong.status_code == 422
    assert tr("producer_icv.foreign", lang) in Page(wrong.text).text


def test_figures_of_a_case_are_the_suppliers_and_the_institutes_alone(desks: Desks) -> None:
    own = desks.post("owner", "/desk/cases", {"line": desks.pumps[:1]}, "/desk/cases")
    pump = desks.pumps[0]
    data = {
        f"line-{pump}-foreign_cost": "3177123,45",
        f"line-{pump}-whole_cost": "10000000",
        "staff-total": "40",
        "staff-kazakhstani": "41",
        "version": desks.version("owner", own),
        "do": "submit",
    }
    owner = desks.browsers["owner"]
    token = owner.page(own).hidden("csrf_token")
    answer = owner.client.post(f"/ru{own}", data={"csrf_token": token, **data})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert not page.faults
    assert tr("profile.staff", "ru") in page.text
    assert any(one.attributes.get("value") == "3177123,45" for one in page.all("input"))
    desks.post("owner", own, {**data, "staff-kazakhstani": "39"}, own)
    desks.post("head", "/institute/assign", {"case": [1], "expert": ""}, "/institute/")
    assert "177" in desks.browsers["The expert"].page(f"/ru{desks.case()}").text
    reader = desks.site.browser()
    for path in (f"/products/{pump}", f"/suppliers/{OWN}", "/search?q=насос", f"/suppliers/{OWN}/goods.csv"):
        html = re.sub(r"[\s\u00a0\u202f.,]", "", reader.get(path, follow_redirects=True).text)
        assert "3177123" not in html
