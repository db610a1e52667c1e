"""Gestures: short movements of head and face, as curves between key points.

Between key points a number moves with minimum jerk (Flash and Hogan 1985), so that a gesture begins and ends at rest.
Repeated movements are damped: each swing is smaller than the one before (Hadar et al. 1983: head nods of speakers and
listeners at 2 to 4 Hz). Other sources: Eibl-Eibesfeldt 1972 for the brow flash (a third of a second); Provine 1992 for
laughter (calls every 0.21 s, each weaker); Provine 1986 for the yawn (six seconds; shortened here).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.numbers import Numbers, minimum_jerk, vector

Curve = Sequence[tuple[float, float]]  # time in s, value; from (0, 0) to 0


@dataclass(frozen=True)
class Gesture:
    """One gesture.

    Attributes:
        curves: the curve of each number, by name; a name without a side stands for both.
        hold: (start, end) in s of the part that is stretched to reach a longer duration; None when the whole gesture
            is slowed down or sped up instead.
    """

    curves: Mapping[str, Curve]
    hold: tuple[float, float] | None = None

    @property
    def seconds(self) -> float:
        """Duration as described."""
        return max(curve[-1][0] for curve in self.curves.values())

    def at(self, time: float, duration: float = 0.0) -> Numbers:
        """Numbers (58,) at a time in s since the start; `duration` 0 is the gesture's own."""
        time = self._own_time(time, duration or self.seconds)
        return vector({name: _value(curve, time) for name, curve in self.curves.items()})

    def _own_time(self, time: float, duration: float) -> float:
        if self.hold is None:
            return time * self.seconds / duration
        start, end = self.hold
        moving = self.seconds - (end - start)
        held = duration - moving
        if held <= 0:  # shorter than its movements: those are sped up, and nothing is held
            time *= moving / duration
            return time if time < start else time + end - start
        if time < start:
            return time
        return (
            min(start + (time - start) * (end - start) / held, end)
            if time < start + held
            else time - held + end - start
        )


def _value(curve: Curve, time: float) -> float:
    before = (0.0, 0.0)
    for after in curve:
        if time < after[0]:
            share = (time - before[0]) / (after[0] - before[0])
            return before[1] + (after[1] - before[1]) * minimum_jerk(share)
        before = after
    return before[1]


def _plateau(value: float, rise: float, held: float, fall: float, start: float = 0.0) -> Curve:
    first = ((start, 0.0),) if start else ()
    return (*first, (start + rise, value), (start + rise + held, value), (start + rise + held + fall, 0.0))


def _calls(size: float, count: int, first: float, fade: float) -> Curve:
    """Calls of laughter: the jaw opens and half closes every 0.21 s, each time less."""
    points: list[tuple[float, float]] = [(first, 0.0)]
    for call in range(count):
        points += [
            (first + 0.21 * call + 0.09, size * fade**call),
            (first + 0.21 * (call + 1), 0.35 * size * fade**call),
        ]
    return (*points, (points[-1][0] + 0.25, 0.0))


def _wink(side: str, sign: int) -> Gesture:
    return Gesture({
        f"eyeBlink{side}": _plateau(1.0, 0.12, 0.16, 0.22),
        f"cheekSquint{side}": _plateau(0.7, 0.14, 0.16, 0.35),
        f"mouthSmile{side}": _plateau(0.5, 0.2, 0.2, 0.45),
        f"browDown{side}": _plateau(0.3, 0.12, 0.16, 0.3),
        "headRoll": _plateau(sign * 0.06, 0.2, 0.15, 0.4),
    })  # fmt: skip


def _tilt(sign: int) -> Gesture:
    return Gesture({"headRoll": _plateau(sign * 0.19, 0.45, 0.9, 0.6), "browInnerUp": _plateau(0.2, 0.4, 0.9, 0.5)},
                   hold=(0.45, 1.3))  # fmt: skip


