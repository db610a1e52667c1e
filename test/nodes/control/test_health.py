"""The health of a face as a supervisor asks for it, and what the policies of SROS2 allow its head."""

import array
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from dystream_ros.msg import FaceMotion

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message

POLICIES = Path(__file__).parents[3] / "config" / "security" / "policies.xml"


@pytest.fixture
def publish(graph):
    """publish(topic, rate, values) publishes motion until the test ends; `values` returns those of a frame."""
    ended, threads = threading.Event(), []

    def run(topic, rate, values):
        publisher = graph.node.create_publisher(FaceMotion, topic, qos.motion())
        index = 0
        while not ended.wait(1 / rate):
            message = FaceMotion(frame=index, names=["jawOpen"], values=array.array("f", [values(index)]))
            message.header.stamp = time_message(time.time_ns())
            message.head_pose.orientation.w = 1.0
            publisher.publish(message)
            index += 1

    def start(*arguments):
        threads.append(threading.Thread(target=run, args=arguments))
        threads[-1].start()

    yield start
    ended.set()
    for thread in threads:
        thread.join()


def test_a_face_that_does_not_move_has_status_2_and_a_reason(graph, publish):
    publish("slow", 8, np.sin)
    # More than the 25 frames that are due: a busy machine leaves some out.
    publish("still", 100, lambda index: 0.25)
    publish("broken", 100, lambda index: float("nan"))
    found = {
        topic: graph.control("--timeout", "60" if topic != "none" else "1", "health", "--motion", topic)
        for topic in ("slow", "still", "broken", "none")
    }
    assert {topic: ran.returncode for topic, ran in found.items()} == dict.fromkeys(found, 2)
    assert "frames per second on /slow, 25 are due" in found["slow"].stderr
    assert "the face on /still stands still" in found["still"].stderr
    assert "the motion on /broken holds NaN" in found["broken"].stderr
    assert "no motion on /none within 1 s" in found["none"].stderr


def test_a_running_head_is_healthy_and_uses_only_what_its_policy_allows(graph, untrained):
    head = graph.start("head", model=str(untrained), images=False)
    head.until_log("active")
    # A machine under load may leave out frames for a while.
    graph.until(lambda: graph.control("health").returncode == 0, "a healthy face")
    profile = ElementTree.parse(POLICIES).find(".//enclave[@path='/dystream/head']/profiles/profile")
    for query, attribute in (
        (graph.node.get_publisher_names_and_types_by_node, "publish"),
        (graph.node.get_subscriber_names_and_types_by_node, "subscribe"),
        (graph.node.get_service_names_and_types_by_node, "reply"),
    ):
        allowed = {each.text.replace("~", "head") for each in profile.findall(f"*[@{attribute}='ALLOW']/*")}
        used = {name.removeprefix("/") for name, _ in query("head", "/")}
        assert used
        assert used <= allowed, attribute
