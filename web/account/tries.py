"""Tries that are counted: how a page asks whether one more may be made."""

from __future__ import annotations

from registry.accounts import entering
from registry.wording import Message
from web import auth
from web.session import runtime


def waiting(action: str, person: str) -> Message | None:
    """Count one more try of this person from this place; what to say where it is one too many, else None.

    Committed by itself before the try is made, so that many at once are all counted.
    """
    now, place = runtime().now(), auth.place()
    with runtime().database.transaction() as session:
        entering.count_try(session, action, person=person, place=place, now=now)
    with runtime().database.transaction() as session:
        until = entering.must_wait(session, action, person=person, place=place, now=now)
    if until is None:
        return None
    return Message("web.sign_in.too_often", {"n": max(1, -(-int((until - now).total_seconds()) // 60))})
