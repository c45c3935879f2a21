"""The only writers of what people asked to be told of. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from matching.alerts.models import Frequency, Notice, Watch, WatchKind, WatchSeen
from matching.alerts.rules import NAME_MAX, check_search, key_of
from registry import audit
from registry.accounts.rules import EVERYONE, SUPPLIER, Actor, by
from registry.errors import NotAllowed, NotFound, RuleBroken
from registry.wording import Message


@by(EVERYONE)
def watch_search(
    session: Session,
    question: str,
    *,
    name: str,
    frequency: Frequency,
    found: Collection[int],
    total: int,
    actor: Actor,
    now: datetime,
) -> Watch:
    """Watch a search from now on; one that is watched already only gets the frequency.

    found: the goods it finds now, which are no news; total: how many it finds in all.
    Raises RuleBroken for a search that asks nothing or finds too much, and for one too many.
    """
    account_id = _person(actor)
    held = _held(session, account_id, WatchKind.SEARCH, "", question)
    if held is not None:
        _change(session, held, frequency, actor=actor, now=now)
        return held
    watched = session.scalars(
        select(func.count()).select_from(Watch).where(Watch.account_id == account_id, Watch.kind == WatchKind.SEARCH)
    ).one()
    if violations := check_search(question, total, watched):
        raise RuleBroken(violations)
    watch = _new(session, account_id, WatchKind.SEARCH, "", question, name, frequency, actor=actor, now=now)
    if found:
        rows = [{"watch_id": watch.id, "product_id": id} for id in dict.fromkeys(found)]
        session.execute(insert(WatchSeen), rows)
    return watch


@by(SUPPLIER)
def watch_fits(session: Session, frequency: Frequency, *, actor: Actor, now: datetime) -> Watch:
    """Be told how often of needs that fit the goods of the supplier one speaks for."""
    account_id, scope = _person(actor), actor.bin or ""
    held = _held(session, account_id, WatchKind.FITS, scope, "")
    if held is not None:
        _change(session, held, frequency, actor=actor, now=now)
        return held
    return _new(session, account_id, WatchKind.FITS, scope, "", scope, frequency, actor=actor, now=now)


@by(EVERYONE)
def set_frequency(session: Session, watch_id: int, frequency: Frequency, *, actor: Actor, now: datetime) -> None:
    """Have letters of something one watches come more or less often, or not at all."""
    _change(session, _own(session, watch_id, actor), frequency, actor=actor, now=now)


@by(EVERYONE)
def end_watch(session: Session, watch_id: int, *, actor: Actor, now: datetime) -> None:
    """Watch a search no more. What was told of it stays told."""
    watch = _own(session, watch_id, actor)
    if watch.kind is WatchKind.FITS:
        # It comes with the role; whoever wants no letters turns them off.
        raise NotFound(Message("alerts.not_found"))
    session.execute(update(Notice).where(Notice.watch_id == watch.id).values(watch_id=None))
    session.execute(delete(WatchSeen).where(WatchSeen.watch_id == watch.id))
    said = {"question": watch.question, "frequency": watch.frequency.value}
    session.delete(watch)
    session.flush()
    audit.record(session, [audit.Change("unwatch", "watch", watch_id, said, None)], actor=actor, now=now)


@by(EVERYONE)
def stop_letters(session: Session, *, actor: Actor, now: datetime) -> int:
    """Let no letter of alerts come to the person any more; returns of how many watches. The list is kept."""
    watches = session.scalars(
        select(Watch).where(Watch.account_id == _person(actor), Watch.frequency != Frequency.OFF).with_for_update()
    ).all()
    for watch in watches:
        _change(session, watch, Frequency.OFF, actor=actor, now=now)
    return len(watches)


@by(EVERYONE)
def mark_read(session: Session, *, actor: Actor, now: datetime) -> None:
    """Take all that the list holds for read. Nobody else is told of it, so no audit is."""
    unread = (Notice.account_id == _person(actor), Notice.read_at.is_(None))
    session.execute(update(Notice).where(*unread).values(read_at=now))


def _new(
    session: Session,
    account_id: int,
    kind: WatchKind,
    scope: str,
    question: str,
    name: str,
    frequency: Frequency,
    *,
    actor: Actor,
    now: datetime,
) -> Watch:
    watch = Watch(
        account_id=account_id,
        kind=kind,
        scope=scope,
        question=question,
        key=key_of(kind, scope, question),
        name=name[:NAME_MAX],
        frequency=frequency,
        created_at=now,
    )
    session.add(watch)
    session.flush()
    said = {"kind": kind.value, "scope": scope, "question": question, "frequency": frequency.value}
    audit.record(session, [audit.Change("watch", "watch", watch.id, None, said)], actor=actor, now=now)
    return watch


def _change(session: Session, watch: Watch, frequency: Frequency, *, actor: Actor, now: datetime) -> None:
    if watch.frequency is frequency:
        return
    before, watch.frequency = watch.frequency, frequency
    if frequency is Frequency.OFF:
        # What waits for a letter that is not wanted would come in a heap when letters are wanted again.
        waiting = (Notice.watch_id == watch.id, Notice.settled_at.is_(None))
        session.execute(update(Notice).where(*waiting).values(settled_at=now))
    session.flush()
    change = audit.Change("changed", "watch", watch.id, {"frequency": before.value}, {"frequency": frequency.value})
    audit.record(session, [change], actor=actor, now=now)


def _held(session: Session, account_id: int, kind: WatchKind, scope: str, question: str) -> Watch | None:
    key = key_of(kind, scope, question)
    return session.scalars(select(Watch).where(Watch.account_id == account_id, Watch.key == key)).one_or_none()


def _own(session: Session, watch_id: int, actor: Actor) -> Watch:
    watch = session.get(Watch, watch_id, with_for_update=True)
    if watch is None or watch.account_id != _person(actor):
        raise NotFound(Message("alerts.not_found"))
    return watch


def _person(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotAllowed(Message("accounts.nobody"))
    return actor.account_id
