"""Finds glasses in a photo and keeps their frame stiff: it turns as a plane, and cheeks and brows do not push it."""

from dataclasses import replace

import cv2
import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.rendering.portrait import Floats, Picture

# Landmarks of the MediaPipe face mesh: down the bridge of the nose, and the corners of both eyes from the outside in.
BRIDGE = (9, 8, 168, 6, 197, 195)
EYES = ((33, 133), (263, 362))
# Contrast along the bridge of the nose over the brightness: 0.38 to 1.08 where a frame crosses it, else at most 0.10.
LEAST_CONTRAST = 0.2
# Distance from the middle of an eye, in widths of the eye across and HEIGHT of that up and down: lids lie within the
# first, the frame between the second and the third, and nothing of it beyond the last.
RING, HEIGHT = (0.62, 0.80, 1.35, 2.00), 0.90
STIFF = 0.9  # share of the motion of shapes that the frame does not follow
MOVING = np.array([not name.startswith("eye") for name in ARKIT_NAMES])[:, None, None]


def wears_glasses(image: Picture, landmarks: Floats) -> bool:
    """Whether the frame of glasses crosses the bridge of the nose in a BGR image with landmarks (n, 2), pixels."""
    wide = float(np.linalg.norm(landmarks[EYES[0][0], :2] - landmarks[EYES[1][0], :2]))
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), max(0.008 * wide, 0.5)).astype(np.float32)

    bridge = landmarks[list(BRIDGE), :2]
    at = np.linspace(0, len(bridge) - 1, 60)
    line = np.stack([np.interp(at, np.arange(len(bridge)), bridge[:, k]) for k in (0, 1)], axis=1)
    aside = wide * np.array([[-0.02, 0.0], [0.0, 0.0], [0.02, 0.0]])
    beside = (line + aside[:, None]).astype(np.float32)
    shown = cv2.remap(grey, beside[..., 0], beside[..., 1], cv2.INTER_LINEAR)
    fine = shown - cv2.blur(shown, (25, 1))
    return float(np.median(np.ptp(fine, axis=1))) > LEAST_CONTRAST * max(float(shown.mean()), 20.0)


def frame_share(head: Head, fit: Fit, landmarks: Floats) -> Floats:
    """Share (n,) of each vertex of the head that belongs to the frame of glasses, 0 to 1."""
    pixels = fit.camera.project(fit.seen)
    apart = np.full(len(pixels), np.inf)
    for outer, inner in EYES:
        middle = 0.5 * (landmarks[outer, :2] + landmarks[inner, :2])
        wide = float(np.linalg.norm(landmarks[outer, :2] - landmarks[inner, :2]))
        away = (pixels - middle) / wide
        apart = np.minimum(apart, np.hypot(away[:, 0], away[:, 1] / HEIGHT))
    share = np.clip((apart - RING[0]) / (RING[1] - RING[0]), 0, 1) * np.clip(
        (RING[3] - apart) / (RING[3] - RING[2]), 0, 1
    )
    near = fit.seen[:, 2] > np.percentile(fit.seen[head.landmark_vertices[list(sum(EYES, ())), 0], 2], 50) - 0.05
    return np.asarray(share * share * (3 - 2 * share) * near)


def stiffened(head: Head, fit: Fit, landmarks: Floats) -> Fit:
    """The fit with the skin behind the frame of glasses in one plane, which expressions hardly move."""
    share = frame_share(head, fit, landmarks)
    pixels, depth = fit.camera.project(fit.seen), fit.seen[:, 2].astype(np.float64)
    used = share > 0.5
    # The plane lies along the skin in depth, level across a face that looks at the lens.
    basis = np.stack([pixels[:, 0], pixels[:, 1], np.ones(len(pixels))], axis=1)
    plane = basis @ np.linalg.lstsq(basis[used] * share[used, None], depth[used] * share[used], rcond=None)[0]
    moved = fit.camera.unproject(pixels, depth + share * (plane - depth)) - fit.seen
    kept = np.where(MOVING, 1 - STIFF * share[None, :, None], 1.0)
    return replace(
        fit,
        neutral=(fit.neutral + moved).astype(np.float32),
        seen=(fit.seen + moved).astype(np.float32),
        shapes=(fit.shapes * kept).astype(np.float32),
    )
