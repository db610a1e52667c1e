"""Paced time: frames, bursts of speech, interruption, images, and errors of audio sources."""

import array
import itertools
import threading
import time

import numpy as np
import pytest
from dystream_ros.msg import AudioChunk, FaceMotion, MotionLayout, StreamStatus
from patience import PATIENCE
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import Trigger

from dystream_ros.face.arkit import ARKIT_NAMES, SPEECH_NAMES
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds, time_message

RATE = 16_000
streams = itertools.count(1)


@pytest.fixture(scope="module")
def head(graph, untrained):
    head = graph.start("head", model=str(untrained), image_width=128, image_height=128)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def motions(graph, head):
    return graph.listen("motion", FaceMotion)


@pytest.fixture(scope="module")
def statuses(graph, head):
    return graph.listen("status", StreamStatus)


@pytest.fixture(scope="module")
def outputs(graph, head):
    return {party: graph.publisher(f"{party}/audio", AudioChunk) for party in ("self", "other")}


def chunk(data, stream, first=0, rate=RATE, channels=1, stamp_ns=0, end=False):
    message = AudioChunk(stream_id=stream, first_sample=first, sample_rate=rate, channels=channels, end_of_stream=end)
    message.data = array.array("h", np.asarray(data, np.int16).tobytes())
    message.header.stamp = time_message(stamp_ns)
    return message


def counted(statuses, name, more_than=0):
    """The counter of this name in the newest status, once it exceeds a value."""

    def value(all_):
        newest = dict(zip(all_[-1].counters, all_[-1].counts)) if all_ else {}
        return newest.get(name, 0) if newest.get(name, 0) > more_than else 0

    return statuses.until(value, f"more than {more_than} of the counter {name}")


def count_now(statuses, name):
    [newest] = statuses.next()
    return dict(zip(newest.counters, newest.counts)).get(name, 0)


def wait_for_silence(statuses):
    """Waits until another source may take over the topic of the other party."""
    have = len(statuses)
    statuses.until(
        lambda all_: any(not status.other_audio.receiving for status in all_[have:]), "the other party to be silent"
    )


def frames_continue(motions, frames=5, timeout=PATIENCE):
    """The next frames have consecutive indices and finite numbers."""
    after = motions.next(frames, timeout)
    assert [frame.frame - after[0].frame for frame in after] == list(range(frames))
    assert all(np.isfinite(frame.values).all() for frame in after)
    return after


def test_without_audio_the_head_publishes_25_frames_per_second(head, motions, statuses):
    frames = motions.next(50)
    begun, ended = (nanoseconds(frame.header.stamp) for frame in (frames[0], frames[-1]))
    assert [frame.frame for frame in frames] == list(range(frames[0].frame, frames[0].frame + 50))
    assert ended - begun == pytest.approx(49 * 40e6, rel=0.002)
    # A microphone without audio is missing; a queued party without speech is not.
    assert {frame.audio_missing for frame in frames} == {FaceMotion.OTHER}
    assert all(nanoseconds(frame.latency) >= 100_000_000 for frame in frames)
    assert counted(statuses, "other_silent")
    head.until_log("other audio has not arrived yet")


def test_the_layout_reaches_late_subscribers_and_describes_the_motion(graph, motions):
    layouts = graph.listen("motion_layout", MotionLayout, qos.latched())
    [layout] = layouts.until(lambda all_: all_[-1:], "the layout")
    [frame] = motions.next()
    assert layout.layout_id == frame.layout_id
    assert layout.names == frame.names == list(ARKIT_NAMES)
    assert len(layout.weights_sha256) == 64
    assert nanoseconds(layout.frame_period) == 40_000_000
    assert nanoseconds(layout.lookahead) == 60_000_000
    graph.forget(layouts)


