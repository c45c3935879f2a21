"""Of a work or a service nobody says that it has, or lacks, a producer."""

from __future__ import annotations

import pytest

from matching.needs.operations import take_in
from registry.wording import LANGUAGES, tr
from search import sync
from tests.factories import ACTOR, need_line
from tests.web.portal import Site
from web.matching import match_published

LINES = {"goods": "Краска дорожная", "works": "Монтаж ограждения", "services": "Ремонт насосов"}
SAID = {kind: f"match.supply_of.{kind}.none_found" for kind in LINES}


@pytest.fixture
def matched(site: Site) -> Site:
    """A portal where three needs were matched with an empty register."""
    runtime = site.runtime
    lines = {
        at: need_line(external_id=kind, name=name, name_kk=None, name_en=None, tnved=None, enstru=None, unit=None)
        for at, (kind, name) in enumerate(LINES.items())
    }
    with runtime.database.transaction() as session:
        take_in(session, lines, on=runtime.today(), actor=ACTOR, now=runtime.now())
    sync.rebuild(runtime.database, runtime.engine, runtime.kinds, now=runtime.now(), on=runtime.today())
    match_published(runtime, actor=ACTOR.name, progress=lambda done, total: None)
    return site


def test_the_badge_speaks_of_what_is_needed(matched: Site) -> None:
    reader = matched.browser()
    for lang in LANGUAGES:
        for kind in LINES:
            page = reader.page(f"/{lang}/needs/{kind}")
            assert [other for other, code in SAID.items() if tr(code, lang) in page.text] == [kind]
        for path in (f"/{lang}/", f"/{lang}/needs/"):
            assert all(tr(code, lang) in reader.page(path).text for code in SAID.values())
        # What counts all of them speaks of none alone.
        assert tr("match.supply.none_found", lang) in reader.page(f"/{lang}/needs/").text
