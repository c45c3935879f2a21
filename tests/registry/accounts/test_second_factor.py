"""Codes of an authenticator and recovery codes: each taken once, and only of the right person."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from registry.accounts import second_factor
from registry.accounts.models import Account, AccountRole, RecoveryCode
from registry.accounts.operations import grant, open_account
from registry.accounts.rules import Actor
from registry.db import Database
from registry.errors import NotAllowed, RuleBroken
from registry.sealing import Sealer

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SEALER = Sealer("a key of the tests' own")
# The shared secret of the test vectors of RFC 6238, appendix B (SHA-1), in Base32.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def person(database: Database, email: str = "saule@zavod.example") -> Actor:
    with database.transaction() as session:
        made = open_account(
            session, email=email, name="S", password="four words make it", lang="kk", actor=Actor("x"), now=NOW
        )
    return Actor(email, AccountRole.AUDITOR, account_id=made.id)


def enrolled(database: Database, actor: Actor) -> tuple[str, list[str]]:
    secret = second_factor.new_secret()
    with database.transaction() as session:
        return secret, second_factor.enrol(
            session, secret, second_factor.code(secret, NOW), SEALER, actor=actor, now=NOW
        )


def proves(database: Database, actor: Actor, given: str, at: datetime) -> bool:
    with database.transaction() as session:
        return second_factor.prove(session, actor.account_id or 0, given, SEALER, now=at)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, eight_digits: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert second_factor.code(RFC_SECRET, at) == eight_digits[-6:]
    assert second_factor.step_of(RFC_SECRET, f"{eight_digits[2:5]} {eight_digits[5:]}", at) == seconds // 30


@pytest.mark.parametrize(("late_s", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_half_a_minute_off(late_s: int, taken: bool) -> None:
    given = second_factor.code(RFC_SECRET, NOW)
    assert (second_factor.step_of(RFC_SECRET, given, NOW + timedelta(seconds=late_s)) is not None) is taken


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_none(given: str) -> None:
    assert second_factor.step_of(RFC_SECRET, given, NOW) is None


def test_the_address_for_authenticators() -> None:
    assert second_factor.address(RFC_SECRET, "a@b.example") == (
        f"otpauth://totp/Ondiris:a%40b.example?digits=6&secret={RFC_SECRET}&algorithm=SHA1&issuer=Ondiris&period=30"
    )


@pytest.mark.both_databases
def test_a_code_is_taken_once(database: Database) -> None:
    actor = person(database)
    secret, _ = enrolled(database, actor)
    assert not proves(database, actor, second_factor.code(secret, NOW), NOW)  # it was used to enrol
    later = NOW + timedelta(minutes=5)
    assert proves(database, actor, second_factor.code(secret, later), later)
    assert not proves(database, actor, second_factor.code(secret, later), later)
    before = later - timedelta(seconds=30)
    assert not proves(database, actor, second_factor.code(secret, before), later)


@pytest.mark.both_databases
def test_a_recovery_code_is_taken_once_however_it_is_typed(database: Database) -> None:
    actor, other = person(database), person(database, "other@zavod.example")
    _, codes = enrolled(database, actor)
    enrolled(database, other)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert not proves(database, other, codes[0], NOW)
    assert proves(database, actor, codes[0].upper().replace("-", " "), NOW)
    assert not proves(database, actor, codes[0], NOW)
    with database.reading() as session:
        assert second_factor.recovery_codes_left(session, actor.account_id or 0) == second_factor.RECOVERY_CODES - 1
        assert codes[1] not in str(session.scalars(select(RecoveryCode.code_sha256)).all())
    with database.transaction() as session:
        fresh = second_factor.renew_recovery_codes(session, actor=actor, now=NOW)
    assert not proves(database, actor, codes[1], NOW)
    assert proves(database, actor, fresh[1], NOW)


@pytest.mark.both_databases
def test_a_wrong_code_enrols_nobody(database: Database) -> None:
    actor = person(database)
    with database.transaction() as session, pytest.raises(RuleBroken):
        second_factor.enrol(session, RFC_SECRET, "000000", SEALER, actor=actor, now=NOW)
    assert not proves(database, actor, second_factor.code(RFC_SECRET, NOW), NOW)


@pytest.mark.both_databases
def test_the_secret_is_not_readable_in_the_database(database: Database) -> None:
    actor = person(database)
    secret, _ = enrolled(database, actor)
    with database.reading() as session:
        sealed = session.get_one(Account, actor.account_id).totp_sealed or ""
    assert secret not in sealed
    assert SEALER.opened(sealed) == secret
    assert Sealer("another key").opened(sealed) is None
    assert SEALER.opened(sealed[:-4] + "AAAA") is None


@pytest.mark.both_databases
def test_whoever_needs_a_second_factor_keeps_it(database: Database) -> None:
    actor = person(database)
    enrolled(database, actor)
    with database.transaction() as session:
        grant(session, actor.account_id or 0, AccountRole.EXPERT, actor=Actor("x"), now=NOW)
    with database.transaction() as session, pytest.raises(NotAllowed):
        second_factor.end(session, actor=actor, now=NOW)
    administrator = Actor("admin", AccountRole.ADMINISTRATOR, account_id=0)
    own = Actor(actor.name, AccountRole.ADMINISTRATOR, account_id=actor.account_id)
    with database.transaction() as session, pytest.raises(NotAllowed):
        second_factor.forget_second_factor(session, actor.account_id or 0, actor=own, now=NOW)
    with database.transaction() as session:
        second_factor.forget_second_factor(session, actor.account_id or 0, actor=administrator, now=NOW)
        assert second_factor.recovery_codes_left(session, actor.account_id or 0) == 0
