"""Workbooks that a buyer hands in: needs with their verdicts, candidates, every criterion, who could start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matching.engine.outcome import need_called
from registry.spreadsheets import Sheet, write_xlsx
from registry.wording import tr

# What the lines of `ondiris match --out` hold, sentences in one language; gone through once for each sheet.
Lines = Iterable[dict[str, Any]]


def write_matches(path: Path, lines: Lines, lang: str) -> None:
    """Write outcomes of needs as a workbook; headings frozen, text as text, figures as figures."""
    sheets = (
        ("needs", ("need", "verdict", "reasons"), _needs(lines, lang)),
        (
            "matches",
            ("need", "rank", "product_id", "product", "bin", "supplier", "score", "sameness", "gaps"),
            _matches(lines, lang),
        ),
        (
            "features",
            ("need", "product_id", "product", "feature", "value", "weight", "detail"),
            _features(lines, lang),
        ),
        ("organisers", ("need", "rank", "product_id", "product", "bin", "supplier", "reasons"), _organisers(lines)),
    )
    write_xlsx(
        path,
        [
            Sheet(tr(f"match.cli.sheet.{name}", lang), [tr(f"match.cli.column.{it}", lang) for it in columns], rows)
            for name, columns, rows in sheets
        ],
    )


def _need(line: dict[str, Any]) -> str:
    return need_called(line["need_id"], line.get("customer_bin"))


def _needs(lines: Lines, lang: str) -> Iterator[Sequence[Any]]:
    for line in lines:
        yield _need(line), tr(f"match.supply.{line['verdict']}", lang), " ".join(line["reasons"])


def _matches(lines: Lines, lang: str) -> Iterator[Sequence[Any]]:
    for line in lines:
        for rank, it in enumerate(line["matches"], start=1):
            yield (
                *(_need(line), rank, it["product_id"], it["name"], it["bin"], it["supplier"], it["score"]),
                *(tr(f"match.sameness.{it['verdict']}", lang), " ".join(it["gaps"])),
            )


def _features(lines: Lines, lang: str) -> Iterator[Sequence[Any]]:
    for line in lines:
        for match in line["matches"]:
            for it in match["features"]:
                label = tr(f"match.feature.{it['name']}", lang)
                yield (
                    *(_need(line), match["product_id"], match["name"]),
                    *(label, it["score"], it["weight"], it["detail"]),
                )


def _organisers(lines: Lines) -> Iterator[Sequence[Any]]:
    for line in lines:
        for rank, it in enumerate(line["organisers"], start=1):
            yield (
                *(_need(line), rank, it["product_id"], it["name"]),
                *(it["bin"], it["supplier"], " ".join(it["reasons"])),
            )
