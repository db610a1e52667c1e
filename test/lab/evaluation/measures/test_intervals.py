"""Intervals over utterances and seeds, and their text table."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures.intervals import bootstrap
from dystream_lab.evaluation.reports.tables import table


def mean(sums: np.ndarray) -> dict[str, np.ndarray]:
    return {"mean": sums[..., 0] / sums[..., 1]}


def tallies(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], -1)


def test_the_interval_of_equal_utterances_is_a_point():
    assert bootstrap(tallies(np.full((3, 20), 0.7)), mean)["mean"] == pytest.approx([0.7, 0.7, 0.7])


def test_the_interval_over_utterances_is_that_of_the_mean():
    values = np.random.default_rng(1).standard_normal((1, 400))
    value, low, high = bootstrap(tallies(values), mean)["mean"]
    assert value == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.15)


def test_seeds_that_disagree_widen_the_interval():
    same = np.zeros((3, 200))
    apart = same + np.array([-1.0, 0.0, 1.0])[:, None]
    assert bootstrap(tallies(same), mean)["mean"][1:] == [0.0, 0.0]
    _, low, high = bootstrap(tallies(apart), mean)["mean"]
    assert low < -0.6
    assert high > 0.6


def test_a_summary_without_utterances_is_refused():
    with pytest.raises(ValueError, match="no utterances"):
        bootstrap(np.zeros((1, 0, 2)), mean)


def test_the_table_shows_rows_as_columns_and_what_is_missing_as_a_dash():
    text = table("lips", {"model": {"gain": [1.0, 0.9, 1.1]}, "other": {}}, {"gain": "0.8 to 1.2"})
    assert text.splitlines()[0].split() == ["lips", "bar", "model", "other"]
    assert "1.00 [0.90, 1.10]" in text
    assert text.splitlines()[1].endswith("-")
