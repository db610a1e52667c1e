"""A recorded motion through the joints of a calibration, faster than real time, and how the joints were used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.joint_commands import JointCommands, Timing
from dystream_ros.actuators.mapping import Mapping
from dystream_ros.actuators.profile import Array

FRAME = 0.04  # s
_MARGIN = 1e-3  # rad; a target that much beyond a range is cut off


@dataclass(frozen=True)
class Replay:
    """Commands at each step; arrays (steps, joints), rad, rad/s, rad/s^2.

    Attributes:
        seconds: (steps,), time of each command since the first motion.
        wanted: (frames, joints), positions by weights and curves alone, before all limits.
        held_back: (joints,), share of the steps in which a dwell limit held the joint back.
    """

    calibration: Calibration
    seconds: Array
    position: Array
    velocity: Array
    acceleration: Array
    wanted: Array
    held_back: Array

    def usage(self) -> "list[Usage]":
        """How each joint was used."""
        return [self._usage(index) for index in range(len(self.calibration.joints))]

    def _usage(self, index: int) -> "Usage":
        joint = self.calibration.joints[index]
        position, wanted = self.position[:, index], self.wanted[:, index]
        # A joint whose neutral is an end of its range is meant to stay there, such as a jaw that cannot close further.
        below = wanted < (joint.minimum - _MARGIN if joint.minimum < joint.neutral else -np.inf)
        beyond = below | (wanted > (joint.maximum + _MARGIN if joint.maximum > joint.neutral else np.inf))
        return Usage(
            name=joint.name,
            lowest=float(position.min()),
            highest=float(position.max()),
            used=float((position.max() - position.min()) / (joint.maximum - joint.minimum)),
            saturated=float(beyond.mean()),
            velocity=float(np.abs(self.velocity[:, index]).max() / joint.velocity),
            acceleration=float(np.abs(self.acceleration[:, index]).max() / joint.acceleration),
            travel=float(np.abs(np.diff(position)).sum() / self.seconds[-1] * 60),
            held_back=float(self.held_back[index]),
        )


@dataclass(frozen=True)
class Usage:
    """Use of one joint.

    Attributes:
        lowest, highest: range reached, rad.
        used: share of the range of the joint.
        saturated: share of the frames whose target is cut off.
        velocity, acceleration: greatest, as a share of the limit.
        travel: rad per minute.
        held_back: share of the time in which a dwell limit held the joint back.
    """

    name: str
    lowest: float
    highest: float
    used: float
    saturated: float
    velocity: float
    acceleration: float
    travel: float
    held_back: float

    @property
    def remark(self) -> str:
        """What a mechanic may want to change; "" if nothing stands out."""
        remarks = []
        if self.saturated > 0.02:
            remarks.append(f"cut off in {self.saturated:.0%} of the frames: lower its weights, or widen its range")
        elif self.used < 0.15:
            remarks.append("hardly moves: raise its weights or its gain")
        if self.velocity > 0.99:
            remarks.append("reaches its maximum velocity")
        if self.held_back > 0:
            remarks.append(f"held back by a dwell limit for {self.held_back:.0%} of the time")
        return "; ".join(remarks)


def replay(
    calibration: Calibration,
    names: Sequence[str],
    neutral: Sequence[float],
    values: NDArray[np.floating],
    head_pose: NDArray[np.floating],
    rate: float = 50.0,
    timing: Timing | None = None,
) -> Replay:
    """Commands of a recorded motion, engaged from the beginning.

    Args:
        names, neutral: of the values of the motion.
        values: (frames, values), 25 frames per second.
        head_pose: (frames, 6).
        rate: commands per second.

    Raises:
        ValueError: fewer than two frames, or values that are not finite.
    """
    if len(values) < 2:
        raise ValueError(f"the motion has {len(values)} frames; at least 2 are needed")
    mapping = Mapping(calibration, names, neutral)
    wanted = np.array([mapping.positions(*frame) for frame in zip(values, head_pose)])
    commands = JointCommands(calibration, timing or Timing(ramp=0.5), 0.0)
    commands.layout(names, neutral)
    commands.engage()
    steps, step = int(len(values) * FRAME * rate), 1.0 / rate
    rows: list[tuple[Array, Array, Array]] = []
    held_back: Array = np.zeros(len(calibration.joints))
    frame = 0
    for index in range(steps):
        now = index * step
        while frame < len(values) and frame * FRAME <= now + 1e-9:
            commands.motion(frame * FRAME, frame * FRAME, values[frame], head_pose[frame])
            frame += 1
        commands.audio(now)
        state = commands.step(now + step, step)
        rows.append((state.position.copy(), state.velocity.copy(), state.acceleration.copy()))
        held_back += [name in commands.held_back for name in calibration.names]
    position, velocity, acceleration = (np.array(each, np.float64) for each in zip(*rows))
    seconds = np.arange(1, steps + 1, dtype=np.float64) * step
    return Replay(calibration, seconds, position, velocity, acceleration, wanted, held_back / steps)
