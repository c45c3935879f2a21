"""A child process that stays within its limits, and knows nothing that is not its own."""

from __future__ import annotations

import threading
import time

import pytest

from registry.confined import Failed, Limits, run

ROOM = Limits(memory=512 * 1024**2, seconds=20, written=1 << 20)
# A module that runs a program given in words; it comes with Python and imports nothing of ours.
PROGRAM = "timeit"


def said(program: str, limits: Limits = ROOM) -> str:
    """What a program says on its standard output; run once, among timeit's own words."""
    return run(PROGRAM, "-n1", "-r1", program, limits=limits)


def test_what_it_says_is_the_result() -> None:
    assert "жауап" in said("print('жауап')")


@pytest.mark.parametrize(
    ("program", "limits"),
    [
        ("raise ValueError", ROOM),
        ("bytearray(1 << 30)", ROOM),
        ("while True: pass", Limits(ROOM.memory, 1, ROOM.written)),
        ("import time; time.sleep(60)", Limits(ROOM.memory, 1, ROOM.written)),
        ("import tempfile; tempfile.TemporaryFile().write(bytes(2 << 20))", ROOM),
        ("import os; os.kill(os.getpid(), 9)", ROOM),
    ],
    ids=["failure", "memory", "computing", "waiting", "disk", "killed"],
)
def test_whoever_wants_more_ends(program: str, limits: Limits) -> None:
    started = time.monotonic()
    with pytest.raises(Failed):
        said(program, limits)
    assert time.monotonic() - started < 20


def test_no_more_than_two_run_at_a_time() -> None:
    """Four that wait half a second each take two turns."""
    times: list[float] = []

    def wait() -> None:
        said("import time; time.sleep(0.5)")
        times.append(time.monotonic())

    started = time.monotonic()
    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 4
    assert max(times) - started >= 1


def test_it_knows_no_secret_of_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONDIRIS_SECRET_KEY", "the key of all cookies")
    assert "[]" in said("import os; print([name for name in os.environ if 'ONDIRIS' in name])")
