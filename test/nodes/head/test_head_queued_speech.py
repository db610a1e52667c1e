"""A running head and the simplest text-to-speech publishers: their speech is heard, and they learn when it is over."""

import array
import itertools
import threading
import time

import numpy as np
import pytest
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus
from std_srvs.srv import Trigger

RATE = 16_000
CHUNK = 1600
streams = itertools.count(1)


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), images=False, queue_limit=10.0)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def statuses(graph, head):
    statuses = graph.listen("status", StreamStatus)
    statuses.next()
    return statuses


@pytest.fixture(scope="module")
def speech(graph, head):
    return graph.publisher("self/audio", AudioChunk)


@pytest.fixture
def aligned(graph, head, statuses):
    """The aligned audio, from when nothing of another test waits or stays interrupted."""
    have = len(statuses)
    statuses.until(
        lambda all_: len(all_) > have and all_[-1].self_audio.queued == 0.0 and not all_[-1].self_audio.receiving,
        "silence",
    )
    heard = graph.listen("self/audio_aligned", AudioChunk)
    graph.until(lambda: graph.node.count_publishers("self/audio_aligned"), "the aligned audio")
    yield heard
    graph.forget(heard)


def say(publisher, samples, stream, first=None, end=False) -> None:
    """Publish int16 samples in chunks of 100 ms as fast as they are made; without `first` each begins at sample 0."""
    for at in range(0, len(samples), CHUNK):
        message = AudioChunk(stream_id=stream, sample_rate=RATE, channels=1)
        message.first_sample = 0 if first is None else first + at
        message.data = array.array("h", samples[at : at + CHUNK].tobytes())
        message.end_of_stream = end and at + CHUNK >= len(samples)
        publisher.publish(message)


def counter(statuses, name: str) -> int:
    newest = statuses[-1]
    return dict(zip(newest.counters, newest.counts, strict=True)).get(name, 0)


def played(aligned) -> np.ndarray:
    return np.concatenate([np.asarray(each.data, np.int16) for each in aligned] or [np.zeros(0, np.int16)])


def ends_with(aligned, samples) -> bool:
    heard = played(aligned)
    return len(heard) >= len(samples) and np.array_equal(heard[-len(samples) :], samples)


def interrupt(graph, statuses) -> None:
    before = statuses.next()[-1].generation
    assert graph.call("head/interrupt", Trigger, Trigger.Request()).success
    statuses.until(lambda all_: all_[-1].generation > before and all_[-1].self_audio.queued == 0.0, "an empty queue")


def test_a_node_with_one_stream_and_no_ends_speaks_again_after_an_interrupt(graph, statuses, speech, aligned, babble):
    stream, answer = next(streams), babble(1.0, seed=2)
    say(speech, babble(4.0), stream, first=0)
    statuses.until(lambda all_: all_[-1].self_audio.queued > 2.0, "speech that waits")
    interrupt(graph, statuses)
    refused = statuses[-1].self_audio.rejected
    say(speech, babble(1.0, seed=3), stream, first=4 * RATE)
    statuses.until(lambda all_: all_[-1].self_audio.rejected == refused + RATE, "the rest to be refused")
    time.sleep(0.6)  # the pause of the source
    say(speech, answer, stream, first=5 * RATE)
    aligned.until(lambda all_: ends_with(all_, answer), "the answer")
    assert statuses[-1].self_audio.stream_id == stream


def test_a_stream_for_each_sentence_without_ends_is_spoken_sentence_by_sentence(statuses, speech, aligned, babble):
    sentences = [babble(0.6, seed=seed) for seed in range(3)]
    for sentence in sentences:
        say(speech, sentence, next(streams), first=0)
        time.sleep(0.1)
    whole = np.concatenate(sentences)
    aligned.until(lambda all_: len(played(all_)) >= len(whole), "three sentences")
    np.testing.assert_array_equal(played(aligned), whole)
    assert counter(statuses, "self.second_source") == 0


