"""An echo of the robot's voice in the partner's microphone, and what it does to the face of the shipped model."""

import numpy as np
import pytest

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.cli.demo.echo import DELAY, LEAST_CORRELATION, LEVEL, EchoFigures, echoed, stage
from dystream_ros.cli.recorded_conversation import track
from dystream_ros.engine.session import Session
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime


def test_the_echo_is_softer_and_later_and_the_partner_stays():
    own, other = np.zeros(4000, np.float32), np.zeros(3000, np.float32)
    own[100], other[200] = 0.5, 0.25
    heard = echoed(own, other)
    assert heard.size == 4000
    assert heard[200] == 0.25
    assert heard[100 + round(DELAY * MEDIA_RATE)] == pytest.approx(0.5 * 10 ** (LEVEL / 20))
    assert np.count_nonzero(heard) == 2


def test_a_voice_shorter_than_the_delay_has_no_echo():
    assert not echoed(np.ones(100, np.float32), np.zeros(0, np.float32)).any()


class LoudSession:
    """A face whose jaw follows the loudness of its own voice, and of the partner's with a gain."""

    layout, hop, lookahead, samples_needed = ARKIT_LAYOUT, 640, 0, 640
    neutral = neutral_frame(ARKIT_LAYOUT)

    def __init__(self, gain):
        self.gain = gain

    def step(self, own, other):
        values = np.zeros(len(ARKIT_NAMES), np.float32)
        values[ARKIT_NAMES.index("jawOpen")] = np.std(own) + self.gain * np.std(other)
        return MotionFrame(0, values, np.full(6, values.max(), np.float32))

    def close_lips(self, motion, amount):
        return motion

    def emitted(self, motion):
        pass

    def reset(self, seed=None):
        pass


@pytest.mark.parametrize(("gain", "follows_the_echo"), [(0.0, False), (20.0, True)])
def test_the_figure_tells_a_face_that_follows_the_echo(tmp_path, gain, follows_the_echo):
    size = 8 * MEDIA_RATE
    own, other = (track(demo_conversation(), channel)[:size] for channel in (0, 1))
    figures = EchoFigures.measure(stage(own, other, tmp_path), LoudSession(gain))
    assert (figures.lips < LEAST_CORRELATION) == follows_the_echo
    assert figures.lips <= 1.0 + 1e-6


def test_the_lips_of_the_shipped_model_do_not_follow_the_echo(tmp_path):
    size = 8 * MEDIA_RATE
    own, other = (track(demo_conversation(), channel)[:size] for channel in (0, 1))
    session = Session(load_model("compact", Runtime()).network, 0)
    figures = EchoFigures.measure(stage(own, other, tmp_path), session)
    assert figures.frames > 50
    assert figures.lips > LEAST_CORRELATION
    text = figures.text()
    assert "lips, correlation with those without echo" in text
    assert f"{figures.partner:.0%}" in text