def test_nothing_is_rendered_without_subscribers_to_images(graph, head, statuses, motions):
    [before] = statuses.next()
    assert before.stage_p50[before.stages.index("rendering")] == 0.0
    images = graph.listen("image", Image, qos.image(True))
    first, second = images.until(lambda all_: len(all_) >= 5 and all_[:2], "five images")
    assert (first.width, first.height, first.encoding, first.step) == (128, 128, "bgr8", 384)
    assert np.frombuffer(first.data, np.uint8).std() > 10
    stamps = {nanoseconds(frame.header.stamp) for frame in motions}
    assert {nanoseconds(image.header.stamp) for image in (first, second)} <= stamps
    jpegs = graph.listen("image/compressed", CompressedImage, qos.image(True))
    [jpeg] = jpegs.until(lambda all_: all_[:1], "a compressed image")
    assert bytes(jpeg.data[:2]) == b"\xff\xd8"
    graph.forget(images)
    graph.forget(jpegs)


def test_speech_that_comes_in_a_burst_is_played_out_in_real_time(graph, motions, outputs, babble):
    aligned = graph.listen("self/audio_aligned", AudioChunk)
    speech, stream, rate = babble(2.0, 22_050), next(streams), 22_050
    for first in range(0, speech.size, 4410):
        outputs["self"].publish(
            chunk(speech[first : first + 4410], stream, first, rate, end=first + 4410 >= speech.size)
        )
    begun = time.monotonic()

    def everything(all_):
        return sum(len(each.data) for each in all_) >= speech.size

    aligned.until(everything, "the whole speech")
    assert time.monotonic() - begun > 1.5
    assert np.array_equal(np.concatenate([each.data for each in aligned]), speech)
    assert {(each.stream_id, each.sample_rate, each.channels) for each in aligned} == {(stream, rate, 1)}
    # Each block of audio is published with its frame.
    shown = {nanoseconds(frame.header.stamp) for frame in motions}
    for each in aligned:
        stamp = nanoseconds(each.header.stamp)
        assert any(frame - 40_000_000 <= stamp <= frame + 40_000_000 for frame in shown)
    assert any(frame.speaking & FaceMotion.SELF for frame in motions)
    graph.forget(aligned)


def test_an_interruption_closes_the_lips_and_drops_queued_audio_of_self_only(graph, motions, statuses, outputs, babble):
    speech, stream = babble(6.0), next(streams)
    for first in range(0, speech.size, 8000):
        outputs["self"].publish(chunk(speech[first : first + 8000], stream, first))
    statuses.until(lambda all_: all_[-1].self_audio.queued > 3.0, "a full queue")
    live = _Live(outputs["other"], babble(2.0, seed=2))
    before = motions[-1].generation
    graph.call("head/interrupt", Trigger, Trigger.Request())
    after = motions.until(
        lambda all_: (new := [m for m in all_ if m.generation > before]) and len(new) > 5 and new, "frames"
    )
    lips = [names.index(name) for names in [after[0].names] for name in SPEECH_NAMES]
    assert np.abs([np.array(frame.values)[lips] for frame in after[1:4]]).max() < 0.05
    statuses.until(lambda all_: all_[-1].self_audio.queued < 0.2 and all_[-1].generation > before, "an empty queue")
    outputs["self"].publish(chunk(speech[:8000], stream, speech.size))
    assert counted(statuses, "self.interrupted")
    motions.until(lambda all_: all_[-1].speaking & FaceMotion.OTHER, "the other party to speak")
    live.join()
    frames_continue(motions)


def test_a_reset_starts_at_frame_zero_and_publishes_its_seed(graph, motions):
    layouts = graph.listen("motion_layout", MotionLayout, qos.latched())
    layouts.until(lambda all_: len(all_) == 1, "the layout")
    before = motions[-1].generation
    assert graph.control("set", "seed", "7").stdout.strip() == "7"
    assert graph.control("reset").returncode == 0
    frames = motions.until(lambda all_: [m for m in all_ if m.generation > before], "a frame after the reset")
    assert frames[0].frame == 0
    assert layouts.until(lambda all_: len(all_) == 2 and all_[-1], "the layout again").seed == 7
    graph.forget(layouts)


class _Live(threading.Thread):
    """Publishes audio as a microphone does: 10 ms after 10 ms, with stamps."""

    def __init__(self, publisher, data, stream=None, **declared):
        super().__init__()
        self._declared = declared
        self._publisher, self._data, self._stream = publisher, data, stream or next(streams)
        self.start()

    def run(self):
        begun, begun_ns = time.monotonic(), time.time_ns()
        for first in range(0, self._data.size, 160):
            time.sleep(max(0.0, begun + (first + 160) / RATE - time.monotonic()))
            stamp_ns = begun_ns + first * 62_500
            index = first // self._declared.get("channels", 1)
            data = self._data[first : first + 160]
            self._publisher.publish(chunk(data, self._stream, index, stamp_ns=stamp_ns, **self._declared))


