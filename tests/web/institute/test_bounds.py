"""The desks' forms with what nobody should send: huge numbers, files after the end, suppliers that are not there."""

from __future__ import annotations

from io import BytesIO

from registry.accounts.models import AccountRole
from registry.accounts.operations import grant
from registry.accounts.queries import account_by_email
from registry.accounts.rules import Actor
from registry.evidence.models import EvidenceStatus
from registry.wording import tr
from tests.factories import bin_number
from tests.web.institute.test_cases import OWN, Desks, _desks, desks  # noqa: F401 - a fixture
from tests.web.markup import Page
from tests.web.portal import Site

HUGE = "9" * 23


def test_huge_numbers_and_late_files_are_told(desks: Desks) -> None:  # noqa: F811
    owner, head = desks.browsers["owner"], desks.browsers["head"]
    assert owner.post("/desk/cases", {"line": HUGE}, form="/desk/cases").status_code == 422
    own = desks.submitted()
    assert head.post("/institute/assign", {"case": HUGE}, form="/institute/").status_code == 422
    sent = {"case": "1", "expert": HUGE}
    unknown = head.post("/ru/institute/assign", sent, form="/institute/")
    assert unknown.status_code == 422
    assert tr("cases.no_expert", "ru") in Page(unknown.text).text
    # What the head looks at stays what they look at.
    handed = head.post("/institute/assign?q=pump&all=1", {"case": "1", "expert": ""}, form="/institute/")
    assert handed.headers["location"].endswith("/institute/?q=pump")
    desks.concluded(1, "The expert", outcome="refused", reason=["not_maker"], text="Закупается")
    words = "Слова для своих"
    path = desks.case()
    desks.post("head", f"{path}/return", {"version": desks.version("head", path), "text": words}, path)
    # What the head says to the expert is no word to the supplier.
    assert words in desks.browsers["The expert"].page(path).text
    seen = owner.page(f"/ru{own}").text
    assert tr("cases.move.returned", "ru") in seen
    assert words not in seen
    desks.concluded(1, "The expert", outcome="refused", reason=["not_maker"], text="Закупается")
    desks.signed(1)
    token = owner.page(own).hidden("csrf_token")
    data = {"csrf_token": token, "files": (BytesIO(b"%PDF-1.4 late"), "late.pdf")}
    late = owner.client.post(f"/ru{own}/files", data=data, content_type="multipart/form-data")
    assert late.status_code == 422
    assert "late.pdf" not in owner.page(own).text


def test_lines_are_named_in_the_readers_language(desks: Desks) -> None:  # noqa: F811
    own = desks.submitted()
    for lang, name in (("kk", "Сорғы 1"), ("ru", "Насос 1"), ("en", "Насос 1")):
        for who, path in (("owner", own), ("head", desks.case())):
            text = desks.browsers[who].page(f"/{lang}{path}").text
            assert name in text
            assert ("Насос 1" in text) == (lang != "kk")


def test_an_exclusion_names_the_supplier_and_keeps_what_was_typed(site: Site) -> None:
    made = _desks(site, EvidenceStatus.CONFIRMED)
    head, form = made.browsers["head"], "/institute/exclusions/new"
    typed = {"ground": "liquidation", "text": "Решение суда от 02.11.2026", "do": "open"}
    unknown = head.post(f"/ru{form}", {**typed, "bin": bin_number(78)}, form=form)
    assert unknown.status_code == 422
    page = Page(unknown.text)
    assert not page.faults
    assert tr("register.supplier.not_found", "ru", bin=bin_number(78)) in page.text
    assert typed["text"] in page.text
    found = head.post(f"/ru{form}", {**typed, "bin": OWN, "do": "find"}, form=form)
    assert found.status_code == 200
    assert "ТОО «Сорғы»" in Page(found.text).text
    assert typed["text"] in Page(found.text).text
    assert "ТОО «Сорғы»" in head.page(f"{form}?bin={OWN}").text
    assert head.get(f"{form}?bin=%00").status_code == 200
    # A head who once worked there opens none.
    with site.runtime.database.transaction() as session:
        person = account_by_email(session, "head@portal.example")
        assert person is not None
        grant(session, person.id, AccountRole.VIEWER, OWN, actor=Actor("test"), now=site.clock.now)
    involved = head.post(f"/ru{form}", {**typed, "bin": OWN}, form=form)
    assert involved.status_code == 422
    assert tr("cases.involved", "ru") in Page(involved.text).text


def test_the_queue_is_searched_by_supplier_and_ticked_at_once(desks: Desks) -> None:  # noqa: F811
    desks.submitted()
    head = desks.browsers["head"]
    assert tr("web.cases.no_expert_yet", "kk") in head.page("/kk/institute/").text
    for asked in ("сорғы", "СОРҒЫ", OWN[:6], OWN):
        assert "№ 1" in head.page(f"/ru/institute/?q={asked}").text, asked
    for asked in ("кабель", "%25", "сорғы%00сорғы", OWN[1:7]):
        assert tr("web.cases.queue_empty", "ru") in head.page(f"/ru/institute/?q={asked}").text, asked
    ticked = [one for one in head.page("/ru/institute/?all=1").all("input") if one.attributes.get("name") == "case"]
    assert ticked
    assert all("checked" in one.attributes for one in ticked)
    seen = head.page(f"/ru{desks.case()}").text
    assert tr("web.cases.term.automatic_check", "ru", n=3) in seen
