"""Extracts over HTTP: what they say in each language, of which day, and what no name can make of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registry.wording import LANGUAGES, tr
from tests.factories import add_product, add_supplier, bin_number, fact, product_line, supplier_line
from tests.web.portal import Browser, Site
from tests.web.print.reading import Printed

BIN = "080340990007"
OWN = bin_number(66)


def bare(text: str) -> str:
    return "".join(text.split())


def printed(browser: Browser, path: str) -> Printed:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.mimetype == "application/pdf"
    return Printed(answer.data)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["/products/1/extract.pdf", f"/suppliers/{BIN}/extract.pdf"])
def test_an_extract_says_who_and_what_and_that_it_proves_nothing(reader: Browser, lang: str, path: str) -> None:
    document = printed(reader, f"/{lang}{path}")
    assert document.lang == lang
    assert document.conforms
    assert document.fonts
    assert any(name.startswith("NotoSans") for name in document.fonts)
    assert bare(tr("print.statement.title", lang)) in document.text


def test_an_extract_of_a_supplier_lists_all_its_goods(site: Site) -> None:
    on = site.runtime.today()
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN, name="ТОО «Ңұәғүқөһі»", address="ул. Тайная, 5"), on=on)
        for number in range(120):
            add_product(session, product_line(OWN, name_ru=f"Изделие {number:03d}"), fact(), on=on)
    document = printed(site.browser(), f"/ru/suppliers/{OWN}/extract.pdf")
    assert bare("ТОО «Ңұәғүқөһі»") in document.text
    assert all(bare(f"Изделие {number:03d}") in document.text for number in range(120))
    assert len(document.pages) > 2
    assert "Тайная" not in document.text


@pytest.mark.parametrize(
    "name",
    [
        '#import "secret.typ"',
        "*bold* _it_ $x$ `raw` \\u{1F600} #panic()",
        "a" * 400,
        'quote " and \\ backslash',
        "труба \u202e\u2066перевёрнутая",
        "<script>alert(1)</script>",
        "管 мавр 🙂",
    ],
)
def test_a_name_is_text_whatever_it_holds(site: Site, name: str) -> None:
    on = site.runtime.today()
    with site.runtime.database.transaction() as session:
        product = add_product(session, product_line(OWN, name_ru=name), on=on)
    document = printed(site.browser(), f"/ru/products/{product}/extract.pdf")
    seen = bare(name.replace("\u202e", "").replace("\u2066", ""))
    # Signs that no font holds may be drawn as empty boxes; everything else is there as it was typed.
    kept = "".join(sign for sign in seen if ord(sign) < 0x2E80)
    assert kept in "".join(sign for sign in document.text if ord(sign) < 0x2E80)


def test_an_extract_is_of_the_day_asked_for(site: Site) -> None:
    on = site.runtime.today()
    with site.runtime.database.transaction() as session:
        product = add_product(session, product_line(OWN), on=on)
    browser = site.browser()
    before = on - timedelta(days=1)
    assert browser.get(f"/products/{product}/extract.pdf?on={before}").status_code == 404
    assert browser.get(f"/products/{product}/extract.pdf?on=yesterday").status_code == 422
    assert browser.get(f"/products/{product + 1}/extract.pdf").status_code == 404


def test_the_same_is_given_once(site: Site) -> None:
    on = site.runtime.today()
    with site.runtime.database.transaction() as session:
        product = add_product(session, product_line(OWN), on=on)
    browser = site.browser()
    first = browser.get(f"/products/{product}/extract.pdf")
    again = browser.get(f"/products/{product}/extract.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert browser.get(f"/products/{product}/extract.pdf").data == first.data


def test_pages_lead_to_their_extracts_and_carry_a_code(reader: Browser) -> None:
    for path in ("/products/1", f"/suppliers/{BIN}"):
        page = reader.page(path)
        links = [str(one.attributes.get("href")) for one in page.all("a")]
        assert any(link.endswith("/extract.pdf") or "/extract.pdf?" in link for link in links)
        assert any(f"http://localhost{path}" in str(one.attributes.get("aria-label")) for one in page.all("svg"))
