"""What a pure check refuses with."""

import pytest

from registry.errors import RuleBroken
from registry.wording import LANGUAGES, say


def refusal(caught: pytest.ExceptionInfo[RuleBroken], field: str) -> str:
    """The code of the only violation, after checking that it can be said in every language."""
    (violation,) = caught.value.violations
    assert violation.field == field
    assert violation.message.code == violation.code
    for lang in LANGUAGES:
        assert "{" not in say(violation.message, lang)
    return violation.code
