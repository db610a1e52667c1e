"""Lips read from a video, with a renderer and a face finder of known pictures."""

from dataclasses import dataclass

import numpy as np
import pytest

from dystream_lab.evaluation.measures import mp4_lips
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.view import View

JAW, PUCKER = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthPucker"]
FRAMES = 75


class GreyFace:
    """Shows jawOpen as the grey of the left half and mouthPucker as that of the right."""

    view = View(64, 64)

    def render(self, motion: MotionFrame) -> np.ndarray:
        picture = np.empty((64, 64, 3), np.uint8)
        picture[:, :32] = 20 + 200 * motion.values[JAW]
        picture[:, 32:] = 20 + 200 * motion.values[PUCKER]
        return picture


@dataclass
class Found:
    landmarks: np.ndarray


class GreyFinder:
    """A face whose lips part with the grey of the left half, the less the wider, and narrow with that of the right."""

    def detect(self, image: np.ndarray) -> list[Found]:
        jaw, pucker = (np.clip((image[:, span].mean() - 20) / 200, 0, 1) for span in (slice(4, 28), slice(36, 60)))
        landmarks = np.zeros((478, 2))
        landmarks[[33, 263], 0] = 10, 50
        landmarks[[14, 87, 317], 1] = 8 * np.sqrt(jaw)
        landmarks[[61, 291], 0] = -10 + 4 * pucker, 10 - 4 * pucker
        return [Found(landmarks)]


class Blind:
    def detect(self, image: np.ndarray) -> list[Found]:
        return []


class Swinging:
    name, seeds = "swinging", 1

    def motions(self, utterances, seed):
        motion = np.zeros((FRAMES, 58), np.float32)
        motion[:, JAW] = 0.3 + 0.25 * np.sin(np.arange(FRAMES) / 3)
        motion[:, PUCKER] = 0.2
        return [motion for _ in utterances]


def test_the_shown_mouth_is_read_back_from_the_video(tmp_path):
    motion = Swinging().motions([None], 0)[0]
    scale = mp4_lips.scale_of(GreyFace(), GreyFinder())
    mp4_lips.write(tmp_path / "a.mp4", motion, np.zeros(FRAMES * 640, np.float32), GreyFace())
    seen = scale.motion(mp4_lips.read(tmp_path / "a.mp4", GreyFinder()))
    assert seen.shape == motion.shape
    np.testing.assert_allclose(seen[:, JAW], motion[:, JAW], atol=0.04)
    np.testing.assert_allclose(seen[:, PUCKER], motion[:, PUCKER], atol=0.04)


def test_motion_and_picture_get_the_same_measures(tmp_path):
    samples = np.random.default_rng(0).normal(0.0, 0.05, FRAMES * 640).astype(np.float32)
    phones = ((0.5, 0.9, "AA"), (0.9, 1.0, "M"), (1.0, 1.4, "UW"), (1.4, 1.5, "B"), (1.5, 2.0, "IY"), (2.0, 2.3, "AA"))
    utterance = Utterance("one", "synthetic", "a/b", samples, phones)
    found = mp4_lips.measure(Swinging(), [utterance], GreyFace(), GreyFinder(), tmp_path)
    assert (tmp_path / "swinging-one-0.mp4").exists()
    assert found["motion"].keys() == found["picture"].keys()
    assert found["picture"]["gain"][0] == pytest.approx(found["motion"]["gain"][0], rel=0.1)


def test_a_portrait_without_a_face_is_refused():
    with pytest.raises(ValueError, match="no face is found"):
        mp4_lips.scale_of(GreyFace(), Blind())


def test_pictures_without_a_face_are_bridged():
    scale = mp4_lips.scale_of(GreyFace(), GreyFinder())
    seen = np.array([[scale.gaps[2], 0.5], [np.nan, np.nan], [scale.gaps[4], 0.5]])
    np.testing.assert_allclose(scale.motion(seen)[[0, 2], JAW], [0.2, 0.4], atol=1e-6)
    assert 0.2 < scale.motion(seen)[1, JAW] < 0.4
