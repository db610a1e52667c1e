"""The research head in MuJoCo: commands in, physics, positions and pictures out. Needs the package `mujoco`."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Without a screen; takes effect only before the first import of mujoco.
os.environ.setdefault("MUJOCO_GL", "egl")

import mujoco

from dystream_ros.simulation.controller import Point, TrajectoryController
from dystream_ros.simulation.research_head import JOINTS, model_xml

_CONTROL = 0.005  # s; joint_trajectory_controller at 200 Hz
_ENCODER = 2 * np.pi / 4096  # rad; the servos read and take whole steps
_BUS = 0.003  # s from the controller to the servo: a sync write at 1 Mbit/s, and the loop of the servo

Array = NDArray[np.float64]


class SimulatedHead:
    """Position servos with the torque and the speed of their data sheets move the head; controllers move the servos.

    The torque of a servo falls linearly from its stall torque to 0 at its free speed, as that of a DC motor does, and
    the gear has dry friction and inertia. A command takes effect after the delay of the bus.

    Args:
        names: order of the joints of commands and positions, names of `JOINTS`.
        controllers: joints of each controller, each joint in one of them; None: one controller has all.

    Raises:
        ValueError: a name is no joint of the head.
    """

    def __init__(self, names: Sequence[str], controllers: Sequence[Sequence[str]] | None = None) -> None:
        if unknown := [name for name in names if name not in JOINTS]:
            raise ValueError(f"the simulated head has no joints {', '.join(unknown)}; it has {', '.join(JOINTS)}")
        self._model = mujoco.MjModel.from_xml_string(model_xml())
        self._data = mujoco.MjData(self._model)
        self._places = np.array([self._model.joint(name).qposadr[0] for name in names])
        self._speeds = np.array([self._model.joint(name).dofadr[0] for name in names])
        self._motors = np.array([self._model.actuator(name).id for name in names])
        # Joints without a servo, which a linkage moves: addresses of follower and leader.
        self._followers = [
            (self._model.jnt_qposadr[follower], self._model.jnt_qposadr[leader])
            for follower, leader in zip(self._model.eq_obj1id, self._model.eq_obj2id)
        ]
        servos = [JOINTS[name].servo for name in names]
        self._stall, self._free, self._stiffness, self._damping = (
            np.array([getattr(servo, each) for servo in servos]) for each in ("stall", "free", "stiffness", "damping")
        )
        groups = [names] if controllers is None else controllers
        self._groups = [np.array([names.index(name) for name in group]) for group in groups]
        self._controllers = [TrajectoryController(np.zeros(len(group))) for group in groups]
        self._goal: Array = np.zeros(len(names))
        self._underway: list[tuple[float, Array]] = []
        self._next_control = 0.0
        self._renderer: mujoco.Renderer | None = None
        mujoco.mj_forward(self._model, self._data)

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return float(self._data.time)

    @property
    def position(self) -> Array:
        """Positions of the joints (joints,), rad."""
        return self._data.qpos[self._places].copy()

    @property
    def velocity(self) -> Array:
        """Velocities of the joints (joints,), rad/s."""
        return self._data.qvel[self._speeds].copy()

    @property
    def torque(self) -> Array:
        """Torques of the servos (joints,), N m."""
        return self._data.ctrl[self._motors].copy()

    @property
    def desired(self) -> Array:
        """Positions that the controllers want now (joints,), rad."""
        wanted = np.zeros(len(self._places))
        for group, controller in zip(self._groups, self._controllers):
            wanted[group] = controller.desired(self.time)[0]
        return wanted

    def command(self, position: Array, velocity: Array, seconds: float, controller: int = 0) -> None:
        """A trajectory of one point for a controller, in the order of its joints."""
        self.follow([Point(np.array(position), np.array(velocity), seconds)], controller)

    def follow(self, points: Sequence[Point], controller: int = 0) -> None:
        """A trajectory for a controller, in the order of its joints."""
        self._controllers[controller].take(points, self.time)

    def pose(self, position: Array) -> None:
        """Put the joints at these positions (joints,), rad, at rest, without physics: for pictures of a recording."""
        self._data.qpos[self._places] = position
        for follower, leader in self._followers:
            self._data.qpos[follower] = self._data.qpos[leader]
        self._data.qvel[:] = 0.0
        mujoco.mj_forward(self._model, self._data)

    def run(self, until: float) -> None:
        """Simulate until a time, s."""
        step = self._model.opt.timestep
        while self.time < until - 0.5 * step:
            now = self.time
            if now >= self._next_control - 1e-9:
                self._next_control += _CONTROL
                self._underway.append((now + _BUS, np.round(self.desired / _ENCODER) * _ENCODER))
            while self._underway and self._underway[0][0] <= now + 1e-9:
                self._goal = self._underway.pop(0)[1]
            position, velocity = self._data.qpos[self._places], self._data.qvel[self._speeds]
            wanted = self._stiffness * (self._goal - position) - self._damping * velocity
            # The torque that is left at this speed, in the direction of motion; against it the motor has all of it.
            left = self._stall * np.clip(1 - np.abs(velocity) / self._free, 0.0, 1.0)
            driving = wanted * velocity > 0
            self._data.ctrl[self._motors] = np.clip(
                wanted, -np.where(driving, left, self._stall), np.where(driving, left, self._stall)
            )
            mujoco.mj_step(self._model, self._data)

    def picture(self, size: int) -> NDArray[np.uint8]:
        """uint8 (size, size, 3), RGB, of the head as it is now.

        Raises:
            RuntimeError: no OpenGL without a screen (EGL) is available.
        """
        if self._renderer is None or self._renderer.height != size:
            self.close()
            self._renderer = mujoco.Renderer(self._model, size, size)
        self._renderer.update_scene(self._data, "front")
        return np.asarray(self._renderer.render())

    def close(self) -> None:
        """Free the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
