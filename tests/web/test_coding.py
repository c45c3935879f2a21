"""A good without a code, over HTTP: its owner submits it, the institute finds the code, the owner confirms."""

from __future__ import annotations

import pytest

from registry.accounts.models import AccountRole
from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from tests.web.supplier.test_desk import desk, goods, listed

__all__ = ["desk"]


@pytest.fixture
def expert(site: Site) -> Browser:
    """An expert's browser, signed in."""
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.EXPERT))
    return browser


@pytest.mark.both_databases
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_institute_finds_the_code_and_the_owner_confirms_it(
    site: Site, desk: Browser, expert: Browser, lang: str
) -> None:
    good = listed(site, desk, tnved="")
    queue, case = f"/{lang}/institute/codes/", f"/{lang}/institute/codes/{good.id}"
    assert good.name(lang) in expert.page(queue).text
    assert not expert.page(case).faults
    looked = Page(expert.post(case, {"tnved": "7304291001", "do": "check"}).text)
    assert not looked.faults
    choosing = f"/{lang}/desk/codes/tnved?good={good.id}"
    chosen = Page(expert.post(choosing, {"name_ru": "Труба", "note": "Смотрели"}, form=case).text)
    assert not chosen.faults
    assert f"{case}#tnved" in {str(one.attributes.get("formaction")) for one in chosen.all("button")}
    assert chosen.hidden("note") == "Смотрели"
    assert expert.post(case, {"tnved": "7304 29 100 1", "note": "Труба обсадная"}).location == queue
    assert tr("web.coding.queue_empty", lang) in expert.page(queue).text
    assert good.name(lang) in expert.page(f"{queue}?waiting=1").text
    assert goods(site)[0].tnved is None
    assert tr("web.coding.waiting", lang, n=1) in desk.page(f"/{lang}/desk/goods").text
    address = f"/{lang}/desk/goods/{good.id}/codes"
    page = desk.page(address)
    assert not page.faults
    assert "7304291001" in page.text
    assert "Труба обсадная" in page.text
    site.woken.clear()
    assert desk.post(f"{address}/accept", {"version": page.hidden("version")}, form=address).status_code == 302
    assert goods(site)[0].tnved == "7304291001"
    assert site.woken == [None]
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_owner_reads_that_the_kind_changes_with_the_code(
    site: Site, desk: Browser, expert: Browser, lang: str
) -> None:
    good = listed(site, desk, tnved="", kpved="")
    assert expert.post(f"/ru/institute/codes/{good.id}", {"kpved": "43.21.10"}).status_code == 302
    page = desk.page(f"/{lang}/desk/goods/{good.id}/codes")
    before, after = tr("web.kind.goods", lang), tr("web.kind.works", lang)
    assert tr("web.coding.kind_changes", lang, before=before, after=after) in page.text


def test_the_owner_declines_with_a_reason(site: Site, desk: Browser, expert: Browser) -> None:
    good = listed(site, desk, tnved="")
    case, address = f"/ru/institute/codes/{good.id}", f"/ru/desk/goods/{good.id}/codes"
    assert expert.post(case, {"tnved": "8481808199"}).status_code == 302
    version = desk.page(address).hidden("version")
    refused = desk.post(f"{address}/decline", {"version": version, "reason": ""}, form=address)
    assert refused.status_code == 422
    assert tr("coding.reason", "ru") in Page(refused.text).text
    done = desk.post(f"{address}/decline", {"version": version, "reason": "Это труба"}, form=address)
    assert done.status_code == 302
    assert "Это труба" in expert.page(case).text
    assert goods(site)[0].tnved is None


@pytest.mark.parametrize(
    ("sent", "said"), [({}, "coding.nothing"), ({"kpved": "24.20.11"}, "coding.same"), ({"tnved": "7799"}, None)]
)
def test_a_suggestion_that_says_nothing_is_refused(
    site: Site, desk: Browser, expert: Browser, sent: dict[str, str], said: str | None
) -> None:
    good = listed(site, desk, tnved="")
    response = expert.post(f"/ru/institute/codes/{good.id}", sent)
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    if said:
        assert tr(said, "ru") in page.text
