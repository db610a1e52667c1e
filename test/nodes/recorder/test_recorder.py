"""The recorder as a process: a video with picture and sound in sync, the motion beside it, whole in the end."""

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

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message

RATE, SECONDS, PERIOD = 16_000, 4, 40_000_000
# A flash and a beep at the same instant; the pictures of two instants do not come.
SIGNAL, MISSING = 2.0, (1.0, 1.04)


class Conversation(threading.Thread):
    """Publishes pictures, motion and both audios in real time, the pictures 150 ms late, as a head does."""

    def __init__(self, graph, prefix, end):
        super().__init__()
        self._end = end
        self._image = graph.publisher(f"{prefix}/image", Image, qos.image(True))
        self._motion = graph.publisher(f"{prefix}/motion", FaceMotion, qos.motion())
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
        beep = 20_000 * np.sin(2 * np.pi * 1000 * np.arange(640) / RATE) * (instant == SIGNAL)
        for party, publisher in self._audio.items():
            chunk = AudioChunk(stream_id=5, first_sample=index * 640, sample_rate=RATE, channels=1)
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
    """Brightness of each picture, and the sound as (n,) at its rate, of a video file."""
    with av.open(str(path)) as video:
        shades = [frame.to_ndarray(format="gray").mean() for frame in video.decode(video=0)]
        assert float(video.streams.video[0].average_rate) == 25
    with av.open(str(path)) as video:
        rate = video.streams.audio[0].rate
        # The encoder's own delay is in the time stamps: place each frame where its stamp says.
        sound = np.zeros(10 * rate)
        for frame in video.decode(audio=0):
            samples = frame.to_ndarray().mean(axis=0)
            first = max(0, round(frame.time * rate))
            sound[first : first + samples.size] = samples
    return np.array(shades), sound, rate


@pytest.mark.parametrize("way_to_end", ["the streams end", "SIGINT", "SIGTERM"])
def test_picture_and_sound_are_whole_and_in_sync(graph, tmp_path, way_to_end):
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
    assert np.ptp(shades[26:30]) < 10, "a missing picture is the one before it"
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


def test_without_a_picture_it_says_so(graph, tmp_path):
    recorder = graph.start("recorder", output=str(tmp_path / "video.mp4"), remap={"image": "nothing"})
    recorder.until_log("recording to")
    assert recorder.stop() == 2
    assert "no picture came" in recorder.log
    assert not (tmp_path / "video.mp4").exists()
