"""Fits the generic head to the landmarks of a photo: pose, identity, expression, and a smooth warp of the residual."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.optimize import least_squares, lsq_linear
from scipy.spatial.transform import Rotation

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.round_lips import round_lips
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Floats

# Penalty of one standard deviation of identity, and of a coefficient of 1: misfit in pixels of a face 100 pixels wide.
IDENTITY_WEIGHT = 0.35
EXPRESSION_WEIGHT = 1.5
KEPT_SMILE = 0.2  # share of a smile that stays at rest: without it, its folds in the photo would look like a grimace
# Share of the kept smile that disappears when the lips are rounded or their corners are drawn down.
UNSMILING = {"mouthPucker": 0.8, "mouthFunnel": 0.8, "mouthFrownLeft": 0.5, "mouthFrownRight": 0.5}
# Coefficients that stay 0: landmarks do not distinguish them from identity, or no portrait shows them. The opening of
# the lids is part of a person's likeness, so their coefficients stay 0 too.
UNFITTED = (
    "eye", "cheekPuff", "tongueOut", "jawForward", "jawLeft", "jawRight", "mouthClose", "noseSneer",
)  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """A head fitted to a photo. Vertices in metres in the axes of the camera, see `Camera`.

    Attributes:
        camera: of the photo.
        rotation: float64 (3, 3), from the axes of the head to those of the camera.
        neutral: float32 (n, 3), the head at rest, in the pose of the photo.
        seen: float32 (n, 3), the head with pose and expression of the photo.
        shapes: float32 (52, n, 3), displacement of each coefficient.
        expression: float32 (52,), coefficients of the photo.
        residual: mean distance from the landmarks before the warp, pixels.
    """

    camera: Camera
    rotation: Floats
    neutral: Floats
    seen: Floats
    shapes: Floats
    expression: Floats
    residual: float


def fit_head(head: Head, landmarks: Floats, scores: dict[str, float]) -> Fit:
    """Fit `head` to face landmarks.

    Args:
        landmarks: (468 or more, 2 or more), pixels, in the order of the MediaPipe face mesh.
        scores: estimated ARKit coefficients by name, 0 to 1; a prior of the expression.
    """
    target = landmarks[:468, :2].astype(np.float64)
    size = np.ptp(target[:, 0])  # the width of the face makes the fit independent of the photo's resolution
    vertices, weights = head.landmark_vertices, head.landmark_weights.astype(np.float64)

    def pick(field: Floats) -> Floats:
        return np.einsum("...lkd,lk->...ld", field[..., vertices, :].astype(np.float64), weights)

    base, identity, shapes = pick(head.vertices), pick(head.identity), pick(head.shapes)
    prior = np.array([scores.get(name, 0.0) for name in ARKIT_NAMES])
    free = np.array([not name.startswith(UNFITTED) for name in ARKIT_NAMES])
    prior[~free] = 0.0
    importance = np.ones(468)
    for loop in (head.lips_inner, head.lips_outer, head.left_eyelids, head.right_eyelids):
        importance[np.isin(vertices, loop).any(axis=1)] = 2.0

    amounts: Floats = np.zeros(len(identity))
    expression: Floats = prior.copy()
    span = np.ptp(base[:, 0])
    pose = np.array([0.0, 0.0, 0.0, size / span, *target.mean(0)])
    for _ in range(8):
        shape = base + np.tensordot(amounts, identity, 1) + np.tensordot(expression, shapes, 1)

        def misfit(parameters: Floats, shape: Floats = shape) -> Floats:
            turned = shape @ Rotation.from_rotvec(parameters[:3]).as_matrix().T
            return ((_camera(parameters).project(turned) - target) * importance[:, None]).ravel() / size

        pose = least_squares(misfit, pose, x_scale=[0.1, 0.1, 0.1, size / span, size, size]).x
        rotation, camera = Rotation.from_rotvec(pose[:3]).as_matrix(), _camera(pose)
        amounts, expression = _solve_shape(
            camera, rotation, base, identity, shapes[free], target, importance, prior[free], size
        )
        full = np.zeros(52)
        full[free] = expression
        expression = full

    neutral = (head.vertices + np.tensordot(amounts, head.identity, 1)) @ rotation.T
    turned_shapes = head.shapes.astype(np.float64) @ rotation.T
    expressive = neutral + np.tensordot(expression, turned_shapes, 1)
    # A share of the smile stays in the face at rest; the coefficient covers the rest of the way.
    kept = np.array([KEPT_SMILE if name.startswith("mouthSmile") else 0.0 for name in ARKIT_NAMES]) * expression
    smile = np.tensordot(kept, turned_shapes, 1)
    neutral += smile
    turned_shapes *= (1 - kept)[:, None, None]
    for name, share in UNSMILING.items():
        turned_shapes[ARKIT_INDEX[name]] -= share * smile
    expression = (expression - kept) / (1 - kept)
    placed = pick(expressive)
    left_over = target - camera.project(placed)
    warp = _warp(camera, placed, left_over, expressive)
    neutral = neutral + warp
    turned_shapes[ARKIT_INDEX["mouthFunnel"]] = round_funnel(
        head, neutral @ rotation, turned_shapes[ARKIT_INDEX["mouthFunnel"]] @ rotation
    ) @ rotation.T  # fmt: skip
    return Fit(
        camera=camera,
        rotation=rotation,
        neutral=neutral.astype(np.float32),
        seen=(expressive + warp).astype(np.float32),
        shapes=turned_shapes.astype(np.float32),
        expression=expression.astype(np.float32),
        residual=float(np.linalg.norm(left_over, axis=1).mean()),
    )


def round_funnel(head: Head, vertices: Floats, shape: Floats) -> Floats:
    """The shape (n, 3) of mouthFunnel with a round opening between the lips of vertices (n, 3), axes of `head`."""
    result, skin = shape.copy(), head.triangles_of("skin")
    rows = np.unique(skin)
    result[rows, :2] = round_lips(vertices, head.vertices, skin, head.lips_inner)[rows]
    return result


def _camera(pose: Floats) -> Camera:
    return Camera(scale=float(pose[3]), x=float(pose[4]), y=float(pose[5]))


def _solve_shape(
    camera: Camera,
    rotation: Floats,
    base: Floats,
    identity: Floats,
    shapes: Floats,
    target: Floats,
    importance: Floats,
    prior: Floats,
    size: float,
) -> tuple[Floats, Floats]:
    """Identity (k,) and expression (e,) that fit the landmarks in a given pose: bounded linear least squares."""
    turned = base @ rotation.T
    # Depth changes little with shape, so perspective is taken from the mean head: the problem becomes linear.
    zoom = camera.scale * camera.distance / (camera.distance - turned[:, 2])
    weight = (importance / size * 100)[:, None]
    to_pixels = np.stack([rotation[0], -rotation[1]])  # (2, 3)

    def columns(field: Floats) -> Floats:
        return ((field @ to_pixels.T) * zoom[:, None] * weight).reshape(len(field), -1)

    basis = np.concatenate([columns(identity), columns(shapes)]).T
    wanted = ((target - camera.project(turned)) * weight).ravel()
    ridge = np.r_[np.full(len(identity), IDENTITY_WEIGHT), np.full(len(shapes), EXPRESSION_WEIGHT)]
    rows = np.vstack([basis / np.sqrt(len(target)), np.diag(ridge)])
    right = np.r_[wanted / np.sqrt(len(target)), np.zeros(len(identity)), ridge[len(identity) :] * prior]
    limits = np.r_[np.full(len(identity), 3.0), np.ones(len(shapes))]
    lowest = np.r_[np.full(len(identity), -3.0), np.zeros(len(shapes))]
    solution = lsq_linear(rows, right, bounds=(lowest, limits)).x
    return solution[: len(identity)], solution[len(identity) :]


def _warp(camera: Camera, placed: Floats, left_over: Floats, vertices: Floats) -> Floats:
    """Displacement (n, 3) in the image plane that moves the landmarks by `left_over` (468, 2), pixels.

    It fades with the distance from the landmarks.
    """
    zoom = camera.scale * camera.distance / (camera.distance - placed[:, 2])
    displacement = np.stack([left_over[:, 0] / zoom, -left_over[:, 1] / zoom], axis=1)
    points, first = np.unique(placed.round(5), axis=0, return_index=True)
    field = RBFInterpolator(points, displacement[first], kernel="thin_plate_spline", smoothing=1e-5, degree=1)
    nearest = np.linalg.norm(vertices[:, None] - points[None], axis=2).min(axis=1)
    fade = np.exp(-((np.maximum(nearest - 0.01, 0) / 0.03) ** 2))
    warp = np.zeros_like(vertices)
    warp[:, :2] = field(vertices) * fade[:, None]
    return warp
