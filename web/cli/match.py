"""`ondiris match` and `ondiris evaluate`: who makes what is needed, and how well that is known."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from web.cli.codes import evaluate_classify
from web.cli.terminal import ACTOR, check_writable, faults, progress, ready

if TYPE_CHECKING:
    from matching.engine.candidates import FileSource
    from matching.engine.files import Taken
    from matching.engine.lines import NeedLine
    from matching.engine.outcome import Outcome
    from registry.spreadsheets import Table
    from web.runtime import Runtime

# Fewer needs than this are judged faster in one process than it takes to fork others.
_WORTH_FORKING = 400

_FILE = click.Path(path_type=Path)


@click.command(
    epilog="Example: ondiris match --needs needs.xlsx --products products.csv --out matches.jsonl --report matches.xlsx"
)
@click.option("--needs", "needs_file", type=_FILE, help="What is needed; the published needs without it.")
@click.option("--products", "products_file", type=_FILE, help="What is offered; the register without it.")
@click.option("--top", type=click.IntRange(1, 100), default=10, show_default=True, help="Candidates of each need.")
@click.option("--out", type=_FILE, help="Write one JSON line for each need to this file.")
@click.option("--report", type=_FILE, help="Write a workbook (XLSX) with needs, candidates and every criterion.")
@click.option(
    "--lang", type=click.Choice(["kk", "ru", "en", "all"]), help="Language of sentences; `all`: each in all three."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The legal day to judge on; today without it.")
@click.option("--processes", type=click.IntRange(1), help="Processes for a file of products; as many as cores without.")
@click.pass_obj
def match(
    make_runtime: Callable[[], Runtime],
    needs_file: Path | None,
    products_file: Path | None,
    top: int,
    out: Path | None,
    report: Path | None,
    lang: str | None,
    as_of: datetime | None,
    processes: int | None,
) -> None:
    """Find the producers that fit each need, with every reason.

    With both files nothing else is needed: no database, no index, no set-up. A file of needs has the columns id,name
    and, where known, those of `ondiris import needs`; a file of products id,name and any of `ondiris import products`.
    Files are .csv or .xlsx. Rows that cannot be kept go to FILE.rejected.csv; exit status 2 when a file cannot be read.

    A match's verdict (match, doubtful, no) speaks of sameness of the good alone; evidence of origin shows in its gaps
    and in the need's verdict (producer_exists, doubtful, none_found). Needs are told apart by customer_bin and id; a
    line of --out names customer_bin where others have a need of that id. Published needs matched with the register are
    also kept for the portal.
    """
    runtime = make_runtime()
    on = as_of.date() if as_of else runtime.today()
    shown = lang or runtime.settings.lang
    read_in = runtime.settings.lang if shown == "all" else shown
    with _faults(runtime):
        check_writable(out, needs_file, products_file)
        check_writable(report, needs_file, products_file, out)
        _check_workbook(report)
    asked = _About(needs_file, products_file, on, top)
    with _faults(runtime), _written(out) as write, _reporting(runtime, report, read_in, asked) as add:
        show = partial(_shown, lang=shown if out else None, read_in=read_in, reported=report is not None)
        verdicts: Counter[str] = Counter()
        best: list[_Best] = []
        for line in _outcomes(runtime, needs_file, products_file, on, top, show, processes):
            verdicts[line.best.verdict] += 1
            write(line.written)
            add(line.read)
            if not out:
                best.append(line.best)
        if not out:
            _table(best, read_in)
        _say_counts(runtime, verdicts)


class _About(NamedTuple):
    """What is asked: the files, None for the published needs and the register, the legal day, how many candidates."""

    needs: Path | None
    products: Path | None
    on: date
    top: int


class _Best(NamedTuple):
    """What the terminal shows of a need: what it is called, its name and verdict, and of its best candidate, if it has
    one, product, supplier, score and verdict."""

    need: str
    name: str
    verdict: str
    candidate: tuple[str, str, float, str] | None


class _Line(NamedTuple):
    """What is said of a need: as JSON for --out and for the report, each only if it is asked for."""

    best: _Best
    written: bytes
    read: bytes


def _shown(outcome: Outcome, *, lang: str | None, read_in: str, reported: bool) -> _Line:
    """The line of a need; made where it is judged, so that other processes send only text.

    lang: of --out, None without it. read_in: the language of the terminal and of the report.
    """
    from matching.engine.outcome import json_line, need_called
    from registry.wording import Named

    first = next(iter(outcome.matches), None)
    candidate = None
    if first:
        candidate = first.listed.name, first.listed.supplier or first.listed.bin, first.score, str(first.verdict)
    need = outcome.need
    name = Named(need.name_kk or "", need.name, need.name_en or "").said(read_in)
    best = _Best(need_called(outcome.need_id, outcome.customer_bin), name, str(outcome.verdict), candidate)
    written = json_line(outcome, lang) if lang else b""
    read = (written if lang == read_in else json_line(outcome, read_in)) if reported else b""
    return _Line(best, written, read)


def _outcomes(
    runtime: Runtime,
    needs_file: Path | None,
    products_file: Path | None,
    on: date,
    top: int,
    show: Callable[[Outcome], _Line],
    processes: int | None,
) -> Iterator[_Line]:
    """Each need's line, in the order of the needs."""
    from matching.engine.judging import Judge
    from matching.engine.runs import judged
    from registry.wording import tr

    needs: Sequence[NeedLine]
    if needs_file:
        needs = _read_needs(runtime, needs_file)
    else:
        ready(lambda: runtime)
        needs = _published(runtime, on)
    if products_file:
        cores = processes or (os.cpu_count() or 1)
        source = _read_products(runtime, products_file, cores)
        judge = Judge(source, on, top=top)
        with progress(products_file.name) as bar:
            several = cores if len(needs) >= _WORTH_FORKING or processes else 1
            yield from judged(judge, needs, show, processes=several, progress=bar)
        source.close()
        return
    ready(lambda: runtime)
    with progress(tr("cli.progress.match", runtime.settings.lang)) as bar:
        yield from _with_register(runtime, needs, on, top, show, bar, keep=needs_file is None)


