"""The research head as a MuJoCo model: twelve joints, with the names, axes and ranges of its calibration.

Frames are those of REP-103: x out of the face, y to the head's left, z up; metres, kilograms.
"""

from dataclasses import dataclass

import numpy as np

from dystream_ros.simulation import surfaces


@dataclass(frozen=True)
class Servo:
    """A position servo.

    Attributes:
        stall: torque at standstill, N m.
        free: speed without load, rad/s; the torque falls to 0 there.
        stiffness, damping: of its own controller, N m/rad and N m s/rad.
        armature: inertia of rotor and gear at the output, kg m^2.
        friction: dry friction of the gear, N m.
    """

    stall: float
    free: float
    stiffness: float
    damping: float
    armature: float
    friction: float


# Data sheets of Robotis: XM430-W350 at 12 V, XC330-M288 at 5 V, XL330-M288 at 5 V. Stiffness and damping are chosen: a
# servo whose own controller follows a ramp 20 to 35 ms late, as their default gains do.
XM430 = Servo(stall=4.1, free=4.8, stiffness=30.0, damping=0.7, armature=0.012, friction=0.08)
XC330 = Servo(stall=0.93, free=8.5, stiffness=8.0, damping=0.16, armature=0.0008, friction=0.015)
XL330 = Servo(stall=0.52, free=10.9, stiffness=5.0, damping=0.10, armature=0.0005, friction=0.012)


@dataclass(frozen=True)
class SimulatedJoint:
    """A joint of the model: its axis, its range in rad, and its servo."""

    axis: tuple[float, float, float]
    low: float
    high: float
    servo: Servo


JOINTS: dict[str, SimulatedJoint] = {
    "neck_yaw": SimulatedJoint((0, 0, 1), -1.0, 1.0, XM430),
    "neck_pitch": SimulatedJoint((0, 1, 0), -0.5, 0.6, XM430),
    "neck_roll": SimulatedJoint((1, 0, 0), -0.4, 0.4, XM430),
    "eye_left_yaw": SimulatedJoint((0, 0, 1), -0.6, 0.6, XL330),
    "eye_right_yaw": SimulatedJoint((0, 0, 1), -0.6, 0.6, XL330),
    "eyes_pitch": SimulatedJoint((0, 1, 0), -0.4, 0.4, XL330),
    "lid_left": SimulatedJoint((0, 1, 0), -0.25, 0.95, XL330),
    "lid_right": SimulatedJoint((0, -1, 0), -0.95, 0.25, XL330),
    "brow_left": SimulatedJoint((0, -1, 0), -0.35, 0.45, XL330),
    "brow_right": SimulatedJoint((0, -1, 0), -0.35, 0.45, XL330),
    "mouth_corners": SimulatedJoint((1, 0, 0), -0.35, 0.45, XL330),
    "jaw": SimulatedJoint((0, 1, 0), 0.0, 0.42, XC330),
}

_EYE, _EYE_Y, _EYE_Z, _EYE_X = 0.0245, 0.0345, 0.126, 0.060
_CENTRE, _RADII = np.array([-0.006, 0.0, 0.116]), np.array([0.092, 0.083, 0.106])
_JAW_PIVOT = (0.005, 0.0, 0.082)
_LIP_X = 0.0785  # where the lips touch, in front of the face
_LIP_Z = 0.061


