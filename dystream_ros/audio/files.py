"""Audio files of any common format as blocks, in constant memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dystream_ros.audio.block import MAXIMUM_CHANNELS, MAXIMUM_RATE, MINIMUM_RATE, AudioBlock


class AudioFileError(ValueError):
    """A file that cannot be read as audio; the message says why and what to do."""


@dataclass(frozen=True)
class AudioFile:
    """An open audio file.

    Attributes:
        sample_rate: Hz.
        channels: in the file.
        seconds: duration, None where the format does not say.
        parts: int16 or float32 (n, channels) arrays of any length, to be read once.
    """

    sample_rate: int
    channels: int
    seconds: float | None
    parts: Iterator[np.ndarray]


@contextmanager
def open_audio(path: str | Path) -> Iterator[AudioFile]:
    """Open a wav, flac, ogg, mp3, m4a, g722 ... file; libsndfile reads it where it can, FFmpeg otherwise.

    Raises:
        AudioFileError: there is no such file, it is no audio, or its rate or channels are out of range.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioFileError(f"{path}: no such file; give the path of an audio file")
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as cause:
        with _open_with_ffmpeg(path, cause) as opened:
            yield _checked(path, opened)
        return
    with file:
        parts = _soundfile_parts(path, file)
        yield _checked(path, AudioFile(file.samplerate, file.channels, file.frames / file.samplerate, parts))


def read_audio(
    path: str | Path,
    *,
    block: int | None = None,
    stream_id: int = 1,
    stamp_ns: int | None = None,
    channel: int | None = None,
) -> Iterator[AudioBlock]:
    """The blocks of a file; the last one, which may be empty, ends the stream.

    Args:
        path: the file.
        block: samples a block; None for 100 ms.
        stream_id: identifies this run of the file.
        stamp_ns: stamp of the first sample; None for blocks without stamps.
        channel: the only channel to give, counted from 0; None for all.

    Raises:
        AudioFileError: as `open_audio`, or the file has no such channel, or is damaged further on.
    """
    with open_audio(path) as audio:
        if channel is not None and not 0 <= channel < audio.channels:
            raise AudioFileError(f"{path}: channel {channel} was asked for, it has {audio.channels} (counted from 0)")
        picked = audio.parts if channel is None else (part[:, channel : channel + 1] for part in audio.parts)
        channels = audio.channels if channel is None else 1
        size = block or audio.sample_rate // 10
        first = 0

        def make(data: np.ndarray, last: bool = False) -> AudioBlock:
            stamp = None if stamp_ns is None else stamp_ns + round(first * 1e9 / audio.sample_rate)
            return AudioBlock(stream_id, first, audio.sample_rate, channels, stamp, data, last)

        waiting = np.zeros((0, channels), np.float32)
        for part in picked:
            waiting = np.concatenate([waiting, part]) if waiting.size else part
            while len(waiting) > size:
                yield make(waiting[:size])
                waiting, first = waiting[size:], first + size
        yield make(waiting, last=True)


def _checked(path: Path, audio: AudioFile) -> AudioFile:
    if not MINIMUM_RATE <= audio.sample_rate <= MAXIMUM_RATE:
        raise AudioFileError(
            f"{path}: {audio.sample_rate} Hz; accepted are {MINIMUM_RATE} to {MAXIMUM_RATE} Hz: convert it, as with "
            f"`ffmpeg -i {path.name} -ar 48000 out.wav`"
        )
    if not 1 <= audio.channels <= MAXIMUM_CHANNELS:
        raise AudioFileError(f"{path}: {audio.channels} channels; accepted are 1 to {MAXIMUM_CHANNELS}")
    return audio


def _soundfile_parts(path: Path, file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    kind = "int16" if file.subtype == "PCM_16" else "float32"
    size = file.samplerate
    while True:
        try:
            part = file.read(size, dtype=kind, always_2d=True)
        except soundfile.LibsndfileError as cause:
            raise AudioFileError(f"{path}: damaged: {cause}") from cause
        if not len(part):
            return
        yield part


@contextmanager
def _open_with_ffmpeg(path: Path, first_cause: Exception) -> Iterator[AudioFile]:
    import av  # a second to import, and most files do not need it

    try:
        container = av.open(str(path))
    except av.FFmpegError as cause:
        raise AudioFileError(f"{path}: not readable as audio ({first_cause}; FFmpeg: {cause.strerror})") from cause
    with container:
        if not container.streams.audio:
            raise AudioFileError(f"{path}: holds no audio stream")
        stream = container.streams.audio[0]
        seconds = float(stream.duration * stream.time_base) if stream.duration else None
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        resampler = av.AudioResampler(format="flt", layout=stream.codec_context.layout, rate=rate)

        def parts() -> Iterator[np.ndarray]:
            try:
                for frame in container.decode(stream):
                    frame.pts = None
                    for packed in resampler.resample(frame):
                        yield packed.to_ndarray().reshape(-1, channels)
            except av.FFmpegError as cause:
                raise AudioFileError(f"{path}: damaged: {cause.strerror}") from cause

        yield AudioFile(rate, channels, seconds, parts())
