"""Streaming of a model for measures: what it hears is what it would hear in the head."""

import numpy as np
import pytest

from dystream_lab.evaluation.rows.streaming import stream
from dystream_ros.face.motion import MotionFrame, MotionLayout


class Recorder:
    """A network without lips that keeps what both parties said to it."""

    hop, lookahead = 640, 960
    layout = MotionLayout(("value",), ("",), (0.0,), (1.0,), (0.0,))

    def sessions(self, seeds):
        self.heard = []
        return self

    def prime(self, row, own, other):
        self.heard.append(np.stack([own, other]))

    def step(self, own, other):
        self.heard.append(np.stack([own[0], other[0]]))
        return [MotionFrame(0, np.zeros(1, np.float32), np.zeros(6, np.float32)) for _ in own]


def heard(own, other):
    model = Recorder()
    assert stream(model, own[None], other[None], [0]).shape == (1, len(own) // 640, 7)
    sound = np.concatenate(model.heard, axis=1)
    assert not sound[:, len(own) :].any(), "silence follows as lookahead"
    return sound[:, : len(own)]


@pytest.fixture
def channels():
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal((2, 64_000))).astype(np.float32)
    sound[:, 32_000:48_000] *= 0.01
    return sound


def test_channels_arrive_whole_and_unchanged(channels):
    assert np.array_equal(heard(*channels), channels)


def test_a_constant_offset_is_removed_as_in_the_head(channels):
    given = channels + np.float32([[0.1], [0.0]])
    own, other = heard(*given)
    assert np.array_equal(other, channels[1])
    assert abs(own - channels[0])[32_000:48_000].max() < 0.01
    assert given.mean(axis=1) == pytest.approx([0.1, 0.0], abs=1e-3), "the caller's sound stays"
