"""`python3 -m tests.servers start|stop|status [NAME ...] [--port N]`: see the package."""

import argparse
import shlex
import sys

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.postgresql import Postgresql
from tests.servers.process import Server, ServerError, say
from tests.servers.redis import Redis

SERVERS: dict[str, Server] = {server.name: server for server in (Postgresql(), Redis(), Elasticsearch())}


def main() -> int:
    """Run the command line; the exit status is 1 if a server could not be started."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SERVERS)}; all if none is named")
    parser.add_argument("--port", type=int, help="for one server: its port; 0 takes a free one (also for several)")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in SERVERS]
    if unknown:
        parser.error(f"no server is called {', '.join(unknown)}")
    chosen = [SERVERS[name] for name in given.names or SERVERS]
    if given.port and len(chosen) > 1:
        parser.error("--port needs one server")
    for server in chosen:
        if given.action == "stop":
            server.stop()
            continue
        try:
            running = server.start(given.port) if given.action == "start" else server.running()
        except ServerError as error:
            say(str(error))
            return 1
        if running:
            url = server.url(running.port)
            say(f"{server.name}: {url} (pid {running.pid}, log {running.folder}/log)")
            print(f"export {server.variable}={shlex.quote(url)}", flush=True)
        else:
            say(f"{server.name}: not running")
    return 0


sys.exit(main())
