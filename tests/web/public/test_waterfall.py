"""The drawing of a score adds up to the score, and stays inside its frame."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.outcome import Feature
from registry.wording import Message
from web.public.waterfall import log_odds, stack, waterfall


def feature(name: str, contribution: float) -> Feature:
    return Feature(name, 0.5, 2.0, contribution, Message("wording.yes"))


def test_steps_lead_from_the_start_to_the_whole() -> None:
    drawn = waterfall(0.8, [feature("words", 1.0), feature("code", -3.0), feature("unit", 0.5)])
    assert [step.words.code.rsplit(".", 1)[-1] for step in drawn.steps] == ["start", "code", "words", "unit"]
    assert drawn.total == pytest.approx(math.log(4))
    assert sum(step.contribution for step in drawn.steps) == pytest.approx(drawn.total)
    # From zero up to log 4 + 1.5, down by 3, up by 1 and by a half.
    assert [step.contribution for step in drawn.steps] == pytest.approx([math.log(4) + 1.5, -3.0, 1.0, 0.5])
    ends = [step.left + (step.width if step.contribution > 0 else 0) for step in drawn.steps]
    starts = [step.left + (0 if step.contribution > 0 else step.width) for step in drawn.steps]
    assert starts[1:] == pytest.approx(ends[:-1])
    assert starts[0] == pytest.approx(drawn.zero)


def test_what_has_no_weight_is_told_apart() -> None:
    region = Feature("region", 1.0, 0.0, 0.0, Message("wording.no"))
    drawn = waterfall(0.8, [feature("words", 1.0), region])
    assert drawn.uncounted == (region,)
    assert [step.feature.name for step in drawn.steps if step.feature] == ["words"]


def test_shares_add_up_to_their_score() -> None:
    shares = [
        Feature("near", 1.0, 0.05, 0.05, Message("wording.yes")),
        Feature("trade", 1.0, 0.35, 0.35, Message("wording.yes")),
    ]
    drawn = stack(shares)
    assert drawn.added
    assert drawn.total == pytest.approx(0.4)
    assert [(step.left, step.width) for step in drawn.steps] == [
        (pytest.approx(0), pytest.approx(35)),
        (pytest.approx(35), pytest.approx(5)),
    ]
    assert stack([]).total == 0.0


def test_a_score_without_features_is_all_start() -> None:
    drawn = waterfall(0.5, [])
    assert [step.width for step in drawn.steps] == [0.0]


@pytest.mark.parametrize(("score", "expected"), [(0.5, 0.0), (1.0, 13.8), (0.0, -13.8)])
def test_certainty_is_drawn_finite(score: float, expected: float) -> None:
    assert log_odds(score) == pytest.approx(expected, abs=0.1)


@given(st.floats(0, 1), st.lists(st.floats(-20, 20), max_size=12))
def test_every_bar_stands_inside_the_frame(score: float, contributions: list[float]) -> None:
    drawn = waterfall(score, [feature(str(place), value) for place, value in enumerate(contributions)])
    for step in drawn.steps:
        assert -1e-6 <= step.left <= step.left + step.width <= 100 + 1e-6
    assert -1e-6 <= drawn.zero <= 100 + 1e-6
