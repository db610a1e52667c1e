"""A running head says when an utterance begins, was shown to its end, and was cut off."""

import array

import numpy as np
import pytest
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus, UtteranceEvent
from std_srvs.srv import Trigger

RATE = 16_000
BEGAN, ENDED, INTERRUPTED = UtteranceEvent.BEGAN, UtteranceEvent.ENDED, UtteranceEvent.INTERRUPTED


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), images=False)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def speech(graph, head):
    return graph.publisher("self/audio", AudioChunk)


@pytest.fixture
def events(graph, head):
    events = graph.listen("self/utterance", UtteranceEvent)
    graph.until(lambda: graph.node.count_publishers("self/utterance"), "the events")
    yield events
    graph.forget(events)


def say(publisher, samples, stream):
    """Publish an utterance in chunks of 100 ms, at once."""
    for first in range(0, len(samples), 1600):
        chunk = AudioChunk(stream_id=stream, first_sample=first, sample_rate=RATE, channels=1)
        chunk.data = array.array("h", samples[first : first + 1600].tobytes())
        chunk.end_of_stream = first + 1600 >= len(samples)
        publisher.publish(chunk)


def seconds(message):
    return message.sec + message.nanosec / 1e9


def test_a_burst_of_speech_begins_once_and_is_over_with_the_frame_of_its_last_sample(graph, speech, events, babble):
    motions, aligned = graph.listen("motion", FaceMotion), graph.listen("self/audio_aligned", AudioChunk)
    motions.next()
    say(speech, babble(1.3), 11)
    events.until(lambda all_: len(all_) == 2, "begin and end")
    began, ended = events
    assert (began.event, began.stream_id, began.sample, seconds(began.position)) == (BEGAN, 11, 0, 0.0)
    assert (ended.event, ended.stream_id, ended.sample) == (ENDED, 11, round(1.3 * RATE))
    assert seconds(ended.position) == pytest.approx(1.3)
    assert seconds(ended.header.stamp) - seconds(began.header.stamp) == pytest.approx(1.3, abs=0.001)
    aligned.until(lambda all_: all_ and all_[-1].end_of_stream, "the last sample")
    motions.until(lambda all_: all_[-1].frame >= ended.frame, "the frame of the end")
    [frame] = [each for each in motions if each.frame == ended.frame]
    # The frame of the end holds the last sample.
    assert 0 < seconds(ended.header.stamp) - seconds(frame.header.stamp) <= 0.0401
    graph.forget(motions)
    graph.forget(aligned)


def test_an_interruption_is_published_with_the_next_frame_and_the_position(graph, speech, events, babble):
    status = graph.listen("status", StreamStatus)
    say(speech, babble(4.0), 12)
    say(speech, babble(2.0), 13)
    events.until(lambda all_: all_, "the begin")
    status.until(lambda all_: all_ and all_[-1].self_audio.queued > 3.0, "speech that waits")
    motions = graph.listen("motion", FaceMotion)
    motions.next()
    assert graph.call("head/interrupt", Trigger, Trigger.Request()).success
    events.until(lambda all_: len(all_) == 3, "both interruptions")
    cut, waiting = events[1:]
    assert [(each.event, each.stream_id) for each in (cut, waiting)] == [(INTERRUPTED, 12), (INTERRUPTED, 13)]
    assert cut.sample == round(seconds(cut.position) * RATE)
    assert 0 < cut.sample < 4 * RATE
    assert (waiting.sample, seconds(waiting.position)) == (0, 0.0)
    motions.until(lambda all_: all_[-1].generation == cut.generation, "a frame of the new generation")
    first = next(each for each in motions if each.generation == cut.generation)
    assert cut.frame == first.frame
    graph.forget(motions)
    graph.forget(status)


def test_every_sample_before_the_event_was_sent_to_the_player(graph, speech, events, babble):
    aligned = graph.listen("self/audio_aligned", AudioChunk)
    graph.until(lambda: graph.node.count_publishers("self/audio_aligned"), "the aligned audio")
    say(speech, babble(4.0), 14)
    aligned.until(lambda all_: sum(len(each.data) for each in all_) > RATE, "a second of speech")
    assert graph.call("head/interrupt", Trigger, Trigger.Request()).success
    events.until(lambda all_: all_[-1:] and all_[-1].event == INTERRUPTED, "the interruption")
    aligned.until(lambda all_: all_[-1].end_of_stream, "the end")
    assert events[-1].sample == sum(len(each.data) for each in aligned)
    np.testing.assert_array_equal(np.concatenate([each.data for each in aligned]), babble(4.0)[: events[-1].sample])
    graph.forget(aligned)


@pytest.mark.parametrize("ramp", [0.0, 1.0])
def test_speech_that_is_cut_by_a_deactivation_is_interrupted_before_the_face_is_neutral(
    graph, head, speech, events, babble, ramp
):
    aligned = graph.listen("self/audio_aligned", AudioChunk)
    assert graph.set("head", "neutral_ramp", ramp).successful
    graph.until(lambda: graph.node.count_publishers("self/audio_aligned"), "the aligned audio")
    streams = [20 + int(ramp), 30 + int(ramp)]
    for stream in streams:
        say(speech, babble(4.0), stream)
    events.until(lambda all_: all_, "the begin")
    assert graph.control("deactivate").returncode == 0
    events.until(lambda all_: len(all_) == 3, "both interruptions")
    assert [(each.event, each.stream_id) for each in events[1:]] == [(INTERRUPTED, stream) for stream in streams]
    assert 0 < events[1].sample < 4 * RATE
    aligned.until(lambda all_: sum(each.end_of_stream for each in all_) == 2, "the ends, for a player")
    assert graph.control("activate").returncode == 0
    say(speech, babble(0.5), 40 + int(ramp))
    events.until(lambda all_: all_[-1].event == ENDED, "the next utterance")
    assert [each.stream_id for each in events[3:]] == [40 + int(ramp)] * 2
    graph.forget(aligned)
