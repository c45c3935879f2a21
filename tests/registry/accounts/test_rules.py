"""What an account must be like, and who may do what."""

from __future__ import annotations

import pytest

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, check_account, check_password, folded_email, may_match

RIGHT = {
    "email": "saule@zavod.example",
    "name": "Сәуле Ахметова",
    "password": "four words make it",
    "role": AccountRole.SUPPLIER,
    "bin": "080340990007",
}


def fields(**changes: object) -> list[str]:
    return [violation.field for violation in check_account(**(RIGHT | changes))]  # type: ignore[arg-type]


def test_a_right_account_is_accepted() -> None:
    assert fields() == []
    assert fields(role=AccountRole.EXPERT, bin=None) == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"email": "saule"}, ["email"]),
        ({"email": "saule@zavod"}, ["email"]),
        ({"email": "sa ule@zavod.example"}, ["email"]),
        ({"email": "a@" + "b" * 250 + ".kz"}, ["email"]),
        ({"name": "  "}, ["name"]),
        ({"name": "я" * 201}, ["name"]),
        ({"password": "elevenchars"}, ["password"]),
        ({"password": "x" * 201}, ["password"]),
        ({"bin": None}, ["bin"]),
        ({"role": AccountRole.CUSTOMER, "bin": ""}, ["bin"]),
        ({"role": AccountRole.ADMINISTRATOR}, ["bin"]),
        ({"email": "", "name": "", "password": "", "bin": None}, ["email", "name", "password", "bin"]),
    ],
)
def test_each_fault_names_its_field(changes: dict[str, object], wrong: list[str]) -> None:
    assert fields(**changes) == wrong


@pytest.mark.parametrize(("length", "right"), [(11, False), (12, True), (200, True), (201, False)])
def test_a_password_is_a_phrase(length: int, right: bool) -> None:
    assert (check_password("п" * length) == ()) is right


def test_an_address_is_one_however_it_is_written() -> None:
    assert folded_email("  Saule@Zavod.EXAMPLE ") == "saule@zavod.example"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (None, True),
        (AccountRole.CUSTOMER, True),
        (AccountRole.EXPERT, True),
        (AccountRole.ADMINISTRATOR, True),
        (AccountRole.SUPPLIER, False),
    ],
)
def test_who_may_start_a_comparison(role: AccountRole | None, may: bool) -> None:
    assert may_match(Actor("somebody", role)) is may
