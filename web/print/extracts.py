"""What an extract states: the same public facts as the page of a line or of a supplier, in the language of the request.

Values are given to the template ready to be read: a text with the language it is in, or a plain string in that of the
document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import g
from sqlalchemy.orm import Session

from registry import law
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.rules import Standing, State, document, standing
from registry.identifiers import CheckDigit
from registry.suppliers.queries import SupplierRow
from registry.text import language as text_language
from web.demonstration import demonstration
from web.formats import day, decimals, named, register_number, sentence, translated, trimmed, unit
from web.print.codes import drawn
from web.public.rows import PathStep, ends, steps

# Lines that one document holds, those of confirmed origin first; of the rest it says how many they are and where.
MOST: Final = 1_000
# Characters of what suppliers write at any length: a document identifies a line, its page tells of it.
LONGEST_DESCRIPTION: Final = 1_000
LONGEST_NAME_OF_MANY: Final = 300

_KINDS: Final = {State.CONFIRMED: "good", State.CLAIMED: "doubt", State.EXPIRED: "bad", State.REVOKED: "bad"}

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """When and where an extract is taken: the legal day it speaks of, the moment it is made at, its page's address."""

    on: date
    today: date
    at: datetime
    address: str


def of_product(session: Session, good: Good, supplier: SupplierRow, taken: Taken) -> Values:
    """The extract of one line of that supplier, both as they stood on the day."""
    on = taken.on
    stands = standing(good.evidence, on, law.on(on))
    names = {"kk": good.name_kk, "ru": good.name_ru, "en": good.name_en}
    shown, shown_lang = named(good, g.lang)
    return {
        **_frame(
            taken,
            title=translated(f"print.title.{good.kind}"),
            name=_in(shown, shown_lang),
            number=register_number(good.id),
            fingerprint=fingerprint([supplier_facts(supplier), line_facts(good, stands)]),
        ),
        "also": [_in(name, lang) for lang, name in names.items() if name and name != shown],
        "verdict": _verdict(stands),
        "sections": [
            {"title": translated("web.product.facts"), "facts": _what(session, good, on)},
            {"title": translated("print.supplier"), "facts": _who(session, supplier, on)},
        ],
        "evidence": {
            "title": translated("web.product.evidence"),
            "columns": [
                translated(f"web.evidence.{column}")
                for column in ("kind", "number", "issued", "expires", "percent", "status")
            ],
            "rows": [_document(fact) for fact in good.evidence],
            "empty": translated("web.product.no_evidence"),
        },
    }


def of_supplier(session: Session, supplier: SupplierRow, goods: Sequence[Good], taken: Taken) -> Values:
    """The extract of a supplier with all it lists: of confirmed origin first, then the rest, by number."""
    on, rules = taken.on, law.on(taken.on)
    judged = [(good, standing(good.evidence, on, rules)) for good in goods]
    confirmed = [one for one in judged if one[1].state is State.CONFIRMED]
    registered = [one for one in judged if one[1].state is not State.CONFIRMED]
    room = max(0, MOST - len(confirmed))
    lines = [line_facts(good, stands) for good, stands in judged]
    return {
        **_frame(
            taken,
            title=translated("print.title.supplier"),
            name=_written(supplier.name),
            number=supplier.bin,
            fingerprint=fingerprint([supplier_facts(supplier), *lines]),
        ),
        "also": [],
        "sections": [{"title": translated("print.supplier"), "facts": _who(session, supplier, on)}],
        "summary": translated("web.supplier.standing", n=len(judged), confirmed=len(confirmed)),
        "columns": [
            translated(f"print.column.{column}") for column in ("number", "good", "evidence", "icv", "standing")
        ],
        "lists": [
            _lines(session, on, translated("print.list.confirmed", count=len(confirmed)), confirmed[:MOST]),
            _lines(session, on, translated("print.list.registered", count=len(registered)), registered[:room]),
        ],
        "empty": translated("web.supplier.no_goods") if not judged else None,
        "rest": translated("print.rest", shown=MOST, all=len(judged)) if len(judged) > MOST else None,
    }


def fingerprint(facts: object) -> str:
    """Sixteen hexadecimal digits that are equal where an extract states the same, in any language and on any day."""
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True, default=_plain).encode()
    digits = hashlib.sha256(written).hexdigest()[:16]
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


