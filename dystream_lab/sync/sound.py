"""Sound of a file as frames of 40 ms at 16 kHz, from time 0, in constant memory."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import soxr

from dystream_lab.rates import HOP, SAMPLE_RATE

_LATE = 0.02  # s between two pieces of a track above which silence is put between them


def sound_frames(path: Path, channel: int = -1) -> Iterator[np.ndarray]:
    """Frames float32 (640,), -1 to 1, of the first sound track of a sound or video file.

    Time 0 is that of the file: a track that begins later begins with silence, as a video player shows it.

    Args:
        path: a file that FFmpeg reads.
        channel: counted from 0; -1 for the mean of all.

    Raises:
        ValueError: no sound, no such channel, or a file that cannot be read; the message says so.
    """
    waiting = np.zeros(0, np.float32)
    for samples in _resampled(path, channel):
        waiting = np.concatenate([waiting, samples])
        whole = len(waiting) // HOP
        yield from waiting[: whole * HOP].reshape(whole, HOP)
        waiting = waiting[whole * HOP :]


def _resampled(path: Path, channel: int) -> Iterator[np.ndarray]:
    resampler: soxr.ResampleStream | None = None
    for rate, samples in _decoded(path, channel):
        resampler = resampler or soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
        yield resampler.resample_chunk(samples)
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _decoded(path: Path, channel: int) -> Iterator[tuple[int, np.ndarray]]:
    """Rate and samples (n,) of one channel, without gaps."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise ValueError(f"{path} has no sound; give a file with the sound of the face, or --sound FILE")
            stream = container.streams.audio[0]
            count = stream.layout.nb_channels
            if not -1 <= channel < count:
                raise ValueError(
                    f"{path}: channel {channel} was asked for, it has {count} (counted from 0; -1 is the mean)"
                )
            to_planes = av.AudioResampler(format="fltp", layout=stream.layout.name)
            written = 0
            for frame in container.decode(stream):
                at = written if frame.time is None else round(float(frame.time) * frame.sample_rate)
                for plane in to_planes.resample(frame):
                    samples = plane.to_ndarray()
                    mono = (samples.mean(0) if channel < 0 else samples[channel]).astype(np.float32)
                    if at > written + _LATE * frame.sample_rate:
                        yield frame.sample_rate, np.zeros(at - written, np.float32)
                        written = at
                    # Sound before time 0, as an encoder's delay, is not heard.
                    early = min(len(mono), max(0, -at))
                    yield frame.sample_rate, mono[early:]
                    written += len(mono) - early
    except av.FFmpegError as error:
        raise ValueError(f"{path} cannot be read as sound: {error.strerror}; give a sound or video file") from error
