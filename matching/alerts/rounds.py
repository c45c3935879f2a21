"""Rounds: what is new in what people watch is written down, and letters tell of it.

A round may be killed at any moment and taken by several workers at once. What was found and the letter that tells of
it are written in one transaction; a thing is told by the row that the unique key of `Notice` lets in once, and put into
the letter of whoever settles the row first. So a repeat finds nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any, Final, Protocol

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matching.alerts import queries
from matching.alerts.models import Frequency, Notice, Thing, Watch, WatchKind, WatchSeen
from matching.alerts.queries import Told
from matching.alerts.rules import MOST_LINES, key_of
from matching.engine.lines import NeedLine
from matching.needs.queries import fitting
from registry import audit, law, messages
from registry.accounts.models import Account, Membership
from registry.accounts.rules import LISTERS, SUPPLIER
from registry.dated import chunks
from registry.db import Database
from registry.evidence.queries import goods
from registry.evidence.rules import standing
from registry.suppliers.operations import ids_of
from registry.wording import Message, Named, Param

# Needs of one supplier that are looked at, the surest first: more than anybody reads.
_MOST_FITS: Final = 500
# Letters that tell of needs come daily until their reader wants otherwise.
_AT_FIRST: Final = Frequency.DAILY

Progress = Callable[[int, int], object]
# Goods that a watched search finds now.
Found = Callable[[Watch], Collection[int]]


class Addresses(Protocol):
    """Where what a letter tells of is read, and where such letters are ended."""

    def product(self, id: int, lang: str) -> str:
        """The page of a good."""

    def need(self, need: NeedLine, lang: str) -> str:
        """The page of a need."""

    def alerts(self, lang: str) -> str:
        """The list on the portal, where it is also said how often letters come."""

    def unsubscribe(self, account_id: int, lang: str) -> str:
        """Where one click ends all such letters of a person."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to."""

    watches: int
    notices: int
    letters: int

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"watches": self.watches, "notices": self.notices, "letters": self.letters}


def look(
    database: Database, found: Found, addresses: Addresses, *, on: date, now: datetime, progress: Progress
) -> Round:
    """Look at everything that is watched, and write the letters that are to come at once.

    Needs come first: they ask nothing of the search engine. Equal searches follow one another. Raises what `found`
    raises.
    """
    with database.transaction() as session:
        _provide(session, now=now)
    with database.reading() as session:
        kinds = (WatchKind.FITS, WatchKind.SEARCH)
        all_ids = {kind: list(session.scalars(_alive(kind).order_by(Watch.key, Watch.id))) for kind in kinds}
    ids = [*all_ids[WatchKind.FITS], *all_ids[WatchKind.SEARCH]]
    notices = letters = 0
    for place, watch_id in enumerate(ids, start=1):
        with database.reading() as session:
            watch = session.get(Watch, watch_id)
            if watch is None:
                continue
            news = _fits(session, watch, on) if watch.kind is WatchKind.FITS else _hits(session, watch, found, on)
        if news:
            with database.transaction() as session:
                notices += _tell(session, watch_id, news, now=now)
                letters += _letter(session, watch.account_id, (Frequency.INSTANT,), addresses, on=on, now=now)
        progress(place, len(ids))
    return Round(len(ids), notices, letters)


def write_letters(
    database: Database, frequency: Frequency, addresses: Addresses, *, on: date, now: datetime, progress: Progress
) -> int:
    """Write the letters of the day or of the week: one to each person for whom there is news. Returns how many."""
    with database.reading() as session:
        waiting = (
            select(Notice.account_id)
            .join(Watch, Watch.id == Notice.watch_id)
            .where(Notice.settled_at.is_(None), Watch.frequency == frequency)
            .distinct()
        )
        people = sorted(session.scalars(waiting))
    letters = 0
    for place, account_id in enumerate(people, start=1):
        with database.transaction() as session:
            letters += _letter(session, account_id, (frequency,), addresses, on=on, now=now)
        progress(place, len(people))
    return letters


