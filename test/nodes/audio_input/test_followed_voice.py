"""A head hears the voice of ros4hri that speaks, also when its id changes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from dystream_ros.msg import StreamStatus
from peer_messages import overlay

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.audio_input import followed_voice
from dystream_ros.nodes.audio_input.followed_voice import FollowedVoice

PEER = Path(__file__).parents[2] / "shared" / "peer_voices.py"
SECONDS = 1.0


def test_a_voice_whose_id_changes_is_heard_on(graph, tmp_path, babble):
    packages = [overlay("ros_drivers"), overlay("ros4hri")]
    peers = {name: f"{packages[0][name]}:{packages[1][name]}" for name in packages[0]}
    np.save(tmp_path / "voice.npy", babble(SECONDS))
    head = graph.start("head", images=False, other_voices="/humans", overlay=peers)
    head.until_log("active")
    statuses = graph.listen("status", StreamStatus)
    speaker = graph.run([sys.executable, str(PEER), str(tmp_path / "voice.npy")], overlay=peers)

    def heard(count):
        wanted = 0.9 * count * SECONDS * 16_000
        statuses.until(lambda all_: all_ and all_[-1].other_audio.samples >= wanted, "audio")
        return statuses[-1].other_audio

    assert heard(1).source_type == "audio_common_msgs/msg/AudioData"
    head.until_log("hearing the voice 'second'")
    assert heard(2).source_type == "audio_common_msgs/msg/AudioData"
    speaker.until_log("second has spoken")
    status = statuses.next()[-1]
    assert dict(zip(status.counters, status.counts)).get("second_source", 0) == 0
    assert "hearing the voice 'quiet'" not in head.log.partition("hearing the voice 'first'")[2]


class _Node:
    def __init__(self):
        self.subscriptions = {}

    def create_subscription(self, kind, topic, take, profile):
        self.subscriptions[topic] = take
        return topic

    def destroy_subscription(self, topic):
        del self.subscriptions[topic]

    def get_logger(self):
        return SimpleNamespace(info=lambda text: None)


class _Input:
    def __init__(self, topic, receive):
        self.topic, self.receive, self.open = topic, receive, True
        self.publishers, self.source_type = 1, "audio_common_msgs/msg/AudioData"

    def watch_publishers(self):
        pass

    def close(self):
        self.open = False


@pytest.fixture
def followed(monkeypatch):
    """A followed voice, its node, the inputs that it opened, and the blocks that it passed on."""
    monkeypatch.setattr(followed_voice, "message_class", lambda name, *fields: name)
    inputs, blocks, node = [], [], _Node()

    def open_input(topic, receive):
        inputs.append(_Input(topic, receive))
        return inputs[-1]

    return FollowedVoice(node, "/humans/", open_input, blocks.append), node, inputs, blocks


def test_the_voice_that_speaks_is_chosen_and_the_stream_of_the_old_one_ends(followed):
    voice, node, inputs, blocks = followed

    def track(*ids):
        node.subscriptions["/humans/voices/tracked"](SimpleNamespace(ids=ids))

    def speak(each, now):
        node.subscriptions[f"/humans/voices/{each}/is_speaking"](SimpleNamespace(data=now))

    assert (voice.topic, voice.publishers, voice.source_type) == ("/humans/voices/tracked", 0, "")
    track("ann", "bob")
    assert voice.topic == "/humans/voices/ann/audio"
    speak("bob", True)
    assert voice.topic == "/humans/voices/bob/audio"
    assert [each.open for each in inputs] == [False, True]
    inputs[-1].receive(AudioBlock(7, 100, 16_000, 1, None, np.zeros(320, np.int16)))
    speak("ann", True)  # both speak: the present voice is kept
    assert voice.topic == "/humans/voices/bob/audio"
    track("ann", "bob")
    speak("ann", False)
    track("ann", "bob_again")  # the same person, with another id: not the one who was there and silent
    assert voice.topic == "/humans/voices/bob_again/audio"
    assert [(each.stream_id, each.first_sample, each.end_of_stream) for each in blocks] == [
        (7, 100, False),
        (7, 420, True),
    ]
    track()  # nobody is tracked: the last words of the voice are still heard
    assert inputs[-1].open
    assert set(node.subscriptions) == {"/humans/voices/tracked"}
    voice.close()
    assert not node.subscriptions
    assert not any(each.open for each in inputs)


def test_a_voice_whose_audio_is_refused_hinders_neither_a_change_nor_the_end(monkeypatch):
    monkeypatch.setattr(followed_voice, "message_class", lambda name, *fields: name)
    inputs, node = [], _Node()

    def refuse(block):
        raise AudioRejected("format", "0 channels")

    def open_input(topic, receive):
        inputs.append(_Input(topic, receive))
        return inputs[-1]

    voice = FollowedVoice(node, "/humans", open_input, refuse)
    for tracked in ("ann", "bob"):
        node.subscriptions["/humans/voices/tracked"](SimpleNamespace(ids=[tracked]))
        with pytest.raises(AudioRejected):  # as its input reports it
            inputs[-1].receive(AudioBlock(7, 0, 0, 0, None, np.zeros(320, np.int16)))
    assert voice.topic == "/humans/voices/bob/audio"
    voice.close()
    assert not any(each.open for each in inputs)
    assert not node.subscriptions


def test_an_end_that_is_refused_is_no_failure(followed):
    voice, node, inputs, blocks = followed

    def take(block):
        if block.end_of_stream:
            raise AudioRejected("interrupted", "the rest of the stream is dropped")
        blocks.append(block)

    voice._receive = take
    node.subscriptions["/humans/voices/tracked"](SimpleNamespace(ids=["ann"]))
    inputs[-1].receive(AudioBlock(7, 0, 16_000, 1, None, np.zeros(320, np.int16)))
    voice.close()
    assert not any(each.open for each in inputs)