def _with_register(
    runtime: Runtime,
    needs: Sequence[NeedLine],
    on: date,
    top: int,
    show: Callable[[Outcome], _Line],
    bar: Callable[[int, int], None],
    *,
    keep: bool,
) -> Iterator[_Line]:
    """Needs against the register; those of the register itself are kept as a run, too."""
    from matching.engine.candidates import RegisterSource
    from matching.engine.judging import Judge
    from matching.engine.runs import judged, match_register
    from registry.classifiers.models import Scheme
    from registry.classifiers.queries import tree

    with runtime.database.reading() as session:
        nomenclature = tree(session, Scheme.TNVED, on)
    if not keep:
        source = RegisterSource(runtime.database, runtime.engine, on)
        yield from judged(Judge(source, on, top=top, nomenclature=nomenclature), needs, show, progress=bar)
        return
    lines: list[_Line] = []
    match_register(
        runtime.database,
        runtime.engine,
        needs,
        on=on,
        now=runtime.now,
        actor=ACTOR,
        top=top,
        nomenclature=nomenclature,
        progress=bar,
        each=lambda outcome: lines.append(show(outcome)),
    )
    yield from lines


def _published(runtime: Runtime, on: date) -> list[NeedLine]:
    from matching.needs.queries import needs
    from registry.wording import tr

    with runtime.database.reading() as session:
        found = needs(session, on)
    if not found:
        click.echo(tr("match.cli.no_needs", runtime.settings.lang), err=True)
    return found


def _read_needs(runtime: Runtime, file: Path) -> list[NeedLine]:
    from matching.engine.files import NO_CLASSIFIERS, take_needs
    from matching.needs.rules import COLUMNS, REQUIRED, read_need
    from registry.spreadsheets import open_table

    with open_table(file, COLUMNS, required=REQUIRED) as table:
        taken = take_needs(table.rows(), partial(read_need, codes=NO_CLASSIFIERS))
        _tell(runtime, file, table, taken)
    return taken.lines


def _read_products(runtime: Runtime, file: Path, processes: int) -> FileSource:
    from matching.engine.candidates import FileSource
    from matching.engine.files import OFFER_COLUMNS, OFFER_IDS, OFFER_REQUIRED, take_offers
    from registry.garbage import seldom_collected
    from registry.spreadsheets import TableError, open_table
    from registry.wording import Message

    with seldom_collected(), open_table(file, OFFER_COLUMNS, required=OFFER_REQUIRED) as table:
        if not set(OFFER_IDS) & set(table.columns):
            values = {"file": file.name, "missing": OFFER_IDS[0], "found": ", ".join(filter(None, table.header))}
            raise TableError(Message("import.table.missing", values))
        source = FileSource()
        _tell(runtime, file, table, take_offers(table, source, processes))
        source.ready()
    return source


