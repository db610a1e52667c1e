"""A video as blocks: pictures of its mouth, or the lips that the landmarker reads, with its sound.

Pictures are read once, in constant memory. The lips are relative to the person's rest, which is known at the end only,
so that the readings of a video are kept: 0.5 kB per picture.
"""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from dystream_lab.corpus.video import readings as face
from dystream_lab.corpus.video.tracks import pictures
from dystream_lab.rates import FRAME_RATE
from dystream_lab.released.landmark_reader import Reading
from dystream_lab.sync.lips import lips_of
from dystream_lab.sync.measure import Block
from dystream_lab.sync.mouths import cut_mouth, cut_square
from dystream_lab.sync.recordings import faceless, in_blocks
from dystream_lab.sync.sound import sound_frames
from dystream_lab.sync.towers import MOUTH

Square = tuple[float, float, float]
_HELD = 0.2  # s from the middle of a picture for which it is shown at most
_NO_MOUTH = np.full((MOUTH, MOUTH), np.nan, np.float32)


class Video:
    """A video to measure; the sound is that of the video unless another file is given.

    Args:
        path: of the video.
        detect: reads the face of a BGR picture; None if `square` is given.
        sound: file of the sound.
        channel: of the sound, counted from 0; -1 for the mean of all.
        square: where the mouth is, as for `sync.mouths.cut_square`; None to find it.
        progress: called after each picture.
    """

    def __init__(
        self,
        path: Path,
        detect: face.Detect | None,
        sound: Path | None = None,
        channel: int = -1,
        square: Square | None = None,
        progress: Callable[[], object] = lambda: None,
    ) -> None:
        self._path, self._detect, self._square, self._progress = path, detect, square, progress
        self._sound, self._channel = sound or path, channel
        self._times: list[float] = []
        self._readings: list[Reading] = []

    def mouths(self) -> Iterator[Block]:
        """Blocks of pictures of the mouth; reads the video, and keeps the readings for `lips`.

        Raises:
            ValueError: no pictures, or no sound.
        """
        return in_blocks(zip(sound_frames(self._sound, self._channel), self._shown()))

    def lips(self) -> Iterator[Block]:
        """Blocks of the lips that were read, after `mouths`; none if the video shows no face."""
        if len(self._times) < 2:
            return iter(())
        found = face.Readings(
            np.array(self._times),
            np.array([reading.scores for reading in self._readings]),
            np.array([reading.transform for reading in self._readings]),
            np.array([reading.opening for reading in self._readings]),
        )
        motion, seen = face.motion_of(found)
        lips = np.where(seen[:, None], lips_of(motion[:, :52]), faceless(len(seen)))
        return in_blocks(zip(sound_frames(self._sound, self._channel), lips))

    def _shown(self) -> Iterator[np.ndarray]:
        """The mouth in the picture that is shown at the middle of each frame of 40 ms; NaN without a face."""
        frame = 0
        before: float | None = None
        picture = mouth = None
        for time, following in pictures(self._path):
            # A picture is shown up to half-way to the next one.
            while before is not None and picture is not None and _middle(frame) < (before + time) / 2:
                mouth = self._mouth(before, picture) if mouth is None else mouth
                yield mouth if abs(_middle(frame) - before) <= _HELD else _NO_MOUTH
                frame += 1
            before, picture, mouth = time, following, None
            self._progress()
        while before is not None and picture is not None and _middle(frame) < before + 0.5 / FRAME_RATE:
            mouth = self._mouth(before, picture) if mouth is None else mouth
            yield mouth
            frame += 1

    def _mouth(self, time: float, picture: np.ndarray) -> np.ndarray:
        """Grey float32 (MOUTH, MOUTH), 0 to 1; NaN without a face."""
        if self._square is not None:
            return cut_square(picture, self._square).astype(np.float32) / 255.0
        found = self._detect(picture) if self._detect else None
        if found is None or found.landmarks is None:
            return _NO_MOUTH
        self._times.append(time)
        self._readings.append(dataclasses.replace(found, landmarks=None))
        return cut_mouth(picture, found.landmarks).astype(np.float32) / 255.0


def _middle(frame: int) -> float:
    return (frame + 0.5) / FRAME_RATE
