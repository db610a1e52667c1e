"""What `dystream train --family published` writes, in the node: motion, its names, and pictures."""

import numpy as np
import pytest
import soundfile
from dystream_ros.msg import FaceMotion, MotionLayout
from sensor_msgs.msg import Image
from trained_models import write_latent, write_named

from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime
from dystream_ros.nodes.common import qos

SECONDS = 1


@pytest.mark.parametrize("write", [write_named, write_latent])
def test_a_trained_folder_gives_motion_and_pictures_as_without_ros(graph, babble, tmp_path, write):
    model = write(tmp_path)
    sounds = [tmp_path / "self.wav", tmp_path / "other.wav"]
    for party, path in enumerate(sounds):
        soundfile.write(path, babble(SECONDS, 16_000, 1 + party), 16_000)
    head = graph.start("head", model=str(model), time_mode="driven", image_width=96, image_height=96, seed=3)
    head.until_log("active")
    motions = graph.listen("motion", FaceMotion, of="head")
    images = graph.listen("image", Image, qos.image(True), of="head")
    layouts = graph.listen("motion_layout", MotionLayout, qos.latched())
    source = graph.start("audio_file", pace="head", self_file=str(sounds[0]), other_file=str(sounds[1]))
    assert source.wait() == 0, source.log
    motions.until(lambda frames: len(frames) >= SECONDS * 25, f"{SECONDS * 25} frames")
    session = Session(load_model(str(model), Runtime()).network, 3)
    expected = [frame.motion for frame in frames_of_files(*sounds, session)]
    for frame, motion in zip(motions[: len(expected)], expected, strict=True):
        assert np.array_equal(np.array(frame.values), motion.values)
        assert np.array_equal(np.array(frame.latent), motion.latent)
    last = motions[SECONDS * 25 - 1].header.stamp
    # A fast run may overwrite pictures between the processes, but not the last.
    images.until(lambda pictures: pictures and pictures[-1].header.stamp == last, "the last picture")
    assert {(image.width, image.height) for image in images} == {(96, 96)}
    assert len({bytes(image.data) for image in images}) > 1, "the pictures move"
    layout = layouts.until(lambda all_: all_[-1:], "a layout")[0]
    assert tuple(layout.names) == ARKIT_NAMES
    head.stop()
