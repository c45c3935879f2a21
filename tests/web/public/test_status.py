"""/health, as whoever watches the portal reads it."""

from __future__ import annotations

import json
from pathlib import Path

from registry.outbox import OutboxRow, changed
from registry.wording import tr
from tests.web.portal import Site, close, open_site


def test_a_portal_whose_database_is_not_set_up_is_unavailable(tmp_path: Path) -> None:
    site = open_site(tmp_path, f"sqlite:///{tmp_path / 'empty.sqlite'}")
    response = site.browser().get("/health")
    report = json.loads(response.text)
    assert response.status_code == 503
    assert report["status"] == "unavailable"
    assert report["database"]["ok"] is False
    close(site)


def test_an_engine_without_an_index_is_told_of_and_does_not_stop_the_portal(site: Site) -> None:
    response = site.browser().get("/health")
    report = json.loads(response.text)
    assert response.status_code == 200
    assert (report["status"], report["engine"]["ok"]) == ("degraded", False)
    where = str(site.runtime.settings.index_folder)
    assert report["engine"]["problem"] == tr("search.engine.no_index", "ru", where=where)
    assert json.loads(site.browser().get("/kk/health").text)["engine"]["problem"] == tr(
        "search.engine.no_index", "kk", where=where
    )


def test_what_waits_and_what_is_parked_is_counted(site: Site) -> None:
    with site.runtime.database.transaction() as session:
        changed(session, "product", [1, 2], now=site.clock.now)
        session.flush()
        session.query(OutboxRow).filter_by(entity_id=2).update({"parked_at": site.clock.now})
    site.clock.now = site.clock.now.replace(minute=5)
    report = json.loads(site.browser().get("/health").text)["outbox"]
    assert report == {"pending": 1, "lag_seconds": 300.0, "parked": 1}
