"""Makes a portrait of a photo: crop, landmarks, fit, layers, matte, eyes."""

import cv2
import numpy as np

from dystream_ros.rendering.contact import meet
from dystream_ros.rendering.colours import sample_colours
from dystream_ros.rendering.eyes import eye_arrays
from dystream_ros.rendering.fit import Fit, fit_head
from dystream_ros.rendering.head import Head, load_head
from dystream_ros.rendering.layer import Layer, join
from dystream_ros.rendering.matte import complete_background, cut_out
from dystream_ros.rendering.mouth import teeth_layer
from dystream_ros.rendering.portrait import Portrait
from dystream_ros.rendering.sheet import moving_part, sheet_layer
from dystream_ros.rendering.skin import inside_layer, lashes_layer, skin_layer

FRAME = 2.45  # side of the crop in heights of the face, chin to hairline
SIZE = 768  # pixels of the crop, enough for a face of 512 and little enough to load at once


def crop_square(photo: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The square (SIZE, SIZE, 3) around the head; beyond the photo its border is repeated."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    side = FRAME * (high[1] - low[1])
    left, top = (low + high) / 2 - side * np.array([0.5, 0.46])
    scale = SIZE / side
    move = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    if scale < 0.5:
        photo = cv2.resize(photo, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        move[:, :2] *= 0.5 / scale
    return cv2.warpAffine(photo, move, (SIZE, SIZE), flags=method, borderMode=cv2.BORDER_REPLICATE)


def make_portrait(image: np.ndarray, landmarks: np.ndarray, scores: dict[str, float]) -> Portrait:
    """A portrait of a square BGR crop with its 478 face landmarks in pixels and estimated coefficients by name."""
    head = load_head()
    fit = fit_head(head, landmarks, scores)
    eyes = eye_arrays(head, fit, landmarks)
    fit = meet(head, fit, np.hstack([eyes["eye_centres"], eyes["eyes"][:, :1]]))
    matte = cut_out(image, landmarks)
    layers = make_layers(head, fit, image, matte)
    moving = matte * (moving_part(layers["sheet"], len(image)) > 0.02)
    return Portrait(
        image=image,
        matte=(matte * 255).round().astype(np.uint8),
        background=complete_background(image, moving),
        **join(layers),
        **eyes,
        colours=sample_colours(image, landmarks),
        camera=np.array([fit.camera.scale, fit.camera.x, fit.camera.y, fit.camera.distance], np.float32),
        rotation=fit.rotation.astype(np.float32),
        mouth=fit.neutral[head.lips_inner].mean(axis=0).astype(np.float32),
        mouth_depth=np.float32(fit.neutral[head.lips_inner, 2].max()),
    )


def make_layers(head: Head, fit: Fit, image: np.ndarray, matte: np.ndarray) -> dict[str, Layer]:
    """The layers of a portrait by name, from the back to the front."""
    skin = skin_layer(head, fit, image)
    sheet = sheet_layer(head, fit, skin, matte)
    skin.texture[:] = skin.texture / matte.shape[0]
    return {
        "sheet": sheet,
        "skin": skin,
        "inside": inside_layer(head, fit),
        "teeth": teeth_layer(head, fit),
        "lashes": lashes_layer(head, fit),
    }

