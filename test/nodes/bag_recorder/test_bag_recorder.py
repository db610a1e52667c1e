"""What the node bag_recorder writes when types are unknown, and while nothing is published."""

import array
import json
import os
import sys

import numpy as np
import peer_source
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import AudioChunk, FaceMotion, MotionLayout
from peer_messages import overlay
from rosbags.highlevel import AnyReader

from dystream_ros.nodes.common import qos

AUDIO_DATA = "audio_common_msgs/msg/AudioData"


def read(path):
    """The messages of a bag by topic."""
    with AnyReader([path]) as reader:
        found = {topic: [] for topic in reader.topics}
        for connection, _, data in reader.messages():
            found[connection.topic].append(reader.deserialize(data, connection.msgtype))
    return found


@pytest.mark.parametrize("defined", [True, False], ids=["its definition installed", "without a definition"])
def test_audio_of_another_package_is_recorded_or_left_out_and_the_rest_goes_on(graph, tmp_path, babble, defined):
    variables = overlay("ros_drivers")
    if not defined:
        variables["AMENT_PREFIX_PATH"] = os.environ["AMENT_PREFIX_PATH"]
    recorder = graph.start("bag_recorder", output=str(tmp_path / "visit"), overlay=variables)
    speech = babble(0.5)
    np.save(tmp_path / "speech.npy", speech)
    options = {"type": AUDIO_DATA, "file": str(tmp_path / "speech.npy"), "topic": "other/audio"}
    source = graph.run([sys.executable, peer_source.__file__, json.dumps(options)], overlay=overlay("ros_drivers"))
    source.until_log("publishing")
    if not defined:
        recorder.until_log(f"/other/audio is not recorded: there is no definition of {AUDIO_DATA} here")
    chunk = AudioChunk(sample_rate=16_000, channels=1, data=array.array("h", [7] * 160))
    own = graph.publisher("self/audio", AudioChunk, qos.audio_publisher())
    own.publish(chunk)
    health = graph.listen("/diagnostics", DiagnosticArray)
    least = 1 + -(-speech.nbytes // 640)
    health.until(lambda every: taken(every) >= least, "all messages to be taken")
    source.stop()
    assert recorder.stop() == 0, recorder.log
    graph.node.destroy_publisher(own)
    found = read(tmp_path / "visit_0")
    assert [list(each.data) for each in found["/self/audio"]] == [[7] * 160]
    if defined:
        assert b"".join(each.data.tobytes() for each in found["/other/audio"]) == speech.tobytes()
    else:
        assert "/other/audio" not in found


def taken(diagnostics):
    """Messages that the recorder has taken."""
    own = [status for each in diagnostics for status in each.status if status.name.startswith("/bag_recorder:")]
    return int({each.key: each.value for each in own[-1].values}["messages"]) if own else 0


def test_without_a_head_no_bag_begins_and_the_next_motion_comes_with_its_layout(graph, tmp_path):
    graph.environment["HOME"] = str(tmp_path)
    recorder = graph.start("bag_recorder", output="~/visit", split=0.2)
    layout = graph.publisher("motion_layout", MotionLayout, qos.latched())
    motion = graph.publisher("motion", FaceMotion, qos.motion())
    layout.publish(MotionLayout(layout_id=5))
    recorder.until_log(f"wrote {tmp_path}/visit_0")
    health = graph.listen("/diagnostics", DiagnosticArray)
    health.next(2)  # many times `split`
    motion.publish(FaceMotion(layout_id=5))
    recorder.until_log(f"wrote {tmp_path}/visit_1")
    assert recorder.stop() == 0, recorder.log
    found = read(tmp_path / "visit_1")
    assert [each.layout_id for each in found["/motion_layout"] + found["/motion"]] == [5, 5]
    assert {path.name for path in tmp_path.glob("visit_*")} == {"visit_0", "visit_1"}
