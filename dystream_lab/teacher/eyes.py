"""Blinks and gaze: times, lids, eye angles, and their coefficients."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import FRAME_RATE
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.phrases import Phrase, turns
from dystream_lab.teacher.pulses import frame_times
from dystream_ros.face.arkit import ARKIT_INDEX

# eyeBlink by frame of 40 ms: closing in two frames, closed for one or two, opening in four (VanderWerf et al. 2003).
_LID_CLOSING = ((0.55,), (0.35, 0.9), (0.7,))
_LID_SHUT = (1, 2)
_LID_OPENING = ((0.78, 0.40, 0.16, 0.04), (0.66, 0.28, 0.08), (0.82, 0.52, 0.25, 0.1, 0.03))


def blink_times(
    rng: np.random.Generator, seconds: float, own: Sequence[Phrase], partner: Sequence[Phrase]
) -> list[float]:
    """Seconds at which blinks begin: a log-normal renewal process attracted by phrase ends of both parties."""
    median = rng.uniform(*B.blink_interval)
    attracting = [(p.end + rng.uniform(*B.blink_phrase_lag), B.blink_at_phrase_end) for p in own]
    attracting += [(p.end + rng.uniform(*B.blink_partner_lag), B.blink_at_partner_end) for p in partner]
    attracting = [time for time, chance in sorted(attracting) if rng.random() < chance]
    times: list[float] = []
    last = -rng.uniform(0.0, median)
    while True:
        due = last + max(B.blink_shortest, median * np.exp(B.blink_spread * rng.standard_normal()))
        earlier = [time for time in attracting if last + B.blink_shortest < time < due]
        last = earlier[0] if earlier else due
        if last > seconds:
            return times
        if last >= 0.0:
            times.append(last)


def lids(rng: np.random.Generator, frames: int, starts: Sequence[float]) -> np.ndarray:
    """eyeBlink of both eyes (frames,), 0 to 1; every blink closes fully."""
    closed = np.zeros(frames)
    for start in starts:
        shape = (
            *_LID_CLOSING[rng.integers(len(_LID_CLOSING))],
            *(1.0,) * int(rng.integers(*_LID_SHUT, endpoint=True)),
            *_LID_OPENING[rng.integers(len(_LID_OPENING))],
        )
        first = int(start * FRAME_RATE)
        count = max(0, min(len(shape), frames - first))
        closed[first : first + count] = np.maximum(closed[first : first + count], shape[:count])
    return closed


def gaze_angles(
    rng: np.random.Generator, frames: int, own: Sequence[Phrase], blinks: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Gaze relative to the partner's face: yaw (to the own left) and pitch (down) in degrees, (frames,) each.

    Piecewise constant: saccades take one frame, often during a blink.
    """
    times = frame_times(frames)
    seconds = frames / FRAME_RATE
    away = _aversions(rng, seconds, turns(own, B.gaze_turn_pause), blinks)
    yaw, pitch = np.zeros(frames), np.zeros(frames)
    for start, end in away:
        span = (times >= start) & (times < end)
        yaw[span] = rng.choice([-1.0, 1.0]) * (B.gaze_yaw_least + abs(rng.normal(0.0, B.gaze_yaw)))
        pitch[span] = rng.normal(B.gaze_pitch_mean, B.gaze_pitch)
    at = 0.0
    while at < seconds:  # small saccades of fixation, between the partner's eyes and mouth
        length = rng.exponential(B.fixation_interval) + B.fixation_shortest
        span = (times >= at) & (times < at + length)
        yaw[span] += rng.normal(0.0, B.fixation_size)
        pitch[span] += rng.normal(0.0, B.fixation_pitch_share * B.fixation_size)
        at += length
    return yaw, pitch


def _aversions(
    rng: np.random.Generator, seconds: float, own_turns: Sequence[tuple[float, float]], blinks: Sequence[float]
) -> list[tuple[float, float]]:
    """Start and end in s of the spans in which the gaze is away from the partner."""
    listening, speaking = rng.uniform(*B.gaze_listening_away), rng.uniform(*B.gaze_speaking_away)
    spans = []
    for start, _ in own_turns:
        if rng.random() < B.gaze_plan:
            spans.append((start - rng.uniform(*B.gaze_plan_early), start + rng.uniform(*B.gaze_away_length)))
    at = 0.0
    while at < seconds:
        inside = next(((start, end) for start, end in own_turns if start <= at < end), None)
        at += rng.exponential(1.0 / (speaking if inside else listening))
        length = rng.uniform(*B.gaze_away_length)
        end = min(at + length, inside[1] - B.gaze_back_early) if inside and at < inside[1] else at + length
        if end > at + B.gaze_away_shortest:
            spans.append((_under_blink(at, blinks), end))
        at += length
    return spans


def _under_blink(time: float, blinks: Sequence[float]) -> float:
    """`time`, or an instant within a blink near it."""
    near = [blink + B.gaze_blink_lag for blink in blinks if abs(blink - time) < B.gaze_blink_reach]
    return near[0] if near else time


def put_gaze(values: np.ndarray, yaw: np.ndarray, pitch: np.ndarray) -> None:
    """Writes eye angles in the head in degrees (yaw to the own left, pitch down) into `values` (frames, 52 or more)."""
    left = np.clip(yaw / B.eye_full_yaw, -1.0, 1.0)
    down = np.clip(pitch / B.eye_full_pitch, -1.0, 1.0)
    for side, outward in (("Left", left), ("Right", -left)):
        values[:, ARKIT_INDEX[f"eyeLookOut{side}"]] = np.maximum(outward, 0.0)
        values[:, ARKIT_INDEX[f"eyeLookIn{side}"]] = np.maximum(-outward, 0.0)
        values[:, ARKIT_INDEX[f"eyeLookDown{side}"]] = np.maximum(down, 0.0)
        values[:, ARKIT_INDEX[f"eyeLookUp{side}"]] = np.maximum(-down, 0.0)


def eye_angles(motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eye angles in the head in degrees, yaw to the own left and pitch down, (T,) each, of motion (T, 52 or 58)."""

    def value(name: str) -> np.ndarray:
        return motion[:, ARKIT_INDEX[name]]

    left = 0.5 * (value("eyeLookOutLeft") - value("eyeLookInLeft") + value("eyeLookInRight") - value("eyeLookOutRight"))
    down = 0.5 * sum(value(f"eyeLookDown{side}") - value(f"eyeLookUp{side}") for side in ("Left", "Right"))
    return B.eye_full_yaw * left, B.eye_full_pitch * down
