"""Publishing the status of a head reads its state and changes nothing."""

import pytest
import rclpy
import torch
from dystream_ros.msg import AudioChunk, StreamStatus
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import QoSProfile, QoSReliabilityPolicy

from dystream_ros.nodes.head.node import HeadNode

BEST_EFFORT = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.BEST_EFFORT)


@pytest.fixture
def head(graph, untrained):
    """An active head in the test's process that is not spun: only what the test calls happens."""
    threads = torch.get_num_threads()
    parameters = {"model": str(untrained), "images": "false", "autostart": "false", "threads": "1"}
    arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
    rclpy.init(args=["--ros-args", *arguments], domain_id=graph.domain)
    node = HeadNode()
    try:
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        yield node
    finally:
        node.stop()
        node.destroy_node()
        rclpy.shutdown()
        torch.set_num_threads(threads)


def test_publishing_status_and_diagnostics_changes_no_subscription(graph, head):
    published = graph.listen("status", StreamStatus)
    # This publisher needs a best-effort subscription, which the head creates when it checks the publishers.
    graph.node.create_publisher(AudioChunk, "self/audio", BEST_EFFORT)
    graph.until(lambda: head.get_publishers_info_by_topic("/self/audio"), "the head to discover the publisher")
    before = list(head.subscriptions)

    for _ in range(10):
        head._status.update()
        head._status._health()
    published.until(lambda all_: len(all_) >= 2, "two messages")
    assert list(head.subscriptions) == before, "a status has changed a subscription"
    head._watch()
    assert len(list(head.subscriptions)) == len(before)
    assert list(head.subscriptions) != before, "checking the publishers changes the subscription"
    assert head.reports.counts() == {}
    assert published[-1].self_audio.publishers == 0, "the status shows the publishers of the last check"


def test_a_status_leaves_the_notices_of_the_conversation_for_the_log(graph, head):
    conversation = head._head.inference.conversation
    graph.until(lambda: "other_silent" in conversation.statistics().counters, "a notice of the conversation")
    head._status.update()
    head._status._health()
    assert "other_silent" in dict(conversation.notices())
    assert conversation.notices() == []
