"""The 52 face coefficients of ARKit, in Apple's order.

`Left` and `Right` are those of the head, not of the viewer. Each coefficient is 0 (neutral) to 1 (full).
Names: Apple, ARKit, ARFaceAnchor.BlendShapeLocation.
"""

_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")

ARKIT_NAMES: tuple[str, ...] = (
    *(f"eye{motion}Left" for motion in _EYE),
    *(f"eye{motion}Right" for motion in _EYE),
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

ARKIT_INDEX: dict[str, int] = {name: index for index, name in enumerate(ARKIT_NAMES)}

# Coefficients that speech drives; they are reduced when the self party is interrupted.
SPEECH_NAMES: tuple[str, ...] = tuple(
    name for name in ARKIT_NAMES if name.startswith(("jaw", "mouth", "tongue")) or name == "cheekPuff"
)
SPEECH_INDEX: tuple[int, ...] = tuple(ARKIT_INDEX[name] for name in SPEECH_NAMES)
