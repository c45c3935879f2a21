"""A command on a terminal of its own, as a person sees it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def on_terminal(
    *words: str | Path, environment: Mapping[str, str], typed: Sequence[str] = (), columns: int = 80
) -> tuple[int, str]:
    """Run `ondiris`; each line of `typed` is entered once something is asked for. Returns the status and what is shown,
    without colours."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={"PATH": "", "TERM": "xterm", "COLUMNS": str(columns), "ONDIRIS_LANG": "ru", **environment},
    )
    os.close(theirs)
    shown, waiting = b"", list(typed)
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        shown += read
        if shown.endswith(b": ") and waiting:
            os.write(ours, f"{waiting.pop(0)}\n".encode())
    os.close(ours)
    text = shown.decode().replace("\r\n", "\n")
    return process.wait(30), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
