"""Random motion and faults for the joints of a head, and the check of every limit at every step."""

import numpy as np

from dystream_ros.actuators.calibration import REGIONS
from dystream_ros.actuators.joint_commands import JointCommands, Timing
from dystream_ros.actuators.regions import RegionRefused
from dystream_ros.actuators.travel_time import return_seconds
from dystream_ros.face.motion import ARKIT_LAYOUT

_SLACK = 1e-6


def drive(calibration, seconds, seed=0, step=0.02):
    """Simulates a head with random motions and faults; yields after each step the commands and the broken limits.

    Faults: values that are not finite or far out of range, motions that stop, jump in time or come in bursts, owners
    that take regions and send targets anywhere, emergency stops, disengaging at any time, steps of any length.
    """
    random = np.random.default_rng(seed)
    commands = JointCommands(calibration, Timing(ramp=0.5), 0.0)
    commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    commands.engage()
    count = len(ARKIT_LAYOUT.names)
    values, pose, now, shown = np.zeros(count), np.zeros(6), 0.0, 0.0
    check = _Limits(calibration, commands)
    silent_until = 0.0
    while now < seconds:
        if random.random() < 0.5 and now > silent_until:
            jump = random.random(count) < 0.1
            values = np.clip(np.where(jump, random.random(count), values + random.normal(0, 0.05, count)), 0, 1)
            pose = 0.9 * pose + random.normal(0, 0.2, 6)
            sent = values.copy()
            if random.random() < 0.01:
                sent[random.integers(count)] = random.choice([np.nan, np.inf, -np.inf, 1e9, -50.0])
            shown = now if random.random() < 0.99 else now + random.normal(0, 5)
            try:
                commands.motion(shown, now, sent, pose)
            except ValueError:
                assert not np.isfinite(sent).all()
        if random.random() < 0.8:
            commands.audio(now)
        _meddle(commands, calibration, random, now)
        if random.random() < 0.002:
            silent_until = now + random.uniform(0, 4)
        passed = step if random.random() < 0.98 else random.uniform(0.001, 0.3)
        now += passed
        commands.step(now, passed)
        yield commands, check.broken(min(passed, 0.1))


def _meddle(commands, calibration, random, now):
    """Owners of regions, engagement and emergency stops, at random."""
    region, owner = random.choice(REGIONS), random.choice(["gaze", "gesture"])
    try:
        if random.random() < 0.01:
            commands.regions.take(region, owner, random.uniform(0, 0.5), 1.0, commands.state.position, now)
        elif random.random() < 0.01:
            commands.regions.give_back(region, owner)
        elif random.random() < 0.1:
            joints = [joint.name for joint in calibration.joints if joint.region == region]
            commands.regions.move(region, {name: random.normal(0, 1.0) for name in joints}, now)
    except RegionRefused:
        pass
    chance = random.random()
    if chance < 0.0005:
        commands.emergency_stop()
    elif chance < 0.02:
        commands.clear_emergency_stop()
    elif chance < 0.021:
        commands.disengage()
    elif chance < 0.04:
        commands.engage()


class _Limits:
    """All limits of a calibration, from the commands alone."""

    def __init__(self, calibration, commands):
        self._calibration, self._commands = calibration, commands
        joints = calibration.joints
        self._low, self._high, self._velocity, self._acceleration, self._jerk = (
            np.array([getattr(joint, name) for joint in joints])
            for name in ("minimum", "maximum", "velocity", "acceleration", "jerk")
        )
        self._before = commands.state.acceleration.copy()
        self._place = commands.state.position.copy()
        self._beyond = [0.0] * len(calibration.dwell_limits)

    def broken(self, passed):
        """Names of the limits that the newest commands break."""
        state, calibration = self._commands.state, self._calibration
        position, wrong = state.position, []
        if not all(np.isfinite(each).all() for each in (position, state.velocity, state.acceleration)):
            wrong.append("finite")
        if (position < self._low - _SLACK).any() or (position > self._high + _SLACK).any():
            wrong.append("range")
        if (np.abs(state.velocity) > self._velocity * (1 + _SLACK)).any():
            wrong.append("velocity")
        # From the positions alone, as the servo sees it.
        if (np.abs(position - self._place) > self._velocity * passed * (1 + _SLACK) + _SLACK).any():
            wrong.append("jump")
        if (np.abs(state.acceleration) > self._acceleration * (1 + _SLACK)).any():
            wrong.append("acceleration")
        if (np.abs(state.acceleration - self._before) > self._jerk * passed * (1 + 1e-4) + 1e-6).any():
            wrong.append("jerk")
        for rule in calibration.cross_limits:
            limit = np.interp(position[calibration.index(rule.by)], *np.array(rule.table).T)
            side = 1 if rule.side == "maximum" else -1
            if side * (position[calibration.index(rule.joint)] - limit) > 2e-6:
                wrong.append(f"cross limit of {rule.joint}")
        for index, rule in enumerate(calibration.dwell_limits):
            joint = calibration.joints[calibration.index(rule.joint)]
            side = 1 if rule.beyond > joint.neutral else -1
            outside = side * (position[calibration.index(rule.joint)] - rule.beyond) > 1e-4
            spent = self._beyond[index] + passed if outside else 0.0
            # An emergency stop holds the joint where it is. Once it is engaged again, it has the time of the way back.
            if self._commands.held:
                spent = min(spent, rule.seconds - return_seconds(joint, rule.beyond))
            self._beyond[index] = spent
            if self._beyond[index] > rule.seconds + 1e-9:
                wrong.append(f"dwell limit of {rule.joint}")
        self._before, self._place = state.acceleration.copy(), position.copy()
        return wrong
