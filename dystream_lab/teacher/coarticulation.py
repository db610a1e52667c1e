"""Mouth curves from timed phones: dominance blending, guaranteed contacts, and limited anticipation."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.speech.phones import SILENCE, Interval
from dystream_lab.teacher.articulation import (
    ANTICIPATION,
    ARTICULATIONS,
    BURST_RELEASE,
    CARRY,
    CARRY_FACTORS,
    CARRY_FADE,
    CARRY_LIMIT,
    CARRY_USUAL,
    CONTACT_EARLY,
    CONTACT_LATEST,
    CONTACT_PLATEAU,
    CONTACT_RAMP,
    CONTACT_RELEASE,
    CORE,
    DIMPLES,
    GATE_LATEST,
    JAW_UNDER_TEETH,
    PAUSE_CLOSE,
    PAUSE_HOLD,
    PRESSED_LIPS,
    PUCKER_YIELDS,
    PUFFED_CHEEKS,
    RIGHT_MORE,
    ROLLED_LOWER_LIP,
    ROLLED_UNDER_TEETH,
    ROLLED_UPPER_LIP,
    SMOOTHING,
    STRETCH_YIELDS,
    Gesture,
)
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

_JAW_GROUP = ("jaw", "forward", "lower", "upper", "tongue")
_ROUND_GROUP = ("pucker", "funnel", "spread")
_ALL = _JAW_GROUP + _ROUND_GROUP
STOPS = ("P", "B")  # silent, then a burst
FRAME_STEP = CURVE_RATE // FRAME_RATE
FRAME_MIDDLE = FRAME_STEP // 2  # the motion of a frame is that of its middle


def smoothstep(x: np.ndarray) -> np.ndarray:
    """0 for x <= 0, 1 for x >= 1, a cubic with zero slope at both ends between."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def smooth(curves: np.ndarray, length: float = SMOOTHING, rate: int = CURVE_RATE) -> np.ndarray:
    """`curves` (n, ...) at `rate` Hz, smoothed along time by a Hann window of `length` seconds; ends are repeated."""
    count = round(length * rate) | 1
    window = np.hanning(count + 2)[1:-1]
    window /= window.sum()
    half = count // 2
    padded = np.concatenate([np.repeat(curves[:1], half, 0), curves, np.repeat(curves[-1:], half, 0)])
    return sum(weight * padded[i : i + len(curves)] for i, weight in enumerate(window))


def mouth_curves(phones: Sequence[Interval], seconds: float, loudness: np.ndarray | None = None) -> np.ndarray:
    """The 52 coefficients at `CURVE_RATE` over `seconds`: float32 (n, 52), anti-aliased for 25 frames per second.

    Args:
        phones: in order, without overlap; in the silence between them every coefficient is exactly 0.
        seconds: length of the curves.
        loudness: (n,), scales the opening, 1 for the usual effort (`teacher.effort`); contacts are not scaled.
    """
    count = round(seconds * CURVE_RATE)
    time = np.arange(count) / CURVE_RATE
    spoken = [interval for interval in phones if interval[2] != SILENCE]
    blend = _blend(spoken, time)
    if loudness is not None:
        for name in ("jaw", "lower", "upper"):
            blend[name] = blend[name] * loudness
    active = _speech_gate(spoken, time)
    lips = _contact(spoken, time, "lips")
    teeth = _contact(spoken, time, "teeth")
    stops = _contact([each for each in spoken if each[2] in STOPS], time, "lips")
    curves = _coefficients(blend, active, lips, teeth, stops)
    return np.clip(smooth(curves), 0.0, 1.0).astype(np.float32)


def at_frames(curves: np.ndarray) -> np.ndarray:
    """Rows of curves at `CURVE_RATE` at the middle of each frame: (n // 4, ...)."""
    return curves[FRAME_MIDDLE::FRAME_STEP]


def _gestures(spoken: Sequence[Interval]) -> list[tuple[float, float, Gesture]]:
    timed = []
    for start, end, phone in spoken:
        articulation = ARTICULATIONS[phone]
        if len(articulation.gestures) == 1:
            timed.append((start, end, articulation.gestures[0]))
        else:
            change = start + articulation.glide * (end - start)
            timed.append((start, change, articulation.gestures[0]))
            timed.append((change, end, articulation.gestures[1]))
    return timed


def _blend(spoken: Sequence[Interval], time: np.ndarray) -> dict[str, np.ndarray]:
    """Targets averaged by dominance (Cohen and Massaro 1993, equations 1 to 4), for each property of a gesture."""
    weights = {"hold": np.full(len(time), 1e-9), "round_hold": np.full(len(time), 1e-9)}
    sums = {name: np.zeros(len(time)) for name in _ALL}
    for start, end, gesture in _gestures(spoken):
        first = max(0, int((start - ANTICIPATION) * CURVE_RATE))
        last = min(len(time), int(np.ceil((end + CARRY_LIMIT) * CURVE_RATE)) + 1)
        if first >= last:
            continue
        dominance = _dominance(time[first:last], start, end)
        for group, strength in ((_JAW_GROUP, "hold"), (_ROUND_GROUP, "round_hold")):
            weight = dominance * getattr(gesture, strength)
            weights[strength][first:last] += weight
            for name in group:
                sums[name][first:last] += weight * getattr(gesture, name)
    for group, strength in ((_JAW_GROUP, "hold"), (_ROUND_GROUP, "round_hold")):
        for name in group:
            sums[name] /= weights[strength]
    return sums


