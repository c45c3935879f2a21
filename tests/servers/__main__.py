"""Start, find and stop the servers, or run a command with servers of its own: see the package."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.postgresql import Postgresql
from tests.servers.process import Server, ServerError, say
from tests.servers.redis import Redis

KINDS: dict[str, type[Server]] = {kind.name: kind for kind in (Postgresql, Redis, Elasticsearch)}


def main() -> int:
    """Run the command line; the exit status is 1 if a server could not be started."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action, explained in (
        ("start", "start what does not run yet, and print the variables by which the tests find it"),
        ("status", "print the variables of what runs"),
        ("stop", "stop and delete the data"),
    ):
        simple = actions.add_parser(action, help=explained, description=explained)
        simple.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(KINDS)}; all if none is named")
    actions.choices["start"].add_argument("--port", type=int, help="port of one server; 0 takes free ones")
    explained = "run a command with all servers, on free ports and required; stop them when it ends"
    actions.add_parser("run", help=explained, description=explained).add_argument("command", nargs=argparse.REMAINDER)

    given = parser.parse_args()
    try:
        if given.action == "run":
            return _run(given.command)
        if unknown := set(given.names) - set(KINDS):
            parser.error(f"no server is called {', '.join(unknown)}")
        servers = [KINDS[name]() for name in given.names or KINDS]
        if given.action == "start" and given.port and len(servers) > 1:
            parser.error("--port needs one server")
        for server in servers:
            if given.action == "stop":
                server.stop()
                continue
            if given.action == "start":
                server.start(given.port)
            _show(server)
    except ServerError as error:
        say(str(error))
        return 1
    return 0


def _show(server: Server) -> None:
    running = server.running()
    if not running:
        say(f"{server.name}: not running")
        return
    url = server.url(running.port)
    say(f"{server.name}: {url} (pid {running.pid}, log {running.folder}/log)")
    print(f"export {server.variable}={shlex.quote(url)}", flush=True)


def _run(command: list[str]) -> int:
    """Exit status of the command."""
    # A polite end of this process must not leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="ondiris-servers-") as state, ExitStack() as started:
        addresses = {}
        for kind in KINDS.values():
            server = kind(Path(state))
            addresses[kind.variable] = started.enter_context(_started(server))
        required = ",".join(filter(None, [os.environ.get("ONDIRIS_REQUIRE"), *KINDS]))
        return subprocess.run(
            command, env={**os.environ, **addresses, "ONDIRIS_REQUIRE": required}, check=False
        ).returncode


@contextmanager
def _started(server: Server) -> Iterator[str]:
    """Address of a server on a free port, for as long as the block lasts."""
    try:
        running = server.start(0)
        say(f"{server.name}: {server.url(running.port)}")
        yield server.url(running.port)
    finally:
        server.stop()


sys.exit(main())
