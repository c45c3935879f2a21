"""How long a supplier's own file takes: recognised, rehearsed, taken in, and taken in once more.

    python -m benchmarks.upload [--rows 20000] [--database-url URL] [--form xlsx|csv] [--out FILE]

makes a price list as people make them (titles above, a heading in two storeys, sections between the goods, totals
below), of goods with codes and documents, and takes it through in a process of its own as the worker's job does, on a
register of the starter nomenclature. One line of JSON: seconds of each step, peak memory in MB of this process and of
the child that reads, what became of the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from registry import migrations
from registry.accounts.rules import Actor
from registry.bulk_rows import Outcome
from registry.identifiers import CheckDigit
from registry.spreadsheets import Sheet, write_csv, write_xlsx
from registry.suppliers import operations as suppliers
from registry.suppliers.models import Role
from registry.suppliers.rules import SupplierLine
from web import uploads
from web.runtime import Runtime

BIN = "110440012951"
HEADING = (
    ("№", "Продукция", None, None, None, "Коды", None, "Сертификат СТ-KZ", None, None),
    (
        None,
        "Артикул",
        "Наименование",
        "Ед. изм.",
        "Мощность в год",
        "ТН ВЭД",
        "КПВЭД",
        "СТ-KZ №",
        "дата выдачи",
        "ДВЦ, %",
    ),
)
SECTION = 400


def price_list(rows: int) -> Iterator[list[Any]]:
    """The rows of a price list below its heading: so many goods, and what stands between and below them."""
    kinds = ("Труба стальная", "Насос центробежный", "Кран шаровой", "Кабель силовой", "Плита перекрытия")
    codes = (("7304191009", "24.20.13"), ("8413701001", "28.13.14"), ("8481806100", "28.14.13"))
    for number in range(rows):
        if number % SECTION == 0:
            yield [None, None, f"Раздел {number // SECTION + 1}"]
        kind, (tnved, kpved) = kinds[number % len(kinds)], codes[number % len(codes)]
        name = f"{kind} {10 + number % 990}х{1 + number % 37} исполнение {number}"
        unit, document = ("т", "шт", "м")[number % 3], f"KZ 6 120 {number:05d}"
        issued, icv = f"{1 + number % 28:02d}.03.2026", f"{40 + number % 60},{number % 100:02d}"
        yield [number + 1, f"A-{number}", name, unit, 100 + number % 900, tnved, kpved, document, issued, icv]
    yield ["Итого", None, None, None, rows]


def write(path: Path, rows: int) -> None:
    """The price list as a file, by its ending."""
    title = ["Перечень выпускаемой продукции ТОО «Завод»"]
    whole: list[Sequence[Any]] = [["на 01.11.2026"], *HEADING, *price_list(rows)]
    if path.suffix == ".csv":
        write_csv(path, title, whole)
    else:
        write_xlsx(path, [Sheet("Прайс", title + [""] * 9, whole)])


def measure(runtime: Runtime, path: Path) -> dict[str, Any]:
    """Take the file through; what each step took."""
    on, took = runtime.today(), {}

    def timed(name: str, began: float) -> float:
        took[name] = round(time.perf_counter() - began, 1)
        return time.perf_counter()

    began = time.perf_counter()
    with uploads.looked_at(runtime, path, path.name, BIN) as (_, found):
        plan = found.plan
    began = timed("recognised_s", began)
    told = uploads.rehearse(runtime, path, path.name, BIN, plan, on=on, progress=lambda done, total: None)
    began = timed("rehearsed_s", began)
    counts = []
    for work in ("first", "again"):
        made = uploads.take_in(
            runtime,
            path,
            path.name,
            BIN,
            plan,
            work=work,
            lang="ru",
            on=on,
            actor=Actor("benchmark"),
            progress=lambda done, total: None,
        )
        counts.append({str(outcome): made[str(outcome)] for outcome in Outcome})
        began = timed(f"taken_in_{work}_s", began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    fields = [field for sheet in plan.sheets for field in sheet.fields]
    return {
        "rows": sum(sheet["total"] for sheet in told["sheets"]),
        **took,
        "peak_mb": peak,
        "child_peak_mb": child,
        "fields": fields,
        "first": counts[0],
        "again": counts[1],
    }


def main() -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--database-url", help="an empty PostgreSQL database; a SQLite file without it")
    parser.add_argument("--form", choices=("xlsx", "csv"), default="xlsx")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ondiris-upload-") as folder:
        path = Path(folder) / f"goods.{options.form}"
        write(path, options.rows)
        environment = {**os.environ, "ONDIRIS_HOME": str(Path(folder) / "home")}
        if options.database_url:
            environment["ONDIRIS_DATABASE_URL"] = options.database_url
        runtime = Runtime(Settings.from_env(environment))
        migrations.upgrade(runtime.database)
        line = SupplierLine(bin=BIN, bin_check=CheckDigit.VALID, name="ТОО «Завод»", role=Role.MAKER)
        with runtime.database.transaction() as session:
            suppliers.take_in(session, {0: line}, on=runtime.today(), actor=Actor("benchmark"), now=datetime.now(UTC))
        text = json.dumps(measure(runtime, path), ensure_ascii=False) + "\n"
        runtime.database.dispose()
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
