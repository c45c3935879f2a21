"""How long it takes to load a register and have it searchable, and in how much memory.

    python -m benchmarks.load --products 200000 [--database-url URL] [--corpus DIR] [--out FILE]

makes the corpus of `benchmarks.corpus` (or takes the one in DIR), then runs `ondiris import suppliers` and `import
products` as a person would, each in a process of its own on an empty register, indexing included; and the products once
more, which changes nothing. One line of JSON per command: seconds, processor seconds, peak memory in MB, counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import corpus

_MEASURED = "import resource, sys; from web.cli import main; main(standalone_mode=False); " + (
    "use = resource.getrusage(resource.RUSAGE_SELF); print(use.ru_maxrss, file=sys.stderr)"
)


def measure(words: list[str], environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Run `ondiris` with these words; what it took and what it counted."""
    counts = folder / "counts.json"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words, "--out", str(counts)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counted = json.loads(counts.read_text(encoding="utf-8"))
    return {
        "command": " ".join(["ondiris", *words[:2]]),
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "peak_mb": int(done.stderr.split()[-1]) // 1024,
        **{name: counted[name] for name in ("total", "added", "changed", "unchanged", "rejected")},
    }


def main() -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=200_000)
    parser.add_argument("--database-url", help="an empty PostgreSQL database; a SQLite file without it")
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks.corpus has written")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ondiris-load-") as name:
        folder = Path(name)
        files = options.corpus or folder / "corpus"
        if options.corpus is None:
            corpus.write(files, options.products, 0)
        environment = {"ONDIRIS_HOME": str(folder / "home")}
        if options.database_url:
            environment["ONDIRIS_DATABASE_URL"] = options.database_url
        figures = [
            measure(["import", kind, str(files / f"{kind}.csv")], environment, folder)
            for kind in ("suppliers", "products", "products")
        ]
    text = "".join(json.dumps(figure, ensure_ascii=False) + "\n" for figure in figures)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
