"""Files taken into the register, for the command line and for the job that a worker runs: one way in for both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matching.codes.operations import example_subject
from matching.engine.files import note_unit
from matching.needs.operations import need_subject, restore_codes
from registry import bulk, bulk_log
from registry.accounts.rules import Actor
from registry.bulk import Intake
from registry.bulk_rows import Subject
from registry.catalogue.operations import Checked, check_codes
from registry.cells import Cells
from registry.classifiers import operations as classifiers
from registry.classifiers import rules as classifier_rules
from registry.classifiers.models import Scheme
from registry.classifiers.notes import read_notes
from registry.classifiers.operations import Edition
from registry.classifiers.queries import tree
from registry.classifiers.rules import Reading
from registry.classifiers.units import not_of_mkei, spellings
from registry.customers.operations import customer_subject
from registry.evidence import ktp
from registry.evidence.intake import Trees, product_subject, supplier_subject
from registry.evidence.models import EvidenceStatus
from registry.identifiers import in_chapter
from registry.spreadsheets import REJECTED_COLUMNS, Table, TableError, open_table
from registry.verification.confirmed import excluded
from registry.wording import Message, Param

if TYPE_CHECKING:
    from web.runtime import Runtime


@dataclass(frozen=True, slots=True)
class NotesIntake:
    """What became of a file of notes. unknown: keys of it that are no chapters."""

    total: int
    added: int
    changed: int
    unknown: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        counts = {"total": self.total, "added": self.added, "changed": self.changed}
        return {**counts, "unchanged": self.total - self.added - self.changed, "unknown": list(self.unknown)}


Progress = Callable[[int, int], object]

# In the order in which a register is filled: products name their suppliers.
KINDS = ("customers", "suppliers", "products", "needs")


@dataclass(frozen=True, slots=True)
class ClassifierIntake:
    """What became of a file of a classifier.

    rechecked: lines of the register whose code stands otherwise now. restored, restored_needs: lines and needs whose
    code got back the leading zero that a table had dropped.
    """

    edition: Edition
    total: int
    rejected: int
    rechecked: int
    restored: int
    restored_needs: int
    unknown_columns: tuple[str, ...]
    table_notes: tuple[Message, ...]
    rejected_file: Path | None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        edition = self.edition
        return {
            "total": self.total,
            "added": edition.added,
            "changed": edition.changed,
            "closed": edition.closed,
            "unchanged": edition.unchanged,
            "unattached": edition.unattached,
            "rejected": self.rejected,
            "rechecked": self.rechecked,
            "restored": self.restored,
            "restored_needs": self.restored_needs,
            "unknown_columns": list(self.unknown_columns),
            "notes": [note.as_json() for note in self.table_notes],
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
        }


def import_table(
    runtime: Runtime,
    kind: str,
    path: Path,
    *,
    on: date,
    actor: str,
    progress: Progress,
    otherwise: EvidenceStatus = EvidenceStatus.CONFIRMED,
    rejected: Path | None = None,
) -> Intake:
    """Take in a file of one of KINDS, said to hold from the legal day `on`.

    otherwise: the status of evidence whose row does not give it. Raises TableError where nothing was taken in.
    """
    subject = _subject(runtime, kind, on, otherwise, Actor(actor))
    with _opened(path, subject) as table:
        return bulk.take_in(
            runtime.database,
            table,
            subject,
            rejected=rejected or bulk_log.rejected_path(path),
            options={"on": on.isoformat(), "otherwise": str(otherwise)},
            actor=actor,
            now=runtime.now,
            lang=runtime.settings.lang,
            progress=progress,
        )


def import_ktp(
    runtime: Runtime,
    path: Path,
    *,
    whole: bool,
    on: date,
    actor: str,
    progress: Progress,
    rejected: Path | None = None,
) -> tuple[Intake, int | None]:
    """Take in a file of the register of Kazakhstani producers; returns how many memberships ended, too.

    whole: the file is that register from end to end, so whoever it lacks is a member no longer from the day `on`. A
    file with rejected rows lacks what they would have said: then nobody's ends, and None is returned.
    """
    intake = import_table(runtime, ktp.KIND, path, on=on, actor=actor, progress=progress, rejected=rejected)
    if not whole:
        return intake, 0
    if intake.rejected_file is not None:
        return intake, None
    with open_table(path, ktp.COLUMNS, required=ktp.REQUIRED) as table:
        seen = ktp.seen_in(row.cells for row in table.rows())
    with runtime.database.transaction() as session:
        return intake, ktp.end_missing(session, seen, on=on, actor=Actor(actor), now=runtime.now())


def import_examples(
    runtime: Runtime,
    scheme: Scheme,
    path: Path,
    *,
    on: date,
    actor: str,
    progress: Progress,
    rejected: Path | None = None,
) -> Intake:
    """Take in a file of cases that people decided, which suggestions of codes learn from.

    on: the legal day whose edition tells what is a code. Raises TableError where nothing was taken in.
    """
    with runtime.database.reading() as session:
        nomenclature = tree(session, scheme, on)
    subject = example_subject(scheme, nomenclature, actor=Actor(actor), now=runtime.now())
    with _opened(path, subject) as table:
        return bulk.take_in(
            runtime.database,
            table,
            subject,
            rejected=rejected or bulk_log.rejected_path(path),
            options={"on": on.isoformat()},
            actor=actor,
            now=runtime.now,
            lang=runtime.settings.lang,
            progress=progress,
        )


def import_notes(runtime: Runtime, scheme: Scheme, path: Path, *, on: date, actor: str) -> NotesIntake:
    """Take in the notes of sections and chapters: a JSON object of the raw text by chapter.

    Raises TableError for a file that is none.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(Message("import.notes.unreadable", {"file": path.name})) from error
    if not isinstance(raw, dict) or not all(isinstance(text, str) for text in raw.values()):
        raise TableError(Message("import.notes.unreadable", {"file": path.name}))
    chapters = {code: text for code, text in raw.items() if len(code) == 2 and in_chapter(code)}
    read = read_notes(chapters)
    with runtime.database.transaction() as session:
        added, changed = classifiers.take_in_notes(session, scheme, read, on=on, actor=Actor(actor), now=runtime.now())
    total = sum(bool(notes.chapter) + bool(notes.section) for notes in read.values())
    return NotesIntake(total, added, changed, tuple(sorted(set(raw) - set(chapters))))


