"""The speaker node on a real sound server without hardware."""

import array
import json
import sys
import time

import numpy as np
import peer_source
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import AudioChunk, UtteranceEvent
from peer_messages import overlay
from sound_server import SoundServer, similarity

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.common import qos


@pytest.fixture(scope="module")
def server(tmp_path_factory, graph):
    with SoundServer(tmp_path_factory.mktemp("sound")) as server:
        graph.environment.update(server.environment)
        yield server


def publish_in_real_time(publisher, speech):
    begun = time.monotonic()
    for first in range(0, speech.size, 640):
        time.sleep(max(0.0, begun + first / MEDIA_RATE - time.monotonic()))
        chunk = AudioChunk(stream_id=1, first_sample=first, sample_rate=MEDIA_RATE, channels=1)
        chunk.data = array.array("h", speech[first : first + 640].tobytes())
        chunk.end_of_stream = first + 640 >= speech.size
        publisher.publish(chunk)


def test_the_speaker_plays_a_topic(graph, server, babble, tmp_path):
    speaker = graph.start("speaker", device="fakespeaker", remap={"audio": "words"})
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("words", AudioChunk, qos.audio_publisher())
    speech = babble(3.0)
    file = tmp_path / "played.wav"
    recording = server.open(
        "parecord",
        "--device=fakespeaker.monitor",
        f"--rate={MEDIA_RATE}",
        "--channels=1",
        "--format=s16le",
        "--file-format=wav",
        str(file),
    )
    graph.until(lambda: file.exists() and file.stat().st_size > 1000, "the recording to begin")
    publish_in_real_time(words, speech)
    size = file.stat().st_size
    graph.until(lambda: file.stat().st_size > size + 2 * MEDIA_RATE, "another second of the recording")
    recording.terminate()
    recording.wait()
    played = np.frombuffer(file.read_bytes()[44:], np.int16)
    assert similarity(played, speech) > 0.9
    assert speaker.stop() == 0


OTHERS = {
    "ros_drivers": {"type": "audio_common_msgs/msg/AudioData", "chunk": 30_000},
    "mgonzs13": {"type": "audio_common_msgs/msg/AudioStamped", "chunk": 15_000, "sample_format": 8},
}


@pytest.mark.parametrize("package", OTHERS)
def test_the_messages_of_others_are_played_at_their_rate(graph, server, babble, tmp_path, package):
    peers = overlay(package)
    np.save(tmp_path / "speech.npy", babble(20.0, rate=22_050))
    options = OTHERS[package] | {"file": str(tmp_path / "speech.npy"), "topic": f"{package}/audio", "rate": 22_050}
    names = {"audio": options["topic"], "__node": package}
    speaker = graph.start("speaker", device="fakespeaker", audio_rate=22_050, remap=names, overlay=peers)
    speaker.until_log("playing on 'fakespeaker'")
    health = graph.listen("/diagnostics", DiagnosticArray)
    source = graph.run([sys.executable, peer_source.__file__, json.dumps(options)], overlay=peers)
    # All of it waits at once. Read at 16 kHz, it would be 27.6 s.
    longest = health.until(lambda all_: (most := max(queued(all_, package), default=0.0)) > 14.0 and most, "a queue")
    assert longest < 20.1
    health.until(lambda all_: queued(all_, package)[-1] < longest - 1.0, "a second of it to be played")
    assert (speaker.stop(), source.stop()) == (0, 0)
    graph.forget(health)


def queued(messages, node):
    """Seconds that wait in a speaker, by its diagnostics, in order."""
    own = [status for each in messages for status in each.status if status.name.startswith(f"/{node}:")]
    return [float({each.key: each.value for each in status.values}["queued [s]"]) for status in own]


def test_an_interruption_silences_what_waits_and_not_what_follows(graph, server, babble, tmp_path):
    names = {"audio": "cut/words", "self/utterance": "cut/utterance", "__node": "cut"}
    speaker = graph.start("speaker", device="fakespeaker", remap=names)
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("cut/words", AudioChunk, qos.audio_publisher())
    events = graph.publisher("cut/utterance", UtteranceEvent, qos.events())
    health = graph.listen("/diagnostics", DiagnosticArray)

    def waits(messages):
        return (queued(messages, "cut") or [None])[-1]

    chunk = AudioChunk(stream_id=1, sample_rate=MEDIA_RATE, channels=1)
    chunk.data = array.array("h", babble(30.0).tobytes())
    words.publish(chunk)
    health.until(lambda all_: (waits(all_) or 0.0) > 20.0, "speech that waits")
    events.publish(UtteranceEvent(event=UtteranceEvent.ENDED, stream_id=1))
    answer = AudioChunk(stream_id=2, sample_rate=MEDIA_RATE, channels=1, data=array.array("h", babble(8.0).tobytes()))
    words.publish(answer)
    health.until(lambda all_: (waits(all_) or 0.0) > 28.0, "the answer behind it")
    events.publish(UtteranceEvent(event=UtteranceEvent.INTERRUPTED, stream_id=1))
    have = len(health)
    health.until(lambda all_: 2.0 < (waits(all_[have:]) or 0.0) < 8.1, "only the answer to wait")
    events.publish(UtteranceEvent(event=UtteranceEvent.INTERRUPTED, stream_id=2))
    health.until(lambda all_: waits(all_[have:]) == 0.0, "silence")
    assert speaker.stop() == 0
    graph.forget(health)


def test_the_sound_waits_longer_for_a_slow_screen(graph, server):
    names = {"audio": "slow/words", "__node": "slow"}
    speaker = graph.start("speaker", device="fakespeaker", sync_offset_ms=300.0, remap=names)
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("slow/words", AudioChunk, qos.audio_publisher())
    health = graph.listen("/diagnostics", DiagnosticArray)

    def waits(messages):
        return [each > 0.25 for each in queued(messages, "slow")]

    # Less than the 60 ms of the buffer and the offset: playback does not begin.
    words.publish(AudioChunk(stream_id=1, sample_rate=MEDIA_RATE, channels=1, data=array.array("h", [9] * 5000)))
    health.until(lambda all_: waits(all_)[-2:] == [True, True], "sound that still waits a second later")
    assert speaker.stop() == 0
    graph.forget(health)


def test_a_sound_that_cannot_be_played_so_early_is_reported(graph, server):
    early = graph.start("speaker", device="fakespeaker", sync_offset_ms=-200.0, remap={"__node": "early"})
    early.until_log("the sound is played 55 ms earlier")
    assert early.stop() == 0
