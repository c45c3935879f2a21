"""Tries that are counted: how a page asks whether one more may be made."""

from __future__ import annotations

from registry.accounts import entering, operations, queries
from registry.wording import Message
from web import auth
from web.account.forms import KnownForm
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


def not_known(form: KnownForm) -> Message | None:
    """Whether somebody may go on who is signed in and has typed their password once more: None where it is right.

    Where it is wrong that is said at its field, too. Call it before anything is asked of `db()`: hashing takes long.
    """
    person = auth.person()
    if wait := waiting("sign_in", person.email):
        return wait
    with runtime().database.reading() as reading:
        held = queries.account(reading, person.id)
    if not operations.is_password(held, form.current.data or ""):
        wrong = Message("web.account.current_wrong")
        form.current.errors = [wrong]  # type: ignore[list-item]
        return wrong
    with runtime().database.transaction() as session:
        entering.forget_tries(session, "sign_in", person=person.email, place=auth.place())
    return None