def model_xml() -> str:
    """The model in MJCF."""
    return f"""
<mujoco model="research_head">
  <compiler angle="radian" autolimits="true"/>
  <option timestep="0.001" integrator="implicitfast"/>
  <visual>
    <global offwidth="1280" offheight="1280"/>
    <quality shadowsize="4096" offsamples="8"/>
    <headlight ambient="0.32 0.32 0.34" diffuse="0.25 0.25 0.25" specular="0.1 0.1 0.1"/>
    <map znear="0.05" zfar="20"/>
  </visual>
  <default>
    <geom contype="0" conaffinity="0" mass="0" material="white"/>
    <joint damping="0.002"/>
  </default>
  <asset>
    <texture type="skybox" builtin="gradient" rgb1="0.80 0.84 0.89" rgb2="0.50 0.56 0.64" width="64" height="384"/>
    <material name="white" rgba="0.93 0.93 0.92 1" specular="0.35" shininess="0.5"/>
    <material name="skin" rgba="0.74 0.79 0.83 1" specular="0.3" shininess="0.5"/>
    <material name="dark" rgba="0.10 0.11 0.13 1" specular="0.2" shininess="0.3"/>
    <material name="metal" rgba="0.46 0.49 0.53 1" specular="0.8" shininess="0.7"/>
    <material name="accent" rgba="0.10 0.52 0.62 1" specular="0.5" shininess="0.6"/>
    <material name="lip" rgba="0.72 0.36 0.36 1" specular="0.4" shininess="0.5"/>
    <material name="eye" rgba="0.98 0.98 0.97 1" specular="0.9" shininess="0.9"/>
    <material name="iris" rgba="0.16 0.42 0.55 1" specular="0.9" shininess="0.9"/>
    <material name="pupil" rgba="0.02 0.02 0.03 1" specular="0.9" shininess="0.9"/>
    <material name="brow" rgba="0.20 0.22 0.26 1" specular="0.3" shininess="0.4"/>
    {_meshes()}
  </asset>
  <worldbody>
    <light pos="0.9 0.9 1.1" dir="-0.62 -0.6 -0.55" diffuse="0.62 0.60 0.56" specular="0.35 0.35 0.35"/>
    <light pos="0.9 -1.1 0.5" dir="-0.65 0.75 -0.2" diffuse="0.24 0.27 0.32" specular="0.1 0.1 0.1" castshadow="false"/>
    <light pos="-1 0 1.2" dir="0.7 0 -0.7" diffuse="0.25 0.27 0.3" specular="0.2 0.2 0.2" castshadow="false"/>
    <camera name="front" fovy="19" pos="0.98 -0.24 0.255" xyaxes="0.238 0.971 0 -0.095 0.0233 0.995"/>
    <geom type="ellipsoid" size="0.105 0.175 0.075" pos="-0.02 0 -0.085" material="dark"/>
    <geom type="cylinder" size="0.052 0.012" pos="0 0 -0.012" material="metal"/>
    <body name="yaw" pos="0 0 0">
      {_joint("neck_yaw")}
      {_inertial(0.15, 2e-4)}
      <geom type="cylinder" size="0.034 0.022" pos="0 0 0.022" material="dark"/>
      <geom type="cylinder" size="0.040 0.004" pos="0 0 0.012" material="accent"/>
      <geom type="box" size="0.017 0.023 0.016" pos="-0.012 0 0.050" material="dark"/>
      <body name="pitch" pos="0 0 0.05">
        {_joint("neck_pitch")}
        {_inertial(0.12, 1e-4)}
        <geom type="cylinder" size="0.017 0.030" euler="1.5708 0 0" material="metal"/>
        <geom type="cylinder" size="0.022 0.024" pos="0 0 0.020" material="dark"/>
        <body name="head" pos="0 0 0.02">
          {_joint("neck_roll")}
          <inertial pos="0.012 0 0.11" mass="0.85" diaginertia="0.0042 0.0040 0.0033"/>
          {_head()}
        </body>
      </body>
    </body>
  </worldbody>
  <equality>
    <joint joint1="mouth_corner_right" joint2="mouth_corners" polycoef="0 1 0 0 0" solref="0.004 1"/>
  </equality>
  <actuator>
    {" ".join(f'<motor name="{name}" joint="{name}"/>' for name in JOINTS)}
  </actuator>
</mujoco>
"""


def _joint(name: str) -> str:
    joint, servo = JOINTS[name], JOINTS[name].servo
    axis = " ".join(map(str, joint.axis))
    # The mechanical stops lie beyond the range of the calibration.
    return (
        f'<joint name="{name}" axis="{axis}" range="{joint.low - 0.05} {joint.high + 0.05}" '
        f'armature="{servo.armature}" frictionloss="{servo.friction}"/>'
    )


