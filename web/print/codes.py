"""QR codes as drawings: the same squares on a page and in a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import segno

# Modules of white that readers need around a code (ISO/IEC 18004).
QUIET: Final = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """A QR code: a square of `size` units with the white around it, and the path of its dark parts, as SVG has it."""

    text: str
    size: int
    path: str

    @property
    def svg(self) -> str:
        """The whole drawing as a file of its own."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}" '
            f'width="{self.size}" height="{self.size}" shape-rendering="crispEdges">'
            f'<rect width="{self.size}" height="{self.size}" fill="#fff"/><path fill="#000" d="{self.path}"/></svg>'
        )


def drawn(text: str) -> Drawn:
    """The QR code of a text; a seventh of it may be dirty or torn and it still reads.

    Raises ValueError for a text that no code can hold, as of more than 2,331 bytes.
    """
    code = segno.make_qr(text, error="m", boost_error=False)
    rows = [list(row) for row in code.matrix]
    return Drawn(text, len(rows) + 2 * QUIET, "".join(_runs(rows)))


def _runs(rows: list[list[int]]) -> Iterator[str]:
    """Every run of dark squares of a row as one rectangle."""
    for y, row in enumerate(rows):
        x = 0
        for dark, squares in groupby(row):
            length = len(list(squares))
            if dark:
                yield f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z"
            x += length
