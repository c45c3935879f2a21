"""What an account must be like, and who may do what: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from registry.accounts.models import AccountRole
from registry.explain import Violation
from registry.wording import Message

# Long enough that a password is a phrase; no rule about digits and signs, which only breeds "Password1!".
PASSWORD_MIN: Final = 12
# Argon2 would hash a megabyte just as well: a bound on what a stranger can make the server compute.
PASSWORD_MAX: Final = 200
EMAIL_MAX: Final = 254
NAME_MAX: Final = 200

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

# Who works for the state or the institute: they see every need's results and start runs.
STAFF: Final = frozenset({AccountRole.EXPERT, AccountRole.ADMINISTRATOR})
# Roles that speak for one organisation, named by its БИН/ИИН.
SPEAKING_FOR_ONE: Final = frozenset({AccountRole.SUPPLIER, AccountRole.CUSTOMER})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, or the program itself (a command, a job), which has no role.

    name: what the audit writes down; bin: the organisation a supplier's or customer's person speaks for.
    """

    name: str
    role: AccountRole | None = None
    bin: str | None = None


def may_match(actor: Actor) -> bool:
    """Whether the actor may start a run of the matching engine: staff, a customer for its needs, a command."""
    return actor.role is None or actor.role in STAFF or actor.role is AccountRole.CUSTOMER


def folded_email(email: str) -> str:
    """The form under which an address is stored and looked up: no outer blanks, one case."""
    return email.strip().lower()


def check_account(*, email: str, name: str, password: str, role: AccountRole, bin: str | None) -> tuple[Violation, ...]:
    """What stands against opening such an account; empty if nothing does."""
    found: list[Violation] = []
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(folded_email(email)):
        found.append(Violation("accounts.email", "email", Message("accounts.email")))
    if not name.strip() or len(name) > NAME_MAX:
        found.append(Violation("accounts.name", "name", Message("accounts.name")))
    found.extend(check_password(password))
    if role in SPEAKING_FOR_ONE and not bin:
        found.append(Violation("accounts.bin.missing", "bin", Message("accounts.bin.missing")))
    if role not in SPEAKING_FOR_ONE and bin:
        found.append(Violation("accounts.bin.needless", "bin", Message("accounts.bin.needless")))
    return tuple(found)


def check_password(password: str) -> tuple[Violation, ...]:
    """What stands against a new password; empty if nothing does."""
    if PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return ()
    message = Message("accounts.password.length", {"min": PASSWORD_MIN, "max": PASSWORD_MAX})
    return (Violation("accounts.password.length", "password", message),)
