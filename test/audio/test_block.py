"""Which blocks are refused, and with which reason."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected, check_block, to_mono


def block(**changed) -> AudioBlock:
    fields = {
        "stream_id": 1, "first_sample": 0, "sample_rate": 16_000, "channels": 2, "stamp_ns": None,
        "data": np.zeros(320, np.int16),
    }  # fmt: skip
    return AudioBlock(**(fields | changed))


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("sample_rate", {"sample_rate": 0}),
        ("sample_rate", {"sample_rate": 4000}),
        ("sample_rate", {"sample_rate": 192_000}),
        ("channels", {"channels": 0}),
        ("channels", {"channels": 200}),
        ("odd_size", {"data": np.zeros(321, np.int16)}),
        ("empty", {"data": np.zeros(0, np.int16)}),
        ("too_long", {"data": np.zeros(2 * 16_000 * 61, np.int16)}),
        ("sample_type", {"data": np.zeros(320, np.float64)}),
        ("shape", {"data": np.zeros((160, 3), np.int16)}),
        ("first_sample", {"first_sample": -1}),
        ("not_finite", {"data": np.full(320, np.nan, np.float32)}),
        ("not_finite", {"data": np.full(320, np.inf, np.float32)}),
    ],
)
def test_unusable_audio_is_refused_with_its_reason(reason, changed):
    with pytest.raises(AudioRejected) as refusal:
        check_block(block(**changed))
    assert refusal.value.reason == reason
    assert len(str(refusal.value)) > 20


def test_an_empty_block_may_end_a_stream():
    check_block(block(data=np.zeros(0, np.int16), end_of_stream=True))


def test_mono_is_the_mean_of_all_channels_or_one_of_them():
    data = np.array([[16384, 0], [0, -16384]], np.int16)
    assert to_mono(block(data=data)).tolist() == [0.25, -0.25]
    assert to_mono(block(data=data.reshape(-1)), channel=1).tolist() == [0.0, -0.5]
    assert to_mono(block(data=data.astype(np.float32) / 32768)).tolist() == [0.25, -0.25]


def test_a_channel_that_the_block_lacks_is_refused():
    with pytest.raises(AudioRejected, match=r"channel 2 .* has 2"):
        to_mono(block(), channel=2)
