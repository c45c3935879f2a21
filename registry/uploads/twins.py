"""Goods that may be the same: listed twice under names that differ in order, case or signs alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.catalogue.models import Product, ProductVersion
from registry.catalogue.rules import ProductLine
from registry.dated import holds_on
from registry.text import fold_key

_PIECE: Final = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")


def twin_key(name: str) -> str:
    """Equal for names of the same words and figures, in whatever order and however they are joined.

    The order of figures counts: 159х8 is not 8х159.
    """
    pieces = _PIECE.findall(fold_key(name))
    words = sorted(piece for piece in pieces if not piece[0].isdigit())
    return " ".join([*words, *(piece for piece in pieces if piece[0].isdigit())])


class _Named(NamedTuple):
    key: str
    product_id: int | None
    name: str
    tnved: str | None
    row: int | None


class Twins:
    """A supplier's lines by what they are called, to which those of a file are added as they come."""

    def __init__(self) -> None:
        self._known: dict[str, list[_Named]] = {}

    @classmethod
    def of_supplier(cls, session: Session, supplier_id: int, on: date) -> Twins:
        """The lines that the supplier lists on that day."""
        twins = cls()
        version = ProductVersion.__table__.c
        listed = (
            select(Product.key, Product.id, version.name_ru, version.name_kk, version.name_en, version.tnved)
            .join(ProductVersion, version.product_id == Product.id)
            .where(Product.supplier_id == supplier_id, holds_on(version, on))
            .order_by(Product.id)
        )
        for key, product_id, *names, tnved in session.execute(listed):
            for name in filter(None, names):
                twins._known.setdefault(twin_key(name), []).append(_Named(key, product_id, name, tnved, None))
        return twins

    def of(self, line: ProductLine, row: int) -> Mapping[str, Any] | None:
        """Another line that a new one may be the same as: its name, and its product or the row of the file that it
        comes from; None if there is none. Lines of two codes are two goods, whatever they are called."""
        found: _Named | None = None
        for name in filter(None, (line.name_ru, line.name_kk, line.name_en)):
            same = self._known.setdefault(twin_key(name), [])
            found = found or next((it for it in same if it.key != line.key and _one_code(it.tnved, line.tnved)), None)
            same.append(_Named(line.key, None, name, line.tnved, row))
        if found is None:
            return None
        where = {"product": found.product_id} if found.row is None else {"row": found.row}
        return {"name": found.name, **where}


def _one_code(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
