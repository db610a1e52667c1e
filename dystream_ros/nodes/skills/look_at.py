"""The skill `look_at`: a goal of gaze as points on the head's topic `look_at`."""

import time
from typing import Any

import numpy as np
from geometry_msgs.msg import PointStamped
from rclpy.publisher import Publisher

from dystream_ros.face.gaze_policy import RandomGaze
from dystream_ros.nodes.skills.attention_switch import AttentionSwitch
from dystream_ros.nodes.skills.single_goal import NOT_SUPPORTED, Ended, Refused

_PERIOD = 0.1  # s between the points of a target
_GLANCE = 1.0  # s
_RETURN = 0.6  # s in which the gaze is straight ahead again after a reset
_DISCOVERY = 1.5  # s in which a node that has just started is found
_SEED = 0x10C
# With a target: tracking, the empty policy and glance.
POLICIES = ("", "tracking", "glance", "reset", "random", "social", "auto")


class LookAtSkill:
    """Makes the runs of the action.

    Args:
        points: publisher of the head's topic.
        attention: the node of that name, which is quiet while a goal has the gaze.
    """

    def __init__(self, points: Publisher, attention: AttentionSwitch) -> None:
        self._points = points
        self._attention = attention

    @staticmethod
    def check(goal: Any) -> None:
        """Raises `Refused` for a policy that there is not, or a target that is missing or not finite."""
        if goal.policy not in POLICIES:
            accepted = ", ".join(repr(policy) for policy in POLICIES)
            raise Refused(f"the policy is {goal.policy!r}; accepted are {accepted}")
        point = goal.target.point
        if goal.policy in ("", "tracking", "glance"):
            if not np.isfinite([point.x, point.y, point.z]).all():
                raise Refused(f"the target is ({point.x}, {point.y}, {point.z}); accepted are finite numbers, in m")
            if not (goal.target.header.frame_id or point.x or point.y or point.z):
                raise Refused(f"the policy {goal.policy!r} needs a target")

    def begin(self, goal: Any) -> "Gazing":
        """Pursue a goal that `check` accepts."""
        return Gazing(goal, self._points, self._attention)


class Gazing:
    """One goal; implements `single_goal.Run`.

    tracking and random go on until the goal is cancelled, or another one takes its place. glance and reset end by
    themselves. social and auto hand the gaze to `attention`, until then.
    """

    def __init__(self, goal: Any, points: Publisher, attention: AttentionSwitch) -> None:
        self._goal, self._points, self._attention = goal, points, attention
        self._begun = time.monotonic()
        self._sent = -_PERIOD
        self._random = RandomGaze(_SEED)
        self._social = goal.policy in ("social", "auto")
        self._has_attention = attention.take(self._social)

    def step(self) -> Ended | None:
        """Publish the target; ends a glance and a reset when they are over."""
        now = time.monotonic() - self._begun
        policy = self._goal.policy
        if self._social:
            self._has_attention = self._has_attention or self._attention.take(True)
            if self._has_attention or now < _DISCOVERY:
                return None
            return Ended(NOT_SUPPORTED, f"the policy {policy!r} needs the node attention, which does not run")
        over = {"glance": _GLANCE, "reset": _RETURN}.get(policy)
        if over is not None and now >= over:
            self.stop()
            return Ended()
        if now - self._sent >= _PERIOD:
            self._sent = now
            self._publish(now)
        return None

    def stop(self) -> None:
        """Let the gaze go: `attention` is as it was, and without it the face looks straight ahead."""
        if not self._attention.give_back():
            self._points.publish(_ahead())

    def _publish(self, now: float) -> None:
        policy = self._goal.policy
        if policy == "reset":
            self._points.publish(_ahead())
        elif policy == "random":
            message = PointStamped()
            message.point.x, message.point.y, message.point.z = self._random.at(now)
            self._points.publish(message)
        else:
            self._points.publish(self._goal.target)


def _ahead() -> PointStamped:
    """A point straight ahead of the face, far enough that the eyes do not converge."""
    message = PointStamped()
    message.point.x = 100.0
    return message
