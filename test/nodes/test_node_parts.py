"""Parts of the nodes that need no running graph: parameters, reports, rest, failures, percentiles."""

import dataclasses

import numpy as np
import pytest

pytest.importorskip("rclpy")

from dystream_ros.engine.config import ConversationConfig
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame
from dystream_ros.nodes.common.reports import SECONDS_BETWEEN, Reports
from dystream_ros.nodes.head.rest import Rest
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.steadfast_session import SteadfastSession
from dystream_ros.nodes.parameters import PARAMETERS, SETTINGS
from dystream_ros.nodes.parameters.parameter import Parameter
from dystream_ros.rendering.backend import BACKENDS

ALL = [
    pytest.param(parameter, id=f"{node}.{parameter.name}") for node, table in PARAMETERS.items() for parameter in table
]


@pytest.mark.parametrize("parameter", ALL)
def test_every_parameter_says_what_it_is_and_accepts_its_default(parameter):
    assert parameter.check(parameter.default) == parameter.default
    assert parameter.description.endswith(".")
    if parameter.minimum is not None:
        for beyond in (parameter.minimum - 1, parameter.maximum * 2 + 1):
            with pytest.raises(ValueError, match=f"{parameter.name}.*accepted is"):
                parameter.check(parameter.type(beyond))


def test_an_integer_serves_as_a_double_and_nothing_else_is_bent():
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
        assert getattr(settings, field.name) == field.default


def test_the_renderers_to_choose_from_are_those_there_are():
    [choice] = [parameter for parameter in PARAMETERS["head"] if parameter.name == "renderer"]
    assert choice.choices == BACKENDS


class Log:
    def __init__(self):
        self.lines = []

    def error(self, text):
        self.lines.append(text)

    warning = error


def test_a_report_is_counted_each_time_and_said_once_in_a_while():
    log, now = Log(), [0.0]
    reports = Reports(log, lambda: now[0])
    for _ in range(10):
        reports.warning("gaps", "a gap", amount=3)
    reports.error("gaps", "a gap of the other", about="other")
    now[0] += SECONDS_BETWEEN
    reports.warning("gaps", "a gap")
    assert reports.counts() == {"gaps": 32}
    assert log.lines == ["a gap", "a gap of the other", "a gap (and 9 more since the last message)"]


def frame(value, index=0):
    return MotionFrame(index, np.full(52, value, np.float32), np.full(6, 0.2, np.float32))


def test_a_face_goes_to_rest_without_a_jump_and_stays_there():
    rest = Rest(ARKIT_LAYOUT, frame(1.0, 41), frames=10)
    way = [rest.step() for _ in range(12)]
    jaw = [1.0] + [motion.values[17] for motion in way]
    assert max(-np.diff(jaw)) < 0.17
    assert sorted(jaw, reverse=True) == jaw
    assert rest.there
    assert not way[9].values.any()
    assert not way[11].head_pose.any()
    assert [motion.frame for motion in way] == list(range(42, 54))


def test_a_way_of_no_length_is_rest_at_once():
    rest = Rest(ARKIT_LAYOUT, None, frames=0)
    assert not rest.step().values.any()
    assert rest.there


class Counting:
    """A session whose motion tells what it heard: the mean of the self audio of its frame and lookahead."""

    layout, hop, lookahead = ARKIT_LAYOUT, 640, 960

    def __init__(self):
        self.fails = lambda index: False
        self.steps = 0
        self.reset()

    @property
    def samples_needed(self):
        return self.hop + (0 if self.heard.size else self.lookahead)

    def step(self, self_audio, other_audio):
        assert self_audio.size == other_audio.size == self.samples_needed
        self.steps += 1
        if self.fails(self.steps - 1):
            raise RuntimeError("no")
        self.heard = np.concatenate([self.heard, self_audio])[-self.hop - self.lookahead :]
        return frame(self.heard.mean())

    def reset(self, seed=None):
        self.heard = np.zeros(0, np.float32)

    def hush(self):
        pass


@pytest.mark.parametrize("failure", ["an exception", "a number that is none"])
def test_a_session_that_fails_is_replaced_frame_by_frame_and_goes_on_with_the_audio_of_its_time(failure):
    audio = np.random.default_rng(0).standard_normal(640 * 30 + 960).astype(np.float32)
    inner, told = Counting(), []
    if failure == "an exception":
        inner.fails = lambda index: 10 <= index < 15
    else:
        step = inner.step

        def broken(*heard):
            motion = step(*heard)
            return frame(np.nan) if 11 <= inner.steps <= 15 else motion

        inner.step = broken
    session = SteadfastSession(inner, lambda: 3, told.append)
    motions, at = [], 0
    for _ in range(30):
        needed = session.samples_needed
        motions.append(session.step(audio[at : at + needed], audio[at : at + needed]))
        at += needed
    assert len(told) == 5
    assert [motion.frame for motion in motions] == list(range(30))
    assert all(np.isfinite(motion.values).all() for motion in motions)
    assert not motions[13].values.any()
    for index in (0, 5, 9, 15, 16, 29):
        expected = audio[index * 640 : (index + 1) * 640 + 960].mean()
        assert motions[index].values[0] == pytest.approx(expected, abs=1e-6), index


def test_percentiles_are_of_the_last_ten_seconds():
    stages = StageTimes()
    for milliseconds in [1000] * 100 + list(range(1, 251)):
        stages.add("engine", milliseconds * 1_000_000)
    p50, p95, p99 = stages.percentiles()["engine"]
    assert (p50, p95, p99) == pytest.approx((125.5, 237.55, 247.51))
    assert stages.percentiles()["rendering"] == (0.0, 0.0, 0.0)
