"""A bag is played to a head in driven time: the motion is that of the bag without ROS, at any speed, and recorded."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import FaceMotion
from recorded_bags import EPOCH_NS, write_conversation
from rosbags.highlevel import AnyReader
from std_srvs.srv import Trigger

from dystream_ros.bags.conversation import frames_of_bag
from dystream_ros.bags.reading import open_bag
from dystream_ros.bags.writing import BagWriter
from dystream_ros.engine.session import Session
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime
from dystream_ros.nodes.common.stamps import nanoseconds

SECONDS = 2
FRAMES = SECONDS * 25


@pytest.fixture(scope="module")
def voices(babble):
    return {
        party: (babble(SECONDS, 16_000, seed) * 32767).astype(np.int16) for party, seed in (("self", 1), ("other", 2))
    }


@pytest.fixture(scope="module")
def bag(tmp_path_factory, voices):
    path = tmp_path_factory.mktemp("bag") / "visit"
    with BagWriter(path) as writer:
        write_conversation(writer, voices, size=320)
    return path


def offline(bag):
    """The motion of a bag without ROS."""
    session = Session(load_model("compact", Runtime()).network, seed=3)
    with open_bag(bag) as opened:
        return [
            frame.motion for frame in frames_of_bag(opened, {"self": "/self/audio", "other": "/other/audio"}, session)
        ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return tmp_path_factory.mktemp("recorded") / "again_0"


@pytest.fixture(scope="module")
def recorder(graph, recorded):
    return graph.start("bag_recorder", output=str(recorded).removesuffix("_0"))


@pytest.fixture(scope="module")
def head(graph, recorder):
    head = graph.start("head", time_mode="driven", images=False, seed=3, use_sim_time=True)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def motions(graph, head, recorder):
    for topic in ("/motion (", "/self/utterance (", "/self/audio_aligned ("):
        recorder.until_log(f"recording {topic}")
    # Once the head answers, it has also discovered the recorder.
    return graph.listen("motion", FaceMotion, of="head")


@pytest.mark.parametrize(
    ("generation", "options"),
    [(1, {"pace": "head"}), (2, {"pace": "real_time", "rate": 2.0, "clock": True})],
    ids=["at the pace of the head", "at double speed with sim time"],
)
def test_a_replay_gives_the_motion_of_the_bag_bit_for_bit(graph, motions, bag, generation, options):
    if generation > 1:
        assert graph.call("head/reset", Trigger, Trigger.Request()).success
    # The recorder, too, listens from the first chunk on.
    player = graph.start("bag_player", bag=str(bag), subscribers=2, **options)
    assert player.wait() == 0, player.log
    frames = motions.until(
        lambda every: len(found := [each for each in every if each.generation == generation]) == FRAMES and found,
        f"the {FRAMES} frames of generation {generation}",
    )
    for frame, motion in zip(frames, offline(bag), strict=False):
        assert frame.frame == motion.frame
        np.testing.assert_array_equal(np.array(frame.values, np.float32), motion.values)
    assert nanoseconds(frames[0].header.stamp) == EPOCH_NS


def test_what_was_recorded_is_read_by_an_independent_reader(graph, recorder, recorded, motions, voices):
    health = graph.listen("/diagnostics", DiagnosticArray)

    def taken():
        """Messages that the recorder has taken, at each of its diagnostics, one per second."""
        own = [status for each in health for status in each.status if status.name.startswith("/bag_recorder:")]
        return [int({each.key: each.value for each in status.values}["messages"]) for status in own]

    # Whatever still waits is taken within a second of the recorder's time; only the status goes on.
    least = 2 * (2 * SECONDS * 50 + 2 * FRAMES)
    health.until(lambda _: len(now := taken()) > 1 and least < now[-1] < now[-2] + 3, "all to be recorded")
    assert recorder.stop() == 0, recorder.log
    with AnyReader([recorded]) as reader:
        read = {topic: [] for topic in reader.topics}
        for connection, _, data in reader.messages():
            read[connection.topic].append(reader.deserialize(data, connection.msgtype))
    for topic in ("/self/audio", "/self/audio_aligned", "/other/audio"):
        samples = np.concatenate([each.data for each in read[topic]])
        party = topic.split("/")[1]
        np.testing.assert_array_equal(samples, np.tile(voices[party], 2))
    for message, received in zip(read["/motion"], motions, strict=True):
        assert message.frame == received.frame
        np.testing.assert_array_equal(message.values, np.array(received.values, np.float32))
    assert list(read["/motion_layout"][0].names) == list(motions[0].names)
    assert {each.event for each in read["/self/utterance"]} == {1, 2}


def test_a_bag_that_is_none_gets_a_sentence_and_status_2(graph, tmp_path):
    player = graph.start("bag_player", bag=str(tmp_path / "nothing"))
    assert player.wait() == 2
    assert "there is no bag" in player.log
