"""The legal day a page speaks of: today, or the one its address asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from flask import request

from registry import cells
from registry.errors import NotFound
from registry.wording import Message
from web.session import runtime

T = TypeVar("T")


def asked_day() -> date:
    """The day of `?on=`; today where none is asked, or none that a calendar holds."""
    return cells.day(request.args.get("on", "").strip()) or runtime().today()


def as_of(find: Callable[[date], T], on: date) -> T:
    """What `find` finds on that day. Raises NotFound that names the day where it is not today's."""
    try:
        return find(on)
    except NotFound as error:
        if on == runtime().today():
            raise
        raise NotFound(Message("web.as_of.nothing", {"on": on})) from error
