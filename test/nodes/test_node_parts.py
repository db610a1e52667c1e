"""Parts of the nodes that need no ROS graph: parameters, reports, percentiles."""

import dataclasses

import pytest

pytest.importorskip("rclpy")

from dystream_ros.engine.config import ConversationConfig
from dystream_ros.nodes.common.reports import SECONDS_BETWEEN, Reports
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.parameters import PARAMETERS, SETTINGS
from dystream_ros.nodes.parameters.parameter import Parameter
from dystream_ros.rendering.backend import BACKENDS

ALL = [
    pytest.param(parameter, id=f"{node}.{parameter.name}") for node, table in PARAMETERS.items() for parameter in table
]


@pytest.mark.parametrize("parameter", ALL)
def test_every_parameter_has_a_description_and_accepts_its_default(parameter):
    assert parameter.check(parameter.default) == parameter.default
    assert parameter.description.endswith(".")
    if parameter.minimum is not None:
        for beyond in (parameter.minimum - 1, parameter.maximum * 2 + 1):
            with pytest.raises(ValueError, match=f"{parameter.name}.*accepted is"):
                parameter.check(parameter.type(beyond))


def test_an_integer_is_converted_to_a_double_and_other_types_are_refused():
    gain = Parameter("gain", 1.0, "Gain.", minimum=0.0, maximum=10.0)
    assert gain.check(3) == 3.0
    assert type(gain.check(3)) is float
    for wrong in (True, "3", None, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"accepted is double, 0\.0 to 10\.0"):
            gain.check(wrong)
    with pytest.raises(ValueError, match="accepted is integer"):
        Parameter("count", 1, "Count.").check(1.0)


def test_every_setting_of_a_conversation_is_a_parameter_of_the_head():
    settings = SETTINGS["head"]()
    for field in dataclasses.fields(ConversationConfig):
        if field.name != "step_together":  # only the node knows of other heads in its process
            assert getattr(settings, field.name) == field.default
    assert settings.step_together > ConversationConfig().step_together == 0.0


def test_the_choices_of_renderer_are_the_backends():
    [choice] = [parameter for parameter in PARAMETERS["head"] if parameter.name == "renderer"]
    assert choice.choices == BACKENDS


class Log:
    def __init__(self):
        self.lines = []

    def error(self, text):
        self.lines.append(text)

    warning = error


def test_reports_are_all_counted_and_rarely_logged():
    log, now = Log(), [0.0]
    reports = Reports(log, lambda: now[0])
    for _ in range(10):
        reports.warning("gaps", "a gap", amount=3)
    reports.error("gaps", "a gap of the other", about="other")
    now[0] += SECONDS_BETWEEN
    reports.warning("gaps", "a gap")
    assert reports.counts() == {"gaps": 32}
    assert log.lines == ["a gap", "a gap of the other", "a gap (and 9 more since the last message)"]


def test_percentiles_cover_the_last_ten_seconds():
    stages = StageTimes()
    for milliseconds in [1000] * 100 + list(range(1, 251)):
        stages.add("engine", milliseconds * 1_000_000)
    p50, p95, p99 = stages.percentiles()["engine"]
    assert (p50, p95, p99) == pytest.approx((125.5, 237.55, 247.51))
    assert stages.percentiles()["rendering"] == (0.0, 0.0, 0.0)
