"""Who may not have to do with a case, over all roles of a person and the whole chain that an appeal rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from registry.accounts.models import AccountRole
from registry.accounts.operations import grant
from registry.accounts.rules import Actor
from registry.db import Database
from registry.errors import NotAllowed, RuleBroken
from registry.evidence.models import EvidenceStatus
from registry.verification import four_eyes
from registry.verification.models import CaseKind, CaseState, Outcome
from registry.verification.rules import Proposal
from tests.registry.verification.test_daily import CHECK, NEXT, NEXT_CHECK, OPENED, UPDATE, cases, run
from tests.registry.verification.world import DAY, World, moment


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.transaction() as session:
        yield World.build(session)


def both(world: World, name: str = "expert") -> int:
    """Make an expert a head as well; returns the account."""
    expert = world.people[name]
    assert expert.account_id is not None
    grant(world.session, expert.account_id, AccountRole.HEAD, actor=Actor("test"), now=moment(DAY))
    world.people["both"] = Actor(expert.name, AccountRole.HEAD, "", expert.account_id)
    return expert.account_id


def test_a_head_who_is_an_expert_neither_takes_nor_decides_what_they_examined(world: World) -> None:
    account, case = both(world), world.submitted()
    with pytest.raises(NotAllowed):
        world.call("hand_out", "both", [case.id], account)
    # Handed out evenly it goes to the other one.
    assert world.call("hand_out", "both", [case.id]).given == {case.id: world.people["expert2"].account_id}
    world.concluded(case, Outcome.GRANTED, lines=tuple(world.lines))
    with pytest.raises(NotAllowed):
        world.call("send_back", "both", case.id, "Ещё раз", version=case.version)
    world.call("send_back", "head", case.id, "Нет осмотра", version=case.version)
    world.call("hand_out", "head", [case.id], world.people["expert2"].account_id)
    proposal = Proposal(Outcome.GRANTED, DAY, ("А. Ли", "Б. Ким"), tuple(world.lines))
    world.call("conclude", "expert2", case.id, proposal, version=case.version)
    # The newest conclusion is another's, but they worked on the case.
    with pytest.raises(NotAllowed):
        world.sign(case, "both")
    world.sign(case)
    assert case.state is CaseState.GRANTED


def test_a_concluded_refusal_is_not_withdrawn_and_appeals_end(world: World) -> None:
    case = world.concluded(world.submitted(), Outcome.REFUSED, reasons=("not_maker",), text="Закупается")
    for _ in ("concluded", "sent back"):
        with pytest.raises(RuleBroken) as broken:
            world.call("withdraw_case", "owner", case.id)
        assert broken.value.message.code == "cases.not_withdrawable.concluded"
        if case.state is CaseState.DECISION:
            world.call("send_back", "head", case.id, "Нет осмотра", version=case.version)
    world.sign(world.concluded(case, Outcome.REFUSED, reasons=("not_maker",), text="Закупается"))
    with pytest.raises(RuleBroken) as late:
        world.call("appeal", "owner", case.id, "Не согласны", on=DAY + timedelta(days=91))
    assert [one.code for one in late.value.violations] == ["cases.appeal.late"]
    assert (
        world.call("appeal", "owner", case.id, "Не согласны", on=DAY + timedelta(days=90)).state is CaseState.CHECKING
    )


def test_who_failed_the_quarters_does_not_judge_the_appeal_of_the_exclusion(database: Database) -> None:
    with database.transaction() as session:
        world = World.build(session, status=EvidenceStatus.CONFIRMED)
        world.person("expert3", AccountRole.EXPERT)
        against: dict[str, Any] = {"reasons": ("production_stopped",), "text": "Цех стоит"}
        run(world, OPENED)
        [first] = cases(world)
        world.call("update_quarter", "owner", first.id, version=first.version, on=UPDATE)
        world.sign(world.concluded(first, Outcome.REFUSED, on=CHECK, **against), on=CHECK)
        run(world, NEXT)
        run(world, NEXT_CHECK + timedelta(days=1))
        on = NEXT_CHECK + timedelta(days=2)
        [exclusion] = cases(world, CaseKind.EXCLUSION)
        ended: dict[str, Any] = {"reasons": ("failed_checks",), "text": "Два квартала"}
        world.sign(world.concluded(exclusion, Outcome.GRANTED, expert="expert2", on=on, **ended), on=on)
        appeal = world.call("appeal", "owner", exclusion.id, "Цех работает", on=on)
        barred = four_eyes.barred(session, appeal)
        people = {name: world.people[name].account_id in barred for name in ("expert", "expert2", "expert3", "head2")}
        assert people == {"expert": True, "expert2": True, "expert3": False, "head2": False}
        assert {"А. Ли", "Expert"} <= set(four_eyes.kept_out(session, appeal))
