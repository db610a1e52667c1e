"""Messages for controllers of ros2_control as trajectories of the simulated head."""

import math
from collections.abc import Sequence

import numpy as np
from trajectory_msgs.msg import JointTrajectory

from dystream_ros.nodes.common.stamps import SECOND, nanoseconds
from dystream_ros.simulation.controller import Array, Point


class CommandRefused(ValueError):
    """A command that a controller does not accept; the message says why."""


def trajectory_points(message: JointTrajectory, joints: Sequence[str], now: float) -> list[Point]:
    """The points of a trajectory in the order of the controller's joints, times in s from now.

    Joints may come in any order. All joints of the controller must be there, as joint_trajectory_controller demands by
    default. A stamp of 0 means that the trajectory begins when it arrives.

    Args:
        now: present time on the clock of the message, s.

    Raises:
        CommandRefused: joints are missing or unknown, numbers are missing or not finite, or times do not rise.
    """
    if sorted(message.joint_names) != sorted(joints):
        raise CommandRefused(f"joints {', '.join(message.joint_names) or 'none'}; accepted are {', '.join(joints)}")
    if not message.points:
        raise CommandRefused("the trajectory has no points")
    order = [list(message.joint_names).index(joint) for joint in joints]
    stamp = nanoseconds(message.header.stamp)
    begin = max(0.0, stamp / SECOND - now) if stamp else 0.0
    points: list[Point] = []
    for each in message.points:
        seconds = begin + nanoseconds(each.time_from_start) / SECOND
        if points and seconds <= points[-1].seconds:
            raise CommandRefused(f"point {len(points)} is not later than the point before it")
        position = _numbers(each.positions, order, "positions")
        velocity = _numbers(each.velocities, order, "velocities") if len(each.velocities) else None
        points.append(Point(position, velocity, seconds))
    return points


def forward_point(data: Sequence[float], count: int) -> Point:
    """The positions of a forward controller, which take effect at once.

    Raises:
        CommandRefused: their number is wrong, or one is not finite.
    """
    return Point(_numbers(data, range(count), "positions"), None, 0.0)


def _numbers(values: Sequence[float], order: Sequence[int], what: str) -> Array:
    if len(values) != len(order):
        raise CommandRefused(f"{len(values)} {what} for {len(order)} joints")
    if not all(map(math.isfinite, values)):
        raise CommandRefused(f"{what} that are not finite")
    return np.array([values[index] for index in order], np.float64)
