"""Positions of the joints between the frames of a motion, and a little beyond the newest one."""

import numpy as np

from dystream_ros.actuators.profile import Array

_FRAMES = 16  # 0.64 s: the longest lead or delay of a joint
_LONGEST_GAP = 0.1  # s; frames further apart are not joined by a curve
_RETURN = 0.2  # s; way back to the newest frame when no further one comes


class TargetCurve:
    """A curve through the newest frames: piecewise cubic without overshoot (Fritsch and Butland, 1984).

    Beyond the newest frame each joint goes on with its last velocity, which fades, so that a joint can lead by some
    tens of milliseconds. When no further frame comes, it returns to the newest one.

    Args:
        position: positions before the first frame (joints,).
        horizon: time constant with which the velocity beyond the newest frame fades, s.
    """

    def __init__(self, position: Array, horizon: float = 0.04) -> None:
        self._horizon = horizon
        self._position = np.array(position, np.float64)
        self.clear()

    def clear(self) -> None:
        """Forget all frames: the positions of the newest one are kept until the next."""
        self._times: Array = np.zeros(0)
        self._positions: Array = np.zeros((0, len(self._position)))

    @property
    def newest(self) -> float | None:
        """Time of the newest frame, s."""
        return float(self._times[-1]) if len(self._times) else None

    def add(self, time: float, position: Array) -> None:
        """Add a frame; one that is not newer than the last replaces all that are not older."""
        keep = self._times < time - 1e-6
        self._times = np.append(self._times[keep], time)[-_FRAMES:]
        self._positions = np.vstack([self._positions[keep], position])[-_FRAMES:]
        self._position = np.array(position, np.float64)

    def at(self, time: Array) -> Array:
        """Positions (joints,) at a time of its own for each joint, s."""
        times, positions = self._times, self._positions
        count = len(times)
        if count < 2:
            return self._position.copy()
        joints = np.arange(positions.shape[1])
        interval = np.clip(np.searchsorted(times, time, side="right") - 1, 0, count - 2)
        steps = np.diff(times)[:, None]
        slopes = np.diff(positions, axis=0) / steps  # (frames - 1, joints)
        slopes[steps[:, 0] > _LONGEST_GAP] = 0.0
        tangents = np.vstack([slopes[:1], _monotone(slopes), slopes[-1:]])
        h = np.diff(times)[interval]
        x = np.clip((time - times[interval]) / h, 0.0, 1.0)
        p0, p1 = positions[interval, joints], positions[interval + 1, joints]
        m0, m1 = tangents[interval, joints] * h, tangents[interval + 1, joints] * h
        inside = p0 + x * (m0 + x * (3 * (p1 - p0) - 2 * m0 - m1 + x * (2 * (p0 - p1) + m0 + m1)))
        beyond = np.maximum(time - times[-1], 0.0)
        late = np.clip((beyond - _LONGEST_GAP) / _RETURN, 0.0, 1.0)
        ahead = self._horizon * -np.expm1(-beyond / self._horizon) * (1.0 - late * late * (3.0 - 2.0 * late))
        return inside + slopes[-1] * ahead


def _monotone(slopes: Array) -> Array:
    """Tangents between intervals of these slopes: their harmonic mean, or 0 at a turning point."""
    product, total = slopes[:-1] * slopes[1:], slopes[:-1] + slopes[1:]
    same = product > 0
    return np.where(same, 2 * product / np.where(same, total, 1.0), 0.0)