def supplier_facts(supplier: SupplierRow) -> Mapping[str, Any]:
    """What an extract states of a supplier."""
    stated = ("bin", "bin_check", "name", "role", "kato", "oked")
    return {name: getattr(supplier, name) for name in stated}


def line_facts(good: Good, stands: Standing) -> Mapping[str, Any]:
    """What an extract states of a line, its standing on the day included."""
    told = good._asdict()
    # Counters and keys of rows say nothing of the line.
    del told["version"], told["supplier_id"]
    return {**told, "state": stands.state, "counted": stands.percent}


def _plain(value: object) -> str:
    # The same figure may come back from one database with zeros at its end, and from the other without.
    return f"{trimmed(value):f}" if isinstance(value, Decimal) else str(value)


def _frame(taken: Taken, *, title: str, name: Values, number: str, fingerprint: str) -> Values:
    """What every extract says of itself."""
    return {
        "lang": g.lang,
        "title": title,
        "name": name,
        "number": {"label": translated("print.number"), "value": number},
        "state": translated("print.state", on=taken.on, at=taken.at),
        "notices": [
            *([translated("web.layout.demonstration")] if demonstration() else []),
            *([translated("print.future")] if taken.on > taken.today else []),
        ],
        "statement": {
            "title": translated("print.statement.title"),
            "words": translated("print.statement.words"),
            "short": translated("print.statement.short"),
        },
        "source": translated("web.layout.source"),
        "check": {
            "title": translated("print.check.title"),
            "words": translated("print.check.words"),
            "address": taken.address,
            "code": drawn(taken.address).svg,
            "alt": translated("print.code", address=taken.address),
        },
        "fingerprint": {
            "label": translated("print.fingerprint.label"),
            "value": fingerprint,
            "words": translated("print.fingerprint.words"),
        },
    }


def _verdict(stands: Standing) -> Values:
    """Whether the line is of confirmed origin, with the share that counts, until when, and how that was decided."""
    fact, confirmed = stands.fact, stands.state is State.CONFIRMED
    return {
        "kind": _KINDS.get(stands.state, "plain"),
        "words": translated("print.status.confirmed" if confirmed else "print.status.registered"),
        "icv": {
            "label": translated("print.icv.label"),
            "value": _counted(stands),
        },
        "until": {
            "label": translated("print.until"),
            "value": _end(fact) if fact and confirmed else None,
        },
        "how": {
            "label": translated("print.how"),
            "words": [sentence(stands.message), *(sentence(assumed) for assumed in stands.assumptions)],
        },
    }


def _counted(stands: Standing) -> str:
    """The share of in-country value that counts on the day."""
    if stands.state is not State.CONFIRMED:
        return translated("print.icv.not_counted")
    return translated("web.value.percent", value=stands.percent)


def _what(session: Session, good: Good, on: date) -> list[Values]:
    facts = [_fact("web.good.kind", translated(f"web.kind_of.{good.kind}"))]
    if good.description:
        facts.append(_fact("web.good.description", _written(_cut(good.description, LONGEST_DESCRIPTION))))
    path = steps(tree(session, Scheme.TNVED, on), good.tnved, g.lang)
    if good.tnved:
        doubt = translated(f"web.code_state.{good.tnved_state}") if good.tnved_state != "checked" else None
        facts.append(_fact("web.code.tnved", good.tnved, *_path(path), note=doubt))
    else:
        facts.append(_fact("web.code.tnved", translated("web.code_state.absent")))
    for scheme, code in ((Scheme.KPVED, good.kpved), (Scheme.ENSTRU, good.enstru)):
        if code:
            facts.append(_fact(f"web.code.{scheme}", code, *_called(session, scheme, code, on)))
    facts.append(_fact("print.role", translated(f"web.role_of.{good.role}")))
    if good.capacity_per_year is not None:
        amount = translated("web.value.quantity", value=trimmed(good.capacity_per_year), unit=unit(good.unit))
        facts.append(_fact("web.good.capacity", amount.strip()))
    elif good.unit:
        facts.append(_fact("web.good.unit", unit(good.unit)))
    if good.external_id:
        facts.append(_fact("web.good.external_id", good.external_id))
    return facts


