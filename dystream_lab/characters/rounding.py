"""Rounds the arrays of a portrait to whole steps, which compress better."""

import numpy as np

# Metres, pixels of the picture, shares.
STEPS = {"shapes": 1e-4, "vertices": 2e-5, "texture": 0.05, "opacity": 1 / 256, "look": 1 / 256}
LEAST_MOTION = 1e-4  # metres; smaller motion is invisible and makes the file larger


def rounded(arrays: dict[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """Common arrays of all layers in `STEPS`, for a picture with sides of `size` pixels."""
    result = dict(arrays)
    for name, step in STEPS.items():
        whole = step / size if name == "texture" else step
        result[name] = (np.round(arrays[name].astype(np.float64) / whole) * whole).astype(arrays[name].dtype)
    return result
