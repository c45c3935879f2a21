"""PostgreSQL from the distribution's packages, in a cluster of its own under the temporary folder."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.servers.process import LOOPBACK, Running, Server, ServerError

# A crash of the test server may lose everything, so it need not wait for the disk.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
ROLE = "ondiris"


class Postgresql(Server):
    """Trusts every connection from this machine, as superuser `ondiris`."""

    name = "postgresql"
    variable = "ONDIRIS_TEST_POSTGRES_URL"
    default_port = 15432
    stop_signal = signal.SIGINT  # fast shutdown: does not wait for clients

    def user(self) -> str | None:
        """The packages' user `postgres` where we are root, which PostgreSQL refuses to run as."""
        return "postgres" if os.geteuid() == 0 else None

    def prepare(self, folder: Path, port: int) -> list[str]:
        """Make an empty cluster."""
        if user := self.user():
            shutil.chown(folder, user)
        data = folder / "data"
        subprocess.run(
            [_program("initdb"), "-D", data, "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            user=self.user(),
        )
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        return [_program("postgres"), "-D", str(data), "-p", str(port), *settings]

    def answers(self, port: int) -> bool:
        """Whether connections are accepted."""
        asked = [_program("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port), "-t", "2"]
        return subprocess.run(asked, check=False).returncode == 0

    def url(self, port: int) -> str:
        """Address of the maintenance database, from which tests create their own."""
        return f"postgresql+psycopg://{ROLE}@{LOOPBACK}:{port}/postgres"

    def mark(self, running: Running) -> str:
        """The folder, which stands in the command line."""
        return running.folder


def _program(name: str) -> str:
    """Path of a PostgreSQL program: the newest of Debian's versions, or else from the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(debian[-1]) if debian else shutil.which(name)
    if not found:
        raise ServerError("postgresql: not installed; on Debian: apt-get install postgresql")
    return found
