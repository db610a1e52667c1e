"""A head and controllers of joints for the tests of the node `actuators`."""

import importlib.util
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from dystream_ros.msg import FaceMotion
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger

from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.calibrations import calibration_path

GRIMACING = Path(__file__).parents[1] / "nodes" / "head" / "grimacing_head.py"  # holds every coefficient at 0.5
PEER = importlib.util.find_spec("peer_face").origin  # it imports hri_msgs, which is not installed here
RESEARCH = read_calibration(calibration_path("research"))
SMALL = """\
format: 1
name: {name}
defaults: {{maximum_velocity: 6.0}}
joints:
  jaw: {{region: mouth, inputs: {{jawOpen: 0.4}}, minimum: 0.0, neutral: 0.0, maximum: {maximum}}}
  yaw: {{region: head, inputs: {{headYaw: 1.0}}, minimum: -0.5, neutral: 0.0, maximum: 0.5}}
controllers:
  - {{name: face, kind: forward, joints: [yaw, jaw]}}
"""


class Face(threading.Thread):
    """A head: 25 motions per second, with the present values, until it dies."""

    def __init__(self, graph):
        super().__init__(daemon=True)
        self._graph = graph
        self._publisher = graph.publisher("motion", FaceMotion, qos.motion())
        self.values = np.zeros(52)
        self.yaw = 0.0
        self._frame, self._over = 0, threading.Event()
        self.start()

    def show(self, yaw=None, **values):
        for name, value in values.items():
            self.values[ARKIT_INDEX[name]] = value
        self.yaw = self.yaw if yaw is None else yaw

    def run(self):
        while not self._over.wait(0.04):
            motion = FaceMotion(
                frame=self._frame, names=list(ARKIT_NAMES), values=self.values.astype(np.float32).tolist()
            )
            motion.header.stamp = self._graph.node.get_clock().now().to_msg()
            x, y, z, w = quaternion_from_pose(np.array([0.0, 0.0, self.yaw]))
            orientation = motion.head_pose.orientation
            orientation.x, orientation.y, orientation.z, orientation.w = x, y, z, w
            self._publisher.publish(motion)
            self._frame += 1

    def die(self):
        self._over.set()
        self.join()
        self._graph.node.destroy_publisher(self._publisher)


@contextmanager
def reporting(graph, **positions: float) -> Iterator[None]:
    """A robot that reports these positions of joints."""
    states, over = graph.publisher("joint_states", JointState, qos.motion()), threading.Event()
    reports = []  # since somebody listens

    def report():
        while not over.wait(0.02):
            states.publish(message := JointState(name=list(positions), position=list(positions.values())))
            if states.get_subscription_count():
                reports.append(message)

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    graph.until(lambda: len(reports) > 10, "a listener of joint_states")
    try:
        yield
    finally:
        over.set()
        thread.join()


def engage(graph, on=True):
    return graph.call("/actuators/engage", SetBool, SetBool.Request(data=on))


def trigger(graph, service):
    return graph.call(f"/actuators/{service}", Trigger, Trigger.Request())


def until(messages, index, value, tolerance=0.01):
    """Wait until a forward command has this value."""
    return messages.until(lambda all_: all_ and abs(all_[-1].data[index] - value) < tolerance, f"{value} at {index}")


def at_rest(preview):
    """Whether the newest preview is that of joints that rest: a pause between two messages says nothing."""
    return preview and not any(preview[-1].velocity)


def quiet(messages, seconds=0.3):
    """Whether no message arrives for a while; joints may still be on their way: see `at_rest`."""
    count = len(messages)
    time.sleep(seconds)
    return count and len(messages) == count
