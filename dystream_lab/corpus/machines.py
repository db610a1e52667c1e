"""Sounds of machines and of signals for augmentation, 16 kHz: motors, rattles, hits, steps, clatter, tones that glide.

Each is (count,) long with an rms of about 1 where it sounds. The evaluation has its own, written independently
(dystream_lab/evaluation/measures/machine_noises.py).
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from dystream_lab.rates import SAMPLE_RATE

Sound = Callable[[np.random.Generator, int], np.ndarray]


def motor(rng: np.random.Generator, count: int) -> np.ndarray:
    """Moves of a joint: pitch and loudness follow a minimum-jerk speed, with a buzz of the drive above it."""
    speed = np.zeros(count)
    for first, length in _spread(rng, count, (0.12, 1.8), pause=rng.uniform(0.1, 1.5)):
        x = np.linspace(0.0, 1.0, length)
        speed[first : first + length] += rng.uniform(0.3, 1.0) * 30.0 * (x * (1.0 - x)) ** 2 / 1.875
    phase = np.cumsum(rng.uniform(150.0, 1400.0) * (speed + rng.uniform(0.0, 0.1))) / SAMPLE_RATE
    saw = 2.0 * (phase % 1.0) - 1.0
    drive = np.sin(2 * np.pi * np.cumsum(np.full(count, rng.uniform(1000.0, 7000.0))) / SAMPLE_RATE)
    grit = rng.standard_normal(count) * (1.0 + saw)
    sound = rng.uniform(0.3, 1.0) * _resonant(rng, saw) + rng.uniform(0.0, 0.3) * drive + rng.uniform(0.05, 0.8) * grit
    return _sounding(sound * np.sqrt(np.clip(speed, 0.0, None)))


def turning(rng: np.random.Generator, count: int) -> np.ndarray:
    """A fan, pump or drive that runs on: harmonics whose pitch wanders, amplitude once per turn, air."""
    time = np.arange(count) / SAMPLE_RATE
    pitch = rng.uniform(60.0, 1200.0) * (1.0 + rng.uniform(0.0, 0.05) * np.sin(rng.uniform(0.2, 4.0) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    tone = sum(rng.uniform(0.0, 1.0) / number**0.5 * np.sin(number * phase) for number in range(1, 7))
    turn = 1.0 + rng.uniform(0.0, 0.8) * np.sin(2 * np.pi * rng.uniform(2.0, 40.0) * time)
    air = _resonant(rng, rng.standard_normal(count))
    return _sounding(tone * turn + rng.uniform(0.2, 2.0) * air)


def rattle(rng: np.random.Generator, count: int) -> np.ndarray:
    """Gears, belts and loose parts: clicks at a rate that varies, through a housing that resonates."""
    rate = rng.uniform(8.0, 140.0) * (1.0 + rng.uniform(0.0, 0.4) * np.sin(np.linspace(0.0, rng.uniform(2, 60), count)))
    turns = np.cumsum(rate) / SAMPLE_RATE
    clicks = np.diff(np.floor(turns), prepend=0.0) * rng.uniform(0.4, 1.0, count)
    return _sounding(_resonant(rng, clicks) + 0.02 * rng.standard_normal(count))


def hits(rng: np.random.Generator, count: int) -> np.ndarray:
    """Keys, knocks, doors, things put down: single hits or quick series, dull to bright."""
    sound = np.zeros(count)
    low, high = np.sort(rng.uniform(60.0, 5000.0, 2))
    for first, length in _spread(rng, count, (0.005, 0.25), pause=rng.uniform(0.05, 1.5)):
        decay = np.exp(-rng.uniform(3.0, 7.0) * np.arange(length) / length)
        sound[first : first + length] += rng.uniform(0.3, 1.0) * rng.standard_normal(length) * decay
    return _sounding(_between(sound, low, high + 500.0))


def walking(rng: np.random.Generator, count: int) -> np.ndarray:
    """Steps at a pace, each a thump and a scrape."""
    sound, pace, at = np.zeros(count), rng.uniform(0.35, 0.8), 0.0
    thump, scrape = (rng.uniform(*span) for span in ((50.0, 250.0), (800.0, 4000.0)))
    while at < count / SAMPLE_RATE:
        for later, low, length in ((0.0, thump, 0.05), (rng.uniform(0.03, 0.12), scrape, 0.08)):
            first, size = int((at + later) * SAMPLE_RATE), int(length * SAMPLE_RATE)
            burst = _between(rng.standard_normal(size), low, 3.0 * low) * np.hanning(size)
            fitting = burst[: max(0, count - first)]
            sound[first : first + len(fitting)] += rng.uniform(0.4, 1.0) * fitting
        at += pace * rng.uniform(0.9, 1.1)
    return _sounding(sound)


def clatter(rng: np.random.Generator, count: int) -> np.ndarray:
    """Dishes, keys and tools: bars and bells struck now and then."""
    sound = np.zeros(count)
    for first, length in _spread(rng, count, (0.03, 0.6), pause=rng.uniform(0.03, 1.2)):
        time = np.arange(length) / SAMPLE_RATE
        for _ in range(rng.integers(1, 5)):
            tone = np.sin(2 * np.pi * rng.uniform(700.0, 7000.0) * time) * np.exp(
                -rng.uniform(4.0, 9.0) * time / time[-1]
            )
            sound[first : first + length] += rng.uniform(0.2, 1.0) * tone
    return _sounding(sound)


def signals(rng: np.random.Generator, count: int) -> np.ndarray:
    """Beeps and chirps of devices and robots: steady, gliding or warbling tones of several timbres."""
    sound = np.zeros(count)
    glides, warbles = rng.random(2) < (0.6, 0.3)
    for first, length in _spread(rng, count, (0.04, 0.6), pause=rng.uniform(0.0, 0.8)):
        start, end = np.exp(rng.uniform(np.log(200.0), np.log(3500.0), 2))
        pitch = np.geomspace(start, end if glides else start, length)
        if warbles:
            pitch = pitch * (1.0 + 0.06 * np.sin(np.linspace(0.0, rng.uniform(10, 120), length)))
        phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
        tone = np.sin(phase) + rng.uniform(0.0, 0.8) * np.sin(2 * phase) + rng.uniform(0.0, 0.6) * np.sin(3 * phase)
        if rng.random() < 0.2:
            tone = np.sign(tone)
        edge = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / 100.0)
        sound[first : first + length] += rng.uniform(0.5, 1.0) * tone * edge
    return _sounding(sound)


MACHINES: tuple[Sound, ...] = (motor, motor, turning, rattle, hits, walking, clatter)


def _spread(
    rng: np.random.Generator, count: int, lengths: tuple[float, float], pause: float
) -> Iterator[tuple[int, int]]:
    """First sample and length of events that follow each other after pauses of `pause` s in the mean."""
    at = int(rng.exponential(pause) * SAMPLE_RATE)
    while True:
        length = int(rng.uniform(*lengths) * SAMPLE_RATE)
        if at + length >= count:
            return
        yield at, length
        at += length + int(rng.exponential(pause) * SAMPLE_RATE)


def _resonant(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """A sound (n,) through two or three resonances of a housing, of unit rms."""
    made = np.zeros(len(sound))
    for _ in range(rng.integers(2, 4)):
        radius, angle = rng.uniform(0.9, 0.995), 2 * np.pi * rng.uniform(150.0, 6500.0) / SAMPLE_RATE
        ringing = lfilter([1.0], [1.0, -2.0 * radius * np.cos(angle), radius**2], sound)
        made += ringing / (ringing.std() + 1e-12)
    return made / (made.std() + 1e-12)


def _between(sound: np.ndarray, low: float, high: float) -> np.ndarray:
    return sosfilt(butter(1, (low, min(high, 7900.0)), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)


def _sounding(sound: np.ndarray) -> np.ndarray:
    """Scaled to an rms of 1 over the 20 ms blocks within 30 dB of the loudest."""
    blocks = np.square(sound[: len(sound) // 320 * 320]).reshape(-1, 320).mean(1)
    top = blocks.max(initial=0.0)
    return sound / np.sqrt(blocks[blocks > 1e-3 * top].mean()) if top > 0.0 else sound
