"""Augmentation of channels: breath, room, level, noise, echo of the partner, overload, band limits and codecs.

The motion is computed from the clean voice and does not depend on it. The direct sound is never delayed, so that the
phone times stay valid. Channels are float, 16 kHz, -1 to 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt, sosfiltfilt

from dystream_lab.corpus import machines, noises
from dystream_lab.corpus.codecs import CODECS, overload, telephone, through_codec
from dystream_lab.rates import SAMPLE_RATE

Range = tuple[float, float]
_LONGEST_ECHO = 0.5  # s
_ELSEWHERE = (-8.0, 4.0)  # dB of direct to reverberant sound of people elsewhere in the room
_ELSEWHERE_ROOM = (0.3, 1.0)  # RT60, s


@dataclass(frozen=True)
class Augmentation:
    """Probabilities and ranges; levels in dBFS (rms of the speaking parts) or in dB relative to them.

    Attributes:
        clean: probability of a direct feed, as from a synthesizer, of which only the level changes.
        reverberation: RT60 in seconds.
        breath: probability at each start of speech after a pause.
        wander: probability of slow changes of level, as by a moving head or automatic gain, up to `wander_size` dB.
        people: probability of one to three people who talk elsewhere in the room; `people_level` is relative to speech.
        machines, signals: probability of motors, hits and steps, and of beeps and chirps.
        least_snr: smallest ratio of speech to noise, machines, signals, music and crowd, dB.
        events: probability of non-speech events; `event_level` is their level relative to speech.
    """

    clean: float = 0.25
    level: Range = (-58.0, -12.0)
    usual_level: Range = (-30.0, -16.0)
    breath: float = 0.2
    breath_level: Range = (-36.0, -20.0)
    room: float = 0.4
    reverberation: Range = (0.12, 1.1)
    direct_to_reverberant: Range = (-5.0, 18.0)
    wander: float = 0.2
    wander_size: float = 6.0
    noise: float = 0.6
    noise_level: Range = (-75.0, -45.0)
    loud_noise: float = 0.3
    loud_noise_level: Range = (-50.0, -30.0)
    music: float = 0.15
    music_level: Range = (-60.0, -30.0)
    crowd: float = 0.12
    crowd_level: Range = (-60.0, -38.0)
    people: float = 0.2
    people_level: Range = (-30.0, -8.0)
    machines: float = 0.25
    machines_level: Range = (-55.0, -25.0)
    signals: float = 0.12
    signals_level: Range = (-45.0, -18.0)
    least_snr: float = 8.0
    events: float = 0.35
    event_level: Range = (-20.0, 6.0)
    echo: float = 0.3
    echo_level: Range = (-40.0, -20.0)
    overload: float = 0.07
    overload_size: Range = (3.0, 12.0)
    band: float = 0.2
    telephone: float = 0.08
    codec: float = 0.15


def augment(
    rng: np.random.Generator, voice: np.ndarray, partner: np.ndarray, settings: Augmentation = Augmentation()
) -> np.ndarray:
    """The channel float32 (n,), -1 to 1, of a clean `voice` (n,), possibly with an echo of `partner` (n,)."""
    usual = rng.random() < 0.65
    level = rng.uniform(*(settings.usual_level if usual else settings.level))
    sound = voice.astype(np.float64)
    if rng.random() < settings.clean:
        sound *= _gain(sound, level)
        return np.clip(sound, -1.0, 1.0).astype(np.float32)
    sound += _breaths(rng, voice, settings)
    if rng.random() < settings.room:
        sound = in_room(rng, sound, settings.reverberation, settings.direct_to_reverberant)
    sound *= _gain(sound, level)
    if rng.random() < settings.wander:
        sound *= _wander(rng, len(sound), settings.wander_size)
    if rng.random() < settings.echo:
        sound += echo(rng, partner, rng.uniform(*settings.echo_level) + level)
    if rng.random() < settings.events:
        sound += _events(rng, len(sound), level, settings)
    sound += _background(rng, voice, partner, level, settings)
    return np.clip(_on_the_line(rng, sound, settings), -1.0, 1.0).astype(np.float32)


def speaking_rms(sound: np.ndarray) -> float:
    """Rms of the 20 ms blocks within 30 dB of the loudest block; 0 for silence."""
    count = len(sound) // 320
    power = np.mean(np.square(sound[: count * 320].reshape(count, 320)), axis=1)
    if not count or power.max() <= 1e-12:
        return 0.0
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))


def _gain(sound: np.ndarray, level: float) -> float:
    rms = speaking_rms(sound)
    return 10.0 ** (level / 20.0) / rms if rms else 1.0


def _breaths(rng: np.random.Generator, voice: np.ndarray, settings: Augmentation) -> np.ndarray:
    """Breaths just before speech that follows half a second of silence, scaled by the level of `voice`."""
    sound = np.zeros(len(voice))
    block = SAMPLE_RATE // 100
    count = len(voice) // block
    sounding = np.abs(voice[: count * block]).reshape(count, block).max(1) > 0.0
    last = -100
    for at in np.flatnonzero(sounding):
        if at - last > 50 and rng.random() < settings.breath:
            part = noises.breath(rng)
            end = at * block - int(rng.uniform(0.02, 0.2) * SAMPLE_RATE)
            loud = 10.0 ** (rng.uniform(*settings.breath_level) / 20.0)
            if end >= len(part):
                sound[end - len(part) : end] += loud * part
        last = at
    return sound * speaking_rms(voice)


def in_room(rng: np.random.Generator, sound: np.ndarray, reverberation: Range, direct: Range) -> np.ndarray:
    """Convolves with a room response: direct sound, early reflections, and a noise tail (after Polack 1988).

    Ranges are of RT60 in s, and of direct to reverberant sound in dB.
    """
    rt60 = rng.uniform(*reverberation)
    count = int(rt60 * SAMPLE_RATE)
    decay = -3.0 * np.arange(count) / count
    low = sosfilt(butter(1, 1500.0, fs=SAMPLE_RATE, output="sos"), rng.standard_normal(count))
    high = 0.7 * rng.standard_normal(count)
    tail = low * 10.0**decay + high * 10.0 ** (decay * rng.uniform(1.2, 2.5))
    tail[: int(rng.uniform(0.002, 0.012) * SAMPLE_RATE)] = 0.0
    for _ in range(rng.integers(0, 6)):
        at = int(rng.uniform(0.003, 0.04) * SAMPLE_RATE)
        tail[min(at, count - 1)] += rng.choice([-1.0, 1.0]) * rng.uniform(1.0, 6.0)
    tail *= 10.0 ** (-rng.uniform(*direct) / 20.0) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return fftconvolve(sound, tail)[: len(sound)]


def _wander(rng: np.random.Generator, count: int, size: float) -> np.ndarray:
    """A gain (count,) that is interpolated between random values every few seconds."""
    knots = np.arange(0.0, count / SAMPLE_RATE + 6.0, rng.uniform(2.0, 6.0))
    decibels = np.interp(np.arange(count) / SAMPLE_RATE, knots, rng.uniform(-size, size, len(knots)))
    return 10.0 ** (decibels / 20.0)


def echo(rng: np.random.Generator, partner: np.ndarray, level: float) -> np.ndarray:
    """The partner's voice leaking from a loudspeaker: delayed, low-passed, at `level` dBFS."""
    # Short delays, of sound that stays in the robot, are as frequent as long ones, of sound that crosses a network.
    delay = int(np.exp(rng.uniform(np.log(0.005), np.log(_LONGEST_ECHO))) * SAMPLE_RATE)
    leaked = np.concatenate([np.zeros(delay), partner[: len(partner) - delay]])
    leaked = sosfilt(butter(1, rng.uniform(1500.0, 5000.0), fs=SAMPLE_RATE, output="sos"), leaked)
    return leaked * _gain(leaked, level)


