"""How pages write figures."""

from __future__ import annotations

import pytest

from tests.web.portal import Site
from web import formats


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 %"),
        (0.0003, "0,03 %"),
        (0.43, "43 %"),
        (0.994, "99 %"),
        (0.99841, "99,84 %"),
        (0.999999, "99,99 %"),
        (1, "100 %"),
    ],
)
def test_only_nothing_and_the_whole_are_shown_as_such(site: Site, value: float, said: str) -> None:
    with site.app.test_request_context("/ru/needs/"):
        site.app.preprocess_request()
        assert formats.share(value).replace("\N{NO-BREAK SPACE}", " ") == said
