"""Choosing a code on the way through a good's form: suggestions with reasons, the tree, nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.classifiers.models import Scheme
from registry.classifiers.notes import ChapterNotes
from registry.classifiers.operations import take_in_notes
from registry.wording import LANGUAGES, tr
from tests.factories import add_classifier, add_supplier, bin_number, supplier_line
from tests.web.markup import Page
from tests.web.portal import Browser, Site, whole

BIN = bin_number(61)
ROWS = [
    {"code": "19", "name_ru": "ИЗДЕЛИЯ ИЗ ЗЕРНА", "name_kk": "АСТЫҚ ӨНІМДЕРІ", "name_en": "Cereals"},
    {"code": "1905", "name_ru": "Хлеб, печенье", "name_kk": "Нан, печенье", "name_en": "Bread, biscuits"},
    {"code": "1905100000", "name_ru": "хлебцы хрустящие", "name_kk": "қытырлақ нан", "name_en": "crispbread"},
    {"code": "1905900000", "name_ru": "прочие", "name_kk": "өзгелері", "name_en": "other"},
    {"code": "73", "name_ru": "ЧЕРНЫЕ МЕТАЛЛЫ", "name_kk": "ҚАРА МЕТАЛДАР", "name_en": "Iron and steel"},
    {"code": "7304", "name_ru": "Трубы бесшовные", "name_kk": "Жіксіз құбырлар", "name_en": "Seamless tubes"},
    {"code": "7304191009", "name_ru": "прочие", "name_kk": "өзгелері", "name_en": "other"},
]
NOTE = "1. Термин «хлебцы» означает сухой продукт."


@pytest.fixture
def supplier(site: Site) -> Browser:
    runtime, on = site.runtime, site.runtime.today()
    with runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN), on=on - timedelta(days=1))
        add_classifier(session, Scheme.TNVED, ROWS, in_force_from=on)
        stated = {"19": ChapterNotes((), ("Примечание:", NOTE))}
        take_in_notes(session, Scheme.TNVED, stated, on=on, actor=Actor("test"), now=runtime.now())
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    return browser


def typed(**fields: str) -> dict[str, str]:
    return {"name_ru": "Трубы бесшовные", "name_kk": "", "capacity_per_year": "12 500,5", "unit": "т", **fields}


def taken(page: Page) -> list[str]:
    """The codes that the page's buttons take."""
    return [one.attributes["value"] or "" for one in page.all("button") if one.attributes.get("name") == "tnved"]


def hidden(page: Page) -> dict[str, str]:
    """What the page's form carries along."""
    fields = [it.attributes for it in page.all("input") if it.attributes.get("type") == "hidden"]
    return {it["name"] or "": it.get("value") or "" for it in fields}


def test_the_name_typed_into_the_form_is_what_codes_are_suggested_for(supplier: Browser) -> None:
    answer = supplier.post("/desk/codes/tnved", typed(tnved="84"), form="/desk/goods/new")
    assert answer.status_code == 200
    page = whole(answer, "pick")
    assert taken(page)[0] == "7304191009"
    assert "В названии позиции 7304 есть слова: Трубы, бесшовные." in page.text
    carried = hidden(page)
    assert typed(tnved="84").items() <= carried.items()
    assert carried["do"] == "check"


def test_the_chosen_code_returns_to_the_form_with_everything_that_was_typed(supplier: Browser) -> None:
    page = whole(supplier.post("/desk/codes/tnved", typed(tnved="84"), form="/desk/goods/new"), "pick")
    button = next(one for one in page.all("button") if one.attributes.get("value") == "7304191009")
    address = (button.attributes["formaction"] or "").partition("#")[0]
    # As a browser sends it: the button stands before the hidden field of the code that was there.
    sent = [*((name, value) for name, value in hidden(page).items() if name != "tnved"), ("tnved", "7304191009")]
    data = MultiDict([*sent, ("tnved", "84")])
    answer = supplier.client.post(address, data=data, headers={"Referer": f"{supplier.base_url}desk/codes/tnved"})
    form = whole(answer, address)
    values = {it.attributes.get("name"): it.attributes.get("value") for it in form.all("input")}
    assert values["tnved"] == "7304191009"
    assert {name: values[name] for name in typed()} == typed()
    assert "Трубы бесшовные" in form.text


def test_another_text_is_looked_for_without_losing_the_form(supplier: Browser) -> None:
    sent = typed(tnved="", code_text="crispbread")
    page = whole(supplier.post("/desk/codes/tnved", sent, form="/desk/goods/new"), "pick")
    assert taken(page)[0] == "1905100000"
    assert hidden(page)["name_ru"] == "Трубы бесшовные"


def test_of_a_text_that_says_nothing_no_code_is_offered(supplier: Browser) -> None:
    page = supplier.page("/desk/codes/tnved?code_text=qwrtp")
    assert taken(page) == []
    assert "Название говорит слишком мало" in page.text


def test_the_tree_is_gone_down_to_a_code_past_the_notes(supplier: Browser) -> None:
    assert "19" in supplier.page("/desk/codes/tnved").text
    chapter = supplier.page("/desk/codes/tnved?code_into=19")
    assert NOTE in chapter.text
    assert taken(chapter) == []
    heading = supplier.page("/desk/codes/tnved?code_into=1905")
    assert taken(heading) == ["1905100000", "1905900000"]
    assert "ИЗДЕЛИЯ ИЗ ЗЕРНА" in heading.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_each_language_and_says_what_is_not_loaded(supplier: Browser, lang: str) -> None:
    page = supplier.page(f"/{lang}/desk/codes/tnved?code_text=хлебцы хрустящие")
    assert page.lang == lang
    assert "1905100000" in taken(page)
    assert tr("web.codes.not_loaded", lang) in supplier.page(f"/{lang}/desk/codes/kpved?code_text=хлеб").text


def test_a_classifier_that_is_none_has_no_page(supplier: Browser) -> None:
    assert supplier.get("/desk/codes/kato").status_code == 404


def test_what_is_typed_is_shown_as_text(supplier: Browser) -> None:
    page = whole(
        supplier.post("/desk/codes/tnved", typed(description='"><script>x</script>'), form="/desk/goods/new"), "pick"
    )
    assert hidden(page)["description"] == '"><script>x</script>'
    assert all(one.attributes.get("nonce") for one in page.all("script"))


def test_the_form_leads_to_the_page_with_what_it_holds(supplier: Browser) -> None:
    form = supplier.page("/desk/goods/new")
    actions = {urlsplit(one.attributes.get("formaction") or "").path for one in form.all("button")}
    assert {"/desk/codes/tnved", "/desk/codes/kpved"} <= actions
