"""The head: beats, falls, lifts, breath, shifts of posture, and stillness."""

import numpy as np
from scipy.signal import welch

from dystream_lab.speech.prosody import track
from dystream_lab.teacher import head
from dystream_lab.teacher.phrases import Phrase, find_accents, find_phrases
from dystream_lab.teacher.teacher import PartySpeech, teach
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_INDEX

MINUTES = 7500  # frames of five minutes
PITCH = len(ARKIT_NAMES) + 1
USUAL = np.ones(1000)


def spoken(frames=1000, seed=3, swing=3.0, effort=0.0):
    """Speech with a stressed syllable in five: louder, longer and higher by `swing` semitones; highs up by `effort`."""
    rng = np.random.default_rng(seed)
    phones, samples = [], np.zeros(frames * 640, np.float32)
    for start in np.arange(1.0, frames / 25 - 4.0, 4.0):
        at = start
        while at < start + 2.6:
            stressed = rng.random() < 0.2
            for phone, length in (("T", 0.06), ("AA" if stressed else "IH", 0.22 if stressed else 0.09)):
                phones.append((at, at + length, phone))
                if phone != "T":
                    span = slice(int(at * 16_000), int((at + length) * 16_000))
                    time = np.arange(span.stop - span.start) / 16_000
                    hertz = 120.0 * 2 ** ((swing if stressed else rng.uniform(-0.3, 0.3) * swing) / 12)
                    tones = sum(
                        10 ** (effort * np.log2(k) / 60) / k * np.sin(2 * np.pi * k * hertz * time)
                        for k in range(1, 30)
                    )
                    samples[span] = (0.12 if stressed else 0.04) * tones * np.hanning(len(time)) ** 0.3
                at += length
    return PartySpeech(samples, phones)


def tone(hertz, time, effort):
    highs = sum(10 ** (effort * np.log2(k) / 60) / k * np.sin(2 * np.pi * k * hertz * time) for k in range(1, 30))
    return highs * np.hanning(len(time)) ** 0.3


def silent(frames=1000):
    return PartySpeech(np.zeros(frames * 640, np.float32), [])


def share(pitch: np.ndarray, low: float, high: float) -> float:
    frequency, power = welch(pitch, 25, nperseg=256, detrend="linear")
    return float(power[(frequency >= low) & (frequency <= high)].sum() / power.sum())


def test_the_head_beats_with_speech_at_2_to_5_hz_and_not_in_silence():
    talking, resting = ([], [])
    for seed in range(6):
        talking.append(share(teach(spoken(seed=seed), silent(), 1000, np.random.default_rng(seed))[0][:, PITCH], 2, 5))
        resting.append(share(teach(silent(), silent(), 1000, np.random.default_rng(seed))[0][:, PITCH], 2, 5))
    assert np.mean(talking) > 0.05  # 0.01 to 0.03 without beats
    assert np.mean(resting) < 0.02


def test_beats_peak_just_after_stressed_syllables():
    own = spoken()
    prosody = track(own.samples)
    accents = find_accents(own.phones, prosody)
    lags = []
    for seed in range(5):
        pose = np.zeros((1000, 6))
        head.beats(np.random.default_rng(seed), pose, accents, prosody, USUAL)
        for accent in accents:
            middle = int(accent.time * 25)
            if pose[middle : middle + 8, 1].max() > 1.5:
                lags.append(pose[middle - 3 : middle + 10, 1].argmax() - 3)
    assert len(lags) > 20
    assert 0.0 <= 0.04 * np.median(lags) <= 0.2


def test_a_livelier_voice_beats_more():
    sizes = []
    for swing in (0.5, 6.0):
        own = spoken(swing=swing)
        motion = [teach(own, silent(), 1000, np.random.default_rng(seed))[0] for seed in range(6)]
        sizes.append(np.mean([np.abs(np.diff(each[:, PITCH])).mean() for each in motion]))
    assert sizes[1] > 1.15 * sizes[0]


def pose_of_turn(seed, falls=True):
    pose = np.zeros((500, 6))
    phrase = Phrase(8.0, 11.0, -3.0 if falls else 0.0, False)
    head.ends_and_beginnings(np.random.default_rng(seed), pose, [phrase], USUAL)
    return pose


def test_the_head_is_lifted_before_a_turn_and_sinks_at_its_end():
    before = np.mean([pose_of_turn(seed)[: int(7.9 * 25), 1].min() for seed in range(20)])
    after = np.mean([pose_of_turn(seed)[int(11.0 * 25) : int(12.0 * 25), 1].max() for seed in range(20)])
    level = np.mean([pose_of_turn(seed, falls=False)[int(11.0 * 25) : int(12.0 * 25), 1].max() for seed in range(20)])
    assert before < -0.6
    assert after > 0.6 > 0.2 < level < after


def test_an_inhalation_lifts_head_and_shoulders_before_speech_and_leaves_the_lips_alone():
    for seed in range(5):
        lift = pose_of_turn(seed)[:, 5]
        assert lift[: int(7.2 * 25)].max() == 0.0
        assert lift[int(7.6 * 25) : int(8.0 * 25)].max() > 0.001
        own = spoken()
        motion, _ = teach(own, silent(), 1000, np.random.default_rng(seed))
        first = int((own.phones[0][0] - 0.105) * 25)
        lips = [index for index in SPEECH_INDEX if not ARKIT_NAMES[index].startswith("mouthSmile")]
        assert not motion[:first, lips].any()


def test_five_minutes_of_silence_have_shifts_of_posture_smiles_and_brows_but_no_tremble():
    motion, events = teach(silent(MINUTES), silent(MINUTES), MINUTES, np.random.default_rng(5))
    assert 3 <= len(events.shifts) <= 15
    assert len(events.smiles) >= 3
    assert len(events.brows) >= 2
    assert not motion[:, [ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"], ARKIT_INDEX["mouthPucker"]]].any()
    assert np.abs(np.diff(np.rad2deg(motion[:, PITCH - 1 : PITCH + 2]), 2, axis=0)).max() < 0.4
    still = [index for index, name in enumerate(ARKIT_NAMES) if not name.startswith("eye")]
    assert np.abs(np.diff(motion[:, still], 2, axis=0)).max() < 0.04
    assert np.percentile(np.abs(np.diff(motion[:, still], axis=0)), 95) < 0.001


def test_posture_shifts_are_steps_that_last():
    pose, starts = head.posture(np.random.default_rng(8), MINUTES, [], [])
    changes = [
        np.abs(
            pose[int(at * 25) + 60 : int(at * 25) + 90, :3].mean(0)
            - pose[max(0, int(at * 25) - 30) : int(at * 25), :3].mean(0)
        ).max()
        for at in starts
        if 40 < at * 25 < MINUTES - 100
    ]
    assert np.median(changes) > 1.0


def test_phrases_know_the_effort_and_liveliness_of_their_voice():
    soft, loud = (
        find_phrases(spoken(effort=effort).phones, track(spoken(effort=effort).samples)) for effort in (-8.0, 8.0)
    )
    assert np.mean([phrase.tilt for phrase in loud]) > np.mean([phrase.tilt for phrase in soft]) + 2.0
