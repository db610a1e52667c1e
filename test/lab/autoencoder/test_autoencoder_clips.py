"""Clips: what a batch holds, what is kept on disk, and which pictures of videos are refused."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_faces import drawn_face

from dystream_lab.autoencoder.batches import Window, face_batch, frame_pair, pictures_at
from dystream_lab.autoencoder.data import from_video
from dystream_lab.autoencoder.data.clips import ClipFolder, begin, read_set, stored_size
from dystream_lab.autoencoder.data.from_video import BLURRED, CUT, NO_FACE, SEVERAL, SMALL, usable
from dystream_lab.autoencoder.data.identity import other_shape
from dystream_lab.autoencoder.data.motions import random_motion
from dystream_lab.autoencoder.data.rendered import Cast, Rendering, drawn, render_sets
from dystream_lab.autoencoder.data.rigged_landmarks import RiggedLandmarks
from dystream_lab.autoencoder.faces import random_character
from dystream_lab.autoencoder.presets import PRESETS
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.released.files.masked_portrait import CROP, LEFT_EYE, LIPS
from dystream_ros.portraits.landmarks import Detection
from dystream_ros.rendering.portrait import load_portrait

TRAINING = PRESETS["tiny"].training


def test_a_masked_picture_shows_eyes_and_mouth_only(clips):
    folder = ClipFolder([clips], "train")
    pictures = pictures_at(folder[0], 0, 0, 64)
    face = pictures.crop[15, 32].astype(int)  # the forehead
    shown = np.abs(pictures.masked.astype(int) - face).max(2) < 24
    assert 0.05 < shown.mean() < 0.3
    assert not shown[15, 32]
    assert shown[34, 32]  # above the lips
    assert (pictures.masked.sum(2) == 0).mean() > 0.4
    assert face.max() > 80  # the crop is not masked


def test_batches_depend_on_their_number_alone(clips):
    folder = ClipFolder([clips], "train")
    one, again, other = (face_batch(folder, TRAINING, 64, number) for number in (3, 3, 4))
    assert (one.source == again.source).all()
    assert (one.driver_masked == again.driver_masked).all()
    assert not (one.source == other.source).all()
    assert one.source.shape == one.target.shape == (TRAINING.batch, 3, 64, 64)
    assert one.source.min() >= -1
    assert one.source.max() <= 1


def test_a_face_driven_by_another_one_has_its_own_true_picture(clips):
    """The colours of the source and of the target are those of one face; the driver's are another's."""
    config = replace(TRAINING, driven=1.0, flip=False, crop=(1.6, 1.6), jitter=0.0, batch=16)
    batch = face_batch(ClipFolder([clips], "train"), config, 64, 0)
    source, target, driver = (
        part[:, :, 34, 32].numpy() for part in (batch.source, batch.target, batch.driver_masked)
    )  # above the lips: skin
    assert np.abs(source - target).max() < 0.1
    assert np.abs(source - driver).max(1).min() > 0.1
    assert (batch.regions[:, 0, 34, 32] == 1).all()


def test_a_mirrored_window_mirrors_picture_and_landmarks(clips):
    (set_, window) = ClipFolder([clips], "train")[0], Window(0.05, 0.02, 0.9)
    plain, marks = window.cut(set_, 0, 1, 64)
    mirrored, moved = replace(window, mirrored=True).cut(set_, 0, 1, 64)
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
    np.testing.assert_allclose(moved, marks * (-1, 1) + (64, 0))
    mouth = marks[list(LIPS)].mean(0)
    assert plain[round(mouth[1]), round(mouth[0])].argmax() == 2  # red


def test_frames_of_a_pair_are_ten_frames_apart(clips):
    rng = np.random.default_rng(0)
    for split in ("train", "valid"):
        set_ = ClipFolder([clips], split)[0]
        pairs = np.array([frame_pair(rng, set_, 10) for _ in range(200)])
        assert (np.abs(np.diff(pairs)) * set_.gap >= min(10, (set_.frames - 1) * set_.gap // 2)).all()


def test_a_folder_is_not_continued_with_other_settings(clips):
    with pytest.raises(ValueError, match="another folder"):
        begin(clips, {"source": "drawn", "size": 99})


def test_a_damaged_set_is_named(tmp_path):
    (tmp_path / "train-000000.npz").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"train-000000\.npz is damaged"):
        read_set(tmp_path / "train-000000.npz")
    with pytest.raises(FileNotFoundError, match="dystream train-autoencoder clips"):
        ClipFolder([tmp_path], "train")


def test_random_motion_moves_lips_lids_and_head_within_limits():
    rng = np.random.default_rng(0)
    motion = np.concatenate([random_motion(rng, 100) for _ in range(20)])
    assert motion.shape == (2000, 58)
    assert motion[:, :52].min() >= 0
    assert motion[:, :52].max() <= 1
    for name in ("jawOpen", "eyeBlinkLeft", "mouthSmileRight", "browInnerUp"):
        assert motion[:, ARKIT_INDEX[name]].max() > 0.3, name
    assert np.abs(motion[:, 54]).max() > 0.15
    assert np.abs(np.diff(motion[:100], axis=0)).max() < 1


def test_random_characters_differ_and_repeat():
    assert random_character(3) == random_character(3)
    assert len({random_character(seed) for seed in range(30)}) == 30


class PlacedFace:
    """A landmarker's answer for a front view of the generic head: ovals at the places of the features."""

    def __init__(self, picture_size=640):
        self.scale = picture_size

    def __call__(self, picture):
        return drawn_face((0, 0, 0), 0.3, 0.0, 64)[1] * picture.shape[0]


