"""Which numbers may register, what a claim must say, and what may become of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from registry.errors import RuleBroken
from registry.identifiers import check_digit
from registry.registration.models import ClaimState, ProofMethod
from registry.registration.rules import (
    NEXT,
    REASONS,
    check_move,
    check_reasons,
    check_submission,
    check_values,
    line_of,
    read_number,
)
from registry.suppliers.models import Role

VALUES = {
    "name": " ТОО  «Ақ жол» ",
    "role": "maker",
    "kato": "751110000",
    "oked": "25110",
    "phone": "+7 727 1234567",
    "email": "akzhol@zavod.example",
    "address": "ул. Абая, 7",
}
CONSENTS = frozenset({"truth", "publication"})


@pytest.mark.parametrize(
    ("typed", "kind", "registered"),
    [
        ("080340990007", "head", date(2008, 3, 1)),
        ("БИН 110 440 012 951", "head", date(2011, 4, 1)),
        ("990140000806", "head", date(1999, 1, 1)),
        ("20940000580", "head", date(2002, 9, 1)),  # the zero that a spreadsheet drops
    ],
)
def test_a_number_says_what_it_is_of(typed: str, kind: str, registered: date) -> None:
    digits = read_number(typed)
    assert (digits.kind.code, digits.registered) == (f"registration.kind.{kind}", registered)
    assert not digits.doubted


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("080350990005", "foreign"), ("080341990000", "branch"), ("080360990001", "joint_entrepreneur")],
)
def test_kinds_of_holders_are_told_apart(typed: str, kind: str) -> None:
    whole = typed[:11] + str(check_digit(typed[:11]))
    assert read_number(whole).kind.code == f"registration.kind.{kind}"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "identifiers.empty"),
        ("12345", "identifiers.holder.length"),
        ("111340012951", "identifiers.holder.month"),
        ("110490012951", "identifiers.holder.kind"),
        ("что-то", "identifiers.letters"),
    ],
)
def test_a_number_that_cannot_be_is_refused_for_good(typed: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        read_number(typed, insisted=typed)
    assert refused.value.violations[0].code == code


def test_a_wrong_check_digit_is_typed_twice_and_then_a_person_looks() -> None:
    with pytest.raises(RuleBroken) as asked:
        read_number("110140012345")
    assert asked.value.violations[0].code == "registration.retype"
    with pytest.raises(RuleBroken):
        read_number("110140012345", insisted="110140012346")
    assert read_number("110140012345", insisted="110140012345").doubted


def test_a_representative_office_makes_and_sells_nothing() -> None:
    eleven = "08034299000"
    with pytest.raises(RuleBroken) as refused:
        read_number(eleven + str(check_digit(eleven)))
    assert refused.value.violations[0].code == "registration.representative"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"name": " "}, ["name"]),
        ({"role": None}, ["role"]),
        ({"role": "unstated"}, ["role"]),
        ({"kato": None}, ["kato"]),
        ({"kato": "999999999"}, ["kato"]),
        ({"oked": ""}, ["oked"]),
        ({"email": "nobody"}, ["email"]),
        ({"email": None}, []),
        ({"email": None, "phone": None}, ["phone"]),
        ({"address": "я" * 501}, ["address"]),
    ],
)
def test_each_fault_of_a_claim_names_its_field(changes: dict[str, Any], wrong: list[str]) -> None:
    assert [violation.field for violation in check_values(VALUES | changes)] == wrong


def test_a_claim_needs_proof_and_consents() -> None:
    def lacks(**given: Any) -> list[str]:
        asked: dict[str, Any] = {"method": ProofMethod.DOCUMENT, "documents": 1, "consents": CONSENTS} | given
        return [violation.field for violation in check_submission(VALUES, **asked)]

    assert lacks() == []
    assert lacks(documents=0) == ["document"]
    assert lacks(method=None) == ["document"]
    assert lacks(method=ProofMethod.SIGNATURE, documents=0) == []
    assert lacks(consents=frozenset({"contact"})) == ["consent_truth", "consent_publication"]


def test_what_a_claim_says_of_its_organisation() -> None:
    line = line_of("080340990007", VALUES)
    assert (line.name, line.role, line.kato, line.oked) == ("ТОО «Ақ жол»", Role.MAKER, "751110000", "25110")
    assert line_of("080340990007", {**VALUES, "email": ""}).email is None


@pytest.mark.parametrize("before", ClaimState)
@pytest.mark.parametrize("after", ClaimState)
def test_a_claim_goes_on_and_never_back(before: ClaimState, after: ClaimState) -> None:
    if after in NEXT[before]:
        check_move(before, after)
        assert before not in NEXT[after]
    else:
        with pytest.raises(RuleBroken):
            check_move(before, after)


def test_a_refusal_has_reasons_of_the_list() -> None:
    assert check_reasons(REASONS[:1]) == ()
    assert check_reasons(()) != ()
    assert check_reasons(("because",)) != ()
