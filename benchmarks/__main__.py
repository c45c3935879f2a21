"""Run the measurements one after another, each in a process of its own.

    python -m benchmarks [NAME …] [OPTIONS]

Without names all of them, as `make bench` does. Options go to the measurement, so they follow exactly one name:
`python -m benchmarks search --products 20000`. Exit status 1 if any of them failed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

# In the order of the main job: text, register, search, match.
MEASUREMENTS = (
    "analysis",
    "load",
    "upload",
    "saving",
    "search",
    "alerts",
    "capacities",
    "match",
    "classify",
    "real_uploads",
)


def main(argv: Sequence[str]) -> int:
    """Run what is named; returns the exit status."""
    named = [word for word in argv if word in MEASUREMENTS]
    options = list(argv[len(named) :])
    if list(argv[: len(named)]) != named or (options and len(named) != 1):
        print(f"{__doc__}\nMeasurements: {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 0 if options in (["-h"], ["--help"]) else 2
    failed = []
    for name in named or MEASUREMENTS:
        print(f"\n{name}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options]).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
