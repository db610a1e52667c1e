"""Action units of the Facial Action Coding System (FACS) from the 52 coefficients of ARKit.

Sources: the action units are those of Ekman, Friesen and Hager, Facial Action Coding System: The Manual (2002). The
table follows from the muscle that each unit and each coefficient names: Apple, ARFaceAnchor.BlendShapeLocation, for the
coefficients; Ozel, ARKit to FACS: Blendshape Cheat Sheet (2020), for the correspondence.

FACS counts a unit once for both sides of a face: the intensity is the greater of the two sides, since a unit on one
side (a wink, a smirk) is as much a unit as on both. Intensities A to E of the manual are ordinal; here a unit is a
number of 0 to 1, like the coefficients.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

# Number and name of a unit, and the coefficients whose greatest is its intensity.
ACTION_UNITS: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (1, "inner brow raiser", ("browInnerUp",)),
    (2, "outer brow raiser", ("browOuterUpLeft", "browOuterUpRight")),
    (4, "brow lowerer", ("browDownLeft", "browDownRight")),
    (5, "upper lid raiser", ("eyeWideLeft", "eyeWideRight")),
    (6, "cheek raiser", ("cheekSquintLeft", "cheekSquintRight")),
    (7, "lid tightener", ("eyeSquintLeft", "eyeSquintRight")),
    (9, "nose wrinkler", ("noseSneerLeft", "noseSneerRight")),
    (10, "upper lip raiser", ("mouthUpperUpLeft", "mouthUpperUpRight")),
    (12, "lip corner puller", ("mouthSmileLeft", "mouthSmileRight")),
    (14, "dimpler", ("mouthDimpleLeft", "mouthDimpleRight")),
    (15, "lip corner depressor", ("mouthFrownLeft", "mouthFrownRight")),
    (16, "lower lip depressor", ("mouthLowerDownLeft", "mouthLowerDownRight")),
    (17, "chin raiser", ("mouthShrugLower",)),
    (18, "lip pucker", ("mouthPucker",)),
    (19, "tongue show", ("tongueOut",)),
    (20, "lip stretcher", ("mouthStretchLeft", "mouthStretchRight")),
    (22, "lip funneler", ("mouthFunnel",)),
    (24, "lip pressor", ("mouthPressLeft", "mouthPressRight")),
    (28, "lip suck", ("mouthRollLower", "mouthRollUpper")),
    (29, "jaw thrust", ("jawForward",)),
    (30, "jaw sideways", ("jawLeft", "jawRight")),
    (34, "cheek puff", ("cheekPuff",)),
    (45, "blink", ("eyeBlinkLeft", "eyeBlinkRight")),
    (61, "eyes turn left", ("eyeLookOutLeft", "eyeLookInRight")),
    (62, "eyes turn right", ("eyeLookInLeft", "eyeLookOutRight")),
    (63, "eyes up", ("eyeLookUpLeft", "eyeLookUpRight")),
    (64, "eyes down", ("eyeLookDownLeft", "eyeLookDownRight")),
)

# Number and name of a unit of the head, axis of its pose, and the sign that the unit has on it (REP-103).
HEAD_UNITS: tuple[tuple[int, str, str, int], ...] = (
    (51, "head turn left", "headYaw", 1),
    (52, "head turn right", "headYaw", -1),
    (53, "head up", "headPitch", -1),
    (54, "head down", "headPitch", 1),
    (55, "head tilt left", "headRoll", -1),
    (56, "head tilt right", "headRoll", 1),
    (57, "head forward", "headX", 1),
    (58, "head back", "headX", -1),
)
FULL_TURN = 0.5  # rad of the head that count as 1
FULL_SHIFT = 0.05  # m of the head that count as 1

# Units of the jaw are one another's continuation: lips part, jaw drops, mouth stretches.
LIPS_PART, JAW_DROP, MOUTH_STRETCH, WINK = 25, 26, 27, 46
_JAW = {"jawOpen": 1.0, "mouthClose": -1.0}
_DROPPED, _STRETCHED = 0.15, 0.6  # of jawOpen, where AU 26 and AU 27 begin
_WINK = 0.5  # difference of the lids from which a blink is a wink

SIZE = 99  # of hri_msgs/FacialActionUnits: index is the number of the unit
COVERED: tuple[int, ...] = tuple(
    sorted(
        [unit for unit, _, _ in ACTION_UNITS]
        + [unit for unit, _, _, _ in HEAD_UNITS]
        + [LIPS_PART, JAW_DROP, MOUTH_STRETCH, WINK]
    )
)


class ActionUnits:
    """Action units of motions of one layout.

    Args:
        names: name of each value; a unit none of whose coefficients is among them is never reported.

    Attributes:
        covered: numbers of the units that are computed.
    """

    def __init__(self, names: Sequence[str]) -> None:
        index = {name: place for place, name in enumerate(names)}
        self._index = index
        self._units = [
            (unit, np.array([index[name] for name in sources if name in index], np.intp))
            for unit, _, sources in ACTION_UNITS
        ]
        has_jaw = "jawOpen" in index
        has_lids = "eyeBlinkLeft" in index and "eyeBlinkRight" in index
        self.covered = tuple(
            [unit for unit, places in self._units if len(places)]
            + ([LIPS_PART, JAW_DROP, MOUTH_STRETCH] if has_jaw else [])
            + ([WINK] if has_lids else [])
            + [unit for unit, *_ in HEAD_UNITS]
        )

    def intensities(self, values: NDArray[np.floating], head_pose: NDArray[np.floating]) -> NDArray[np.float32]:
        """Intensity of each unit, float32 (99,), 0 to 1, at the index of its number; 0 for units not covered.

        Args:
            values: (values,), coefficients of 0 to 1.
            head_pose: (6,), in the order of `POSE_NAMES`.
        """
        result = np.zeros(SIZE, np.float32)
        for unit, places in self._units:
            if len(places):
                result[unit] = values[places].max()
        for unit, _, axis, sign in HEAD_UNITS:
            full = FULL_SHIFT if axis in ("headX", "headY", "headZ") else FULL_TURN
            result[unit] = sign * head_pose[POSE_NAMES.index(axis)] / full
        index = self._index
        if "jawOpen" in index:
            jaw = float(values[index["jawOpen"]])
            gap = sum(weight * float(values[index[name]]) for name, weight in _JAW.items() if name in index)
            result[LIPS_PART] = gap
            result[JAW_DROP] = (jaw - _DROPPED) / (_STRETCHED - _DROPPED)
            result[MOUTH_STRETCH] = (jaw - _STRETCHED) / (1 - _STRETCHED)
        if "eyeBlinkLeft" in index and "eyeBlinkRight" in index:
            left, right = float(values[index["eyeBlinkLeft"]]), float(values[index["eyeBlinkRight"]])
            if abs(left - right) > _WINK:
                result[WINK], result[45] = max(left, right), min(left, right)
        return np.clip(result, 0.0, 1.0)


def unmapped() -> tuple[str, ...]:
    """Coefficients without an action unit: FACS has none for a shift of the whole mouth or a shrug of the upper lip."""
    used = {name for _, _, sources in ACTION_UNITS for name in sources} | set(_JAW)
    return tuple(name for name in ARKIT_NAMES if name not in used)
