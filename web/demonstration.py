"""Whether the register holds the demonstration's invented firms: then every page and every list says that they are."""

from __future__ import annotations

from typing import Final

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from registry.accounts import queries
from registry.accounts.second_factor import code
from registry.bulk import BulkRun
from web.auth import SignedIn
from web.imports import KINDS
from web.session import runtime

# Who took the demonstration's files in. Portal users act under an address, the command line as `operator`.
ACTOR: Final = "demo"

# No mail reaches such an address (RFC 2606), so nobody real has it.
PEOPLE: Final = "@ondiris.example"

_HELD: Final = "demonstration"


def install(app: Flask) -> None:
    """Let templates ask with `demonstration()`."""
    app.extensions[_HELD] = False
    app.jinja_env.globals["demonstration"] = demonstration
    app.jinja_env.globals["shown_code"] = shown_code


def demonstration() -> bool:
    """Whether what this portal shows is invented.

    What was once taken in stays; until then each page asks anew, since `ondiris demo` may run beside the portal.
    """
    if not current_app.extensions[_HELD]:
        try:
            with runtime().database.reading() as session:
                current_app.extensions[_HELD] = is_loaded(session)
        except SQLAlchemyError:
            # The page of this very failure is being made.
            return False
    return bool(current_app.extensions[_HELD])


def shown_code(person: SignedIn) -> str | None:
    """The code that the demonstration's own people are asked for: they have no telephone. None for everybody else."""
    if not person.email.endswith(PEOPLE) or not demonstration():
        return None
    with runtime().database.reading() as session:
        held = queries.account(session, person.id)
    secret = runtime().sealer.opened(held.totp_sealed) if held and held.totp_sealed else None
    return code(secret, runtime().now()) if secret else None


def is_loaded(session: Session) -> bool:
    """Whether the demonstration's files were ever taken in."""
    return session.scalars(select(BulkRun.id).where(BulkRun.actor == ACTOR).limit(1)).first() is not None


def is_whole(session: Session) -> bool:
    """Whether every file of the demonstration was taken in to its end."""
    ended = select(BulkRun.kind).where(BulkRun.actor == ACTOR, BulkRun.finished_at.is_not(None)).distinct()
    return set(session.scalars(ended)) >= set(KINDS)
