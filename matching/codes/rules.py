"""What a row of a file of decided cases says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matching.codes.levels import LEVELS, parse_code
from registry.cells import Cells
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Tree

COLUMNS: Final = ("text", "code", "source")
REQUIRED: Final = ("text", "code")
TEXT_LENGTH: Final = 2_000
SOURCE_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class ExampleLine:
    """A decided case as a row states it. known: whether the loaded edition holds the code or its branch."""

    text: str
    code: str
    source: str
    known: bool


def read_example(cells: Cells, scheme: Scheme, tree: Tree) -> ExampleLine | None:
    """The case, or None with what is wrong; a code that is not whole, or not of the edition, is noted."""
    text = cells.text("text", TEXT_LENGTH, required=True)
    source = cells.text("source", SOURCE_LENGTH) or ""
    if not cells.filled("code"):
        cells.refuse("import.cell.required", "code", name="code")
    code = cells.parsed("code", lambda given: parse_code(scheme, given, tree))
    if text is None or code is None or cells.violations:
        return None
    known = tree.begins(code)
    if not known:
        cells.note("import.examples.unknown", "code", given=code)
    elif len(code) < LEVELS[scheme][-1]:
        cells.note("import.examples.branch", "code", given=code)
    return ExampleLine(text, code, source, known)