def _tell(runtime: Runtime, file: Path, table: Table, taken: Taken[Any]) -> None:
    """What was read and what was not, on standard error: standard output is the result's."""
    from registry.bulk_log import rejected_path, write_rejected
    from registry.wording import say, tr

    lang = runtime.settings.lang

    def note(code: str, **values: Any) -> None:
        click.echo(tr(code, lang, **values), err=True)

    rejected = write_rejected(rejected_path(file), table, taken.refused, lang)
    note("match.cli.read", file=file.name, total=table.total, kept=len(taken.lines), rejected=len(taken.refused))
    for times, row, remark in taken.remarks.values():
        note("import.remark", column=remark.field, note=say(remark.message, lang), times=times, row=row)
    for message in table.notes:
        click.echo(say(message, lang), err=True)
    if table.unknown:
        note("import.unknown_columns", columns=", ".join(table.unknown))
    if rejected:
        note("import.rejected_file", file=str(rejected))


@contextmanager
def _faults(runtime: Runtime) -> Iterator[None]:
    """One clear line and exit status 2 for a file that cannot be read, 1 for an engine that is away."""
    from registry.wording import tr
    from search.engines import EngineUnavailable

    try:
        with faults(runtime):
            yield
    except EngineUnavailable as error:
        click.echo(tr("match.cli.engine_away", runtime.settings.lang, reason=error.message), err=True)
        sys.exit(1)


