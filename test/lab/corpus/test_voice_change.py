"""Pitch, formants and rate change independently; phones keep their sounds."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dystream_lab.corpus.voice_change import VoiceChange, change_voice, draw_change
from dystream_lab.speech.prosody import median_pitch

STARTS = np.arange(0.2, 2.6, 0.4)  # seconds at which the syllables of the voice begin; each lasts 0.25


def resonance(sound: np.ndarray, frequency: float) -> np.ndarray:
    radius, angle = 0.97, 2 * np.pi * frequency / 16_000
    return lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], sound)


def voice(whispered: bool = False) -> np.ndarray:
    """Syllables with formants at 700 and 1800 Hz, of a buzz at 125 Hz or whispered."""
    source = np.zeros(16_000 * 3)
    source[::128] = 1.0
    if whispered:
        source = np.random.default_rng(0).standard_normal(len(source))
    sound = resonance(resonance(source, 700.0), 1800.0)
    time = np.arange(len(sound)) / 16_000
    for_syllables = np.any([(time >= start) & (time < start + 0.25) for start in STARTS], axis=0)
    return (0.1 * sound / np.abs(sound).max() * for_syllables).astype(np.float32)


def strongest(sound: np.ndarray) -> float:
    """Frequency of the strongest formant: the peak of the smoothed spectrum. A buzz would pull it to its overtones."""
    power = np.square(np.abs(np.fft.rfft(sound)))
    width = int(200 * len(sound) / 16_000)
    smooth = np.convolve(power, np.hanning(width), "same")
    return float(np.argmax(smooth) * 16_000 / len(sound))


def onsets(sound: np.ndarray) -> np.ndarray:
    loud = np.sqrt(np.convolve(np.square(sound), np.full(400, 1 / 400), "same")) > 0.004
    rises = np.flatnonzero(np.diff(loud.astype(int)) == 1) / 16_000
    return rises[np.insert(np.diff(rises) > 0.15, 0, True)]


@pytest.mark.parametrize(
    "change",
    [
        VoiceChange(),
        VoiceChange(1.2, 1.2, 1.2),
        VoiceChange(1.25, 1.0, 1.0),
        VoiceChange(0.8, 1.1, 0.9),
        VoiceChange(1.1, 0.88, 1.15),
        VoiceChange(1.0, 1.15, 1.0),
        VoiceChange(1.0, 1.0, 0.85),
    ],
)
def test_pitch_formants_and_rate_change_as_requested_and_times_are_mapped(change):
    sound = voice()
    changed, before, after = change_voice(sound, change)
    assert changed.dtype == np.float32
    assert len(changed) == pytest.approx(len(sound) / change.rate, rel=0.001)
    assert median_pitch(changed) == pytest.approx(median_pitch(sound) * change.pitch, rel=0.03)
    whispered = voice(whispered=True)
    formant = strongest(change_voice(whispered, change)[0])
    assert formant == pytest.approx(strongest(whispered) * change.formant, rel=0.06)
    assert np.sqrt(np.mean(changed**2)) == pytest.approx(np.sqrt(np.mean(sound**2)), rel=0.5)
    assert np.all(np.diff(before) >= 0.0)
    assert np.all(np.diff(after) >= 0.0)
    np.testing.assert_allclose(onsets(changed), np.interp(onsets(sound), before, after), atol=0.02)


def test_silence_stays_silent():
    changed, _, _ = change_voice(np.zeros(8_000, np.float32), VoiceChange(1.2, 0.9, 1.1))
    assert np.abs(changed).max() < 1e-4


def test_drawn_changes_leave_some_voices_alone_and_stay_moderate():
    drawn = [draw_change(np.random.default_rng(seed)) for seed in range(300)]
    assert 50 < sum(change == VoiceChange() for change in drawn) < 150
    for change in drawn:
        assert 0.75 < change.pitch < 1.31
        assert 0.83 < change.formant < 1.21
        assert 0.85 < change.rate < 1.17
