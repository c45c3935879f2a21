"""Pages of needs of which several customers have one of the same id."""

from __future__ import annotations

from matching.needs.operations import take_in
from tests.factories import ACTOR, bin_number, need_line
from tests.web.portal import Site


def test_each_customer_s_need_has_a_page_of_its_own(site: Site) -> None:
    ours, theirs = bin_number(701), bin_number(702)
    lines = {
        1: need_line(external_id="1", name="Труба", customer_bin=ours),
        2: need_line(external_id="1", name="Кабель", customer_bin=theirs),
        3: need_line(external_id="2", name="Насос", customer_bin=ours),
    }
    with site.runtime.database.transaction() as session:
        take_in(session, lines, on=site.runtime.today(), actor=ACTOR, now=site.runtime.now())
    reader = site.browser()
    links = {one.text.strip(): one.attributes.get("href") for one in reader.page("/ru/needs/").all("a")}
    assert links["Труба"] == f"/ru/needs/1?customer={ours}"
    assert links["Насос"] == "/ru/needs/2"
    page = reader.page(links["Кабель"] or "")
    assert page.title == "Кабель"
    kept = [one.attributes.get("value") for one in page.all("input") if one.attributes.get("name") == "customer"]
    assert kept == [theirs]
    assert "нескольких заказчиков" in reader.page("/ru/needs/1", 404).text
