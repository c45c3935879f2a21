"""Workers over a broker: Celery runs what web.worker says, and nothing rests on its messages.

A message carries at most a job's id. Beat's timer is the guarantee that what a lost message should have started is
started all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import Celery
from kombu.exceptions import OperationalError

from config.settings import TIME_ZONE, Settings
from web.runtime import Runtime
from web.worker import TIMER_S, daily, drain, draining, run_job

logger = logging.getLogger(__name__)

# How long a periodic message that nobody took stays good beyond its period: by more the clocks may not differ, seconds.
EXPIRES_S = 30.0
# How long a broker may take to answer somebody who saves, seconds.
BROKER_S = 3.0


def celery_app(settings: Settings, make_runtime: Callable[[], Runtime]) -> Celery:
    """The Celery application over the broker of the settings; each worker process makes a runtime of its own."""
    app = Celery("ondiris", broker=settings.broker_url)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        timezone=TIME_ZONE.key,
        task_default_queue="ondiris",
        # What was not taken in its time is dropped: the next one does the same.
        beat_schedule={
            name: {"task": f"ondiris.{name}", "schedule": every_s, "options": {"expires": every_s + EXPIRES_S}}
            for name, every_s in (("drain", TIMER_S), ("run_waiting", 5 * TIMER_S), ("daily", 60 * TIMER_S))
        },
    )
    if settings.broker_url and settings.broker_url.startswith("redis"):
        # Whoever sends does not wait for a broker that is away; the workers themselves connect again for ever.
        app.conf.broker_transport_options = {"socket_connect_timeout": BROKER_S, "max_retries": 0}
    held: list[Runtime] = []

    def runtime() -> Runtime:
        # Made after the fork: connections and engine handles must not be shared by processes.
        if not held:
            held.append(make_runtime())
        return held[0]

    @app.task(name="ondiris.drain")
    def drain_task() -> None:
        drain(runtime())

    @app.task(name="ondiris.run_job")
    def run_job_task(job_id: int) -> None:
        with draining(runtime()):
            run_job(runtime(), job_id)

    @app.task(name="ondiris.run_waiting")
    def run_waiting_task() -> None:
        with draining(runtime()):
            while run_job(runtime()) is not None:
                pass

    @app.task(name="ondiris.daily")
    def daily_task() -> None:
        daily(runtime())

    return app


def wake_through(app: Celery) -> Callable[[int | None], None]:
    """Tells Celery's workers of a job, or of the outbox; see `Runtime.wake`.

    A broker that is away stops nobody who saves: the rows are written, and beat's timer finds them when it is back.
    """

    def wake(job_id: int | None) -> None:
        try:
            if job_id is None:
                app.send_task("ondiris.drain", retry=False)
            else:
                app.send_task("ondiris.run_job", [job_id], retry=False)
        except OperationalError:
            logger.warning("the broker is away, so no worker was woken", exc_info=True)

    return wake