def test_chunks_that_all_begin_at_sample_0_are_spoken_one_after_the_other(head, statuses, speech, aligned, babble):
    sentence, stream = babble(1.0, seed=4), next(streams)
    # A chunk that is digital silence cannot be told from a repeat before the source is known.
    sentence = np.where(sentence == 0, 1, sentence).astype(np.int16) + np.arange(len(sentence), dtype=np.int16) // CHUNK
    say(speech, sentence, stream)
    aligned.until(lambda all_: len(played(all_)) >= len(sentence), "the whole sentence")
    np.testing.assert_array_equal(played(aligned), sentence)
    firsts = [each.first_sample for each in aligned if len(each.data)]
    assert firsts == list(np.cumsum([0, *[len(each.data) for each in aligned if len(each.data)][:-1]]))
    head.until_log("first_sample does not advance")


def test_an_interrupted_utterance_ends_once_on_the_aligned_audio(graph, statuses, speech, aligned, babble):
    stream = next(streams)
    say(speech, babble(4.0), stream, first=0, end=True)
    aligned.until(lambda all_: len(played(all_)) > RATE // 2, "the beginning")
    interrupt(graph, statuses)
    aligned.until(lambda all_: any(each.end_of_stream for each in all_), "the end")
    after = babble(0.5, seed=5)
    say(speech, after, next(streams), first=0, end=True)
    aligned.until(lambda all_: ends_with(all_, after) and all_[-1].end_of_stream, "the next utterance")
    assert [each.stream_id for each in aligned if each.end_of_stream] == [stream, stream + 1]


def test_a_full_queue_is_reported_with_what_was_lost(graph, head, statuses, speech, babble):
    before = statuses.next()[-1].self_audio
    say(speech, babble(30.0), next(streams), first=0, end=True)
    status = statuses.until(
        lambda all_: (
            ((party := all_[-1].self_audio).samples + party.rejected == before.samples + before.rejected + 30 * RATE)
            and all_[-1]
        ),
        "all of it accepted or refused",
    )
    assert status.self_audio.rejected > before.rejected
    assert status.self_audio.queued == pytest.approx(11.0, abs=1.5)
    assert counter(statuses, "self.queue_high") == 1
    assert counter(statuses, "self.queue_full_samples") == status.self_audio.rejected - before.rejected
    head.until_log("the queue is nearly full")
    head.until_log("lost so far")
    interrupt(graph, statuses)


def test_a_microphone_as_queued_self_is_heard_again_after_an_interrupt(graph, statuses, speech, aligned, babble):
    stopped = threading.Event()
    sound, stream = babble(20.0, seed=6), next(streams)

    def record() -> None:
        begun, begun_ns = time.monotonic(), time.time_ns()
        for first in range(0, len(sound), 160):
            if stopped.wait(max(0.0, begun + (first + 160) / RATE - time.monotonic())):
                return
            message = AudioChunk(stream_id=stream, first_sample=first, sample_rate=RATE, channels=1)
            message.data = array.array("h", sound[first : first + 160].tobytes())
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(begun_ns + first * 62_500, 10**9)
            speech.publish(message)

    thread = threading.Thread(target=record)
    thread.start()
    try:
        aligned.until(lambda all_: len(played(all_)) > RATE // 2, "the microphone")
        assert graph.call("head/interrupt", Trigger, Trigger.Request()).success
        aligned.until(lambda all_: any(each.end_of_stream for each in all_), "the forced end")
        have = len(aligned)
        aligned.until(lambda all_: len(played(all_[have:])) > RATE, "the microphone again")
    finally:
        stopped.set()
        thread.join()


def test_motion_went_on_through_all_of_it(graph, head):
    motions = graph.listen("motion", FaceMotion)
    frames = motions.next(25)
    assert [frame.frame - frames[0].frame for frame in frames] == list(range(25))
    assert head.running
    graph.forget(motions)
