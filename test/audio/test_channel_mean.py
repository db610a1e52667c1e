"""Channels whose mean is not what was meant."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.channel_mean import ChannelMean

RATE = 16_000
VOICE = 0.1 * np.sin(2 * np.pi * 200 * np.arange(2 * RATE) / RATE)


def problems(*channels, stream_id=1, watch=None):
    """Counters that the channels (n,) raise when they arrive in chunks of 20 ms."""
    watch = watch or ChannelMean()
    sound = np.stack(channels, axis=1).astype(np.float32)
    blocks = [
        AudioBlock(stream_id, at, RATE, len(channels), None, sound[at : at + 320].reshape(-1))
        for at in range(0, len(sound), 320)
    ]
    return [found for block in blocks for found in watch.add(block)]


def test_channels_of_opposite_phase_cancel():
    [(name, text)] = problems(VOICE, -VOICE)
    assert name == "channels_cancel"
    assert "softer than channel 0" in text
    [(name, _)] = problems(VOICE, -0.9 * VOICE)
    assert name == "channels_cancel"


@pytest.mark.parametrize("second", [VOICE, 0 * VOICE, np.roll(VOICE, 20), 0.5 * VOICE])
def test_a_usual_pair_of_channels_is_not_reported(second):
    assert problems(VOICE, second) == []


def test_an_array_is_reported_once_per_stream_and_its_silent_channels_too():
    watch, silent = ChannelMean(), [0 * VOICE] * 5
    found = problems(VOICE, *silent, watch=watch)
    assert [name for name, _ in found] == ["channels_averaged", "channels_cancel"]
    assert problems(VOICE, *silent, watch=watch) == []
    assert len(problems(VOICE, *silent, stream_id=2, watch=watch)) == 2


def test_silence_is_no_verdict():
    watch = ChannelMean()
    assert problems(1e-4 * VOICE, -1e-4 * VOICE, watch=watch) == []
    assert [name for name, _ in problems(VOICE, -VOICE, watch=watch)] == ["channels_cancel"]


def test_a_single_channel_is_not_watched():
    assert problems(VOICE) == []
