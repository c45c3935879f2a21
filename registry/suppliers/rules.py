"""What a supplier must state, and what its words mean. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from registry.cells import Cells, shown
from registry.identifiers import (
    CheckDigit,
    HolderKind,
    HolderNumber,
    parse_holder,
    parse_kato,
    parse_oked,
)
from registry.suppliers.models import Role
from registry.text import fold, fold_key

COLUMNS: Final = ("bin", "name", "kind", "kato", "oked", "address", "email", "phone")
REQUIRED: Final = ("bin", "name")

T = TypeVar("T")


def words(meaning: T, listed: str) -> dict[str, T]:
    """Folded words, separated by `|`, that mean the same; the first one is recommended to whoever wrote another."""
    return dict.fromkeys(listed.split("|"), meaning)


ROLES: Final = {
    **words(
        Role.MAKER,
        "maker|producer|manufacturer|domestic producer|производитель|товаропроизводитель|изготовитель|отп"
        "|отечественный товаропроизводитель|өндіруші|тауар өндіруші|тауарөндіруші|отандық тауар өндіруші",
    ),
    **words(
        Role.DEALER,
        "dealer|trader|reseller|distributor|дилер|посредник|дистрибьютор|дистрибьютер|продавец|перекупщик"
        "|торговая компания|делдал|сауда компаниясы",
    ),
    **words(Role.UNSTATED, "unstated|не указано|көрсетілмеген"),
}

# Words of legal form say who the holder of the number is, not whether it makes or resells.
LEGAL_FORMS: Final = {
    **words(
        HolderKind.LEGAL_ENTITY,
        "тоо|жшс|ао|ақ|пк|өк|гп|кгп|ркп|рмк|кмк|юл|юрлицо|юр. лицо|юр лицо|юридическое лицо|юридическое|учреждение"
        "|мекеме|заңды тұлға|legal entity|legal_entity|legal|llp|llc|jsc|company",
    ),
    **words(
        HolderKind.PERSON,
        "ип|жк|кх|шқ|физлицо|физ. лицо|физ лицо|физическое лицо|индивидуальный предприниматель|жеке кәсіпкер|жеке тұлға"
        "|крестьянское хозяйство|шаруа қожалығы|sole entrepreneur|sole_entrepreneur|entrepreneur|individual|person",
    ),
}

NAME_LENGTH: Final = 500
ADDRESS_LENGTH: Final = 500
EMAIL_LENGTH: Final = 254
PHONE_LENGTH: Final = 60

_holder = lru_cache(maxsize=65_536)(parse_holder)


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """What is stated of a supplier. Source of who may register: Law № 86-VII, article 51(4)."""

    bin: str
    bin_check: CheckDigit
    name: str
    role: Role
    kato: str | None = None
    oked: str | None = None
    address: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def name_key(self) -> str:
        """The name for comparing, as it is stored."""
        return fold_key(self.name)[:NAME_LENGTH]


def read_holder(cells: Cells, column: str) -> HolderNumber | None:
    """A БИН or ИИН from a file: a wrong shape is refused, a wrong check digit kept and noted (domain.md §10.2)."""
    if not cells.filled(column):
        cells.refuse("import.cell.required", column, name=column)
        return None
    holder = cells.parsed(column, _holder)
    if holder is not None and holder.check is not CheckDigit.VALID:
        cells.note(f"import.holder.{holder.check}", column, given=holder.number)
    return holder


def read_supplier(cells: Cells) -> SupplierLine | None:
    """The supplier that a row states; None if it is rejected."""
    holder = read_holder(cells, "bin")
    name = cells.text("name", NAME_LENGTH, required=True)
    role = read_role(cells, "kind", holder)
    kato = cells.parsed("kato", parse_kato)
    oked = cells.parsed("oked", parse_oked)
    address = cells.text("address", ADDRESS_LENGTH)
    email = cells.text("email", EMAIL_LENGTH)
    phone = cells.text("phone", PHONE_LENGTH)
    if email is not None and not is_email(email):
        cells.note("import.supplier.email", "email", given=shown(email))
        email = None
    if cells.violations or holder is None or name is None:
        return None
    return SupplierLine(
        bin=holder.number,
        bin_check=holder.check,
        name=name,
        role=role,
        kato=kato,
        oked=oked,
        address=address,
        email=email,
        phone=phone,
    )


def is_email(text: str) -> bool:
    """Whether a letter could be sent there: somebody, at some host."""
    somebody, _, host = text.partition("@")
    return bool(somebody and host) and not any(sign.isspace() for sign in text)


def read_role(cells: Cells, column: str, holder: HolderNumber | None) -> Role:
    """Maker or dealer; a word of legal form is checked against the number and leaves the role unstated.

    A contradiction is noted, not refused: which of the two is wrong cannot be told from the file.
    """
    given = cells.values.get(column, "")
    if not cells.filled(column):
        return Role.UNSTATED
    word = fold(given).strip(" .")
    if word in ROLES:
        return ROLES[word]
    form = LEGAL_FORMS.get(word)
    if form is None:
        cells.note("import.supplier.kind", column, given=shown(given))
    elif holder is not None and (form is HolderKind.LEGAL_ENTITY) != (holder.kind is HolderKind.LEGAL_ENTITY):
        cells.note("import.supplier.form", column, given=shown(given), bin=holder.number)
    return Role.UNSTATED
