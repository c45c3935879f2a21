"""The log of changes: who changed what and when, what it was before and is since; and whether its seals hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flask import Response, render_template, request, url_for

from config.settings import TIME_ZONE
from registry import audit as audit_log
from registry import cells
from registry.audit import AuditRow, AuditSeal, Wanted
from registry.spreadsheets import write_csv
from registry.wording import Message
from web import auth
from web.admin.blueprint import READERS, admin
from web.formats import with_query
from web.public.paging import row_before
from web.session import db, runtime

PAGE_SIZE: Final = 50
# Entries that can be taken away at once: whoever needs more narrows the days.
MOST: Final = 50_000
_PIECE: Final = 2_000
COLUMNS: Final = (*("id", "at", "actor", "acting", "action", "kind", "entity_id", "before", "after", "seal", "sha256"),)
_LONGEST: Final = 254


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address, as typed, and those of them that cannot be read."""

    given: dict[str, str]
    wanted: Wanted
    problems: tuple[tuple[str, Message], ...]


@admin.get("/audit/")
@auth.allow(READERS)
def audit() -> str:
    """Entries of the log, the newest first, a page at a time."""
    asked = _asked()
    found = audit_log.entries(db(), asked.wanted, limit=PAGE_SIZE + 1, before=row_before(request.args))
    older = found[PAGE_SIZE - 1][0].id if len(found) > PAGE_SIZE else None
    total = audit_log.sealed(db())
    return render_template(
        "admin/audit.html",
        asked=asked,
        problems=asked.problems,
        kinds=audit_log.kinds(db()),
        entries=[(row, seal, differences(row)) for row, seal in found[:PAGE_SIZE]],
        older=with_query(url_for("admin.audit"), before=older) if older else None,
        newest=with_query(url_for("admin.audit"), before=None) if row_before(request.args) else None,
        sealed=total,
        unsealed=audit_log.unsealed(db()),
        broken=audit_log.broken_seal(db(), last=PAGE_SIZE),
        checked=min(total, PAGE_SIZE),
    )


@admin.get("/audit/export.csv")
@auth.allow(READERS)
def export_audit() -> Response:
    """The entries that fit the filters, at most MOST of them, the newest first."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.csv"
        write_csv(path, COLUMNS, _rows(_asked().wanted))
        content = path.read_bytes()
    name = f"audit-{runtime().today()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="text/csv", headers=headers)


def differences(row: AuditRow) -> list[tuple[str, str | None, str | None]]:
    """(field, what it was, what it is) of an entry; None where it was not there, or is no more."""
    before, after = row.before or {}, row.after or {}
    fields = [*before, *(name for name in after if name not in before)]
    return [(name, _plain(before, name), _plain(after, name)) for name in fields]


def _rows(wanted: Wanted) -> Iterator[list[Any]]:
    before, left = None, MOST
    while left > 0:
        found = audit_log.entries(db(), wanted, limit=min(_PIECE, left), before=before)
        yield from (_row(row, seal) for row, seal in found)
        left -= len(found)
        if len(found) < _PIECE:
            return
        before = found[-1][0].id


def _row(row: AuditRow, seal: AuditSeal | None) -> list[Any]:
    at = row.at.astimezone(TIME_ZONE).isoformat(timespec="seconds")
    said = [row.id, at, row.actor, row.acting, row.action, row.kind, row.entity_id]
    return [*said, _json(row.before), _json(row.after), seal.number if seal else None, seal.sha256 if seal else None]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _plain(values: dict[str, Any], name: str) -> str | None:
    if name not in values or values[name] is None:
        return None
    return values[name] if isinstance(values[name], str) else json.dumps(values[name], ensure_ascii=False)


def _asked() -> Asked:
    names = ("actor", "kind", "action", "id", "since", "until")
    given = {name: request.args.get(name, "").strip()[:_LONGEST] for name in names}
    problems = []
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        days[name] = cells.day(given[name]) if given[name] else None
        if given[name] and days[name] is None:
            problems.append((name, Message("web.admin.audit.no_day")))
    number = given["id"]
    known = number.isascii() and number.isdigit() and len(number) < 19
    if number and not known:
        problems.append(("id", Message("web.admin.audit.no_number")))
    since, until = days["since"], days["until"]
    wanted = Wanted(
        actor=given["actor"] or None,
        kind=given["kind"] or None,
        entity_id=int(number) if known else None,
        action=given["action"] or None,
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )
    return Asked(given, wanted, tuple(problems))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), TIME_ZONE)
