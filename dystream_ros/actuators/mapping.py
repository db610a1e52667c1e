"""From a motion of the face to the positions of the joints, without limits in time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.profile import Array
from dystream_ros.face.motion import POSE_NAMES


class Mapping:
    """Weighted sums and curves of a calibration, for motions of one layout.

    Args:
        calibration: the joints.
        names: name of each value of a motion.
        neutral: neutral value of each, in the same order.

    Attributes:
        missing: inputs of the calibration that a motion of this layout lacks; they stay neutral.
    """

    def __init__(self, calibration: Calibration, names: Sequence[str], neutral: Sequence[float]) -> None:
        joints = calibration.joints
        columns = {name: index for index, name in enumerate([*names, *POSE_NAMES])}
        self._neutral = np.array([*neutral, *np.zeros(len(POSE_NAMES))], np.float64)
        self._weights = np.zeros((len(joints), len(self._neutral)))  # (joints, values and pose)
        missing = []
        for row, joint in enumerate(joints):
            for source, weight in joint.inputs:
                if source in columns:
                    self._weights[row, columns[source]] = joint.gain * weight
                else:
                    missing.append(source)
        self.missing = tuple(dict.fromkeys(missing))
        self._curves = [(row, np.array(joint.curve)) for row, joint in enumerate(joints) if joint.curve]
        self._rest = np.array([joint.neutral for joint in joints])
        self._direction = np.array([joint.direction for joint in joints], np.float64)

    def positions(self, values: NDArray[np.floating], head_pose: NDArray[np.floating]) -> Array:
        """Positions of the joints (joints,), rad; not clipped to their ranges.

        Args:
            values: (values,), in the order of `names`.
            head_pose: (6,), in the order of `POSE_NAMES`.

        Raises:
            ValueError: wrong number of values, or one or a position is not finite.
        """
        motion = np.concatenate([values, head_pose]).astype(np.float64)
        if motion.shape != self._neutral.shape:
            raise ValueError(
                f"a motion of this layout has {len(self._neutral) - len(POSE_NAMES)} values and a pose of 6"
            )
        if not np.isfinite(motion).all():
            raise ValueError("the motion has values that are not finite")
        angle = self._weights @ (motion - self._neutral)
        for row, curve in self._curves:
            angle[row] = np.interp(angle[row], curve[:, 0], curve[:, 1])
        position = self._rest + self._direction * angle
        if not np.isfinite(position).all():  # a neutral value that is not, or numbers too large to add
            raise ValueError("the motion gives positions that are not finite")
        return position
