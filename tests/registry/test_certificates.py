"""What the certificates of the national authority carry, as the data file has it."""

import pytest

from registry.certificates import Numbered, profile
from tests.registry.authority import EMPLOYEE, FINANCIAL, HEAD, INDIVIDUAL, ORGANISATION, PERSONNEL, SIGNATORY, SIGNING


@pytest.mark.parametrize(
    ("oid", "word", "binds"),
    [
        (INDIVIDUAL, "individual", False),
        (ORGANISATION, "organisation", False),
        (HEAD, "head", True),
        (SIGNATORY, "signatory", True),
        (FINANCIAL, "financial_signatory", False),
        (PERSONNEL, "personnel", False),
        (EMPLOYEE, "employee", False),
    ],
)
def test_roles(oid: str, word: str, binds: bool) -> None:
    (role,) = profile().roles_of([SIGNING, oid])
    assert (role.word, role.binds) == (word, binds)


def test_a_usage_that_is_no_role_is_passed_over() -> None:
    assert profile().roles_of([SIGNING, f"{ORGANISATION}.11", "2.5.29.37.0"]) == ()


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([], ()),
        (["Бухгалтерия", "BIN110440012951"], ("110440012951",)),
        ([" BIN110440012951 "], ("110440012951",)),
        (["bin110440012951"], ()),
        (["110440012951"], ()),
    ],
)
def test_numbers_stand_after_their_prefix(values: list[str], numbers: tuple[str, ...]) -> None:
    assert Numbered("2.5.4.11", "BIN").read(values) == numbers


@pytest.mark.parametrize("value", ["BIN", "BIN11044001295", "BIN1104400129511", "BIN11044001295X", "BIN١١٠٤٤٠٠١٢٩٥١"])
def test_a_prefix_without_its_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        Numbered("2.5.4.11", "BIN").read([value])


@pytest.mark.parametrize(
    ("oid", "national"),
    [
        ("1.2.398.3.10.1.1.2.3.2", True),
        ("1.3.6.1.4.1.6801.1.2.2", True),
        ("1.2.398.3.1", False),
        ("1.2.840.113549.1.1.11", False),
    ],
)
def test_national_algorithms(oid: str, national: bool) -> None:
    assert profile().is_national(oid) is national