GESTURES: dict[str, Gesture] = {
    "nod": Gesture({"headPitch": ((0.2, 0.15), (0.4, -0.01), (0.58, 0.095), (0.76, -0.005), (0.92, 0.045), (1.1, 0.0)),
                    "eyeBlink": ((0.06, 0.0), (0.16, 0.3), (0.36, 0.0))}),
    "nod_once": Gesture({"headPitch": ((0.26, 0.17), (0.56, -0.015), (0.75, 0.0))}),
    "shake": Gesture({"headYaw": ((0.2, 0.13), (0.5, -0.13), (0.8, 0.1), (1.08, -0.07), (1.32, 0.03), (1.55, 0.0))}),
    "tilt_right": _tilt(1),
    "tilt_left": _tilt(-1),
    "wink_left": _wink("Left", -1),
    "wink_right": _wink("Right", 1),
    "blink": Gesture({"eyeBlink": ((0.09, 1.0), (0.13, 1.0), (0.35, 0.0))}),
    "brow_flash": Gesture({
        "browInnerUp": _plateau(0.75, 0.12, 0.12, 0.32), "browOuterUp": _plateau(0.95, 0.12, 0.12, 0.32),
        "eyeWide": _plateau(0.35, 0.12, 0.1, 0.3), "headPitch": _plateau(-0.045, 0.16, 0.1, 0.36)}),
    "think": Gesture({
        "eyeLookUp": _plateau(0.5, 0.1, 1.6, 0.1, 0.1), "eyeLookOutLeft": _plateau(0.4, 0.1, 1.6, 0.1, 0.1),
        "eyeLookInRight": _plateau(0.4, 0.1, 1.6, 0.1, 0.1), "browInnerUp": _plateau(0.3, 0.35, 1.2, 0.45),
        "browDown": _plateau(0.3, 0.35, 1.2, 0.45), "mouthPress": _plateau(0.5, 0.35, 1.2, 0.4),
        "mouthLeft": _plateau(0.35, 0.35, 1.2, 0.4), "mouthPucker": _plateau(0.2, 0.35, 1.2, 0.4),
        "headYaw": _plateau(0.12, 0.5, 1.0, 0.55), "headPitch": _plateau(-0.06, 0.5, 1.0, 0.55),
        "headRoll": _plateau(-0.07, 0.5, 1.0, 0.55)}, hold=(0.5, 1.5)),
    "laugh": Gesture({
        "mouthSmile": _plateau(0.9, 0.3, 1.3, 0.9), "cheekSquint": _plateau(0.75, 0.3, 1.2, 0.8),
        "eyeSquint": _plateau(0.45, 0.3, 1.2, 0.7), "eyeBlink": _plateau(0.25, 0.3, 1.1, 0.6),
        "mouthLowerDown": _plateau(0.2, 0.3, 1.1, 0.6),
        "jawOpen": _calls(0.42, 6, 0.12, 0.86), "mouthUpperUp": _plateau(0.3, 0.3, 1.1, 0.6),
        "headPitch": ((0.35, -0.1), (0.56, -0.07), (0.77, -0.1), (0.98, -0.06), (1.19, -0.08), (2.0, 0.0))}),
    "sigh": Gesture({
        "jawOpen": ((0.7, 0.05), (1.0, 0.1), (1.7, 0.0)), "eyeBlink": _plateau(0.55, 0.8, 0.4, 0.6),
        "mouthFunnel": _plateau(0.2, 0.9, 0.3, 0.5), "browInnerUp": _plateau(0.3, 0.6, 0.5, 0.6),
        "headPitch": ((0.65, -0.04), (1.3, 0.07), (1.9, 0.0))}),
    "shrug": Gesture({
        "browInnerUp": _plateau(0.6, 0.25, 0.5, 0.45), "browOuterUp": _plateau(0.5, 0.25, 0.5, 0.45),
        "mouthFrown": _plateau(0.55, 0.25, 0.5, 0.4), "mouthShrugLower": _plateau(0.6, 0.25, 0.5, 0.4),
        "mouthPress": _plateau(0.3, 0.25, 0.5, 0.4), "headRoll": _plateau(0.1, 0.3, 0.45, 0.45),
        "headPitch": _plateau(-0.03, 0.3, 0.45, 0.45)}, hold=(0.3, 0.75)),
    "bow": Gesture({
        "headPitch": _plateau(0.42, 0.6, 0.5, 0.8), "eyeBlink": _plateau(0.5, 0.5, 0.6, 0.6)}, hold=(0.6, 1.1)),
    "yawn": Gesture({
        "jawOpen": ((0.9, 0.75), (1.7, 0.85), (2.5, 0.0)),
        "eyeBlink": ((0.9, 0.55), (1.5, 0.95), (2.1, 0.9), (2.8, 0.0)),
        "browInnerUp": _plateau(0.45, 0.8, 0.8, 0.9), "mouthStretch": _plateau(0.3, 0.9, 0.7, 0.8),
        "noseSneer": _plateau(0.3, 0.9, 0.7, 0.8), "headPitch": _plateau(-0.12, 1.0, 0.6, 1.1)}),
}  # fmt: skip

ALIASES = {"tilt": "tilt_right", "wink": "wink_left", "yes": "nod", "no": "shake"}


def gesture_named(name: str) -> Gesture:
    """The gesture of a name.

    Raises:
        ValueError: there is no gesture of this name.
    """
    name = ALIASES.get(name, name)
    if name not in GESTURES:
        raise ValueError(f"there is no gesture {name!r}; accepted are {', '.join((*GESTURES, *ALIASES))}")
    return GESTURES[name]


def gesture_length(gesture: Gesture, duration: float) -> float:
    """Duration in s of a gesture that was asked for with `duration`; 0 is its own.

    Raises:
        ValueError: the duration is not 0 and not 0.2 to 60 s.
    """
    if duration == 0.0:
        return gesture.seconds
    if not (np.isfinite(duration) and 0.2 <= duration <= 60.0):
        raise ValueError(f"the duration of a gesture is {duration} s; accepted is 0 (its own) or 0.2 to 60 s")
    return duration
