"""Distances between face landmarks that a coefficient should change; for coefficients whose landmarker score fails."""

from collections.abc import Callable

import numpy as np

# Landmarks of the MediaPipe face mesh, of the head's own left and right side.
SIDES = {
    "Left": {
        "outward": 1.0, "outer": 263, "inner": 362, "upper_lid": 386, "lower_lid": 374, "iris": 473, "brow": 334,
        "brow_end": 276, "corner": 291, "upper_lip": 269, "lower_lip": 405, "wing": 358, "cheek": 280,
    },
    "Right": {
        "outward": -1.0, "outer": 33, "inner": 133, "upper_lid": 159, "lower_lid": 145, "iris": 468, "brow": 105,
        "brow_end": 46, "corner": 61, "upper_lip": 39, "lower_lip": 181, "wing": 129, "cheek": 50,
    },
}  # fmt: skip
UPPER_LIP, UPPER_RIM, LOWER_RIM, LOWER_LIP = 0, 13, 14, 17  # down the middle of the mouth
NOSE, CHIN, INNER_BROWS, CHEEK_SIDES = 1, 152, (55, 285), (214, 434)
Points = np.ndarray  # (478, 2): x to the right, y down, in distances between the outer corners of the eyes
Measure = Callable[[Points], float]

MIDDLE: dict[str, Measure] = {
    "jawLeft": lambda p: p[CHIN, 0],
    "jawRight": lambda p: -p[CHIN, 0],
    "jawOpen": lambda p: p[CHIN, 1] - p[NOSE, 1],
    "mouthClose": lambda p: p[UPPER_RIM, 1] - p[LOWER_RIM, 1],
    "mouthFunnel": lambda p: p[LOWER_LIP, 1] - p[UPPER_LIP, 1],
    "mouthPucker": lambda p: p[61, 0] - p[291, 0],
    "mouthLeft": lambda p: p[[61, 291], 0].mean(),
    "mouthRight": lambda p: -p[[61, 291], 0].mean(),
    "mouthRollLower": lambda p: p[LOWER_RIM, 1] - p[LOWER_LIP, 1],
    "mouthRollUpper": lambda p: p[UPPER_LIP, 1] - p[UPPER_RIM, 1],
    "mouthShrugLower": lambda p: -p[LOWER_LIP, 1],
    "mouthShrugUpper": lambda p: -p[UPPER_LIP, 1],
    "browInnerUp": lambda p: -p[list(INNER_BROWS), 1].mean(),
    "cheekPuff": lambda p: p[CHEEK_SIDES[1], 0] - p[CHEEK_SIDES[0], 0],
}
SIDED: dict[str, Callable[[Points, dict], float]] = {
    "eyeBlink": lambda p, s: p[s["upper_lid"], 1] - p[s["lower_lid"], 1],
    "eyeSquint": lambda p, s: p[s["upper_lid"], 1] - p[s["lower_lid"], 1],
    "eyeWide": lambda p, s: p[s["lower_lid"], 1] - p[s["upper_lid"], 1],
    "eyeLookUp": lambda p, s: -(p[s["iris"], 1] - p[[s["inner"], s["outer"]], 1].mean()),
    "eyeLookDown": lambda p, s: p[s["iris"], 1] - p[[s["inner"], s["outer"]], 1].mean(),
    "eyeLookOut": lambda p, s: s["outward"] * (p[s["iris"], 0] - p[[s["inner"], s["outer"]], 0].mean()),
    "eyeLookIn": lambda p, s: -s["outward"] * (p[s["iris"], 0] - p[[s["inner"], s["outer"]], 0].mean()),
    "browDown": lambda p, s: p[s["brow"], 1],
    "browOuterUp": lambda p, s: -p[s["brow_end"], 1],
    "cheekSquint": lambda p, s: -p[s["lower_lid"], 1],
    "noseSneer": lambda p, s: -p[s["wing"], 1],
    "mouthSmile": lambda p, s: -p[s["corner"], 1],
    "mouthFrown": lambda p, s: p[s["corner"], 1],
    "mouthDimple": lambda p, s: s["outward"] * p[s["corner"], 0],
    "mouthStretch": lambda p, s: s["outward"] * p[s["corner"], 0],
    "mouthPress": lambda p, s: p[s["upper_lip"], 1] - p[s["lower_lip"], 1],
    "mouthLowerDown": lambda p, s: p[s["lower_lip"], 1],
    "mouthUpperUp": lambda p, s: -p[s["upper_lip"], 1],
}


def measure(name: str, landmarks: np.ndarray) -> float | None:
    """The distance in landmarks (478, 2), pixels, that grows with a coefficient; None where no landmark shows it."""
    points = _levelled(landmarks)
    if name in MIDDLE:
        return float(MIDDLE[name](points))
    for side, marks in SIDES.items():
        stem = name.removesuffix(side)
        if stem != name and stem in SIDED:
            return float(SIDED[stem](points, marks))
    return None


def _levelled(landmarks: np.ndarray) -> Points:
    """Landmarks (478, 2) rotated, moved and scaled: outer eye corners level, centred at the origin, at distance 1."""
    right, left = landmarks[33], landmarks[263]
    along = (left - right) / np.sum((left - right) ** 2)
    moved = landmarks - (left + right) / 2
    return np.stack([moved @ along, moved @ [-along[1], along[0]]], axis=1)
