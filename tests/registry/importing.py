"""A process of its own that imports a file in small batches, for tests that kill it: URL, kind, file, rejected file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import web.tables  # noqa: F401
from registry import bulk
from registry.bulk import Intake, Subject
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.intake import Trees, product_subject, supplier_subject
from registry.evidence.models import EvidenceStatus
from registry.spreadsheets import open_table
from tests.factories import ACTOR, NOW, TODAY

BATCH = 50


def subject_of(kind: str) -> Subject[Any]:
    """How files of suppliers or products are taken in, with no classifier loaded."""
    if kind == "suppliers":
        return supplier_subject(on=TODAY, actor=ACTOR, now=NOW)
    trees = Trees(Tree(), Tree(), Tree())
    return product_subject(trees, otherwise=EvidenceStatus.CONFIRMED, on=TODAY, actor=ACTOR, now=NOW)


def import_file(database: Database, kind: str, path: Path, rejected: Path, *, tell: bool = False) -> Intake:
    """Take the file in; `tell` prints a line for every batch that is committed."""
    subject = subject_of(kind)

    def progress(done: int, total: int) -> None:
        if tell:
            print(done, flush=True)

    with open_table(path, subject.columns, required=subject.required, aliases=subject.aliases) as table:
        return bulk.take_in(
            database,
            table,
            subject,
            rejected=rejected,
            options={"on": TODAY.isoformat()},
            actor=ACTOR,
            now=lambda: NOW,
            lang="ru",
            progress=progress,
        )


if __name__ == "__main__":
    bulk.BATCH_ROWS = BATCH
    print("ready", flush=True)
    import_file(Database(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), tell=True)
