"""A head with many readers of its images, some of which stand still, and with participants that come and go."""

import os
import signal
import subprocess
import sys

import pytest
import rclpy
from dystream_ros.msg import FaceMotion
from rclpy.context import Context
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds

READERS, PASSING = 20, 20
# Reads images by several subscriptions, and says when the first one has arrived.
READER = """
import sys
import rclpy
from sensor_msgs.msg import Image
from dystream_ros.nodes.common import qos
rclpy.init()
node = rclpy.create_node("reader")
begun = []
def arrived(_):
    if not begun:
        begun.append(print("reads", flush=True))
kept = [node.create_subscription(Image, "image", arrived, qos.image(True)) for _ in range(int(sys.argv[1]))]
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), image_width=128, image_height=128)
    head.until_log("active")
    return head


@pytest.fixture
def readers(graph):
    """Two programs: one that reads images by fifteen subscriptions, one by five."""
    environment = os.environ | {"ROS_DOMAIN_ID": str(graph.domain)}
    command = [sys.executable, "-c", READER]
    started = [
        subprocess.Popen([*command, str(count)], env=environment, stdout=subprocess.PIPE, text=True)
        for count in (READERS - READERS // 4, READERS // 4)
    ]
    yield started
    for each in started:
        each.send_signal(signal.SIGCONT)
        each.terminate()
        assert each.wait(60) is not None


def test_motion_and_images_go_on_while_some_of_twenty_readers_stand_still(graph, head, readers):
    for each in readers:
        assert each.stdout.readline() == "reads\n"
    graph.until(lambda: graph.node.count_subscribers("image") == READERS, "all readers to be discovered")
    readers[1].send_signal(signal.SIGSTOP)
    motions = graph.listen("motion", FaceMotion)
    images = graph.listen("image", Image, qos.image(True))
    motions.next(100)
    images.next(10)
    stamps = [nanoseconds(image.header.stamp) for image in images]
    assert stamps == sorted(set(stamps)), "each image is newer than the last"
    graph.forget(motions)
    graph.forget(images)


def test_motion_goes_on_while_participants_come_and_go(graph, head):
    motions = graph.listen("motion", FaceMotion)
    for _ in range(PASSING):
        context = Context()
        rclpy.init(context=context, domain_id=graph.domain)
        rclpy.create_node("passing", context=context).destroy_node()
        context.try_shutdown()
    passed = len(motions)
    motions.next(50)
    frames = [motion.frame for motion in motions]
    assert passed, "motion went on meanwhile"
    assert frames == sorted(set(frames)), "each frame came once"
    graph.forget(motions)
