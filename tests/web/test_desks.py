"""Whoever signs in to the demonstration comes to what is theirs."""

from __future__ import annotations

import pytest

from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Browser
from web.demo import LOGINS

SUPPLIER, CUSTOMER, EXPERT, *_ = LOGINS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_supplier_sees_who_needs_its_goods(reader: Browser, lang: str) -> None:
    assert reader.sign_in(SUPPLIER.email, SUPPLIER.password).location == "/desk/goods"
    page = reader.page(f"/{lang}/desk/goods")
    assert tr("web.desk.wanted", lang) in page.text
    assert "АО «Маңғыстау Терең Мұнай»" in page.text
    assert any((one.attributes.get("href") or "").endswith("/needs/OIL-01") for one in page.all("a"))


def test_a_customer_comes_to_its_own_needs(reader: Browser) -> None:
    came = reader.sign_in(CUSTOMER.email, CUSTOMER.password).location
    assert came == f"/needs/?customer={CUSTOMER.bin}"
    page = reader.page(f"/ru{came}")
    current = [one.text.strip() for one in page.all("a") if one.attributes.get("aria-current") == "page"]
    assert tr("web.layout.own_needs", "ru") in current
    assert "MIN-01" in page.text
    assert "OIL-01" not in page.text
    assert "ТОО «Бетпақдала Кен»" in page.text


def test_an_expert_comes_to_the_cases(reader: Browser) -> None:
    assert reader.sign_in(EXPERT.email, EXPERT.password).location == "/institute/"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("code", "state"), [("7304191009", None), ("730419", "short"), ("7304199999", "unknown")])
def test_a_code_is_answered_with_its_path_and_what_it_lacks(
    reader: Browser, lang: str, code: str, state: str | None
) -> None:
    reader.sign_in(SUPPLIER.email, SUPPLIER.password)
    sent = {"kind": "goods", "tnved": code, "role": "maker", "evidence_kind": "", "do": "check"}
    page = Page(reader.post(f"/{lang}/desk/goods/new", sent).text)
    assert not page.faults
    assert tr("web.form.product.code_means", lang) in page.text
    words = {one: tr(f"web.code_state.{one}_words", lang) for one in ("short", "unknown", "unchecked", "absent")}
    assert [one for one, said in words.items() if said in page.text] == ([state] if state else [])
    # The answer stands at the code, and so does the reader.
    button = next(one for one in page.all("button") if one.attributes.get("value") == "check")
    assert button.attributes["formaction"] == f"/{lang}/desk/goods/new#tnved"
