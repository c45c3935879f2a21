"""Addresses in letters that a worker writes: there no page is being read from which they could be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.routing import Map, MapAdapter, Rule

from web.session import NeedId, RowNumber

if TYPE_CHECKING:
    from matching.engine.lines import NeedLine
    from web.runtime import Runtime

# Without the setting, the address at which `serve` listens unless told otherwise.
_DEFAULT: Final = "http://127.0.0.1:8000"
# The pages that letters lead to, by names of this file; a test holds them against the portal's own.
PAGES: Final = (
    ("product", "/products/<int:id>"),
    ("need", "/needs/<need:external_id>"),
    ("alerts", "/account/alerts"),
    ("unsubscribe", "/unsubscribe/<secret>"),
)


class Letters:
    """Signed references to whose letters a link ends: whoever holds the link needs no password for that."""

    def __init__(self, secret_key: str) -> None:
        self._signer = URLSafeSerializer(secret_key, salt="unsubscribe")

    def secret_of(self, account_id: int) -> str:
        """What the link to end a person's letters carries."""
        return str(self._signer.dumps(account_id))

    def account_of(self, secret: str) -> int | None:
        """Whose letters the link ends; None where it was not made here, or not copied whole."""
        try:
            account_id = self._signer.loads(secret)
        except BadSignature:
            return None
        return account_id if isinstance(account_id, int) else None


class PortalAddresses:
    """Pages of the portal with its host, in the language of a letter."""

    def __init__(self, runtime: Runtime) -> None:
        self._base = runtime.settings.portal_url or _DEFAULT
        self._letters = Letters(runtime.secret_key)
        rules = Map(
            [Rule(rule, endpoint=endpoint) for endpoint, rule in PAGES],
            converters={"int": RowNumber, "need": NeedId},
        )
        self._pages: MapAdapter = rules.bind("localhost")

    def product(self, id: int, lang: str) -> str:
        """The page of a good."""
        return self._page(lang, "product", id=id)

    def need(self, need: NeedLine, lang: str) -> str:
        """The page of a need, by its customer where several have one of its id."""
        customer = {"customer": need.customer_bin or ""} if need.shared else {}
        return self._page(lang, "need", external_id=need.external_id, **customer)

    def alerts(self, lang: str) -> str:
        """The list on the portal."""
        return self._page(lang, "alerts")

    def unsubscribe(self, account_id: int, lang: str) -> str:
        """Where one click ends the letters of a person."""
        return self._page(lang, "unsubscribe", secret=self._letters.secret_of(account_id))

    def _page(self, lang: str, endpoint: str, **values: Any) -> str:
        return f"{self._base}/{lang}{self._pages.build(endpoint, values)}"
