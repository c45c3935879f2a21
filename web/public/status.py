"""/health: whether the portal can work, for whoever watches it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g
from sqlalchemy.exc import SQLAlchemyError

from registry import outbox
from registry.wording import say
from web import auth
from web.session import runtime

blueprint = Blueprint("status", __name__)


@blueprint.get("/health")
@auth.allow(auth.ANYONE)
def health() -> tuple[dict[str, Any], int]:
    """State of the database, the search engine and the outbox between them.

    503 only when the database does not answer: without the engine the portal works on, degraded.
    """
    current = runtime()
    engine = current.engine.health()
    report: dict[str, Any] = {
        "status": "ok" if engine.ok else "degraded",
        "database": {"ok": True, "backend": current.database.url.get_backend_name()},
        "engine": {
            "ok": engine.ok,
            "name": engine.engine,
            "documents": dict(engine.documents),
            "problem": say(engine.problem, g.lang) if engine.problem else None,
        },
    }
    try:
        with current.database.reading() as session:
            waiting = outbox.state(session)
    except SQLAlchemyError:
        report["status"] = "unavailable"
        report["database"]["ok"] = False
        return report, 503
    lag = (current.now() - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    report["outbox"] = {"pending": waiting.pending, "lag_seconds": round(lag, 3), "parked": waiting.parked}
    return report, 200
