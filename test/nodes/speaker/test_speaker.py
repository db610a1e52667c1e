"""The speaker node on a real sound server without hardware."""

import array
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import AudioChunk, UtteranceEvent
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


def test_an_interruption_silences_what_waits_and_not_what_follows(graph, server, babble, tmp_path):
    names = {"audio": "cut/words", "self/utterance": "cut/utterance", "__node": "cut"}
    speaker = graph.start("speaker", device="fakespeaker", remap=names)
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("cut/words", AudioChunk, qos.audio_publisher())
    events = graph.publisher("cut/utterance", UtteranceEvent, qos.events())
    health = graph.listen("/diagnostics", DiagnosticArray)

    def queued(messages):
        own = [status for each in messages for status in each.status if status.name.startswith("/cut:")]
        return float({each.key: each.value for each in own[-1].values}["queued [s]"]) if own else None

    chunk = AudioChunk(stream_id=1, sample_rate=MEDIA_RATE, channels=1)
    chunk.data = array.array("h", babble(30.0).tobytes())
    words.publish(chunk)
    health.until(lambda all_: (queued(all_) or 0.0) > 20.0, "speech that waits")
    events.publish(UtteranceEvent(event=UtteranceEvent.ENDED, stream_id=1))
    answer = AudioChunk(stream_id=2, sample_rate=MEDIA_RATE, channels=1, data=array.array("h", babble(8.0).tobytes()))
    words.publish(answer)
    health.until(lambda all_: (queued(all_) or 0.0) > 28.0, "the answer behind it")
    events.publish(UtteranceEvent(event=UtteranceEvent.INTERRUPTED, stream_id=1))
    have = len(health)
    health.until(lambda all_: 2.0 < (queued(all_[have:]) or 0.0) < 8.1, "only the answer to wait")
    events.publish(UtteranceEvent(event=UtteranceEvent.INTERRUPTED, stream_id=2))
    health.until(lambda all_: queued(all_[have:]) == 0.0, "silence")
    assert speaker.stop() == 0
    graph.forget(health)


def test_the_sound_waits_longer_for_a_slow_screen(graph, server):
    names = {"audio": "slow/words", "__node": "slow"}
    speaker = graph.start("speaker", device="fakespeaker", sync_offset_ms=300.0, remap=names)
    speaker.until_log("playing on 'fakespeaker'")
    words = graph.publisher("slow/words", AudioChunk, qos.audio_publisher())
    health = graph.listen("/diagnostics", DiagnosticArray)

    def waits(messages):
        own = [status for each in messages for status in each.status if status.name.startswith("/slow:")]
        return [float({each.key: each.value for each in status.values}["queued [s]"]) > 0.25 for status in own]

    # Less than the 60 ms of the buffer and the offset: playback does not begin.
    words.publish(AudioChunk(stream_id=1, sample_rate=MEDIA_RATE, channels=1, data=array.array("h", [9] * 5000)))
    health.until(lambda all_: waits(all_)[-2:] == [True, True], "sound that still waits a second later")
    assert speaker.stop() == 0
    graph.forget(health)


def test_a_sound_that_cannot_be_played_so_early_is_reported(graph, server):
    early = graph.start("speaker", device="fakespeaker", sync_offset_ms=-200.0, remap={"__node": "early"})
    early.until_log("the sound is played 55 ms earlier")
    assert early.stop() == 0
