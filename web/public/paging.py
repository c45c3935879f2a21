"""Which page of a list an address asks for. Pure."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict


def page_of(args: MultiDict[str, str], rows: int, size: int) -> tuple[int, int]:
    """The page that `?page=` asks for and how many there are, both at least 1; beyond the last is the last."""
    pages = max(1, -(-rows // size))
    asked = args.get("page", "1")
    # So long a number is nobody's page, and reading it would take long.
    known = asked.isascii() and asked.isdigit() and len(asked) < 10
    return min(pages, max(1, int(asked))) if known else 1, pages


def row_before(args: MultiDict[str, str]) -> int | None:
    """The row behind which `?before=` has a long list go on; None at its beginning."""
    given = args.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
