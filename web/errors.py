"""What went wrong, as a page that says what happened and what to do; here alone errors become status codes."""

from __future__ import annotations

import logging
from typing import Any, Final

from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from registry.errors import Conflict, NotAllowed, NotFound, RegistryError, RuleBroken
from registry.wording import Message
from web import files

logger = logging.getLogger(__name__)

_STATUS: Final = ((NotFound, 404), (NotAllowed, 403), (Conflict, 409), (RuleBroken, 422))
# The pages that catalogues have words for; any other status is shown in the words of the nearest of these.
_WORDED: Final = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})


def install(app: Flask) -> None:
    """Give every failure of the app its page."""
    app.register_error_handler(RegistryError, _registry)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(IntegrityError, _twice)
    app.register_error_handler(DataError, _unkept)
    app.register_error_handler(Exception, _bug)


def page(
    status: int, message: Message | None = None, details: tuple[Message, ...] = (), remedy: Message | None = None
) -> tuple[str, int]:
    """The page of a status in the reader's language; `message` says more exactly what happened, `remedy` what to do."""
    # The language is chosen before anything can fail, but a request too broken to be read has none.
    g.setdefault("lang", "ru")
    g.setdefault("account", None)
    return render_template("error.html", status=status, message=message, details=details, remedy=remedy), status


def _registry(error: RegistryError) -> tuple[str, int]:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    details = tuple(violation.message for violation in error.violations) if isinstance(error, RuleBroken) else ()
    return page(status, None if details else error.message, details)


def _csrf(error: CSRFError) -> tuple[str, int]:
    return page(400, Message("web.error.csrf"))


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if status == 413 and (said := files.too_large()) is not None:
        return page(status, said[0], remedy=said[1])
    return page(status if status in _WORDED else 500 if status >= 500 else 400)


def _database(error: OperationalError) -> tuple[str, int]:
    logger.error("the database does not answer at %s: %s", request.path, error.orig)
    return page(503)


def _twice(error: IntegrityError) -> tuple[str, int]:
    # Two requests wrote the same at one moment, as a double click does: the constraint let one of them through.
    logger.warning("refused by a constraint at %s: %s", request.path, error.orig)
    return page(409)


def _unkept(error: DataError) -> tuple[str, int]:
    # Asked for what the database can hold nowhere: PostgreSQL refuses a text with the character of code 0.
    logger.warning("refused as no value of a column at %s: %s", request.path, error.orig)
    return page(400)


def _bug(error: Exception) -> tuple[str, int]:
    logger.exception("failed at %s %s", request.method, request.path)
    return page(500)
