"""Recordings of motion with their sound as blocks: files of `dystream motion` and of the recorder, and bags."""

import contextlib
import csv
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from dystream_lab.rates import HOP, SAMPLE_RATE
from dystream_lab.sync.lips import CHANNELS, lips_of
from dystream_lab.sync.measure import BLOCK, Block
from dystream_lab.sync.sound import sound_frames
from dystream_ros.audio.block import AudioRejected
from dystream_ros.bags.audio_records import audio_block
from dystream_ros.bags.motion_records import FRAME_NS, ShownMotion, at_frame_rate
from dystream_ros.bags.reading import Bag
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.recording.sound_track import SoundTrack

MOTION_SUFFIXES = (".csv", ".npz")
_AHEAD_NS = 2_000_000_000  # audio is recorded up to this long after the motion that it belongs to
_NO_COEFFICIENTS = "has none of the coefficients of ARKit, such as jawOpen; the score reads lips by these names"


def in_blocks(frames: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[Block]:
    """Blocks of consecutive frames: sound (640,) and a face (...) each."""
    sound: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    for heard, face in frames:
        sound.append(heard)
        faces.append(face)
        if len(faces) == BLOCK:
            yield Block(np.concatenate(sound), np.stack(faces))
            sound, faces = [], []
    if faces:
        yield Block(np.concatenate(sound), np.stack(faces))


def of_motion_file(path: Path, sound: Path, channel: int = -1) -> Iterator[Block]:
    """Blocks of a motion file, .csv or .npz, and of the sound that it was made for.

    Raises:
        ValueError: the file has no frames or no coefficients, or the sound cannot be read.
    """
    values = _of_csv(path) if path.suffix == ".csv" else _of_npz(path)
    return in_blocks(zip(sound_frames(sound, channel), (lips_of(each) for each in values)))


def _of_npz(path: Path) -> Iterator[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names, values = file["names"].tolist(), file["values"]
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{path} is no motion of `dystream motion`: {error}") from error
    places = _places(path, names)
    for row in values:
        yield _arranged(row, places)


def _of_csv(path: Path) -> Iterator[np.ndarray]:
    """Coefficients (52,) of each frame; a frame that the recorder missed has those of the one before."""
    places: list[tuple[int, int]] = []
    number: int | None = None
    held = np.zeros(len(ARKIT_NAMES), np.float32)
    index = -1
    with path.open(newline="") as file:
        for row in csv.reader(file):
            if not places or "jawOpen" in row:  # the recorder writes a header before other names
                places = _places(path, row)
                index = row.index("frame") if "frame" in row else -1
                continue
            try:
                current = _arranged([float(cell or 0.0) for cell in row], places)
                now = int(row[index]) if index >= 0 else (number or 0) + 1
            except (ValueError, IndexError) as error:
                raise ValueError(f"{path} has a damaged row ({','.join(row)[:60]}): {error}") from error
            if number is not None:
                # However many: the frames after a long gap are beside their own sound. The reader stops with the sound.
                for _ in range(now - number - 1):
                    yield held
            yield current
            number, held = now, current
    if number is None:
        raise ValueError(f"{path} has no frames")


def _places(path: Path, names: Sequence[str]) -> list[tuple[int, int]]:
    """(place in ARKIT_NAMES, place in the row) of the coefficients of a row."""
    places = [(place, names.index(name)) for place, name in enumerate(ARKIT_NAMES) if name in names]
    if not places:
        raise ValueError(f"{path} {_NO_COEFFICIENTS}")
    return places


def _arranged(row: Sequence[float] | np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    values = np.zeros(len(ARKIT_NAMES), np.float32)
    for place, column in places:
        values[place] = row[column]
    return values


def of_bag(bag: Bag, motion: str, voice: str) -> Iterator[Block]:
    """Blocks of the motion and the voice of a bag, by their stamps.

    Args:
        motion: topic of FaceMotion.
        voice: topic of the AudioChunk of the same face.

    Raises:
        BagError: messages of other types, or without the coefficients of ARKit.
    """
    sound = _Voice(bag, voice)
    faces: list[np.ndarray] = []
    heard: list[np.ndarray] = []
    cut = True
    for shown in at_frame_rate(bag.records([motion])):
        if faces and (shown.cut or len(faces) == BLOCK):
            yield Block(np.concatenate(heard), np.stack(faces), cut)
            faces, heard, cut = [], [], shown.cut
        faces.append(lips_of(shown.motion.values))
        heard.append(sound.of(shown))
    if faces:
        yield Block(np.concatenate(heard), np.stack(faces), cut)


class _Voice:
    """The sound of each frame of a bag, float32 (640,), by stamps; by times of recording without stamps."""

    def __init__(self, bag: Bag, topic: str) -> None:
        self._records = bag.records([topic])
        self._next = next(self._records, None)
        self._track: SoundTrack | None = None
        self._lag_ns = 0  # from a stamp of the motion to the time of its recording

    def of(self, shown: ShownMotion) -> np.ndarray:
        """The sound of the next frame."""
        if shown.cut or self._track is None:
            self._track = SoundTrack(shown.stamp_ns, SAMPLE_RATE)
            self._lag_ns = shown.recorded_ns - shown.stamp_ns
        until_ns = shown.recorded_ns + _AHEAD_NS
        while self._next is not None and self._next.recorded_ns < until_ns:
            block = audio_block(self._next)
            arrival_ns = self._next.recorded_ns - self._lag_ns
            if abs((block.stamp_ns or arrival_ns) - shown.stamp_ns) > 60 * 1_000_000_000:
                block = dataclasses.replace(block, stamp_ns=None)  # of another clock
            with contextlib.suppress(AudioRejected):  # the head did not use it either
                self._track.push(block, arrival_ns)
            self._next = next(self._records, None)
        samples = self._track.take_until(shown.stamp_ns + FRAME_NS)
        return np.pad(samples[:HOP], (0, max(0, HOP - len(samples))))


def faceless(count: int) -> np.ndarray:
    """Lips (count, CHANNELS) of frames without a face."""
    return np.full((count, CHANNELS), np.nan, np.float32)
