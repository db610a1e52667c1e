"""A file names the family of its model, and a new family is one module and one entry."""

import sys
import types

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from dystream_ros.engine.session import Session
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.face.stages.close_lips import close_named_lips
from dystream_ros.models import registry
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import Registration, load_model, open_own_renderer


class JawSessions:
    """Sessions whose jaw follows the loudness of the self audio."""

    layout, hop, lookahead = ARKIT_LAYOUT, 640, 320
    neutral = neutral_frame(ARKIT_LAYOUT)
    close_lips = staticmethod(close_named_lips)

    def __init__(self, seeds):
        self._frames = [0] * len(seeds)

    def __len__(self):
        return len(self._frames)

    def prime(self, row, self_audio, other_audio):
        assert self_audio.shape == other_audio.shape == (320,)

    def step(self, self_audio, other_audio):
        frames = []
        for row, audio in enumerate(self_audio):
            values = np.zeros(52, np.float32)
            values[ARKIT_LAYOUT.names.index("jawOpen")] = min(1.0, 10 * np.sqrt(np.mean(audio**2)))
            frames.append(MotionFrame(self._frames[row], values, np.zeros(6, np.float32)))
            self._frames[row] += 1
        return frames

    def emitted(self, row, motion):
        pass

    def reset(self, row, seed=None):
        self._frames[row] = 0


class Jaw(JawSessions):
    def __init__(self):
        pass

    def sessions(self, seeds):
        return JawSessions(seeds)


class JawFamily:
    def load(self, path, runtime):
        return Jaw()

    def weights_sha256(self, path):
        return "0" * 64

    def open_renderer(self, path, width, height, exact):
        return None


@pytest.fixture
def jaw(monkeypatch, tmp_path):
    """The path of a model file of a third family."""
    module = types.ModuleType("jaw_family")
    module.FAMILY = JawFamily()
    monkeypatch.setitem(sys.modules, "jaw_family", module)
    monkeypatch.setitem(registry.FAMILIES, "jaw", Registration("jaw_family"))
    path = tmp_path / "jaw.yaml"
    path.write_text("family: jaw\n")
    return path


def test_a_third_family_is_one_module_and_one_entry(jaw):
    loaded = load_model(str(jaw))
    session = Session(loaded.network)
    quiet = session.step(np.zeros(960, np.float32), np.zeros(960, np.float32))
    loud = session.step(np.full(640, 0.05, np.float32), np.zeros(640, np.float32))
    opening = ARKIT_LAYOUT.names.index("jawOpen")
    assert (quiet.values[opening], loud.values[opening]) == pytest.approx((0.0, 0.5))
    assert open_own_renderer(str(jaw), 64, 64) is None


@pytest.fixture
def compact(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "mine.safetensors"
    weights.save(CompactModel(), path)
    return path


def test_the_family_is_read_from_the_file_and_not_from_its_name(compact, tmp_path):
    model_file = tmp_path / "anything.yaml"
    model_file.write_text("family: compact\nweights: mine.safetensors\n")
    by_file, by_weights = (load_model(str(path)) for path in (model_file, compact))
    assert isinstance(by_file.network, CompactModel)
    assert by_file.weights_sha256 == by_weights.weights_sha256


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("family: giant\n", "of the family 'giant'; this version has compact, released"),
        ("weights: mine.safetensors\n", "names no family"),
        ("- 1\n", "names no family"),
        ("family: [\n", "cannot be read as a model file"),
        ("family: compact\nweight: mine.safetensors\n", "accepted are family: compact and weights: FILE"),
        ("family: compact\nweights: none.safetensors\n", "no weights at"),
    ],
)
def test_a_model_file_that_is_wrong_is_refused_with_what_is_accepted(tmp_path, text, answer):
    path = tmp_path / "model.yaml"
    path.write_text(text)
    with pytest.raises(ModelError, match=answer.replace("[", "\\[")):
        load_model(str(path))


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": np.zeros(1, np.float32)}, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="has the format 'pt'; accepted are weights that `dystream train` wrote"):
        load_model(str(path))


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"holds no weights of a known family.*generator\.safetensors \(released\)"):
        load_model(str(tmp_path))
