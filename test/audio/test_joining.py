"""Blocks that arrived together are joined, and nothing is lost or hidden by it."""

import dataclasses

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.joining import LONGEST_SECONDS, Joining

MS = 1_000_000


def blocks_of(count, frames=160, rate=16_000, channels=1, stamps=True):
    data = np.arange(count * frames * channels, dtype=np.int16)
    return [
        AudioBlock(
            stream_id=7,
            first_sample=1000 + place * frames,
            sample_rate=rate,
            channels=channels,
            stamp_ns=10**15 + place * frames * 10**9 // rate if stamps else None,
            data=data[place * frames * channels : (place + 1) * frames * channels],
        )
        for place in range(count)
    ]


def joined(blocks):
    """What a receiver of these blocks gets."""
    joining, whole = Joining(), []
    for block in blocks:
        if not joining.fits(block):
            whole.append(joining.take())
        joining.add(block)
    return [block for block in [*whole, joining.take()] if block is not None]


@pytest.mark.parametrize("stamps", [True, False])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_that_follow_each_other_become_one(stamps, channels):
    blocks = blocks_of(6, channels=channels, stamps=stamps)
    blocks[-1] = dataclasses.replace(blocks[-1], end_of_stream=True)
    [whole] = joined(blocks)
    assert np.array_equal(whole.data, np.arange(960 * channels))
    assert (whole.first_sample, whole.stamp_ns, whole.end_of_stream) == (1000, blocks[0].stamp_ns, True)


def test_the_stamp_is_the_mean_of_what_the_stamps_say():
    blocks = blocks_of(3)
    late = [dataclasses.replace(block, stamp_ns=block.stamp_ns + by * MS) for block, by in zip(blocks, (0, 3, 6))]
    assert joined(late)[0].stamp_ns == blocks[0].stamp_ns + 3 * MS


def test_a_joined_block_has_a_longest_duration():
    whole = joined(blocks_of(25))
    assert [block.seconds for block in whole] == [LONGEST_SECONDS, LONGEST_SECONDS, pytest.approx(0.05)]
    assert joined([]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"stream_id": 8},
        {"sample_rate": 24_000},
        {"channels": 2},
        {"first_sample": 1161},
        {"first_sample": 1000},
        {"stamp_ns": 10**15 + 40 * MS},
        {"stamp_ns": None},
        {"data": np.zeros(160, np.float32)},
        {"data": np.zeros((160, 1), np.int16)},
        {"data": np.zeros(0, np.int16)},
    ],
)
def test_a_block_that_does_not_continue_the_last_one_stays_alone(change):
    first, second = blocks_of(2)
    assert len(joined([first, dataclasses.replace(second, **change)])) == 2


@pytest.mark.parametrize(
    "change",
    [{"sample_rate": 1}, {"channels": 0}, {"channels": 3}, {"first_sample": -160}, {"data": np.zeros(159, np.uint8)}],
)
def test_a_block_that_would_be_refused_takes_none_along(change):
    odd = [dataclasses.replace(block, **change) for block in blocks_of(2)]
    if "first_sample" in change:
        odd[1] = dataclasses.replace(odd[1], first_sample=0)
    assert len(joined(odd)) == 2


def test_nothing_is_joined_to_the_end_of_a_stream():
    first, second = blocks_of(2)
    assert len(joined([dataclasses.replace(first, end_of_stream=True), second])) == 2
