"""Checks the arrays of a portrait, so that each face that opens can be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_METRES = 10.0  # a coordinate of a face is smaller
_TURNS = 1e-2  # largest deviation of a rotation from an orthonormal matrix


@dataclass(frozen=True)
class _Rule:
    """What an array must be.

    Attributes:
        kinds: kinds of NumPy types: f floating, i and u integer; B for uint8.
        shape: sizes; a letter stands for one size, the same in all arrays, of at least 1.
        low, high: inclusive range of its numbers; None for an index, which is smaller than the size `of`.
        of: letter of the size that indices refer to.
    """

    kinds: str
    shape: tuple[int | str, ...]
    low: float = 0.0
    high: float = 1.0
    of: str = ""


def _index(shape: tuple[int | str, ...], of: str = "n") -> _Rule:
    return _Rule("iu", shape, of=of)


RULES: dict[str, _Rule] = {
    "image": _Rule("B", ("h", "w", 3), high=255),
    "matte": _Rule("B", ("h", "w"), high=255),
    "background": _Rule("B", ("h", "w", 3), high=255),
    "vertices": _Rule("f", ("n", 3), -_METRES, _METRES),
    "texture": _Rule("f", ("n", 2), -1000, 1000),
    "look": _Rule("f", ("n", 4)),
    "opacity": _Rule("f", ("n",)),
    "follow": _Rule("f", ("n",)),
    "shape_rows": _index(("m",)),
    "shapes": _Rule("f", (52, "m", 3), -1, 1),
    "triangles_sheet": _index(("sheet", 3)),
    "triangles_skin": _index(("skin", 3)),
    "triangles_inside": _index(("inside", 3)),
    "triangles_teeth": _index(("teeth", 3)),
    "triangles_lashes": _index(("lashes", 3)),
    "eye_centres": _Rule("f", (2, 3), -_METRES, _METRES),
    "eyes": _Rule("f", (2, 4), -np.pi, np.pi),
    "colours": _Rule("f", (3, 3)),
    "camera": _Rule("f", (4,), -3e4, 3e4),
    "rotation": _Rule("f", (3, 3), -1 - _TURNS, 1 + _TURNS),
    "lips": _index(("lips",)),
    "lids": _index((2, "lids")),
    "mouth": _Rule("f", (3,), -_METRES, _METRES),
    "mouth_depth": _Rule("f", (), -_METRES, _METRES),
}
_LOOP = 4  # vertices around an eye or a mouth, at least


def check_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Raises ValueError unless the arrays, by the names of the fields of `Portrait`, are a face that can be drawn."""
    sizes: dict[str, int] = {}
    for name, rule in RULES.items():
        array = arrays[name]
        _check_type_and_shape(name, array, rule, sizes)
        low, high = (0, sizes[rule.of] - 1) if rule.of else (rule.low, rule.high)
        numbers = np.asarray(array, np.float64)
        wrong = ~((numbers >= low) & (numbers <= high))  # NaN is neither
        if wrong.any():
            raise ValueError(f"'{name}' holds {numbers[wrong].flat[0]:g}; accepted are {low:g} to {high:g}")
    _check_geometry(arrays)


def _check_type_and_shape(name: str, array: NDArray[np.generic], rule: _Rule, sizes: dict[str, int]) -> None:
    if array.dtype != np.uint8 if rule.kinds == "B" else array.dtype.kind not in rule.kinds:
        words = {"B": "uint8", "f": "floating-point numbers", "iu": "integers"}[rule.kinds]
        raise ValueError(f"'{name}' has the type {array.dtype}; accepted are {words}")
    if array.ndim != len(rule.shape):
        raise ValueError(f"'{name}' has the shape {array.shape}; it needs {len(rule.shape)} dimensions")
    for size, expected in zip(array.shape, rule.shape, strict=True):
        wanted = sizes.setdefault(expected, max(size, 1)) if isinstance(expected, str) else expected
        if size != wanted:
            raise ValueError(f"'{name}' has the shape {array.shape}, where one side must be {wanted}")


def _check_geometry(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Raises ValueError for a face without extent, eyes without size, or a camera inside the head."""
    vertices = arrays["vertices"].astype(np.float64)
    scale, _, _, distance = arrays["camera"].astype(np.float64).tolist()
    rotation = arrays["rotation"].astype(np.float64)
    if not scale >= 1 or not distance > vertices[:, 2].max() + 1e-3:
        raise ValueError(f"'camera' has the scale {scale:g} and the distance {distance:g}; the head must be before it")
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > _TURNS:
        raise ValueError("'rotation' is no rotation matrix")
    radii = arrays["eyes"][:, :2].astype(np.float64)
    if radii.min() < 1e-4 or radii.max() > 0.1 or (radii[:, 1] > radii[:, 0]).any():
        raise ValueError(
            f"'eyes' has the radii {radii.ravel().tolist()}; accepted are 0.0001 to 0.1 m, the iris smaller"
        )
    for name in ("lips", "lids"):
        for loop in np.atleast_2d(arrays[name]):
            if loop.size < _LOOP or np.ptp(vertices[loop, 0]) < 1e-4:
                raise ValueError(f"'{name}' is no loop of {_LOOP} or more vertices beside each other")
    skin = np.unique(arrays["triangles_skin"])
    visible = vertices[skin[arrays["opacity"][skin] > 0.5]]
    if not len(visible) or np.ptp(visible[:, :2], axis=0).min() < 1e-3:
        raise ValueError("'triangles_skin' and 'opacity' show no face")
