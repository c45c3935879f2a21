"""A supplier's own file: looked at, rehearsed and taken in, for pages and for the jobs that a worker runs.

The file lies in the uploads; its plan, which a person may have corrected, travels with the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matching.engine.files import note_unit
from registry import jobs
from registry.accounts.rules import Actor
from registry.bulk import take_in_telling
from registry.bulk_rows import Outcome
from registry.cells import Cells
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.units import spellings
from registry.errors import RuleBroken
from registry.evidence.intake import Trees
from registry.grids import Book, GridError, open_book
from registry.uploads import operations, preview, results
from registry.uploads.intake import OwnFile
from registry.uploads.plans import Plan, check_plan
from registry.uploads.queries import recall
from registry.uploads.recognition import Recognition, recognise
from registry.uploads.rows import OwnRows
from registry.wording import Message
from web.suggesting import for_preview, is_likely, loaded, notes_of, suggest, suggestions_path, without_code

if TYPE_CHECKING:
    from web.runtime import Runtime

Progress = Callable[[int, int], object]

RESULT: Final = ".result.xlsx"
# How long a supplier's file and its result can be taken away again.
KEPT: Final = timedelta(days=90)


@contextmanager
def looked_at(runtime: Runtime, path: Path, name: str, bin: str) -> Iterator[tuple[Book, Recognition]]:
    """The sheets of a file and what they were recognised as, with what the organisation said of its last files.

    Raises GridError for a file that cannot be read.
    """
    with open_book(path, name) as book:
        with runtime.database.reading() as session:
            remembered = recall(session, bin)
        yield book, recognise(book, remembered)


def rehearse(
    runtime: Runtime, path: Path, name: str, bin: str, plan: Plan, *, on: date, progress: Progress
) -> dict[str, Any]:
    """What taking the file in would do, sheet by sheet, as plain JSON values; nothing is written.

    Raises RuleBroken for a plan that cannot be carried out, GridError for a file that cannot be read.
    """
    with _planned(path, name, plan) as book:
        told = []
        suggesting = loaded(runtime, on)
        for rows in _sheets(book, plan):
            own = _own_file(runtime, bin, rows, on=on, actor=Actor("preview"))
            told.append(preview.preview(runtime.database, rows, own, progress=progress).as_json())
            for_preview(suggesting, told[-1]["rows"])
        return {"notes": [note.as_json() for note in book.notes], "sheets": told}


def take_in(
    runtime: Runtime,
    path: Path,
    name: str,
    bin: str,
    plan: Plan,
    *,
    work: str,
    lang: str,
    on: date,
    actor: Actor,
    progress: Progress,
) -> dict[str, Any]:
    """Take the file in, remember what its columns mean, and write the result file beside it.

    work: names this taking-in; done again under the same name it continues after its last committed batch, and what it
    has finished stays told as it was. Raises as `rehearse` does.
    """
    with _planned(path, name, plan) as book:
        with runtime.database.transaction() as session:
            operations.remember(session, bin, plan, actor=actor, now=runtime.now())
        counts: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        sheets = _sheets(book, plan)
        total = sum(rows.total for rows in sheets)
        before = 0
        told: dict[int, Path] = {}
        taken = []
        for rows in sheets:
            place = rows.plan.place
            told[place] = path.with_name(f"{path.name}.{work}.{place}.verdicts")
            own = _own_file(runtime, bin, rows, on=on, actor=actor)

            def further(done: int, _: int, before: int = before) -> None:
                progress(before + done, total)

            intake = take_in_telling(
                runtime.database,
                rows,
                own.subject,
                told=told[place],
                about=own.about,
                options={"work": work, "on": on.isoformat(), "plan": rows.plan.as_json()},
                actor=actor.name,
                now=runtime.now,
                progress=further,
            )
            before += rows.total
            for outcome, times in intake.counts.items():
                counts[outcome] += times
            taken.append({"sheet": rows.plan.name, **intake.as_json(), "rejected_file": None})
        result = path.with_name(path.name + RESULT)
        plans = {rows.plan.place: rows.plan for rows in sheets}
        results.write_result(result, book, told, plans, lang)
        return {
            **{str(outcome): times for outcome, times in counts.items()},
            "total": total,
            "notes": [note.as_json() for note in book.notes],
            "sheets": taken,
            "said": results.counted(counts).as_json(),
            "result_file": str(result),
            "verdicts": {str(place): str(file) for place, file in told.items()},
        }


@contextmanager
def _planned(path: Path, name: str, plan: Plan) -> Iterator[Book]:
    """The file, if the plan can be carried out on it."""
    found = check_plan(plan)
    if found:
        raise RuleBroken(found)
    with open_book(path, name) as book:
        if any(sheet.place >= len(book.sheets) for sheet in plan.sheets):
            raise GridError(Message("upload.plan.no_sheet"))
        yield book


def _sheets(book: Book, plan: Plan) -> list[OwnRows]:
    return [OwnRows(book, sheet) for sheet in plan.sheets]


def _own_file(runtime: Runtime, bin: str, rows: OwnRows, *, on: date, actor: Actor) -> OwnFile:
    with runtime.database.reading() as session:
        trees = Trees(*(tree(session, scheme, on) for scheme in (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU)))
        units = spellings(tree(session, Scheme.UNITS, on)) | spellings(tree(session, Scheme.UNITS_FISCAL, on))

        def also(cells: Cells) -> None:
            note_unit(cells, units)

        return OwnFile(
            session,
            bin,
            trees,
            sheet=rows.plan.place,
            beside=rows.beside,
            also=also,
            on=on,
            actor=actor,
            now=runtime.now(),
        )


def job_of_preview(runtime: Runtime, params: Mapping[str, Any], *, progress: Progress) -> dict[str, Any]:
    """The job `upload_preview`: params hold `file`, `name`, `bin` and `plan`. A repeat is harmless."""
    plan = Plan.from_json(params["plan"])
    on = date.fromisoformat(params["on"]) if "on" in params else runtime.today()
    return rehearse(runtime, Path(params["file"]), params["name"], params["bin"], plan, on=on, progress=progress)


def job_of_intake(runtime: Runtime, params: Mapping[str, Any], *, progress: Progress) -> dict[str, Any]:
    """The job `upload`: params as those of `upload_preview`, with `work`, a word of its own for each taking-in, `lang`,
    the language of the result file, `on`, the day from which the file holds, and `actor`, on whose behalf.

    Harmless to repeat: see `take_in`.
    """
    on = date.fromisoformat(params["on"]) if "on" in params else runtime.today()
    taken = take_in(
        runtime,
        Path(params["file"]),
        params["name"],
        params["bin"],
        Plan.from_json(params["plan"]),
        work=params["work"],
        lang=params.get("lang", runtime.settings.lang),
        on=on,
        actor=Actor.from_json(params["actor"]),
        progress=progress,
    )
    bare = without_code(runtime, taken["verdicts"], on)
    if not bare or loaded(runtime, on) is None:
        return taken
    with runtime.database.transaction() as session:
        job = jobs.enqueue(
            session,
            "upload_codes",
            {**params, "on": on.isoformat(), "verdicts": taken["verdicts"]},
            actor=params["actor"]["name"],
            now=runtime.now(),
            key=f"upload_codes:{Path(params['file']).name}:{params['work']}",
        )
        job_id = job.id
    runtime.wake(job_id)
    return {**taken, "without_code": len(bare), "codes_job": job_id}


def job_of_codes(runtime: Runtime, params: Mapping[str, Any], *, progress: Progress) -> dict[str, Any]:
    """The job `upload_codes`, queued behind `upload`: params as of that, with `verdicts`, by sheet the file of them.

    Suggests codes for the goods taken in that have none, and writes the result file anew with them. Nothing of it is
    stored as a code. A repeat writes the same files.
    """
    path, plan = Path(params["file"]), Plan.from_json(params["plan"])
    on = date.fromisoformat(params["on"])
    suggesting = loaded(runtime, on)
    bare = without_code(runtime, params["verdicts"], on)
    if suggesting is None:
        return {"asked": len(bare), "suggested": 0, "likely": 0}
    held = suggest(suggesting, bare, suggestions_path(path, params["work"]), progress=progress)
    with _planned(path, params["name"], plan) as book:
        told = {int(place): Path(file) for place, file in params["verdicts"].items()}
        plans = {sheet.place: sheet for sheet in plan.sheets}
        result = path.with_name(path.name + RESULT)
        lang = params.get("lang", runtime.settings.lang)
        results.write_result(result, book, told, plans, lang, codes=notes_of(held))
    return {"asked": len(bare), "suggested": len(held), "likely": sum(is_likely(codes[0]) for codes in held.values())}


def delete(runtime: Runtime, stored: list[str]) -> None:
    """Delete files of suppliers with what lies beside them; those that are gone already are as they should be."""
    for name in stored:
        for path in runtime.tables_folder.glob(f"{name}*"):
            path.unlink(missing_ok=True)
