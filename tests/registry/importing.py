"""Files taken into a register, and all that it says afterwards, for tests that compare two ways to the same end."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from registry.audit import AuditRow
from registry.bulk import BulkRun, Intake, take_in
from registry.bulk_rows import Subject
from registry.catalogue.models import Product, ProductVersion
from registry.classifiers import operations as classifiers
from registry.classifiers import rules as classifier_rules
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.intake import Trees, product_subject, supplier_subject
from registry.evidence.models import Evidence, EvidenceStatus
from registry.outbox import OutboxRow
from registry.spreadsheets import open_table
from registry.suppliers.models import Supplier, SupplierVersion
from tests.factories import ACTOR, NOW, TODAY, bin_number

COLUMNS = [
    "bin",
    "name",
    "tnved",
    "capacity_per_year",
    "icv_percent",
    "evidence_kind",
    "evidence_number",
    "external_id",
]


def write(path: Path, columns: list[str], rows: Iterable[Iterable[Any]]) -> Path:
    """A CSV file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def suppliers_file(folder: Path, count: int = 3) -> Path:
    """A file of suppliers, always the same ones."""
    rows = ([bin_number(number), f"ТОО «Завод {number}»", "maker"] for number in range(count))
    return write(folder / "suppliers.csv", ["bin", "name", "kind"], rows)


def product(number: int, **given: Any) -> list[Any]:
    """A row of COLUMNS: a line of one of the first three suppliers, with a document of its own."""
    values = {
        "bin": bin_number(number % 3),
        "name": f"Труба {number}",
        "tnved": "7304191009",
        "capacity_per_year": 100 + number,
        "icv_percent": "68,23",
        "evidence_kind": "ktp",
        "evidence_number": f"К-{number}",
        "external_id": f"P{number}",
    }
    return [{**values, **given}[column] for column in COLUMNS]


def subject_of(kind: str) -> Subject[Any]:
    """How files of suppliers or products are taken in, with no classifier loaded."""
    if kind == "suppliers":
        return supplier_subject(on=TODAY, actor=ACTOR, now=NOW)
    trees = Trees(Tree(), Tree(), Tree())
    return product_subject(trees, otherwise=EvidenceStatus.CONFIRMED, excluded={}, on=TODAY, actor=ACTOR, now=NOW)


def import_file(
    database: Database,
    kind: str,
    path: Path,
    rejected: Path,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Intake:
    """Take the file in; `progress` is told of 0 rows once the file is read, and of every batch that is committed."""
    subject = subject_of(kind)
    with open_table(path, subject.columns, required=subject.required, aliases=subject.aliases) as table:
        progress(0, table.total)
        return take_in(
            database,
            table,
            subject,
            rejected=rejected,
            options={"on": TODAY.isoformat()},
            actor=ACTOR.name,
            now=lambda: NOW,
            lang="ru",
            progress=progress,
        )


def import_classifier(database: Database, scheme: Scheme, path: Path) -> None:
    """Take in an edition of a classifier, in force from TODAY."""
    with open_table(path, classifier_rules.COLUMNS, required=("code",), aliases=classifier_rules.ALIASES) as table:
        reading = classifier_rules.read(scheme, ((row.number, row.cells) for row in table.rows()), table.columns)
        with database.transaction() as session:
            classifiers.take_in(
                session,
                scheme,
                reading,
                source=path.name,
                sha256=table.sha256,
                in_force_from=TODAY,
                keep=False,
                actor=ACTOR,
                now=NOW,
            )


def everything(database: Database, *, outbox: bool = True) -> dict[str, list[str]]:
    """What the register says, without moments and the numbers that depend on the order of commits.

    outbox: also what it has yet to tell the index, which somebody who drains takes away.
    """
    asked = {
        "lines": select(
            Supplier.bin,
            Product.key,
            Product.version,
            ProductVersion.name_ru,
            ProductVersion.capacity_per_year,
            ProductVersion.valid_from,
            ProductVersion.valid_to,
        )
        .join(Product, Product.supplier_id == Supplier.id)
        .join(ProductVersion),
        "documents": select(Product.key, Evidence.number, Evidence.percent, Evidence.valid_from).join(Product),
        "suppliers": select(Supplier.bin, SupplierVersion.name).join(SupplierVersion),
        "audit": select(AuditRow.kind, AuditRow.action, AuditRow.after),
        "runs": select(
            BulkRun.kind, BulkRun.position, BulkRun.rejected_bytes, BulkRun.finished_at.is_not(None), BulkRun.counts
        ),
    }
    if outbox:
        asked["outbox"] = select(Product.key).join(OutboxRow, OutboxRow.entity_id == Product.id)
    with database.reading() as session:
        return {name: sorted(map(repr, session.execute(query))) for name, query in asked.items()}
