"""How the portal is: what works, long work and letters that failed, the index; and trying again."""

from __future__ import annotations

from typing import Final

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry import jobs as job_rows
from registry import messages, outbox
from registry.accounts.models import AccountRole
from registry.db import after_commit
from registry.jobs import JobState
from registry.upkeep import operations
from registry.wording import tr
from web import auth, health
from web.admin.blueprint import READERS, admin
from web.public.paging import page_of, row_before
from web.session import db, runtime

PAGE_SIZE: Final = 50
# Long work that is asked for where it is told how the index is, and where jobs are listed.
OF_INDEX: Final = ("reconcile", "reindex")
OF_JOBS: Final = ("match", "turn_of_day", "seal", "mail")


@admin.get("/admin/")
@auth.allow(READERS)
def overview() -> str:
    """What works, what does not, what is out of date: as `ondiris doctor` finds it."""
    return render_template(
        "admin/overview.html",
        findings=health.examine(runtime()),
        jobs=job_rows.counts(db()),
        letters=messages.counts(db()),
        waiting=outbox.state(db()),
    )


@admin.get("/admin/jobs")
@auth.allow(READERS)
def jobs() -> str:
    """Long work: waiting, running, failed and why, done; the newest first."""
    given = request.args.get("state", "")
    state = JobState(given) if given in tuple(JobState) else None
    found = job_rows.listed(db(), state, limit=PAGE_SIZE + 1, before=row_before(request.args))
    return render_template(
        "admin/jobs.html",
        state=state,
        states=tuple(JobState),
        counts=job_rows.counts(db()),
        jobs=found[:PAGE_SIZE],
        older=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        asked_for=OF_JOBS,
        may_change=_may_change(),
    )


@admin.post("/admin/jobs/<int:id>/retry")
@auth.allow(auth.ADMINISTRATORS)
def retry_job(id: int) -> Response:
    """Have a failed job tried again."""
    operations.retry_job(db(), id, actor=auth.person().actor, now=runtime().now())
    _wake(id)
    flash(tr("web.admin.retried", g.lang))
    return redirect(url_for("admin.jobs"))


@admin.post("/admin/work")
@auth.allow(auth.ADMINISTRATORS)
def ask_for() -> Response:
    """Have a piece of regular work done now, and go to the page of its progress."""
    job = operations.ask_for(db(), request.form.get("name", ""), actor=auth.person().actor, now=runtime().now())
    _wake(job.id)
    return redirect(url_for("jobs.job", id=job.id))


@admin.get("/admin/letters")
@auth.allow(READERS)
def letters() -> str:
    """Letters that were given up, and why. What they say is not shown: it may open an account."""
    counts = messages.counts(db())
    page, pages = page_of(request.args, counts.get(messages.LetterState.FAILED, 0), PAGE_SIZE)
    return render_template(
        "admin/letters.html",
        counts=counts,
        letters=messages.given_up(db(), limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE),
        page=page,
        pages=pages,
        page_address=lambda page: url_for("admin.letters", page=page),
        may_change=_may_change(),
    )


@admin.post("/admin/letters/<int:id>/retry")
@auth.allow(auth.ADMINISTRATORS)
def retry_letter(id: int) -> Response:
    """Have a letter sent again."""
    operations.retry_letter(db(), id, actor=auth.person().actor, now=runtime().now())
    _wake()
    flash(tr("web.admin.retried", g.lang))
    return redirect(url_for("admin.letters"))


@admin.get("/admin/index")
@auth.allow(READERS)
def index() -> str:
    """How the index is, what waits for it and since when, and what it would not take."""
    waiting = outbox.state(db())
    lag = (runtime().now() - waiting.oldest).total_seconds() if waiting.oldest else 0
    return render_template(
        "admin/index.html",
        findings=health.of_index(runtime()),
        waiting=waiting,
        lag=round(lag),
        parked=outbox.parked(db()),
        asked_for=OF_INDEX,
        may_change=_may_change(),
    )


@admin.post("/admin/index/retry")
@auth.allow(auth.ADMINISTRATORS)
def retry_parked() -> Response:
    """Have everything that the index would not take tried again."""
    count = operations.retry_parked(db(), actor=auth.person().actor, now=runtime().now())
    _wake()
    flash(tr("web.admin.parked_retried", g.lang, n=count))
    return redirect(url_for("admin.index"))


def _may_change() -> bool:
    return bool(g.account.role is AccountRole.ADMINISTRATOR)


def _wake(job_id: int | None = None) -> None:
    wake = runtime().wake
    after_commit(db(), lambda: wake(job_id))
