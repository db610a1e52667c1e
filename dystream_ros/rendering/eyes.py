"""Eyes of a portrait: where the balls lie, how large the iris is, and its colour in the photo."""

import cv2
import numpy as np

from dystream_ros.rendering.fit import Fit
from dystream_ros.rendering.head import Head

IRIS = ((473, 474, 475, 476, 477), (468, 469, 470, 471, 472))  # centre and rim of the left and the right iris in the face mesh
IRIS_RADIUS = 0.0059  # metres, nearly the same in all adults
BALL_RADIUS = 0.0122


def eye_arrays(head: Head, fit: Fit, image: np.ndarray, landmarks: np.ndarray) -> dict[str, np.ndarray]:
    """`eye_centres`, `eyes` and `eye_colours` of `Portrait`. The eyes look into the lens at rest."""
    centres, sizes, colours = [], [], []
    to_lens = fit.rotation.T @ np.array([0.0, 0.0, 1.0])
    yaw, pitch = np.arctan2(to_lens[0], to_lens[2]), np.arcsin(to_lens[1])
    for iris, loop in zip(IRIS, (head.left_eyelids, head.right_eyelids), strict=True):
        lids = fit.neutral[loop]
        middle = lids.mean(axis=0)
        rim = np.linalg.norm(landmarks[list(iris[1:]), :2] - landmarks[iris[0], :2], axis=1).mean() / fit.camera.scale
        iris_radius = float(np.clip(rim, 0.8 * IRIS_RADIUS, 1.25 * IRIS_RADIUS))
        scale = iris_radius / IRIS_RADIUS
        ball = BALL_RADIUS * scale
        # The front of the ball lies just behind the lids; across, the iris lies where the photo has it.
        front = fit.camera.unproject(landmarks[[iris[0]], :2].astype(float), np.array([middle[2] + 0.001]))[0]
        corners = np.array([(lids[:, 0].min() + lids[:, 0].max()) / 2, middle[1]])
        front[0] = np.clip(front[0], corners[0] - 0.002, corners[0] + 0.002)
        front[1] = np.clip(front[1], corners[1] - 0.0025, corners[1] + 0.0025)
        depth = float(np.percentile(lids[:, 2], 70)) + 0.0002
        centres.append([front[0], front[1], depth - ball])
        sizes.append([ball, iris_radius, yaw, pitch])
        colours.append(_iris_colour(image, landmarks[iris[0], :2], rim * fit.camera.scale))
    colour = np.median(np.array(colours), axis=0)
    white = np.array([0.86, 0.83, 0.81]) * _brightness(image, landmarks)
    return {
        "eye_centres": np.array(centres, np.float32),
        "eyes": np.array(sizes, np.float32),
        "eye_colours": np.array([colour, white], np.float32),
    }


def _iris_colour(image: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Median RGB, 0 to 1, of the ring between pupil and limbus, its lower half, where no lash or glint falls."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    distance = np.hypot(x - centre[0], y - centre[1])
    ring = (distance > 0.5 * radius) & (distance < 0.85 * radius) & (y > centre[1] - 0.2 * radius)
    return np.median(image[ring][:, ::-1], axis=0) / 255.0


def _brightness(image: np.ndarray, landmarks: np.ndarray) -> float:
    """How bright the light on the face is: the skin of the cheeks against that of a well-lit photo."""
    hull = cv2.convexHull(landmarks[:468, :2].round().astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(image.shape[:2], np.uint8), hull, 1)
    return float(np.clip(np.percentile(image[mask > 0].max(axis=1), 70) / 225.0, 0.45, 1.0))
