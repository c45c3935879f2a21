"""Addresses as somebody outside types them: in letters, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import request
from werkzeug.routing import Map, Rule

from web.language import root
from web.session import NeedId, RowNumber, runtime

if TYPE_CHECKING:
    from config.settings import Settings

# Without the setting, the address at which `serve` listens unless told otherwise.
_DEFAULT: Final = "http://127.0.0.1:8000"
# The pages that letters of a worker lead to, by names of this file; a test holds them against the portal's own.
PAGES: Final = (
    ("product", "/products/<int:id>"),
    ("need", "/needs/<need:external_id>"),
    ("alerts", "/account/alerts"),
    ("unsubscribe", "/unsubscribe/<secret>"),
    ("case", "/desk/cases/<int:id>"),
    ("own_product", "/desk/goods/<int:id>"),
)
_MAP: Final = Map(
    [Rule(rule, endpoint=endpoint) for endpoint, rule in PAGES], converters={"int": RowNumber, "need": NeedId}
)


class Pages:
    """Pages of the portal with its host, in the language of a letter; made where no page is being read too."""

    def __init__(self, base: str) -> None:
        """base: what stands before every path, the language aside."""
        self._base = base
        self._pages = _MAP.bind("localhost")

    @classmethod
    def outside(cls, settings: Settings) -> Pages:
        """As a worker knows them: by the settings alone."""
        return cls(settings.portal_url or _DEFAULT)

    def case(self, id: int, lang: str) -> str:
        """The page of a case at its supplier's desk."""
        return self.page(lang, "case", id=id)

    def own_product(self, id: int, lang: str) -> str:
        """The page of a good at its supplier's desk."""
        return self.page(lang, "own_product", id=id)

    def page(self, lang: str, endpoint: str, **values: Any) -> str:
        """One of the pages of this file."""
        return f"{self._base}/{lang}{self._pages.build(endpoint, values)}"


def absolute(path: str) -> str:
    """A path of this portal with its host: the one in the settings, else the one this page was asked under."""
    return (runtime().settings.portal_url or request.host_url.rstrip("/")) + path


def case_page(id: int, lang: str) -> str:
    """The page of a case at its supplier's desk, for a letter in that language that this request writes."""
    return Pages(absolute(root())).case(id, lang)
