"""Audio files of any common format as blocks, in constant memory."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from dystream_ros.audio.block import MAXIMUM_CHANNELS, MAXIMUM_RATE, MINIMUM_RATE, AudioBlock
from dystream_ros.audio.wav_recordings import WavRecording, recording_starts

Part = NDArray[np.int16] | NDArray[np.float32]  # (n, channels)


class AudioFileError(ValueError):
    """A file that cannot be read as audio; the message names the cause and a remedy."""


@dataclass(frozen=True)
class AudioFile:
    """An open audio file.

    Attributes:
        sample_rate: Hz.
        channels: number of channels in the file.
        seconds: duration; None when the file does not state it.
        parts: int16 or float32 (n, channels) arrays of any length, readable once.
    """

    sample_rate: int
    channels: int
    seconds: float | None
    parts: Iterator[Part]


@contextmanager
def open_audio(path: str | Path) -> Iterator[AudioFile]:
    """Open a wav, flac, ogg, mp3, m4a, g722 ... file; libsndfile reads it where it can, FFmpeg otherwise.

    A wav file whose header states 0 samples is read to its end: programs that write to a pipe leave such a header.
    Several wav recordings in a row are read one after the other.

    Raises:
        AudioFileError: there is no such file, it is not audio, holds no samples, or its rate or number of channels is
            out of range.
    """
    path = Path(path)
    _check_path(path)
    starts = recording_starts(path)
    if len(starts) > 1:
        yield _recordings_in_a_row(path, starts)
        return
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as cause:
        with _open_with_ffmpeg(path, cause) as opened:
            yield _checked(path, opened)
        return
    with file:
        if file.frames:
            parts = _soundfile_parts(path, file)
            yield _checked(path, AudioFile(file.samplerate, file.channels, file.frames / file.samplerate, parts))
            return
    # libsndfile trusts a stated length of 0; FFmpeg reads the samples after the header.
    with _open_with_ffmpeg(path, f"{path.name} states 0 samples") as opened:
        yield _with_samples(path, _checked(path, opened))


def read_audio(
    path: str | Path,
    *,
    block: int | None = None,
    stream_id: int = 1,
    stamp_ns: int | None = None,
    channel: int | None = None,
) -> Iterator[AudioBlock]:
    """The blocks of a file; the last one ends the stream.

    Args:
        path: the file.
        block: samples per block; None for 100 ms.
        stream_id: identifies this reading of the file.
        stamp_ns: stamp of the first sample; None for blocks without stamps.
        channel: the only channel to return, counted from 0; None for all.

    Raises:
        AudioFileError: as `open_audio`; or the file has no such channel, or is damaged after its beginning.
    """
    with open_audio(path) as audio:
        if channel is not None and not 0 <= channel < audio.channels:
            raise AudioFileError(f"{path}: channel {channel} was asked for, it has {audio.channels} (counted from 0)")
        picked = audio.parts if channel is None else (part[:, channel : channel + 1] for part in audio.parts)
        channels = audio.channels if channel is None else 1
        size = block or audio.sample_rate // 10
        first = 0

        def make(data: Part, last: bool = False) -> AudioBlock:
            stamp = None if stamp_ns is None else stamp_ns + round(first * 1e9 / audio.sample_rate)
            return AudioBlock(stream_id, first, audio.sample_rate, channels, stamp, data, last)

        waiting: Part = np.zeros((0, channels), np.float32)
        for part in picked:
            # One file has one type of samples.
            waiting = cast(Part, np.concatenate([waiting, part])) if waiting.size else part
            while len(waiting) > size:
                yield make(waiting[:size])
                waiting, first = waiting[size:], first + size
        yield make(waiting, last=True)


def _check_path(path: Path) -> None:
    if os.path.isdir(path):
        raise AudioFileError(f"{path} is a folder; give the path of an audio file")
    if not os.path.isfile(path):  # which does not raise for too long a name
        raise AudioFileError(f"{path}: no such file; give the path of an audio file")
    if path.stat().st_size == 0:
        raise AudioFileError(f"{path} is empty (0 bytes)")
    if path.suffix.lower() == ".raw":
        raise AudioFileError(
            f"{path}: raw samples do not state their rate; convert them, for example with "
            f"`ffmpeg -f s16le -ar 16000 -ac 1 -i {path.name} out.wav`"
        )


def _with_samples(path: Path, audio: AudioFile) -> AudioFile:
    """The file, after a check that it holds a sample; raises AudioFileError without one."""
    first = next((part for part in audio.parts if len(part)), None)
    if first is None:
        raise AudioFileError(f"{path} holds no samples: its header is followed by nothing")
    return replace(audio, seconds=None, parts=itertools.chain([first], audio.parts))


def _checked(path: Path, audio: AudioFile) -> AudioFile:
    if not MINIMUM_RATE <= audio.sample_rate <= MAXIMUM_RATE:
        raise AudioFileError(
            f"{path}: {audio.sample_rate} Hz; accepted are {MINIMUM_RATE} to {MAXIMUM_RATE} Hz: convert it, e.g. with "
            f"`ffmpeg -i {path.name} -ar 48000 out.wav`"
        )
    if not 1 <= audio.channels <= MAXIMUM_CHANNELS:
        raise AudioFileError(f"{path}: {audio.channels} channels; accepted are 1 to {MAXIMUM_CHANNELS}")
    return replace(audio, parts=_finite(path, audio.parts))


def _finite(path: Path, parts: Iterator[Part]) -> Iterator[Part]:
    for part in parts:
        if part.dtype == np.float32 and not np.isfinite(part).all():
            raise AudioFileError(f"{path}: its samples hold NaN or infinity; write the file again from its source")
        yield part


def _soundfile_parts(path: Path, file: soundfile.SoundFile) -> Iterator[Part]:
    kind = "int16" if file.subtype == "PCM_16" else "float32"
    size = file.samplerate
    while True:
        try:
            part = file.read(size, dtype=kind, always_2d=True)
        except soundfile.LibsndfileError as cause:
            raise AudioFileError(f"{path}: damaged: {cause}") from cause
        if not len(part):
            return
        yield cast(Part, part)


def _recordings_in_a_row(path: Path, starts: list[int]) -> AudioFile:
    """The WAV recordings that begin at these positions, as one; each is open only while it is read."""
    spans = list(zip(starts, [*starts[1:], path.stat().st_size], strict=True))
    formats: dict[tuple[int, int, str], int] = {}  # with their frames
    try:
        for start, end in spans:
            with WavRecording(path, start, end) as recording, soundfile.SoundFile(recording) as file:
                key = (file.samplerate, file.channels, file.subtype)
                formats[key] = formats.get(key, 0) + file.frames
    except soundfile.LibsndfileError as cause:
        raise AudioFileError(f"{path}: one of its {len(spans)} recordings in a row is damaged: {cause}") from cause
    if len(formats) > 1:
        listed = " and ".join(f"{rate} Hz, {channels} channels, {kind}" for rate, channels, kind in formats)
        raise AudioFileError(f"{path} holds {len(spans)} recordings of different formats ({listed}): split it")
    [((rate, channels, _), frames)] = formats.items()
    if not frames:
        raise AudioFileError(f"{path} holds no samples: its headers are followed by nothing")

    def parts() -> Iterator[Part]:
        for start, end in spans:
            with WavRecording(path, start, end) as recording, soundfile.SoundFile(recording) as file:
                yield from _soundfile_parts(path, file)

    return _checked(path, AudioFile(rate, channels, frames / rate, parts()))


@contextmanager
def _open_with_ffmpeg(path: Path, first_cause: object) -> Iterator[AudioFile]:
    import av  # takes a second, and most files do not need it

    try:
        container = av.open(str(path), metadata_errors="replace")  # tags need not be UTF-8
    except av.FFmpegError as cause:
        raise AudioFileError(f"{path}: not readable as audio ({first_cause}; FFmpeg: {cause.strerror})") from cause
    with container:
        if not container.streams.audio:
            raise AudioFileError(f"{path} holds no audio stream")
        stream = container.streams.audio[0]
        codec = stream.codec_context  # None where FFmpeg has no decoder, whatever its annotation says
        if codec is None or not codec.sample_rate or not codec.channels:
            raise AudioFileError(f"{path}: damaged, or its sound is in a format that FFmpeg cannot decode; convert it")
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
        rate, channels = codec.sample_rate, codec.channels
        layout = codec.layout  # that of the beginning: a stream may change its format, as MP3 files in a row do

        def parts() -> Iterator[Part]:
            form: tuple[object, ...] = ()
            resampler = None
            try:
                for frame in container.decode(stream):
                    if form != (form := (frame.format.name, frame.layout.name, frame.sample_rate)):
                        yield from packed(resampler, None)
                        resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
                    frame.pts = None
                    yield from packed(resampler, frame)
                yield from packed(resampler, None)
            except av.FFmpegError as cause:
                raise AudioFileError(f"{path}: damaged: {cause.strerror}") from cause

        def packed(resampler: "av.AudioResampler | None", frame: "av.AudioFrame | None") -> Iterator[Part]:
            for each in resampler.resample(frame) if resampler is not None else ():
                yield cast(Part, each.to_ndarray().reshape(-1, channels))

        yield AudioFile(rate, channels, seconds, parts())