@contextmanager
def _written(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Writes JSON Lines beside the file and puts it in place when it is whole: a run that fails leaves the old one."""
    if out is None:
        yield lambda line: None
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            yield file.write
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _check_workbook(path: Path | None) -> None:
    """Raise TableError for a name by which no program would open a workbook."""
    from registry.spreadsheets import TableError
    from registry.wording import Message

    if path and path.suffix.lower() != ".xlsx":
        raise TableError(Message("cli.not_xlsx", {"file": str(path)}))


@contextmanager
def _reporting(runtime: Runtime, report: Path | None, lang: str, asked: _About) -> Iterator[Callable[[bytes], object]]:
    """Collects lines on the disk, of which thousands would not fit into memory, and writes the workbook at the end."""
    if report is None:
        yield lambda line: None
        return
    with TemporaryFile() as file:
        yield file.write
        from registry.customers.queries import names
        from web.reports import About, write_matches

        def called(bins: Collection[str]) -> Mapping[str, str]:
            # With needs of a file there may be no database to ask.
            if asked.needs:
                return {}
            with runtime.database.reading() as session:
                return names(session, bins, asked.on)

        about = About(
            needs=asked.needs.name if asked.needs else None,
            products=asked.products.name if asked.products else None,
            on=asked.on,
            at=runtime.now(),
            top=asked.top,
            customers=called,
        )
        write_matches(report, _Spooled(file), lang, about)


class _Spooled:
    """Lines of a file, read anew each time they are gone through; one reader at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        return map(json.loads, self._file)


def _table(lines: Sequence[_Best], lang: str) -> None:
    """Needs and their best candidates, readable on a terminal of eighty columns: two lines share a cell where both are
    about one thing, and verdicts are words and not sentences."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from registry.wording import tr

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, leading=1)
    for column, ratio in (("need", 6), ("verdict", None), ("product", 7), ("brief", None)):
        table.add_column(tr(f"match.cli.column.{column}", lang), ratio=ratio, no_wrap=ratio is None)
    colours = {"producer_exists": "green", "doubtful": "yellow", "none_found": "red"}
    for need, called, verdict, candidate in lines:
        row = [
            Text.assemble((need, "bold"), "\n", called),
            Text(tr(f"match.cli.supply.{verdict}", lang), style=colours[verdict]),
        ]
        if candidate:
            name, supplier, score, sameness = candidate
            row.append(Text.assemble(name, *([("\n" + supplier, "dim")] if supplier else [])))
            row.append(Text(f"{score:.3f}\n{tr(f'match.cli.sameness.{sameness}', lang)}"))
        table.add_row(*row)
    # A file and another program are given lines that no terminal's width has broken.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)


def _say_counts(runtime: Runtime, verdicts: Counter[str]) -> None:
    from matching.engine.outcome import Supply
    from registry.wording import tr

    counts: dict[str, Any] = {str(verdict): verdicts[verdict] for verdict in Supply}
    click.echo(tr("match.cli.counts", runtime.settings.lang, needs=verdicts.total(), **counts), err=True)


@click.group()
def evaluate() -> None:
    """Measure quality on what people decided.

    Example: ondiris evaluate match --needs needs.csv --products products.csv --truth truth.csv
    """


evaluate.add_command(evaluate_classify)


@evaluate.command(
    name="match", epilog="Example: ondiris evaluate match --needs needs.csv --products products.csv --truth truth.csv"
)
@click.option("--needs", "needs_file", type=_FILE, required=True, help="Needs: id,name and more.")
@click.option("--products", "products_file", type=_FILE, required=True, help="Products: id,name and more.")
@click.option("--truth", "truth_file", type=_FILE, required=True, help="Right pairs: need_id,product_id.")
@click.option("--out", type=_FILE, help="Write the figures as JSON to this file.")
@click.pass_obj
def evaluate_match(
    make_runtime: Callable[[], Runtime], needs_file: Path, products_file: Path, truth_file: Path, out: Path | None
) -> None:
    """Recall at 1, 5, 10 and 50, precision and recall by score, and whether scores are true probabilities."""
    from matching.engine.evaluate import Answer
    from matching.engine.evaluate import evaluate as measure
    from matching.engine.judging import Judge
    from matching.engine.runs import BLOCK
    from registry.spreadsheets import TableError, open_table
    from registry.wording import Message

    runtime = make_runtime()
    with _faults(runtime):
        check_writable(out, needs_file, products_file, truth_file)
        with open_table(truth_file, ("need_id", "product_id"), required=("need_id", "product_id")) as table:
            pairs = [(row.number, row.cells["need_id"], row.cells["product_id"]) for row in table.rows()]
        truth: dict[str, set[str]] = {}
        for _, need_id, product_id in pairs:
            truth.setdefault(need_id, set()).add(product_id)
        needs = _read_needs(runtime, needs_file)
        if not any(need.external_id in truth for need in needs):
            raise TableError(Message("match.cli.no_truth", {"file": truth_file.name}))
        source = _read_products(runtime, products_file, os.cpu_count() or 1)
        known, offered = {need.external_id for need in needs}, {offer.id for offer in source}
        others = [(row, need_id) for row, need_id, _ in pairs if need_id not in known]
        _tell_unknown(runtime, "match.cli.truth_needs", truth_file, needs_file, others)
        others = [(row, it) for row, need_id, it in pairs if need_id in known and it not in offered]
        _tell_unknown(runtime, "match.cli.truth_products", truth_file, products_file, others)
        judge = Judge(source, runtime.today(), top=10)
        answers = []
        with progress(needs_file.name) as bar:
            for start in range(0, len(needs), BLOCK):
                for need_id, ranked in judge.rankings(needs[start : start + BLOCK]):
                    answers.append(Answer(need_id, ranked, truth.get(need_id, set())))
                bar(len(answers), len(needs))
        source.close()
        quality = measure(answers)
    figures = quality.as_json()
    if out:
        out.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _show_quality(figures, runtime.settings.lang)


def _tell_unknown(runtime: Runtime, code: str, truth: Path, file: Path, rows: Sequence[tuple[int, str]]) -> None:
    """Say which rows of the truth speak of what the other file does not have. rows: each with the id it gives."""
    from registry.cells import shown
    from registry.wording import tr

    if rows:
        first, given = rows[0]
        values: dict[str, Any] = {"n": len(rows), "row": first, "given": shown(given)}
        click.echo(tr(code, runtime.settings.lang, file=truth.name, other=file.name, **values), err=True)


def _show_quality(figures: dict[str, Any], lang: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from registry.wording import tr

    whole = Table(show_header=False)
    whole.add_row(tr("match.cli.quality.needs", lang), str(figures["needs"]))
    whole.add_row(tr("match.cli.quality.pairs", lang), str(figures["pairs"]))
    for name, share in figures.items():
        if name.startswith("recall@"):
            whole.add_row(tr("match.cli.quality.recall", lang, depth=name.removeprefix("recall@")), f"{share:.3f}")
    whole.add_row(tr("match.cli.quality.error", lang), f"{figures['calibration_error']:.4f}")
    points = Table(*(tr(f"match.cli.quality.{it}", lang) for it in ("threshold", "precision", "share")))
    for it in figures["precision_recall"]:
        points.add_row(
            f"{it['threshold']:.2f}",
            "—" if it["precision"] is None else f"{it['precision']:.3f}",
            f"{it['recall']:.3f}",
        )
    bands = Table(*(tr(f"match.cli.quality.{it}", lang) for it in ("band", "pairs", "mean", "right")))
    for it in figures["calibration"]:
        bands.add_row(f"{it['from']:.1f}–{it['to']:.1f}", str(it["pairs"]), f"{it['score']:.3f}", f"{it['right']:.3f}")
    console = Console()
    for table in (whole, points, bands):
        console.print(table)
