"""Rows beside the model in the sections of conversations."""

import dataclasses

import numpy as np
import pytest
import torch

from dystream_lab.evaluation.measures import listening, loop, stillness
from dystream_lab.evaluation.reports import sections
from dystream_lab.evaluation.reports.sections import Setting
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel

FRAMES = 150


def talk(name: str, frames: int = FRAMES) -> Conversation:
    """The face speaks for the first half, the partner for the second."""
    rng = np.random.default_rng(ord(name[0]))
    sound = 0.1 * rng.standard_normal((frames * 640, 2)).astype(np.float32)
    half = len(sound) // 2
    sound[half:, 0] = sound[:half, 1] = 0.0
    end = frames / 25
    own, partner = ((0.5, end / 2, "AA"),), ((end / 2, end - 0.5, "AA"),)
    motion = 0.01 * rng.standard_normal((frames, 58)).astype(np.float32)
    return Conversation(name, sound[:, 0], sound[:, 1], own, partner, (end - 0.5,), motion)


@pytest.fixture
def setting() -> Setting:
    torch.manual_seed(0)
    size = {"self_channels": 8, "other_channels": 8, "self_features": 16, "other_features": 8}
    model = CompactModel(CompactConfig(**size, self_rounds=1, width=16, blocks=1, head_width=16)).eval()
    made = Setting(model, 2, None, 2, rows=("oracle", "oscillator", "loudness"))
    made.__dict__["talks"] = [talk("a/0"), talk("a/1"), talk("b/0", FRAMES - 25), talk("b/1", FRAMES - 25)]
    voice = 0.1 * np.random.default_rng(9).standard_normal(50 * 640).astype(np.float32)
    made.__dict__["prompts"] = [Utterance(f"prompt {n}", "real", "a/b", voice, ((0.5, 1.0, "AA"),)) for n in range(3)]
    return made


def test_stillness_stands_beside_a_jaw_that_swings_and_one_that_follows_the_level(setting, monkeypatch):
    monkeypatch.setattr(stillness, "SECONDS", 2.0)
    found = sections.stillness(setting)
    assert list(found) == ["model", "teacher", "6 Hz oscillator", "loudness only"]
    assert found["6 Hz oscillator"]["silence median %"][0] > 10.0
    assert found["loudness only"]["silence p95 %"][0] == 0.0
    assert found["loudness only"]["hiss -30 dB median %"][0] > 10.0
    assert found["6 Hz oscillator"]["real voice, partner speaks median %"][0] > 10.0
    assert set(found["loudness only"]) == set(found["model"])


def test_the_control_of_voice_swaps_detects_a_jaw_that_always_closes(setting, monkeypatch):
    monkeypatch.setattr(loop, "_AFTER", 80)
    monkeypatch.setattr(loop, "_HELD", 10)
    talks = [talk("a/0", 400), talk("b/0", 400)]
    phones = ((3.0, 5.0, "AA"), (5.0, 5.1, "M"), (5.1, 6.0, "AA"))
    setting.__dict__["talks"] = [dataclasses.replace(each, phones=phones) for each in talks]
    found = sections.loop(setting)
    assert list(found) == ["model", "6 Hz oscillator", "loudness only"]
    assert found["6 Hz oscillator"]["closed 120 ms after a swap"][0] > 0.7
    assert found["6 Hz oscillator"]["closed in the vowel before a swap"][0] > 0.7
    assert found["model"].keys() > loop.BARS.keys()


def test_the_control_of_listening_is_of_another_conversation_where_clips_have_one_face():
    talks = [talk("a/0"), talk("b/0")]
    made = [np.full((FRAMES, 58), place, np.float32) for place in range(2)]
    assert [motion[0, 0] for motion in sections._shifted(made, talks)] == [1.0, 0.0]


def test_listening_stands_beside_the_same_motion_in_another_conversation(setting, monkeypatch):
    judged = []
    judge = listening.judge
    monkeypatch.setattr(listening, "judge", lambda made, talks: judged.append(made) or judge(made, talks))
    found = sections.listening(setting)
    assert list(found) == ["model", "teacher", "model, other conversation"]
    assert set(found["model, other conversation"]) == set(found["model"])
    moved = judged[2][0]
    assert [len(motion) for motion in moved] == [each.frames for each in setting.talks]
    np.testing.assert_array_equal(moved[2], setting.motions[0][0][: FRAMES - 25])
    np.testing.assert_array_equal(moved[0][FRAMES - 25 :], setting.motions[0][2][:25])