def _who(session: Session, supplier: SupplierRow, on: date) -> list[Values]:
    check = translated(f"web.bin_check.{supplier.bin_check}") if supplier.bin_check != CheckDigit.VALID else None
    facts = [
        _fact("print.name", _written(supplier.name)),
        _fact("web.supplier.bin", supplier.bin, note=check),
        _fact("print.role", translated(f"web.role_of.{supplier.role}")),
    ]
    if supplier.region and supplier.kato:
        region = translated(f"region.{supplier.region}")
        place = [name for name in _called(session, Scheme.KATO, supplier.kato, on) if name["text"] != region]
        facts.append(_fact("web.supplier.place", region, *place))
    if supplier.oked:
        facts.append(_fact("web.supplier.oked", supplier.oked, *_called(session, Scheme.OKED, supplier.oked, on)))
    return facts


def _document(fact: EvidenceFact) -> list[Values]:
    none = translated("web.value.none")
    return [
        _own(translated(f"web.evidence_kind.{fact.kind}")),
        _own(fact.number or none),
        _own(day(fact.issued_on) if fact.issued_on else none),
        _own(_end(fact)),
        _own(decimals(fact.percent) if fact.percent is not None else none),
        _own(translated(f"web.evidence_status.{fact.status}")),
    ]


def _lines(session: Session, on: date, title: str, judged: Iterable[tuple[Good, Standing]]) -> Values:
    nomenclature, activities = tree(session, Scheme.TNVED, on), tree(session, Scheme.KPVED, on)
    rows = []
    for good, stands in judged:
        name, lang = named(good, g.lang)
        path = steps(nomenclature, good.tnved, g.lang) if good.tnved else steps(activities, good.kpved, g.lang)
        rows.append(
            {
                "number": register_number(good.id),
                "name": _in(_cut(name, LONGEST_NAME_OF_MANY), lang),
                "code": _code(good),
                "path": _path(ends(path)),
                "supply": _supply(good),
                "evidence": _evidence(stands.fact),
                "icv": decimals(stands.percent) if stands.state is State.CONFIRMED else "–",
                "standing": _standing(stands),
                "kind": _KINDS.get(stands.state, "plain"),
            }
        )
    return {"title": title, "rows": rows}


def _code(good: Good) -> str:
    if good.tnved:
        doubt = "" if good.tnved_state == "checked" else f" ({translated(f'web.code_state.{good.tnved_state}')})"
        return f"{translated('web.code.tnved')} {good.tnved}{doubt}"
    if good.kpved:
        return f"{translated('web.code.kpved')} {good.kpved}"
    return f"{translated('web.code.tnved')}: {translated('web.code_state.absent')}"


def _supply(good: Good) -> str:
    """Maker or dealer, and the capacity where it is stated."""
    role = translated(f"web.role_of.{good.role}")
    if good.capacity_per_year is None:
        return role
    amount = translated("web.good.per_year", amount=trimmed(good.capacity_per_year), unit=unit(good.unit))
    return f"{role} · {amount}"


def _evidence(fact: EvidenceFact | None) -> list[str]:
    """The document that decides, on two lines: which it is, and its days."""
    if fact is None:
        return []
    days = f"{day(fact.issued_on)} – {_end(fact)}" if fact.issued_on else _end(fact)
    return [sentence(document(fact)), days]


def _standing(stands: Standing) -> str:
    return translated(f"web.standing.{stands.state}")


def _end(fact: EvidenceFact) -> str:
    return day(fact.expires_on) if fact.expires_on else translated("web.evidence.open_ended")


def _fact(code: str, value: str | Values, *more: Values, note: str | None = None) -> Values:
    """A label with its value, what that is called, and what is doubtful of it."""
    return {
        "label": translated(code),
        "value": value if isinstance(value, dict) else _own(value),
        "more": list(more),
        "note": note,
    }


def _path(path: Iterable[PathStep]) -> list[Values]:
    return [_in(step.name, step.lang) for step in path]


def _called(session: Session, scheme: Scheme, code: str, on: date) -> list[Values]:
    """The name of a code; nothing where the classifier does not hold it."""
    node = tree(session, scheme, on).node(code)
    return [_in(*node.named(g.lang))] if node else []


def _in(text: str, lang: str) -> Values:
    return {"text": text, "lang": lang}


def _own(text: str) -> Values:
    return _in(text, g.lang)


def _written(text: str) -> Values:
    """What somebody wrote in a language of their own choice."""
    return _in(text, text_language(text) if any(map(str.isalpha, text)) else g.lang)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