def _events(rng: np.random.Generator, count: int, level: float, settings: Augmentation) -> np.ndarray:
    """One to five non-speech sounds at random places."""
    sound = np.zeros(count)
    for _ in range(rng.integers(1, 6)):
        event = noises.EVENTS[rng.integers(len(noises.EVENTS))](rng)[:count]
        at = int(rng.integers(0, count - len(event) + 1))
        sound[at : at + len(event)] += event * 10.0 ** ((level + rng.uniform(*settings.event_level)) / 20.0)
    return sound


def _background(
    rng: np.random.Generator, voice: np.ndarray, partner: np.ndarray, level: float, settings: Augmentation
) -> np.ndarray:
    """Noise, music, crowd, machines and signals, at least `least_snr` below speech where there is speech."""
    sound = np.zeros(len(voice))
    most = level - settings.least_snr if np.any(voice) else 0.0
    if rng.random() < settings.noise:
        loud = rng.random() < settings.loud_noise
        wanted = rng.uniform(*(settings.loud_noise_level if loud else settings.noise_level))
        sound += noises.steady(rng, len(voice)) * 10.0 ** (min(wanted, most) / 20.0)
    if rng.random() < settings.music:
        wanted = rng.uniform(*settings.music_level)
        sound += noises.music(rng, len(voice)) * 10.0 ** (min(wanted, most) / 20.0)
    if rng.random() < settings.crowd:
        # A crowd is speech too: it is kept 10 dB softer still.
        wanted = rng.uniform(*settings.crowd_level)
        sound += noises.crowd(rng, voice + partner) * 10.0 ** (min(wanted, most - 10.0) / 20.0)
    if rng.random() < settings.people:
        talk = noises.people(rng, voice + partner)
        talk = in_room(rng, talk, _ELSEWHERE_ROOM, _ELSEWHERE)
        sound += talk * _gain(talk, level + rng.uniform(*settings.people_level))
    if rng.random() < settings.machines:
        made = machines.MACHINES[rng.integers(len(machines.MACHINES))](rng, len(voice))
        sound += made * 10.0 ** (min(rng.uniform(*settings.machines_level), most) / 20.0)
    if rng.random() < settings.signals:
        made = machines.signals(rng, len(voice))
        sound += made * 10.0 ** (min(rng.uniform(*settings.signals_level), most) / 20.0)
    return sound


def _on_the_line(rng: np.random.Generator, sound: np.ndarray, settings: Augmentation) -> np.ndarray:
    """Overload, band limits and codecs."""
    if rng.random() < settings.overload:
        sound = overload(sound, rng.uniform(*settings.overload_size), bool(rng.random() < 0.5))
    if rng.random() < settings.band:
        band = rng.uniform(60.0, 280.0), rng.uniform(3300.0, 7200.0)
        sound = sosfiltfilt(butter(1, band, "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
    kind = rng.random()
    if kind < settings.telephone:
        return telephone(sound)
    if kind < settings.telephone + settings.codec:
        codec = str(rng.choice(list(CODECS)))
        return through_codec(sound, codec, int(rng.choice(CODECS[codec][2])))
    return sound
