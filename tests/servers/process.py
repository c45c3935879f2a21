"""One server process of ours: started detached, waited for, remembered in a state file, stopped with its data."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("ONDIRIS_SERVERS", CHECKOUT / ".servers"))
LOOPBACK = "127.0.0.1"


class ServerError(Exception):
    """A server that cannot be started; the text says what to do."""


@dataclass(frozen=True)
class Running:
    """What the state file remembers of a started server."""

    pid: int
    port: int
    folder: str


class Server(ABC):
    """A kind of server. A subclass says what it needs, how it is started and how one sees that it answers."""

    name: str
    variable: str
    default_port: int
    stop_signal = signal.SIGTERM
    seconds_to_start = 120

    def __init__(self, state: Path = STATE) -> None:
        """state: folder in which it is remembered what runs; servers of another folder are not seen."""
        self.state = state

    @abstractmethod
    def prepare(self, folder: Path, port: int) -> list[str]:
        """Fill the empty `folder` and return the command. Raises ServerError if a program is missing."""

    @abstractmethod
    def answers(self, port: int) -> bool:
        """Whether the server on `port` is ready for work."""

    @abstractmethod
    def url(self, port: int) -> str:
        """The address that tests are given."""

    @abstractmethod
    def mark(self, running: Running) -> str:
        """Text of the command line by which our process is told from a stranger that got the same pid."""

    def user(self) -> str | None:
        """Unix user that runs the server; None for the caller."""
        return None

    def start(self, port: int | None) -> Running:
        """Start unless it runs already. port: None for the default, 0 for any free one."""
        with self._locked():
            running = self.running()
            if running and port in (None, 0, running.port):
                return running
            if running:
                raise ServerError(f"{self.name}: runs already, on port {running.port}; stop it first")
            self._forget()
            port = _free_port() if port == 0 else port or self.default_port
            if _listens(port):
                raise ServerError(f"{self.name}: port {port} is taken by another program; choose one with --port")
            folder = Path(tempfile.mkdtemp(prefix=f"ondiris-{self.name}-"))
            try:
                running = self._launch(folder, port)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._state_file.write_text(json.dumps(asdict(running)), encoding="utf-8")
            return running

    def stop(self) -> None:
        """Stop it and delete its data; harmless when it does not run."""
        with self._locked():
            running = self._remembered()
            if running and self._is_ours(running):
                os.kill(running.pid, self.stop_signal)
                if not _wait(lambda: not self._is_ours(running), seconds=30):
                    os.kill(running.pid, signal.SIGKILL)
                    _wait(lambda: not self._is_ours(running), seconds=10)
            self._forget()

    def running(self) -> Running | None:
        """The server that an earlier start left running, if it still answers."""
        running = self._remembered()
        return running if running and self._is_ours(running) and self.answers(running.port) else None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One start or stop of a server at a time."""
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _state_file(self) -> Path:
        return self.state / f"{self.name}.json"

    def _remembered(self) -> Running | None:
        try:
            return Running(**json.loads(self._state_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def _forget(self) -> None:
        running = self._remembered()
        if running:
            shutil.rmtree(running.folder, ignore_errors=True)
        self._state_file.unlink(missing_ok=True)

    def _is_ours(self, running: Running) -> bool:
        return self.mark(running) in _command_line(running.pid)

    def _launch(self, folder: Path, port: int) -> Running:
        command = self.prepare(folder, port)
        log_path = folder / "log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user(),
            )
        ready = _wait(lambda: process.poll() is not None or self.answers(port), self.seconds_to_start)
        if process.poll() is None and ready:
            return Running(process.pid, port, str(folder))
        process.kill()
        process.wait()
        log_tail = "\n".join(log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])
        why = "ended" if ready else f"did not answer within {self.seconds_to_start} s"
        raise ServerError(f"{self.name} {why}; the end of its log:\n{log_tail}")


def say(line: str) -> None:
    """A line of progress; standard output is kept for what a caller evaluates."""
    print(line, file=sys.stderr, flush=True)


def _command_line(pid: int) -> str:
    """Command line of a live process; empty for none and for one that ended but was not yet collected."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace") if proc.exists() else ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
