"""Frames of files are the same as those of a conversation that the test drives, bit for bit."""

import tracemalloc

import numpy as np
import soundfile
import torch

from dystream_ros.audio.files import read_audio
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel


def driven(session, paths, sizes):
    conversation = Conversation(session, ConversationConfig(time_mode="driven"))
    for party, size in sizes.items():
        for block in read_audio(paths[party], block=size):
            conversation.push(party, block, 0)
    frames = []
    while (frame := conversation.step(0)) is not None:
        frames.append(frame)
    return frames


def write_conversation(folder, noise):
    paths = {"self": folder / "self.wav", "other": folder / "other.flac"}
    soundfile.write(paths["self"], noise(3, 1), 16_000, subtype="PCM_16")
    soundfile.write(paths["other"], np.stack([noise(2, 2), noise(2, 3)], axis=1), 48_000 // 3, subtype="PCM_16")
    return paths


def test_offline_frames_do_not_depend_on_chunking(tmp_path, echo_session, noise):
    paths = write_conversation(tmp_path, noise)
    offline = list(frames_of_files(paths["self"], paths["other"], echo_session()))
    online = driven(echo_session(), paths, {"self": 333, "other": 20_000})
    assert len(offline) == len(online) == 75
    for one, two in zip(offline, online, strict=True):
        np.testing.assert_array_equal(one.motion.values, two.motion.values)
        assert one.motion.speaking == two.motion.speaking


def test_a_party_without_a_file_is_silent(tmp_path, echo_session, noise):
    paths = write_conversation(tmp_path, noise)
    frames = list(frames_of_files(None, paths["other"], echo_session()))
    assert len(frames) == 50
    assert not any(np.split(frame.motion.values, 2)[0].any() for frame in frames)
    assert not any(frame.audio_missing for frame in frames)


def test_memory_does_not_grow_with_the_length_of_the_files(tmp_path, echo_session, noise):
    soundfile.write(tmp_path / "a.wav", np.tile(noise(10), 4), 16_000)
    frames = frames_of_files(tmp_path / "a.wav", tmp_path / "a.wav", echo_session())
    for _ in range(100):
        next(frames)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    count = 100 + sum(1 for _ in frames)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1000
    # Each decoded file has 2.6 MB.
    assert peak - before < 1_000_000


def test_a_real_session_gives_the_same_frames_offline_and_driven(tmp_path, noise):
    paths = write_conversation(tmp_path, noise)
    torch.manual_seed(0)
    sizes = {"self_channels": 32, "other_channels": 16, "width": 48, "window": 20, "head_width": 32}
    model = CompactModel(CompactConfig(**sizes)).eval()
    offline = list(frames_of_files(paths["self"], paths["other"], Session(model, seed=3)))
    online = driven(Session(model, seed=3), paths, {"self": 1000, "other": 777})
    assert len(offline) == len(online) == 75
    for one, two in zip(offline, online, strict=True):
        np.testing.assert_array_equal(one.motion.values, two.motion.values)
        np.testing.assert_array_equal(one.motion.head_pose, two.motion.head_pose)
