"""What an organisation states of itself, over HTTP; the public search of what is free."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from registry.accounts.models import AccountRole
from registry.classifiers.models import Scheme
from registry.suppliers.profiles import Profile, profile
from registry.suppliers.queries import supplier
from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from tests.web.supplier.test_desk import OTHER, OWN, TODAY, desk

__all__ = ["desk"]

LATER = TODAY + timedelta(days=30)
PLACES = [("550000000", "Павлодарская область", "Павлодар облысы"), ("551010000", "г. Павлодар", "Павлодар қ.")]
AT = {"place-0": "550000000", "place-1": "551010000"}
OPERATION = {"name_ru": "Токарная обработка", "kpved": "256210", "note": "до 3 м", "site_id": ""}


@pytest.fixture(autouse=True)
def places(site: Site) -> None:
    """Places to choose from."""
    site.classify(Scheme.KATO, PLACES)


def held(site: Site) -> Profile:
    with site.runtime.database.reading() as session:
        return profile(session, supplier(session, OWN, TODAY).id, TODAY)


def state(browser: Browser, what: str, **values: str) -> None:
    assert browser.post(f"/ru/desk/profile/{what}/new", values).status_code == 302


@pytest.mark.both_databases
@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_is_stated_on_its_own_page_and_shown_on_one(site: Site, desk: Browser, lang: str) -> None:
    assert desk.post(f"/{lang}/desk/profile/staff", {"total": "40", "kazakhstani": "39"}).status_code == 302
    state(desk, "site", name="Цех 1", **AT, address="ул. Абая, 1")
    at = str(held(site).sites[0].id)
    state(desk, "premises", name="Склад", tenure="rented", area_m2="120,5", site_id=at)
    state(
        desk,
        "equipment",
        name="Станок",
        model="ТВ-4",
        year="2015",
        country="KZ",
        serial="77",
        capacity_per_year="9000",
        unit="шт",
        site_id=at,
    )
    state(desk, "permit", name="Лицензия", number="№ 7", issuer="МЧС", issued_on="2020-01-02", expires_on="")
    state(desk, "operation", **OPERATION | {"site_id": at})
    operation = str(held(site).operations[0].id)
    free = {"from_on": str(TODAY), "to_on": str(LATER), "amount": "100", "unit": "ч", "note": "от 5 ч"}
    state(desk, "free_capacity", operation_id=operation, **free)
    page = desk.page(f"/{lang}/desk/profile")
    assert not page.faults
    for word in ("Цех 1", "Склад", "ТВ-4", "№ 7", "Токарная обработка", "от 5 ч"):
        assert word in page.text
    assert tr("web.profile.people", lang, n=40, own=39) in page.text
    stated = held(site)
    for what, thing in (("site", stated.sites[0]), ("equipment", stated.equipment[0]), ("permit", stated.permits[0])):
        assert not desk.page(f"/{lang}/desk/profile/{what}/{thing.id}").faults
    history = desk.page(f"/{lang}/desk/history")
    assert not history.faults
    assert tr("goods.thing.equipment", lang) in history.text


@pytest.mark.parametrize(
    ("what", "values", "field", "said"),
    [
        ("site", {"name": "Цех", "place-0": ""}, "place", "web.profile.kato_needed"),
        ("premises", {"name": "", "tenure": "own"}, "name", "web.profile.name_needed"),
        ("permit", {"name": "Лицензия", "number": ""}, "number", "web.form.product.number_needed"),
        ("equipment", {"name": "Станок", "year": "3015"}, "year", "profile.year"),
        ("operation", {"name_ru": "Литьё", "site_id": "77"}, "site_id", "web.form.choice"),
        ("operation", {"name_ru": "", "kpved": "25.62.10"}, "name_ru", "profile.operation_name"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_kept(
    site: Site, desk: Browser, what: str, values: dict[str, str], field: str, said: str
) -> None:
    response = desk.post(f"/ru/desk/profile/{what}/new", values)
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    assert any(one.attributes.get("href") == f"#{field}" for one in page.all("a"))
    told = {"first": "1850", "last": str(TODAY.year)} if said == "profile.year" else {}
    assert tr(said, "ru", **told) in page.text
    kept = {one.attributes.get("value") for one in page.all("input", "option")}
    assert {given for given in values.values() if given != "77"} <= kept | {""}


def test_places_are_chosen_from_the_top_down_without_saving(site: Site, desk: Browser) -> None:
    sent = {"name": "Цех 1", "place-0": "550000000", "do": "place"}
    response = desk.post("/kk/desk/profile/site/new", sent)
    assert response.status_code == 200
    page = Page(response.text)
    assert not page.faults
    assert "Павлодар қ." in page.text
    assert held(site).sites == []
    state(desk, "site", name="Цех 1", **AT)
    assert [one.kato for one in held(site).sites] == ["551010000"]


def test_free_capacity_needs_an_operation_and_days_in_order(site: Site, desk: Browser) -> None:
    assert tr("web.profile.operation_first", "ru") in desk.page("/ru/desk/profile/free_capacity/new").text
    state(desk, "operation", **OPERATION)
    operation = str(held(site).operations[0].id)
    sent = {"operation_id": operation, "from_on": str(LATER), "to_on": str(TODAY)}
    response = desk.post("/ru/desk/profile/free_capacity/new", sent)
    assert response.status_code == 422
    assert tr("profile.dates", "ru") in Page(response.text).text
    response = desk.post("/ru/desk/profile/free_capacity/new", sent | {"operation_id": "", "to_on": ""})
    text = Page(response.text).text
    assert tr("web.profile.operation_needed", "ru") in text
    assert tr("web.profile.day_needed", "ru") in text


def test_a_thing_is_corrected_and_taken_off(site: Site, desk: Browser) -> None:
    state(desk, "operation", **OPERATION)
    id = held(site).operations[0].id
    assert (
        desk.post(f"/desk/profile/operation/{id}", OPERATION | {"name_ru": "Фрезеровка", "version": "1"}).status_code
        == 302
    )
    assert [one.name for one in held(site).operations] == ["Фрезеровка"]
    assert desk.post(f"/desk/profile/operation/{id}/end", {}, form="/desk/profile/staff").status_code == 302
    assert held(site).operations == []
    assert desk.post(f"/desk/profile/operation/{id}/end", {}, form="/desk/profile/staff").status_code == 404


def test_another_organisations_things_are_not_there_and_a_viewer_changes_nothing(site: Site, desk: Browser) -> None:
    state(desk, "site", name="Цех 1", **AT, address="")
    id = held(site).sites[0].id
    other = site.browser()
    other.sign_in(site.account(AccountRole.OWNER, OTHER, "other@portal.example"))
    assert other.get(f"/desk/profile/site/{id}").status_code == 404
    assert other.post(f"/desk/profile/site/{id}/end", {}, form="/desk/profile/staff").status_code == 404
    viewer = site.browser()
    viewer.sign_in(site.account(AccountRole.VIEWER, OWN))
    page = viewer.page("/ru/desk/profile")
    assert "Цех 1" in page.text
    assert not any("/desk/profile/" in str(one.attributes.get("href")) for one in page.all("a"))


def test_a_number_with_its_unit_and_an_impossible_year_are_told_at_once(site: Site, desk: Browser) -> None:
    machine = {"name": "Станок", "year": "3020", "capacity_per_year": "4 000 ч", "unit": ""}
    response = desk.post("/ru/desk/profile/equipment/new", machine)
    text = Page(response.text).text
    assert response.status_code == 422
    assert tr("profile.year", "ru", first="1850", last=str(TODAY.year)) in text
    assert tr("web.profile.unit_apart", "ru", number="4 000", unit="ч") in text
    assert tr("web.form.number", "ru") not in text


def test_of_two_editors_the_second_sees_what_the_first_has_saved(site: Site, desk: Browser) -> None:
    state(desk, "operation", **OPERATION)
    id = held(site).operations[0].id
    address = f"/ru/desk/profile/operation/{id}"
    seen = Page(desk.get(address).text).hidden("version")
    assert desk.post(address, OPERATION | {"name_ru": "Фрезеровка", "version": seen}).status_code == 302
    response = desk.post(address, OPERATION | {"name_ru": "Шлифовка", "version": seen})
    page = Page(response.text)
    assert (response.status_code, page.faults) == (409, [])
    assert tr("profile.overtaken", "ru") in page.text
    assert "Фрезеровка" in page.text
    assert [one.name for one in held(site).operations] == ["Фрезеровка"]
    assert desk.post(address, OPERATION | {"name_ru": "Шлифовка", "version": page.hidden("version")}).status_code == 302
    assert [one.name for one in held(site).operations] == ["Шлифовка"]
    people = {"total": "40", "kazakhstani": "39", "version": "0"}
    assert desk.post("/ru/desk/profile/staff", people).status_code == 302
    response = desk.post("/ru/desk/profile/staff", people | {"total": "50"})
    assert response.status_code == 409
    assert tr("web.profile.people", "ru", n=40, own=39) in Page(response.text).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everybody_finds_what_is_free_by_words_place_and_day(site: Site, desk: Browser, lang: str) -> None:
    reader = site.browser()
    assert tr("web.capacity.empty", lang) in reader.page(f"/{lang}/capacity/").text
    state(desk, "site", name="Цех 1", **AT, address="")
    place = str(held(site).sites[0].id)
    state(desk, "operation", **OPERATION | {"site_id": place})
    operation = str(held(site).operations[0].id)
    state(desk, "free_capacity", operation_id=operation, from_on=str(TODAY), to_on=str(LATER), amount="100", unit="ч")
    maker = "ТОО «Ертіс Құбыр»"
    for asked in (
        *("", "?q=токарной", "?q=токарные+работы", "?q=turning+services", "?q=работы", "?region=55", f"?on={LATER}"),
        *("?region=55&place-1=551010000", "?region=55&place-1=", f"?q=обработка+токарная&region=55&on={TODAY}"),
    ):
        page = reader.page(f"/{lang}/capacity/{asked}")
        assert not page.faults
        assert maker in page.text, asked
    nearest = reader.page(f"/{lang}/capacity/?q=токарная+обработка+титана").text
    assert tr("web.capacity.nearest", lang, held=1, n=2) in nearest
    assert maker in nearest
    for asked in ("?q=сварка", "?region=75", f"?on={LATER + timedelta(days=1)}"):
        assert tr("web.capacity.nothing", lang) in reader.page(f"/{lang}/capacity/{asked}").text, asked
    for asked, said in (
        ("?on=32.13.2026", "web.form.day"),
        ("?region=xx", "web.capacity.no_region"),
        ("?region=55&place-1=999", "web.capacity.no_place"),
        ("?place-2=999", "web.capacity.no_place"),
    ):
        page = reader.page(f"/{lang}/capacity/{asked}")
        assert not page.faults
        assert tr(said, lang) in page.text, asked
        assert maker not in page.text, "offers beside an error would be taken for the answer"
        assert reader.get(f"/{lang}/exports/capacity.csv{asked}").status_code == 302
    taken = reader.get("/exports/capacity.csv?q=токарной").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(taken)))
    told = [(row["bin"], row["operation"], row["name_ru"], row["amount"], row["site"]) for row in rows]
    assert told == [(OWN, "Токарная обработка", "Токарная обработка", "100", "Цех 1")]
    said = reader.page(f"/{lang}/suppliers/{OWN}").text
    assert "Токарная обработка" in said
    for text in (said, reader.page(f"/{lang}/capacity/").text):
        assert (tr("web.said_in.ru", lang) in text) is (lang != "ru")
    # Nobody reads of a site that was taken off.
    desk.post(f"/desk/profile/site/{place}/end", {}, form="/desk/profile/staff")
    assert "Цех 1" not in reader.get("/exports/capacity.csv").get_data(as_text=True)


def test_what_the_institute_alone_reads_is_on_no_public_page(site: Site, desk: Browser) -> None:
    desk.post("/desk/profile/staff", {"total": "4321", "kazakhstani": "4320"})
    state(desk, "site", name="Цех 1", **AT, address="ул. Тайная, 9")
    state(
        desk,
        "equipment",
        name="Станок особый",
        model="",
        year="",
        country="",
        serial="",
        capacity_per_year="",
        unit="",
        site_id="",
    )
    state(desk, "permit", name="Лицензия особая", number="L-77", issuer="", issued_on="", expires_on="")
    state(desk, "operation", **OPERATION)
    for address in (f"/suppliers/{OWN}", "/capacity/", f"/exports/suppliers/{OWN}.csv"):
        text = site.browser().get(address).get_data(as_text=True)
        for secret in ("4321", "Тайная", "особый", "L-77"):
            assert secret not in text, (address, secret)
