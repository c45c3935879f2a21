"""Decided cases are kept once, marked where the edition lacks their code, and teach the classifier."""

import pytest
from sqlalchemy import select

from matching.codes.models import DecidedExample
from matching.codes.operations import example_subject, take_in
from matching.codes.queries import classifier
from matching.codes.rules import ExampleLine
from registry.accounts.rules import Actor
from registry.bulk_rows import Outcome
from registry.cells import Cells
from registry.classifiers.models import Scheme
from registry.db import Database
from registry.errors import NotFound
from tests.factories import NOW, TODAY, add_classifier
from tests.matching.codes.small import TREE

pytestmark = pytest.mark.both_databases
ACTOR = Actor("test")
ROWS = [
    {"code": "73", "name_ru": "ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ"},
    {"code": "7304", "name_ru": "Трубы бесшовные"},
    {"code": "7304191009", "name_ru": "для нефтепроводов"},
]


def write(database: Database, *lines: ExampleLine, absent: frozenset[str] = frozenset()) -> list[object]:
    with database.transaction() as session:
        stated = dict(enumerate(lines))
        outcomes = take_in(session, stated, absent, scheme=Scheme.TNVED, actor=ACTOR, now=NOW)
    return list(outcomes.values())


def test_a_case_is_kept_once_and_its_source_brought_up_to_date(database: Database) -> None:
    line = ExampleLine("Рукав буровой", "7304191009", "institute", known=True)
    other = ExampleLine("РУКАВ  буровой", "7304191009", "customs", known=True)
    assert write(database, line, line) == [Outcome.ADDED, Outcome.UNCHANGED]
    assert write(database, line) == [Outcome.UNCHANGED]
    assert write(database, other) == [Outcome.CHANGED]
    assert write(
        database, ExampleLine("Рукав буровой", "7304191009", "", known=True), absent=frozenset({"source"})
    ) == [Outcome.UNCHANGED]
    with database.reading() as session:
        rows = session.scalars(select(DecidedExample)).all()
    assert [(row.text, row.code, row.source, row.known) for row in rows] == [
        ("Рукав буровой", "7304191009", "customs", True)
    ]


def test_the_classifier_learns_from_known_cases_at_once(database: Database) -> None:
    with database.transaction() as session:
        add_classifier(session, Scheme.TNVED, ROWS, in_force_from=TODAY)
    with database.reading() as session:
        assert not classifier(session, Scheme.TNVED, TODAY).classify("Рукав буровой").codes
    write(
        database,
        ExampleLine("Рукав буровой", "7304191009", "", known=True),
        ExampleLine("Рукав буровой", "9999999999", "", known=False),
    )
    with database.reading() as session:
        learned = classifier(session, Scheme.TNVED, TODAY)
        assert [one.code for one in learned.classify("Рукав буровой").codes] == ["7304191009"]
        assert classifier(session, Scheme.TNVED, TODAY) is learned
        with pytest.raises(NotFound):
            classifier(session, Scheme.KPVED, TODAY)


@pytest.mark.parametrize(
    ("code", "kept", "note"),
    [
        ("7304 11 000 0", ("7304110000", True), None),
        ("7304", ("7304", True), "import.examples.branch"),
        ("7305110000", ("7305110000", False), "import.examples.unknown"),
    ],
)
def test_codes_of_a_file_are_read_as_people_write_them(code: str, kept: tuple[str, bool], note: str | None) -> None:
    cells = Cells({"text": "Труба", "code": code, "source": "x"})
    line = example_subject(Scheme.TNVED, TREE, actor=ACTOR, now=NOW).read(cells)
    assert line is not None
    assert (line.code, line.known) == kept
    assert [found.code for found in cells.notes] == ([note] if note else [])


@pytest.mark.parametrize(("text", "code"), [("", "7304"), ("Труба", ""), ("Труба", "73041"), ("Труба", "abc")])
def test_a_row_without_a_text_or_a_code_is_refused(text: str, code: str) -> None:
    cells = Cells({"text": text, "code": code})
    assert example_subject(Scheme.TNVED, TREE, actor=ACTOR, now=NOW).read(cells) is None
    assert cells.violations
