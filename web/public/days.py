"""The legal day a page speaks of: today, or the one its address asks for."""

from __future__ import annotations

from datetime import date

from flask import request

from registry import cells
from web.session import runtime


def asked_day() -> date:
    """The day of `?on=`; today where none is asked, or none that a calendar holds."""
    return cells.day(request.args.get("on", "").strip()) or runtime().today()
