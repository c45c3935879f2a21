"""QR codes: the squares that are drawn are those of the code, on white, and read back as the text."""

from __future__ import annotations

import re

import pytest
import segno

from web.print.codes import QUIET, drawn

ADDRESS = "https://ondiris.example/products/12?on=2026-11-23"


def squares(path: str) -> set[tuple[int, int]]:
    """The dark squares of a path, (x, y) without the white around."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert path == "".join(f"M{x} {y}h{width}v1h-{back}z" for x, y, width, back in runs)
    assert all(width == back for _, _, width, back in runs)
    return {(int(x) + place - QUIET, int(y) - QUIET) for x, y, width, _ in runs for place in range(int(width))}


@pytest.mark.parametrize("text", ["7", ADDRESS, "https://тауар.қаз/suppliers/080340990007"])
def test_every_dark_square_of_the_code_is_drawn(text: str) -> None:
    code, made = drawn(text), segno.make_qr(text, error="m", boost_error=False)
    assert squares(code.path) == {(x, y) for y, row in enumerate(made.matrix) for x, dark in enumerate(row) if dark}
    assert (code.text, code.size) == (text, made.symbol_size(border=QUIET)[0])


def test_the_file_holds_the_same_on_white() -> None:
    code = drawn(ADDRESS)
    assert code.path in code.svg
    assert f'viewBox="0 0 {code.size} {code.size}"' in code.svg


def test_what_no_code_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        drawn("https://portal.example/" + "x" * 3000)
