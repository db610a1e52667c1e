"""Faces of the fifteen visemes of Oculus, by the ARKit preset of the package openfacefx."""

import numpy as np

from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.arkit import ARKIT_INDEX


def peer_package():
    """The package openfacefx. Raises RuntimeError when it is not installed."""
    try:
        import openfacefx
    except ImportError as error:
        raise RuntimeError(
            "the peers need the package openfacefx: it is in the section evaluate of requirements.txt"
        ) from error
    return openfacefx


def faces(weights: dict[str, np.ndarray], frames: int) -> np.ndarray:
    """Motion float32 (frames, 58) of viseme weights (frames,) each, "PP", "aa", ..., 0 to 1."""
    preset = peer_package().PRESETS["arkit"]
    motion = np.zeros((frames, len(MOTION_NAMES)), np.float32)
    for viseme, weight in weights.items():
        for name, share in preset.get(viseme, ()):
            motion[:, ARKIT_INDEX[name]] += share * weight
    return np.clip(motion, 0.0, 1.0)
