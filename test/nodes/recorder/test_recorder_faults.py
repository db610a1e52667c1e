"""What a recording holds after a kill, a full disk, wrong stamps and odd messages.

Three recorders receive the same conversation at the same time, at about five times its speed.
"""

import array
import signal
import sys
import time
from types import SimpleNamespace

import av
import numpy as np
import pytest
from dystream_ros.msg import AudioChunk, FaceMotion
from sensor_msgs.msg import Image

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.common.stamps import time_message

FRAMES, PERIOD = 200, 40_000_000
HOUR = 3600 * 10**9
LIMIT = 400_000  # bytes a file may have on the "full disk"


def picture(pixels, stamp_ns, width=96, height=64):
    data = array.array("B", pixels[: 3 * width * height].tobytes())
    image = Image(height=height, width=width, encoding="bgr8", step=3 * width, data=data)
    image.header.stamp = time_message(stamp_ns)
    return image


def sound(stamp_ns, index, stream=5):
    chunk = AudioChunk(stream_id=stream, first_sample=index * 640, sample_rate=MEDIA_RATE, channels=1)
    chunk.data = array.array("h", [1000] * 640)
    chunk.header.stamp = time_message(stamp_ns)
    return chunk


def motion(stamp_ns, index):
    message = FaceMotion(frame=index, names=["jawOpen"], values=[0.5])
    message.header.stamp = time_message(stamp_ns)
    message.head_pose.orientation.w = 1.0
    return message


def odd_messages(images, audio, stamp_ns, noise):
    for stamp in (stamp_ns + HOUR, 5 * 10**9, stamp_ns + 60 * 10**9):
        images.publish(picture(noise, stamp))
    for width, height in ((0, 0), (96, 0), (0, 64), (1, 1), (5000, 2)):
        images.publish(picture(noise, stamp_ns, width, height))
    images.publish(Image(height=64, width=96, encoding="bgr8", step=5, data=array.array("B", [0]) * 320))
    for stream, ahead in enumerate((24 * HOUR, 60 * 365 * HOUR)):
        audio.publish(sound(stamp_ns + ahead, 0, stream + 50))


@pytest.fixture(scope="module")
def recorded(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")

    def start(name):
        (folder / name).mkdir()
        command = [sys.executable, "-m", "dystream_ros.nodes.recorder"]
        # What a full disk does, without one: the file cannot grow further.
        limit = ["prlimit", f"--fsize={LIMIT}"] if name == "full" else []
        return graph.run([*limit, *command], remap={"__node": name}, output=str(folder / name / "video.mp4"))

    recorders = {name: start(name) for name in ("killed", "full", "odd")}
    # Their publishers keep everything, for recorders that a busy machine delays.
    images = graph.publisher("image", Image, subscribers=3)
    audio = graph.publisher("self/audio", AudioChunk, subscribers=3)
    motions = graph.publisher("motion", FaceMotion, subscribers=3)
    # Noise does not compress, so the file reaches the limit.
    noise = np.random.default_rng(0).integers(0, 255, 3 * 96 * 64, dtype=np.uint8)
    start_ns = time.time_ns()
    for index in range(FRAMES):
        stamp_ns = start_ns + index * PERIOD
        np.random.default_rng(index).shuffle(noise)
        images.publish(picture(noise, stamp_ns))
        audio.publish(sound(stamp_ns, index))
        motions.publish(motion(stamp_ns, index))
        if index == FRAMES // 2:
            odd_messages(images, audio, stamp_ns, noise)
        time.sleep(0.008)
    rows = {name: folder / name / "video.csv" for name in recorders}
    for name in ("killed", "odd"):
        graph.until(lambda name=name: len(rows[name].read_bytes().splitlines()) == FRAMES + 1, f"the rows of {name}")
    # Rows are written before the pictures of the same time are, and the encoder holds some back.
    graph.until(lambda: frames(folder / "killed" / "video.mp4") >= 4 * 25, "the first four seconds on the disk")
    status = {"killed": recorders["killed"].stop(signal.SIGKILL), "full": recorders["full"].wait()}
    begun = time.monotonic()
    status["odd"] = recorders["odd"].stop()
    took = time.monotonic() - begun
    return SimpleNamespace(
        folder=folder, status=status, took=took, log={name: recorder.log for name, recorder in recorders.items()}
    )


def frames(path):
    """Frames of a video that can be decoded, as a player does up to the place where the file is cut."""
    count = 0
    try:
        with av.open(str(path)) as video:
            for _ in video.decode(video=0):
                count += 1
    except (av.error.InvalidDataError, av.error.EOFError, IndexError):
        pass
    return count


def parts(path):
    """The kinds of the parts of an mp4 file, in their order."""
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return kinds


def whole_rows(path):
    lines = path.read_bytes().split(b"\r\n")
    assert lines.pop() == b"", "the last row is whole"
    assert len({line.count(b",") for line in lines}) == 1
    return len(lines) - 1


def test_after_a_kill_the_video_plays_and_the_table_is_whole(recorded):
    assert recorded.status["killed"] == -signal.SIGKILL
    assert frames(recorded.folder / "killed" / "video.mp4") >= 4 * 25
    assert whole_rows(recorded.folder / "killed" / "video.csv") == FRAMES


def test_on_a_full_disk_it_ends_says_why_and_what_was_recorded_plays(recorded):
    assert recorded.status["full"] == 2
    video = recorded.folder / "full" / "video.mp4"
    assert f"the recording ends: {video}: " in recorded.log["full"]
    assert "File too large" in recorded.log["full"]
    assert "it plays, possibly without its last three seconds" in recorded.log["full"]
    assert "Traceback" not in recorded.log["full"]
    assert 25 <= frames(video) < FRAMES
    assert whole_rows(recorded.folder / "full" / "video.csv") > 25


def test_odd_pictures_sounds_and_stamps_are_refused_and_the_recording_is_complete(recorded):
    log = recorded.log["odd"]
    assert recorded.status["odd"] == 0, log
    assert recorded.took < 10
    assert "the stamp of a picture is +" in log
    assert "0x0" in log
    assert "self/audio: a stamp is far from those of the pictures" in log
    video = recorded.folder / "odd" / "video.mp4"
    assert frames(video) == pytest.approx(FRAMES, abs=1)
    assert parts(video) == [b"ftyp", b"free", b"mdat", b"moov"], "an ordinary file, not fragments"
    assert whole_rows(recorded.folder / "odd" / "video.csv") == FRAMES
