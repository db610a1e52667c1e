"""Blinks: their times and lids. Eyes: their angles in coefficients. Where they look is in gaze.py."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.phrases import Phrase
from dystream_ros.face.arkit import ARKIT_INDEX

# eyeBlink by frame of 40 ms: closing in two frames, closed for one or two, opening in four (VanderWerf et al. 2003).
_LID_CLOSING = ((0.55,), (0.35, 0.9), (0.7,))
_LID_SHUT = (1, 2)
_LID_OPENING = ((0.78, 0.40, 0.16, 0.04), (0.66, 0.28, 0.08), (0.82, 0.52, 0.25, 0.1, 0.03))


def blink_times(
    rng: np.random.Generator,
    seconds: float,
    own: Sequence[Phrase],
    partner: Sequence[Phrase],
    shifts: Sequence[tuple[float, float]] = (),
) -> list[float]:
    """Seconds at which blinks begin: a renewal process with log-normal gaps.

    It is faster while speaking, slower while hearing, and attracted by ends of phrases and by shifts of gaze.

    Args:
        rng: draws the blinks.
        seconds: length of the session.
        own, partner: phrases of the face and of its partner.
        shifts: start in s and size in degrees of each large saccade.
    """
    median = rng.uniform(*B.blink_interval)
    attracting = [(p.end + rng.uniform(*B.blink_phrase_lag), B.blink_at_phrase_end) for p in own]
    attracting += [(p.end + rng.uniform(*B.blink_partner_lag), B.blink_at_partner_end) for p in partner]
    attracting += [(start - B.gaze_blink_lead, B.blink_at_shift * size / 20.0) for start, size in shifts]
    attracting = [time for time, chance in sorted(attracting) if rng.random() < chance]
    moving = np.array([start for start, _ in shifts]) - B.gaze_blink_lead
    passed = _passed(seconds, own, partner)
    grid = np.arange(len(passed)) / CURVE_RATE
    times: list[float] = []
    last = -rng.uniform(0.0, median)
    while True:
        gap = median * np.exp(B.blink_spread * rng.standard_normal())
        began = float(np.interp(last, grid, passed)) if last >= 0.0 else last
        due = max(last + B.blink_shortest, float(np.interp(began + gap, passed, grid, right=np.inf)))
        near = moving[(np.abs(moving - due) < B.gaze_blink_reach) & (moving > last + B.blink_shortest)]
        due = float(near[0]) if len(near) else due
        earlier = [time for time in attracting if last + B.blink_shortest < time < due]
        last = earlier[0] if earlier else due
        if last > seconds:
            return times
        if last >= 0.0:
            times.append(last)


def _passed(seconds: float, own: Sequence[Phrase], partner: Sequence[Phrase]) -> np.ndarray:
    """The time that has passed for the blinks, s, at CURVE_RATE: faster than the clock while speaking."""
    rate = np.ones(int(seconds * CURVE_RATE) + 2)
    for phrases, factor in ((partner, B.blink_hearing), (own, B.blink_talking)):
        for phrase in phrases:
            rate[max(0, int(phrase.start * CURVE_RATE)) : int(phrase.end * CURVE_RATE)] = factor
    return np.concatenate([[0.0], np.cumsum(rate[:-1])]) / CURVE_RATE


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


def lids_follow_gaze(motion: np.ndarray, closed: np.ndarray) -> None:
    """Writes the lids into `motion` (frames, 58): `closed` (frames,) by blinks, and where the eyes look.

    The upper lids sink a little with a downward gaze, much less than in a blink, and rise with an upward one.
    """
    for side in ("Left", "Right"):
        sunk = B.gaze_lids * motion[:, ARKIT_INDEX[f"eyeLookDown{side}"]]
        motion[:, ARKIT_INDEX[f"eyeBlink{side}"]] = np.where(closed > 0, np.maximum(closed, sunk), sunk)
        risen = B.gaze_wide * motion[:, ARKIT_INDEX[f"eyeLookUp{side}"]] * (1.0 - closed)
        motion[:, ARKIT_INDEX[f"eyeWide{side}"]] += risen
