"""How a supplier is reached: changed by itself, written down, told to the index, never over another's change."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from registry.audit import AuditRow
from registry.outbox import OutboxRow
from registry.suppliers.queries import SupplierRow, supplier
from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from tests.web.supplier.test_desk import OWN, TODAY, desk, listed

__all__ = ["desk"]

CONTACTS = {"address": "г. Павлодар, ул. Теміржол, 7", "email": "sbyt@qubyr.example", "phone": "+7 718 255-10-20"}


def stored(site: Site) -> SupplierRow:
    with site.runtime.database.reading() as session:
        return supplier(session, OWN, TODAY)


def sent(page: Page, **changes: str) -> dict[str, str]:
    return {**CONTACTS, "version": page.hidden("version"), **changes}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_contacts_are_changed_in_one_transaction_with_audit_and_outbox(site: Site, desk: Browser, lang: str) -> None:
    good = listed(site, desk)
    site.woken.clear()
    page = desk.page(f"/{lang}/desk/contacts")
    response = desk.post(f"/{lang}/desk/contacts", sent(page))
    assert response.location == f"/{lang}/desk/goods"
    assert tr("web.desk.contacts_saved", lang) in desk.page(f"/{lang}/desk/goods").text
    now = stored(site)
    assert (now.address, now.email, now.phone) == tuple(CONTACTS.values())
    assert (now.name, now.kato, str(now.role), now.version) == ("ТОО «Ертіс Құбыр»", "551010000", "maker", 2)
    with site.runtime.database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
        waiting = session.scalars(select(OutboxRow).order_by(OutboxRow.id.desc())).first()
    assert last is not None
    assert (last.actor, last.kind, last.action) == ("owner@portal.example", "supplier", "changed")
    assert last.after is not None
    assert last.after["phone"] == CONTACTS["phone"]
    assert waiting is not None
    assert (waiting.kind, waiting.entity_id) == ("product", good.id)
    assert site.woken == [None]


def test_the_form_shows_what_is_stored_and_the_public_page_not_the_street(site: Site, desk: Browser) -> None:
    desk.post("/desk/contacts", sent(desk.page("/desk/contacts")))
    shown = {
        one.attributes.get("name"): one.attributes.get("value") for one in desk.page("/desk/contacts").all("input")
    }
    assert {name: shown[name] for name in CONTACTS} == CONTACTS
    public = site.browser().page(f"/suppliers/{OWN}").text
    assert CONTACTS["phone"] in public
    assert CONTACTS["email"] in public
    assert "Теміржол" not in public


@pytest.mark.parametrize("wrong", ["zakaz", "@", "zakaz@", "a b@plant.example"])
def test_a_wrong_address_is_told_and_nothing_changes(site: Site, desk: Browser, wrong: str) -> None:
    response = desk.post("/ru/desk/contacts", sent(desk.page("/ru/desk/contacts"), email=wrong))
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    assert any(one.attributes.get("href") == "#email" for one in page.all("a"))
    assert tr("web.form.contacts.email_wrong", "ru") in page.text
    assert stored(site).version == 1


def test_another_change_meanwhile_is_shown_beside_this_one(site: Site, desk: Browser) -> None:
    stale = sent(desk.page("/ru/desk/contacts"))
    assert desk.post("/ru/desk/contacts", stale | {"phone": "+7 718 111-11-11"}).status_code == 302
    response = desk.post("/ru/desk/contacts", stale)
    assert response.status_code == 409
    page = Page(response.text)
    assert not page.faults
    assert page.title == tr("web.conflict.own_title", "ru")
    rows = [" ".join(one.text.split()) for one in page.all("tr")]
    assert f"{tr('web.supplier.phone', 'ru')} +7 718 111-11-11 {CONTACTS['phone']}" in rows
    assert len(rows) == 2
    assert stored(site).phone == "+7 718 111-11-11"
    assert desk.post("/ru/desk/contacts", stale | {"version": page.hidden("version")}).status_code == 302
    assert stored(site).phone == CONTACTS["phone"]


def test_saving_what_is_stored_already_changes_nothing(site: Site, desk: Browser) -> None:
    desk.post("/desk/contacts", sent(desk.page("/desk/contacts")))
    assert desk.post("/desk/contacts", sent(desk.page("/desk/contacts"))).status_code == 302
    assert stored(site).version == 2
