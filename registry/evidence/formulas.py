"""A producer's in-country value of a good. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from registry.errors import RuleBroken
from registry.explain import Calculation, Step, Violation
from registry.law import Law
from registry.wording import Message, say

_HUNDRED: Final = 100
# Formula and annex that demand it; the percent is stated to hundredths.
_ACT: Final = "327"
_ANNEX: Final = "3"


def check_costs(foreign: Decimal, cost: Decimal) -> tuple[Violation, ...]:
    """What stands against such costs; empty if nothing does. Source: domain.md §9 rule 9."""
    if cost <= 0:
        return (Violation("producer_icv.cost", "whole_cost", Message("producer_icv.cost")),)
    if not 0 <= foreign <= cost:
        return (Violation("producer_icv.foreign", "foreign_cost", Message("producer_icv.foreign")),)
    return ()


def citation() -> Message:
    """The source of the formula for people."""
    place = Message("law.place.annex", {"number": _ANNEX})
    return Message("law.citation", {"act": Message(f"law.act.{_ACT}"), "place": place})


def producer_icv(foreign: Decimal, cost: Decimal, law: Law) -> Calculation:
    """The in-country value of a good that its producer may state, percent 0..100, exact.

    foreign: materials and parts of foreign origin in one unit of the finished good; cost: the whole cost of that unit
    without profit; both without VAT, in one currency. law: of the day it is reckoned for.
    Raises RuleBroken unless cost > 0 and 0 <= foreign <= cost.
    Source: order № 327 of 27.08.2025, annex 3: 100 % − foreign / cost × 100 %.
    """
    if violations := check_costs(foreign, cost):
        raise RuleBroken(violations)
    share = Fraction(foreign) / Fraction(cost)
    source = say(citation(), "en")
    steps = (
        Step(Message("producer_icv.step.share"), f"{_plain(foreign)} / {_plain(cost)} × 100", share * _HUNDRED, source),
        Step(
            Message("producer_icv.step.result"),
            f"100 − {_plain(foreign)} / {_plain(cost)} × 100",
            _HUNDRED - share * _HUNDRED,
            source,
        ),
    )
    return Calculation(value=steps[-1].value, steps=steps, on=law.day, edition=source)


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
