"""A student is better than truncation, and a resumed run equals an uninterrupted one."""

import numpy as np
import pytest
import soundfile
import torch

from dystream_lab.released.distillation import Distillation, DistillationConfig, evaluate, frame_features, outputs
from dystream_lab.released.speech import clips, read_speech
from dystream_ros.models.released.networks.configuration import EncoderConfig
from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder
from dystream_ros.models.released.streaming.student import StudentEncoder

CONFIG = EncoderConfig(width=32, layers=2, heads=2, hidden=64, channels=16, position_kernel=16, position_groups=4)


@pytest.fixture
def teacher():
    torch.manual_seed(0)
    return Wav2Vec2Encoder(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def student(teacher):
    torch.manual_seed(1)
    return StudentEncoder(teacher, lookahead=960, span=48)


def speech(seconds: float) -> np.ndarray:
    """Syllables of changing pitch and loudness."""
    time, generator = np.arange(int(seconds * 16_000)) / 16_000, np.random.default_rng(0)
    syllables = np.arange(0, seconds + 0.2, 0.2)
    pitch = np.interp(time, syllables, generator.uniform(90, 260, len(syllables)))
    loudness = np.interp(time, syllables, generator.uniform(0, 0.3, len(syllables)))
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    return (loudness * sum(np.sin(k * phase) / k for k in range(1, 12))).astype(np.float32)


@pytest.fixture(scope="module")
def material():
    return clips(speech(44), 2.0)


def test_training_beats_truncation_on_speech_that_was_held_out(teacher, student, material, tmp_path):
    config = DistillationConfig(steps=80, batch=4, rate=3e-3, warm_up=5)
    losses = [loss for _, loss in Distillation(teacher, student, tmp_path, config).run(material[0])]
    errors = evaluate(teacher, student, material[1], 96, tmp_path)
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    assert errors["student"] < errors["truncation"]
    assert (tmp_path / "evaluation.json").is_file()


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(teacher, material, tmp_path):
    config = DistillationConfig(steps=6, batch=2, rate=1e-3, warm_up=1, save_every=100)

    def fresh(folder):
        torch.manual_seed(1)
        return Distillation(teacher, StudentEncoder(teacher, 960, 48), tmp_path / folder, config)

    whole = fresh("whole")
    list(whole.run(material[0]))
    stopped = fresh("stopped")
    for step, _ in stopped.run(material[0]):
        if step == 3:
            break
    continued = fresh("stopped")
    assert continued.step == 3
    list(continued.run(material[0]))
    for key, value in whole.student.state_dict().items():
        assert torch.equal(continued.student.state_dict()[key], value), key


def test_a_run_is_not_continued_with_other_settings(teacher, student, material, tmp_path):
    Distillation(teacher, student, tmp_path, DistillationConfig(steps=1)).save()
    with pytest.raises(ValueError, match="another folder"):
        Distillation(teacher, student, tmp_path, DistillationConfig(steps=2))


def test_training_and_streaming_are_the_same_computation(student, material):
    student.eval().requires_grad_(False)
    audio = torch.from_numpy(material[0][:1])
    whole = outputs(student, audio)[:, :96].unflatten(1, (-1, 2)).mean(2)
    streamed = frame_features(student, audio, student.ahead)
    torch.testing.assert_close(whole[:, : streamed.shape[1]], streamed, atol=2e-5, rtol=0)


def test_speech_of_a_folder_is_read_at_16_khz_in_order(tmp_path):
    soundfile.write(tmp_path / "b.wav", np.full(8_000, 0.5), 8_000)
    soundfile.write(tmp_path / "a.wav", np.full((16_000, 2), 0.25), 16_000)
    track = read_speech(tmp_path, 10)
    assert len(track) == 32_000
    np.testing.assert_allclose(track[[8_000, 24_000]], [0.25, 0.5], atol=1e-3)
    assert len(read_speech(tmp_path, 1.0)) == 16_000


def test_a_folder_without_sound_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no speech"):
        read_speech(tmp_path, 1)
