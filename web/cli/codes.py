"""`ondiris classify` and `ondiris evaluate classify`: codes for texts, and how often they are right."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from web.cli.terminal import check_writable, faults, progress, ready

if TYPE_CHECKING:
    from matching.codes.classify import Answer, Classifier
    from registry.cells import Cells
    from registry.classifiers.models import Scheme
    from web.runtime import Runtime

_FILE = click.Path(path_type=Path)
_SCHEMES = click.Choice(["tnved", "kpved", "enstru"])


class _Text(NamedTuple):
    id: str
    text: str


@click.command(
    epilog='Example: ondiris classify "труба стальная", or: ondiris classify --in goods.csv --out codes.jsonl'
)
@click.argument("text", required=False)
@click.option("--scheme", type=_SCHEMES, default="tnved", show_default=True, help="Which classifier.")
@click.option("--in", "in_file", type=_FILE, help="Texts, one a row: text and, where known, id.")
@click.option("--top", type=click.IntRange(1, 100), default=5, show_default=True, help="Codes of each text.")
@click.option("--out", type=_FILE, help="Write one JSON line for each text to this file.")
@click.option("--lang", type=click.Choice(["kk", "ru", "en"]), help="Language of names and reasons.")
@click.option("--processes", type=click.IntRange(1), help="Processes for a file; as many as cores without.")
@click.pass_obj
def classify(
    make_runtime: Callable[[], Runtime],
    text: str | None,
    scheme: str,
    in_file: Path | None,
    top: int,
    out: Path | None,
    lang: str | None,
    processes: int | None,
) -> None:
    """Suggest the codes of what a text names, the likeliest first, each with its probability and the reasons.

    Only codes that a good may carry are suggested. `decided` says that the first may be taken; otherwise `question`
    asks what would decide. The classifier must be loaded (ondiris import classifier); cases that people decided make
    it better (ondiris import examples), and notes of chapters warn of what they exclude (ondiris import notes).
    """
    from registry.classifiers.models import Scheme

    if (text is None) == (in_file is None):
        raise click.UsageError("Give either a text or --in FILE.")
    runtime = ready(make_runtime)
    shown = lang or runtime.settings.lang
    with faults(runtime):
        check_writable(out, in_file)
        texts = _read(runtime, in_file) if in_file else [_Text("1", text or "")]
        classifier = _classifier(runtime, Scheme(scheme))
        with progress(in_file.name if in_file else scheme) as bar:
            answers = _answers(classifier, texts, top, shown, processes or os.cpu_count() or 1, bar)
            if out:
                with out.open("w", encoding="utf-8") as file:
                    for answer in answers:
                        file.write(json.dumps(answer, ensure_ascii=False) + "\n")
                return
            told = list(answers)
    _table(texts, told, shown)


def _classifier(runtime: Runtime, scheme: Scheme) -> Classifier:
    from matching.codes.queries import classifier

    with runtime.database.reading() as session:
        return classifier(session, scheme, runtime.today())


def _answers(
    classifier: Classifier,
    texts: Sequence[_Text],
    top: int,
    lang: str,
    processes: int,
    bar: Callable[[int, int], object],
) -> Any:
    from functools import partial

    from matching.codes.classify import classified

    found = classified(
        classifier,
        [one.text for one in texts],
        top=top,
        shown=partial(_shown, lang=lang),
        processes=processes,
        progress=bar,
    )
    return ({"id": one.id, **answer} for one, answer in zip(texts, found, strict=True))


def _shown(answer: Answer, *, lang: str) -> dict[str, Any]:
    from registry.wording import say

    codes = [
        {
            "code": one.code,
            "score": one.score,
            "name": one.name.said(lang),
            "why": [say(reason, lang) for reason in one.why],
        }
        for one in answer.codes
    ]
    question = say(answer.question, lang) if answer.question else None
    return {"codes": codes, "decided": answer.decided, "question": question}


def _read(runtime: Runtime, file: Path) -> list[_Text]:
    def read(cells: Cells, row: int) -> _Text | None:
        text = cells.text("text", 10_000, required=True)
        return None if text is None else _Text(cells.text("id", 200) or str(row), text)

    return _rows(runtime, file, ("id", "text"), ("text",), read)


def _rows(
    runtime: Runtime,
    file: Path,
    columns: Sequence[str],
    required: Sequence[str],
    read: Callable[[Cells, int], Any],
) -> list[Any]:
    """What a reader makes of the rows of a file; those it refuses go to FILE.rejected.csv."""
    from registry.bulk_log import rejected_path, write_rejected
    from registry.cells import Cells
    from registry.explain import Violation
    from registry.spreadsheets import open_table
    from registry.wording import say, tr

    lang = runtime.settings.lang
    kept: list[Any] = []
    refused: dict[int, list[Violation]] = {}
    with open_table(file, columns, required=required) as table:
        for row in table.rows():
            cells = Cells(row.cells)
            line = read(cells, row.number)
            if line is None or cells.violations:
                refused[row.number] = cells.violations
            else:
                kept.append(line)
        rejected = write_rejected(rejected_path(file), table, refused, lang)
        said: dict[str, Any] = {"file": file.name, "total": table.total, "kept": len(kept), "rejected": len(refused)}
        click.echo(tr("codes.cli.read", lang, **said), err=True)
        for message in table.notes:
            click.echo(say(message, lang), err=True)
        if table.unknown:
            click.echo(tr("import.unknown_columns", lang, columns=", ".join(table.unknown)), err=True)
        if rejected:
            click.echo(tr("import.rejected_file", lang, file=str(rejected)), err=True)
    return kept


def _table(texts: Sequence[_Text], answers: Sequence[dict[str, Any]], lang: str) -> None:
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from registry.wording import tr

    console = Console() if sys.stdout.isatty() else Console(width=200)
    for one, answer in zip(texts, answers, strict=True):
        console.print(Text(one.text, style="bold"))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, leading=1)
        for column, ratio in (("code", None), ("share", None), ("name", 6), ("why", 6)):
            table.add_column(tr(f"codes.cli.column.{column}", lang), ratio=ratio, no_wrap=ratio is None)
        for code in answer["codes"]:
            table.add_row(code["code"], f"{code['score']:.0%}", Text(code["name"]), Text("\n".join(code["why"])))
        if answer["codes"]:
            console.print(table)
        if answer["decided"]:
            console.print(tr("codes.decided", lang))
        elif answer["question"]:
            console.print(Text(answer["question"]))


@click.command(name="classify", epilog="Example: ondiris evaluate classify --scheme tnved --truth truth.csv")
@click.option("--scheme", type=_SCHEMES, default="tnved", show_default=True, help="Which classifier.")
@click.option("--truth", "truth_file", type=_FILE, required=True, help="Right codes: text,code.")
@click.option("--out", type=_FILE, help="Write the figures as JSON to this file.")
@click.option("--processes", type=click.IntRange(1), help="Processes; as many as cores without.")
@click.pass_obj
def evaluate_classify(
    make_runtime: Callable[[], Runtime], scheme: str, truth_file: Path, out: Path | None, processes: int | None
) -> None:
    """Recall at 1, 5, 10 and 50 at every level, and whether scores are true probabilities.

    Decided cases whose text stands in the file teach nothing while it is asked about. Rows whose code the loaded
    edition lacks are counted and left out.
    """
    from matching.codes.classify import classified
    from matching.codes.evaluate import DEPTHS, Judged
    from matching.codes.evaluate import evaluate as measure
    from matching.codes.levels import parse_code
    from registry.classifiers.models import Scheme
    from registry.spreadsheets import TableError
    from registry.wording import Message

    runtime = ready(make_runtime)
    with faults(runtime):
        check_writable(out, truth_file)
        chosen = Scheme(scheme)
        classifier = _classifier(runtime, chosen)
        tree = classifier.index.tree

        def read(cells: Cells, row: int) -> tuple[str, str] | None:
            text = cells.text("text", 10_000, required=True)
            code = cells.parsed("code", lambda given: parse_code(chosen, given, tree))
            if code is None and not cells.violations:
                cells.refuse("import.cell.required", "code", name="code")
            return (text, code) if text is not None and code is not None else None

        pairs = _rows(runtime, truth_file, ("text", "code"), ("text", "code"), read)
        known = [(text, code) for text, code in pairs if tree.begins(code)]
        if not known:
            raise TableError(Message("codes.cli.no_truth", {"file": truth_file.name}))
        asked = [text for text, _ in known]
        with progress(truth_file.name) as bar:
            ranked = classified(
                classifier.without(asked),
                asked,
                top=max(DEPTHS),
                shown=_ranking,
                guesses=True,
                processes=processes or os.cpu_count() or 1,
                progress=bar,
            )
            answers = [Judged(one, code) for one, (_, code) in zip(ranked, known, strict=True)]
        figures = measure(chosen, answers, skipped=len(pairs) - len(known))
    if out:
        out.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _show_quality(figures, runtime.settings.lang)


def _ranking(answer: Answer) -> list[tuple[str, float]]:
    return [(one.code, one.score) for one in answer.codes]


def _show_quality(figures: dict[str, Any], lang: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from registry.wording import tr

    depths = [name for name in figures["levels"][0] if name.startswith("recall@")]
    levels = Table(
        tr("codes.cli.quality.digits", lang),
        tr("codes.cli.quality.texts", lang),
        *(tr("match.cli.quality.recall", lang, depth=name.removeprefix("recall@")) for name in depths),
    )
    for level in figures["levels"]:
        levels.add_row(str(level["digits"]), str(level["texts"]), *(f"{level[name]:.3f}" for name in depths))
    whole = Table(show_header=False)
    for name in ("texts", "skipped", "decided", "decided_right", "calibration_error"):
        whole.add_row(tr(f"codes.cli.quality.{name}", lang), "—" if figures[name] is None else str(figures[name]))
    bands = Table(*(tr(f"match.cli.quality.{it}", lang) for it in ("band", "pairs", "mean", "right")))
    for it in figures["calibration"]:
        bands.add_row(f"{it['from']:.1f}–{it['to']:.1f}", str(it["pairs"]), f"{it['score']:.3f}", f"{it['right']:.3f}")
    console = Console()
    for table in (levels, whole, bands):
        console.print(table)
