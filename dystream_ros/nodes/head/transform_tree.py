"""The newest transforms between coordinate frames, as the topics /tf and /tf_static give them. Needs no ROS."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.head_pose import pose_from_quaternion, rotation_matrix

Array = NDArray[np.float64]

# A stamp that is further in the past than this begins anew: a bag that is played again, or a clock that was set.
_BEGINS_ANEW = 1.0  # s


class TransformTree:
    """A forest of frames, each with its pose in its parent. Not safe for use by several threads.

    A lookup combines the newest transform of each frame, whatever its stamp: the face looks at people, who do not move
    far between two messages.
    """

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, Array, Array]] = {}  # parent, rotation (3, 3), translation (3,) in m
        self._stamps: dict[str, float] = {}

    def __contains__(self, frame: str) -> bool:
        return frame in self._parents or any(parent == frame for parent, _, _ in list(self._parents.values()))

    @property
    def frames(self) -> list[str]:
        """Names of all frames."""
        return sorted({*self._parents, *(parent for parent, _, _ in list(self._parents.values()))})

    def add(
        self,
        parent: str,
        child: str,
        translation: tuple[float, float, float],
        quaternion: tuple[float, float, float, float],
        stamp: float,
    ) -> None:
        """Take the pose of a frame in its parent; one that is older than the known one is ignored.

        Args:
            translation: m.
            quaternion: x, y, z, w; of any length but 0.
            stamp: s.

        Raises:
            ValueError: a number is not finite, the quaternion has no length, or a frame is missing or its own parent.
        """
        if not parent or not child or parent == child:
            raise ValueError(f"the transform from {child!r} to its parent {parent!r}: two different frames are needed")
        numbers = np.array([*translation, *quaternion], np.float64)
        length = float(np.linalg.norm(numbers[3:]))
        if not np.isfinite(numbers).all() or length < 1e-6:
            raise ValueError(
                f"the transform from {child!r} to {parent!r}: translation {translation} and rotation {quaternion}; "
                "accepted are finite numbers and a rotation other than 0"
            )
        known = self._stamps.get(child)
        if known is not None and known - _BEGINS_ANEW < stamp < known and self._parents[child][0] == parent:
            return
        rotation = rotation_matrix(np.array(pose_from_quaternion(*(numbers[3:] / length))))
        self._parents[child] = (parent, rotation, numbers[:3])
        self._stamps[child] = stamp

    def lookup(self, frame: str, target: str) -> tuple[Array, Array]:
        """The pose of `frame` in `target`: rotation (3, 3) and translation (3,) in m.

        Raises:
            ValueError: a frame is unknown, or the two are not connected; the message says which.
        """
        for each in (target, frame):
            if each not in self:
                raise ValueError(f"there is no frame {each!r} on /tf and /tf_static")
        ways = [self._to_root(each) for each in (frame, target)]
        common = next((name for name in ways[0] if name in ways[1]), None)
        if common is None:
            raise ValueError(f"the frames {frame!r} and {target!r} are in different trees")
        (turn, shift), (target_turn, target_shift) = (way[common] for way in ways)
        return target_turn.T @ turn, target_turn.T @ (shift - target_shift)

    def _to_root(self, frame: str) -> dict[str, tuple[Array, Array]]:
        """The pose of a frame in itself and in each of its ancestors, in this order."""
        rotation: Array = np.eye(3)
        translation: Array = np.zeros(3)
        way: dict[str, tuple[Array, Array]] = {frame: (rotation, translation)}
        while frame in self._parents:
            frame, turn, shift = self._parents[frame]
            if frame in way:
                break  # two publishers that disagree have made a circle
            rotation, translation = turn @ rotation, turn @ translation + shift
            way[frame] = (rotation, translation)
        return way