def _dominance(time: np.ndarray, start: float, end: float) -> np.ndarray:
    """Dominance at `time` (n,): 1 in the core of a phone, a rise up to ANTICIPATION before, an exponential fall after.

    The fall is shorter in fast speech (rate effect).
    """
    duration = end - start
    core_start, core_end = start + CORE[0] * duration, end - CORE[1] * duration
    rise = smoothstep((time - (start - ANTICIPATION)) / max(core_start - start + ANTICIPATION, 1e-3)) ** 2
    constant = CARRY * np.clip(duration / CARRY_USUAL, *CARRY_FACTORS)
    fall = np.exp(-np.maximum(time - core_end, 0.0) / constant)
    fade = 1.0 - smoothstep((time - end - CARRY_FADE * CARRY_LIMIT) / ((1.0 - CARRY_FADE) * CARRY_LIMIT))
    return rise * fall * fade


def _runs(spoken: Sequence[Interval]) -> list[tuple[float, float]]:
    """Start and end of runs of phones without a gap."""
    runs: list[list[float]] = []
    for start, end, _ in spoken:
        if runs and start - runs[-1][1] < 0.011:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [(start, end) for start, end in runs]


def _speech_gate(spoken: Sequence[Interval], time: np.ndarray) -> np.ndarray:
    """Envelope (n,): 1 in speech, 0 at rest; rises just before the sound, falls in a pause."""
    gate = np.zeros(len(time))
    for start, end in _runs(spoken):
        opening = smoothstep((time - (start - ANTICIPATION)) / (ANTICIPATION - GATE_LATEST))
        closing = 1.0 - smoothstep((time - end - PAUSE_HOLD) / (PAUSE_CLOSE - PAUSE_HOLD))
        gate = np.maximum(gate, opening * closing)
    return gate


def _contact(spoken: Sequence[Interval], time: np.ndarray, contact: str) -> np.ndarray:
    """Envelope (n,), 0 to 1, of a contact: 1 over each of its phones, for at least CONTACT_PLATEAU, with ramps outside.

    Lips part before the end of the phone: the burst of P and B needs the opening.
    """
    envelope = np.zeros(len(time))
    for start, end, phone in spoken:
        if ARTICULATIONS[phone].contact != contact:
            continue
        release = end - (BURST_RELEASE if phone in STOPS else CONTACT_RELEASE) * (end - start)
        missing = max(0.0, CONTACT_PLATEAU - (release - start))
        # P and B are silent before their burst, so a short contact is extended to the front
        begin, release = start - CONTACT_EARLY * missing, release + (1.0 - CONTACT_EARLY) * missing
        begin = max(begin, start - ANTICIPATION + CONTACT_LATEST)
        rise = smoothstep((time - begin + CONTACT_RAMP) / CONTACT_RAMP)
        fall = 1.0 - smoothstep((time - release) / CONTACT_RAMP)
        envelope = np.maximum(envelope, np.minimum(rise, fall))
    return envelope


def _coefficients(
    blend: dict[str, np.ndarray], active: np.ndarray, lips: np.ndarray, teeth: np.ndarray, stops: np.ndarray
) -> np.ndarray:
    curves = np.zeros((len(active), len(ARKIT_NAMES)))

    def put(name: str, values: np.ndarray) -> None:
        if name in ARKIT_INDEX:
            curves[:, ARKIT_INDEX[name]] = values * active
        else:
            curves[:, ARKIT_INDEX[name + "Left"]] = (1.0 - RIGHT_MORE) * values * active
            curves[:, ARKIT_INDEX[name + "Right"]] = (1.0 + RIGHT_MORE) * values * active

    contact = np.maximum(lips, teeth)
    jaw = blend["jaw"] * (1.0 - JAW_UNDER_TEETH * teeth)
    put("jawOpen", jaw)
    put("jawForward", blend["forward"] * (1.0 - contact))
    # with mouthClose equal to jawOpen the lips meet at any opening of the jaw
    put("mouthClose", lips * jaw)
    put("mouthPress", PRESSED_LIPS * lips)
    put("mouthRollUpper", ROLLED_UPPER_LIP * lips)
    put("mouthRollLower", ROLLED_LOWER_LIP * lips + ROLLED_UNDER_TEETH * teeth * (1.0 - lips))
    put("mouthPucker", blend["pucker"] * (1.0 - PUCKER_YIELDS * contact))
    put("mouthFunnel", blend["funnel"] * (1.0 - contact))
    spread = blend["spread"] * (1.0 - STRETCH_YIELDS * contact)
    put("mouthStretch", spread)
    put("mouthDimple", DIMPLES * spread)
    put("cheekPuff", PUFFED_CHEEKS * stops)
    put("mouthLowerDown", blend["lower"] * (1.0 - contact))
    put("mouthUpperUp", blend["upper"] * (1.0 - lips))
    put("tongueOut", blend["tongue"] * (1.0 - contact))
    return curves
