"""`ondiris search` and `ondiris reindex`: ask the index on the terminal; build it anew."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry.identifiers import REGIONS
from search.queries import LARGEST_PAGE

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from registry.wording import Message
    from search.engines import Hits
    from web.public.rows import GoodRow, Marked
    from web.runtime import Runtime

_LONGEST_CODE = 10


@click.command(epilog='Example: ondiris search "труба стальная 159х8" --code 7304 --region 55 --out found.jsonl')
@click.argument("text", nargs=-1, required=True)
@click.option("--code", metavar="PREFIX", help="Only goods whose ТН ВЭД code begins with these digits.")
@click.option(
    "--region",
    "regions",
    type=click.Choice(REGIONS),
    multiple=True,
    metavar="NN",
    help="Only suppliers of this region, the first two digits of its КАТО; may be given several times.",
)
@click.option(
    "--top", type=click.IntRange(1, LARGEST_PAGE), default=20, show_default=True, help="How many hits at most."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the hits to this file as JSON Lines.")
@click.pass_obj
def search(
    make_runtime: Callable[[], Runtime],
    text: tuple[str, ...],
    code: str | None,
    regions: tuple[str, ...],
    top: int,
    out: Path | None,
) -> None:
    """Find goods, works and services by words in Kazakh, Russian or English; the best hits first.

    Word forms, typing slips, sizes and standards are understood as on the portal. While the index is away the database
    answers, and standard error says so. Each line of --out holds product_id, id, bin, supplier, name, tnved, region,
    evidence, icv_percent, score, and highlights: every name, and the part of the description, in which something was
    found, in pieces, each with whether it is what was asked for.
    """
    from registry import outbox
    from registry.evidence.queries import goods
    from registry.wording import Message
    from search.queries import Query
    from web.cli.terminal import ready
    from web.public.finding import find
    from web.public.rows import good_rows

    runtime = ready(make_runtime)
    lang, on = runtime.settings.lang, runtime.today()
    query = Query(" ".join(text), _prefix(runtime, code), regions, size=top, lang=lang)
    with runtime.database.reading() as session:
        hits = find(runtime.engine, session, query, on)
        waiting = outbox.state(session).pending
        listed = {good.id: good for good in goods(session, [hit.id for hit in hits.hits], on)}
        # The index may be a moment behind: what is listed no more is not shown, whatever it says.
        found = [listed[hit.id] for hit in hits.hits if hit.id in listed]
        rows = good_rows(session, found, on=on, lang=lang, text=query.text)
    for message in hits.messages:
        _say(runtime, message)
    if waiting and not hits.degraded:
        _say(runtime, Message("search.cli.behind", {"n": waiting}))
    scores = {hit.id: hit.score for hit in hits.hits}
    if out:
        lines = [_as_json(row, _highlights(row, query.text), scores[row.good.id]) for row in rows]
        _write(runtime, out, lines, hits)
    else:
        _show(runtime, rows, query.text, scores, hits)


@click.command(epilog="Example: ondiris reindex")
@click.pass_obj
def reindex(make_runtime: Callable[[], Runtime]) -> None:
    """Build the search index anew beside the one that answers, and let it answer once it is whole.

    Repeating it is harmless. Exit status 1: the engine does not answer, another rebuild runs, or the new index does not
    hold what the database lists; the old one goes on answering then.
    """
    from registry.errors import Conflict
    from registry.wording import Message, tr
    from search import sync
    from search.engines import EngineUnavailable
    from web.cli.terminal import progress, ready
    from web.worker import rematch_later

    runtime = ready(make_runtime)
    try:
        with progress(tr("cli.progress.index", runtime.settings.lang)) as tell:
            report = sync.rebuild(
                runtime.database,
                runtime.engine,
                runtime.kinds,
                now=runtime.now(),
                on=runtime.today(),
                progress=tell,
                settled=rematch_later(runtime),
            )
    except (Conflict, EngineUnavailable) as error:
        problem = error.message
    except sync.RebuildFailed as error:
        problem = Message("search.cli.rebuild_failed", {"problem": error.message})
    else:
        click.echo(_sentence(runtime, Message("search.cli.indexed", {"n": sum(report.written.values())})))
        if report.failed:
            _say(runtime, Message("search.cli.not_indexed", {"n": report.failed}))
        return
    _say(runtime, problem)
    sys.exit(1)


def _sentence(runtime: Runtime, message: Message) -> str:
    from registry.wording import say

    return say(message, runtime.settings.lang)


def _say(runtime: Runtime, message: Message) -> None:
    click.echo(_sentence(runtime, message), err=True)


def _prefix(runtime: Runtime, code: str | None) -> str | None:
    """The digits of a code as typed; one that is none ends the command."""
    from registry.wording import Message

    digits = "".join((code or "").split())
    if code is not None and not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_CODE):
        _say(runtime, Message("search.cli.bad_code", {"given": code, "most": _LONGEST_CODE}))
        sys.exit(2)
    return digits or None


def _highlights(row: GoodRow, text: str) -> dict[str, Marked]:
    """The names and the part of the description in which something was found; names in other languages last."""
    from search.highlight import marked

    good = row.good
    names = {"name_ru": good.name_ru, "name_kk": good.name_kk, "name_en": good.name_en}
    others = {field: marked(name, text) for field, name in names.items() if name and name != _plain(row.name)}
    pieces = {"name": row.name, "description": row.extract, **others}
    return {field: found for field, found in pieces.items() if any(hit for _, hit in found)}


def _plain(pieces: Marked) -> str:
    return "".join(piece for piece, _ in pieces)


def _as_json(row: GoodRow, highlights: dict[str, Marked], score: float) -> dict[str, Any]:
    good = row.good
    return {
        "product_id": good.external_id or str(good.id),
        "id": good.id,
        "bin": good.bin,
        "supplier": good.supplier_name,
        "name": _plain(row.name),
        "tnved": good.tnved,
        "region": good.region,
        "evidence": row.standing.state.value,
        "icv_percent": float(row.standing.percent),
        "score": round(score, 4),
        "highlights": highlights,
    }


def _write(runtime: Runtime, out: Path, lines: list[dict[str, Any]], hits: Hits) -> None:
    from registry.wording import Message

    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        _say(runtime, Message("search.cli.not_written", {"file": str(out), "problem": error.strerror or str(error)}))
        sys.exit(2)
    said = Message("search.cli.written", {"total": hits.total, "shown": len(lines), "file": str(out)})
    click.echo(_sentence(runtime, said))


def _show(runtime: Runtime, rows: list[GoodRow], text: str, scores: Mapping[int, float], hits: Hits) -> None:
    from rich.console import Console

    from registry.wording import Message

    click.echo(_sentence(runtime, Message("search.cli.found", {"total": hits.total, "shown": len(rows)})))
    if rows:
        # A file and another program are given lines that no terminal's width has broken.
        console = Console() if sys.stdout.isatty() else Console(width=200)
        console.print(_table(runtime.settings.lang, rows, text, scores, marks=not console.is_terminal))


def _table(lang: str, rows: list[GoodRow], text: str, scores: Mapping[int, float], *, marks: bool) -> Table:
    """Hits as a table; `marks`: what was found stands in brackets, where letters cannot be bold."""
    from rich.table import Table
    from rich.text import Text

    from registry.wording import tr

    table = Table()
    table.add_column("№", justify="right")
    for column in ("name", "supplier", "code", "region", "evidence"):
        table.add_column(tr(f"search.column.{column}", lang))
    table.add_column(tr("search.column.score", lang), justify="right")
    for row in rows:
        good = row.good
        name = _highlighted(row.name, marks)
        for field, pieces in _highlights(row, text).items():
            if field != "name":
                name.append_text(Text("\n", style="dim").append_text(_highlighted(pieces, marks)))
        table.add_row(
            str(good.id),
            name,
            Text(f"{good.supplier_name}\n{good.bin}"),
            good.tnved or good.kpved or "—",
            tr(f"region.{good.region}", lang) if good.region else "—",
            tr(f"web.standing.{row.standing.state}", lang),
            f"{scores[good.id]:.2f}",
        )
    return table


def _highlighted(pieces: Marked, marks: bool) -> Text:
    from rich.text import Text

    text = Text()
    for piece, found in pieces:
        text.append(f"[{piece}]" if found and marks else piece, style="bold" if found else "")
    return text