def _inertial(mass: float, inertia: float) -> str:
    return f'<inertial pos="0 0 0.02" mass="{mass}" diaginertia="{inertia} {inertia} {inertia}"/>'


def _head() -> str:
    sides, upright = (("left", 1), ("right", -1)), 'euler="1.5708 0 0"'
    ears = "".join(
        f'<geom type="cylinder" size="0.021 0.006" pos="-0.002 {0.083 * side} 0.112" {upright} material="metal"/>'
        f'<geom type="cylinder" size="0.013 0.0075" pos="-0.002 {0.084 * side} 0.112" {upright} material="accent"/>'
        for _, side in sides
    )
    eyes = "".join(
        f"""
        <body name="eye_{name}" pos="0 {_EYE_Y * side} 0">
          {_joint(f"eye_{name}_yaw")}
          {_small(0.012, 2e-6)}
          <geom type="sphere" size="{_EYE}" material="eye"/>
          <geom type="mesh" mesh="iris" material="iris"/>
          <geom type="mesh" mesh="pupil" material="pupil"/>
          <geom type="sphere" size="0.0021" pos="0.0234 0.0045 0.0070" material="eye"/>
        </body>"""
        for name, side in sides
    )
    around = "".join(
        f"""
        <geom type="mesh" mesh="socket" pos="{_EYE_X} {_EYE_Y * side} {_EYE_Z}" euler="0 -0.08 {0.34 * side}"
              material="metal"/>
        <geom type="mesh" mesh="lower_lid" pos="{_EYE_X} {_EYE_Y * side} {_EYE_Z}" material="skin"/>
        <body name="upper_lid_{name}" pos="{_EYE_X} {_EYE_Y * side} {_EYE_Z}">
          {_joint(f"lid_{name}")}
          {_small(0.006, 2e-6)}
          <geom type="mesh" mesh="upper_lid" material="skin"/>
        </body>
        <body name="brow_{name}" pos="0.036 {_EYE_Y * side} 0.151">
          {_joint(f"brow_{name}")}
          {_small(0.008, 2e-6)}
          <geom type="mesh" mesh="brow_{name}" material="brow"/>
        </body>"""
        for name, side in sides
    )
    corners = "".join(
        f"""
        <body name="corner_{name}" pos="{_LIP_X - 0.003} {0.013 * side} {_LIP_Z}">
          <joint name="{joint}" axis="{side} 0 0" range="-0.4 0.5" armature="0.0003"/>
          {_small(0.004, 1e-6)}
          <geom type="mesh" mesh="corner_{name}" material="lip"/>
        </body>"""
        for (name, side), joint in zip(sides, ("mouth_corners", "mouth_corner_right"))
    )
    return f"""
      <geom type="mesh" mesh="skull" material="white"/>
      <geom type="ellipsoid" size="0.083 0.074 0.096" pos="-0.008 0 0.116" material="dark"/>
      <geom type="mesh" mesh="nose" material="white"/>
      <geom type="mesh" mesh="upper_lip" material="lip"/>
      {ears}
      <body name="eye_carrier" pos="{_EYE_X} 0 {_EYE_Z}">
        {_joint("eyes_pitch")}
        {_small(0.01, 4e-6)}
        {eyes}
      </body>
      {around}
      {corners}
      <body name="jaw" pos="{_JAW_PIVOT[0]} {_JAW_PIVOT[1]} {_JAW_PIVOT[2]}">
        {_joint("jaw")}
        <inertial pos="0.06 0 -0.045" mass="0.09" diaginertia="1.2e-4 1.5e-4 1.2e-4"/>
        <geom type="mesh" mesh="chin" material="white"/>
        <geom type="mesh" mesh="lower_lip" material="lip"/>
        <geom type="cylinder" size="0.011 0.079" euler="1.5708 0 0" material="metal"/>
      </body>
    """


def _small(mass: float, inertia: float) -> str:
    return f'<inertial pos="0 0 0" mass="{mass}" diaginertia="{inertia} {inertia} {inertia}"/>'