def _provide(session: Session, *, now: datetime) -> None:
    """Let everybody who keeps a supplier's page be told of needs, as long as they do not want otherwise."""
    held = select(Watch.id).where(
        Watch.account_id == Membership.account_id, Watch.kind == WatchKind.FITS, Watch.scope == Membership.scope
    )
    without = select(Membership.account_id, Membership.scope).where(
        Membership.role.in_(LISTERS), Membership.ended_at.is_(None), ~held.exists()
    )
    rows = [
        {
            "account_id": account_id,
            "kind": WatchKind.FITS,
            "scope": scope,
            "question": "",
            "key": key_of(WatchKind.FITS, scope, ""),
            "name": scope,
            "frequency": _AT_FIRST,
            "created_at": now,
        }
        for account_id, scope in session.execute(without.distinct())
    ]
    made = _new_rows(session, Watch, rows, ("id", "scope")) if rows else []
    said = [audit.Change("watch", "watch", id, None, {"kind": "fits", "scope": scope}) for id, scope in made]
    audit.record(session, said, actor="system", now=now)


def _alive(kind: WatchKind) -> Any:
    """Watches of people who are there, and who still speak for the supplier in question."""
    alive = select(Watch.id).join(Account, Account.id == Watch.account_id)
    alive = alive.where(Watch.kind == kind, Account.closed_at.is_(None))
    if kind is WatchKind.FITS:
        speaks = select(Membership.id).where(
            Membership.account_id == Watch.account_id,
            Membership.scope == Watch.scope,
            Membership.role.in_(SUPPLIER),
            Membership.ended_at.is_(None),
        )
        alive = alive.where(speaks.exists())
    return alive


@dataclass(frozen=True, slots=True)
class _News:
    thing: Thing
    thing_id: int
    state: str
    product_id: int | None = None


def _fits(session: Session, watch: Watch, on: date) -> list[_News]:
    """Needs that fit and that the person was not told of yet."""
    known = ids_of(session, [watch.scope]).get(watch.scope)
    if known is None:
        return []
    told = set(
        session.scalars(
            select(Notice.thing_id).where(
                Notice.account_id == watch.account_id, Notice.thing == Thing.NEED, Notice.state == watch.scope
            )
        )
    )
    fits = fitting(session, known, on, _MOST_FITS)
    return [
        _News(Thing.NEED, fit.need.id, watch.scope, fit.product_id)
        for fit in fits
        if fit.need.id is not None and fit.need.id not in told
    ]


def _hits(session: Session, watch: Watch, found: Found, on: date) -> list[_News]:
    """Goods of others that the search finds and did not find before, as their evidence stands."""
    seen = set(session.scalars(select(WatchSeen.product_id).where(WatchSeen.watch_id == watch.id)))
    fresh = [id for id in found(watch) if id not in seen]
    if not fresh:
        return []
    rules = law.on(on)
    own = set(
        session.scalars(
            select(Membership.scope).where(
                Membership.account_id == watch.account_id,
                Membership.role.in_(SUPPLIER),
                Membership.ended_at.is_(None),
            )
        )
    )
    return [
        _News(Thing.PRODUCT, good.id, str(standing(good.evidence, on, rules).state))
        for good in goods(session, fresh, on)
        if good.bin not in own
    ]


def _tell(session: Session, watch_id: int, news: Sequence[_News], *, now: datetime) -> int:
    """Write down what nobody has told the person yet; returns how much that was."""
    watch = session.get(Watch, watch_id, with_for_update=True)
    if watch is None:
        return 0
    settled = now if watch.frequency is Frequency.OFF else None
    rows = [
        {
            "account_id": watch.account_id,
            "watch_id": watch.id,
            "thing": one.thing,
            "thing_id": one.thing_id,
            "state": one.state,
            "product_id": one.product_id,
            "found_at": now,
            "settled_at": settled,
            "read_at": None,
        }
        for one in news
    ]
    told = sum(len(_new_rows(session, Notice, piece, ("id",))) for piece in chunks(rows))
    if watch.kind is WatchKind.SEARCH:
        for part in chunks({"watch_id": watch.id, "product_id": one.thing_id} for one in news):
            _new_rows(session, WatchSeen, part, ("product_id",))
    return told


