"""Who is signed in, and who may open which page.

Every view declares it with `@allow`; a view that does not stops the start of the portal. Operations ask again for
themselves: a page is only the first door.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from registry.accounts import queries
from registry.accounts.models import Account, AccountRole
from registry.accounts.rules import STAFF, Actor
from registry.errors import NotAllowed
from registry.wording import Message
from web.session import runtime

Roles = frozenset[AccountRole | None]
View = TypeVar("View", bound=Callable[..., Any])

# Everybody, signed in or not; a reader who is not has no role.
ANYONE: Final[Roles] = frozenset({None, *AccountRole})
SIGNED_IN: Final[Roles] = frozenset(AccountRole)
LISTERS: Final[Roles] = frozenset({AccountRole.SUPPLIER})
MATCHERS: Final[Roles] = frozenset({AccountRole.CUSTOMER, *STAFF})

STAYS_SIGNED_IN: Final = timedelta(hours=12)

_ACCOUNT: Final = "account"
_DECLARED: Final = "allowed_roles"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person whose request this is."""

    id: int
    email: str
    name: str
    role: AccountRole
    bin: str | None

    @property
    def actor(self) -> Actor:
        """As operations are told of them."""
        return Actor(name=self.email, role=self.role, bin=self.bin)


def allow(roles: Roles) -> Callable[[View], View]:
    """Declare who may open a view."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, roles)
        return view

    return declare


def declared(view: object) -> Roles | None:
    """Who may open a view; None when it does not say."""
    return getattr(view, _DECLARED, None)


def check_declared(app: Flask) -> None:
    """Raise RuntimeError naming every view that does not say who may open it."""
    silent = sorted(name for name, view in app.view_functions.items() if declared(view) is None)
    if silent:
        raise RuntimeError(f"views without @allow: {', '.join(silent)}")


def install(app: Flask) -> None:
    """Let a request know its person as `g.account` (None: nobody is signed in), and turn away those it is not for."""
    app.permanent_session_lifetime = STAYS_SIGNED_IN
    app.extensions["failures"] = Failures()

    @app.before_request
    def know() -> Response | None:
        g.account = None
        if request.endpoint is None or request.endpoint == "static":
            return None
        account_id = session.get(_ACCOUNT)
        if account_id is not None:
            with runtime().database.reading() as reading:
                found = queries.account(reading, account_id)
            if found is None:
                session.clear()
            else:
                g.account = SignedIn(found.id, found.email, found.name, AccountRole(found.role), found.bin)
        return _turned_away(current_app.view_functions[request.endpoint])


def person() -> SignedIn:
    """Whoever is signed in, in a view that only signed-in people may open."""
    signed_in: SignedIn = g.account
    return signed_in


def sign_in(account: Account) -> None:
    """From now on this browser is that person's; whatever the session held before is dropped with it."""
    session.clear()
    session[_ACCOUNT] = account.id
    session.permanent = True


def sign_out() -> None:
    """This browser is nobody's again."""
    session.clear()


def local_address(text: str | None) -> str | None:
    """An address of this portal to go on to, or None: never another site's, whatever the link said."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc or "\\" in text else text


class Failures:
    """Failed tries to sign in, counted per person and per place in this process.

    Simple on purpose: it slows guessing down. One person's slips stay well below the limits; a guesser's list does not.
    """

    span: Final = timedelta(minutes=15)
    by_person: Final = 8
    by_place: Final = 40

    def __init__(self) -> None:
        self._lock = Lock()
        self._times: dict[tuple[str, ...], deque[datetime]] = {}

    def free_again(self, place: str, email: str, now: datetime) -> datetime | None:
        """When somebody at this place may try again for this address; None when they may now."""
        with self._lock:
            self._forget(now)
            full = [
                times[-limit] + self.span
                for key, limit in (((place, email), self.by_person), ((place,), self.by_place))
                if len(times := self._times.get(key, ())) >= limit
            ]
        return max(full, default=None)

    def failed(self, place: str, email: str, now: datetime) -> None:
        """Count one failure."""
        with self._lock:
            for key in ((place, email), (place,)):
                self._times.setdefault(key, deque()).append(now)

    def succeeded(self, place: str, email: str) -> None:
        """Forget this person's failures; the place keeps its own."""
        with self._lock:
            self._times.pop((place, email), None)

    def _forget(self, now: datetime) -> None:
        for key, times in list(self._times.items()):
            while times and times[0] + self.span <= now:
                times.popleft()
            if not times:
                del self._times[key]


def _turned_away(view: Callable[..., Any]) -> Response | None:
    account: SignedIn | None = g.account
    roles = declared(view) or frozenset()
    if (account.role if account else None) in roles:
        return None
    if account is None:
        here = request.script_root + request.full_path.removesuffix("?") if request.method == "GET" else None
        return redirect(url_for("account.sign_in", next=here))
    raise NotAllowed(Message("web.error.not_allowed", {"role": Message(f"web.role.{account.role.value}")}))
