"""Workers as people run them, in processes of their own: the child worker of `serve`, and Celery's over Redis."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from elasticsearch import Elasticsearch

from config.settings import Settings
from registry.jobs import Job
from tests.architecture import ROOT
from web.runtime import Runtime

SERVE, CELERY = "serve", "celery"
_COMMANDS: Mapping[str, list[str]] = {
    SERVE: ["serve", "--port", "0"],
    CELERY: ["worker", "--beat", "--concurrency", "1"],
}
PATIENCE_S = 90.0


def wait_for(what: Callable[[], bool]) -> None:
    """Return once it is so; fail if it never comes to be."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain"
        time.sleep(0.05)


@dataclass
class Crew:
    """One worker of a sort (SERVE or CELERY), with whatever starts it and starts it again."""

    sort: str
    runtime: Runtime
    process: subprocess.Popen[bytes]

    def worker(self, job: Job) -> int:
        """Id of the process that has the job."""
        if self.sort == CELERY:
            assert job.lease_owner is not None
            return int(job.lease_owner.split(":")[1])
        [child] = _children(self.process.pid)
        return child

    def kill(self) -> None:
        """Kill all its processes at once, as when the machine loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def at_work(sort: str, runtime: Runtime) -> Iterator[Crew]:
    """A crew over the settings of the runtime; at the end it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", *_COMMANDS[sort]],
        env=_environment(runtime.settings),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    crew = Crew(sort, runtime, process)
    with process:
        try:
            yield crew
        finally:
            if process.poll() is None:
                crew.kill()


def _environment(settings: Settings) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ONDIRIS_")}
    set_up = {
        "ONDIRIS_HOME": str(settings.home),
        "ONDIRIS_DATABASE_URL": settings.database_url,
        "ONDIRIS_ELASTICSEARCH_URL": settings.elasticsearch_url or "",
        "ONDIRIS_BROKER_URL": settings.broker_url or "",
    }
    return plain | set_up


def _children(pid: int) -> set[int]:
    """Processes started by any thread of a process."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for threads in listed for child in threads.read_text().split()}


@contextmanager
def own_redis(state: Path) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Address of a Redis of the test's own, which does not run yet, and what starts and stops it there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def do(*action: str) -> None:
        command = [sys.executable, "-m", "tests.servers", *action]
        environ = {**os.environ, "ONDIRIS_SERVERS": str(state)}
        subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)

    def stop() -> None:
        do("stop", "redis")

    try:
        yield f"redis://127.0.0.1:{port}/0", lambda: do("start", "redis", "--port", str(port)), stop
    finally:
        stop()


@contextmanager
def own_indexes(server: str) -> Iterator[None]:
    """The indexes by which an installation knows its own, empty: only one test of this machine has them at a time."""
    lock = Path(tempfile.gettempdir(), f"ondiris-tests-{server.rpartition(':')[2].strip('/')}.lock")
    with lock.open("w") as file, Elasticsearch(server) as client:
        fcntl.flock(file, fcntl.LOCK_EX)
        _forget(client)
        yield
        _forget(client)


def _forget(client: Elasticsearch) -> None:
    names = list(client.indices.get(index="ondiris-product*", expand_wildcards="all"))
    if names:
        client.indices.delete(index=names)
