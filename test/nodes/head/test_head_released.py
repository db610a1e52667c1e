"""The published model in the node."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from dystream_ros.msg import FaceMotion, MotionLayout
from safetensors.torch import load_file

from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.models.registry import load_model
from dystream_ros.models.released.files.conversion import convert_generator
from dystream_ros.nodes.common import qos

GOLDEN = Path(__file__).parents[2] / "data" / "released" / "motion_generator_tiny.safetensors"
SECONDS = 2


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A tiny model of the published architecture, converted from a checkpoint."""
    folder = tmp_path_factory.mktemp("released")
    state = {key.replace("weights/", "model."): value for key, value in load_file(GOLDEN).items()}
    torch.save({"state_dict": state}, folder / "last.ckpt")
    convert_generator(folder / "last.ckpt", folder / "model", any_size=True, heads=4, encoder_heads=2, window=12)
    (folder / "tiny.yaml").write_text("family: released\nweights: model\nwindow: 0.8\n")
    return folder / "tiny.yaml"


def test_latents_equal_those_of_the_files_without_ros(graph, model_file, babble, tmp_path):
    sound = tmp_path / "self.wav"
    soundfile.write(sound, babble(SECONDS, 16_000, 1), 16_000)
    head = graph.start("head", model=str(model_file), time_mode="driven", parties="self", images=False, seed=3)
    head.until_log("active")
    motions = graph.listen("motion", FaceMotion, of="head")
    layouts = graph.listen("motion_layout", MotionLayout, qos.latched())
    source = graph.start("audio_file", pace="head", self_file=str(sound))
    assert source.wait() == 0, source.log
    motions.until(lambda frames: len(frames) >= SECONDS * 25, f"{SECONDS * 25} frames")
    session = Session(load_model(str(model_file)).network, 3)
    expected = [frame.motion for frame in frames_of_files(sound, None, session)]
    assert len(expected) == SECONDS * 25
    for frame, motion in zip(motions[: len(expected)], expected, strict=True):
        assert frame.frame == motion.frame
        assert np.array_equal(np.array(frame.latent), motion.latent)
    layout = layouts.until(lambda all_: all_[-1:], "a layout")[0]
    assert (layout.latent_size, list(layout.names), layout.model) == (16, [], str(model_file))
