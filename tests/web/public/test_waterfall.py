"""The drawing of a score adds up to the score, as drawn and as printed, and stays inside its frame."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.outcome import Feature
from registry.wording import Message
from web.public.waterfall import Product, log_odds, stack, waterfall


def feature(name: str, contribution: float, neutral: float = 0.5) -> Feature:
    """A feature that moved the score so far: of weight 4, from its neutral score."""
    return Feature(name, round(neutral + contribution / 4, 4), 4.0, contribution, Message("wording.yes"))


def rule(contribution: float) -> Feature:
    return Feature("rule", 0.0, abs(contribution), contribution, Message("wording.no"))


def test_steps_lead_from_the_start_to_the_whole() -> None:
    drawn = waterfall(0.8, [feature("words", 1.0), feature("code", -3.0), feature("unit", 0.5)])
    assert [step.words.code.rsplit(".", 1)[-1] for step in drawn.steps] == ["start", "code", "words", "unit"]
    # log 4 is 1.3863. From zero up to log 4 + 1.5, down by 3, up by 1 and by a half.
    assert drawn.total == Decimal("1.39")
    assert [str(step.contribution) for step in drawn.steps] == ["2.89", "-3.00", "1.00", "0.50"]
    ends = [step.left + (step.width if step.contribution > 0 else 0) for step in drawn.steps]
    starts = [step.left + (0 if step.contribution > 0 else step.width) for step in drawn.steps]
    assert starts[1:] == pytest.approx(ends[:-1])
    assert starts[0] == pytest.approx(drawn.zero)


def unweighted(name: str) -> Feature:
    return Feature(name, 0.7, 0.0, 0.0, Message("wording.no"))


def test_what_has_no_weight_is_told_apart_from_what_was_not_compared() -> None:
    drawn = waterfall(0.8, [unweighted("marks"), feature("words", 1.0), unweighted("region")])
    assert drawn.uncompared == (unweighted("marks"),)
    assert drawn.apart == (unweighted("region"),)
    assert [step.words.code for step in drawn.steps] == ["web.need.start", "match.feature.words"]


def test_the_rule_of_caution_stands_last_and_is_no_product() -> None:
    drawn = waterfall(0.4, [feature("words", 1.0), rule(-4.5), feature("head", 0.5)])
    assert [step.words.code for step in drawn.steps[1:]] == [
        "match.feature.words",
        "match.feature.head",
        "match.feature.rule",
    ]
    assert drawn.steps[-1].product is None
    # log(2/3) is -0.4055; the start is what is left: -0.4055 + 4.5 - 1.5.
    assert [str(step.contribution) for step in drawn.steps] == ["2.59", "1.00", "0.50", "-4.50"]
    assert drawn.total == Decimal("-0.41")


def test_a_rule_that_did_nothing_is_not_told() -> None:
    drawn = waterfall(0.8, [feature("words", 1.0), unweighted("rule")])
    assert (drawn.uncompared, drawn.apart) == ((), ())
    assert len(drawn.steps) == 2


@pytest.mark.parametrize(
    ("score", "weight", "contribution", "neutral", "printed"),
    [
        (1.0, 7.5, 2.25, "0.70", "2.25"),
        # 0.4049 × 4 = 1.6196, 0.1243 × 6 = 0.7458, 0.0531 × 5.4 = 0.28674.
        (0.9049, 4.0, 1.6196, "0.50", "1.62"),
        (0.3243, 6.0, 0.7458, "0.20", "0.75"),
        (0.7531, 5.4, 0.2867, "0.70", "0.29"),
        (0.8, 0.4, 0.04, "0.70", "0.04"),
    ],
)
def test_a_contribution_is_the_product_that_is_shown(
    score: float, weight: float, contribution: float, neutral: str, printed: str
) -> None:
    drawn = waterfall(0.5, [Feature("words", score, weight, contribution, Message("wording.yes"))])
    step = drawn.steps[1]
    assert step.product == Product(
        Decimal(str(score)), Decimal(neutral), Decimal(str(weight)).quantize(Decimal("0.01"))
    )
    assert step.contribution == Decimal(printed)


# As the engine keeps them: weights of a digit, neutral scores of two, what they make to four places.
scores = st.floats(0, 1).map(lambda score: round(score, 4))
compared = st.builds(
    lambda score, neutral, weight: Feature(
        "words", score, weight, round((score - neutral) * weight, 4), Message("wording.yes")
    ),
    scores,
    st.sampled_from([0.2, 0.3, 0.5, 0.7]),
    st.sampled_from([0.4, 0.7, 1.0, 4.4, 7.5]),
)


@given(st.floats(0.001, 0.999), st.lists(compared, max_size=16), st.none() | st.floats(-9, 9).map(rule))
def test_what_is_printed_adds_up(score: float, features: list[Feature], held: Feature | None) -> None:
    drawn = waterfall(score, [*features, *([held] if held else [])])
    assert sum(step.contribution for step in drawn.steps) == drawn.total
    assert abs(float(drawn.total) - log_odds(score)) <= 0.006 * len(drawn.steps)
    for step in drawn.steps[1:]:
        if step.product:
            assert step.contribution == step.product.contribution
    if held and held.contribution:
        assert abs(float(drawn.total) - log_odds(score)) <= 0.0051


def test_shares_add_up_to_their_score() -> None:
    shares = [
        Feature("near", 1.0, 0.05, 0.05, Message("wording.yes")),
        Feature("trade", 1.0, 0.35, 0.35, Message("wording.yes")),
    ]
    drawn = stack(shares)
    assert drawn.added
    assert drawn.total == Decimal("0.40")
    assert [step.contribution for step in drawn.steps] == [Decimal("0.35"), Decimal("0.05")]
    assert [step.product.neutral for step in drawn.steps if step.product] == [0, 0]
    assert [(step.left, step.width) for step in drawn.steps] == [
        (pytest.approx(0), pytest.approx(35)),
        (pytest.approx(35), pytest.approx(5)),
    ]
    assert stack([]).total == 0


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
