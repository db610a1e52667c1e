"""The joints of a head whose motions a test makes, in its own time."""

import numpy as np

from dystream_ros.actuators.joint_commands import JointCommands, Timing
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import ARKIT_LAYOUT

STEP = 0.02
LATENCY = 0.12


class Head:
    """Commands of a calibration that are fed 25 motions per second."""

    def __init__(self, calibration, **timing):
        self.commands = JointCommands(calibration, Timing(**timing), 0.0)
        self.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
        self.now, self.steps = 0.0, 0
        self.positions, self.times = [], []

    def run(self, seconds, motion=None, audio=True):
        """`motion(shown)` gives values by name and the head's pose; None: no motions arrive."""
        for _ in range(round(seconds / STEP)):
            if motion is not None and self.steps % 2 == 0:
                named, pose = motion(self.now - LATENCY)
                values = np.zeros(len(ARKIT_LAYOUT.names))
                for name, value in named.items():
                    values[ARKIT_INDEX[name]] = value
                self.commands.motion(self.now - LATENCY, self.now, values, np.array(pose))
            if audio:
                self.commands.audio(self.now)
            self.now, self.steps = self.now + STEP, self.steps + 1
            self.positions.append(self.commands.step(self.now, STEP).position.copy())
            self.times.append(self.now)
        return self

    def of(self, joint):
        return np.array(self.positions)[:, self.commands.calibration.index(joint)]


def constant(pose=(0.0,) * 6, **values):
    return lambda shown: (values, pose)
