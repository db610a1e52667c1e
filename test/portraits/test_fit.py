"""The generic head, its fit to landmarks, and the portrait made of a photo."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.portraits.contact import meet
from dystream_ros.portraits.eyes import eye_arrays
from dystream_ros.portraits.fit import fit_head
from dystream_ros.portraits.head import load_head
from dystream_ros.portraits.prepare import make_portrait
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.portrait import PortraitError

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def head():
    return load_head()


@pytest.fixture(scope="module")
def astronaut():
    """Landmarks (478, 2) in the pixels of the shipped portrait's photo, and coefficients by name."""
    with np.load(DATA / "astronaut_landmarks.npz") as data:
        return data["landmarks"].astype(float), dict(zip(ARKIT_NAMES, data["scores"].tolist(), strict=True))


@pytest.fixture(scope="module")
def fit(head, astronaut):
    return fit_head(head, *astronaut)


def landmarks_of(head, vertices, camera):
    placed = np.einsum("lkd,lk->ld", vertices[head.landmark_vertices], head.landmark_weights)
    return camera.project(placed)


def test_a_camera_finds_back_what_it_projects():
    camera = Camera(1500.0, 300.0, 250.0)
    points = np.array([[0.01, -0.02, 0.1], [0.0, 0.0, 0.0], [-0.1, 0.1, -0.05]])
    assert camera.unproject(camera.project(points), points[:, 2]) == pytest.approx(points)


def test_every_shape_of_the_head_moves_something_on_its_own_side(head):
    for name, shape in zip(ARKIT_NAMES, head.shapes, strict=True):
        size = np.linalg.norm(shape, axis=1)
        assert size.max() > 0.0015, name
        side = (size * head.vertices[:, 0]).sum()
        if name.endswith("Left") and not name.startswith(("jaw", "mouthLeft")):
            assert side > 0, name
        if name.endswith("Right") and not name.startswith(("jaw", "mouthRight")):
            assert side < 0, name


def test_the_fit_finds_a_head_it_has_made_itself(head):
    camera = Camera(2000.0, 400.0, 380.0)
    amounts = np.zeros(len(head.identity))
    amounts[:4] = (1.0, -0.8, 0.6, 0.5)
    truth = head.vertices + np.tensordot(amounts, head.identity, 1) + 0.5 * head.shapes[ARKIT_INDEX["jawOpen"]]
    found = fit_head(head, landmarks_of(head, truth, camera), {"jawOpen": 0.5})
    assert found.expression[ARKIT_INDEX["jawOpen"]] == pytest.approx(0.5, abs=0.12)
    assert found.rotation == pytest.approx(np.eye(3), abs=0.06)
    assert found.residual < 2.0
    assert np.abs(landmarks_of(head, found.seen, found.camera) - landmarks_of(head, truth, camera)).mean() < 1.0


def test_the_fitted_head_lies_on_the_landmarks_of_the_photo(head, fit, astronaut):
    landmarks, _ = astronaut
    misfit = np.linalg.norm(landmarks_of(head, fit.seen, fit.camera) - landmarks[:468], axis=1)
    assert np.median(misfit) < 0.005 * np.ptp(landmarks[:, 0])


def test_the_smile_of_the_photo_is_not_part_of_the_face_at_rest(fit):
    assert fit.expression[ARKIT_INDEX["mouthSmileLeft"]] > 0.5
    assert fit.expression[ARKIT_INDEX["eyeBlinkLeft"]] == 0


@pytest.fixture(scope="module")
def touching(head, fit, astronaut):
    eyes = eye_arrays(head, fit, astronaut[0])
    return meet(head, fit, np.hstack([eyes["eye_centres"], eyes["eyes"][:, :1]])), eyes


@pytest.mark.parametrize("named", [(), ("jawOpen", "mouthClose")])
def test_lips_meet_at_rest_and_when_closed_against_an_open_jaw(head, touching, named):
    fit, _ = touching
    state = fit.neutral + sum(fit.shapes[ARKIT_INDEX[name]] for name in named)
    assert opening(head, state, head.lips_inner).max() < 0.0004


@pytest.mark.parametrize(("name", "loop"), [("eyeBlinkLeft", "left_eyelids"), ("eyeBlinkRight", "right_eyelids")])
def test_lids_meet_in_a_blink_and_stand_open_at_rest(head, touching, name, loop):
    fit, _ = touching
    margin = getattr(head, loop)
    assert opening(head, fit.neutral, margin).max() > 0.005
    assert opening(head, fit.neutral + fit.shapes[ARKIT_INDEX[name]], margin).max() < 0.0006


def test_closed_lids_lie_before_the_balls_of_the_eyes(head, touching):
    fit, eyes = touching
    for name, loop, centre, ball in zip(
        ("eyeBlinkLeft", "eyeBlinkRight"), (head.left_eyelids, head.right_eyelids), eyes["eye_centres"], eyes["eyes"]
    ):  # fmt: skip
        lids = (fit.neutral + fit.shapes[ARKIT_INDEX[name]])[loop]
        assert np.linalg.norm(lids - centre, axis=1).min() > ball[0]


def opening(head, vertices, loop):
    """Heights (n,) in metres between the upper and the lower edge, where positive is open."""
    upper, lower = (vertices[half] for half in halves(loop, head.vertices))
    return upper[:, 1] - np.interp(upper[:, 0], lower[:, 0], lower[:, 1])


def test_a_portrait_is_made_of_a_photo_and_its_landmarks(portrait, astronaut):
    made = make_portrait(portrait.image, *astronaut)
    assert made.vertices.shape[1] == 3
    assert made.shapes.shape[0] == 52
    assert 0.3 < made.matte.mean() / 255 < 0.7
    assert np.abs(made.mouth - portrait.mouth).max() < 0.001


def test_a_face_turned_aside_is_refused(head, portrait):
    turned = head.vertices @ cv2.Rodrigues(np.array([0.0, 0.8, 0.0]))[0].T
    landmarks = landmarks_of(head, turned, Camera(2000.0, 400.0, 380.0))
    with pytest.raises(PortraitError, match=r"turned 4. degrees aside"):
        make_portrait(portrait.image, landmarks, {})


def test_landmarks_without_the_shape_of_a_face_are_refused(portrait, astronaut):
    scattered = astronaut[0] + np.random.default_rng(0).normal(0, 30, (478, 2))
    with pytest.raises(PortraitError, match="does not have the shape of a human face"):
        make_portrait(portrait.image, scattered, {}, "a.jpg")
