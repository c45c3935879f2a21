"""What organisations of the demonstration state of themselves and of their goods: `config/starter/profiles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.rules import Actor
from registry.catalogue.details import Details, Parameter
from registry.catalogue.models import ConformityKind, Product, ProductKind, Visibility
from registry.catalogue.queries import details
from registry.catalogue.rules import ProductLine
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.evidence.coding import Codes, suggest_codes
from registry.evidence.operations import save_good
from registry.evidence.queries import good, roles
from registry.suppliers.models import Staff, Tenure
from registry.suppliers.operations import ids_of
from registry.suppliers.profile import (
    EquipmentLine,
    FreeLine,
    OperationLine,
    PermitLine,
    PremisesLine,
    ProfileLine,
    SiteLine,
    add,
    save_staff,
)
from web.runtime import Runtime

Starter = Callable[[str], AbstractContextManager[Path]]


class _Loading:
    """One loading: the day from which what is stated holds, and who states it."""

    def __init__(self, session: Session, actor: Actor, coder: Actor, on: date, now: datetime) -> None:
        self.session, self.actor, self.coder, self.on, self.now = session, actor, coder, on, now
        self.sites: dict[tuple[str, str], int] = {}

    def organisation(self, said: Mapping[str, Any]) -> None:
        """What one organisation states of itself."""
        bin = said["bin"]
        if staff := said.get("staff"):
            save_staff(self.session, bin, **staff, on=self.on, actor=self.actor, now=self.now)
        for one in said.get("sites", ()):
            self.sites[bin, one["name"]] = self._add(bin, SiteLine(**one))
        for one in said.get("premises", ()):
            self._add(
                bin, PremisesLine(one["name"], Tenure(one["tenure"]), Decimal(one["area_m2"]), self._at(bin, one))
            )
        for one in said.get("equipment", ()):
            able = Decimal(one["capacity_per_year"]), one["unit"]
            named = (one["name"], one["model"], one["year"], one["country"], one["serial"])
            self._add(bin, EquipmentLine(*named, *able, self._at(bin, one)))
        for one in said.get("permits", ()):
            self._add(bin, PermitLine(**one))
        for one in said.get("operations", ()):
            told = {name: one.get(name) for name in ("name_ru", "name_kk", "name_en", "kpved", "note")}
            line = OperationLine(**told, site_id=self._at(bin, one))
            operation = self._add(bin, line)
            for free in one.get("free", ()):
                begins, ends = (self.on + timedelta(days=free[name]) for name in ("from", "to"))
                amount = Decimal(free["amount"])
                self._add(bin, FreeLine(operation, begins, ends, amount, free["unit"], free.get("note")))

    def _add(self, bin: str, line: ProfileLine) -> int:
        return add(self.session, bin, line, on=self.on, actor=self.actor, now=self.now)

    def _at(self, bin: str, one: Mapping[str, Any]) -> int | None:
        return self.sites[bin, one["site"]] if "site" in one else None

    def good(self, said: Mapping[str, Any]) -> None:
        """What is stated of a listed good besides."""
        bin = said["bin"]
        key = select(Product.id).where(Product.supplier_id == self._id(bin), Product.external_id == said["external_id"])
        id = self.session.scalars(key).one()
        line, held = good(self.session, id, self.on), details(self.session, [id], self.on)[id]
        price = said.get("price")
        stated = replace(
            held,
            parameters=tuple(Parameter(*one) for one in said["parameters"]),
            standards=tuple(said["standards"]),
            price=Decimal(price) if price else None,
            price_currency="KZT" if price else None,
            price_on=self.on if price else None,
            price_visibility=Visibility(said.get("price_visibility", Visibility.HIDDEN)),
            conformity_kind=ConformityKind(said["conformity_kind"]) if "conformity_kind" in said else None,
            site_id=self._at(bin, said),
        )
        own_role, _ = roles(self.session, [id], self.on)[id]
        names = ("kind", "name_ru", "name_kk", "name_en", "description", "tnved", "kpved", "enstru", "unit")
        self._save(
            ProductLine(
                bin=bin,
                **{name: getattr(line, name) for name in names},
                capacity_per_year=line.capacity_per_year,
                role=own_role,
                external_id=line.external_id,
                details=stated,
            ),
            id,
        )

    def uncoded(self, said: Mapping[str, Any]) -> None:
        """A good without a code, and the codes that the institute found for it."""
        told = {name: said[name] for name in ("bin", "name_ru", "name_kk", "name_en", "unit")}
        id = self._save(ProductLine(kind=ProductKind.GOODS, details=Details(draft=False), **told))
        found = dict(said["suggested"])
        note = found.pop("note")
        suggest_codes(self.session, id, Codes(**found), note, on=self.on, actor=self.coder, now=self.now)

    def draft(self, said: Mapping[str, Any]) -> None:
        """A good that is not finished yet."""
        self._save(ProductLine(kind=ProductKind.GOODS, details=Details(draft=True), **said))

    def _save(self, line: ProductLine, id: int | None = None) -> int:
        return save_good(
            self.session,
            line,
            tree(self.session, Scheme.TNVED, self.on),
            supplier_id=self._id(line.bin),
            product_id=id,
            on=self.on,
            actor=self.actor,
            now=self.now,
        ).product_id

    def _id(self, bin: str) -> int:
        return ids_of(self.session, [bin])[bin]


def load_profiles(runtime: Runtime, starter: Starter, *, actor: Actor, coder: Actor) -> None:
    """State what the file says, unless anything of that kind is stated already. coder: whoever finds codes."""
    with starter("profiles.toml") as path:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    with runtime.database.transaction() as session:
        if session.scalars(select(Staff.id).limit(1)).first() is not None:
            return
        loading = _Loading(session, actor, coder, runtime.today(), runtime.now())
        for name, state in (
            ("organisations", loading.organisation),
            ("goods", loading.good),
            ("uncoded", loading.uncoded),
            ("drafts", loading.draft),
        ):
            for one in said[name]:
                state(one)
