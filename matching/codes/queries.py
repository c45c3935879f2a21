"""The classifier of a scheme as it stands on a day, held in memory."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from threading import Lock
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.codes.classify import Classifier
from matching.codes.examples import Example, Examples
from matching.codes.index import Index
from matching.codes.models import DecidedExample
from matching.codes.notes import Notes
from registry.classifiers.models import Scheme
from registry.classifiers.queries import notes, tree
from registry.errors import NotFound
from registry.wording import Message

# An index of 13,289 codes takes some 100 MB: one of each scheme, and one of another day, stay in memory.
_KEPT: Final = 4
_held: OrderedDict[Any, Classifier] = OrderedDict()
_lock = Lock()
_building = Lock()


def classifier(session: Session, scheme: Scheme, on: date) -> Classifier:
    """What classifies by the scheme as it stood on that day, by all cases decided until now.

    Kept in memory until a classifier, its notes or a decided case change. Raises NotFound where none is loaded.
    """
    nomenclature = tree(session, scheme, on)
    if not len(nomenclature):
        said = {"scheme": Message(f"classifier.name.{scheme.value}"), "word": scheme.value}
        raise NotFound(Message("codes.no_classifier", said))
    above = tree(session, Scheme.KPVED, on) if scheme is Scheme.ENSTRU else None
    told = notes(session, scheme, on)
    table = DecidedExample.__table__.c
    learned = (table.scheme == scheme, table.known)
    mark = session.execute(select(func.count(), func.max(table.id)).where(*learned)).one()
    # A tree is held as long as this is: its place in memory tells it from every other that is.
    key = (scheme, id(nomenclature), id(above), *mark, hash(tuple(told.items())), str(session.get_bind().engine.url))
    if held := _looked_up(key):
        return held
    # One at a time: whoever asks for what another builds waits as long as building it themselves would take.
    with _building:
        if held := _looked_up(key):
            return held
        with _lock:
            indexes = [it.index for it in _held.values()]
        like = next((it for it in indexes if it.tree is nomenclature and it.above is above), None)
        index = like if like is not None else Index(scheme, nomenclature, above)
        rows = session.execute(select(table.text, table.code, table.source).where(*learned).order_by(table.id))
        examples = Examples(Example(*row) for row in rows)
        built = Classifier(index, examples, Notes(told, index))
        with _lock:
            _held[key] = built
            while len(_held) > _KEPT:
                _held.popitem(last=False)
        return built


def _looked_up(key: Any) -> Classifier | None:
    with _lock:
        if key in _held:
            _held.move_to_end(key)
        return _held.get(key)
