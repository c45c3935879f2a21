"""What may become of a case, in plain values; domain.md §5, §9 rules 38–42."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.calendar import Quarter
from registry.errors import NotAllowed, RuleBroken
from registry.evidence.models import EvidenceStatus
from registry.law import table
from registry.verification import four_eyes, rules, statements
from registry.verification.models import CaseKind, CaseState, Ground, Move, Outcome
from registry.verification.reasons import Against, against, reasons_on
from registry.verification.rules import Costs, Handing, Proposal, after, balanced, check_told, failed_running
from registry.wording import LANGUAGES, say
from tests.factories import fact
from tests.matching.engine.makers import good

ON = date(2026, 11, 23)


def fields(violations: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(one.code, one.field) for one in violations]  # type: ignore[attr-defined]


# States


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ([Move.SUBMITTED, Move.ASSIGNED, Move.CONCLUDED, Move.GRANTED], CaseState.GRANTED),
        ([Move.SUBMITTED, Move.CHECKED, Move.ASSIGNED, Move.ASKED, Move.ANSWERED, Move.WITHDRAWN], CaseState.WITHDRAWN),
        (
            [Move.SUBMITTED, Move.ASSIGNED, Move.VISIT_ORDERED, Move.VISIT_ENDED, Move.CONCLUDED, Move.RETURNED],
            CaseState.REVIEW,
        ),
        ([Move.SUBMITTED, Move.ASSIGNED, Move.ASSIGNED, Move.CONCLUDED, Move.REFUSED, Move.NOTICED], CaseState.REFUSED),
    ],
)
def test_steps_lead_on(path: list[Move], end: CaseState) -> None:
    state = CaseState.DRAFT
    for move in path:
        state = after(state, move)
    assert state is end


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (CaseState.DRAFT, Move.GRANTED),
        (CaseState.DRAFT, Move.ASSIGNED),
        (CaseState.CHECKING, Move.CONCLUDED),
        (CaseState.REVIEW, Move.GRANTED),
        (CaseState.DECISION, Move.ANSWERED),
        (CaseState.AWAITING, Move.WITHDRAWN),
        (CaseState.GRANTED, Move.RETURNED),
        (CaseState.WITHDRAWN, Move.SUBMITTED),
    ],
)
def test_steps_that_cannot_be_taken_say_where_the_case_stands(state: CaseState, move: Move) -> None:
    with pytest.raises(RuleBroken) as broken:
        after(state, move)
    assert broken.value.message.params["state"].code == f"cases.state.{state}"  # type: ignore[union-attr]


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_whatever_is_tried_a_decision_comes_after_a_conclusion_and_nothing_after_the_end(tried: list[Move]) -> None:
    state, seen = CaseState.DRAFT, [CaseState.DRAFT]
    for move in tried:
        try:
            state = after(state, move)
        except RuleBroken:
            continue
        seen.append(state)
    decided = {CaseState.GRANTED, CaseState.REFUSED} & set(seen)
    if decided:
        place = min(seen.index(one) for one in decided)
        assert seen[place - 1] is CaseState.DECISION
        assert CaseState.REVIEW in seen[:place]
        assert set(seen[place:]) == {seen[place]}
    if CaseState.WITHDRAWN in seen:
        assert seen.index(CaseState.WITHDRAWN) == len(seen) - 1


@pytest.mark.parametrize(
    ("kind", "ground", "own"),
    [
        (CaseKind.ADMISSION, None, True),
        (CaseKind.APPEAL, None, True),
        (CaseKind.EXCLUSION, Ground.REQUEST, True),
        (CaseKind.EXCLUSION, Ground.LIQUIDATION, False),
        (CaseKind.MONITORING, None, False),
    ],
)
def test_only_ones_own_wish_is_withdrawn(kind: CaseKind, ground: Ground | None, own: bool) -> None:
    if own:
        rules.check_withdrawable(kind, ground, concluded=False)
        return
    with pytest.raises(RuleBroken):
        rules.check_withdrawable(kind, ground, concluded=False)


def test_what_is_concluded_is_not_withdrawn() -> None:
    with pytest.raises(RuleBroken) as broken:
        rules.check_withdrawable(CaseKind.ADMISSION, None, concluded=True)
    assert broken.value.message.code == "cases.not_withdrawable.concluded"


@pytest.mark.parametrize(
    ("kind", "state", "refused", "code"),
    [
        (CaseKind.ADMISSION, CaseState.REFUSED, 1, None),
        (CaseKind.ADMISSION, CaseState.GRANTED, 1, None),
        (CaseKind.ADMISSION, CaseState.GRANTED, 0, "cases.appeal.nothing"),
        (CaseKind.ADMISSION, CaseState.REVIEW, 0, "cases.appeal.nothing"),
        (CaseKind.MONITORING, CaseState.REFUSED, 0, None),
        (CaseKind.MONITORING, CaseState.GRANTED, 0, "cases.appeal.nothing"),
        (CaseKind.EXCLUSION, CaseState.GRANTED, 0, None),
        (CaseKind.EXCLUSION, CaseState.REFUSED, 1, "cases.appeal.nothing"),
        (CaseKind.APPEAL, CaseState.REFUSED, 1, "cases.appeal.court"),
    ],
)
def test_appeals_are_against_what_went_against_the_supplier(
    kind: CaseKind, state: CaseState, refused: int, code: str | None
) -> None:
    if code is None:
        rules.check_appeal(kind, state, refused)
        return
    with pytest.raises(RuleBroken) as broken:
        rules.check_appeal(kind, state, refused)
    assert broken.value.message.code == code


def test_the_time_to_appeal_ends() -> None:
    decided = date(2026, 11, 23)
    last, term = rules.appeal_term(decided)
    assert (last, term.value, term.is_open) == (date(2027, 2, 21), 90, True)
    rules.check_appeal_term(decided, last)
    with pytest.raises(RuleBroken) as broken:
        rules.check_appeal_term(decided, last + timedelta(days=1))
    assert [one.code for one in broken.value.violations] == ["cases.appeal.late"]


# Liquidation and reorganisation are grounds, transformation is none (rule 42)
@pytest.mark.parametrize("ground", Ground)
def test_a_change_of_legal_form_is_no_ground(ground: Ground) -> None:
    if ground is Ground.TRANSFORMATION:
        with pytest.raises(RuleBroken):
            rules.check_ground(ground)
        return
    rules.check_ground(ground)
    assert rules.reason_of(ground) in {one.code for one in reasons_on(ON, Against.EXCLUSION)}


# Reasons always (rule 40)


def proposal(**given: object) -> Proposal:
    values: dict[str, object] = {"outcome": Outcome.GRANTED, "on": ON, "members": ("А. Ли", "Б. Ким"), "lines": (1, 2)}
    return Proposal(**{**values, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "given", "broken"),
    [
        (CaseKind.ADMISSION, {}, []),
        (CaseKind.ADMISSION, {"members": (" ",)}, [("cases.protocol.members", "members")]),
        (CaseKind.ADMISSION, {"members": ("А. Ли", "ли  а")}, [("cases.protocol.members", "members")]),
        (CaseKind.ADMISSION, {"on": ON + timedelta(days=1)}, [("cases.protocol.day", "on")]),
        (CaseKind.ADMISSION, {"on": ON - timedelta(days=8)}, [("cases.protocol.day", "on")]),
        (
            CaseKind.ADMISSION,
            {"lines": ()},
            [
                ("cases.protocol.lines", "lines"),
                ("cases.protocol.reasons", "reasons"),
                ("cases.text", "text"),
            ],
        ),
        (CaseKind.ADMISSION, {"lines": (1, 2, 3)}, [("cases.protocol.other_lines", "lines")]),
        # Where some lines are not confirmed, that is a refusal of those.
        (
            CaseKind.ADMISSION,
            {"lines": (1,)},
            [
                ("cases.protocol.reasons", "reasons"),
                ("cases.text", "text"),
            ],
        ),
        (CaseKind.ADMISSION, {"lines": (1,), "reasons": ("not_maker",), "text": "Товар закупается"}, []),
        (
            CaseKind.ADMISSION,
            {"outcome": Outcome.REFUSED, "reasons": ("no_update",), "text": "x"},
            [("cases.protocol.reasons", "reasons")],
        ),
        (CaseKind.MONITORING, {"outcome": Outcome.REFUSED, "reasons": ("no_update",), "text": "x"}, []),
        (CaseKind.MONITORING, {"lines": ()}, []),
        (CaseKind.EXCLUSION, {}, [("cases.protocol.reasons", "reasons"), ("cases.text", "text")]),
        (CaseKind.EXCLUSION, {"reasons": ("liquidation",), "text": "Решение суда"}, []),
        (CaseKind.EXCLUSION, {"outcome": Outcome.REFUSED}, []),
        (
            CaseKind.APPEAL,
            {"outcome": Outcome.REFUSED, "reasons": ("appeal_unfounded",)},
            [("cases.text", "text")],
        ),
    ],
)
def test_what_a_conclusion_must_say(kind: CaseKind, given: dict[str, object], broken: list[tuple[str, str]]) -> None:
    submitted = ON - timedelta(days=7)
    assert fields(rules.check_proposal(kind, proposal(**given), lines=[1, 2], submitted_on=submitted, on=ON)) == broken


def test_who_sat_before_does_not_sit_on_the_appeal() -> None:
    said = proposal(members=("Ли А", "В. Цой"), lines=())
    ask = partial(rules.check_proposal, CaseKind.APPEAL, said, lines=[1, 2], submitted_on=ON, on=ON)
    assert ask(kept_out=["Б. Ким"]) == ()
    [broken] = ask(kept_out=["А. Ли", "Б. Ким"])
    assert (broken.code, broken.message.params["names"]) == ("cases.protocol.members_sat", ("Ли А",))


def test_what_is_against_the_supplier() -> None:
    assert against(CaseKind.EXCLUSION, Outcome.GRANTED) is Against.EXCLUSION
    assert against(CaseKind.EXCLUSION, Outcome.REFUSED) is None
    assert against(CaseKind.ADMISSION, Outcome.GRANTED) is None
    assert against(CaseKind.APPEAL, Outcome.REFUSED) is Against.APPEAL


def test_reasons_are_dated_and_said_in_every_language() -> None:
    assert "no_update" not in {one.code for one in reasons_on(date(2025, 8, 26), Against.MONITORING)}
    assert "no_update" in {one.code for one in reasons_on(date(2025, 8, 27), Against.MONITORING)}
    listed = {row["code"] for row in table("reasons")["reason"]}
    assert listed == {one.code for what in Against for one in reasons_on(ON, what)}
    for what in Against:
        assert reasons_on(ON, what)
        assert all(say(one.message, lang) for one in reasons_on(ON, what) for lang in LANGUAGES)


# Costs of a line (rule 9)
@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({}, []),
        ({"whole_cost": Decimal(10), "foreign_cost": Decimal(0)}, []),
        ({"whole_cost": Decimal(10), "foreign_cost": Decimal(10)}, []),
        ({"whole_cost": Decimal(10), "foreign_cost": Decimal("10.01")}, [("producer_icv.foreign", "foreign_cost")]),
        ({"whole_cost": Decimal(0), "foreign_cost": Decimal(0)}, [("producer_icv.cost", "whole_cost")]),
        ({"whole_cost": Decimal(10)}, [("cases.inputs.both", "foreign_cost")]),
        ({"foreign_cost": Decimal(10)}, [("cases.inputs.both", "whole_cost")]),
    ],
)
def test_costs_of_a_line(given: dict[str, object], broken: list[tuple[str, str]]) -> None:
    assert fields(check_told(Costs(**given))) == broken  # type: ignore[arg-type]


# A visit: at least three people, on days to come
@pytest.mark.parametrize(
    ("people", "first", "last", "broken"),
    [
        (("А", "Б", "В"), 0, 2, []),
        (("А", "Б"), 0, 2, [("cases.visit.people", "people")]),
        (("А", "Б", " а "), 0, 2, [("cases.visit.people", "people")]),
        (("А", "Б", "В"), -1, 2, [("cases.visit.past", "starts_on")]),
        (("А", "Б", "В"), 3, 2, [("cases.visit.dates", "ends_on")]),
        (("А", "Б", "В"), 10, 30, []),
        (("А", "Б", "В"), 11, 30, [("cases.visit.far", "starts_on")]),
        (("А", "Б", "В"), 0, 30, [("cases.visit.long", "ends_on")]),
    ],
)
def test_a_visit(people: tuple[str, ...], first: int, last: int, broken: list[tuple[str, str]]) -> None:
    days = [ON + timedelta(days=one) for one in (first, last)]
    assert fields(rules.check_visit(people, days[0], days[1], ON)) == broken


def test_visits_do_not_follow_each_other_without_end() -> None:
    last = ON + timedelta(days=9)
    assert rules.check_visit("АБВ", ON, last, ON, visited=20) == ()
    assert fields(rules.check_visit("АБВ", ON, last, ON, visited=21)) == [("cases.visit.long", "ends_on")]


def test_only_a_visit_that_has_not_begun_is_cancelled() -> None:
    assert rules.check_visit_cancel(ON, "Дорогу закрыли", ON) == ()
    assert fields(rules.check_visit_cancel(ON, " ", ON)) == [("cases.text", "text")]
    late = rules.check_visit_cancel(ON - timedelta(days=1), "Дорогу закрыли", ON)
    assert fields(late) == [("cases.visit.begun", "text")]


def test_documents_are_taken_until_the_commission_has_concluded() -> None:
    for state in CaseState:
        if state in (CaseState.DRAFT, CaseState.AWAITING, CaseState.CHECKING, CaseState.REVIEW):
            rules.check_takes_files(state)
            continue
        with pytest.raises(RuleBroken):
            rules.check_takes_files(state)


@pytest.mark.parametrize(
    ("ended", "on", "good"), [(1, 1, True), (0, 1, True), (2, 1, False), (3, 5, False), (-1, 1, False)]
)
def test_a_visit_ends_within_its_days(ended: int, on: int, good: bool) -> None:
    first, last = ON, ON + timedelta(days=2)
    broken = rules.check_visit_end(first, last, ON + timedelta(days=ended), "Видели", ON + timedelta(days=on))
    assert (not broken) == good
    assert fields(rules.check_visit_end(first, last, first, " ", ON)) == [("cases.text", "findings")]


# Nobody chooses


def test_cases_go_to_whoever_has_fewest() -> None:
    cases = [Handing(one, frozenset()) for one in (11, 12, 13, 14)]
    assert balanced(cases, {5: 2, 7: 0, 9: 1}) == {11: 7, 12: 7, 13: 9, 14: 5}


def test_the_barred_are_passed_over_and_what_nobody_may_have_is_left() -> None:
    cases = [Handing(1, frozenset({7})), Handing(2, frozenset({5, 7})), Handing(3, frozenset())]
    assert balanced(cases, {5: 9, 7: 0}) == {1: 5, 3: 7}
    assert balanced(cases, {}) == {}


@given(
    st.lists(st.frozensets(st.integers(0, 4)), max_size=40),
    st.dictionaries(st.integers(0, 4), st.integers(0, 9), min_size=1),
)
def test_hands_are_even_and_never_barred(barred: list[frozenset[int]], load: dict[int, int]) -> None:
    cases = [Handing(number, one) for number, one in enumerate(barred)]
    given_out = balanced(cases, load)
    assert given_out == balanced(cases, dict(reversed(load.items())))
    for case in cases:
        free = load.keys() - case.barred
        assert (case.case_id in given_out) == bool(free)
        assert given_out.get(case.case_id) not in case.barred
    if not any(barred):
        held = {expert: had + list(given_out.values()).count(expert) for expert, had in load.items()}
        got = [held[expert] for expert in load if held[expert] > load[expert]]
        assert not got or max(got) - min(held.values()) <= 1


def test_who_was_involved_is_turned_away() -> None:
    four_eyes.check_uninvolved(3, {1, 2})
    four_eyes.check_uninvolved(None, {1, 2})
    with pytest.raises(NotAllowed):
        four_eyes.check_uninvolved(2, {1, 2})


# Two failed checks running (rule 41)
@pytest.mark.parametrize(
    ("passed", "running"),
    [
        ({}, 0),
        ({"2026-3": True}, 0),
        ({"2026-3": False}, 1),
        ({"2026-2": False, "2026-3": True}, 0),
        ({"2026-2": False, "2026-3": False}, 2),
        ({"2025-4": False, "2026-1": True, "2026-2": False}, 1),
        ({"2026-1": False, "2025-4": False, "2025-3": True}, 2),
        ({"2026-1": False, "2026-3": False}, 1),
        ({"2025-4": False, "2026-1": False, "2026-3": True, "2026-4": False, "2027-1": False}, 2),
    ],
)
def test_failures_running(passed: dict[str, bool], running: int) -> None:
    checks = [(Quarter(*map(int, quarter.split("-"))), good) for quarter, good in passed.items()]
    assert failed_running(checks) == running


@pytest.mark.parametrize(
    ("left", "due"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, None)]
)
def test_reminders(left: int, due: int | None) -> None:
    assert rules.reminder(left) == due


def test_differences_are_told_by_field() -> None:
    before = {"name_ru": "Труба", "unit": "т"}
    now: dict[Any, Any] = {"name_ru": "Труба стальная", "unit": "т", "tnved": None}
    assert statements.differences(before, now) == (statements.Difference("name_ru", "Труба", "Труба стальная"),)


def test_differences_of_documents_are_told_but_not_that_they_were_confirmed() -> None:
    listed = good(evidence=(fact(number="1", percent=Decimal("68.23")), fact(number="2")))
    before = statements.as_said(listed)
    first, second = listed.evidence
    changed = first._replace(percent=Decimal("99.99"), expires_on=date(2040, 1, 1), status=EvidenceStatus.CLAIMED)
    found = statements.differences(before, statements.as_said(listed._replace(evidence=(changed, fact(number="3")))))
    told = [(one.field, one.before, one.now) for one in found]
    assert told == [
        ("expires_on", first.expires_on, date(2040, 1, 1)),
        ("percent", Decimal("68.23"), Decimal("99.99")),
        ("document", None, "3"),
        ("document", "2", None),
    ]
    assert found[0].document is not None
    assert statements.same_document(before, second._replace(status=EvidenceStatus.CLAIMED))
    assert not statements.same_document(before, second._replace(status=EvidenceStatus.REVOKED))
    assert not statements.same_document(before, changed)
