"""Coefficients mixed into latents by a known matrix are recovered from rendered pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from motions import motion

from dystream_lab.released.calibration import NAMES, calibrate
from dystream_lab.released.landmark_reader import Reading, pose_of
from dystream_lab.released.look_store import LookStore
from dystream_lab.released.regression import best_ridge, correlations, unbiased_reader
from dystream_lab.released.taught_reader import STEADY, TaughtReader, random_expression
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.models.released.files.readout import Readout
from dystream_ros.models.released.networks.flow_estimator import FlowEstimator
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import load_portrait
from dystream_ros.rendering.view import View

MOTION = 512
MIDDLE, SPREAD = 0.4, 0.1
# Gaze turns the eyeballs and leaves the mesh alone but for the lids: its pairs can not be told apart by vertices.
GAZE = [index for index, name in enumerate(ARKIT_NAMES) if name.startswith("eyeLook")]


class MeshDecoder:
    """A stand-in for the decoder, whose pictures hold a face: latents drive the mesh through a known mixing matrix."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.estimator = FlowEstimator()
        self.affine = self.estimator.affine()
        generator = np.random.default_rng(0)
        self.mixing = generator.standard_normal((58, 64)) / 8
        self.animation = Animation(load_portrait("astronaut"))
        self.noise = generator

    def numbers(self, motions: np.ndarray) -> np.ndarray:
        """True coefficients and poses (n, 58) of motions (n, 512)."""
        weight, bias = self.affine
        coordinates = motions @ weight.numpy().T + bias.numpy()
        mixed = coordinates @ self.mixing.T
        mixed = (mixed - mixed.mean(0)) / mixed.std(0)
        numbers = MIDDLE + SPREAD * mixed
        numbers[:, ARKIT_INDEX["jawOpen"]] += 0.4  # a closing mouth needs a jaw that is open
        for name in ("eyeBlinkLeft", "eyeBlinkRight"):  # a closed lid leaves a squint no room
            numbers[:, ARKIT_INDEX[name]] = 0.1 + 0.02 * mixed[:, ARKIT_INDEX[name]]
        numbers[:, 52:] = 0.1 * mixed[:, 52:]
        numbers[:, 55:] *= 0.1
        return numbers.astype(np.float32)

    def draw(self, numbers: np.ndarray) -> np.ndarray:
        """Vertices with a tenth of a millimetre of noise, as a landmarker's would have."""
        vertices = self.animation.pose(numbers[:52], numbers[52:])
        return vertices + 1e-4 * self.noise.standard_normal(vertices.shape)


class GeometryReader:
    """A stand-in for the landmarker: coefficients and pose by least squares on the vertices."""

    def __init__(self, animation: Animation) -> None:
        portrait = load_portrait("astronaut")
        self.rest = animation.pose(np.zeros(52), np.zeros(6)).astype(np.float64).copy()
        followed = portrait.follow > 0.999
        moved = np.zeros(len(self.rest), bool)
        moved[portrait.shape_rows] = np.abs(portrait.shapes.astype(np.float32)).max((0, 2)) > 0
        self.rigid = followed & ~moved
        self.moved = followed & moved
        shapes = np.zeros((52, *self.rest.shape))
        shapes[:, portrait.shape_rows] = portrait.shapes
        self.inverse = np.linalg.pinv(shapes[:, self.moved].reshape(52, -1).T, rcond=1e-6)
        self.axes = portrait.rotation.astype(np.float64) @ np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])

    def read(self, vertices: np.ndarray) -> np.ndarray:
        fixed, seen = self.rest[self.rigid], vertices[self.rigid]
        u, _, v = np.linalg.svd((seen - seen.mean(0)).T @ (fixed - fixed.mean(0)))
        turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
        shift = seen.mean(0) - turn @ fixed.mean(0)
        still = (vertices[self.moved] - shift) @ turn - self.rest[self.moved]
        coefficients = self.inverse @ still.ravel()
        own = self.axes.T @ turn @ self.axes
        angles = np.arctan2(own[2, 1], own[2, 2]), -np.arcsin(own[2, 0]), np.arctan2(own[1, 0], own[0, 0])
        return np.concatenate([coefficients, angles, self.axes.T @ shift])


@pytest.fixture(scope="module")
def decoder():
    return MeshDecoder()


@pytest.fixture(scope="module")
def calibrated(decoder):
    motions = np.random.default_rng(1).standard_normal((400, MOTION)).astype(np.float32)
    numbers, reader = decoder.numbers(motions), GeometryReader(decoder.animation)
    looks = [reader.read(decoder.draw(row)) for row in numbers]
    return motions, numbers, calibrate(motions, *decoder.affine, looks, lambda looks: looks)


