"""A file of products does not undo that the institute ended the confirmed status of a supplier."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registry.bulk_rows import Outcome
from registry.cells import Cells
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.intake import Trees, product_subject
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import supplier_goods
from tests.factories import ACTOR, NOW, TODAY, add_supplier, bin_number, supplier_line

OWN = bin_number(1)
ENDED = TODAY - timedelta(days=10)
BEFORE, AFTER = ENDED.isoformat(), (ENDED + timedelta(days=1)).isoformat()


@pytest.mark.both_databases
def test_documents_from_before_an_exclusion_confirm_nothing_again(database: Database) -> None:
    rows = [("KZ 1", BEFORE, "confirmed"), ("KZ 2", AFTER, "confirmed"), ("KZ 3", BEFORE, ""), ("KZ 4", "", "revoked")]
    with database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN), on=ENDED - timedelta(days=300))
        subject = product_subject(
            Trees(Tree(), Tree(), Tree()),
            otherwise=EvidenceStatus.CONFIRMED,
            excluded={OWN: ENDED},
            on=TODAY,
            actor=ACTOR,
            now=NOW,
        )
        noted, lines = [], {}
        for number, (document, issued, state) in enumerate(rows):
            said = {"evidence_kind": "ct-kz", "evidence_number": document, "evidence_state": state}
            cells = Cells({"bin": OWN, "name": f"Насос {number}", "evidence_issued": issued, **said})
            line = subject.read(cells)
            assert line is not None, cells.violations
            lines[number] = line
            noted.append([note.code for note in cells.notes if note.code == "import.product.excluded"])
        assert set(subject.write(session, lines, frozenset()).values()) == {Outcome.ADDED}
        listed = sorted(supplier_goods(session, OWN, TODAY))
        assert [bool(notes) for notes in noted] == [True, False, True, False]
        assert [good.evidence[0].status for good in listed] == [
            EvidenceStatus.CLAIMED,
            EvidenceStatus.CONFIRMED,
            EvidenceStatus.CLAIMED,
            EvidenceStatus.REVOKED,
        ]
