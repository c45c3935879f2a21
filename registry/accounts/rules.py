"""What an account must be like, and who may do what: pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, NamedTuple, TypeVar

from registry.accounts.models import AccountRole
from registry.errors import NotAllowed
from registry.explain import Violation
from registry.identifiers import REGIONS
from registry.wording import Message

Operation = TypeVar("Operation", bound=Callable[..., Any])

# Long enough that a password is a phrase; no rule about digits and signs, which only breeds "Password1!".
PASSWORD_MIN: Final = 12
# Argon2 would hash a megabyte just as well: a bound on what a stranger can make the server compute.
PASSWORD_MAX: Final = 200
EMAIL_MAX: Final = 254
NAME_MAX: Final = 200

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

# None stands for somebody who is signed in and may not act in any role yet.
Roles = frozenset[AccountRole | None]

# Who speaks for a supplier; those who may write; who answers for it.
SUPPLIER: Final[Roles] = frozenset({AccountRole.OWNER, AccountRole.EDITOR, AccountRole.VIEWER})
LISTERS: Final[Roles] = frozenset({AccountRole.OWNER, AccountRole.EDITOR})
# Who buys: officers of customers and of monitored organisations.
BUYERS: Final[Roles] = frozenset({AccountRole.CUSTOMER, AccountRole.MONITORED})
# Roles that speak for one organisation, named by its БИН/ИИН.
SPEAKING_FOR_ONE: Final[Roles] = SUPPLIER | BUYERS | {AccountRole.BANK}
# Roles that speak for one region.
OF_A_REGION: Final[Roles] = frozenset({AccountRole.AKIMAT})
# The institute that keeps the database, and who keeps the portal running.
INSTITUTE: Final[Roles] = frozenset({AccountRole.EXPERT, AccountRole.HEAD})
STAFF: Final[Roles] = INSTITUTE | {AccountRole.ADMINISTRATOR}
# Who reads what is for the state alone (domain.md §10.11, the word `state`): the institute, the authorised body, for
# which the database is formed (art. 51(1)), and the auditor.
STATE: Final[Roles] = STAFF | {AccountRole.AUTHORISED, AccountRole.AUDITOR}
# Without a second factor these may do nothing: what they sign binds others.
NEED_SECOND_FACTOR: Final[Roles] = STAFF
# Who may start a run of the matching engine.
MATCHERS: Final[Roles] = STAFF | {AccountRole.CUSTOMER}
# Roles that only an administrator grants; the others come with an organisation whose owner invites.
OFFICIAL: Final[Roles] = frozenset(AccountRole) - SUPPLIER
# What an owner may invite colleagues as.
INVITED: Final[Roles] = frozenset({AccountRole.EDITOR, AccountRole.VIEWER})
EVERYONE: Final[Roles] = frozenset({None, *AccountRole})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person in one role, or in none yet; or the program itself (a command, a job).

    name: what the audit writes down; scope: the organisation (БИН/ИИН) or region that the role speaks for.
    account_id: the person behind every role: nobody approves their own work, whatever the hat (four eyes). Without a
    role and without an account it is the program.
    """

    name: str
    role: AccountRole | None = None
    scope: str = ""
    account_id: int | None = None

    @property
    def is_program(self) -> bool:
        """Whether no person acts but the program, which may do everything that its operator has it do."""
        return self.role is None and self.account_id is None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values for work that is done later on the person's behalf."""
        return {"name": self.name, "role": self.role, "scope": self.scope, "account_id": self.account_id}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Actor:
        """The actor that `as_json` wrote."""
        role = AccountRole(stored["role"]) if stored["role"] else None
        return cls(stored["name"], role, stored["scope"], stored["account_id"])

    @property
    def bin(self) -> str | None:
        """The organisation spoken for; None where the role speaks for none."""
        return self.scope if self.role in SPEAKING_FOR_ONE else None

    @property
    def acting(self) -> str | None:
        """The role and whom it speaks for, as the audit writes it beside the name."""
        if self.role is None:
            return None
        return f"{self.role}:{self.scope}" if self.scope else str(self.role)


def by(roles: Roles) -> Callable[[Operation], Operation]:
    """Declare who may run an operation: actors of these roles, and always the program itself.

    It is asked at every call, so the page's own declaration is only the first door. Raises NotAllowed for others.
    """

    def declare(operation: Operation) -> Operation:
        @wraps(operation)
        def asked(*args: Any, actor: Actor, **kwargs: Any) -> Any:
            check_role(actor, roles)
            return operation(*args, actor=actor, **kwargs)

        asked.allowed_to = roles  # type: ignore[attr-defined]
        return asked  # type: ignore[return-value]

    return declare


