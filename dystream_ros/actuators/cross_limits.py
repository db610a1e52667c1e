"""Limits of one joint that depend on the position of another, such as eyelids over eyeballs.

A joint claims all positions that it passes when it brakes. The claims of two joints of a rule never
break the rule: each joint moves within the limits that the claims of the others leave it. Joints of a rule therefore
move one after the other (`levels`), each with the newest claims.
"""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.profile import Array
from dystream_ros.actuators.tracking import TrackingFilter


class _Rule:
    """side * position[joint] <= curve(position[by]), with the curve already multiplied by side."""

    def __init__(self, joint: int, side: str, by: int, table: tuple[tuple[float, float], ...]) -> None:
        self.joint, self.by = joint, by
        self.side = 1.0 if side == "maximum" else -1.0
        points = np.array(table)
        self._x, self._y = points[:, 0], self.side * points[:, 1]
        self._rises = self._y[-1] >= self._y[0]

    def of_joint(self, low: float, high: float) -> float:
        """Limit of side * position[joint] while `by` is between two positions."""
        return float(np.interp(low if self._rises else high, self._x, self._y))

    def of_by(self, reached: float) -> tuple[float, float]:
        """Range of `by` while side * position[joint] reaches `reached`."""
        x, y = (self._x, self._y) if self._rises else (-self._x[::-1], self._y[::-1])
        if reached <= y[0]:
            edge = -np.inf
        elif reached >= y[-1]:
            # The first position from which on the limit is at its highest.
            edge = float(x[np.flatnonzero(y >= y[-1])[0]])
        else:
            after = int(np.flatnonzero(y > reached)[0])
            share = (reached - y[after - 1]) / (y[after] - y[after - 1])
            edge = float(x[after - 1] + share * (x[after] - x[after - 1]))
        return (edge, np.inf) if self._rises else (-np.inf, -edge)


class CrossLimits:
    """The rules of a calibration.

    Attributes:
        levels: joints in groups; no rule has two joints in one group.
    """

    def __init__(self, calibration: Calibration) -> None:
        index = calibration.index
        self._rules = [
            _Rule(index(rule.joint), rule.side, index(rule.by), rule.table) for rule in calibration.cross_limits
        ]
        self._minimum = np.array([joint.minimum for joint in calibration.joints])
        self._maximum = np.array([joint.maximum for joint in calibration.joints])
        self.levels = self._group(len(calibration.joints))

    def _group(self, count: int) -> list[NDArray[np.intp]]:
        """The joints that are limited move first, so that the others find the way free; greedy colouring."""
        neighbours: list[set[int]] = [set() for _ in range(count)]
        for rule in self._rules:
            neighbours[rule.joint].add(rule.by)
            neighbours[rule.by].add(rule.joint)
        limited = {rule.joint for rule in self._rules}
        colour: dict[int, int] = {}
        for joint in sorted(range(count), key=lambda each: (each not in limited, each)):
            taken = {colour[each] for each in neighbours[joint] if each in colour}
            colour[joint] = next(level for level in range(count) if level not in taken)
        return [
            np.array([joint for joint in range(count) if colour[joint] == level], np.intp)
            for level in range(max(colour.values()) + 1)
        ]

    def clip(self, target: Array) -> Array:
        """Targets (joints,) that keep the rules: each limited joint yields to the target of the other one."""
        if not self._rules:
            return target
        target = np.clip(target, self._minimum, self._maximum)
        for rule in self._rules:
            limit = rule.of_joint(target[rule.by], target[rule.by])
            target[rule.joint] = rule.side * min(rule.side * target[rule.joint], limit)
        return target

    def limits(self, joints: NDArray[np.intp], motion: TrackingFilter) -> tuple[Array, Array]:
        """Lowest and highest positions of some joints of one level, from the present claims of the others."""
        low, high = self._minimum.copy(), self._maximum.copy()
        if not self._rules:
            return low[joints], high[joints]
        claimed_low, claimed_high = motion.claims()
        moving = set(joints.tolist())
        for rule in self._rules:
            if rule.joint in moving:
                limit = rule.of_joint(claimed_low[rule.by], claimed_high[rule.by])
                if rule.side > 0:
                    high[rule.joint] = min(high[rule.joint], limit)
                else:
                    low[rule.joint] = max(low[rule.joint], -limit)
            elif rule.by in moving:
                reached = claimed_high[rule.joint] if rule.side > 0 else -claimed_low[rule.joint]
                lowest, highest = rule.of_by(reached)
                low[rule.by], high[rule.by] = max(low[rule.by], lowest), min(high[rule.by], highest)
        # A joint that began outside has no range left: it keeps the nearer end.
        return np.minimum(low, high)[joints], high[joints]
