"""Effects of a transmission line: telephone band, speech and music codecs, overload. None of them delays the sound."""

from functools import lru_cache

import av
import numpy as np
import soxr
from scipy.signal import butter, sosfiltfilt

from dystream_lab.rates import SAMPLE_RATE

_MU = 255.0
# Encoder, sample format and bit rates of codecs in PyAV.
CODECS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "g722": ("g722", "s16", (64_000,)),
    "opus": ("libopus", "s16", (12_000, 16_000, 24_000)),
    "mp3": ("libmp3lame", "s16p", (24_000, 32_000, 48_000)),
}


def mu_law(sound: np.ndarray) -> np.ndarray:
    """`sound`, -1 to 1, quantised to the 8 bits of ITU-T G.711 mu-law in its continuous form."""
    compressed = np.sign(sound) * np.log1p(_MU * np.abs(np.clip(sound, -1.0, 1.0))) / np.log1p(_MU)
    compressed = np.round(compressed * 127.0) / 127.0
    return np.sign(compressed) * np.expm1(np.abs(compressed) * np.log1p(_MU)) / _MU


def telephone(sound: np.ndarray) -> np.ndarray:
    """A narrow-band line: 300 to 3400 Hz, 8 kHz, mu-law."""
    band = sosfiltfilt(butter(2, (300.0, 3400.0), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
    narrow = mu_law(soxr.resample(band, SAMPLE_RATE, SAMPLE_RATE // 2, quality="HQ"))
    return _of_length(soxr.resample(narrow, SAMPLE_RATE // 2, SAMPLE_RATE, quality="HQ"), len(sound))


def through_codec(sound: np.ndarray, codec: str, bit_rate: int) -> np.ndarray:
    """`sound` (n,) encoded and decoded by one of `CODECS`, with its delay removed."""
    delay = _delay(codec, bit_rate)
    coded = _coded(np.concatenate([sound, np.zeros(4_000)]), codec, bit_rate)
    return _of_length(coded[delay:], len(sound))


def overload(sound: np.ndarray, decibels: float, soft: bool) -> np.ndarray:
    """`sound` limited to `decibels` below its peak: clipped as by a converter, or saturated as by an amplifier."""
    peak = np.abs(sound).max(initial=0.0)
    if peak == 0.0:
        return sound
    limit = peak * 10.0 ** (-decibels / 20.0)
    return limit * np.tanh(sound / limit) if soft else np.clip(sound, -limit, limit)


def _of_length(sound: np.ndarray, count: int) -> np.ndarray:
    return np.pad(sound, (0, max(0, count - len(sound))))[:count]


@lru_cache
def _delay(codec: str, bit_rate: int) -> int:
    """Delay of a codec in samples, measured with noise."""
    size = 2**16
    probe = 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    coded = _coded(np.concatenate([probe, np.zeros(4_000)]), codec, bit_rate)
    correlation = np.fft.irfft(np.fft.rfft(coded, size) * np.conj(np.fft.rfft(probe, size)))
    return int(np.argmax(correlation[:4_000]))


def _coded(sound: np.ndarray, codec: str, bit_rate: int) -> np.ndarray:
    name, layout, _ = CODECS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", layout
    encoder.bit_rate = bit_rate
    encoder.open()
    decoder = av.CodecContext.create(codec, "r")
    if codec == "g722":
        decoder.sample_rate, decoder.layout = SAMPLE_RATE, "mono"
    if encoder.extradata:
        decoder.extradata = encoder.extradata
    size = encoder.frame_size or 320
    pcm = np.round(np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16)
    pcm = np.pad(pcm, (0, -len(pcm) % size))
    frames: list[np.ndarray] = []
    rate = SAMPLE_RATE

    def receive(packets) -> None:
        nonlocal rate
        for packet in packets:
            for frame in decoder.decode(packet):
                values = frame.to_ndarray()
                mono = values.reshape(-1, frame.layout.nb_channels).mean(1) if values.shape[0] == 1 else values.mean(0)
                rate = frame.sample_rate
                frames.append(mono / 32768.0 if values.dtype == np.int16 else mono)

    for first in range(0, len(pcm), size):
        frame = av.AudioFrame.from_ndarray(pcm[None, first : first + size], format=layout, layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, first
        receive(encoder.encode(frame))
    receive(encoder.encode(None))
    receive([None])
    coded = np.concatenate(frames).astype(np.float64)
    return coded if rate == SAMPLE_RATE else soxr.resample(coded, rate, SAMPLE_RATE, quality="HQ")
