"""Writes config/actuators/*.urdf: the shipped heads as robots of simple shapes, with the limits of their calibrations.

python scripts/write_urdf.py
"""

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from dystream_ros.actuators.calibration import Joint  # noqa: E402
from dystream_ros.actuators.calibration_file import read_calibration  # noqa: E402

FOLDER = ROOT / "config" / "actuators"
Vector = tuple[float, float, float]
X, Y, Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)
LEFT, RIGHT = 1, -1
EFFORT = {"head": 4.0, "neck": 6.0}  # N m; of the other regions 0.5


@dataclass(frozen=True)
class Part:
    """A joint and the link that it moves.

    Attributes:
        parent: link that carries it: "base", or the name of a joint for that joint's link.
        origin: position of the joint in its parent, m.
        axis: axis of a positive turn.
        shape: element of URDF.
        at: centre of the shape in the link, m.
        colour: name of a material.
    """

    parent: str
    origin: Vector
    axis: Vector
    shape: str
    at: Vector = (0, 0, 0)
    colour: str = "white"
    mass: float = 0.01


def sphere(radius: float) -> str:
    return f'<sphere radius="{radius}"/>'


def box(x: float, y: float, z: float) -> str:
    return f'<box size="{x} {y} {z}"/>'


def cylinder(radius: float, length: float) -> str:
    return f'<cylinder radius="{radius}" length="{length}"/>'


def _head_box() -> str:
    return box(0.15, 0.14, 0.20)


NECK = Part("base", (0, 0, 0.02), Z, cylinder(0.03, 0.04), (0, 0, 0.02), "grey", 0.15)
JAW = Part("HEAD", (0.0, 0, 0.06), Y, box(0.06, 0.09, 0.03), (0.06, 0, -0.045), mass=0.09)


def beginner() -> dict[str, Part]:
    """Two joints for the neck, two for both eyes, lids, jaw."""
    return {
        "neck_yaw": NECK,
        "neck_pitch": Part("neck_yaw", (0, 0, 0.04), Y, _head_box(), (0, 0, 0.12), "white", 0.6),
        "eyes_pitch": Part("neck_pitch", (0.06, 0, 0.14), Y, box(0.004, 0.06, 0.004), (-0.01, 0, 0), "grey"),
        "eyes_yaw": Part("eyes_pitch", (0, 0, 0), Z, box(0.035, 0.09, 0.03), (0.01, 0, 0), "eye"),
        "lids": Part("neck_pitch", (0.06, 0, 0.14), Y, box(0.02, 0.10, 0.006), (0.015, 0, 0.026), "skin"),
        "jaw": _on(JAW, "neck_pitch"),
    }


def _on(part: Part, parent: str) -> Part:
    return Part(parent, part.origin, part.axis, part.shape, part.at, part.colour, part.mass)


def _brow(parent: str, y: float, width: float, axis: Vector) -> Part:
    return Part(parent, (0.04, y, 0.165), axis, box(0.006, width, 0.008), (0.04, 0, 0.012), "dark")


def research() -> dict[str, Part]:
    """The joints and axes of dystream_ros/simulation/research_head.py."""
    head = "neck_roll"
    parts = {
        "neck_yaw": NECK,
        "neck_pitch": Part("neck_yaw", (0, 0, 0.05), Y, cylinder(0.02, 0.03), (0, 0, 0.01), "grey", 0.12),
        "neck_roll": Part("neck_pitch", (0, 0, 0.02), X, _head_box(), (0, 0, 0.12), "white", 0.85),
        "eyes_pitch": Part(head, (0.06, 0, 0.126), Y, box(0.004, 0.06, 0.004), (-0.01, 0, 0), "grey"),
    }
    for side, sign in (("left", LEFT), ("right", RIGHT)):
        parts[f"eye_{side}_yaw"] = Part("eyes_pitch", (0, 0.0345 * sign, 0), Z, sphere(0.0245), colour="eye")
        # The servos of the right side turn the other way round.
        parts[f"lid_{side}"] = Part(
            head, (0.06, 0.0345 * sign, 0.126), (0, sign, 0), box(0.02, 0.045, 0.006), (0.018, 0, 0.024), "skin"
        )
        parts[f"brow_{side}"] = _brow(head, 0.0345 * sign, 0.04, (0, -1, 0))
    parts["mouth_corners"] = Part(head, (0.078, 0.013, 0.061), X, box(0.006, 0.018, 0.006), (0, 0.009, 0), "lip")
    parts["jaw"] = Part(head, (0.005, 0, 0.082), Y, box(0.06, 0.09, 0.03), (0.055, 0, -0.04), mass=0.09)
    return parts