def _new_rows(
    session: Session, table: type[Any], rows: Iterable[dict[str, Any]], returned: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    """Insert the rows that no unique key keeps out; returns these columns of those that went in."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns = [getattr(table, name) for name in returned]
    made = session.execute(make(table).values(list(rows)).on_conflict_do_nothing().returning(*columns))
    return [tuple(row) for row in made]


def _letter(
    session: Session,
    account_id: int,
    frequencies: Collection[Frequency],
    addresses: Addresses,
    *,
    on: date,
    now: datetime,
) -> int:
    """Put what waits for a letter of these frequencies into one; returns how many were queued, 0 or 1."""
    person = session.get(Account, account_id)
    if person is None or person.closed_at is not None:
        return 0
    wanted = select(Watch.id).where(Watch.account_id == account_id, Watch.frequency.in_(frequencies))
    waiting = (Notice.account_id == account_id, Notice.settled_at.is_(None), Notice.watch_id.in_(wanted))
    settled = session.scalars(
        update(Notice)
        .where(*waiting)
        .values(settled_at=now)
        .returning(Notice)
        .execution_options(synchronize_session=False)
    ).all()
    # What was withdrawn since it was found is no news any more.
    told = [one for one in queries.shown(session, sorted(settled, key=lambda one: one.id), on) if _there(one)]
    if not told:
        return 0
    names = {watch.id: watch.name for watch in queries.watches(session, account_id)}
    lines = list(_lines(told, names, addresses, person.lang))
    unsubscribe = addresses.unsubscribe(account_id, person.lang)
    values: dict[str, Param] = {
        "name": person.name,
        "lines": reduce(lambda more, line: Message("alerts.letter.then", {"line": line, "more": more}), lines[::-1]),
        "alerts": addresses.alerts(person.lang),
        "unsubscribe": unsubscribe,
    }
    messages.queue(
        session,
        to=person.email,
        lang=person.lang,
        subject=Message("alerts.letter.subject", {"n": len(told)}),
        body=Message("alerts.letter.body", values),
        now=now,
        unsubscribe=unsubscribe,
    )
    return 1


def _there(one: Told) -> bool:
    return one.need is not None if one.thing is Thing.NEED else one.good is not None


def _lines(told: Sequence[Told], names: dict[int, str], addresses: Addresses, lang: str) -> Iterable[Message]:
    """What the letter tells, under a heading for each thing that is watched."""
    by_watch: dict[int | None, list[Told]] = {}
    for one in told[:MOST_LINES]:
        by_watch.setdefault(one.watch_id, []).append(one)
    for watch_id, group in by_watch.items():
        if group[0].thing is Thing.NEED:
            yield Message("alerts.letter.fits")
        else:
            yield Message("alerts.letter.search", {"name": names.get(watch_id or 0, "")})
        yield from (_line(one, addresses, lang) for one in group)
    if len(told) > MOST_LINES:
        yield Message("alerts.letter.more", {"n": len(told) - MOST_LINES, "address": addresses.alerts(lang)})


def _line(one: Told, addresses: Addresses, lang: str) -> Message:
    if one.need is not None:
        need = Named(one.need.name_kk or "", one.need.name, one.need.name_en or "")
        address = addresses.need(one.need, lang)
        if one.good is None:
            return Message("alerts.letter.need", {"name": need, "address": address})
        return Message("alerts.letter.need_of", {"name": need, "good": _named(one), "address": address})
    supplier = one.good.supplier_name if one.good else ""
    address = addresses.product(one.good.id if one.good else 0, lang)
    return Message("alerts.letter.product", {"name": _named(one), "supplier": supplier, "address": address})


def _named(one: Told) -> Named:
    good = one.good
    return Named(good.name_kk or "", good.name_ru or "", good.name_en or "") if good else Named("", "", "")
