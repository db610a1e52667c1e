"""Test sounds of rooms with robots: servos, gears, whining fans, typing, doors, steps, crockery, beeps, chirps. 16 kHz.

Like noises.py they are written independently of corpus/noises.py, so that a model is not tested with its training
noises. Levels are of the parts that sound (`speaking_rms`): a knock is as loud as a motor of the same level.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, sosfilt

from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.rates import SAMPLE_RATE

Noise = Callable[[np.random.Generator, int], np.ndarray]


def sounding_at(sound: np.ndarray, level: float) -> np.ndarray:
    """`sound` (n,) as float32, its sounding parts at an rms of `level` dBFS, clipped to -1 to 1."""
    return np.clip(sound * 10.0 ** (level / 20.0) / (speaking_rms(sound) + 1e-12), -1.0, 1.0).astype(np.float32)


def servo(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A geared motor that starts, runs and stops: a whine whose pitch follows the speed, with brush noise."""
    speed = np.zeros(samples)
    at = 0.0
    while at < samples / SAMPLE_RATE:
        length, top = rng.uniform(0.25, 1.4), rng.uniform(0.4, 1.0)
        ramp = int(0.25 * length * SAMPLE_RATE)
        flat = np.ones(int(0.5 * length * SAMPLE_RATE))
        _add(speed, at, top * np.concatenate([np.linspace(0, 1, ramp), flat, np.linspace(1, 0, ramp)]))
        at += length + rng.exponential(0.8)
    whine = _harmonics(rng.uniform(300.0, 900.0) * speed, [1.0, 0.5, 0.35, 0.6, 0.2])
    brushes = _band(rng.standard_normal(samples), 1500.0, 6000.0)
    return speed**0.5 * (whine + 0.5 * brushes / brushes.std())