def _opened(path: Path, subject: Subject[Any]) -> AbstractContextManager[Table]:
    return open_table(path, subject.columns, required=subject.required, aliases=subject.aliases)


def _subject(runtime: Runtime, kind: str, on: date, otherwise: EvidenceStatus, actor: Actor) -> Subject[Any]:
    now = runtime.now()
    if kind == "customers":
        return customer_subject(on=on, actor=actor, now=now)
    if kind == "suppliers":
        return supplier_subject(on=on, actor=actor, now=now)
    with runtime.database.reading() as session:
        trees = Trees(*(tree(session, scheme, on) for scheme in (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU)))
        ended = excluded(session)
        units = spellings(tree(session, Scheme.UNITS, on)) | spellings(tree(session, Scheme.UNITS_FISCAL, on))
    if kind == ktp.KIND:
        return ktp.ktp_subject(trees, excluded=ended, on=on, actor=actor, now=now)
    if kind == "products":
        products = product_subject(trees, otherwise=otherwise, excluded=ended, on=on, actor=actor, now=now)
        return _noting_units(products, units)
    return _noting_units(need_subject(trees.codes, on=on, actor=actor, now=now), units)


def _noting_units(subject: Subject[Any], units: frozenset[str]) -> Subject[Any]:
    """The subject, whose lines are noted where neither matching nor the classifiers know their unit."""

    def read(cells: Cells) -> Any:
        line = subject.read(cells)
        note_unit(cells, units)
        return line

    return replace(subject, read=read)


