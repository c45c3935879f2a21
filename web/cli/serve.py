"""`ondiris serve` and `ondiris worker`: the portal, and who does its long work."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from registry.wording import tr

if TYPE_CHECKING:
    from web.runtime import Runtime

logger = logging.getLogger(__name__)

HIGHEST_PORT = 65_535
# Threads that answer requests; each may hold a database connection.
THREADS = 8
# Connections that may be open, and seconds after which an idle one is closed: each browser keeps six of them open,
# and one too many waits until another is closed.
CONNECTIONS = 2_000
IDLE_S = 30
# When the portal loads what the first search needs, seconds after its start: its first reader asks for a page first.
WARM_UP_S = 1.0
# A child worker that dies at once is started again more and more slowly, up to this pause, seconds.
LONGEST_PAUSE_S = 30.0


class Child:
    """The child worker of `serve`: a process of its own, started again when it dies, woken through its standard input.

    When this process dies, however it dies, the pipe closes and the child ends after what it is doing.
    """

    def __init__(self) -> None:
        # One name over all its lives: a new child takes up at once what the dead one held.
        self.owner = f"serve:{socket.gethostname()}:{os.getpid()}"
        self._environment = dict(os.environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keep-worker", daemon=True)

    def start(self, address: str) -> None:
        """Start the worker and keep it running; the letters that it writes lead to this address, unless a setting
        names another."""
        self._environment.setdefault("ONDIRIS_PORTAL_URL", address)
        self._keeper.start()

    def stop(self) -> None:
        """End the worker after what it is doing, at most some seconds."""
        self._stopping.set()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.terminate()

    def wake(self, job_id: int | None = None) -> None:
        """Have the worker look at its rows now."""
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            # The worker is dead or dying: its successor looks at the rows when it starts.
            logger.info("the worker could not be woken")

    def _keep(self) -> None:
        pause = 0.5
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                    [sys.executable, "-m", "web.cli", "worker", "--owner", self.owner, "--until-eof"],
                    stdin=subprocess.PIPE,
                    env=self._environment,
                )
            except OSError:
                # Out of memory or of processes for the moment: no reason to be without a worker ever after.
                logger.exception("the worker could not be started, and will be")
            else:
                code = self._process.wait()
                if self._stopping.is_set():
                    return
                logger.warning("the worker ended with status %s and is started again", code)
            pause = 0.5 if time.monotonic() - started > LONGEST_PAUSE_S else min(pause * 2, LONGEST_PAUSE_S)
            self._stopping.wait(pause)


def run_portal(runtime: Runtime, *, host: str, port: int, with_worker: bool, ready: Callable[[str], None]) -> None:
    """Serve the portal until stopped; `ready` is called with its address once requests are answered.

    The long work goes to Celery's workers where a broker is set, else to a child worker (unless told otherwise).
    """
    import waitress

    from web import create_app

    child: Child | None = None
    if runtime.settings.broker_url:
        from web.broker import celery_app, wake_through

        runtime.wake = wake_through(celery_app(runtime.settings, lambda: runtime))
    elif with_worker:
        child = Child()
        runtime.wake = child.wake
    app = create_app(runtime)
    try:
        server = waitress.create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=IDLE_S // 2,
            # Sockets by poll: select knows no more than 1,024.
            asyncore_use_poll=True,
            ident="ondiris",
            # What proxies say is for the app to believe; without one it is forged, and goes no further.
            clear_untrusted_proxy_headers=not runtime.settings.trusted_proxies,
        )
    except OSError as error:
        click.echo(tr("cli.serve.port", runtime.settings.lang, port=str(port), reason=str(error.strerror)), err=True)
        sys.exit(1)
    # waitress takes SystemExit as the wish to stop, and finishes what it is answering.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = address_of(host, server.effective_port)
    if child is not None:
        child.start(address)
    app.extensions["sightings"].keep_flushing()
    ready(f"{address}/")
    warming = threading.Timer(WARM_UP_S, _warm_up, [runtime])
    # Whoever stops the portal does not wait for it.
    warming.daemon = True
    warming.start()
    try:
        server.run()
    finally:
        warming.cancel()
        server.close()
        if child is not None:
            child.stop()


def address_of(host: str, port: int) -> str:
    """The address under which somebody at this machine reads what listens there."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    return f"http://{shown}:{port}"


def _warm_up(runtime: Runtime) -> None:
    """Load what the first search would wait for, 0.2 s, and the first who looks for a code, 5 s."""
    from search.analysis import query_tokens
    from web.suggesting import loaded

    query_tokens("Труба 159х8")
    loaded(runtime, runtime.today())


def announce(address: str) -> None:
    """Print the address on a line of its own, at once."""
    click.echo(address)
    sys.stdout.flush()


def _is_port(context: click.Context, parameter: click.Parameter, port: int) -> int:
    # Beyond its sixteen bits a number wraps around, and some other port would be opened.
    if not 0 <= port <= HIGHEST_PORT:
        lang = context.obj().settings.lang
        click.echo(tr("cli.serve.no_port", lang, port=str(port), highest=str(HIGHEST_PORT)), err=True)
        context.exit(2)
    return port


port_option = click.option(
    "--port",
    default=8000,
    show_default=True,
    callback=_is_port,
    help="Port to listen on; 0 takes any free one.",
)


@click.command(epilog="Example: ondiris serve --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@port_option
@click.option("--worker/--no-worker", "with_worker", default=True, help="Start a child worker (without a broker only).")
@click.pass_obj
def serve(make_runtime: Callable[[], Runtime], host: str, port: int, with_worker: bool) -> None:
    """Serve the portal. Stops on Ctrl-C or SIGTERM."""
    from registry import migrations

    runtime = make_runtime()
    if migrations.revision_of(runtime.database) != migrations.newest_revision():
        click.echo(tr("cli.serve.not_migrated", runtime.settings.lang), err=True)
        sys.exit(1)
    run_portal(runtime, host=host, port=port, with_worker=with_worker, ready=announce)


@click.command(epilog="Example: ondiris worker --beat")
@click.option("--beat", is_flag=True, help="Also send the periodic tasks (exactly one worker of an installation does).")
@click.option("--concurrency", default=2, show_default=True, help="Processes (with a broker only).")
@click.option("--owner", help="Name under which leases are taken; whatever it held before is taken up at once.")
@click.option("--until-eof", is_flag=True, help="End when standard input closes; each line on it is a wake-up call.")
@click.pass_obj
def worker(
    make_runtime: Callable[[], Runtime], beat: bool, concurrency: int, owner: str | None, until_eof: bool
) -> None:
    """Do the long work: drain the outbox into the index, run jobs.

    With ONDIRIS_BROKER_URL as a Celery worker, without it on the job rows alone.
    """
    from web.worker import Loop, owner_name

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    runtime = make_runtime()
    settings = runtime.settings
    if settings.broker_url:
        from web.broker import celery_app

        argv = ["worker", f"--concurrency={concurrency}", "--loglevel=WARNING"]
        if beat:
            settings.home.mkdir(parents=True, exist_ok=True)
            argv += ["--beat", "--schedule", str(settings.home / "beat-schedule")]
        celery_app(settings, make_runtime).worker_main(argv)
        return
    loop = Loop(runtime, owner=owner or owner_name())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())

    if until_eof:

        def listen() -> None:
            # Raw reads: a call must not wait until a buffer is full.
            while os.read(0, 1024):
                loop.wake()
            loop.stop()

        threading.Thread(target=listen, name="wake", daemon=True).start()
    loop.run()
