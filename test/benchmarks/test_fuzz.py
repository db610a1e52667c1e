"""A few damaged inputs for every reader and handler; `python -m benchmarks.fuzz` runs millions, guided by coverage."""

import json
import logging
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

from benchmarks.fuzz.choices import Choices
from benchmarks.fuzz.files import FILES
from benchmarks.fuzz.messages import MESSAGES
from benchmarks.fuzz.others import OTHERS
from benchmarks.fuzz.totals import PAGE, PUBLISHED, Totals, written

# Examples of each target: as many as take about half a second.
EXAMPLES = {
    "calibration": 12,
    "weights": 6,
    "face": 8,
    "model_file": 6,
    "directions": 20,
    "motion": 20,
    "audio_chunk": 30,
}


@cache
def prepared(target):
    return target.prepare()


@pytest.fixture(autouse=True)
def quiet():
    """No log of refused input here, and the level of before for the tests of this process that read the log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(before)


@pytest.mark.parametrize("target", [*FILES, *MESSAGES, *OTHERS], ids=lambda target: target.name)
def test_damaged_input_is_used_or_refused(target):
    take = prepared(target)

    @settings(
        max_examples=EXAMPLES.get(target.name, 60),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(some.binary(min_size=8, max_size=target.longest))
    def run(data):
        take(Choices(data))

    run()


def test_runs_add_up_also_over_processes(tmp_path):
    path = tmp_path / "totals.json"
    for _ in range(2):
        Totals(path).add("face", seconds=90.0, processor=30.0, inputs=50, slowest=0.4, kinds=1)
    Totals(path).add("face", seconds=60.0, processor=60.0, inputs=-5, slowest=0.1, kinds=0)
    [face] = Totals(path).targets.values()
    assert face == {
        "runs": 3,
        "minutes": 4.0,
        "processor_minutes": 2.0,
        "inputs": 100,
        "slowest_s": 0.4,
        "runs_with_findings": 2,
    }


def test_the_table_of_the_page_is_that_of_the_figures():
    figures = json.loads(PUBLISHED.read_text())
    assert figures.keys() <= {target.name for target in (*FILES, *MESSAGES, *OTHERS)}
    assert PAGE.read_text() == written(PAGE.read_text(), figures)
