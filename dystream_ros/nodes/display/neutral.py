"""Selects the most neutral of the pictures shown. Needs neither ROS nor a screen.

A head that is deactivated returns to neutral first, so its last picture is neutral. A head that is killed or
disconnected stops in the middle of a word; the most neutral of its recent pictures is then shown instead.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.motion import MotionLayout
from dystream_ros.rendering.interfaces import Picture

# Largest deviation of one coefficient, or of the pose, of a neutral face, as a share of its range.
LARGEST_DEVIATION = 0.5
# Two windows of this length are kept: the neutral picture is at most twice as old.
WINDOW = 60.0  # s
# A picture shows another face or background if more than this share of its pixels differs by more than this many levels
# from the previous picture. A turn of the head changes fewer pixels.
CHANGED_SHARE, CHANGED_LEVELS = 0.4, 24
_STRIDE = 8  # distance of the compared pixels, in both directions
# Motion arrives before the picture drawn from it: the motion of this many frames, 2 s, is kept.
_FRAMES_KEPT = 50
# A rotation and a translation of the head that weigh as much as the full range of a coefficient.
_FULL_ANGLE, _FULL_SHIFT = 0.5, 0.1  # rad, m


def deviation(values: NDArray[np.float32], head_pose: NDArray[np.float64], layout: MotionLayout) -> float:
    """Distance of a motion from neutral: the norm of all deviations, each as a share of its range; 0 at neutral.

    Infinite when one deviation exceeds `LARGEST_DEVIATION`, or the layout names no values.

    Args:
        values: (n,), in the order of `layout`; empty for a model without named values.
        head_pose: (6,), in the order of `POSE_NAMES`: rad, m.
    """
    if not len(layout.names) or len(values) != len(layout.names):
        return math.inf
    span = np.maximum(np.subtract(layout.maximum, layout.minimum), 1e-6)
    moved = np.subtract(values, layout.neutral) / span
    parts = np.concatenate([moved, head_pose[:3] / _FULL_ANGLE, head_pose[3:] / _FULL_SHIFT])
    return float(np.linalg.norm(parts)) if np.abs(parts).max() <= LARGEST_DEVIATION else math.inf


@dataclass(frozen=True)
class _Candidate:
    deviation: float
    picture: Picture


class NeutralPicture:
    """The most neutral picture of the current and the previous window of time; a new picture starts a new window."""

    def __init__(self) -> None:
        self._deviations: OrderedDict[int, float] = OrderedDict()
        self._newest: tuple[int, Picture] | None = None
        self._windows: list[_Candidate | None] = [None, None]
        self._window_start: float | None = None

    def motion(self, stamp_ns: int, deviation: float) -> None:
        """Register the distance from neutral of the frame with this stamp."""
        self._deviations[stamp_ns] = deviation
        while len(self._deviations) > _FRAMES_KEPT:
            self._deviations.popitem(last=False)

    def picture(self, stamp_ns: int, picture: Picture, now: float) -> None:
        """Register the picture of a frame; `now` in steady seconds."""
        self._rank_newest()
        if self._window_start is None or now - self._window_start > WINDOW:
            self._windows = [None, self._windows[0]]
            self._window_start = now
        if self._newest is not None and _shows_another_face(self._newest[1], picture):
            self._windows = [None, None]
        self._newest = (stamp_ns, picture)

    def best(self) -> Picture | None:
        """The most neutral picture; None when none is neutral enough, or their motion is unknown."""
        self._rank_newest()
        candidates = [window for window in self._windows if window is not None]
        return min(candidates, key=lambda candidate: candidate.deviation).picture if candidates else None

    def _rank_newest(self) -> None:
        # Delayed until the next picture arrives: by then the motion of this one has arrived in either order.
        if self._newest is None:
            return
        stamp_ns, picture = self._newest
        found = self._deviations.pop(stamp_ns, math.inf)
        best = self._windows[0]
        # The newer of two equals, as it has the current light and portrait.
        if found < math.inf and (best is None or found <= best.deviation):
            self._windows[0] = _Candidate(found, picture)


def _shows_another_face(before: Picture, picture: Picture) -> bool:
    if before.shape != picture.shape:
        return True
    old, new = (each[::_STRIDE, ::_STRIDE].astype(np.int16) for each in (before, picture))
    return bool((np.abs(old - new).max(axis=2) > CHANGED_LEVELS).mean() > CHANGED_SHARE)
