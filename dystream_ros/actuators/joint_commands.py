"""Commands of the joints of a head: from motions, targets of other nodes and safety to positions inside all limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.arrival import Arrival
from dystream_ros.actuators.blend import Fade
from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.cross_limits import CrossLimits
from dystream_ros.actuators.dead_band import DeadBand
from dystream_ros.actuators.dwell import Dwell
from dystream_ros.actuators.mapping import Mapping
from dystream_ros.actuators.profile import Array, State
from dystream_ros.actuators.regions import Regions
from dystream_ros.actuators.smoothing import Smoothing
from dystream_ros.actuators.target_curve import TargetCurve
from dystream_ros.actuators.tracking import Limits, TrackingFilter
from dystream_ros.actuators.watchdogs import Watchdogs, WatchdogTimes

DISENGAGED, ENGAGED, STOPPED = "disengaged", "engaged", "stopped"
_LONGEST_STEP = 0.1  # s; after a longer pause the joints go on as after this


@dataclass(frozen=True)
class Timing:
    """Times in s.

    Attributes:
        sound_delay: time from the arrival of a motion until the sound of the instant that it shows is heard, e.g. the
            buffer of the loudspeaker and half a frame. A joint with a lag is commanded as much earlier. What exceeds
            the delay of the sound is extrapolated.
        ramp: duration of engaging and disengaging.
        watchdogs: of motions and audio.
    """

    sound_delay: float = 0.12
    ramp: float = 2.0
    watchdogs: WatchdogTimes = field(default_factory=WatchdogTimes)


class JointCommands:
    """All joints of one head. Not safe for use by several threads.

    Time is that of one steady clock, in s. The order of the parts is fixed: motion, curve, dead band, watchdogs, other
    owners, engagement, dwell limits, cross limits, smoothing; limits of velocity, acceleration, jerk and position last.

    Args:
        calibration: of the head.
        timing: times.
        now: present time.
        position: present positions of the joints (joints,), rad; None: neutral.
    """

    def __init__(self, calibration: Calibration, timing: Timing, now: float, position: Array | None = None) -> None:
        joints = calibration.joints
        self.calibration = calibration
        self._timing = timing
        self._neutral = np.array([joint.neutral for joint in joints])
        start = self._neutral if position is None else np.array(position, np.float64)
        limits = Limits(
            *(
                np.array([getattr(joint, name) for joint in joints])
                for name in ("minimum", "maximum", "velocity", "acceleration", "jerk")
            )
        )
        smoothing = np.array([joint.smoothing for joint in joints])
        # The smoothing lags by twice its time constant: it is made up for like the lag of the servo.
        self._lead = np.array([joint.lag for joint in joints]) + 2 * smoothing - timing.sound_delay
        self._mouth = np.array([joint.region == "mouth" for joint in joints])
        self._mapping: Mapping | None = None
        self._curve = TargetCurve(self._neutral)
        self._arrival = Arrival()
        self._dead_band = DeadBand(np.array([joint.dead_band for joint in joints]), self._neutral)
        self._watchdogs = Watchdogs(timing.watchdogs, now)
        self._cross = CrossLimits(calibration)
        self._dwell = Dwell(calibration)
        self._smoothing = Smoothing(smoothing, start)
        self._motion = TrackingFilter(limits, start)
        self.regions = Regions(calibration)
        self._start = start.copy()
        self._engaged, self._approach = Fade(0.0), Fade(0.0)
        self._stopped = False
        self._held = False

    @property
    def state(self) -> State:
        """The present commands (joints,): rad, rad/s, rad/s^2. Not to be changed."""
        return self._motion.state

    @property
    def mode(self) -> str:
        """`STOPPED`; `ENGAGED`, also while it engages; or `DISENGAGED`, also on the way there."""
        if self._stopped:
            return STOPPED
        return ENGAGED if self._engaged.to == 1 else DISENGAGED

    @property
    def held(self) -> bool:
        """Whether an emergency stop holds the joints: also after it was cleared, until they are engaged."""
        return self._stopped or self._held

    @property
    def engaging(self) -> bool:
        """Whether the ramp of engaging is under way."""
        return self._engaged.to == 1 and self._engaged.moving

    @property
    def at_rest(self) -> bool:
        """Whether no joint moves, and none is about to because of engaging or disengaging."""
        return self._motion.at_rest and (self._stopped or not (self._engaged.moving or self._approach.moving))

    @property
    def watchdog(self) -> str:
        """ "live", "idle" or "neutral"."""
        return self._watchdogs.state

    @property
    def held_back(self) -> tuple[str, ...]:
        """Joints that a dwell limit holds back now."""
        return tuple(self.calibration.names[joint] for joint in self._dwell.closed)

    def layout(self, names: Sequence[str], neutral: Sequence[float]) -> tuple[str, ...]:
        """Set names and neutral values of the motions to come; returns the inputs that they lack."""
        self._mapping = Mapping(self.calibration, names, neutral)
        return self._mapping.missing

    def motion(self, shown: float, now: float, values: NDArray[np.floating], head_pose: NDArray[np.floating]) -> None:
        """Take a motion.

        Args:
            shown: instant that it shows, s, of any clock that goes on steadily.
            values: (values,), in the order of the layout.
            head_pose: (6,), in the order of `POSE_NAMES`.

        Raises:
            ValueError: no layout yet, wrong number of values, or one is not finite; the motion is ignored.
        """
        if self._mapping is None:
            raise ValueError("a motion came before its layout")
        position = self._mapping.positions(values, head_pose)
        limits = self._motion.limits
        if not self._arrival.add(shown, now):
            self._curve.clear()
        self._curve.add(shown, np.clip(position, limits.minimum, limits.maximum))
        self._watchdogs.motion(now)

    def audio(self, now: float) -> None:
        """Audio of a party has arrived at the head."""
        self._watchdogs.audio(now)

    def engage(self) -> bool:
        """Follow the face, with a ramp from the present positions; False while an emergency stop is latched."""
        if self._stopped:
            return False
        self._held = False
        if self._engaged.to == 0:
            if not self._engaged.moving:
                self._start_from(self._motion.state.position)
                self._watchdogs.settle()
            self._engaged.go(1.0, self._timing.ramp)
        return True

    def start_at(self, position: Array) -> None:
        """Begin at rest at these positions (joints,), rad, before engaging: those that the robot reports."""
        self._motion.rest_at(position)
        self._start_from(position)

    def disengage(self) -> None:
        """Go to neutral with a ramp, and stay there; without effect unless they are engaged."""
        if self._engaged.to == 1:
            # Joints that follow the face go straight to neutral; those under way from elsewhere turn with a ramp.
            self._approach = self._approach if self._engaged.moving else Fade(1.0)
            self._approach.go(1.0, self._timing.ramp)
        self._engaged.go(0.0, self._timing.ramp)

    def go_to_neutral(self) -> None:
        """Go to neutral with a ramp from where the joints began; without effect while they are engaged or held."""
        if not (self.held or self._engaged.to == 1):
            self._approach.go(1.0, self._timing.ramp)

    def emergency_stop(self) -> None:
        """Brake all joints as fast as their limits permit, and hold them until `clear_emergency_stop`."""
        self._stopped = True

    def clear_emergency_stop(self) -> None:
        """Permit to engage again; the joints stay where they are until then."""
        if self._stopped:
            self._stopped = False
            self._held = True
            self._engaged = Fade(0.0)
            self._start_from(self._motion.stop)

    def step(self, now: float, seconds: float) -> State:
        """The commands `seconds` after the last step; `now` is the time that they hold for."""
        seconds = min(seconds, _LONGEST_STEP)
        self._dwell.begin(self._motion.state.position, seconds)  # held positions count as well
        if self._stopped:
            rest = self._motion.stop.copy()
            self._advance(State(rest, np.zeros_like(rest), np.zeros_like(rest)), seconds)
            return self.state
        target = self._target(now, seconds)
        if not self._held:
            target = self._cross.clip(self._dwell.clip(target))
        self._advance(self._smoothing.step(target, seconds), seconds)
        return self.state

    def _target(self, now: float, seconds: float) -> Array:
        """Positions to go to, without limits in time."""
        shown = self._arrival.shown_at(now)
        face = self._curve.at(shown + self._lead) if np.isfinite(shown) else self._neutral
        face = self._dead_band.step(face, seconds)
        whole, mouth = self._watchdogs.step(now, seconds)
        weight = whole * np.where(self._mouth, mouth, 1.0)
        own = self._neutral + weight * (face - self._neutral)
        mixed = self.regions.blend(own, now, seconds)
        anchor = self._start + self._approach.step(seconds) * (self._neutral - self._start)
        return anchor + self._engaged.step(seconds) * (mixed - anchor)

    def _advance(self, target: State, seconds: float) -> None:
        if not self.held:
            target = self._dwell.returning(target)
        for level in self._cross.levels:
            low, high = self._cross.limits(level, self._motion)
            if self.held:  # a joint that is outside its limits stays there: a stop moves nothing
                stop = self._motion.stop[level]
                low, high = np.minimum(low, stop), np.maximum(high, stop)
            else:
                low, high = self._dwell.tighten(level, low, high)
            self._motion.step(level, target.at(level), seconds, low, high)

    def _start_from(self, position: Array) -> None:
        """Begin at rest at these positions; engaging leads from there to the face, disengaging to neutral."""
        self._start = position.copy()
        self._smoothing.rest_at(position)
        self._approach = Fade(0.0)
