"""Who is signed in, and who may open which page.

Every view declares it with `@allow`; a view that does not stops the start of the portal. Operations ask again for
themselves: a page is only the first door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from registry.accounts import entering, rules
from registry.accounts.entering import SEEN_EVERY, STAYS_SIGNED_IN, Entered
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.errors import NotAllowed
from registry.wording import Message
from web.session import runtime

# Somebody who is signed in and may not act in any role yet.
NEWCOMER: Final = "newcomer"

Reader = AccountRole | Literal["newcomer"] | None
Roles = frozenset[Reader]
View = TypeVar("View", bound=Callable[..., Any])

# Everybody, signed in or not; a reader who is not has no role.
ANYONE: Final[Roles] = frozenset({None, NEWCOMER, *AccountRole})
SIGNED_IN: Final[Roles] = frozenset({NEWCOMER, *AccountRole})
# The supplier's desk: who reads it, who changes what it lists, who answers for it.
DESK: Final[Roles] = frozenset(rules.SUPPLIER)
LISTERS: Final[Roles] = frozenset(rules.LISTERS)
OWNERS: Final[Roles] = frozenset({AccountRole.OWNER})
INSTITUTE: Final[Roles] = frozenset(rules.INSTITUTE)
MATCHERS: Final[Roles] = frozenset(rules.MATCHERS)
ADMINISTRATORS: Final[Roles] = frozenset({AccountRole.ADMINISTRATOR})

_COOKIE: Final = "sign_in"
_DECLARED: Final = "allowed_roles"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person whose request this is, and what they act as in this browser.

    role: None for somebody who may not act for anybody yet. has_factor: whether codes of an authenticator are asked
    of them; proven: whether one was given in this browser.
    """

    id: int
    sign_in_id: int
    email: str
    name: str
    lang: str
    membership_id: int | None
    role: AccountRole | None
    scope: str
    has_factor: bool
    proven: bool

    @classmethod
    def of(cls, entered: Entered) -> SignedIn:
        """The person of a browser's sign-in."""
        sign_in, account, membership = entered
        return cls(
            id=account.id,
            sign_in_id=sign_in.id,
            email=account.email,
            name=account.name,
            lang=account.lang,
            membership_id=membership.id if membership else None,
            role=membership.role if membership else None,
            scope=membership.scope if membership else "",
            has_factor=account.totp_sealed is not None,
            proven=sign_in.proven_at is not None,
        )

    @property
    def bin(self) -> str | None:
        """The organisation that the role speaks for; None where it speaks for none."""
        return self.scope if self.role in rules.SPEAKING_FOR_ONE else None

    @property
    def actor(self) -> Actor:
        """As operations are told of them."""
        return Actor(name=self.email, role=self.role, scope=self.scope, account_id=self.id)

    @property
    def missing(self) -> Literal["code", "enrolment"] | None:
        """What this person has to do before they are let in: give a code, or set the second factor up."""
        if self.has_factor:
            return None if self.proven else "code"
        return "enrolment" if self.role in rules.NEED_SECOND_FACTOR else None


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
    """Let a request know its person as `g.account`, and turn away those it is not for.

    `g.account` is None where nobody is signed in, and for whoever has not given the second factor yet: such a person is
    `g.entering`, and reads what everybody may read.
    """
    app.permanent_session_lifetime = STAYS_SIGNED_IN

    @app.before_request
    def know() -> Response | None:
        g.account = g.entering = None
        if request.endpoint is None or request.endpoint == "static":
            return None
        secret = session.get(_COOKIE)
        if secret is not None:
            _recognise(str(secret))
        return _turned_away(current_app.view_functions[request.endpoint])


def _recognise(secret: str) -> None:
    now, database = runtime().now(), runtime().database
    with database.reading() as reading:
        found = entering.entered(reading, secret, now)
    if found is None:
        session.clear()
        return
    person = SignedIn.of(found)
    if person.missing:
        g.entering = person
    else:
        g.account = person
    if now - found.sign_in.seen_at >= SEEN_EVERY:
        with database.transaction() as writing:
            entering.seen(writing, person.sign_in_id, now=now)


def person() -> SignedIn:
    """Whoever is signed in, in a view that only signed-in people may open."""
    signed_in: SignedIn = g.account
    return signed_in


def keep(secret: str) -> None:
    """This browser is now the one that keeps a sign-in's secret; whatever it held before is dropped."""
    session.clear()
    session[_COOKIE] = secret
    session.permanent = True


def forget() -> None:
    """This browser is nobody's again."""
    session.clear()


def local_address(text: str | None) -> str | None:
    """An address of this portal to go on to, or None: never another site's, whatever the link said."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc or "\\" in text else text


def place() -> str:
    """Where the request comes from: the reader's network address."""
    return request.remote_addr or ""


def _reader() -> Reader:
    account: SignedIn | None = g.account
    if account is None:
        return None
    return account.role or NEWCOMER


def _turned_away(view: Callable[..., Any]) -> Response | None:
    reader = _reader()
    if reader in (declared(view) or frozenset()):
        return None
    if reader is None:
        here = request.script_root + request.full_path.removesuffix("?") if request.method == "GET" else None
        return redirect(url_for("account.sign_in", next=here))
    raise NotAllowed(Message("web.error.not_allowed", {"role": Message(f"accounts.role.{reader}")}))
