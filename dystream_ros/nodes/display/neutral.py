"""Finds the picture of the face at rest among those that come. Needs neither ROS nor a screen.

A head that is switched off goes to rest first, and its last picture is neutral. One that is killed, or whose network
breaks, stops in the middle of a word: then the picture whose motion was nearest to rest takes over.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.motion import MotionLayout

# A picture in which one coefficient, or the pose, is beyond this share of its range is no face at rest.
REST = 0.5
# Each of two windows: what is shown at rest is at most twice as old.
WINDOW = 60.0  # s
# A picture of which so many pixels differ so much from the one before shows another face or another background: a head
# that turns changes fewer.
OTHER_FACE, OTHER_PIXEL = 0.4, 24
_SAMPLED = 8  # pixels between those that are looked at, across and down
# Motion comes before the picture that is drawn from it, and waits for it here: two seconds of frames.
_WAITING = 50
# A turn of the head, and a shift, that count as a full coefficient.
_FULL_ANGLE, _FULL_SHIFT = 0.5, 0.1  # rad, m


def deviation(values: np.ndarray, head_pose: np.ndarray, layout: MotionLayout) -> float:
    """How far a motion is from rest: 0 at rest; infinite where any part is beyond `REST`, or none is known.

    Args:
        values: float32 (n,), in the order of `layout`; a model that has no names for its motion gives none.
        head_pose: float32 (6,): roll, pitch, yaw, x, y, z; radians, metres.
    """
    if not len(layout.names) or len(values) != len(layout.names):
        return math.inf
    span = np.maximum(np.subtract(layout.maximum, layout.minimum), 1e-6)
    moved = np.subtract(values, layout.neutral) / span
    parts = np.concatenate([moved, head_pose[:3] / _FULL_ANGLE, head_pose[3:] / _FULL_SHIFT])
    return float(np.linalg.norm(parts)) if np.abs(parts).max() <= REST else math.inf


@dataclass(frozen=True)
class _Candidate:
    deviation: float
    picture: np.ndarray


class NeutralPicture:
    """The most neutral picture of the current window of time and the one before; no pictures, no new window."""

    def __init__(self) -> None:
        self._deviations: OrderedDict[int, float] = OrderedDict()
        self._newest: tuple[int, np.ndarray] | None = None
        self._windows: list[_Candidate | None] = [None, None]
        self._window_start: float | None = None

    def motion(self, stamp_ns: int, deviation: float) -> None:
        """How far from rest the frame of this stamp is."""
        self._deviations[stamp_ns] = deviation
        while len(self._deviations) > _WAITING:
            self._deviations.popitem(last=False)

    def picture(self, stamp_ns: int, picture: np.ndarray, now: float) -> None:
        """A picture uint8 (height, width, 3); `now` in steady seconds."""
        self._judge_newest()
        if self._window_start is None or now - self._window_start > WINDOW:
            self._windows = [None, self._windows[0]]
            self._window_start = now
        if self._newest is not None and _other_face(self._newest[1], picture):
            self._windows = [None, None]
        self._newest = (stamp_ns, picture)

    def best(self) -> np.ndarray | None:
        """The picture to show at rest; None where all were grimaces, or their motion is not known."""
        self._judge_newest()
        candidates = [each for each in self._windows if each is not None]
        return min(candidates, key=lambda each: each.deviation).picture if candidates else None

    def _judge_newest(self) -> None:
        # Only when the next picture comes: by then its motion has come, too, whichever was first.
        if self._newest is None:
            return
        stamp_ns, picture = self._newest
        found = self._deviations.pop(stamp_ns, math.inf)
        best = self._windows[0]
        # Of equals the newer: the light and the portrait are those of now.
        if found < math.inf and (best is None or found <= best.deviation):
            self._windows[0] = _Candidate(found, picture)


def _other_face(before: np.ndarray, picture: np.ndarray) -> bool:
    if before.shape != picture.shape:
        return True
    few, others = (each[::_SAMPLED, ::_SAMPLED].astype(np.int16) for each in (before, picture))
    return bool((np.abs(few - others).max(axis=2) > OTHER_PIXEL).mean() > OTHER_FACE)
