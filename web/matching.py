"""The published needs matched with the register, for the demonstration, the command and the job that a worker runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matching.engine.models import TOP as TOP
from matching.engine.runs import RunReport, match_register
from matching.needs import queries
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree

if TYPE_CHECKING:
    from web.runtime import Runtime


def match_published(
    runtime: Runtime,
    *,
    actor: str,
    needs: Sequence[str] | None = None,
    customer: str | None = None,
    top: int = TOP,
    progress: Callable[[int, int], object],
) -> RunReport:
    """Match the needs published today, or those with the given ids of their owners, and keep what is said.

    customer: whose, where several have needs of one id.
    Raises NotFound for an id that is not published, EngineUnavailable where candidates cannot be found.
    """
    from web.alerts.rounds import matched

    on = runtime.today()
    with runtime.database.reading() as session:
        if needs is None:
            lines = queries.needs(session, on)
        else:
            lines = [queries.need(session, external_id, on, customer) for external_id in needs]
        nomenclature = tree(session, Scheme.TNVED, on)
    report = match_register(
        runtime.database,
        runtime.engine,
        lines,
        on=on,
        now=runtime.now,
        actor=actor,
        top=top,
        nomenclature=nomenclature,
        progress=progress,
    )
    matched(runtime)
    return report
