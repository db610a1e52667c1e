"""The audio_file node: what it publishes on which topic, and how it ends."""

import sys
import time

import numpy as np
import pytest
import soundfile
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus
from rcl_interfaces.srv import ListParameters

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds, time_message


@pytest.fixture
def topics(graph):
    topics = {party: graph.listen(f"{party}/audio", AudioChunk, qos.whole_audio()) for party in ("self", "other")}
    yield topics
    for messages in topics.values():
        graph.forget(messages)


def samples(messages):
    return np.concatenate([each.data for each in messages])


def ended(messages):
    return messages and messages[-1].end_of_stream


def test_the_channels_of_one_file_are_the_two_parties(graph, topics, babble, tmp_path):
    speech = np.stack([babble(0.5, 44_100, seed) for seed in (1, 2)], axis=1)
    soundfile.write(tmp_path / "both.flac", speech, 44_100)
    source = graph.start("audio_file", file=str(tmp_path / "both.flac"), chunk_ms=20.0)
    assert source.wait() == 0, source.log
    for channel, messages in enumerate(topics.values()):
        messages.until(ended, "the end of the stream")
        assert np.array_equal(samples(messages), speech[:, channel])
        assert {(each.sample_rate, each.channels) for each in messages} == {(44_100, 1)}
        assert {len(each.data) for each in messages[:-1]} == {882}
        stamps = [nanoseconds(each.header.stamp) for each in messages]
        assert np.diff(stamps) == pytest.approx(20e6, abs=2)
    assert nanoseconds(topics["self"][0].header.stamp) == nanoseconds(topics["other"][0].header.stamp)
    assert topics["self"][0].stream_id != topics["other"][0].stream_id


def test_it_sends_at_most_ahead_before_the_motion(graph, topics, babble, tmp_path):
    speech = babble(3.0)
    soundfile.write(tmp_path / "self.wav", speech, MEDIA_RATE)
    motion = graph.node.create_publisher(FaceMotion, "motion", qos.motion())
    source = graph.start("audio_file", self_file=str(tmp_path / "self.wav"), pace="head", chunk_ms=40.0)
    messages = topics["self"]
    messages.until(lambda all_: len(all_) >= 25, "the first second")
    begun_ns = nanoseconds(messages[0].header.stamp)
    seen = FaceMotion()
    seen.header.stamp = time_message(begun_ns + 960_000_000)
    motion.publish(seen)
    messages.until(lambda all_: len(all_) >= 50, "the second that may follow")
    # A node without the limit has sent everything by the time it has answered.
    graph.call("audio_file/list_parameters", ListParameters, ListParameters.Request())
    assert len(messages) == 50
    assert source.running
    seen.header.stamp = time_message(begun_ns + 5_000_000_000)
    motion.publish(seen)
    assert source.wait() == 0
    messages.until(ended, "the end of the stream")
    assert np.array_equal(samples(messages), speech)


def test_nothing_is_sent_before_the_head_sees_the_publisher(graph, topics, babble, tmp_path):
    """A live head loses what is sent before its end of the topic is ready."""
    soundfile.write(tmp_path / "self.wav", babble(0.2), MEDIA_RATE)
    status = graph.node.create_publisher(StreamStatus, "status", qos.status())
    source = graph.start("audio_file", self_file=str(tmp_path / "self.wav"))
    graph.until(lambda: status.get_subscription_count() == 1, "the node to subscribe to the status")
    graph.until(lambda: topics["self"].subscription.get_publisher_count() == 1, "the node on the audio topic")
    seen = StreamStatus()
    # The node looks for its subscribers every 0.05 s: one that does not wait for the head starts within this time.
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        status.publish(seen)
        graph.call("audio_file/list_parameters", ListParameters, ListParameters.Request())
    assert source.running
    seen.self_audio.publishers = 1
    seen_ns = graph.node.get_clock().now().nanoseconds
    status.publish(seen)
    topics["self"].until(ended, "the end of the stream")
    assert nanoseconds(topics["self"][0].header.stamp) >= seen_ns
    graph.node.destroy_publisher(status)
    assert source.wait() == 0, source.log


def test_each_repetition_is_a_new_stream(graph, topics, babble, tmp_path):
    soundfile.write(tmp_path / "self.wav", babble(0.2), MEDIA_RATE)
    source = graph.start("audio_file", self_file=str(tmp_path / "self.wav"), loop=True)
    topics["self"].until(lambda all_: len({each.stream_id for each in all_}) == 3, "three repetitions")
    stamps = [nanoseconds(each.header.stamp) for each in topics["self"]]
    assert stamps == sorted(stamps)
    assert source.stop() == 0


@pytest.mark.parametrize("mistake", ["no file", "a missing file", "a damaged file", "a file without the channel"])
def test_a_file_that_cannot_be_played_ends_the_node_with_a_message(graph, topics, babble, tmp_path, mistake):
    (tmp_path / "damaged.wav").write_bytes(b"RIFF, but no WAV")
    soundfile.write(tmp_path / "mono.wav", babble(0.2), MEDIA_RATE)
    parameters, sentence = {
        "no file": ({}, "no audio file is given"),
        "a missing file": ({"self_file": str(tmp_path / "missing.wav")}, "missing.wav: no such file"),
        "a damaged file": ({"self_file": str(tmp_path / "damaged.wav")}, "damaged.wav: not readable as audio"),
        "a file without the channel": ({"file": str(tmp_path / "mono.wav")}, "channel 1 was asked for, it has 1"),
    }[mistake]
    source = graph.start("audio_file", **parameters)
    assert source.wait() == 2
    assert sentence in source.log
    assert "Traceback" not in source.log


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--params-file", "/nowhere/parameters.yaml"], "Error opening YAML file"),
        (["-p"], "Couldn't parse parameter override rule"),
    ],
)
def test_invalid_ros_arguments_end_a_node_with_a_message(graph, arguments, sentence):
    source = graph.run([sys.executable, "-m", "dystream_ros.nodes.audio_file", "--ros-args", *arguments])
    assert source.wait() == 2
    assert sentence in source.log
    assert "Traceback" not in source.log
