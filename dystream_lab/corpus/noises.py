"""Non-speech sounds for augmentation, 16 kHz: noise, music, coughs, typing, knocks, chimes, breath and a crowd.

Continuous sounds have an rms of 1; single sounds have an rms of about 1 where they sound.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, sosfilt

from dystream_lab.rates import SAMPLE_RATE


def steady(rng: np.random.Generator, count: int) -> np.ndarray:
    """Hiss, room or fan (count,): noise with a random spectral slope, in some cases with a hum."""
    size = count + count % 2
    frequency = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    slope = rng.choice([0.0, -0.5, -1.0])
    phases = rng.uniform(0.0, 2.0 * np.pi, len(frequency))
    spectrum = np.maximum(frequency, 40.0) ** slope * np.exp(1j * phases)
    sound = _normal(np.fft.irfft(spectrum, size)[:count])
    if rng.random() < 0.4:
        hum = rng.choice([50.0, 60.0, rng.uniform(90.0, 240.0)])
        time = np.arange(count) / SAMPLE_RATE
        for overtone in range(1, 5):
            sound += rng.uniform(0.1, 0.8) / overtone * np.sin(2 * np.pi * hum * overtone * time + rng.uniform(0, 6.28))
    return _normal(sound)


def music(rng: np.random.Generator, count: int) -> np.ndarray:
    """Chords with a melody at a steady tempo (count,): struck or swelling tones, some with bass and drums."""
    sound = np.zeros(count)
    beat = rng.uniform(0.35, 0.8)
    key = rng.uniform(98.0, 196.0)
    struck = rng.random() < 0.6
    harmonics = int(rng.integers(4, 11))
    overtones = rng.uniform(0.1, 0.9, harmonics) / np.arange(1, harmonics + 1) ** rng.uniform(0.8, 1.6)
    drums, bass, at, chord = rng.random() < 0.6, rng.random() < 0.5, 0.0, np.array([0, 4, 7])
    kick, lead = rng.uniform(45.0, 90.0), rng.uniform(0.6, 2.5)
    while at < count / SAMPLE_RATE:
        if rng.random() < 0.4:
            chord = rng.choice([0, 2, 5, 7, 9]) + np.array([0, rng.choice([3, 4]), 7])
        length = beat * rng.choice([1.0, 2.0])
        notes = [(note, 1.0) for note in chord] + [(chord[rng.integers(3)] + 12 + rng.choice([0, 2, 4]), lead)]
        if bass:
            notes.append((chord[0] - 12, 1.5))
        for note, loud in notes:
            _put(sound, at, loud * _tone(key * 2.0 ** (note / 12.0), 1.2 * length, overtones, struck))
        if drums:
            time = np.arange(int(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
            _put(sound, at, 4.0 * np.sin(2 * np.pi * kick * time) * np.exp(-time / 0.07))
            for share in (0.0, 0.5):
                _put(sound, at + share * length, rng.uniform(0.5, 3.0) * _decaying(rng, 0.08, rng.uniform(100, 7000)))
        at += length
    return _normal(sound)


def crowd(rng: np.random.Generator, voices: np.ndarray) -> np.ndarray:
    """Unintelligible murmur of distant people (n,): reversed, shifted, low-passed copies of `voices` (n,)."""
    sound = np.zeros(len(voices))
    for _ in range(6):
        speed = rng.uniform(0.8, 1.25)
        places = (np.arange(len(voices)) * speed + rng.integers(len(voices))) % len(voices)
        sound += rng.uniform(0.4, 1.0) * voices[::-1][places.astype(int)]
    dull = sosfilt(butter(2, rng.uniform(1500.0, 4000.0), fs=SAMPLE_RATE, output="sos"), sound)
    return _normal(dull) if np.any(dull) else dull


def people(rng: np.random.Generator, voices: np.ndarray) -> np.ndarray:
    """One to three people who talk (n,): other parts of `voices` (n,), faster or slower, and so of other speakers."""
    sound = np.zeros(len(voices))
    for _ in range(rng.integers(1, 4)):
        speed = rng.choice((-1.0, 1.0)) * rng.uniform(0.06, 0.25) + 1.0
        places = (np.arange(len(voices)) * speed + rng.integers(len(voices))) % max(len(voices) - 1, 1)
        sound += rng.uniform(0.4, 1.0) * np.interp(places, np.arange(len(voices)), voices)
    return sound


def cough(rng: np.random.Generator) -> np.ndarray:
    """One to three coughs: a burst, a hoarse stretch of 0.15 to 0.3 s, some with a voiced end (Korpas et al. 1996)."""
    parts = []
    for _ in range(rng.integers(1, 4)):
        length = int(rng.uniform(0.18, 0.36) * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        envelope = np.exp(-time / 0.03) + 0.45 * np.exp(-(((time - 0.12) / 0.08) ** 2))
        sound = rng.standard_normal(length) * envelope
        sound = _band(sound, rng.uniform(250.0, 500.0), rng.uniform(1800.0, 4500.0))
        if rng.random() < 0.5:
            pitch = rng.uniform(120.0, 260.0)
            voiced = np.sign(np.sin(2 * np.pi * pitch * time)) * np.exp(-(((time - 0.2) / 0.04) ** 2))
            sound += 0.4 * sound.std() * voiced
        parts += [sound, np.zeros(int(rng.uniform(0.08, 0.35) * SAMPLE_RATE))]
    return _normal(np.concatenate(parts))


def typing(rng: np.random.Generator) -> np.ndarray:
    """Keystrokes for one to six seconds, each with a softer release."""
    sound = np.zeros(int(rng.uniform(1.0, 6.0) * SAMPLE_RATE))
    at, brightness = 0.0, rng.uniform(1500.0, 4500.0)
    while at < len(sound) / SAMPLE_RATE:
        for later, loud in ((0.0, 1.0), (rng.uniform(0.05, 0.11), 0.4)):
            _put(sound, at + later, loud * rng.uniform(0.5, 1.0) * _decaying(rng, 0.02, brightness))
        at += rng.gamma(4.0, 0.045)
    return _loudest(sound)


def door(rng: np.random.Generator) -> np.ndarray:
    """Two to five knocks on wood."""
    times = np.cumsum(rng.uniform(0.13, 0.3, rng.integers(2, 6)))
    sound = np.zeros(int((times[-1] + 0.2) * SAMPLE_RATE))
    body = rng.uniform(120.0, 500.0)
    for at in times:
        length = int(0.12 * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        thud = np.sin(2 * np.pi * body * time) + 0.4 * rng.standard_normal(length)
        _put(sound, at, rng.uniform(0.6, 1.0) * thud * np.exp(-time / 0.02))
    return _loudest(sound)


def bump(rng: np.random.Generator) -> np.ndarray:
    """A falling object, or a hand on the microphone."""
    return _loudest(_decaying(rng, rng.uniform(0.01, 0.25), rng.uniform(200.0, 4000.0)))


def chime(rng: np.random.Generator) -> np.ndarray:
    """Beeps of a device, or a bell."""
    overtones = np.array([1.0, rng.uniform(0.0, 0.5), rng.uniform(0.0, 0.3)])
    length, struck = rng.uniform(0.08, 0.5), rng.random() < 0.5
    tones = rng.uniform(350.0, 1800.0, 2)
    count = int(rng.integers(1, 5))
    sound = np.zeros(int((count * 1.3 * length + 0.2) * SAMPLE_RATE))
    for index in range(count):
        _put(sound, 1.3 * index * length, _tone(tones[index % 2], length, overtones, struck))
    return _loudest(sound)


EVENTS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (cough, typing, door, bump, bump, chime)


def breath(rng: np.random.Generator) -> np.ndarray:
    """An audible breath of 0.25 to 0.6 s."""
    length = int(rng.uniform(0.25, 0.6) * SAMPLE_RATE)
    shape = np.sin(np.pi * np.linspace(0.0, 1.0, length) ** rng.uniform(0.7, 1.4)) ** 1.5
    return _normal(_band(rng.standard_normal(length) * shape, rng.uniform(300.0, 900.0), rng.uniform(2500.0, 6000.0)))


def _normal(sound: np.ndarray) -> np.ndarray:
    return sound / (np.sqrt(np.mean(np.square(sound))) + 1e-12)


def _loudest(sound: np.ndarray) -> np.ndarray:
    """Scaled to an rms of 1 in its loudest 20 ms, so that a click is as loud as a tone."""
    size = min(320, len(sound))
    blocks = np.square(sound[: len(sound) // size * size]).reshape(-1, size).mean(1)
    return sound / np.sqrt(blocks.max() + 1e-12)


def _band(sound: np.ndarray, low: float, high: float) -> np.ndarray:
    return sosfilt(butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)


def _put(sound: np.ndarray, at: float, part: np.ndarray) -> None:
    first = int(at * SAMPLE_RATE)
    fitting = part[: max(0, len(sound) - first)]
    sound[first : first + len(fitting)] += fitting


def _tone(frequency: float, length: float, overtones: np.ndarray, struck: bool) -> np.ndarray:
    time = np.arange(int(length * SAMPLE_RATE)) / SAMPLE_RATE
    turn = np.exp(2j * np.pi * frequency * time)
    sound = np.zeros(len(time), complex)
    # Powers of the fundamental by Horner's rule: sines of all overtones were most of the work of a batch.
    for loudness in overtones[: int(np.ceil(7000.0 / frequency)) - 1][::-1]:
        sound = (sound + loudness) * turn
    shape = np.exp(-3.0 * time / length) if struck else np.sin(np.pi * time / length)
    return sound.imag * shape * np.minimum(1.0, time / 0.005) * np.minimum(1.0, (length - time) / 0.02)


def _decaying(rng: np.random.Generator, length: float, brightness: float) -> np.ndarray:
    count = max(8, int(length * SAMPLE_RATE))
    sound = rng.standard_normal(count) * np.exp(-6.0 * np.arange(count) / count)
    return sosfilt(butter(1, min(brightness, 7000.0), fs=SAMPLE_RATE, output="sos"), sound)
