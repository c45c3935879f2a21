"""The list of reasons for which a decision may go against a supplier, by date. Pure.

Source: config/law/reasons.toml; the sentence of each is `cases.reason.<code>`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from registry import law
from registry.law import LawError
from registry.verification.models import CaseKind, Outcome
from registry.wording import Message


class Against(StrEnum):
    """What a decision against the supplier is."""

    REFUSAL = "refusal"  # of confirming
    MONITORING = "monitoring"  # a failed quarterly check
    EXCLUSION = "exclusion"
    APPEAL = "appeal"  # an appeal that is not granted


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason in one span of time, `in_force_from` <= day < `in_force_to`."""

    code: str
    against: frozenset[Against]
    in_force_from: date
    in_force_to: date | None
    is_open: bool

    @property
    def message(self) -> Message:
        """The reason in words."""
        return Message(f"cases.reason.{self.code}")


def against(kind: CaseKind, outcome: Outcome) -> Against | None:
    """What a decision is against the supplier; None where it is in its favour."""
    if kind is CaseKind.EXCLUSION:
        return Against.EXCLUSION if outcome is Outcome.GRANTED else None
    if outcome is Outcome.GRANTED:
        return None
    return {
        CaseKind.ADMISSION: Against.REFUSAL,
        CaseKind.MONITORING: Against.MONITORING,
        CaseKind.APPEAL: Against.APPEAL,
    }[kind]


def reasons_on(day: date, what: Against) -> tuple[Reason, ...]:
    """The reasons for such a decision that may be given on a day, in the order of the list."""
    return tuple(
        one
        for one in _all()
        if what in one.against and one.in_force_from <= day and (one.in_force_to is None or day < one.in_force_to)
    )


def said(codes: Iterable[str]) -> tuple[Message, ...]:
    """Reasons in words, also those that the list no longer holds."""
    return tuple(Message(f"cases.reason.{code}") for code in codes)


@cache
def _all() -> tuple[Reason, ...]:
    found, problems = [], []
    for row in law.table("reasons")["reason"]:
        try:
            found.append(
                Reason(
                    code=row["code"],
                    against=frozenset(map(Against, row["against"])),
                    in_force_from=row["from"],
                    in_force_to=row.get("to"),
                    is_open=row["status"] == "open",
                )
            )
        except (KeyError, ValueError) as fault:
            problems.append(f"reasons: {row.get('code')}: {fault}")
    if problems:
        raise LawError(Message("law.files", {"problems": "; ".join(problems)}))
    return tuple(found)
