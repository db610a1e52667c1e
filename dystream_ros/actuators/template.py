"""Text of a new calibration file, with an explanation of every key; from a URDF with its joints and limits."""

import math
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from dystream_ros.actuators.schema import CONTROLLER_KEYS, CROSS_LIMIT_KEYS, DWELL_LIMIT_KEYS, JOINT_KEYS


@dataclass(frozen=True)
class UrdfJoint:
    """A joint that turns: name, limits in rad, maximum velocity in rad/s."""

    name: str
    minimum: float
    maximum: float
    velocity: float


# Words in the name of a joint, its region, and the inputs that it probably follows. `{}` is the side.
_GUESSES: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("jaw|chin", "mouth", {"jawOpen": 0.4, "mouthClose": -0.4}),
    ("(lid|blink).*lower|lower.*lid", "lids", {"eyeSquint{}": 0.3}),
    ("lid|blink", "lids", {"eyeBlink{}": 0.9, "eyeLookDown{}": 0.25}),
    ("brow", "brows", {"browInnerUp": 0.3, "browOuterUp{}": 0.3, "browDown{}": -0.3}),
    ("eye.*(yaw|pan|horizontal)", "eyes", {"eyeLookOut{}": 0.5, "eyeLookIn{}": -0.5}),
    ("eye.*(pitch|tilt|vertical)", "eyes", {"eyeLookDown{}": 0.4, "eyeLookUp{}": -0.4}),
    ("corner|smile", "mouth", {"mouthSmile{}": 0.4, "mouthFrown{}": -0.3}),
    ("lip.*upper|upper.*lip", "mouth", {"mouthUpperUp{}": 0.3}),
    ("lip", "mouth", {"mouthLowerDown{}": 0.3, "mouthRollLower": -0.2}),
    ("cheek", "mouth", {"cheekSquint{}": 0.3}),
    ("roll", "head", {"headRoll": 1.0}),
    ("yaw|pan", "head", {"headYaw": 1.0}),
    ("pitch|tilt|nod", "head", {"headPitch": 1.0}),
)
_UNKNOWN = ("mouth", {"jawOpen": 0.1})
_EXAMPLES = (
    UrdfJoint("neck_yaw", -0.8, 0.8, 3.0),
    UrdfJoint("eyes_pitch", -0.35, 0.35, 6.0),
    UrdfJoint("lid_left", -0.2, 0.9, 8.0),
    UrdfJoint("jaw", 0.0, 0.4, 6.0),
)


def joints_of_urdf(text: str) -> list[UrdfJoint]:
    """The joints of a URDF that turn within limits.

    Raises:
        ValueError: the text is no URDF, or none of its joints turns within limits.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as refused:
        raise ValueError(f"no XML: {refused}") from refused
    if root.tag != "robot":
        raise ValueError(f"no URDF: its root element is <{root.tag}>, not <robot>")
    found = []
    for joint in root.iter("joint"):
        limit = joint.find("limit")
        if joint.get("type") == "revolute" and limit is not None:
            low, high, speed = (float(limit.get(key, 0)) for key in ("lower", "upper", "velocity"))
            if -math.inf < low < high < math.inf and 0 < speed < math.inf:
                found.append(UrdfJoint(joint.get("name", ""), low, high, speed))
    if not found:
        raise ValueError("no joint of type revolute with limits and a velocity")
    return found


def template(name: str, joints: list[UrdfJoint] | None = None) -> str:
    """Text of a calibration file that is accepted as it is.

    Args:
        name: name of the head.
        joints: its joints; None: four examples.
    """
    given = list(_EXAMPLES) if joints is None else joints
    names = ", ".join(joint.name for joint in given)
    parts = [
        _comment(
            f"Calibration of the head '{name}'. Angles in rad: 0.1 rad is about 6 degrees. How to find the numbers: "
            "docs/actuators.md. After each change: dystream actuators check FILE"
        ),
        f'format: 1\nname: "{name}"\n',
        _comment("Values for all joints that do not have their own."),
        "defaults:\n  smoothing: 0.01\n  dead_band: 0.005\n  lag: 0.03\n",
        _comment("Keys of a joint:"),
        _keys(JOINT_KEYS),
        "joints:",
        *(_joint(joint) for joint in given),
        _comment("Limits of one joint that follow another joint; remove the # to use them."),
        _keys(CROSS_LIMIT_KEYS),
        "# cross_limits:",
        "#   - {joint: lid_left, side: maximum, by: eyes_pitch, table: [[-0.35, 0.75], [-0.1, 0.9]]}\n",
        _comment("Limits of the time beyond a position."),
        _keys(DWELL_LIMIT_KEYS),
        "# dwell_limits:\n#   - {joint: jaw, beyond: 0.35, seconds: 1.0, recovery: 2.0}\n",
        _comment("Controllers of ros2_control; without them: joint_trajectory and commands, in the order above."),
        _keys(CONTROLLER_KEYS),
        f"# controllers:\n#   - {{name: face_controller, kind: trajectory, joints: [{names}]}}",
    ]
    return "\n".join(parts) + "\n"


def _joint(joint: UrdfJoint) -> str:
    region, inputs = _guess(joint.name)
    neutral = min(max(0.0, joint.minimum), joint.maximum)
    weights = ", ".join(f"{source}: {weight}" for source, weight in inputs.items())
    return (
        f"  {joint.name}:\n    region: {region}\n    inputs: {{{weights}}}\n    minimum: {joint.minimum:g}\n"
        f"    neutral: {neutral:g}\n    maximum: {joint.maximum:g}\n    direction: 1\n"
        f"    maximum_velocity: {0.7 * joint.velocity:.3g}  # 70 % of {joint.velocity:g}\n"
    )


def _guess(name: str) -> tuple[str, dict[str, float]]:
    """Region and inputs of a joint by the words in its name."""
    words = name.lower()
    region, inputs = next(((region, each) for pattern, region, each in _GUESSES if re.search(pattern, words)), _UNKNOWN)
    if re.search(r"left|(^|_)l(_|$)", words):
        sides: tuple[str, ...] = ("Left",)
    elif re.search(r"right|(^|_)r(_|$)", words):
        sides = ("Right",)
    else:
        sides = ("Left", "Right")
    guessed = {}
    for source, weight in inputs.items():
        if "{}" not in source:
            guessed[source] = weight
            continue
        for side in sides:
            # Outwards is to the left for the left eye, and to the right for the right one.
            mirrored = side == "Right" and source.startswith(("eyeLookOut", "eyeLookIn"))
            guessed[source.format(side)] = (-weight if mirrored else weight) / len(sides)
    return region, guessed


def _comment(text: str) -> str:
    return textwrap.fill(text, 118, initial_indent="# ", subsequent_indent="# ")


def _keys(keys: Mapping[str, Mapping[str, object]]) -> str:
    lines = [
        textwrap.fill(f"{key}: {about['description']}", 116, initial_indent="#   ", subsequent_indent="#     ")
        for key, about in keys.items()
    ]
    return "\n".join(lines)
