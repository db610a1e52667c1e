"""Motions of the head as inputs of the joint commands."""

import numpy as np

from dystream_ros.actuators.joint_commands import JointCommands
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.actuators.hri import HriOutputs
from dystream_ros.nodes.common.motion_messages import head_pose
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import SECOND, nanoseconds

_LATEST = SECOND  # ns by which a motion of an earlier generation may be late; older ones begin anew: a clock was set
MIDDLE = 0.02  # s; a motion shows the middle of its frame, its stamp is the beginning


class MotionInput:
    """Checks motions and hands them to the joint commands.

    Args:
        reports: of the node.
        hri: publishes what each motion shows.
    """

    def __init__(self, reports: Reports, hri: HriOutputs) -> None:
        self._reports = reports
        self._hri = hri
        self._commands: JointCommands | None = None
        self._names: tuple[str, ...] | None = None
        self._neutral: dict[str, float] = {}
        self._newest: tuple[int, int] = (0, 0)  # generation, stamp
        self._last: tuple[FaceMotion, float] | None = None  # that was accepted, and when

    def begin(self, commands: JointCommands) -> None:
        """Hand motions to these joint commands from now on, beginning with the last one.

        Until the next one arrives, which may be late, the joints would be on their way to neutral.
        """
        self._commands, self._names = commands, None
        if self._last is not None:
            self._accept(commands, *self._last)

    def layout(self, message: MotionLayoutMessage) -> None:
        """Take the neutral values of a layout."""
        if len(message.names) != len(message.neutral) or not np.isfinite(message.neutral).all():
            self._reports.warning(
                "layouts_refused",
                f"motion_layout: {len(message.names)} names and {len(message.neutral)} neutral values; accepted are as "
                "many, finite",
            )
            return
        self._neutral, self._names = dict(zip(message.names, message.neutral)), None

    def motion(self, message: FaceMotion, now: float) -> None:
        """Take a motion; one of an earlier generation, or with bad values, is counted and ignored."""
        commands = self._commands
        if commands is None:
            return
        stamp = nanoseconds(message.header.stamp)
        generation, newest = self._newest
        if message.generation < generation and newest - _LATEST < stamp <= newest:
            self._reports.count("motions_outdated")
            return
        if self._accept(commands, message, now):
            self._newest, self._last = (message.generation, stamp), (message, now)
            self._hri.publish(
                message.header, tuple(message.names), np.asarray(message.values, np.float64), head_pose(message)
            )

    def _accept(self, commands: JointCommands, message: FaceMotion, now: float) -> bool:
        names = tuple(message.names)
        if names != self._names:
            self._names = names
            missing = commands.layout(names, [self._neutral.get(name, 0.0) for name in names])
            if missing:
                self._reports.warning(
                    "inputs_missing", f"the motion lacks {', '.join(missing)}: joints do not follow these inputs"
                )
        values, pose = np.asarray(message.values, np.float64), np.asarray(head_pose(message))
        try:
            commands.motion(nanoseconds(message.header.stamp) / SECOND + MIDDLE, now, values, pose)
        except ValueError as refused:
            self._reports.warning("motions_refused", f"motion: {refused}; it is ignored")
            return False
        if message.speaking:
            commands.audio(now)
        return True
