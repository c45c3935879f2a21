"""What the pages of the institute's desk share."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from registry.accounts.models import AccountRole
from registry.db import after_commit
from registry.errors import RuleBroken
from registry.wording import Message
from web import auth
from web.session import db, runtime

Answer = str | tuple[str, int] | Response
Problems = list[tuple[str, Message]]

READERS: Final[auth.Roles] = frozenset({*auth.INSTITUTE, AccountRole.AUDITOR})
HEADS: Final[auth.Roles] = frozenset({AccountRole.HEAD})
PAGE_SIZE: Final = 50

institute = Blueprint("institute", __name__, url_prefix="/institute")


def only_own() -> int | None:
    """Experts see what they were given; nobody else's, so that there is nothing to choose from."""
    person = auth.person()
    return person.id if person.role is AccountRole.EXPERT else None


def by() -> dict[str, Any]:
    """Who acts, and when, as operations take it."""
    return {"actor": auth.person().actor, "now": runtime().now()}


def wake() -> None:
    """Have the worker look for letters once this is committed."""
    waker = runtime().wake
    after_commit(db(), lambda: waker(None))


def problems_of(form: FlaskForm) -> Problems:
    """What is wrong with the fields of a form."""
    return [(field.id, error) for field in form for error in field.errors]


def broken_of(error: RuleBroken) -> Problems:
    """What a rule says, by field."""
    return [(one.field, one.message) for one in error.violations]
