"""The page of one job: how far it has come, and where its result is."""

from __future__ import annotations

from flask import Blueprint, g, render_template, url_for

from registry.accounts.rules import STAFF
from registry.errors import NotAllowed, NotFound
from registry.jobs import Job, JobState
from registry.wording import Message
from web import auth
from web.session import db

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/jobs/<int:id>")
@auth.allow(auth.SIGNED_IN)
def job(id: int) -> str:
    """Progress of a job, for whoever started it and for staff; asks again by itself until the job is over."""
    found = db().get(Job, id)
    if found is None:
        raise NotFound(Message("job.not_found", {"id": id}))
    if found.actor != g.account.email and g.account.role not in STAFF:
        raise NotAllowed(Message("web.job.not_yours"))
    pending = found.state in (JobState.QUEUED, JobState.RUNNING)
    return render_template("jobs/job.html", job=found, pending=pending, address=_result(found))


def _result(found: Job) -> str | None:
    """Where to see what the job was for; None for work that has no page of its own."""
    needs = found.params.get("needs")
    if found.name != "match":
        return None
    if needs and len(needs) == 1:
        return url_for("public.need", external_id=needs[0], customer=found.params.get("customer"))
    return url_for("public.needs")
