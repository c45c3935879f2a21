"""Redis from the distribution's packages, keeping everything in memory."""

import shutil
import socket
from pathlib import Path

from tests.servers.process import LOOPBACK, Running, Server, ServerError


class Redis(Server):
    """Writes nothing to disk; sixteen databases, numbered."""

    name = "redis"
    variable = "ONDIRIS_TEST_REDIS_URL"
    default_port = 16379

    def prepare(self, folder: Path, port: int) -> list[str]:
        """Nothing to prepare."""
        program = shutil.which("redis-server")
        if not program:
            raise ServerError("redis: not installed; on Debian: apt-get install redis-server")
        settings = {"port": str(port), "bind": LOOPBACK, "dir": str(folder), "save": "", "appendonly": "no"}
        return [program, *(word for key, value in settings.items() for word in (f"--{key}", value))]

    def answers(self, port: int) -> bool:
        """Whether it answers PING."""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def url(self, port: int) -> str:
        """Address of database 0."""
        return f"redis://{LOOPBACK}:{port}/0"

    def mark(self, running: Running) -> str:
        """Redis rewrites its command line to `redis-server ADDRESS:PORT`."""
        return f"redis-server {LOOPBACK}:{running.port}"
