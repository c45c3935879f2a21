"""Recall counts branches at the place of their first code; calibration holds scores against what came true."""

from matching.codes.evaluate import Judged, evaluate
from registry.classifiers.models import Scheme


def test_recall_at_each_level_counts_distinct_branches() -> None:
    ranked = [("7304110000", 0.6), ("7304900000", 0.2), ("1905100000", 0.1)]
    figures = evaluate(Scheme.TNVED, [Judged(ranked, "1905100000"), Judged(ranked, "7304")])
    levels = {level["digits"]: level for level in figures["levels"]}
    assert (levels[4]["texts"], levels[4]["recall@1"], levels[4]["recall@5"]) == (2, 0.5, 1.0)
    assert (levels[10]["texts"], levels[10]["recall@1"], levels[10]["recall@5"]) == (1, 0.0, 1.0)
    assert (figures["decided"], figures["decided_right"]) == (1.0, 0.0)


def test_scores_that_come_true_as_often_as_they_say_have_no_error() -> None:
    right = Judged([("7304110000", 0.5)], "7304110000")
    wrong = Judged([("7304110000", 0.5)], "7304900000")
    assert evaluate(Scheme.TNVED, [right, wrong])["calibration_error"] == 0.0
    assert evaluate(Scheme.TNVED, [wrong, wrong])["calibration_error"] == 0.5


def test_digits_of_the_levels_of_each_scheme() -> None:
    digits = {
        scheme: [level["digits"] for level in evaluate(scheme, [])["levels"]]
        for scheme in (Scheme.TNVED, Scheme.KPVED, Scheme.ENSTRU)
    }
    assert digits == {Scheme.TNVED: [2, 4, 6, 10], Scheme.KPVED: [2, 4, 5, 6], Scheme.ENSTRU: [6, 9, 15]}
