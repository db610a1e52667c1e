"""The calibration of a head: how each joint follows the face, and its limits."""

from dataclasses import dataclass

REGIONS: tuple[str, ...] = ("head", "eyes", "lids", "brows", "mouth", "neck")
TRAJECTORY, FORWARD = "trajectory", "forward"


@dataclass(frozen=True)
class Joint:
    """One joint; angles in rad, in the sense of the joint's own axis.

    Attributes:
        region: the part of the head that it belongs to, one of `REGIONS`.
        inputs: weight of each coefficient (0 to 1) or axis of the head's pose (rad, m). Their weighted sum, times
            `gain`, is the input of the curve.
        curve: points (input, angle from neutral) with rising inputs, joined by lines; empty: the input is the angle.
        minimum, neutral, maximum: range, and position of the neutral face.
        direction: 1, or -1 for a joint that is mounted the other way round: the angle from neutral is multiplied by it.
        gain: factor of the weighted sum.
        smoothing: time constant, s.
        dead_band: deviation from the target that is not corrected while the face is at rest, rad.
        lag: time by which the servo follows its command, s; the command is given that much earlier.
        velocity, acceleration, jerk: limits, rad/s, rad/s^2, rad/s^3.
    """

    name: str
    region: str
    inputs: tuple[tuple[str, float], ...]
    curve: tuple[tuple[float, float], ...]
    minimum: float
    neutral: float
    maximum: float
    direction: int
    gain: float
    smoothing: float
    dead_band: float
    lag: float
    velocity: float
    acceleration: float
    jerk: float


@dataclass(frozen=True)
class CrossLimit:
    """A limit of one joint that depends on the position of another.

    Attributes:
        joint: the joint that is limited; it makes way for the other one.
        side: "minimum" or "maximum".
        by: the joint that it depends on; it waits until `joint` has made way.
        table: points (position of `by`, limit of `joint`) in rad with rising positions, joined by lines; the limits
            only rise or only fall.
    """

    joint: str
    side: str
    by: str
    table: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class DwellLimit:
    """A joint stays beyond a position only for a time.

    Attributes:
        beyond: position, rad; beyond is the side away from neutral.
        seconds: longest time beyond it, the way back included.
        recovery: time on the near side after which the whole of `seconds` is available again, s.
    """

    joint: str
    beyond: float
    seconds: float
    recovery: float


@dataclass(frozen=True)
class Controller:
    """A controller of ros2_control that takes the commands of some joints.

    Attributes:
        name: of the controller; its topic is `<name>/joint_trajectory` or `<name>/commands`, without `<name>/` if the
            name is empty.
        kind: `TRAJECTORY` or `FORWARD`.
        joints: in the order of the controller's parameter `joints`.
    """

    name: str
    kind: str
    joints: tuple[str, ...]

    @property
    def topic(self) -> str:
        name = "joint_trajectory" if self.kind == TRAJECTORY else "commands"
        return f"{self.name}/{name}" if self.name else name


@dataclass(frozen=True)
class Calibration:
    """A checked calibration file; joints in the order of the file."""

    name: str
    joints: tuple[Joint, ...]
    cross_limits: tuple[CrossLimit, ...] = ()
    dwell_limits: tuple[DwellLimit, ...] = ()
    controllers: tuple[Controller, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    def index(self, name: str) -> int:
        """Position of a joint in `joints`."""
        return self.names.index(name)
