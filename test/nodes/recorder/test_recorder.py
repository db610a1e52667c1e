"""The recorder node: a complete video with picture and sound in sync, and the motion beside it."""

import array
import csv
import signal
import threading
import time

import av
import numpy as np
import pytest
from dystream_ros.msg import AudioChunk, FaceMotion
from sensor_msgs.msg import Image

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message

SECONDS, PERIOD = 4, 40_000_000
# A flash and a beep at the same instant; the images of two instants are not published.
SIGNAL, MISSING = 2.0, (1.0, 1.04)


class Conversation(threading.Thread):
    """Publishes images, motion and both audio topics in real time, the images 160 ms late, as a head does.

    Unlike those of a head, its publishers keep everything: a recorder that a busy machine delays still gets it.
    """

    def __init__(self, graph, prefix, end):
        super().__init__()
        self._end = end
        self._image = graph.publisher(f"{prefix}/image", Image)
        self._motion = graph.publisher(f"{prefix}/motion", FaceMotion)
        self._audio = {party: graph.publisher(f"{prefix}/{party}/audio", AudioChunk) for party in ("self", "other")}
        self.start()

    def run(self):
        begun, begun_ns = time.monotonic(), time.time_ns()
        for index in range(SECONDS * 25 + 4):
            time.sleep(max(0.0, begun + index * 0.04 - time.monotonic()))
            if index < SECONDS * 25:
                self._publish_audio(index, begun_ns)
            if index >= 4:
                self._publish_image(index - 4, begun_ns)

    def _publish_audio(self, index, begun_ns):
        instant = index * 0.04
        beep = 20_000 * np.sin(2 * np.pi * 1000 * np.arange(640) / MEDIA_RATE) * (instant == SIGNAL)
        for party, publisher in self._audio.items():
            chunk = AudioChunk(stream_id=5, first_sample=index * 640, sample_rate=MEDIA_RATE, channels=1)
            chunk.end_of_stream = self._end and index == SECONDS * 25 - 1
            chunk.data = array.array("h", (beep if party == "self" else 0 * beep).astype(np.int16).tobytes())
            chunk.header.stamp = time_message(begun_ns + index * PERIOD)
            publisher.publish(chunk)

    def _publish_image(self, index, begun_ns):
        stamp, instant = time_message(begun_ns + index * PERIOD), index * 0.04
        motion = FaceMotion(frame=index, names=["jawOpen"], values=[index / 100])
        motion.header.stamp = stamp
        motion.head_pose.orientation.w = 1.0
        self._motion.publish(motion)
        if round(instant, 2) in MISSING:
            return
        shade = 255 if instant == SIGNAL else 40
        image = Image(height=64, width=96, encoding="bgr8", step=288, data=array.array("B", [shade]) * (64 * 288))
        image.header.stamp = stamp
        self._image.publish(image)


def read_back(path):
    """Brightness of each frame of a video file, its sound (n,), and the sample rate."""
    with av.open(str(path)) as video:
        shades = [frame.to_ndarray(format="gray").mean() for frame in video.decode(video=0)]
        assert float(video.streams.video[0].average_rate) == 25
    with av.open(str(path)) as video:
        rate = video.streams.audio[0].rate
        # The time stamps include the delay of the encoder.
        sound = np.zeros(10 * rate)
        for frame in video.decode(audio=0):
            samples = frame.to_ndarray().mean(axis=0)
            first = max(0, round(frame.time * rate))
            sound[first : first + samples.size] = samples
    return np.array(shades), sound, rate


