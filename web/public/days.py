"""The legal day a page speaks of: today, or the one its address asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from flask import request

from registry import cells
from registry.errors import NotFound
from registry.wording import Message
from web.session import runtime

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AskedDay:
    """The day `on` that a page speaks of. unread: what was asked for and is no day, so that it is today instead."""

    on: date
    today: date
    unread: str | None = None

    @property
    def asked(self) -> str | None:
        """What the address of a page says to speak of this day, too; None where it is today's, as nothing need be."""
        return None if self.on == self.today else self.on.isoformat()

    def find(self, find: Callable[[date], T]) -> T:
        """What `find` finds on that day. Raises NotFound that names the day where it is not today's."""
        try:
            return find(self.on)
        except NotFound as error:
            if self.on == self.today:
                raise
            raise NotFound(Message("web.as_of.nothing", {"on": self.on})) from error


def asked_day() -> AskedDay:
    """The day of `?on=`; today where none is asked, or none that a calendar holds."""
    today, given = runtime().today(), request.args.get("on", "").strip()
    on = cells.day(given)
    if on is None:
        return AskedDay(today, today, cells.shown(given) or None)
    return AskedDay(on, today)
