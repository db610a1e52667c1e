"""Offset, LSE-D and LSE-C of a recording, from the vectors of its windows, in constant memory.

The definitions are those of SyncNet's evaluation (Chung and Zisserman, "Out of time", 2016, sections 3 and 4), under
the names that Prajwal et al. ("A lip sync expert is all you need", 2020) gave them: the distance of face and sound is
averaged over the windows of a recording for each shift of up to 15 frames;

    offset  the shift with the least mean distance
    LSE-D   that least mean distance
    LSE-C   the median of the mean distances over all shifts, minus LSE-D

Vectors have length 1 here, so that distances are 0 to 2; they are unbounded in SyncNet.
"""

from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import FRAME_RATE

REACH = 15  # frames, the largest shift
SHIFTS = np.arange(-REACH, REACH + 1)  # frames by which the face may be late
LEAST = FRAME_RATE  # windows that a score needs
_MS = 1000 // FRAME_RATE


@dataclass(frozen=True)
class SyncScore:
    """The score of a recording, or of several.

    Attributes:
        distances: float64 (31,), mean distance at each of SHIFTS.
        windows: number of windows with a face, each compared at all shifts.
    """

    distances: np.ndarray
    windows: int

    @property
    def offset_ms(self) -> int:
        """Milliseconds by which the face is late; negative when it is early. A multiple of 40."""
        return int(SHIFTS[self.distances.argmin()]) * _MS

    @property
    def lse_d(self) -> float:
        """Least mean distance, 0 to 2; lower is better."""
        return float(self.distances.min())

    @property
    def lse_c(self) -> float:
        """Confidence: median minus least mean distance; higher is better, 0 when nothing agrees."""
        return float(np.median(self.distances) - self.distances.min())


def least_frames(window: int) -> int:
    """Frames that a recording needs for a score: LEAST windows with sound at all shifts around them."""
    return LEAST + 2 * REACH + window - 1


class SyncMeter:
    """Accumulates distances. Only windows with sound at all shifts are compared, so that all means are over the same
    windows of the face; the first and last REACH windows of a recording are not."""

    def __init__(self) -> None:
        self._sums = np.zeros(len(SHIFTS))
        self._windows = 0
        self._sound = np.zeros((0, 0), np.float32)
        self._face = np.zeros((0, 0), np.float32)

    def add(self, sound: np.ndarray, face: np.ndarray) -> None:
        """Adds the vectors (n, vector) of the next n windows; a row with NaN in `face` is a window without a face.

        Raises:
            ValueError: the arrays differ in shape.
        """
        if sound.shape != face.shape:
            raise ValueError(f"sound has vectors of shape {sound.shape}, the face {face.shape}; they must be equal")
        self._sound = np.concatenate([self._sound, sound]) if len(self._sound) else np.asarray(sound)
        self._face = np.concatenate([self._face, face]) if len(self._face) else np.asarray(face)
        complete = len(self._sound) - 2 * REACH
        if complete < 1:
            return
        centres = self._face[REACH : REACH + complete]  # (n, vector)
        seen = ~np.isnan(centres).any(1)
        if seen.any():
            around = np.lib.stride_tricks.sliding_window_view(self._sound, len(SHIFTS), axis=0)[seen]
            # The face at t is compared with the sound at t - shift: the latest sound has the least shift.
            apart = centres[seen][:, :, None] - around[:, :, ::-1]  # (n, vector, 31)
            self._sums += np.sqrt(np.square(apart, dtype=np.float64).sum(1)).sum(0)
            self._windows += int(seen.sum())
        self._sound, self._face = self._sound[complete:], self._face[complete:]

    def reset_time(self) -> None:
        """Begins another stretch: what follows is not next to what was added."""
        self._sound, self._face = self._sound[:0], self._face[:0]

    def score(self) -> SyncScore | None:
        """The score so far; None with fewer than LEAST windows."""
        if self._windows < LEAST:
            return None
        return SyncScore(self._sums / self._windows, self._windows)
