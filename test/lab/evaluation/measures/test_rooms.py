"""Conditions of rooms: levels, delays and lengths of their sounds, and measures on known motion."""

import numpy as np
import pytest

from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.evaluation.measures import rooms
from dystream_lab.evaluation.measures.machine_noises import MACHINES, TONES, sounding_at
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame, MotionLayout

JAW = ARKIT_INDEX["jawOpen"]


def decibels(sound: np.ndarray) -> float:
    return 20 * np.log10(speaking_rms(sound))


def voice(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    """Bursts of noise like syllables, with silence before and after."""
    sound = np.zeros(int(16_000 * seconds))
    rng = np.random.default_rng(seed)
    for start in range(16_000, len(sound) - 19_200, 4_800):
        sound[start : start + 3_200] = 0.1 * rng.standard_normal(3_200)
    return sound


@pytest.mark.parametrize("name", [*MACHINES, *TONES])
def test_every_noise_sounds_at_its_level_and_stays_in_range(name):
    noise = (MACHINES | TONES)[name]
    sound = sounding_at(noise(np.random.default_rng(3), 160_000), -35.0)
    assert sound.shape == (160_000,)
    assert sound.dtype == np.float32
    assert decibels(sound) == pytest.approx(-35.0, abs=1.0)
    assert np.abs(sound).max() <= 1.0


@pytest.mark.parametrize("direct", rooms.DIRECT)
def test_a_room_keeps_the_direct_sound_and_has_the_stated_share_of_reverberation(direct):
    click = np.zeros(32_000)
    click[4_000] = 1.0
    heard = rooms.room(np.random.default_rng(0), click, direct)
    assert heard[:4_000] == pytest.approx(0.0, abs=1e-9)
    assert heard[4_000] == pytest.approx(1.0)
    assert -10 * np.log10(np.square(heard[4_001:]).sum()) == pytest.approx(direct, abs=0.3)


@pytest.mark.parametrize("delay", rooms.ECHO_DELAYS)
def test_the_echo_comes_late_and_soft(delay):
    partner = voice()
    heard = rooms.echo_of(partner, delay)
    silent = round((1.0 + delay / 1000) * 16_000)
    assert not heard[:silent].any()
    assert heard[silent : silent + 1_600].any()
    assert -26.0 < decibels(heard) - decibels(partner) <= -20.0


def test_a_steady_offset_is_added_and_people_are_as_much_softer_as_their_name_says():
    changes = rooms.spoken_conditions([voice(seed=seed) for seed in range(1, 9)])
    sound = voice()
    for offset in rooms.OFFSETS:
        assert changes[f"offset {offset:g}"](np.random.default_rng(0), sound).mean() == pytest.approx(offset, abs=1e-3)
    for level in rooms.BACKGROUND:
        heard = changes[f"people {level} dB in self"](np.random.default_rng(0), sound)
        people = heard - rooms.of_level(sound, rooms.USUAL_LEVEL)
        assert decibels(people) == pytest.approx(rooms.USUAL_LEVEL + level, abs=0.5)


class Open:
    """A network whose jaw is as open as the own channel is loud in the frame; without names, no lip gate closes it."""

    hop, lookahead = 640, 0
    layout = MotionLayout(
        tuple(f"value {place}" for place in range(52)), *([value] * 52 for value in ("", 0.0, 1.0, 0.0))
    )

    def sessions(self, seeds):
        return self

    def prime(self, row, own, other):
        assert not len(own)

    def step(self, own, other):
        made = []
        for sound in own:
            values = np.zeros(52, np.float32)
            values[JAW] = 0.5 * (np.abs(sound).max() > 1e-4)
            made.append(MotionFrame(0, values, np.zeros(6, np.float32)))
        return made


def test_the_measures_of_a_mouth_that_opens_at_any_sound_say_so():
    recording = Utterance("a", "real", "v", voice().astype(np.float32), ((1.0, 1.5, "AA"), (1.5, 2.8, "B")))
    found = rooms.measure(Open(), [recording] * 2, [voice(seed=seed) for seed in range(1, 9)], seeds=1)
    assert set(rooms.BARS) <= set(found)
    assert found["chirps in self p95 %"][0] == pytest.approx(50.0, abs=0.2)
    assert found["silence: blinks /min"][0] == 0.0
    assert found["partner 400 ms late in self p95 %"][0] == pytest.approx(50.0, abs=0.2)
    assert found["soft voice, pauses p95 %"][0] == 0.0
    assert found["offset 0.2, pauses p95 %"][0] == pytest.approx(50.0, abs=0.2)
