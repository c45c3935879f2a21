"""A need's page is reached whatever its customer makes its id of."""

from __future__ import annotations

from urllib.parse import quote, unquote, urljoin

import pytest

from matching.needs.operations import take_in
from tests.factories import ACTOR, need_line
from tests.web.portal import Site

IDS = (
    *("..", ".", "a/../b", "./a", "a/.", "/a", "a/", "a//b", "//", "/", "a?b", "a#b", "50%", "%2E", "a\\b", "~", "~2E"),
    *("85426-ЗЦП1", "а/б", "...", "a.b", "match", "№ 7 (б)", "a&b=c", "a+b"),
)


def seen_by_a_browser(base: str, address: str) -> str:
    """Where a browser goes: dots between slashes are folders, and so are percent-encoded ones; `\\` is a slash."""
    path, question, query = address.replace("\\", "/").partition("?")
    plain = "/".join(unquote(part) if unquote(part) in {".", ".."} else part for part in path.split("/"))
    return urljoin(base, plain).partition("#")[0] + question + query


@pytest.mark.parametrize("id", IDS)
def test_every_id_has_a_page(site: Site, id: str) -> None:
    line = need_line(external_id=id, name=f"Труба «{id}»")
    with site.runtime.database.transaction() as session:
        take_in(session, {1: line}, on=site.runtime.today(), actor=ACTOR, now=site.runtime.now())
    reader = site.browser()
    link = next(one for one in reader.page("/ru/needs/").all("a") if one.text.strip() == line.name)
    there = seen_by_a_browser("http://localhost/ru/needs/", link.attributes["href"] or "")
    page = reader.page(there.removeprefix("http://localhost"))
    assert page.title == line.name
    kazakh = next(one for one in page.all("a") if one.attributes.get("hreflang") == "kk")
    there = seen_by_a_browser(there, kazakh.attributes["href"] or "")
    assert reader.page(there.removeprefix("http://localhost")).title == line.name


@pytest.mark.parametrize("id", ["85426-ЗЦП1", "а/б", "...", "№ 7 (б)"])
def test_an_id_without_such_signs_stands_in_its_address_as_it_is(site: Site, id: str) -> None:
    with site.app.test_request_context("/ru/needs/"):
        assert site.app.url_for("public.need", external_id=id) == f"/needs/{quote(id, safe='/()')}"
