"""The tracks of a video file: pictures with their times, and the two voices."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import soxr
from av.video.reformatter import VideoReformatter

from dystream_lab.rates import SAMPLE_RATE

Found = TypeVar("Found")

SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")


class DamagedVideo(ValueError):
    """A video that cannot be read to its end."""


def find_videos(folder: Path) -> list[Path]:
    """The videos in a folder, by name.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds none.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise ValueError(f"no videos in {folder} (of the kinds {' '.join(SUFFIXES)})")
    return found


def picture_count(path: Path) -> int:
    """Approximate number of pictures of a video, from its header."""
    with av.open(str(path), metadata_errors="replace") as container:
        stream = _picture_stream(container, path)
        if stream.frames:
            return stream.frames
        return int((container.duration or 0) / av.time_base * float(stream.average_rate or 25))


def count_pictures(videos: Sequence[Path]) -> dict[Path, int]:
    """Approximate number of pictures by video, before hours are spent on the first of them.

    Raises:
        ValueError: a file cannot be read as a video, or has no pictures; the message names it.
    """
    return {video: _reported(video, picture_count) for video in videos}


def check_voices(path: Path, at_least: int) -> None:
    """Checks that a video has sound for one voice or both, by its header.

    Raises:
        ValueError: it has less; the message names it.
    """
    _reported(path, _require_both if at_least > 1 else _require_sound)


def _reported(path: Path, read: Callable[[Path], Found]) -> Found:
    try:
        return read(path)
    except av.FFmpegError as error:
        raise ValueError(
            f"{path} cannot be read as a video: {error.strerror}; repair it, or take it out of the folder"
        ) from error


def pictures(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Yields (middle of its display time in s, picture uint8 (height, width, 3) BGR) of a video.

    Raises:
        DamagedVideo: the pictures after those that it yielded cannot be decoded.
        ValueError: there is no picture track.
    """
    with av.open(str(path), metadata_errors="replace") as container:
        stream = _picture_stream(container, path)
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1  # reading the face takes much longer
        to_bgr = VideoReformatter()
        half = 0.5 / float(stream.average_rate or 25)
        frames, read = container.decode(stream), 0
        while True:
            try:
                frame = next(frames, None)
            except av.error.InvalidDataError as error:  # which names a function in place of the file
                raise DamagedVideo(
                    f"{path} is damaged after {read} pictures; remove it, or save it again with a video editor"
                ) from error
            if frame is None:
                return
            read += 1
            yield float(frame.time or 0.0) + half, to_bgr.reformat(frame, format="bgr24", threads=1).to_ndarray()


def voices(path: Path, face: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Voices of the face and of its partner: float32 (n,) each, 16 kHz, from time 0 of the video.

    They are two audio tracks, or the two channels of one track; `face` is 1 or 2, that of the visible person.

    Raises:
        ValueError: there is only one voice, or none.
    """
    if len(_require_both(path)) >= 2:
        both = [_sound(path, number).mean(0) for number in range(2)]
    else:
        both = list(_sound(path, 0))
    longest = max(len(sound) for sound in both)
    both = [np.pad(sound, (0, longest - len(sound))).astype(np.float32) for sound in both]
    return both[face - 1], both[2 - face]


def voices_heard(path: Path, face: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """As `voices`; a video with one mono track has the voice of the face, and a silent partner.

    Raises:
        ValueError: there is no sound.
    """
    if _require_sound(path) != [1]:
        return voices(path, face)
    own = _sound(path, 0)[0].astype(np.float32)
    return own, np.zeros_like(own)


def _channels(path: Path) -> list[int]:
    """Number of channels of each audio track."""
    with av.open(str(path), metadata_errors="replace") as container:
        return [stream.layout.nb_channels for stream in container.streams.audio]


def _require_sound(path: Path) -> list[int]:
    """As `_channels`; raises ValueError where the sound is not one voice or two."""
    channels = _channels(path)
    if not channels:
        raise ValueError(f"{path} has no sound; the voice of the person in the picture is needed")
    return channels if channels == [1] else _require_both(path)


def _require_both(path: Path) -> list[int]:
    """As `_channels`; raises ValueError where the sound is not two voices."""
    channels = _channels(path)
    if len(channels) < 2 and channels != [2]:
        has = f"one track of {channels[0]} channel(s)" if channels else "no sound"
        raise ValueError(
            f"{path} has {has}; both voices are needed, as two audio tracks or as two channels of one track"
        )
    return channels


def _picture_stream(container, path: Path):
    if not container.streams.video:
        raise ValueError(f"{path} has no pictures")
    return container.streams.video[0]


def _sound(path: Path, number: int) -> np.ndarray:
    """One audio track (channels, n) at 16 kHz, from time 0, with silence in gaps."""
    parts: list[np.ndarray] = []
    written = 0
    rate = SAMPLE_RATE
    with av.open(str(path), metadata_errors="replace") as container:
        stream = container.streams.audio[number]
        to_planes = av.AudioResampler(format="fltp", layout=stream.layout.name)
        for frame in container.decode(stream):
            rate = frame.sample_rate
            at = round(float(frame.time or 0.0) * rate)
            for plane in to_planes.resample(frame):
                samples = plane.to_ndarray()
                if at > written + rate // 50:
                    parts.append(np.zeros((len(samples), at - written), np.float32))
                    written = at
                # Sound before time 0, as an encoder's delay, is not heard.
                early = min(samples.shape[1], max(0, -at))
                parts.append(samples[:, early:])
                written += samples.shape[1] - early
    if not parts:
        return np.zeros((stream.layout.nb_channels, 0), np.float32)
    sound = np.concatenate(parts, axis=1)
    return np.stack([soxr.resample(channel, rate, SAMPLE_RATE, quality="HQ") for channel in sound])
