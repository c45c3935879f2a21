"""Whether the register holds the demonstration's invented firms: then every page says that they are invented."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from registry.bulk import BulkRun
from web.session import runtime

# Who took the demonstration's files in. Portal users act under an address, the command line as `operator`.
ACTOR = "demo"


def install(app: Flask) -> None:
    """Let templates ask with `demonstration()`."""
    held = False

    def demonstration() -> bool:
        nonlocal held
        # What was once taken in stays; until then each page asks anew, since `ondiris demo` may run beside the portal.
        if not held:
            try:
                with runtime().database.reading() as session:
                    held = is_loaded(session)
            except SQLAlchemyError:
                # The page of this very failure is being made.
                return False
        return held

    app.jinja_env.globals["demonstration"] = demonstration


def is_loaded(session: Session) -> bool:
    """Whether the demonstration's files were ever taken in."""
    return session.scalars(select(BulkRun.id).where(BulkRun.actor == ACTOR).limit(1)).first() is not None
