"""Machines are no voices, a voice above them is found, and without Silero's network the head hears by WebRTC's."""

import numpy as np
import pytest
import soundfile

from dystream_lab.evaluation.measures.machine_noises import MACHINES, TONES, sounding_at
from dystream_ros.assets import demo_conversation
from dystream_ros.audio import voice_detectors
from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.voice_detectors import SileroDetector, WebRtcDetector, best_detector

NOISES = MACHINES | TONES
SECONDS = 8


def voiced(sound: np.ndarray) -> np.ndarray:
    """Whether each frame of 40 ms counts as speech."""
    activity = VoiceActivity()
    activity.add(np.pad(sound, (0, 640)))
    return np.array([activity.speaking(first, first + 640) for first in range(0, len(sound), 640)])


def noise(name: str) -> np.ndarray:
    return NOISES[name](np.random.default_rng(5), SECONDS * 16_000)


def test_machines_are_no_voices():
    shares = {name: voiced(sounding_at(noise(name), -35.0)).mean() for name in NOISES}
    assert np.mean(list(shares.values())) <= 0.02
    assert max(shares.values()) <= 0.08, shares


@pytest.mark.parametrize("name", MACHINES)
def test_a_voice_above_a_machine_is_found(name):
    voice = soundfile.read(demo_conversation(), dtype="float32")[0][: SECONDS * 16_000, 0]
    alone = voiced(sounding_at(voice, -25.0))
    found = voiced(sounding_at(voice, -25.0) + sounding_at(noise(name), -35.0))
    assert alone.mean() > 0.2
    assert found[alone].mean() > 0.9


def test_the_network_of_the_package_is_used_without_importing_the_package(monkeypatch):
    assert isinstance(best_detector(), SileroDetector)
    monkeypatch.setattr(voice_detectors, "silero_file", lambda: None)
    assert isinstance(best_detector(), WebRtcDetector)
    voice_detectors._network.cache_clear()
    with pytest.raises(ImportError, match="pip install silero-vad"):
        SileroDetector()
    voice_detectors._network.cache_clear()


def test_two_detectors_do_not_share_their_state():
    speech = soundfile.read(demo_conversation(), dtype="float32")[0][:32_000, 0]
    first, second = SileroDetector(), SileroDetector()
    alone = [first.voiced(step) for step in speech[:31_744].reshape(-1, 512)]
    for step in speech[:31_744].reshape(-1, 512):
        second.voiced(np.zeros(512, np.float32))
        first.voiced(step)
    again = SileroDetector()
    assert [again.voiced(step) for step in speech[:31_744].reshape(-1, 512)] == alone
