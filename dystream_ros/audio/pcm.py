"""Bytes of uncompressed samples as arrays, and compressed audio that is mistaken for them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16] | NDArray[np.float32]


def _scaled(dtype: str, full_scale: float) -> Callable[[bytes], Samples]:
    return lambda data: (np.frombuffer(data, dtype) / full_scale).astype(np.float32)


def _signed_16(dtype: str) -> Callable[[bytes], Samples]:
    return lambda data: np.frombuffer(data, dtype).astype(np.int16, copy=False)


def _packed_24(first_byte: int) -> Callable[[bytes], Samples]:
    """Three bytes a sample, as the upper bytes of int32; `first_byte` is where the lowest byte is in memory: 0 or 2."""

    def read(data: bytes) -> Samples:
        packed = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(packed), 4), np.uint8)
        wide[:, 1:] = packed if first_byte == 0 else packed[:, ::-1]
        return (wide.view("<i4")[:, 0] / 2.0**31).astype(np.float32)

    return read


# By GStreamer's name of the format, as AudioInfo has it: bytes of a sample, and the conversion.
_FORMATS: dict[str, tuple[int, Callable[[bytes], Samples]]] = {
    "S16LE": (2, _signed_16("<i2")),
    "S16BE": (2, _signed_16(">i2")),
    "S8": (1, _scaled("i1", 2.0**7)),
    "U8": (1, lambda data: ((np.frombuffer(data, np.uint8) - 128.0) / 128.0).astype(np.float32)),
    "S24LE": (3, _packed_24(0)),
    "S24BE": (3, _packed_24(2)),
    "S32LE": (4, _scaled("<i4", 2.0**31)),
    "S32BE": (4, _scaled(">i4", 2.0**31)),
    "F32LE": (4, _scaled("<f4", 1.0)),
    "F32BE": (4, _scaled(">f4", 1.0)),
    "F64LE": (8, _scaled("<f8", 1.0)),
    "F64BE": (8, _scaled(">f8", 1.0)),
}
PCM_FORMATS = tuple(_FORMATS)


class PcmReader:
    """Turns bytes of interleaved samples, cut anywhere, into whole samples of all channels.

    Attributes:
        rest: bytes of the sample that is not complete yet.

    Args:
        sample_format: one of `PCM_FORMATS`.
        channels: 1 or more.

    Raises:
        ValueError: another format.
    """

    def __init__(self, sample_format: str, channels: int) -> None:
        if sample_format not in _FORMATS:
            raise ValueError(f"sample format {sample_format!r}; accepted are {', '.join(PCM_FORMATS)}")
        width, self._convert = _FORMATS[sample_format]
        self._size = width * max(1, channels)
        self.rest = b""

    def read(self, data: bytes) -> Samples:
        """The samples that are complete now: (n * channels,), int16 for 16 bits, else float32 of full scale 1."""
        data = self.rest + data
        whole = len(data) - len(data) % self._size
        self.rest = data[whole:]
        return self._convert(data[:whole])


def repaired(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], int, float]:
    """Float samples made usable: NaN and infinity become 0, and values are limited to full scale, -1 to 1.

    Returns:
        The samples (a copy only if something changed), the number of those that were not finite, and the peak of the
        others.
    """
    finite = np.isfinite(samples)
    broken = samples.size - int(np.count_nonzero(finite))
    if broken:
        samples = np.where(finite, samples, np.float32(0))
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > 1.0:
        samples = np.clip(samples, -1.0, 1.0)
    return samples, broken, peak


# First bytes of files and containers.
_MAGIC = {b"ID3": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC", b"RIFF": "a WAV header"}
# kbit/s by the index in the header of an MPEG audio frame of layer III, of MPEG-1 and of MPEG-2 and 2.5 (ISO 11172-3
# and 13818-3, 2.4.2.3), and the sample rates of MPEG-1.
_KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_RATES = (44_100, 48_000, 32_000)


def compression_of(data: bytes) -> str:
    """Name of the compression or header with which a message begins; "" for what may be samples.

    An MP3 frame is recognised by its header and by the next frame, or the end, where its length says. Samples meet that
    once in millions of messages.
    """
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            return name
    length = _mp3_frame(data)
    return "MP3" if length and (len(data) == length or _mp3_frame(data[length : length + 4])) else ""


def _mp3_frame(data: bytes) -> int:
    """Length of the MPEG layer III frame with which `data` begins, in bytes; 0 if it begins with none."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate, padding = (data[1] >> 3) & 3, data[2] >> 4, (data[2] >> 2) & 3, (data[2] >> 1) & 1
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    first = version == 3
    hertz = _MPEG_RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if first else 72) * _KBITS[first][bitrate - 1] * 1000 // hertz + padding
