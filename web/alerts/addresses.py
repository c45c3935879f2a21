"""Addresses in letters that a worker writes: there no page is being read from which they could be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itsdangerous import BadSignature, URLSafeSerializer

from web.addresses import Pages

if TYPE_CHECKING:
    from matching.engine.lines import NeedLine
    from web.runtime import Runtime


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
        self._pages = Pages.outside(runtime.settings)
        self._letters = Letters(runtime.secret_key)

    def product(self, id: int, lang: str) -> str:
        """The page of a good."""
        return self._pages.page(lang, "product", id=id)

    def need(self, need: NeedLine, lang: str) -> str:
        """The page of a need, by its customer where several have one of its id."""
        customer = {"customer": need.customer_bin or ""} if need.shared else {}
        return self._pages.page(lang, "need", external_id=need.external_id, **customer)

    def alerts(self, lang: str) -> str:
        """The list on the portal."""
        return self._pages.page(lang, "alerts")

    def unsubscribe(self, account_id: int, lang: str) -> str:
        """Where one click ends the letters of a person."""
        return self._pages.page(lang, "unsubscribe", secret=self._letters.secret_of(account_id))
