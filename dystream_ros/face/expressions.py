"""The 25 expressions of hri_msgs/Expression as coefficients, and expressions of any valence and arousal.

Sources: the coefficients follow from the action units of each emotion in Ekman, Friesen and Hager, FACS Investigator's
Guide (2002), table 10-1, and in Du, Tao and Martinez, Compound facial expressions of emotion (2014), through the table
of `facs`; sizes were set by eye on the shipped faces. Valence and arousal: Russell, A Circumplex Model of Affect
(1980), and the ratings of Warriner, Kuperman and Brysbaert (2013) for words that Russell does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.numbers import Numbers, vector


@dataclass(frozen=True)
class FaceExpression:
    """One expression at full intensity.

    Attributes:
        valence, arousal: -1 to 1.
        parts: coefficients of 0 to 1 and angles of the head in rad; a name without a side stands for both.
    """

    valence: float
    arousal: float
    parts: Mapping[str, float]


_E = FaceExpression
EXPRESSIONS: dict[str, FaceExpression] = {
    "neutral": _E(0.0, 0.0, {}),
    "angry": _E(-0.6, 0.7, {
        "browDown": 0.85, "eyeSquint": 0.35, "eyeWide": 0.15, "noseSneer": 0.3, "mouthPress": 0.45,
        "mouthShrugLower": 0.25, "mouthFrown": 0.25, "headPitch": 0.04}),
    "sad": _E(-0.7, -0.4, {
        "browInnerUp": 0.75, "browDown": 0.15, "mouthFrown": 0.65, "mouthShrugLower": 0.3, "eyeBlink": 0.15,
        "eyeLookDown": 0.2, "headPitch": 0.07}),
    "happy": _E(0.8, 0.4, {
        "mouthSmile": 0.85, "cheekSquint": 0.65, "eyeSquint": 0.25, "mouthDimple": 0.1, "browOuterUp": 0.1}),
    "surprised": _E(0.1, 0.8, {
        "browInnerUp": 0.75, "browOuterUp": 0.8, "eyeWide": 0.6, "jawOpen": 0.28, "headPitch": -0.03}),
    "disgusted": _E(-0.7, 0.3, {
        "noseSneer": 0.8, "mouthUpperUp": 0.45, "browDown": 0.45, "mouthFrown": 0.35, "cheekSquint": 0.35,
        "mouthShrugLower": 0.2, "eyeSquint": 0.3, "headPitch": -0.03, "headYaw": 0.06}),
    "scared": _E(-0.6, 0.8, {
        "browInnerUp": 0.85, "browOuterUp": 0.4, "browDown": 0.2, "eyeWide": 0.7, "mouthStretch": 0.5,
        "jawOpen": 0.12, "headPitch": -0.04, "headX": -0.01}),
    "pleading": _E(-0.2, 0.3, {
        "browInnerUp": 0.95, "eyeWide": 0.35, "mouthFrown": 0.2, "mouthShrugLower": 0.25, "headPitch": 0.05,
        "eyeLookUp": 0.12, "headRoll": 0.1}),
    "vulnerable": _E(-0.4, 0.1, {
        "browInnerUp": 0.7, "mouthFrown": 0.25, "eyeWide": 0.15, "mouthPress": 0.2, "headRoll": 0.06,
        "headPitch": 0.05}),
    "despaired": _E(-0.9, 0.1, {
        "browInnerUp": 0.9, "browDown": 0.25, "mouthFrown": 0.65, "eyeBlink": 0.35, "jawOpen": 0.08,
        "mouthStretch": 0.3, "cheekSquint": 0.3, "headPitch": 0.1}),
    "guilty": _E(-0.6, -0.1, {
        "browInnerUp": 0.55, "eyeLookDown": 0.45, "eyeBlink": 0.1, "mouthPress": 0.35, "mouthFrown": 0.3,
        "headPitch": 0.1}),
    "disappointed": _E(-0.6, -0.3, {
        "browInnerUp": 0.4, "browDown": 0.2, "mouthFrown": 0.5, "mouthPress": 0.3, "mouthShrugLower": 0.3,
        "eyeBlink": 0.15, "headPitch": 0.05, "headRoll": -0.04}),
    "embarrassed": _E(-0.3, 0.3, {
        "mouthSmile": 0.4, "mouthPress": 0.4, "browInnerUp": 0.35, "eyeLookDown": 0.4, "cheekSquint": 0.25,
        "headPitch": 0.09, "headYaw": 0.1}),
    "horrified": _E(-0.9, 0.9, {
        "browInnerUp": 0.95, "browOuterUp": 0.45, "browDown": 0.25, "eyeWide": 0.9, "jawOpen": 0.42,
        "mouthStretch": 0.45, "mouthUpperUp": 0.15, "headPitch": -0.05, "headX": -0.015}),
    "skeptical": _E(-0.3, 0.2, {
        "browOuterUpLeft": 0.85, "browInnerUp": 0.15, "browDownRight": 0.6, "eyeSquintRight": 0.4,
        "mouthFrown": 0.35, "mouthPress": 0.25, "mouthLeft": 0.2, "headRoll": 0.05, "headYaw": 0.05}),
    "annoyed": _E(-0.5, 0.4, {
        "browDown": 0.65, "eyeSquint": 0.45, "mouthPress": 0.4, "mouthFrown": 0.5, "mouthDimpleLeft": 0.3,
        "eyeBlink": 0.12, "headRoll": -0.03}),
    "furious": _E(-0.9, 0.95, {
        "browDown": 1.0, "eyeWide": 0.4, "eyeSquint": 0.3, "noseSneer": 0.7, "mouthUpperUp": 0.4,
        "mouthLowerDown": 0.4, "mouthStretch": 0.3, "jawOpen": 0.1, "headPitch": 0.06}),
    "suspicious": _E(-0.4, 0.3, {
        "browDown": 0.5, "eyeSquint": 0.65, "mouthPress": 0.25, "mouthFrown": 0.35, "mouthRight": 0.15, "eyeBlink": 0.1,
        "headYaw": 0.12, "headRoll": -0.04}),
    "rejected": _E(-0.8, -0.2, {
        "browInnerUp": 0.6, "mouthFrown": 0.55, "eyeLookDown": 0.45, "eyeBlink": 0.15, "mouthPress": 0.2,
        "headPitch": 0.12, "headYaw": -0.08}),
    "bored": _E(-0.3, -0.6, {
        "eyeBlink": 0.4, "mouthFrown": 0.45, "mouthLeft": 0.25, "mouthPress": 0.15, "browOuterUp": 0.15,
        "headRoll": 0.1, "headPitch": 0.03}),
    "tired": _E(-0.2, -0.8, {
        "eyeBlink": 0.48, "browInnerUp": 0.25, "mouthFrown": 0.2, "jawOpen": 0.05, "headPitch": 0.1,
        "headRoll": 0.04}),
    "asleep": _E(0.1, -1.0, {"eyeBlink": 1.0, "jawOpen": 0.04, "headPitch": 0.16, "headRoll": 0.06}),
    "confused": _E(-0.2, 0.3, {
        "browDownLeft": 0.5, "browOuterUpRight": 0.6, "browInnerUp": 0.3, "eyeSquintLeft": 0.35,
        "mouthFrown": 0.4, "mouthPucker": 0.2, "mouthRight": 0.15, "headRoll": 0.11}),
    "amazed": _E(0.6, 0.8, {
        "browInnerUp": 0.75, "browOuterUp": 0.85, "eyeWide": 0.5, "mouthSmile": 0.45, "cheekSquint": 0.2,
        "jawOpen": 0.3, "headPitch": -0.04}),
    "excited": _E(0.8, 0.8, {
        "browInnerUp": 0.35, "browOuterUp": 0.5, "eyeWide": 0.35, "mouthSmile": 0.9, "cheekSquint": 0.45,
        "jawOpen": 0.2, "mouthUpperUp": 0.2, "headPitch": -0.04}),
}  # fmt: skip

# Between these an expression of given valence and arousal is blended; asymmetric and social ones are left out.
_ANCHORS = ("neutral", "happy", "excited", "amazed", "surprised", "scared", "angry", "furious", "disgusted", "sad",
            "disappointed", "despaired", "bored", "tired")  # fmt: skip
_WIDTH = 0.28  # of the kernel, in units of valence and arousal
# Pleasant low arousal has no name of its own in hri_msgs: a calm face with a slight smile.
_CONTENT = FaceExpression(0.6, -0.5, {"mouthSmile": 0.35, "cheekSquint": 0.2, "eyeBlink": 0.18})


def expression_named(name: str) -> Numbers:
    """Numbers (58,) of an expression at full intensity.

    Raises:
        ValueError: there is no expression of this name.
    """
    if name not in EXPRESSIONS:
        raise ValueError(f"there is no expression {name!r}; accepted are {', '.join(EXPRESSIONS)}")
    return vector(EXPRESSIONS[name].parts)


def expression_at(valence: float, arousal: float) -> Numbers:
    """Numbers (58,) of an expression of a valence and an arousal: the named ones, weighted by their nearness.

    A normal kernel in the plane of valence and arousal makes the face a smooth function of both.

    Args:
        valence, arousal: -1 to 1.

    Raises:
        ValueError: a value is not in that range.
    """
    for name, value in (("valence", valence), ("arousal", arousal)):
        if not -1.0 <= value <= 1.0:  # NaN as well
            raise ValueError(f"{name} is {value}; accepted is -1 to 1")
    anchors = [EXPRESSIONS[name] for name in _ANCHORS] + [_CONTENT]
    distance = np.array([(each.valence - valence) ** 2 + (each.arousal - arousal) ** 2 for each in anchors])
    weights = np.exp(-(distance - distance.min()) / (2 * _WIDTH**2))
    faces = np.stack([vector(each.parts) for each in anchors])
    return np.asarray(weights @ faces / weights.sum())
