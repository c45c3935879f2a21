"""What an account must be like, who may do what, and how often something may be tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry.accounts.models import AccountRole
from registry.accounts.rules import (
    INVITED,
    LISTERS,
    NEED_SECOND_FACTOR,
    OFFICIAL,
    STAFF,
    SUPPLIER,
    Actor,
    Limit,
    by,
    check_account,
    check_four_eyes,
    check_password,
    check_scope,
    check_speaks_for,
    folded_email,
    free_again,
)
from registry.errors import NotAllowed

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BIN = "080340990007"
RIGHT = {"email": "saule@zavod.example", "name": "Сәуле Ахметова", "password": "four words make it"}


def fields(**changes: str) -> list[str]:
    return [violation.field for violation in check_account(**(RIGHT | changes))]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"email": "saule"}, ["email"]),
        ({"email": "saule@zavod"}, ["email"]),
        ({"email": "sa ule@zavod.example"}, ["email"]),
        ({"email": "a@" + "b" * 250 + ".kz"}, ["email"]),
        ({"name": "  "}, ["name"]),
        ({"name": "я" * 201}, ["name"]),
        ({"password": "elevenchars"}, ["password"]),
        ({"password": "x" * 201}, ["password"]),
        ({"email": "", "name": "", "password": ""}, ["email", "name", "password"]),
    ],
)
def test_each_fault_names_its_field(changes: dict[str, str], wrong: list[str]) -> None:
    assert fields(**changes) == wrong


@pytest.mark.parametrize(
    ("role", "scope", "right"),
    [
        (AccountRole.OWNER, BIN, True),
        (AccountRole.OWNER, "", False),
        (AccountRole.CUSTOMER, BIN, True),
        (AccountRole.BANK, "75", False),
        (AccountRole.AKIMAT, "75", True),
        (AccountRole.AKIMAT, "76", False),
        (AccountRole.AKIMAT, BIN, False),
        (AccountRole.EXPERT, "", True),
        (AccountRole.EXPERT, BIN, False),
        (AccountRole.AUDITOR, "", True),
    ],
)
def test_a_role_speaks_for_an_organisation_a_region_or_the_country(role: AccountRole, scope: str, right: bool) -> None:
    assert (check_scope(role, scope) == ()) is right


@pytest.mark.parametrize(("length", "right"), [(11, False), (12, True), (200, True), (201, False)])
def test_a_password_is_a_phrase(length: int, right: bool) -> None:
    assert (check_password("п" * length) == ()) is right


def test_an_address_is_one_however_it_is_written() -> None:
    assert folded_email("  Saule@Zavod.EXAMPLE ") == "saule@zavod.example"


def test_who_is_what() -> None:
    assert LISTERS | {AccountRole.VIEWER} == SUPPLIER
    assert INVITED < SUPPLIER
    assert OFFICIAL.isdisjoint(SUPPLIER)
    assert NEED_SECOND_FACTOR == {AccountRole.EXPERT, AccountRole.HEAD, AccountRole.ADMINISTRATOR} == STAFF


def test_an_operation_asks_for_the_role() -> None:
    @by(LISTERS)
    def change(*, actor: Actor) -> str:
        return actor.name

    assert change(actor=Actor("command")) == "command"
    assert change(actor=Actor("somebody", AccountRole.EDITOR, BIN)) == "somebody"
    for refused in (Actor("somebody", AccountRole.VIEWER, BIN), Actor("newcomer", account_id=7)):
        with pytest.raises(NotAllowed):
            change(actor=refused)


def test_whoever_has_no_role_yet_is_not_taken_for_the_program() -> None:
    assert Actor("command").is_program
    assert not Actor("newcomer", account_id=7).is_program


def test_an_organisation_is_spoken_for_by_its_own() -> None:
    check_speaks_for(Actor("somebody", AccountRole.OWNER, BIN), BIN)
    check_speaks_for(Actor("somebody", AccountRole.EXPERT), BIN)
    check_speaks_for(Actor("command"), BIN)
    with pytest.raises(NotAllowed):
        check_speaks_for(Actor("somebody", AccountRole.CUSTOMER, "110440012951"), BIN)


def test_nobody_approves_their_own_work_whatever_the_hat() -> None:
    check_four_eyes(Actor("expert", AccountRole.EXPERT, account_id=2), 1)
    check_four_eyes(Actor("command"), 1)
    check_four_eyes(Actor("expert", AccountRole.EXPERT, account_id=1), None)
    with pytest.raises(NotAllowed):
        check_four_eyes(Actor("expert", AccountRole.EXPERT, account_id=1), 1)


@pytest.mark.parametrize(
    ("ages_min", "wait_min"), [([], None), ([1, 2], None), ([1, 2, 3], 12), ([1, 2, 14.5], 0.5), ([1, 2, 15], None)]
)
def test_so_many_tries_within_so_long(ages_min: list[float], wait_min: float | None) -> None:
    times = [NOW - timedelta(minutes=age) for age in ages_min]
    until = free_again(times, Limit(3, timedelta(minutes=15)), NOW)
    assert until == (None if wait_min is None else NOW + timedelta(minutes=wait_min))