def import_classifier(
    runtime: Runtime,
    scheme: Scheme,
    path: Path,
    *,
    in_force_from: date,
    on: date,
    keep: bool,
    actor: str,
    rejected: Path | None = None,
) -> ClassifierIntake:
    """Take in a file of a classifier, and hold stored codes against the ТН ВЭД of the day `on` anew.

    A file with refused rows lacks what they would have said, and corrected ones are part of an edition: what such files
    lack is not closed. Raises TableError where nothing was taken in, as of a file of another classifier.
    """
    rejected = rejected or bulk_log.rejected_path(path)
    now, program = runtime.now(), Actor(actor)
    bulk_log.check_writable(rejected)
    with open_table(path, classifier_rules.COLUMNS, required=("code",), aliases=classifier_rules.ALIASES) as table:
        reading = classifier_rules.read(scheme, ((row.number, row.cells) for row in table.rows()), table.columns)
        if reading.foreign:
            raise TableError(_foreign(scheme, reading.foreign, path))
        if scheme is Scheme.UNITS:
            _check_mkei(table.name, reading)
        checked, restored_needs = Checked(0, 0), 0
        with runtime.database.transaction() as session:
            edition = classifiers.take_in(
                session,
                scheme,
                reading,
                source=path.name,
                sha256=table.sha256,
                in_force_from=in_force_from,
                keep=keep or bool(reading.refused or table.places_of(REJECTED_COLUMNS)),
                actor=program,
                now=now,
            )
            if scheme is Scheme.TNVED:
                nomenclature = tree(session, scheme, on)
                checked = check_codes(session, nomenclature, on=on, actor=program, now=now)
                restored_needs = restore_codes(session, nomenclature, on=on, actor=program, now=now)
        return ClassifierIntake(
            edition=edition,
            total=table.total,
            rejected=len(reading.refused),
            rechecked=checked.lines,
            restored=checked.restored,
            restored_needs=restored_needs,
            unknown_columns=table.unknown,
            table_notes=(*table.notes, Message("import.classifier.kept")) if reading.refused else table.notes,
            rejected_file=bulk_log.write_rejected(rejected, table, reading.refused, runtime.settings.lang),
        )


def _check_mkei(file: str, reading: Reading) -> None:
    """Raise TableError for units by the codes of cash registers: taken for МКЕИ, they would stay among its codes."""
    others = not_of_mkei(stated.node for stated in reading.nodes.values())
    if others:
        unit, known = others[0]
        said = {"file": file, "unit": unit.name_ru or "", "given": unit.code or "", "known": known}
        raise TableError(Message("import.classifier.fiscal", {**said, "n": len(others)}))


def _foreign(scheme: Scheme, foreign: classifier_rules.Foreign, path: Path) -> Message:
    """Why nothing of a file was taken in as this classifier."""
    said: dict[str, Param] = {
        "file": path.name,
        "scheme": Message(f"classifier.name.{scheme.value}"),
        "bad": foreign.bad,
        "n": foreign.coded,
        "given": foreign.given,
        "row": foreign.row,
    }
    if foreign.like is None:
        return Message("import.classifier.foreign", said)
    other = {"other": Message(f"classifier.name.{foreign.like.value}"), "word": foreign.like.value}
    return Message("import.classifier.another", {**said, **other})


def take_in(
    runtime: Runtime, params: Mapping[str, Any], *, actor: str, progress: Callable[[int, int], object]
) -> dict[str, Any]:
    """The job `import`: params hold `kind` (one of KINDS), `file`, and for evidence seen by nobody `claimed`.

    Harmless to repeat: an interrupted run goes on after its last committed batch, a finished one finds no change.
    """
    intake = import_table(
        runtime,
        params["kind"],
        Path(params["file"]),
        on=date.fromisoformat(params["on"]) if "on" in params else runtime.today(),
        actor=actor,
        otherwise=EvidenceStatus.CLAIMED if params.get("claimed") else EvidenceStatus.CONFIRMED,
        progress=progress,
    )
    return intake.as_json()