def gears(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Teeth that meet: a steady series of clicks, louder once per turn of the wheel."""
    rate, teeth = rng.uniform(25.0, 90.0), int(rng.integers(8, 24))
    sound = np.zeros(samples)
    click = _ring(rng.uniform(900.0, 3000.0), 0.006)
    for number, at in enumerate(np.arange(0.0, samples / SAMPLE_RATE, 1.0 / rate)):
        _add(sound, at, (1.0 + 0.8 * (number % teeth == 0)) * rng.uniform(0.7, 1.0) * click)
    return sound


def whining_fan(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Air, and a whine of the bearings that wanders slowly in pitch, with beats between two of them."""
    time = np.arange(samples) / SAMPLE_RATE
    air = _band(rng.standard_normal(samples), 80.0, 1200.0)
    base = rng.uniform(180.0, 520.0)
    pitch = base * (1.0 + 0.03 * np.sin(2 * np.pi * rng.uniform(0.05, 0.3) * time))
    whine = _harmonics(pitch, [0.7, 1.0, 0.6, 0.5, 0.3]) + 0.5 * _harmonics(1.013 * pitch, [0.5, 0.8])
    return air / air.std() + 0.8 * whine


def keyboard(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Bursts of keystrokes: press, bottom, release."""
    sound, at = np.zeros(samples), 0.3
    while at < samples / SAMPLE_RATE:
        for _ in range(rng.integers(4, 16)):
            for later, loud in ((0.0, 0.5), (0.012, 1.0), (rng.uniform(0.06, 0.12), 0.4)):
                _add(sound, at + later, loud * rng.uniform(0.6, 1.0) * _knock(rng, 0.012, 1500.0, 6000.0))
            at += rng.uniform(0.07, 0.25)
        at += rng.uniform(0.4, 1.5)
    return sound


def door(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A door every few seconds: the creak of a hinge, then the slam."""
    sound, at = np.zeros(samples), 0.5
    while at < samples / SAMPLE_RATE:
        length = rng.uniform(0.3, 0.9)
        time = np.arange(int(length * SAMPLE_RATE)) / SAMPLE_RATE
        grains = rng.random(len(time)) < rng.uniform(60.0, 200.0) / SAMPLE_RATE
        creak = np.convolve(grains, _ring(rng.uniform(500.0, 1100.0), 0.01))[: len(time)]
        _add(sound, at, 0.25 * creak * np.sin(np.pi * time / length))
        _add(sound, at + length, 1.5 * _ring(rng.uniform(60.0, 120.0), 0.12))
        _add(sound, at + length, _knock(rng, 0.2, 60.0, 1500.0))
        at += length + rng.uniform(1.5, 3.5)
    return sound


def steps(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Somebody walks by: heel and sole, nearer and farther."""
    sound, at, pace = np.zeros(samples), 0.2, rng.uniform(0.45, 0.65)
    while at < samples / SAMPLE_RATE:
        near = 0.35 + 0.65 * np.sin(np.pi * (at % 8.0) / 8.0)
        _add(sound, at, near * _ring(rng.uniform(80.0, 140.0), 0.03))
        _add(sound, at, near * _knock(rng, 0.05, 100.0, 2500.0))
        _add(sound, at + 0.09, 0.5 * near * _knock(rng, 0.06, 400.0, 5000.0))
        at += pace * rng.uniform(0.95, 1.05)
    return sound


def crockery(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Cups, plates and spoons: short chords of high, inharmonic tones."""
    sound, at = np.zeros(samples), 0.2
    while at < samples / SAMPLE_RATE:
        for _ in range(rng.integers(1, 5)):
            base = rng.uniform(1200.0, 3200.0)
            hit = rng.uniform(0.3, 1.0)
            for share, loud in ((1.0, 1.0), (1.51, 0.7), (2.09, 0.4)):
                _add(sound, at, hit * loud * _ring(base * share, rng.uniform(0.03, 0.15)))
            at += rng.uniform(0.03, 0.3)
        at += rng.uniform(0.3, 1.6)
    return sound


def beeps(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Beeps of a device: steady tones, some with overtones, in groups."""
    sound, at = np.zeros(samples), 0.3
    while at < samples / SAMPLE_RATE:
        pitch, length = rng.uniform(300.0, 2000.0), rng.uniform(0.06, 0.4)
        overtones = [1.0] if rng.random() < 0.5 else [1.0, 0.0, 0.4, 0.0, 0.2]
        for _ in range(rng.integers(1, 5)):
            _add(sound, at, _shaped(_harmonics(np.full(int(length * SAMPLE_RATE), pitch), overtones)))
            at += 1.6 * length
        at += rng.uniform(0.2, 1.2)
    return sound


def chirps(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Chirps as film robots make: tones that glide up and down, with a trill."""
    sound, at = np.zeros(samples), 0.2
    while at < samples / SAMPLE_RATE:
        for _ in range(rng.integers(2, 8)):
            count = int(rng.uniform(0.05, 0.35) * SAMPLE_RATE)
            time = np.arange(count) / SAMPLE_RATE
            glide = np.geomspace(rng.uniform(350.0, 2500.0), rng.uniform(350.0, 2500.0), count)
            glide = glide * (1.0 + rng.choice([0.0, 0.04]) * np.sin(2 * np.pi * rng.uniform(12.0, 30.0) * time))
            _add(sound, at, _shaped(_harmonics(glide, [1.0, rng.uniform(0.0, 0.5), rng.uniform(0.0, 0.3)])))
            at += count / SAMPLE_RATE + rng.uniform(0.0, 0.1)
        at += rng.uniform(0.2, 1.0)
    return sound


MACHINES: dict[str, Noise] = {
    "servos": servo, "gears": gears, "whining fan": whining_fan, "typing": keyboard, "doors": door, "steps": steps,
    "crockery": crockery,
}  # fmt: skip
TONES: dict[str, Noise] = {"beeps": beeps, "chirps": chirps}


def _add(sound: np.ndarray, at: float, part: np.ndarray) -> None:
    first = int(at * SAMPLE_RATE)
    fitting = part[: max(0, len(sound) - first)]
    sound[first : first + len(fitting)] += fitting


def _harmonics(pitch: np.ndarray, amplitudes: list[float]) -> np.ndarray:
    """Harmonics of a varying pitch (n,) in Hz; those above 7.5 kHz are left out."""
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    numbers = enumerate(amplitudes, 1)
    return sum(
        (loud * np.where(number * pitch < 7500.0, np.sin(number * phase), 0.0) for number, loud in numbers),
        np.zeros(len(pitch)),
    )


def _shaped(tone: np.ndarray) -> np.ndarray:
    """A tone (n,) with an attack and a release of 8 ms."""
    edge = min(len(tone) // 2, int(0.008 * SAMPLE_RATE))
    shape = np.ones(len(tone))
    shape[:edge] = np.linspace(0.0, 1.0, edge)
    shape[len(tone) - edge :] = np.linspace(1.0, 0.0, edge)
    return tone * shape


def _ring(frequency: float, decay: float) -> np.ndarray:
    """A decaying tone; `decay` is its time constant in s."""
    time = np.arange(int(5 * decay * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * frequency * time) * np.exp(-time / decay)


def _knock(rng: np.random.Generator, length: float, low: float, high: float) -> np.ndarray:
    """A decaying burst of noise between two frequencies in Hz."""
    count = int(length * SAMPLE_RATE)
    burst = _band(rng.standard_normal(count), low, high) * np.exp(-5.0 * np.arange(count) / count)
    return burst / (np.abs(burst).max() + 1e-12)


def _band(sound: np.ndarray, low: float, high: float) -> np.ndarray:
    return sosfilt(butter(2, (low, min(high, 7900.0)), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