# The longest goes to the reliable topic: best-effort fragments of two megabytes may be lost.
BAD_CHUNKS = {
    "an impossible rate": ({"data": np.ones(160), "rate": 1}, "other.sample_rate"),
    "a rate of zero": ({"data": np.ones(160), "rate": 0}, "other.sample_rate"),
    "no channels": ({"data": np.ones(160), "channels": 0}, "other.channels"),
    "too many channels": ({"data": np.ones(160), "channels": 200}, "other.channels"),
    "channels that do not divide the data": ({"data": np.ones(161), "channels": 2}, "other.odd_size"),
    "no samples": ({"data": []}, "other.empty"),
    "a chunk of more than a minute": ({"data": np.ones(70 * RATE)}, "self.too_long"),
}


@pytest.mark.parametrize("what", BAD_CHUNKS)
def test_a_bad_chunk_is_refused_with_a_word_and_a_count(head, motions, statuses, outputs, what):
    wrong, counter = BAD_CHUNKS[what]
    before = count_now(statuses, counter)
    party = counter.partition(".")[0]
    outputs[party].publish(chunk(stream=next(streams), **wrong))
    counted(statuses, counter, more_than=before)
    head.until_log(f"/{party}/audio: ")
    frames_continue(motions)


def test_chunks_of_one_sample_and_of_ten_seconds_are_accepted(motions, statuses, outputs, babble):
    before = statuses.next()[0]
    speech, stream = babble(10.0), next(streams)
    for first in range(200):
        outputs["self"].publish(chunk(speech[first : first + 1], stream, first))
    outputs["self"].publish(chunk(speech[200:], stream, 200, end=True))
    statuses.until(
        lambda all_: all_[-1].self_audio.samples == before.self_audio.samples + speech.size,
        "all samples to be accepted",
    )
    frames_continue(motions)


def test_an_index_that_jumps_repeats_or_goes_back_is_counted(head, motions, statuses, outputs, babble):
    speech, stream = babble(4.0), next(streams)
    wait_for_silence(statuses)
    before = statuses.next()[0].other_audio
    _Live(outputs["other"], speech[:8000], stream).join()
    for first in (8320, 8320, 160):
        outputs["other"].publish(chunk(speech[first : first + 160], stream, first))
    after = statuses.until(
        lambda all_: (now := all_[-1].other_audio).gap > before.gap and now.overlap > before.overlap and now,
        "a gap and an overlap",
    )
    assert after.gap - before.gap >= 320
    head.until_log("samples before it are missing")
    head.until_log("samples had arrived already")
    frames_continue(motions)


def test_stamps_reveal_a_wrong_rate_or_number_of_channels(head, motions, statuses, outputs, babble):
    for declared in ({"rate": 3 * RATE}, {"channels": 2}):
        wait_for_silence(statuses)
        before = count_now(statuses, "other.stamps_apart")
        _Live(outputs["other"], babble(1.0), **declared).join()
        counted(statuses, "other.stamps_apart", more_than=before)
    head.until_log("or its rate or channels are wrong")
    frames_continue(motions)


def test_a_second_source_on_a_topic_is_refused_and_a_restarted_one_is_accepted(
    head, motions, statuses, outputs, babble
):
    speech = babble(2.0)
    wait_for_silence(statuses)
    first = _Live(outputs["other"], speech)
    before = count_now(statuses, "other.second_source")
    outputs["other"].publish(chunk(speech[:160], next(streams)))
    counted(statuses, "other.second_source", more_than=before)
    head.until_log("stop one of the two sources")
    first.join()
    wait_for_silence(statuses)
    restarted = next(streams)
    _Live(outputs["other"], speech, restarted).join()
    statuses.until(lambda all_: all_[-1].other_audio.stream_id == restarted, "the restarted source")
    frames_continue(motions)


