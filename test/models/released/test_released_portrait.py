"""The encoders' pictures of a photo, and the codes that are kept of it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from dystream_ros.engine.session import Session
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files.masked_portrait import (
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    EncoderPictures,
    cut,
    encoder_pictures,
    square_about,
)
from dystream_ros.models.released.files.portrait import PortraitCodes, encode_portrait
from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer
from dystream_ros.rendering.interfaces import RelativeRenderer
from dystream_ros.rendering.oriented import OrientedRenderer
from dystream_ros.rendering.portrait import load_portrait
from dystream_ros.rendering.view import View


class DrawnFace:
    """Finds landmarks at known places: in a photo first, then where the crop has moved them."""

    def __init__(self, landmarks: np.ndarray) -> None:
        self.landmarks = landmarks
        self.pictures = []

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self.pictures.append(picture)
        if len(self.pictures) == 1:
            return self.landmarks
        left, top, _ = square_about(self.landmarks, 1.6)
        return self.landmarks - (left, top)


@pytest.fixture
def landmarks():
    points = np.random.default_rng(0).uniform((200, 150), (400, 390), (478, 2))
    points[1:3] = (400, 390), (200, 150)  # corners of the box, neither eye nor lip
    points[list(LIPS)] = np.random.default_rng(1).uniform((270, 330), (330, 350), (len(LIPS), 2))
    points[list(LEFT_EYE)] = np.random.default_rng(2).uniform((330, 220), (360, 235), (16, 2))
    points[list(RIGHT_EYE)] = np.random.default_rng(3).uniform((240, 220), (270, 235), (16, 2))
    return points


def test_groups_are_40_lip_points_and_16_of_each_eye():
    assert (len(set(LIPS)), len(set(LEFT_EYE)), len(set(RIGHT_EYE))) == (40, 16, 16)
    assert not set(LIPS) & set(LEFT_EYE + RIGHT_EYE)


def test_crop_is_a_square_of_1_6_times_the_face_padded_with_black(landmarks):
    photo = np.full((480, 420, 3), 200, np.uint8)
    finder = DrawnFace(landmarks)
    pictures = encoder_pictures(photo, finder)
    assert finder.pictures[1].shape == (384, 384, 3)  # 1.6 x 240
    assert pictures.crop.shape == pictures.masked.shape == (512, 512, 3)
    # The photo ends 28 pixels right of the crop's right edge's start: what is beyond is black.
    assert pictures.crop[256, 256, 0] == 200
    assert pictures.crop[256, -1, 0] == 0


def test_only_eyes_mouth_and_dots_are_left_of_the_masked_picture(landmarks):
    photo = np.full((480, 600, 3), (10, 20, 200), np.uint8)
    pictures = encoder_pictures(photo, DrawnFace(landmarks))
    left, top, side = square_about(landmarks, 1.6)

    def at(x, y):
        column, row = ((np.array([x, y]) - (left, top)) * 512 / side).astype(int)
        return pictures.masked[row, column]

    mouth = landmarks[list(LIPS)]
    np.testing.assert_array_equal(at(*(mouth.min(0) + mouth.max(0)) / 2), (200, 20, 10))
    assert at(205, 380).max() < 40
    assert at(*landmarks[1] + 0.5).min() > 60  # a dot, dimmed by the enlargement


def test_a_photo_without_a_face_is_refused():
    with pytest.raises(ModelError, match="no face"):
        encoder_pictures(np.zeros((100, 100, 3), np.uint8), lambda picture: None)


def test_a_cut_reaches_beyond_the_picture():
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    square = cut(picture, -1, -1, 3)[:, :, 0]
    np.testing.assert_array_equal(square, [[0, 0, 0], [0, 0, 1], [0, 4, 5]])


class Shrinking:
    """A stand-in for the networks: what they see, small."""

    def motion_encoder(self, picture):
        return picture[:, 0, ::16, ::16].flatten(1)[:, :512]

    def face_encoder(self, picture):
        return picture[:, :1, ::8, ::8, None].permute(0, 1, 4, 2, 3).expand(-1, 32, 16, -1, -1)


def test_the_motion_encoder_sees_the_mask_unless_told_otherwise_and_the_appearance_encoder_never():
    crop = np.full((512, 512, 3), 255, np.uint8)
    pictures = EncoderPictures(crop, np.zeros_like(crop))
    masked, whole = (encode_portrait(Shrinking(), pictures, masked=masked) for masked in (True, False))
    assert (masked.code.unique().tolist(), whole.code.unique().tolist()) == ([-1.0], [1.0])
    assert masked.volume.unique().tolist() == whole.volume.unique().tolist() == [1.0]


@pytest.fixture
def codes():
    return PortraitCodes(torch.randn(512), torch.randn(32, 16, 64, 64))


def test_codes_are_kept_in_a_file(codes, tmp_path):
    codes.save(tmp_path / "me.safetensors")
    kept = PortraitCodes.load(tmp_path / "me.safetensors")
    assert torch.equal(kept.code, codes.code)
    assert torch.equal(kept.volume, codes.volume)
    (tmp_path / "me.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="not a portrait"):
        PortraitCodes.load(tmp_path / "me.safetensors")


class MovedGrey(torch.nn.Module):
    """A stand-in for the folded networks: how far the target's first number is from the source's, as grey."""

    def __init__(self, autoencoder, dtype):
        super().__init__()

    def forward(self, volume, source, target):
        return (target - source)[:, :1, None, None].expand(1, 3, 512, 512)


@pytest.fixture
def open_renderer(monkeypatch, codes):
    monkeypatch.setattr("dystream_ros.models.released.streaming.renderer.FoldedRenderer", MovedGrey)
    return lambda **settings: ReleasedRenderer(None, codes, width=64, height=64, **settings)


def motion(latent):
    return MotionFrame(0, np.zeros(52, np.float32), np.zeros(6, np.float32), latent=latent)


def grey(renderer, number):
    latent = np.zeros(512, np.float32)
    latent[0] = number
    image = renderer.render(motion(latent))
    assert (image.shape, image.dtype) == ((64, 64, 3), np.uint8)
    return image[0, 0, 0]


def test_motions_are_relative_to_the_first_one_drawn_until_a_reset(open_renderer):
    with open_renderer() as renderer:
        assert [grey(renderer, number) for number in (5.0, 5.5, 4.0)] == [127, 191, 0]
        renderer.reset()
        assert [grey(renderer, number) for number in (4.0, 4.5)] == [127, 191]


def test_motions_are_relative_to_the_portraits_own_when_asked_for(open_renderer, codes):
    own = float(codes.code[0])
    with open_renderer(source="portrait") as renderer:
        assert [grey(renderer, own + number) for number in (0.5, 0.0)] == [191, 127]
    with pytest.raises(ValueError, match="portrait"):
        open_renderer(source="last")


@pytest.mark.parametrize(
    ("latent", "message"),
    [(np.zeros(0, np.float32), r"\(512,\), got \(0,\)"), (np.full(512, np.nan, np.float32), "finite")],
)
def test_a_motion_without_a_usable_latent_is_refused(open_renderer, latent, message):
    with open_renderer() as renderer, pytest.raises(ValueError, match=message):
        renderer.render(motion(latent))


def test_portrait_and_view_of_the_models_own_renderer_cannot_change(open_renderer):
    with open_renderer() as renderer:
        assert (renderer.name, renderer.device, renderer.view) == ("released", "cpu", View(64, 64))
        with pytest.raises(ValueError, match="portrait, framing and background cannot change"):
            renderer.prepare(load_portrait(), View(64, 64, framing="head"))
        assert grey(renderer, 1.0) == 127


def test_a_first_picture_that_is_not_published_leaves_the_later_ones_as_they_are(open_renderer):
    """A head draws the neutral face once before it publishes pictures."""
    oriented = OrientedRenderer(open_renderer(), View(64, 64))
    assert isinstance(oriented, RelativeRenderer)
    with oriented as renderer:
        assert grey(renderer, 9.0) == 127
        renderer.reset()
        assert [grey(renderer, number) for number in (5.0, 5.5, 4.0)] == [127, 191, 0]


def test_pictures_in_a_thread_of_their_own_and_motion_are_those_of_one_thread(open_renderer, tiny_generator):
    """A head computes motion in one thread and draws in another."""
    model = ReleasedModel(tiny_generator, StreamConfig(window=40), torch.zeros(16))
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, 20 * 640)).astype(np.float32)

    def motions():
        session = Session(model, seed=1)
        moved, at = [], 0
        while at + session.samples_needed <= audio.shape[1]:
            count = session.samples_needed
            moved.append(session.step(audio[0, at : at + count], audio[1, at : at + count]).latent)
            at += count
        return np.array(moved)

    numbers = np.linspace(-1, 1, 200)
    with open_renderer() as renderer:
        expected = [grey(renderer, number) for number in numbers]

    def drawn():
        with open_renderer() as own:
            return [grey(own, number) for number in numbers]

    alone = motions()
    with ThreadPoolExecutor(1) as pictures:
        drawing = pictures.submit(drawn)
        beside = motions()
        assert drawing.result() == expected
    np.testing.assert_array_equal(beside, alone)
