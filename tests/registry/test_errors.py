"""Errors carry messages, and travel between processes."""

import pickle

import pytest

from registry.errors import Conflict, NotAllowed, NotFound, RegistryError, RuleBroken
from registry.explain import Violation
from registry.wording import Message

TAKEN = Violation("supplier.bin.taken", "bin", Message("supplier.bin.taken", {"bin": "110440012951"}), "Law 51")
UNNAMED = Violation("supplier.name.empty", "name", Message("supplier.name.empty"))


def test_a_broken_rule_carries_all_its_violations() -> None:
    error = RuleBroken(violation for violation in (TAKEN, UNNAMED))
    assert error.violations == (TAKEN, UNNAMED)
    assert error.message == TAKEN.message
    assert str(error) == "bin: supplier.bin.taken; name: supplier.name.empty"


def test_a_broken_rule_needs_a_violation() -> None:
    with pytest.raises(ValueError, match="without a violation"):
        RuleBroken([])


@pytest.mark.parametrize("kind", [NotFound, NotAllowed, Conflict])
def test_errors_are_registry_errors_with_a_message(kind: type[RegistryError]) -> None:
    error = pickle.loads(pickle.dumps(kind(TAKEN.message)))
    assert isinstance(error, RegistryError)
    assert error.message == TAKEN.message
    assert str(error) == "supplier.bin.taken {'bin': '110440012951'}"


def test_a_broken_rule_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(RuleBroken([TAKEN, UNNAMED]))).violations == (TAKEN, UNNAMED)
