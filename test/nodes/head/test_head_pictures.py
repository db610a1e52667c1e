"""Pictures of a head in a thread of their own: every one in driven time, and the last one of a return to neutral."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from dystream_ros.msg import FaceMotion, StreamStatus
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import nanoseconds

SECONDS = 4


@pytest.fixture
def counting(graph):
    """Starts a head whose pictures carry their number, with a prefix of its own for its topics."""

    def start(name, **parameters):
        names = ("motion", "status", "image", "self/audio", "other/audio", "motion_layout", "self/audio_aligned")
        head = graph.run(
            [sys.executable, str(Path(__file__).with_name("counting_head.py"))],
            remap={topic: f"{name}/{topic}" for topic in names} | {"__node": name},
            **parameters,
        )
        head.until_log("active")
        return head

    return start


def number(image):
    blue, green = image.data[:2]
    return blue + 256 * green


def test_every_frame_is_drawn_in_driven_time_however_fast_it_runs(graph, counting, babble, tmp_path):
    sound = tmp_path / "self.wav"
    soundfile.write(sound, babble(SECONDS, 16_000, 1), 16_000)
    counting("driven", time_mode="driven", parties="self")
    motions = graph.listen("driven/motion", FaceMotion)
    statuses = graph.listen("driven/status", StreamStatus)
    images = graph.listen("driven/image", Image, qos.image(True), of="driven")
    names = {topic: f"driven/{topic}" for topic in ("self/audio", "other/audio", "motion", "status")}
    source = graph.start("audio_file", pace="head", self_file=str(sound), remap=names)
    assert source.wait() == 0, source.log
    frames = motions.until(lambda all_: len(all_) >= SECONDS * 25 and list(all_), "all frames")
    last = nanoseconds(frames[-1].header.stamp)
    images.until(lambda all_: all_ and nanoseconds(all_[-1].header.stamp) == last, "the last picture")
    [status] = statuses.next()
    assert status.images_dropped == 0
    # A fast run may overwrite pictures between the processes; the numbers say that each was drawn.
    by_stamp = {nanoseconds(image.header.stamp): number(image) for image in images}
    order = [by_stamp.get(nanoseconds(frame.header.stamp)) for frame in frames]
    drawn = [(place, each) for place, each in enumerate(order) if each is not None]
    assert len({each - place for place, each in drawn}) == 1


def test_a_return_to_neutral_is_drawn_to_its_last_picture(graph, counting):
    counting("resting", neutral_ramp=0.4)
    motions = graph.listen("resting/motion", FaceMotion)
    images = graph.listen("resting/image", Image, qos.image(True))
    images.until(lambda all_: len(all_) > 5, "pictures")
    assert graph.change("resting", Transition.TRANSITION_DEACTIVATE)
    motions.until(lambda all_: all_ and not np.any(all_[-1].values), "the neutral face")
    neutral = nanoseconds(motions[-1].header.stamp)
    images.until(lambda all_: nanoseconds(all_[-1].header.stamp) == neutral, "the picture of the neutral face")
    have = len(images)
    assert graph.change("resting", Transition.TRANSITION_ACTIVATE)
    images.until(lambda all_: len(all_) > have + 5, "pictures again")