def full() -> dict[str, Part]:
    """25 joints."""
    head = "head_roll"
    parts = {
        "neck_lower_pitch": Part("base", (0, 0, 0.02), Y, cylinder(0.035, 0.06), (0, 0, 0.03), "grey", 0.3),
        "head_yaw": Part("neck_lower_pitch", (0, 0, 0.07), Z, cylinder(0.03, 0.03), (0, 0, 0.01), "grey", 0.15),
        "head_pitch": Part("head_yaw", (0, 0, 0.03), Y, cylinder(0.02, 0.03), (0, 0, 0.01), "grey", 0.12),
        "head_roll": Part("head_pitch", (0, 0, 0.02), X, _head_box(), (0, 0, 0.12), "white", 0.9),
    }
    for side, sign in (("left", LEFT), ("right", RIGHT)):
        eye, corner = (0.06, 0.0345 * sign, 0.126), (0.05, 0.03 * sign, 0.061)
        # The servos of the right side turn the other way round.
        mirrored, up = (0, sign, 0), (0, -sign, 0)
        parts |= {
            f"eye_{side}_pitch": Part(head, eye, Y, box(0.004, 0.02, 0.004), (-0.02, 0, 0), "grey"),
            f"eye_{side}_yaw": Part(f"eye_{side}_pitch", (0, 0, 0), Z, sphere(0.0245), colour="eye"),
            f"lid_upper_{side}": Part(head, eye, mirrored, box(0.02, 0.045, 0.006), (0.018, 0, 0.024), "skin"),
            f"lid_lower_{side}": Part(head, eye, up, box(0.02, 0.045, 0.006), (0.018, 0, -0.024), "skin"),
            f"brow_inner_{side}": _brow(head, 0.02 * sign, 0.018, up),
            f"brow_outer_{side}": _brow(head, 0.045 * sign, 0.022, up),
            f"cheek_{side}": Part(head, (0.04, 0.045 * sign, 0.085), up, sphere(0.012), (0.03, 0, 0), "skin"),
            f"corner_{side}_up": Part(head, corner, up, box(0.01, 0.004, 0.004), (0.02, 0, 0), "lip"),
            f"corner_{side}_out": Part(f"corner_{side}_up", (0, 0, 0), (0, 0, 1), sphere(0.005), (0.025, 0, 0), "lip"),
        }  # fmt: skip
    parts["lip_upper"] = Part(head, (0.05, 0, 0.065), (0, -1, 0), box(0.006, 0.04, 0.006), (0.03, 0, 0), "lip")
    parts["jaw"] = _on(JAW, head)
    parts["lip_lower"] = Part("jaw", (0.05, 0, -0.03), Y, box(0.006, 0.04, 0.006), (0.03, 0, 0.02), "lip")
    return parts


HEADS = {"beginner": beginner, "research": research, "full": full}
COLOURS = {
    "white": "0.93 0.93 0.92 1", "grey": "0.45 0.48 0.52 1", "dark": "0.15 0.16 0.20 1", "skin": "0.80 0.83 0.86 1",
    "eye": "0.98 0.98 1.0 1", "lip": "0.72 0.36 0.36 1",
}  # fmt: skip


def urdf(name: str) -> str:
    """The URDF of a shipped head."""
    calibration = read_calibration(FOLDER / f"{name}.yaml")
    joints = {joint.name: joint for joint in calibration.joints}
    parts = HEADS[name]()
    if set(parts) != set(joints):
        raise ValueError(f"{name}: joints of calibration and URDF differ: {set(parts) ^ set(joints)}")
    lines = [
        '<?xml version="1.0"?>',
        f"<!-- Written by scripts/write_urdf.py from {name}.yaml: simple shapes, for RViz and as an example. -->",
        f'<robot name="{name}_head">',
        *(f'  <material name="{key}"><color rgba="{value}"/></material>' for key, value in COLOURS.items()),
        _link("base_link", cylinder(0.06, 0.02), (0, 0, 0.01), "dark", 1.0),
        *(_joint(joints[key], part) for key, part in parts.items()),
        "</robot>",
    ]
    return "\n".join(lines) + "\n"


def _link(name: str, shape: str, at: Vector, colour: str, mass: float) -> str:
    inertia = f"{max(mass * 0.0025, 1e-6):.6g}"  # that of a radius of gyration of 5 cm
    origin = f'<origin xyz="{_text(at)}"/>'
    return f"""  <link name="{name}">
    <inertial>{origin}<mass value="{mass}"/>
      <inertia ixx="{inertia}" iyy="{inertia}" izz="{inertia}" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual>{origin}<geometry>{shape}</geometry><material name="{colour}"/></visual>
  </link>"""


def _joint(joint: Joint, part: Part) -> str:
    parent = "base_link" if part.parent == "base" else f"{part.parent}_link"
    effort = EFFORT.get(joint.region, 0.5)
    return f"""  <joint name="{joint.name}" type="revolute">
    <parent link="{parent}"/><child link="{joint.name}_link"/>
    <origin xyz="{_text(part.origin)}"/><axis xyz="{_text(part.axis)}"/>
    <limit lower="{joint.minimum}" upper="{joint.maximum}" velocity="{joint.velocity}" effort="{effort}"/>
  </joint>
{_link(f"{joint.name}_link", part.shape, part.at, part.colour, part.mass)}"""


def _text(vector: Vector) -> str:
    return " ".join(f"{each:g}" for each in vector)


if __name__ == "__main__":
    for head in HEADS:
        (FOLDER / f"{head}.urdf").write_text(urdf(head))