@pytest.fixture(scope="module")
def lumi():
    portrait = load_portrait("lumi")
    return portrait, RiggedLandmarks.of(portrait, PlacedFace())


def test_landmarks_follow_the_rendered_head(lumi):
    portrait, rig = lumi
    motion = np.zeros((2, 58), np.float32)
    motion[1, 54] = 0.3  # to the head's left, the picture's right
    (plain, still), (turned, moved) = drawn(portrait, rig, motion, 72)
    assert plain.shape == turned.shape == (72, 72, 4)
    assert plain.min() >= 0
    assert plain.max() <= 1
    assert np.abs(plain - turned).max() > 0.2
    assert (moved - still)[list(LIPS), 0].mean() > 0.01
    assert np.abs(still.mean(0) - 0.5).max() < 0.1


def test_another_shape_moves_the_face_by_millimetres_and_alike_on_both_sides(lumi):
    portrait, _ = lumi
    shaped = other_shape(portrait, np.random.default_rng(1))
    moved = np.linalg.norm(shaped.vertices - portrait.vertices, axis=1)
    assert 0.001 < moved.max() < 0.03
    left, right = shaped.eye_centres - portrait.eye_centres
    np.testing.assert_allclose(left * (-1, 1, 1), right, atol=1e-3)


def test_rendered_sets_are_continued_and_show_one_motion_of_two_faces(tmp_path):
    cast = Cast(["lumi", "ada"], [], PlacedFace())
    settings = Rendering(72, frames=3, faces=2)
    assert list(render_sets(tmp_path, 2, cast, settings)) == [0, 1]
    files = sorted((tmp_path / "sets").iterdir())
    stamps = [path.stat().st_mtime_ns for path in files]
    assert list(render_sets(tmp_path, 2, cast, settings)) == [0, 1]
    assert [path.stat().st_mtime_ns for path in files] == stamps
    set_ = ClipFolder([tmp_path], "train")[0]
    assert sorted(set_.faces) == ["ada", "lumi"]
    assert set_.motion.shape == (3, 58)
    assert set_.picture(0, 0).shape == (72, 72, 3)
    assert np.abs(set_.picture(0, 0).astype(int) - set_.picture(1, 0)).mean() > 5


# Videos


def found_in(marks):
    return Detection(np.column_stack([marks, np.zeros(len(marks))]), {}, None)


def noisy_face(size=200, sharp=True):
    """A face with texture, and its detection."""
    picture, marks = drawn_face((150, 170, 210), 0.5, 0.0, size)
    grain = np.random.default_rng(0).normal(0, 18, picture.shape)
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    return (picture if sharp else cv2.GaussianBlur(picture, (0, 0), 5)), found_in(marks * size)


def test_pictures_of_videos_are_refused_with_a_reason():
    picture, face = noisy_face()
    moved = found_in(face.landmarks[:, :2] + (90, 0))
    assert usable(picture, [face], 72)[1] == ""
    assert usable(picture, [], 72) == (None, NO_FACE)
    assert usable(picture, [face, found_in(0.8 * face.landmarks[:, :2])], 72) == (None, SEVERAL)
    assert usable(picture, [face, found_in(0.1 * face.landmarks[:, :2])], 72)[1] == ""
    assert usable(picture, [face], 2000) == (None, SMALL)
    assert usable(picture, [moved], 72) == (None, CUT)
    assert usable(noisy_face(sharp=False)[0], [face], 72) == (None, BLURRED)


@pytest.fixture
def video(monkeypatch):
    """Plays a list of (picture, detections) at 25 per second as the pictures of every video."""

    def play(frames):
        shown = iter(())

        def pictures(path):
            nonlocal shown
            shown = iter([faces for number, (_, faces) in enumerate(frames) if number % 5 == 0])
            for number, (picture, _) in enumerate(frames):
                yield (number + 0.5) / 25, picture

        monkeypatch.setattr(from_video, "pictures", pictures)
        return lambda picture: next(shown)

    return play


def test_scene_cuts_and_refused_pictures_end_a_clip(tmp_path, video):
    picture, face = noisy_face()
    other = np.ascontiguousarray(255 - picture)
    scenes = [(picture, [face])] * 50 + [(other, [face])] * 50 + [(picture, [])] * 10 + [(picture, [face])] * 20
    find = video(scenes)
    (tmp_path / "talk.mp4").write_bytes(b"x")
    (tmp_path / "more.mp4").write_bytes(b"xy")
    videos = [tmp_path / "talk.mp4", tmp_path / "more.mp4"]
    read = sum(from_video.build(tmp_path / "own", videos, find, 72))
    assert read == 2 * len(scenes)
    assert {path.name.split("-")[0] for path in (tmp_path / "own" / "sets").iterdir()} == {"train", "valid"}
    train = ClipFolder([tmp_path / "own"], "train")
    assert [set_.frames for set_ in map(train.__getitem__, range(len(train)))] == [10, 10]
    report = from_video.refusals(tmp_path / "own")
    assert "2 no face" in report
    assert "1 a clip of less than 1.2 s" in report
    assert list(from_video.build(tmp_path / "own", videos, find, 72)) == []  # read once


def test_videos_without_a_usable_clip_are_an_error_with_the_counts(tmp_path, video):
    path = Path(tmp_path / "empty.mp4")
    path.write_bytes(b"x")
    find = video([(noisy_face()[0], [])] * 60)
    with pytest.raises(ValueError, match="12 no face"):
        list(from_video.build(tmp_path / "own", [path], find, 72))


def test_the_stored_square_is_larger_than_the_crop_of_the_encoders():
    assert (stored_size(128, CROP), stored_size(512, CROP)) == (144, 576)
    assert len(LEFT_EYE) == 16
