"""The constant offset of a channel: removed from its first sample on, and sound without one is not touched."""

import numpy as np
import pytest
import soundfile

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.offset import STEP, OffsetRemoval
from dystream_ros.audio.timeline.party_timeline import PartyTimeline

FRAME = 640


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    conversation, _ = soundfile.read(demo_conversation(), dtype="float32")
    return conversation[:, 0]


def processed(samples):
    removal, made = OffsetRemoval(), samples.copy()
    for first in range(0, made.size, FRAME):
        removal.process(made[first : first + FRAME], [])
    return made


@pytest.mark.parametrize("first", [0, 30_000, 50_003])
def test_a_voice_without_an_offset_passes_bit_for_bit(voice, first):
    assert np.array_equal(processed(voice[first:]), voice[first:])


@pytest.mark.parametrize("offset", [0.005, 0.02, -0.2])
def test_an_offset_is_gone_from_the_first_sample_on(offset):
    hiss = (3e-4 * np.random.default_rng(0).standard_normal(32_000)).astype(np.float32)
    made = processed(np.concatenate([np.zeros(8000, np.float32), hiss + np.float32(offset)]))
    assert not made[:8000].any()
    assert np.abs(made[8000:]).max() < 2e-3
    assert np.abs(np.diff(made)).max() < 3e-3  # no click


def test_an_offset_under_a_voice_is_gone_within_half_a_second(voice):
    start = int(np.argmax(np.abs(voice) > 0.05))  # in the middle of a word
    spoken = voice[start : start + 64_000]
    left = (processed(spoken + np.float32(0.05)) - spoken)[8000:].reshape(-1, STEP).mean(axis=1)
    assert np.abs(left).max() < 3e-3


def test_absent_audio_stays_silent_and_the_next_source_has_its_own_offset():
    hiss = (3e-4 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    gap = np.zeros(FRAME, np.float32)
    made = processed(
        np.concatenate([hiss + np.float32(0.1), gap, hiss + np.float32(0.1), gap, hiss - np.float32(0.05)])
    )
    assert not made[16_000:16_640].any()
    assert np.abs(made).max() < 3e-3


def read(audio, chunk, rate=16_000):
    timeline = PartyTimeline("driven")
    for first in range(0, audio.size, chunk):
        end = first + chunk >= audio.size
        timeline.push(AudioBlock(1, first, rate, 1, None, audio[first : first + chunk], end_of_stream=end), 0)
    return np.concatenate([timeline.read(size).samples for size in (FRAME + 960, *[FRAME] * 40)])


def test_the_length_of_chunks_changes_nothing(voice):
    audio = ((voice[16_000:48_000] + 0.03) * 32767).astype(np.int16)
    whole = read(audio, audio.size)
    for chunk in (7, 160, 441):
        assert np.array_equal(read(audio, chunk), whole)


def test_a_sample_depends_on_no_more_than_the_ten_milliseconds_around_it(voice):
    audio = voice[16_000:32_000] + np.float32(0.03)
    changed = audio.copy()
    changed[8000:] = 0.5
    assert np.array_equal(processed(audio)[: 8000 - STEP], processed(changed)[: 8000 - STEP])