def test_recovered_coefficients_and_pose_follow_the_true_ones(calibrated):
    motions, numbers, result = calibrated
    read = np.stack([np.concatenate(result.readout.read(motion)) for motion in motions])
    follow = correlations(read, numbers)
    weak = {NAMES[index]: round(follow[index], 3) for index in range(58) if index not in GAZE and follow[index] < 0.95}
    assert not weak
    assert result.lost == 0
    assert len(result.table().splitlines()) == 60


def test_a_readout_is_kept_in_a_file(calibrated, tmp_path):
    readout = calibrated[2].readout
    readout.save(tmp_path / "readout.safetensors")
    kept = Readout.load(tmp_path / "readout.safetensors")
    assert all(torch.equal(getattr(kept, name), getattr(readout, name)) for name in readout.__dataclass_fields__)


def test_lips_that_are_closed_read_closed_and_the_rest_of_the_face_stays(calibrated):
    motions, _, result = calibrated
    weight, bias = result.readout.closed_lips()
    open_mouth = motions[0]
    closed = (weight @ torch.from_numpy(open_mouth) + bias).numpy()
    before, after = (result.readout.read(motion)[0] for motion in (open_mouth, closed))
    speech = np.zeros(52, bool)
    speech[list(SPEECH_INDEX)] = True
    assert before[speech].mean() > 0.2
    assert after[speech].max() < 0.02
    assert abs(after - before)[~speech].max() < 0.05


def test_pictures_without_a_face_are_an_error_when_too_few_are_left(decoder):
    motions = np.zeros((200, MOTION), np.float32)
    with pytest.raises(ValueError, match="a face was found in 0 of 200"):
        calibrate(motions, *decoder.affine, [None] * 200, lambda looks: looks)


def test_a_landmarkers_transform_reads_as_a_head_pose():
    """MediaPipe: x to the picture's right, y up, z to the camera, centimetres."""
    to_head = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    pose = np.array([0.1, -0.2, 0.3, 0.01, 0.02, -0.03])
    transform = np.eye(4)
    transform[:3, :3] = to_head.T @ rotation_matrix(pose) @ to_head
    transform[:3, 3] = to_head.T @ pose[3:] * 100
    np.testing.assert_allclose(pose_of(transform, np.eye(4)), pose, atol=1e-9)
    away = np.eye(4)
    away[:3, 3] = (1, 2, -40)
    np.testing.assert_allclose(pose_of(away @ transform, away), pose, atol=1e-9)


class LandmarkedFace:
    """A face, and a stand-in for the landmarker: it knows where the vertices of the last picture are.

    Its scores say nothing and its pictures are black: all there is to read are landmarks, exact to the last digit.
    """

    SIZE = 256

    def __init__(self):
        portrait, view = load_portrait("astronaut"), View(self.SIZE, self.SIZE)
        self.animation, self.camera = Animation(portrait), Camera(*portrait.camera.tolist())
        self.zoom, self.shift = view.placed(portrait)
        rest = self.animation.pose(np.zeros(52), np.zeros(6)).copy()
        reader = GeometryReader(self.animation)
        rigid, moved = np.flatnonzero(reader.rigid), np.flatnonzero(reader.moved)
        self.chosen = moved[np.linspace(0, len(moved) - 1, 478).astype(int)]
        steady = [*STEADY, 152]
        spread = np.argsort(rest[rigid, 1])[np.linspace(0, len(rigid) - 1, len(steady)).astype(int)]
        self.chosen[steady] = rigid[spread]

    def draw(self, values, pose):
        self.vertices = self.animation.pose(values, pose)[self.chosen]
        return np.zeros((self.SIZE, self.SIZE, 3), np.uint8)

    def detect(self, picture):
        pixels = self.camera.project(self.vertices) * self.zoom + self.shift
        depth = -self.vertices[:, 2:] * self.camera.scale * self.zoom
        return Reading(np.zeros(52), np.eye(4), 0.0, np.concatenate((pixels, depth), 1))


class PaintedFace(LandmarkedFace):
    """The same in pictures, with landmarks a fifth of a pixel wrong; gaze and folds show in the colours alone."""

    def __init__(self):
        super().__init__()
        self.renderer = open_renderer("astronaut", self.SIZE, self.SIZE)
        self.random = np.random.default_rng(7)

    def draw(self, values, pose):
        super().draw(values, pose)
        return self.renderer.render(motion(values.astype(np.float32), pose.astype(np.float32)))

    def detect(self, picture):
        exact = super().detect(picture)
        noise = 0.2 * self.random.standard_normal(exact.landmarks.shape)
        return replace(exact, landmarks=exact.landmarks + noise)


