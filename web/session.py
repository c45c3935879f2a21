"""The database session of a request: a reading one for pages, one transaction for what changes something."""

from __future__ import annotations

import re
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map, PathConverter

from registry.db import undo
from web.runtime import Runtime

_READS = frozenset({"GET", "HEAD", "OPTIONS"})

# What in an id would not come back from an address as it went: a `.` or `..` between slashes is a folder to browsers,
# also when percent-encoded; of slashes side by side servers keep one; the rest is lost where a page links to itself.
_UNSTEADY = re.compile(r"(?<![^/])\.\.?(?![^/])|^/|/(?=/|$)|[?#%\\~]")
_WRITTEN = re.compile(r"~([0-9A-F]{2})")


class RowNumber(IntegerConverter):
    """A row's number in an address; of one that no database can hold there is no page."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**63 - 1)


class NeedId(PathConverter):
    """A need's id in an address, whatever its customer makes it of: what is unsteady there is written as `~2E`."""

    def to_url(self, value: str) -> str:
        """The part of the address."""
        steady = _UNSTEADY.sub(lambda found: "".join(f"~{ord(sign):02X}" for sign in found[0]), value)
        return super().to_url(steady)

    def to_python(self, value: str) -> str:
        """The id."""
        return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), value)


class Portal(Flask):
    """A Flask app whose every request is one transaction.

    The commit comes after the view and before its answer leaves: a failed commit is an error page, never a page that
    says "saved". An answer that refuses (a status of 400 or more) leaves nothing behind, unless the view says `keep`.
    """

    def dispatch_request(self) -> Any:
        """The view's answer, once what it wrote is committed; rolled back if it raises or refuses."""
        with ExitStack() as stack:
            g.sessions = stack
            try:
                answer = self.make_response(super().dispatch_request())
                if answer.status_code >= HTTPStatus.BAD_REQUEST and "db" in g and "keep" not in g:
                    undo(g.db)
                return answer
            finally:
                g.pop("sessions")
                g.pop("db", None)
                g.pop("keep", None)


def runtime() -> Runtime:
    """What the portal stands on."""
    return cast(Runtime, current_app.extensions["runtime"])


def keep() -> None:
    """Have what this request writes kept even if its answer refuses: a draft with a mistake in it is a draft still."""
    g.keep = True


def db() -> Session:
    """The session of the view that asks: for GET a reading one, else the request's transaction; opened when needed."""
    if "db" not in g:
        database = runtime().database
        stack: ExitStack = g.sessions
        g.db = stack.enter_context(database.reading() if request.method in _READS else database.transaction())
    return cast(Session, g.db)