def test_two_publishers_on_a_topic_are_reported(graph, head, statuses, motions, outputs):
    second = graph.publisher("other/audio", AudioChunk)
    statuses.until(lambda all_: all_[-1].other_audio.publishers == 2, "two publishers")
    head.until_log("one party has one source")
    graph.node.destroy_publisher(second)
    statuses.until(lambda all_: all_[-1].other_audio.publishers == 1, "one publisher")
    frames_continue(motions)


def test_stamps_of_zero_and_jumps_by_an_hour_have_no_effect(motions, statuses, outputs, babble):
    speech, stream = babble(1.5), next(streams)
    wait_for_silence(statuses)
    hour = 3_600_000_000_000
    before = statuses.next()[0].other_audio.samples
    begun = time.monotonic()
    for first in range(0, speech.size, 160):
        time.sleep(max(0.0, begun + first / RATE - time.monotonic()))
        jump = (0, hour, -hour)[first * 3 // speech.size]
        stamp = time.time_ns() + jump if first > 4000 else 0
        outputs["other"].publish(chunk(speech[first : first + 160], stream, first, stamp_ns=stamp))
    statuses.until(
        lambda all_: all_[-1].other_audio.samples >= before + 0.95 * speech.size, "most samples to be accepted"
    )
    frames_continue(motions)


def test_the_face_moves_while_a_party_is_silent_for_a_quarter_of_a_minute(head, motions, statuses, outputs, babble):
    stream = next(streams)
    _Live(outputs["other"], babble(0.5), stream).join()
    statuses.until(lambda all_: not all_[-1].other_audio.receiving, "the party to be silent")
    before = statuses[-1].other_audio.samples
    frames = frames_continue(motions, 15 * 25)
    assert counted(statuses, "other_silent")
    head.until_log("other audio ")
    assert np.std([frame.values for frame in frames[-50:]], axis=0).max() > 0
    assert not any(frame.speaking for frame in frames[-10:])
    speech = babble(0.5)
    start, begun_ns = 16 * RATE, time.time_ns()
    for first in range(0, speech.size, 160):
        stamp_ns = begun_ns + first * 62_500
        outputs["other"].publish(chunk(speech[first : first + 160], stream, start + first, stamp_ns=stamp_ns))
    statuses.until(lambda all_: all_[-1].other_audio.samples > before, "audio of the party")
    frames_continue(motions)


def test_a_channel_that_carries_what_the_robot_plays_is_named(head, statuses, outputs, babble):
    wait_for_silence(statuses)
    speech, stream = babble(9.0, seed=8), next(streams)
    outputs["self"].publish(chunk(speech, next(streams), end=True))
    # A microphone array: its last channel is the signal of the loudspeaker, 0.2 s later.
    played = np.concatenate([np.zeros(int(0.2 * RATE), np.int16), speech])
    noise = np.random.default_rng(0).integers(-300, 300, (played.size, 2), np.int16)
    array_ = np.column_stack([noise, played])
    begun = time.monotonic()
    for first in range(0, len(speech), 640):
        if "carries what the robot itself plays" in head.log:
            break
        time.sleep(max(0.0, begun + first / RATE - time.monotonic()))
        outputs["other"].publish(chunk(array_[first : first + 640].reshape(-1), stream, first, channels=3))
    assert counted(statuses, "playback_heard") == 1
    assert "other audio: channel 2 of its 3 channels carries what the robot itself plays" in head.log
    assert "other_channel:=0" in head.log


def test_a_best_effort_publisher_is_received(graph, motions, statuses, outputs, babble):
    graph.node.destroy_publisher(outputs.pop("self"))
    stream = next(streams)
    profile = QoSProfile(depth=50, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    microphone = graph.publisher("self/audio", AudioChunk, profile)
    _Live(microphone, babble(0.5), stream).join()
    statuses.until(lambda all_: all_[-1].self_audio.stream_id == stream, "the microphone")
    graph.node.destroy_publisher(microphone)
    frames_continue(motions)


def test_an_unknown_message_type_is_reported(graph, head, motions, outputs):
    for publisher in outputs.values():
        graph.node.destroy_publisher(publisher)
    with graph.stranger() as stranger:
        stranger.create_publisher(CompressedImage, "self/audio", 1)
        head.until_log("carries sensor_msgs/msg/CompressedImage; accepted is dystream_ros/msg/AudioChunk")
    frames_continue(motions)
    assert head.running
