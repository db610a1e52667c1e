"""A layer of a portrait while it is made, and the common arrays of all layers."""

from dataclasses import dataclass

import numpy as np

from dystream_ros.rendering.portrait import Floats, Indices

PHOTO = np.array([0.0, 0.0, 0.0, 1.0], np.float32)


@dataclass(frozen=True)
class Layer:
    """One layer with arrays as in `Portrait`, but `shapes` float32 (52, n, 3) for all of its vertices."""

    vertices: Floats
    triangles: Indices
    texture: Floats
    look: Floats
    opacity: Floats
    follow: Floats
    shapes: Floats


def join(layers: dict[str, Layer], least_motion: float = 2e-5) -> dict[str, np.ndarray]:
    """The common arrays of `Portrait`, by name.

    Args:
        layers: by name, in the order of `LAYERS`.
        least_motion: metres; vertices that no expression moves farther get no shapes.
    """
    parts = list(layers.values())
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    shapes = np.concatenate([part.shapes for part in parts], axis=1)
    rows = np.flatnonzero(np.abs(shapes).max(axis=(0, 2)) > least_motion)
    moving = shapes[:, rows]
    moving[np.abs(moving) < least_motion / 2] = 0.0
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts]).astype(np.float32)
        for name in ("vertices", "texture", "look", "opacity", "follow")
    }
    arrays["shape_rows"], arrays["shapes"] = rows.astype(np.int32), moving.astype(np.float16)
    for (name, part), start in zip(layers.items(), starts, strict=False):
        arrays[f"triangles_{name}"] = (part.triangles + start).astype(np.uint16)
    return arrays
