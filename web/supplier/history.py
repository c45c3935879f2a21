"""Who changed what and when, in words: of one good, and of the organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from flask import g, render_template, request, url_for
from sqlalchemy import select

from registry.accounts.models import AccountRole
from registry.accounts.queries import account_by_email
from registry.accounts.rules import INSTITUTE
from registry.audit import AuditRow, history
from registry.suppliers.models import Site
from registry.suppliers.profile import KINDS
from registry.wording import tr
from web import auth
from web.formats import plain_name, trimmed, unit, with_query
from web.public.paging import page_of
from web.session import db
from web.supplier.blueprint import desk, own_supplier
from web.supplier.views import own_line

PAGE_SIZE: Final = 30


class Edit(NamedTuple):
    """One field of a change, in words; empty where nothing was or is said."""

    field: str
    before: str
    after: str


class Entry(NamedTuple):
    """One change in words. what: the kind and name of a thing that is part of whose history this is."""

    at: datetime
    who: str
    done: str
    what: str
    edits: Sequence[Edit]


@desk.get("/goods/<int:id>/history")
@auth.allow(auth.DESK)
def good_history(id: int) -> str:
    """The changes of one good and of its documents, the newest first."""
    line = own_line(id)
    return _page({"product": [id], "evidence": [id]}, plain_name(line.good), url_for("supplier.edit", id=id))


@desk.get("/history")
@auth.allow(auth.DESK)
def own_history() -> str:
    """The changes of the organisation and of its profile, the newest first."""
    own = own_supplier()
    concerned: dict[str, Iterable[int]] = {"supplier": [own.id], "staff": [own.id]}
    for kind, table in KINDS.items():
        concerned[kind] = db().scalars(select(table.id).where(table.supplier_id == own.id)).all()
    return _page(concerned, own.name, url_for("supplier.own_profile"))


def _page(concerned: Mapping[str, Iterable[int]], of: str, back: str) -> str:
    _, total = history(db(), concerned, limit=0)
    page, pages = page_of(request.args, total, PAGE_SIZE)
    rows, _ = history(db(), concerned, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    names: dict[str, str] = {}
    return render_template(
        "supplier/history.html",
        of=of,
        back=back,
        entries=[_entry(row, names) for row in rows],
        page=page,
        pages=pages,
        page_address=lambda page: with_query(request.script_root + request.path, page=page),
    )


def _entry(row: AuditRow, names: dict[str, str]) -> Entry:
    before, after = row.before or {}, row.after or {}
    fields = [name for name in dict.fromkeys((*before, *after)) if name not in _UNSAID]
    edits = [
        Edit(
            tr(f"goods.field.{name}", g.lang),
            _told(row.kind, name, before.get(name)),
            _told(row.kind, name, after.get(name)),
        )
        for name in fields
        if name in _KNOWN
    ]
    what = ""
    if row.kind in ("evidence", *KINDS, "staff"):
        what = tr(f"goods.thing.{row.kind}", g.lang)
        named = after.get("number") or after.get("name") or before.get("name")
        what = f"{what}: {named}" if named else what
    return Entry(
        at=row.at,
        who=_who(row, names),
        done=tr(f"goods.done.{row.action}" if row.action in _DONE else "goods.done.changed", g.lang),
        what=what,
        edits=[edit for edit in edits if edit.before != edit.after],
    )


def _who(row: AuditRow, names: dict[str, str]) -> str:
    """A colleague by name; the institute and the portal as such: who of them it was is theirs to know."""
    role, _, scope = (row.acting or "").partition(":")
    if scope and scope == auth.person().bin:
        if row.actor not in names:
            known = account_by_email(db(), row.actor)
            names[row.actor] = known.name if known else row.actor
        return names[row.actor]
    if role in {str(one) for one in INSTITUTE}:
        return tr("web.history.institute", g.lang)
    return tr("web.history.administrator" if role == AccountRole.ADMINISTRATOR else "web.history.portal", g.lang)


# Of a change what says where and when it belongs, which the page tells otherwise.
_UNSAID: Final = frozenset({"on", "supplier_id", "name_key", "suggestion"})
_DONE: Final = frozenset(
    {
        *("added", "changed", "withdrawn", "relisted", "published", "set_aside", "code_checked", "unconfirmed"),
        *("code_suggested", "code_accepted", "code_declined", "ended"),
    }
)
_KNOWN: Final = frozenset(
    {
        *("external_id", "kind", "name_ru", "name_kk", "name_en", "description", "tnved", "tnved_state", "kpved"),
        *("enstru", "unit", "capacity_per_year", "role", "draft", "agsk3", "output_per_year", "parameters"),
        *("standards", "no_standard", "price", "price_currency", "price_on", "price_visibility", "commissioned_on"),
        *("conformity_kind", "conformity_number", "conformity_issued", "conformity_expires", "site_id", "number"),
        *("issued_on", "expires_on", "percent", "status", "reason", "note", "name", "kato", "oked", "address"),
        *(
            "email",
            "phone",
            "published",
            "total",
            "kazakhstani",
            "tenure",
            "area_m2",
            "issuer",
            "model",
            "year",
            "country",
        ),
        *("serial", "from_on", "to_on", "amount", "operation_id"),
    }
)


def _told(kind: str, name: str, value: Any) -> str:
    """A value of the audit in words; the audit keeps days, numbers and words as text."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return tr("wording.yes" if value else "wording.no", g.lang)
    if kind == "evidence" and name == "kind":
        return tr(f"web.evidence_kind.{value}", g.lang)
    if family := _WORDS.get(name):
        return tr(f"{family}.{value}", g.lang)
    if name in _DAYS:
        return tr("web.value.day", g.lang, value=date.fromisoformat(value))
    if name in _NUMBERS:
        return tr("web.value.number", g.lang, value=trimmed(Decimal(value)))
    if name == "parameters":
        return "; ".join(" ".join(filter(None, one)) for one in value)
    if name == "standards":
        return "; ".join(value)
    if name == "unit":
        return unit(value)
    if name == "price_currency":
        return tr(f"goods.currency.{value.lower()}", g.lang)
    if name in _THINGS:
        held = db().get(_THINGS[name], value)
        return held.name if held else ""
    return str(value)


_WORDS: Final = {
    "kind": "web.kind",
    "role": "web.role_of",
    "tnved_state": "web.code_state",
    "price_visibility": "goods.visibility",
    "conformity_kind": "goods.conformity",
    "status": "web.evidence_status",
    "tenure": "profile.tenure",
}
_DAYS: Final = frozenset(
    {
        *("price_on", "commissioned_on", "conformity_issued", "conformity_expires", "issued_on", "expires_on"),
        *("from_on", "to_on"),
    }
)
_NUMBERS: Final = frozenset({"capacity_per_year", "output_per_year", "price", "percent", "area_m2", "amount"})
_THINGS: Final[dict[str, type[Any]]] = {"site_id": Site, "operation_id": KINDS["operation"]}
