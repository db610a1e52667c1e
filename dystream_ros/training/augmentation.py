"""What happens to a voice on its way to the robot: level, room, band, noise, knocks and the partner's echo.

None of it moves the face: the motion is taught from the clean voice.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

_RATE = 16_000


@dataclass(frozen=True)
class Augmentation:
    """Chances and ranges; levels in dBFS (rms of the speaking parts) or dB."""

    clean: float = 0.3  # a direct feed, as from a synthesizer: only its level changes
    level: tuple[float, float] = (-45.0, -12.0)
    usual_level: tuple[float, float] = (-30.0, -16.0)
    room: float = 0.4
    reverberation: tuple[float, float] = (0.12, 0.5)  # RT60, seconds
    direct_to_reverberant: tuple[float, float] = (4.0, 18.0)
    band: float = 0.25
    noise: float = 0.65
    noise_level: tuple[float, float] = (-75.0, -45.0)
    loud_noise: float = 0.2
    loud_noise_level: tuple[float, float] = (-50.0, -30.0)
    least_snr: float = 10.0
    knocks: float = 0.15
    echo: float = 0.3
    echo_level: tuple[float, float] = (-40.0, -20.0)


def augment(
    rng: np.random.Generator, voice: np.ndarray, partner: np.ndarray, settings: Augmentation = Augmentation()
) -> np.ndarray:
    """The channel (n,) that hears clean `voice` (n,) and, maybe, an echo of `partner` (n,); float32 within -1..1.

    Nothing is delayed: the direct sound stays where the phones say.
    """
    usual = rng.random() < 0.65
    level = rng.uniform(*(settings.usual_level if usual else settings.level))
    clean = rng.random() < settings.clean
    sound = voice.astype(np.float64)
    if not clean and rng.random() < settings.room:
        sound = _in_room(rng, sound, settings)
    if not clean and rng.random() < settings.band:
        sound = _band_limited(rng, sound)
    sound = sound * _gain(sound, level)
    if not clean:
        if rng.random() < settings.echo:
            sound += _echo(rng, partner, rng.uniform(*settings.echo_level) + level)
        if rng.random() < settings.knocks:
            sound += _knocks(rng, len(sound), level)
        if rng.random() < settings.noise:
            loud = rng.random() < settings.loud_noise
            wanted = rng.uniform(*(settings.loud_noise_level if loud else settings.noise_level))
            if np.any(voice):
                wanted = min(wanted, level - settings.least_snr)
            sound += noise(rng, len(sound), wanted)
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def speaking_rms(sound: np.ndarray) -> float:
    """Root mean square of the 20 ms blocks that are within 30 dB of the loudest; 0 for silence."""
    count = len(sound) // 320
    power = np.mean(np.square(sound[: count * 320].reshape(count, 320)), axis=1)
    if not count or power.max() <= 1e-12:
        return 0.0
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))


def _gain(sound: np.ndarray, level: float) -> float:
    rms = speaking_rms(sound)
    return 10.0 ** (level / 20.0) / rms if rms else 1.0


def _in_room(rng: np.random.Generator, sound: np.ndarray, settings: Augmentation) -> np.ndarray:
    """Direct sound and a tail of exponentially decaying noise (a statistical room, after Polack 1988)."""
    rt60 = rng.uniform(*settings.reverberation)
    count = int(rt60 * _RATE)
    tail = rng.standard_normal(count) * 10.0 ** (-3.0 * np.arange(count) / count)
    tail[: int(rng.uniform(0.002, 0.012) * _RATE)] = 0.0
    tail *= 10.0 ** (-rng.uniform(*settings.direct_to_reverberant) / 20.0) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return fftconvolve(sound, tail)[: len(sound)]


def _band_limited(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    low, high = rng.uniform(60.0, 280.0), rng.uniform(3300.0, 7200.0)
    return sosfilt(butter(2, (low, high), "bandpass", fs=_RATE, output="sos"), sound)


def _echo(rng: np.random.Generator, partner: np.ndarray, level: float) -> np.ndarray:
    """The partner's voice as it leaks from a loudspeaker: later, duller, at `level` dBFS."""
    delay = int(rng.uniform(0.005, 0.12) * _RATE)
    leaked = np.concatenate([np.zeros(delay), partner[: len(partner) - delay]])
    leaked = sosfilt(butter(1, rng.uniform(1500.0, 5000.0), fs=_RATE, output="sos"), leaked)
    return leaked * _gain(leaked, level)


def _knocks(rng: np.random.Generator, count: int, level: float) -> np.ndarray:
    """A few short knocks and clicks, which are no speech."""
    sound = np.zeros(count)
    for _ in range(rng.integers(1, 7)):
        length = int(rng.uniform(0.01, 0.12) * _RATE)
        at = int(rng.integers(0, max(1, count - length)))
        knock = rng.standard_normal(length) * np.exp(-6.0 * np.arange(length) / length)
        knock = sosfilt(butter(1, rng.uniform(400.0, 4000.0), fs=_RATE, output="sos"), knock)
        scale = 10.0 ** ((level + rng.uniform(-18.0, 3.0)) / 20.0) / np.sqrt(np.mean(knock**2))
        sound[at : at + length] += knock * scale
    return sound


def noise(rng: np.random.Generator, count: int, level: float) -> np.ndarray:
    """Steady noise (count,) of `level` dBFS: hiss, room or fan, by a random slope of its spectrum and a hum."""
    size = count + count % 2
    frequency = np.fft.rfftfreq(size, 1.0 / _RATE)
    slope = rng.choice([0.0, -0.5, -1.0])
    phases = rng.uniform(0.0, 2.0 * np.pi, len(frequency))
    spectrum = np.maximum(frequency, 40.0) ** slope * np.exp(1j * phases)
    sound = np.fft.irfft(spectrum, size)[:count]
    sound /= np.sqrt(np.mean(sound**2)) + 1e-12
    if rng.random() < 0.4:
        hum = rng.choice([50.0, 60.0, rng.uniform(90.0, 240.0)])
        time = np.arange(count) / _RATE
        for overtone in range(1, 5):
            sound += rng.uniform(0.1, 0.8) / overtone * np.sin(2 * np.pi * hum * overtone * time + rng.uniform(0, 6.28))
    return sound * 10.0 ** (level / 20.0) / (np.sqrt(np.mean(sound**2)) + 1e-12)
