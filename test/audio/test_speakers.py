"""Who speaks, when each channel also picks up the other party."""

import numpy as np
import pytest
import soundfile

from dystream_ros.assets import demo_conversation
from dystream_ros.audio.crosstalk import Crosstalk
from dystream_ros.audio.speakers import Speakers

FRAME = 640
PARTIES = ("self", "other")


@pytest.fixture(scope="module")
def parties() -> tuple[np.ndarray, np.ndarray]:
    conversation, _ = soundfile.read(demo_conversation(), dtype="float32", frames=320_000)
    return conversation[:, 0], conversation[:, 1]


def later(sound, db, seconds):
    """A sound softer and later, through a small room."""
    rng = np.random.default_rng(0)
    room = rng.standard_normal(3200) * 10 ** (-3 * np.arange(3200) / 3200) * 0.05
    room[0] = 1.0
    heard = np.convolve(sound, room)[: sound.size] * 10 ** (db / 20)
    return np.concatenate([np.zeros(round(seconds * 16_000)), heard])[: sound.size].astype(np.float32)


def bits(own, other):
    """Bool (frames, 2)."""
    speakers, found = Speakers(PARTIES, -50.0), []
    for frame in range(own.size // FRAME - 1):
        heard = slice(frame * FRAME + (960 if frame else 0), (frame + 1) * FRAME + 960)
        speakers.add({"self": own[heard], "other": other[heard]})
        found.append([speakers.speaking(party, frame * FRAME, (frame + 1) * FRAME) for party in PARTIES])
    return np.array(found)


@pytest.fixture(scope="module")
def truth(parties) -> np.ndarray:
    return bits(*parties)


@pytest.mark.parametrize(("db", "seconds"), [(-20, 0.25), (-10, 0.0)])
def test_the_partner_in_the_own_channel_is_not_the_own_voice(parties, truth, db, seconds):
    own, other = parties
    found = bits(own + later(other, db, seconds), other)
    alone = truth[:, 1] & ~truth[:, 0]
    assert found[alone, 0].mean() < 0.2  # 0.92 without the comparison of the channels
    assert found[truth[:, 0], 0].mean() > 0.97
    assert np.array_equal(found[:, 1], truth[:, 1])


@pytest.mark.parametrize(("db", "seconds"), [(-20, 0.02), (-2, 0.3)])
def test_an_echo_of_the_own_voice_is_not_the_partner(parties, truth, db, seconds):
    own, other = parties
    found = bits(own, other + later(own, db, seconds))
    alone = truth[:, 0] & ~truth[:, 1]
    assert found[alone, 1].mean() < 0.15  # 0.9 without
    assert found[truth[:, 1], 1].mean() > 0.92
    assert np.array_equal(found[:, 0], truth[:, 0])


def marks(own, other):
    crosstalk, made = Crosstalk(PARTIES), []
    for first in range(0, own.size - FRAME + 1, FRAME):
        found = crosstalk.add({"self": own[first : first + FRAME], "other": other[first : first + FRAME]})
        made.append([found[party] for party in PARTIES])
    return np.concatenate(made, axis=1)


def test_two_unrelated_voices_and_one_voice_in_both_channels_are_their_own(parties):
    own, other = parties
    for first, second in ((own, other), (own, np.roll(other, 80_000)), (own, np.roll(own, 112_000)), (own, own)):
        assert not marks(first, second).any()


def test_marks_are_causal_and_repeatable(parties):
    own, other = parties
    heard = own + later(other, -20, 0.25)
    found = marks(heard, other)
    assert found[0].any()
    assert np.array_equal(marks(heard, other), found)
    half = heard.size // 2 // FRAME * FRAME
    changed = np.concatenate([heard[:half], np.zeros_like(heard[half:])])
    assert np.array_equal(marks(changed, other)[:, :half], found[:, :half])


def test_a_skip_of_frames_keeps_the_parties_in_step(parties, truth):
    own, other = parties
    speakers = Speakers(PARTIES, -50.0)
    speakers.add({"self": own[:32_000], "other": other[:32_000]})
    speakers.skip(10 * FRAME, {"self"})
    # The own voice waits; the partner's went by.
    speakers.add({"self": own[32_000:160_000], "other": other[32_000 + 10 * FRAME : 160_000 + 10 * FRAME]})
    found = [[speakers.speaking(party, k * FRAME, (k + 1) * FRAME) for party in PARTIES] for k in range(60, 200)]
    assert np.mean(np.array(found)[:, 0] == truth[50:190, 0]) > 0.95
    assert np.mean(np.array(found)[:, 1] == truth[60:200, 1]) > 0.9
