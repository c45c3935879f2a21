"""`ondiris import`: files of classifiers, customers, suppliers, products and needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.cli.terminal import ACTOR, check_writable, faults, progress, ready

if TYPE_CHECKING:
    from registry.bulk import Intake
    from registry.wording import Message
    from web.imports import ClassifierIntake
    from web.runtime import Runtime

_FILE = click.argument("file", type=click.Path(path_type=Path))
_DAY = click.DateTime(["%Y-%m-%d"])
_as_of = click.option(
    "--as-of", type=_DAY, help="The legal day from which the file holds, 2026-01-31; today without it."
)
_out = click.option("--out", type=click.Path(path_type=Path), help="Write the counts as a line of JSON to this file.")
_rejected = click.option(
    "--rejected", type=click.Path(path_type=Path), help="Where rejected rows go; FILE.rejected.csv without it."
)

_FORMATS = """
FILE is .csv (UTF-8 or Windows-1251, `,` or `;`) or .xlsx; columns go by name in any order, unknown ones are reported.
Good rows are kept; rejected ones are written with the reason and can be corrected and imported again. Repeating an
import is harmless; one that was interrupted goes on where it stopped. What was imported can be searched at the end.
Exit status 2: the file cannot be read or lacks a column, and nothing was written.
"""


@click.group(name="import")
def import_() -> None:
    """Take files into the register.

    Example: ondiris import suppliers suppliers.csv
    """


@import_.command(epilog="Example: ondiris import classifier tnved tnved.csv --in-force-from 2026-01-01")
@click.argument("scheme", type=click.Choice(["tnved", "kpved", "enstru", "kato", "oked", "units"]))
@_FILE
@click.option(
    "--scheme",
    "codes",
    type=click.Choice(["mkei", "fiscal"]),
    default="mkei",
    show_default=True,
    help="Which codes of units: МКЕИ, or those of cash registers, which differ.",
)
@click.option(
    "--in-force-from", type=_DAY, help="The day from which the edition is in force; the legal day without it."
)
@click.option("--keep", is_flag=True, help="Close nothing that the file lacks.")
@_as_of
@_rejected
@_out
@click.pass_obj
def classifier(
    make_runtime: Callable[[], Runtime],
    scheme: str,
    file: Path,
    codes: str,
    in_force_from: datetime | None,
    keep: bool,
    as_of: datetime | None,
    rejected: Path | None,
    out: Path | None,
) -> None:
    """Import an edition of a classifier: code, name_ru and, where known, name_kk, name_en, unit, parent_code.

    Rows stand in tree order, or row_id and parent_row_id (or dashes) say what hangs from what; rows without a code are
    kept then. hscode and kato are read as code, name as name_ru. A file without Russian names attaches its names (or
    description) to codes that are there. Only what differs is changed; codes that the file lacks are closed within the
    two-digit branches that it holds, but a file with rejected rows, or of corrected ones, closes nothing. After tnved
    the codes of listed products are checked anew; those of products and needs that had lost their leading zero get it
    back.
    """
    from registry.classifiers.models import Scheme
    from web.imports import import_classifier

    runtime = ready(make_runtime)
    chosen = Scheme.UNITS_FISCAL if scheme == "units" and codes == "fiscal" else Scheme(scheme)
    on = _day(as_of) or runtime.today()
    with faults(runtime):
        _check_places(file, rejected, out)
        intake = import_classifier(
            runtime,
            chosen,
            file,
            in_force_from=_day(in_force_from) or on,
            on=on,
            keep=keep,
            actor=ACTOR,
            rejected=rejected,
        )
    _tell_classifier(runtime, file, intake)
    _index(runtime)
    _write(out, file, intake.as_json())


@import_.command(epilog="Example: ondiris import customers customers.csv")
@_FILE
@_as_of
@_rejected
@_out
@click.pass_obj
def customers(
    make_runtime: Callable[[], Runtime], file: Path, as_of: datetime | None, rejected: Path | None, out: Path | None
) -> None:
    """Import customers, who buy under the law: bin,name and, where known, kato.

    A БИН or ИИН of wrong shape is rejected; one with a wrong check digit is kept and flagged. Needs may be imported
    before their customers: until then a customer is called by its name as a supplier, or by its number.
    """
    _import_rows(make_runtime, "customers", file, as_of, rejected, out)


@import_.command(epilog="Example: ondiris import suppliers suppliers.xlsx")
@_FILE
@_as_of
@_rejected
@_out
@click.pass_obj
def suppliers(
    make_runtime: Callable[[], Runtime], file: Path, as_of: datetime | None, rejected: Path | None, out: Path | None
) -> None:
    """Import suppliers: bin,name and, where known, kind (maker or dealer), kato,oked,address,email,phone.

    A БИН or ИИН of wrong shape is rejected; one with a wrong check digit is kept and flagged. A legal form in `kind`
    (ТОО, ИП) is compared with the number and leaves open whether the supplier makes or resells.
    """
    _import_rows(make_runtime, "suppliers", file, as_of, rejected, out)


@import_.command(epilog="Example: ondiris import products products.csv --as-of 2026-01-31")
@_FILE
@click.option(
    "--claimed", is_flag=True, help="Evidence without evidence_state is the supplier's own word, seen by nobody."
)
@_as_of
@_rejected
@_out
@click.pass_obj
def products(
    make_runtime: Callable[[], Runtime],
    file: Path,
    claimed: bool,
    as_of: datetime | None,
    rejected: Path | None,
    out: Path | None,
) -> None:
    """Import products of suppliers that are in the register, with their evidence of origin.

    Columns: bin,name and, where known, name_kk,name_en,description,tnved,kpved,enstru,unit,capacity_per_year,role,
    external_id,icv_percent,evidence_kind (ct-kz, industrial, ktp),evidence_number,evidence_issued,evidence_expires,
    evidence_state (confirmed, claimed, revoked).

    A product is told by external_id, else by its name, within its supplier. Further documents of it stand in rows of
    their own that repeat the rest. Evidence counts as confirmed unless the row or --claimed says otherwise: who imports
    a file answers for it, and it usually comes from the issuer's register; it holds from its day of issue. A line
    without a ТН ВЭД code is goods, works or services by its КПВЭД division.
    """
    _import_rows(make_runtime, "products", file, as_of, rejected, out, claimed=claimed)


@import_.command(epilog="Example: ondiris import needs needs.csv")
@_FILE
@_as_of
@_rejected
@_out
@click.pass_obj
def needs(
    make_runtime: Callable[[], Runtime], file: Path, as_of: datetime | None, rejected: Path | None, out: Path | None
) -> None:
    """Import needs of customers; they count as published.

    Columns: id,name and, where known, name_kk,name_en,description,tnved,enstru,unit,volume,kato,customer_bin,budget,
    contract_type (offtake, procurement, purchase),min_icv,term_years.

    A need is told by customer_bin and id. One that was imported without a customer becomes that of the customer whom a
    later file names for its id, if nobody else has the id.
    """
    _import_rows(make_runtime, "needs", file, as_of, rejected, out)


@import_.command(epilog="Example: ondiris import ktp ktp.csv --whole --as-of 2026-01-31")
@_FILE
@click.option("--whole", is_flag=True, help="FILE is the whole register: whoever it lacks is a member no longer.")
@_as_of
@_rejected
@_out
@click.pass_obj
def ktp(
    make_runtime: Callable[[], Runtime],
    file: Path,
    whole: bool,
    as_of: datetime | None,
    rejected: Path | None,
    out: Path | None,
) -> None:
    """Import members of the register of Kazakhstani producers, each row a good of one.

    Columns: registration_number,bin_iin,product_name and, where known, product_code (ТН ВЭД, КПВЭД or ЕНС ТРУ),
    company_name,production_capacity (with its unit or without),dvc_percent,registry_inclusion_date,is_active.

    A good is told by its name and code within its supplier; one that is not listed yet is listed. Its extract counts
    as confirmed from the day of inclusion; `is_active` no revokes it from --as-of on. A member that the register does
    not know is registered as a maker, published, and waits to be claimed; what is known of a supplier stays as it is.
    """
    from registry.wording import tr
    from web.imports import import_ktp

    runtime = ready(make_runtime)
    with faults(runtime), progress(file.name) as tell:
        _check_places(file, rejected, out)
        intake, ended = import_ktp(
            runtime,
            file,
            whole=whole,
            on=_day(as_of) or runtime.today(),
            actor=ACTOR,
            rejected=rejected,
            progress=tell,
        )
    _tell(runtime, file, intake)
    if whole:
        lang = runtime.settings.lang
        click.echo(tr("import.ktp.not_ended", lang) if ended is None else tr("import.ktp.ended", lang, n=ended))
    _index(runtime)
    _write(out, file, {**intake.as_json(), "ended": ended})


@import_.command(epilog="Example: ondiris import examples tnved decided.csv")
@click.argument("scheme", type=click.Choice(["tnved", "kpved", "enstru"]))
@_FILE
@_as_of
@_rejected
@_out
@click.pass_obj
def examples(
    make_runtime: Callable[[], Runtime],
    scheme: str,
    file: Path,
    as_of: datetime | None,
    rejected: Path | None,
    out: Path | None,
) -> None:
    """Import cases that people decided, which `ondiris classify` learns from: text,code and, where known, source.

    Codes of fewer digits name a branch; those, and codes that the loaded edition does not hold, are kept and marked.
    """
    from registry.classifiers.models import Scheme
    from web.imports import import_examples

    runtime = ready(make_runtime)
    with faults(runtime), progress(file.name) as tell:
        _check_places(file, rejected, out)
        intake = import_examples(
            runtime,
            Scheme(scheme),
            file,
            on=_day(as_of) or runtime.today(),
            actor=ACTOR,
            rejected=rejected,
            progress=tell,
        )
    _tell(runtime, file, intake)
    _write(out, file, intake.as_json())


@import_.command(epilog="Example: ondiris import notes tnved tnved_notes_by_chapter.json")
@click.argument("scheme", type=click.Choice(["tnved"]))
@_FILE
@_as_of
@_out
@click.pass_obj
def notes(
    make_runtime: Callable[[], Runtime], scheme: str, file: Path, as_of: datetime | None, out: Path | None
) -> None:
    """Import the notes of sections and chapters, which say what belongs where.

    FILE is JSON: an object whose keys are chapters, 01 to 97, and whose values are the text of the act above the table
    of codes of each. Only notes that differ are changed; of chapters that FILE lacks nothing is.
    """
    from registry.classifiers.models import Scheme
    from registry.wording import tr
    from web.imports import import_notes

    runtime = ready(make_runtime)
    with faults(runtime):
        check_writable(out, file)
        intake = import_notes(runtime, Scheme(scheme), file, on=_day(as_of) or runtime.today(), actor=ACTOR)
    lang, counts = runtime.settings.lang, intake.as_json()
    said = {name: counts[name] for name in ("total", "added", "changed", "unchanged")}
    click.echo(tr("import.notes.done", lang, file=file.name, **said))
    if intake.unknown:
        click.echo(tr("import.notes.unknown", lang, keys=", ".join(intake.unknown)))
    _write(out, file, counts)


for _command in (customers, suppliers, products, needs, ktp, examples):
    _command.help = f"{_command.help}\n{_FORMATS}"


def _import_rows(
    make_runtime: Callable[[], Runtime],
    kind: str,
    file: Path,
    as_of: datetime | None,
    rejected: Path | None,
    out: Path | None,
    *,
    claimed: bool = False,
) -> None:
    from registry.evidence.models import EvidenceStatus
    from web.imports import import_table

    runtime = ready(make_runtime)
    with faults(runtime), progress(file.name) as tell:
        _check_places(file, rejected, out)
        intake = import_table(
            runtime,
            kind,
            file,
            on=_day(as_of) or runtime.today(),
            actor=ACTOR,
            otherwise=EvidenceStatus.CLAIMED if claimed else EvidenceStatus.CONFIRMED,
            rejected=rejected,
            progress=tell,
        )
    _tell(runtime, file, intake)
    _index(runtime)
    _write(out, file, intake.as_json())


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _index(runtime: Runtime) -> None:
    """Let the index see what was imported, here and now: no worker need be running.

    A worker that is at it already goes on with it; an engine that is away gets it later from the outbox.
    """
    from registry.wording import tr
    from search import sync
    from search.engines import EngineUnavailable
    from web.worker import rematch_later

    lang = runtime.settings.lang
    try:
        with progress(tr("import.indexing", lang)) as tell:
            sync.drain(
                runtime.database,
                runtime.engine,
                runtime.kinds,
                now=runtime.now(),
                on=runtime.today(),
                progress=tell,
                settled=rematch_later(runtime),
            )
    except EngineUnavailable:
        click.echo(tr("import.not_indexed", lang), err=True)


def _check_places(file: Path, rejected: Path | None, out: Path | None) -> None:
    """Raise TableError, before anything is taken in, if what is written would replace what is read or have no place."""
    from registry.bulk_log import rejected_path

    check_writable(rejected, file)
    check_writable(out, file, rejected or rejected_path(file))


def _tell(runtime: Runtime, file: Path, intake: Intake) -> None:
    from registry.bulk_rows import Outcome
    from registry.wording import say, tr

    lang = runtime.settings.lang
    if intake.resumed_after:
        click.echo(tr("import.resumed", lang, row=intake.resumed_after))
    counts = {str(outcome): intake.counts.get(outcome, 0) for outcome in Outcome}
    click.echo(tr("import.done", lang, file=file.name, total=intake.total, **counts))
    for remark in intake.remarks:
        told = say(remark.note.message, lang)
        click.echo(tr("import.remark", lang, column=remark.note.field, note=told, times=remark.times, row=remark.row))
    _tell_table(lang, intake.table_notes, intake.unknown_columns, intake.rejected_file)


def _tell_classifier(runtime: Runtime, file: Path, intake: ClassifierIntake) -> None:
    from registry.wording import tr

    lang, edition = runtime.settings.lang, intake.edition
    counts: dict[str, Any] = {
        "added": edition.added,
        "changed": edition.changed,
        "closed": edition.closed,
        "unchanged": edition.unchanged,
        "rejected": intake.rejected,
    }
    click.echo(tr("import.classifier.done", lang, file=file.name, total=intake.total, **counts))
    if edition.unattached:
        click.echo(tr("import.classifier.unattached", lang, n=edition.unattached))
    if intake.rechecked:
        click.echo(tr("import.classifier.rechecked", lang, n=intake.rechecked))
    if intake.restored or intake.restored_needs:
        click.echo(tr("import.classifier.restored", lang, goods=intake.restored, needs=intake.restored_needs))
    _tell_table(lang, intake.table_notes, intake.unknown_columns, intake.rejected_file)


def _tell_table(lang: str, notes: tuple[Message, ...], unknown: tuple[str, ...], rejected: Path | None) -> None:
    from registry.wording import say, tr

    for note in notes:
        click.echo(say(note, lang))
    if unknown:
        click.echo(tr("import.unknown_columns", lang, columns=", ".join(unknown)))
    if rejected:
        click.echo(tr("import.rejected_file", lang, file=str(rejected)))


def _write(out: Path | None, file: Path, counts: dict[str, Any]) -> None:
    if out:
        out.write_text(json.dumps({"file": str(file), **counts}, ensure_ascii=False) + "\n", encoding="utf-8")