@pytest.mark.parametrize("way_to_end", ["the streams end", "SIGINT", "SIGTERM"])
def test_picture_and_sound_are_complete_and_in_sync(graph, tmp_path, way_to_end):
    prefix = way_to_end.replace(" ", "_").lower()
    topics = ("image", "image/compressed", "motion", "self/audio", "other/audio")
    recorder = graph.start(
        "recorder", output=str(tmp_path / "video.mp4"), remap={topic: f"{prefix}/{topic}" for topic in topics}
    )
    conversation = Conversation(graph, prefix, end=way_to_end == "the streams end")
    conversation.join()
    if way_to_end == "the streams end":
        assert recorder.wait() == 0, recorder.log
    else:
        table = tmp_path / "video.csv"
        graph.until(lambda: len(table.read_text().splitlines()) == SECONDS * 25 + 1, "the last row of the table")
        assert recorder.stop(getattr(signal, way_to_end)) == 0, recorder.log

    shades, sound, rate = read_back(tmp_path / "video.mp4")
    assert abs(len(shades) - SECONDS * 25) <= 1
    assert np.ptp(shades[26:30]) < 10, "a missing picture repeats the one before it"
    flash = int(shades.argmax()) / 25
    beep = int((np.abs(sound) > 0.1).argmax()) / rate
    assert flash == pytest.approx(SIGNAL, abs=0.041)
    assert beep == pytest.approx(flash, abs=0.02)
    assert np.abs(sound).max() == pytest.approx(0.8 * 20_000 / 32_768, rel=0.2)

    with (tmp_path / "video.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == list(range(SECONDS * 25))
    assert float(rows[50]["jawOpen"]) == 0.5
    assert float(rows[50]["headYaw"]) == 0.0


def test_without_an_image_it_ends_with_status_2_and_names_the_topic(graph, tmp_path):
    recorder = graph.start("recorder", output=str(tmp_path / "video.mp4"), remap={"image": "nothing"})
    recorder.until_log("recording to")
    assert recorder.stop() == 2
    assert "no image arrived on /nothing" in recorder.log
    assert not (tmp_path / "video.mp4").exists()


def test_outputs_that_cannot_be_written_end_it_with_a_sentence(graph, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "video.csv").write_text("of an earlier recording")
    outputs = [str(tmp_path / "file" / "video.mp4"), str(tmp_path / "video.csv")]
    recorders = {output: graph.start("recorder", output=output) for output in outputs}
    for output, recorder in recorders.items():
        assert recorder.wait() == 2
        assert f"{output!r} cannot be recorded to: " in recorder.log
        assert "Traceback" not in recorder.log
    assert "ends in .mp4 or .webm" in recorders[outputs[1]].log
    assert (tmp_path / "video.csv").read_text() == "of an earlier recording"


def test_a_second_recorder_of_the_same_files_is_refused_and_the_first_goes_on(graph, tmp_path):
    """A video and a table beside it: another video of the same name would have the same table."""
    topics = ("image", "image/compressed", "motion", "self/audio", "other/audio")
    remap = {topic: f"two/{topic}" for topic in topics}
    first = graph.start("recorder", output=str(tmp_path / "visit.mp4"), remap=remap)
    first.until_log("recording to")
    graph.until(lambda: (tmp_path / ".visit.csv.lock").exists(), "the claim of the first")
    for name in ("visit.mp4", "visit.webm"):
        second = graph.start("recorder", output=str(tmp_path / name), remap=remap)
        assert second.wait() == 2
        assert "is being written by another program; wait for its end, or give another name" in second.log
    Conversation(graph, "two", end=True).join()
    assert first.wait() == 0, first.log
    assert len((tmp_path / "visit.csv").read_text().splitlines()) == SECONDS * 25 + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["visit.csv", "visit.mp4"]


def test_an_image_that_cannot_be_used_is_reported_and_the_next_is_recorded(graph, tmp_path):
    recorder = graph.start("recorder", output=str(tmp_path / "video.mp4"), remap={"image": "odd/image"})
    images = graph.publisher("odd/image", Image, qos.image(True))

    def reported():
        images.publish(Image(height=1, width=1, encoding="yuv422", step=2, data=array.array("B", [0, 0])))
        return "encoding 'yuv422', 2 bytes: accepted encodings are bgr8" in recorder.log

    graph.until(reported, "a message about the encoding")

    def written():
        image = Image(height=64, width=96, encoding="bgr8", step=288, data=array.array("B", [40]) * (64 * 288))
        image.header.stamp = graph.node.get_clock().now().to_msg()
        images.publish(image)
        return (tmp_path / "video.mp4").exists()

    graph.until(written, "the video to begin")
    assert recorder.stop() == 0, recorder.log
    shades, _, _ = read_back(tmp_path / "video.mp4")
    assert shades.size > 0
