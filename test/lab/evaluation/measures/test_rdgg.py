"""The directed Granger gain of listeners with a known dependence on the partner."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dystream_lab.evaluation.measures import rdgg
from dystream_lab.evaluation.sets.conversations import Conversation

FRAMES = 750
PITCH = 53


def partner(seed: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A hum in phrases of one to three seconds that swells from word to word; and the phrases."""
    rng = np.random.default_rng(seed)
    sound, phrases, at = np.zeros(FRAMES * 640, np.float32), [], 0.5
    while at < 26.0:
        length = rng.uniform(1.0, 3.0)
        phrases.append((at, at + length))
        span = np.arange(int(at * 16_000), int((at + length) * 16_000))
        words = np.repeat(rng.uniform(0.02, 0.3, len(span) // 6400 + 1), 6400)[: len(span)]
        sound[span] = words * np.sign(np.sin(2 * np.pi * 120 * span / 16_000))
        at += length + rng.uniform(0.3, 1.0)
    return sound, phrases


def listener(loudness: np.ndarray, seed: int, hears: float) -> np.ndarray:
    """A head that drifts, and is pushed by what it heard 0.4 s ago."""
    push = hears * np.roll(loudness, 10)
    motion = np.zeros((FRAMES, 58), np.float32)
    for column in range(58):
        noise = 0.3 * np.random.default_rng((seed, column)).standard_normal(FRAMES)
        motion[:, column] = lfilter([0.02], [1.0, -0.9], noise + (push if column == PITCH else 0.0))
    return motion


@pytest.fixture(scope="module")
def measured():
    voices = [partner(index) for index in range(6)]
    loudness = [rdgg.voice(sound, FRAMES)[:, 0] for sound, _ in voices]
    talks = [
        Conversation(
            name=f"clip{index}/0",
            self_audio=np.zeros(FRAMES * 640, np.float32),
            other_audio=sound,
            phones=(),
            other_phones=tuple((start, end, "AA") for start, end in phrases),
            opportunities=(),
            teacher=listener(loudness[index], index, hears=1.0),
        )
        for index, (sound, phrases) in enumerate(voices)
    ]
    systems = {
        "hears": [[listener(heard, 100 + index, 1.0) for index, heard in enumerate(loudness)]],
        "deaf": [[listener(heard, 200 + index, 0.0) for index, heard in enumerate(loudness)]],
        "hears another": [[listener(loudness[index - 1], 300 + index, 1.0) for index in range(len(talks))]],
    }
    return rdgg.gains(systems, talks)


def test_a_listener_of_the_partner_has_a_gain_over_both_floors(measured):
    for floor in ("shifted", "matched"):
        assert measured["hears"][f"R-DGG {floor} 1e-4"][1] > 40.0
        assert measured["hears"][f"R-DGG {floor} p"][0] < 0.05


@pytest.mark.parametrize("system", ["deaf", "hears another"])
def test_a_listener_of_another_partner_has_no_gain(measured, system):
    gain, low, _ = measured[system]["R-DGG shifted 1e-4"]
    assert low < 20.0
    assert abs(gain) < 0.3 * measured["hears"]["R-DGG shifted 1e-4"][0]
