"""A recorded motion performed by the simulated head, and how late its parts are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.joint_commands import JointCommands, Timing
from dystream_ros.actuators.mapping import Mapping
from dystream_ros.simulation.head import SimulatedHead

FRAME = 0.04  # s
_WARM_UP = 3.0  # s in which the head engages before the motion begins
_LONGEST = 0.2  # s; lags are searched up to this

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Instant:
    """The head when the sound of a frame's middle is heard; arrays (joints,), rad.

    Attributes:
        wanted: by weights and curves alone, within the ranges.
        commanded: the newest command.
        reached: the simulated joints.
    """

    wanted: Array
    commanded: Array
    reached: Array


def perform(
    head: SimulatedHead,
    calibration: Calibration,
    names: Sequence[str],
    values: NDArray[np.floating],
    head_pose: NDArray[np.floating],
    timing: Timing,
    rate: float = 50.0,
    arrivals: Array | None = None,
) -> Iterator[Instant]:
    """The head at each frame of a motion, while its sound is heard.

    The sound of a motion is heard `timing.sound_delay` after the motion usually arrives, as a loudspeaker plays it.

    Args:
        names: of the values; coefficients with a neutral value of 0.
        values: (frames, values), 25 frames per second.
        head_pose: (frames, 6).
        rate: commands per second.
        arrivals: (frames,), rising times at which the motions arrive, s; None: every 40 ms.
    """
    times = np.arange(len(values), dtype=np.float64) * FRAME
    coming: Array = times if arrivals is None else arrivals
    usual = float(np.median(coming - times))
    commands = JointCommands(calibration, timing, 0.0)
    neutral = [0.0] * len(names)
    commands.layout(names, neutral)
    commands.engage()
    mapping = Mapping(calibration, names, neutral)
    low = np.array([joint.minimum for joint in calibration.joints])
    high = np.array([joint.maximum for joint in calibration.joints])
    step, tick, shown = 1.0 / rate, 0, 0
    arrived = 0
    while shown < len(values):
        now = tick * step
        if arrived == 0 and tick % 2 == 0 and now < coming[0] + _WARM_UP - FRAME:
            commands.motion(now - _WARM_UP - usual, now, values[0], head_pose[0])
        while arrived < len(values) and coming[arrived] + _WARM_UP <= now + 1e-9:
            commands.motion(times[arrived], coming[arrived] + _WARM_UP, values[arrived], head_pose[arrived])
            arrived += 1
        commands.audio(now)
        state = commands.step(now + step, step)
        head.command(state.position, state.velocity, step)
        while (
            shown < len(values) and (heard := times[shown] + usual + _WARM_UP + timing.sound_delay) < now + step - 1e-9
        ):
            head.run(heard)
            wanted = np.clip(mapping.positions(values[shown], head_pose[shown]), low, high)
            yield Instant(wanted, state.position.copy(), head.position)
            shown += 1
        head.run(now + step)
        tick += 1


def lag(follower: Array, leader: Array, seconds: float = FRAME) -> float:
    """Time by which one signal follows another, s, from -0.2 to 0.2; negative when it leads.

    The maximum of the cross-correlation of both signals (samples,) without their means, refined by a parabola.
    """
    a, b = follower - follower.mean(), leader - leader.mean()
    reach = round(_LONGEST / seconds)
    shifts = np.arange(-reach, reach + 1)
    middle = slice(reach, len(a) - reach)
    scores = np.array([np.dot(a[middle], np.roll(b, shift)[middle]) for shift in shifts])
    best = int(np.argmax(scores))
    if 0 < best < len(scores) - 1:
        before, top, after = scores[best - 1 : best + 2]
        best_shift = shifts[best] + 0.5 * (before - after) / (before - 2 * top + after)
    else:
        best_shift = float(shifts[best])
    return float(best_shift * seconds)