def test_a_trained_reader_reads_coefficients_from_landmarks():
    face, random = LandmarkedFace(), np.random.default_rng(5)
    reader = TaughtReader.teach(face, face.draw, lessons=400)
    reader.set_neutral(face.draw(np.zeros(52), np.zeros(6)))
    known = [random_expression(random) for _ in range(200)]
    read = reader.numbers(np.stack([reader.look(face.draw(*expression)) for expression in known]))
    follow = correlations(read[:, :52], np.stack([values for values, _ in known]))
    weak = {NAMES[index]: round(follow[index], 3) for index in range(52) if index not in GAZE and follow[index] < 0.95}
    assert not weak


def test_coefficients_are_found_again_through_pictures():
    """Latents that a known matrix mixes draw pictures; lessons and pictures are a tenth of a real calibration."""
    pictures, face = 400, PaintedFace()
    random = np.random.default_rng(5)
    true = np.stack([np.concatenate(random_expression(random)) for _ in range(pictures)])
    mixing = random.standard_normal((58, 64)) / 8
    motions = (true @ mixing).astype(np.float32)
    reader = TaughtReader.teach(face, face.draw, pictures)
    reader.set_neutral(face.draw(np.zeros(52), np.zeros(6)))
    looks = [reader.look(face.draw(row[:52], row[52:])) for row in true]
    result = calibrate(motions, torch.eye(64), torch.zeros(64), looks, reader.numbers, reader.expect)
    face.renderer.close()
    fresh = np.stack([np.concatenate(random_expression(random)) for _ in range(300)])
    read = np.stack([np.concatenate(result.readout.read(row)) for row in (fresh @ mixing).astype(np.float32)])
    follow = correlations(read, fresh)
    # Whether an eye looks in or out is a few pixels of its iris; other seeds gave 0.64 and more for it, 0.90 and more
    # for everything else, and a median of 0.99.
    least = [0.6 if name.startswith(("eyeLookIn", "eyeLookOut")) else 0.88 for name in NAMES]
    weak = {name: round(follow[index], 3) for index, name in enumerate(NAMES) if follow[index] < least[index]}
    assert not weak
    assert np.median(follow[:52]) > 0.98
    assert follow[52:].min() > 0.99


def test_a_reader_cannot_be_trained_without_a_face(decoder):
    class Blind:
        def detect(self, picture):
            return None

    with pytest.raises(ValueError, match="no face"):
        TaughtReader.teach(Blind(), lambda values, pose: np.zeros((8, 8, 3), np.uint8), lessons=3)


def test_an_unbiased_reader_mixes_no_cause_up_with_another():
    """Two causes that often come together and look alike: a plain regression fills one in from the other."""
    random = np.random.default_rng(0)
    causes = random.standard_normal((2000, 2)) @ [[1, 0.6], [0, 0.8]]
    looks_like = np.array([[1.0, 0.1, 0.0], [1.0, 0.0, 0.1]])
    effects = causes @ looks_like + 0.1 * random.standard_normal((2000, 3))

    def mixed_up(weight):
        return np.abs(looks_like @ weight.T - np.eye(2)).max()

    assert mixed_up(unbiased_reader(effects, causes, strength=1e-6)[0]) < 0.1
    assert mixed_up(best_ridge(effects, causes)[0]) > 0.2


def test_an_interrupted_calibration_goes_on_where_it_stopped(tmp_path):
    seen = []

    def look(index):
        seen.append(index)
        return None if index == 1 else np.full(3, index, np.float32)

    store = LookStore(tmp_path / "run", {"seed": 0})
    first = store.looks(5, look)
    assert [next(first) is None for _ in range(3)] == [False, True, False]
    first.close()
    again = LookStore(tmp_path / "run", {"seed": 0})
    looks = list(again.looks(5, look))
    assert seen == [0, 1, 2, 3, 4]
    assert looks[1] is None
    assert [float(looks[index][0]) for index in (0, 2, 3, 4)] == [0, 2, 3, 4]
    motions = again.array("motions", lambda: np.arange(4))
    np.testing.assert_array_equal(again.array("motions", lambda: np.zeros(4)), motions)
    with pytest.raises(ValueError, match="another seed"):
        LookStore(tmp_path / "run", {"seed": 1})
