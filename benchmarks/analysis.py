"""How fast the analysis is: texts per second, cold and warm, one thread.

    python -m benchmarks.analysis [--repeat 3]

Real texts of the folder ONDIRIS_REFERENCE_DATA (default ../shared/data) where it is there, else the starter data.
Cold is the first pass, in which every distinct stretch is read; warm are the passes after it.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from search.analysis import analyse, index_text, query_tokens
from search.analysis.pipeline import _piece

STARTER = Path(__file__).parent.parent / "config" / "starter"
COLUMNS = {
    "procurement_lots_kz.csv": ("enstru_name", "enstru_desc", "extra_text"),
    "label_kz_origin_certificates.csv": ("text",),
    "match_prosept_ru_catalog.csv": ("name_1c",),
    "match_prosept_ru_labels.csv": ("dealer_product_name",),
    "kz_serial_certificates_food.csv": ("item",),
    "okpd2_ru.csv": ("name",),
    "hs2022_en.csv": ("description",),
}
STARTER_COLUMNS = {"products.csv": ("name", "name_kk", "name_en", "description"), "tnved.csv": ("name_ru", "name_kk")}


def texts(folder: Path, columns: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """One text per row: its columns side by side."""
    for name, wanted in columns.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield " ".join(row[column] or "" for column in wanted)


def per_second(work: Callable[[str], object], material: list[str]) -> float:
    started = time.perf_counter()
    for text in material:
        work(text)
    return len(material) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="warm passes, of which the best counts")
    repeat = parser.parse_args().repeat
    reference = Path(os.environ.get("ONDIRIS_REFERENCE_DATA", "../shared/data"))
    real = reference.is_dir()
    material = list(texts(reference, COLUMNS) if real else texts(STARTER, STARTER_COLUMNS))
    print(f"{len(material):,} texts of {reference if real else STARTER}")
    print(f"{sum(map(len, material)) / len(material):.0f} characters each on average")
    print(f"cold: {per_second(index_text, material):,.0f} texts/s")
    for work in (index_text, query_tokens, analyse):
        best = max(per_second(work, material) for _ in range(repeat))
        print(f"warm {work.__name__}: {best:,.0f} texts/s")
    known = _piece.cache_info()
    print(
        f"{known.currsize:,} distinct stretches remembered; {known.hits / (known.hits + known.misses):.1%} of look-ups"
    )
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    main()