def _meshes() -> str:
    azimuth = np.linspace(-180, 180, 81)
    # The skull ends above the mouth in front, and reaches the neck behind.
    edge = -25.5 - 40 * np.clip((np.abs(azimuth) - 88) / 30, 0, 1)
    chin_edge = np.full(61, -72.0)
    pivot = np.array(_JAW_PIVOT)
    chin = surfaces.shell(_CENTRE, _RADII * [1.0, 0.985, 1.0], (-84, 84), chin_edge, -26.9) - pivot
    width = np.linspace(-1, 1, 41)
    # The middle of the upper lip is fixed to the skull; the corners move.
    upper = np.stack([_LIP_X + 0.001 - 0.004 * width**2, 0.0145 * width, _LIP_Z + 0.0035 + 0.001 * (1 - width**2)], -1)
    lower = (
        np.stack([_LIP_X - 0.0005 - 0.0095 * width**2, 0.024 * width, _LIP_Z - 0.0045 + 0.0022 * width**2], -1) - pivot
    )
    reach = np.linspace(0, 1, 24)
    parts = [
        surfaces.mesh("skull", surfaces.shell(_CENTRE, _RADII, (-180, 180), edge, 90.0)),
        surfaces.mesh("chin", chin),
        surfaces.mesh("iris", surfaces.cap(_EYE + 0.0003, 30)),
        surfaces.mesh("pupil", surfaces.cap(_EYE + 0.0006, 13)),
        surfaces.mesh("upper_lid", surfaces.spherical(_EYE + 0.0022, (35, 165), 88)),
        surfaces.mesh("lower_lid", surfaces.spherical(_EYE + 0.0016, (-165, -19), 88)),
        surfaces.mesh("socket", _ring(_EYE + 0.0046, 0.0034, 0.0075)),
        surfaces.mesh("nose", _nose()),
        surfaces.mesh("upper_lip", surfaces.tube(upper, 0.0036 * np.sqrt(1 - 0.30 * width**2))),
        surfaces.mesh("lower_lip", surfaces.tube(lower, 0.0040 * np.sqrt(np.maximum(1 - 0.86 * width**4, 0.02)))),
    ]
    for name, side in (("left", 1), ("right", -1)):
        path = np.stack([-0.0125 * reach**2, 0.0165 * reach * side, 0.0015 * (1 - reach)], -1)
        parts.append(surfaces.mesh(f"corner_{name}", surfaces.tube(path, 0.0037 * np.sqrt(1.02 - reach**3))))
        brow = np.stack(
            [0.040 - 0.016 * (reach - 0.35) ** 2, (reach - 0.42) * 0.041 * side, 0.009 - 0.011 * (reach - 0.4) ** 2], -1
        )
        parts.append(surfaces.mesh(f"brow_{name}", surfaces.tube(brow, 0.0042 * np.sqrt(1.03 - (2 * reach - 1) ** 4))))
    return "\n    ".join(parts)


def _ring(radius: float, thickness: float, x: float) -> np.ndarray:
    """A torus around the x axis."""
    turn, around = np.meshgrid(np.linspace(0, 2 * np.pi, 48), np.linspace(0, 2 * np.pi, 14), indexing="ij")
    out = radius + thickness * np.cos(around)
    return np.stack([x + thickness * np.sin(around), out * np.cos(turn), out * np.sin(turn)], -1)


def _nose() -> np.ndarray:
    """A slender ellipsoid that leans forward at its tip."""
    turn, lift = np.meshgrid(np.linspace(0, 2 * np.pi, 30), np.linspace(-np.pi / 2, np.pi / 2, 24), indexing="ij")
    z = 0.022 * np.sin(lift)
    y = 0.0085 * np.cos(lift) * np.sin(turn) * (1 - 12 * z)
    x = 0.012 * np.cos(lift) * np.cos(turn) * (1 - 22 * z)
    return np.stack([0.083 + x - 0.12 * (z + 0.02), y, 0.095 + z], -1)
