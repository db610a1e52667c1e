"""Eyes of a portrait: position and size of the balls, size of the iris, direction at rest."""

import numpy as np

from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.rendering.portrait import Floats

# Centre and rim of the left and the right iris in the MediaPipe face mesh.
IRIS = ((473, 474, 475, 476, 477), (468, 469, 470, 471, 472))
IRIS_RADIUS = 0.0059  # metres, nearly the same in all adults
BALL_RADIUS = 0.0122


def eye_arrays(head: Head, fit: Fit, landmarks: Floats) -> dict[str, np.ndarray]:
    """`Portrait.eye_centres` and `Portrait.eyes` from landmarks (478, 2), pixels; at rest the eyes look at the lens."""
    centres, sizes = [], []
    to_lens = fit.rotation.T @ np.array([0.0, 0.0, 1.0])
    yaw, pitch = np.arctan2(to_lens[0], to_lens[2]), np.arcsin(to_lens[1])
    for iris, loop in zip(IRIS, (head.left_eyelids, head.right_eyelids), strict=True):
        lids = fit.neutral[loop]
        middle = lids.mean(axis=0)
        # The landmarks lie a little outside of the rim.
        rim = (
            0.9
            * np.linalg.norm(landmarks[list(iris[1:]), :2] - landmarks[iris[0], :2], axis=1).mean()
            / fit.camera.scale
        )
        iris_radius = float(np.clip(rim, 0.8 * IRIS_RADIUS, 1.25 * IRIS_RADIUS))
        scale = iris_radius / IRIS_RADIUS
        ball = BALL_RADIUS * scale
        # The front of the ball lies just behind the lids. Its x and y are those of the iris in the photo.
        front = fit.camera.unproject(landmarks[[iris[0]], :2].astype(float), np.array([middle[2] + 0.001]))[0]
        corners = np.array([(lids[:, 0].min() + lids[:, 0].max()) / 2, middle[1]])
        front[0] = np.clip(front[0], corners[0] - 0.002, corners[0] + 0.002)
        front[1] = np.clip(front[1], corners[1] - 0.0025, corners[1] + 0.0025)
        depth = float(np.percentile(lids[:, 2], 70)) + 0.0002
        centres.append([front[0], front[1], depth - ball])
        sizes.append([ball, iris_radius, yaw, pitch])
    return {
        "eye_centres": np.array(centres, np.float32),
        "eyes": np.array(sizes, np.float32),
    }
