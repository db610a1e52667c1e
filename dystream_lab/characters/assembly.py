"""Puts the parts of a generated face together to the data of a portrait."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.characters.picture import Shot
from dystream_lab.characters.rounding import LEAST_MOTION, rounded
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.layer import Layer, join
from dystream_ros.portraits.prepare import outline
from dystream_ros.portraits.simplify import simplified
from dystream_ros.rendering.portrait import Portrait


def assembled(
    head: Head,
    fit: Fit,
    shot: Shot,
    layers: dict[str, Layer],
    eye_centres: np.ndarray,
    eyes: np.ndarray,
    colours: Sequence[Sequence[float] | np.ndarray],
) -> Portrait:
    """The portrait of a face whose head looks ahead.

    Args:
        head, fit, shot, layers: of the face; the picture is square.
        eye_centres, eyes: as in `Portrait`.
        colours: of iris, white and tooth, RGB, 0 to 1.
    """
    return simplified(Portrait(
        image=shot.image, matte=shot.matte, background=shot.background,
        **rounded(join(layers, LEAST_MOTION), len(shot.image)), eye_centres=eye_centres, eyes=eyes,
        colours=np.array(colours, np.float32),
        camera=np.array([fit.camera.scale, fit.camera.x, fit.camera.y, fit.camera.distance], np.float32),
        rotation=np.eye(3, dtype=np.float32),
        lips=outline(head, fit, layers, head.lips_inner),
        lids=np.stack([outline(head, fit, layers, loop) for loop in (head.left_eyelids, head.right_eyelids)]),
        mouth=fit.neutral[head.lips_inner].mean(axis=0).astype(np.float32),
        mouth_depth=np.array(fit.neutral[head.lips_inner, 2].max(), np.float32),
    ))  # fmt: skip