def check_role(actor: Actor, roles: Roles) -> None:
    """Raise NotAllowed unless the actor has one of these roles or is the program itself."""
    if not actor.is_program and actor.role not in roles:
        role = actor.role or "newcomer"
        raise NotAllowed(Message("accounts.not_allowed", {"role": Message(f"accounts.role.{role}")}))


def check_speaks_for(actor: Actor, bin: str) -> None:
    """Raise NotAllowed where the actor speaks for another organisation. Roles that speak for none are not asked."""
    if actor.bin is not None and actor.bin != bin:
        raise NotAllowed(Message("accounts.other_organisation"))


def check_four_eyes(actor: Actor, author_id: int | None) -> None:
    """Raise NotAllowed where the actor decides on their own work, in whatever role it was done."""
    if actor.account_id is not None and actor.account_id == author_id:
        raise NotAllowed(Message("accounts.own_work"))


def folded_email(email: str) -> str:
    """The form under which an address is stored and looked up: no outer blanks, one case."""
    return email.strip().lower()


def check_email(email: str) -> tuple[Violation, ...]:
    """What stands against an address; empty if nothing does."""
    if len(email) <= EMAIL_MAX and _EMAIL.fullmatch(folded_email(email)):
        return ()
    return (Violation("accounts.email", "email", Message("accounts.email")),)


def check_name(name: str) -> tuple[Violation, ...]:
    """What stands against a person's name; empty if nothing does."""
    if name.strip() and len(name) <= NAME_MAX:
        return ()
    return (Violation("accounts.name", "name", Message("accounts.name")),)


def check_password(password: str) -> tuple[Violation, ...]:
    """What stands against a new password; empty if nothing does."""
    if PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return ()
    message = Message("accounts.password.length", {"min": PASSWORD_MIN, "max": PASSWORD_MAX})
    return (Violation("accounts.password.length", "password", message),)


def check_account(*, email: str, name: str, password: str) -> tuple[Violation, ...]:
    """What stands against opening such an account; empty if nothing does."""
    return (*check_email(email), *check_name(name), *check_password(password))


def check_scope(role: AccountRole, scope: str) -> tuple[Violation, ...]:
    """What stands against a role that speaks for this; empty if nothing does. scope: a БИН/ИИН in its normal form, a
    region's digits, or empty."""
    if role in SPEAKING_FOR_ONE:
        wrong = None if len(scope) == 12 else "accounts.bin.missing"
    elif role in OF_A_REGION:
        wrong = None if scope in REGIONS else "accounts.region.missing"
    else:
        wrong = "accounts.bin.needless" if scope else None
    return (Violation(wrong, "bin", Message(wrong)),) if wrong else ()


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within so long; one more is refused until the oldest of them is that long ago."""

    tries: int
    span: timedelta


_QUARTER: Final = timedelta(minutes=15)
_HOUR: Final = timedelta(hours=1)


class Limits(NamedTuple):
    """How often one thing may be tried: by one person (an address, an account) from one place (a network address), from
    one place by anybody, and by one person from anywhere.

    One person's slips stay well below; a guesser's list does not. Places are shared by whole offices, so theirs is
    wider, and so is the last: whoever knows an address shall not lock its person out from afar.
    """

    here: Limit
    place: Limit
    person: Limit


LIMITS: Final = {
    "sign_in": Limits(Limit(8, _QUARTER), Limit(40, _QUARTER), Limit(60, _HOUR)),
    "code": Limits(Limit(6, _QUARTER), Limit(40, _QUARTER), Limit(20, _HOUR)),
    "letter": Limits(Limit(3, _HOUR), Limit(20, _HOUR), Limit(5, _HOUR)),
    "invite": Limits(Limit(30, _HOUR), Limit(60, _HOUR), Limit(60, _HOUR)),
}
# Tries are kept as long as any of them may count.
LONGEST_SPAN: Final = max(limit.span for limits in LIMITS.values() for limit in limits)


def free_again(times: list[datetime], limit: Limit, now: datetime) -> datetime | None:
    """When one more try will be allowed, given those before it; None where it is allowed now."""
    recent = sorted(at for at in times if at > now - limit.span)
    return recent[-limit.tries] + limit.span if len(recent) >= limit.tries else None
