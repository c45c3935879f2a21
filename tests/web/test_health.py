"""What `doctor` finds, in words that say what to do."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from registry import audit, law
from registry.cms import open_verifier
from registry.wording import LANGUAGES, Message, say, tr
from tests.registry.authority import NOW, Authority
from tests.web.portal import Site
from web.cli.system import doctor
from web.health import Finding, State, examine


def found(site: Site, part: str) -> list[Finding]:
    """What the examination finds of a part."""
    return [finding for finding in examine(site.runtime) if finding.part == part]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_engine_without_an_index_is_told_of_in_the_reader_s_language(site: Site, lang: str) -> None:
    [engine] = found(site, "engine")
    where = str(site.runtime.settings.index_folder / "product")
    assert engine.state is State.WARNING
    assert tr("search.engine.no_index", lang, where=where) in say(engine.message, lang)


def test_a_day_that_the_law_files_do_not_reach_is_told_in_a_sentence(site: Site) -> None:
    site.clock.now = datetime(2060, 1, 1, tzinfo=UTC)
    [finding] = found(site, "law")
    assert finding.state is State.BAD
    assert all("config/law" in say(finding.message, lang) for lang in LANGUAGES)


def test_from_october_on_the_calendar_of_the_next_year_is_missed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    known = law.table("holidays")
    without = {year: days for year, days in known.items() if year != "2027"}
    monkeypatch.setattr(law, "table", lambda subject: without)
    for month, states in ((9, [State.GOOD]), (10, [State.GOOD, State.WARNING])):
        site.clock.now = datetime(2026, month, 15, tzinfo=UTC)
        findings = found(site, "law")
        assert [one.state for one in findings] == states
    assert all("2027" in say(findings[-1].message, lang) for lang in LANGUAGES)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_is_away_is_a_finding(site: Site, scheme: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{free.getsockname()[1]}/0"
        site.runtime.settings = replace(site.runtime.settings, broker_url=url)
        [broker] = found(site, "broker")
    assert broker.state is State.BAD
    assert "refused" in str(broker.message.params["reason"])
    assert all("ONDIRIS_BROKER_URL" in say(broker.message, lang) for lang in LANGUAGES)


def test_a_broker_that_takes_the_call_and_says_nothing_is_away(site: Site) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        site.runtime.settings = replace(site.runtime.settings, broker_url=url)
        [broker] = found(site, "broker")
    assert broker.state is State.BAD


def test_entries_of_the_log_that_no_chain_holds_yet_are_told(site: Site) -> None:
    with site.runtime.database.transaction() as session:
        changes = [audit.Change("saved", "product", number) for number in range(5)]
        audit.record(session, changes, actor="expert@example", now=site.clock.now)
        audit.seal(session, limit=2)
    told = [(finding.state, finding.message) for finding in found(site, "audit")]
    assert told == [
        (State.GOOD, Message("doctor.audit.whole", {"n": 2})),
        (State.GOOD, Message("doctor.audit.waiting", {"n": 3})),
    ]


def test_a_log_that_was_changed_in_the_database_is_a_finding(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.health.RECENT_SEALS", 3)
    with site.runtime.database.transaction() as session:
        changes = [audit.Change("saved", "product", number) for number in range(5)]
        audit.record(session, changes, actor="expert@example", now=site.clock.now)
        audit.seal(session)
    [recent] = found(site, "audit")
    assert (recent.state, recent.message) == (State.GOOD, Message("doctor.audit.recent", {"n": 3, "total": 5}))
    with site.runtime.database.transaction() as session:
        session.execute(update(audit.AuditRow).where(audit.AuditRow.entity_id == 1).values(actor="forged"))
    [recent] = found(site, "audit")
    assert recent.state is State.GOOD
    whole = CliRunner().invoke(doctor, ["--audit"], obj=lambda: site.runtime, env={"COLUMNS": "1000"})
    assert whole.exit_code == 1
    assert tr("doctor.audit.broken", "ru", number=2) in whole.stdout
    with site.runtime.database.transaction() as session:
        session.execute(update(audit.AuditRow).where(audit.AuditRow.entity_id == 4).values(actor="forged"))
    [recent] = found(site, "audit")
    assert (recent.state, recent.message) == (State.BAD, Message("doctor.audit.broken", {"number": 5}))


def test_a_portal_without_authorities_offers_no_signing(site: Site) -> None:
    [signing] = found(site, "signing")
    assert (signing.state, signing.message.code) == (State.GOOD, "doctor.signing.none")


def trusting(site: Site, roots: Path, lists: Path) -> None:
    """Have the portal take signatures."""
    site.runtime.verifier = open_verifier(replace(site.runtime.settings, signature_ca=roots, signature_crl=lists))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(0), ["good"]),
        (timedelta(days=8), ["good", "list_over", "list_over"]),
        (timedelta(days=30_000), ["good", "expired", "expired"]),
    ],
)
def test_lists_and_authorities_whose_time_is_over_are_told(
    site: Site, tmp_path: Path, after: timedelta, said: list[str]
) -> None:
    authority = Authority()
    trusting(site, authority.write_roots(tmp_path / "roots.pem"), authority.write_crls(tmp_path / "lists"))
    site.clock.now = NOW + after
    told = found(site, "signing")
    assert [one.message.code.removeprefix("doctor.signing.") for one in told] == said
    assert all(one.state is (State.WARNING if place else State.GOOD) for place, one in enumerate(told))
    assert all(say(one.message, lang) for one in told for lang in LANGUAGES)


def test_an_authority_without_a_list_is_told(site: Site, tmp_path: Path) -> None:
    authority = Authority()
    folder = authority.write_crls(tmp_path / "lists")
    (folder / "issuing.crl").unlink()
    trusting(site, authority.write_roots(tmp_path / "roots.pem"), folder)
    site.clock.now = NOW
    _, missing = found(site, "signing")
    assert (missing.state, missing.message.code) == (State.WARNING, "doctor.signing.no_list")
    assert authority.name in say(missing.message, "en")
