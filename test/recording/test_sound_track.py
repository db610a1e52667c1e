"""Audio blocks placed on a track by their time stamps."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.recording.sound_track import SoundTrack

START, RATE = 10**18, 48_000


def block(samples, seconds, rate=MEDIA_RATE, stream=1, first=0, stamp=True, end=False):
    data = np.asarray(samples, np.float32)
    return AudioBlock(stream, first, rate, 1, START + round(seconds * 1e9) if stamp else None, data, end)


def test_blocks_are_placed_by_their_stamps_with_silence_between():
    track = SoundTrack(START, RATE)
    track.push(block(np.ones(1600), 0.5), START)
    track.push(block(np.ones(1600), 1.0, stream=2, end=True), START)
    sound = track.take_until(START + 2 * 10**9)
    assert sound.size == 2 * RATE
    loud = np.flatnonzero(np.abs(sound) > 0.5)
    assert loud[0] == pytest.approx(0.5 * RATE, abs=3)
    assert loud[-1] == pytest.approx(1.1 * RATE, abs=3)
    assert np.diff(loud).max() == pytest.approx(0.4 * RATE, abs=6)
    assert track.ended


def test_stamps_that_jitter_leave_no_seams():
    track = SoundTrack(START, RATE)
    jitter = np.random.default_rng(0).uniform(-0.01, 0.01, 50)
    for index in range(50):
        track.push(block(np.ones(160), index * 0.01 + jitter[index], first=index * 160), START)
    sound = track.take_until(START + 450_000_000)
    assert sound[2000:] == pytest.approx(np.ones(sound.size - 2000), abs=0.01)


def test_blocks_without_stamps_are_placed_by_their_arrival():
    track = SoundTrack(START, RATE)
    for index in range(10):
        arrival = START + 300_000_000 + index * 10_000_000
        track.push(block(np.ones(160), 0, first=index * 160, stamp=False), arrival)
    sound = track.take_until(START + 10**9)
    assert np.flatnonzero(np.abs(sound) > 0.5)[0] == pytest.approx(0.3 * RATE, abs=3)


def test_samples_that_arrive_after_their_time_was_taken_are_dropped():
    track = SoundTrack(START, RATE)
    assert track.take_until(START + 10**9).size == RATE
    track.push(block(np.ones(32_000), 0.0, end=True), START)
    sound = track.take_until(START + 2 * 10**9)
    assert sound.size == RATE
    assert sound[:-100] == pytest.approx(np.ones(RATE - 100), abs=0.01)


def test_a_block_far_ahead_is_refused_before_it_fills_the_memory():
    track = SoundTrack(START, RATE)
    track.push(block(np.ones(1600), 0.0), START)
    with pytest.raises(AudioRejected, match="accepted are 720 s") as refused:
        track.push(block(np.ones(1600), 24 * 3600.0, stream=2), START)
    assert refused.value.reason == "queue_full"
    assert track.take_until(START + 10**9).size == RATE


def test_thousands_of_small_blocks_ahead_are_the_same_as_one():
    small, whole = SoundTrack(START, RATE), SoundTrack(START, RATE)
    sound = np.sin(np.arange(10 * MEDIA_RATE) / 20).astype(np.float32)
    for first in range(0, sound.size, 160):
        small.push(block(sound[first : first + 160], first / MEDIA_RATE, first=first), START)
    whole.push(block(sound, 0.0), START)
    for end in (1, 2, 9):
        ends_ns = START + end * 10**9
        assert small.take_until(ends_ns) == pytest.approx(whole.take_until(ends_ns), abs=1e-5)
