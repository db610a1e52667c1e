"""Measures of a motion against the teacher's on the same speech, and of its behaviour by itself.

Agreement with our teacher is self-consistency, not naturalness: no capture of speech with faces was at hand.
"""

from dataclasses import dataclass

import numpy as np

from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.training.phones import PHONE_INDEX, SILENCE

FRAME_RATE = 25
_CLOSED = 0.04  # share of the rig's full opening at which lips look shut
_PARTED = 0.10  # and at which they look open
_REST_FRAMES = 10  # after so many frames of silence the mouth has to be at rest: 400 ms
_LIPS = [PHONE_INDEX[phone] for phone in "PBM"]
_ROUNDED = [PHONE_INDEX[phone] for phone in ("UW", "UH", "OW", "W")]
_SPREAD = [PHONE_INDEX[phone] for phone in ("IY", "EY", "AE", "EH")]
_BLINK = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]
_ROUNDING = [ARKIT_INDEX["mouthPucker"], ARKIT_INDEX["mouthFunnel"]]
_PITCH = 52 + POSE_NAMES.index("headPitch")
_NOD = 0.025  # rad of pitch down and up again, 1.4 degrees


@dataclass(frozen=True)
class Take:
    """A motion to be judged.

    Attributes:
        motion, teacher: float32 (T, 58).
        phones: int (T,), what the self party says at the middle of each frame.
        other_speaks: bool (T,), whether the partner does.
    """

    motion: np.ndarray
    teacher: np.ndarray
    phones: np.ndarray
    other_speaks: np.ndarray


def measure(take: Take) -> dict[str, float]:
    """All measures of one take; NaN where it holds nothing to measure."""
    mine, right = aperture(take.motion[:, :52]), aperture(take.teacher[:, :52])
    speech = take.phones != PHONE_INDEX[SILENCE]
    rest = _after(~speech, _REST_FRAMES)
    minutes = len(mine) / FRAME_RATE / 60
    listening = take.other_speaks & ~speech
    nods = _nods(take.motion[:, _PITCH])
    return {
        "aperture_correlation": _correlation(mine[speech], right[speech]),
        "aperture_gain": _ratio(mine[speech].std(), right[speech].std()) if speech.any() else np.nan,
        "lag_ms": _lag(mine, right) if speech.any() else np.nan,
        "lips_closed": _reached(mine, take.phones, _LIPS),
        "falsely_closed_per_s": _ratio(
            FRAME_RATE * np.count_nonzero(speech & (mine < _CLOSED) & (right > _PARTED)), np.count_nonzero(speech)
        ),
        "rounding_auc": _auc(take.motion[:, _ROUNDING].sum(1), take.phones),
        "rest_aperture_p95": float(np.percentile(mine[rest], 95)) if rest.any() else np.nan,
        "blinks_per_minute": len(_blinks(take.motion)) / minutes,
        "blink_depth": float(np.mean(_blinks(take.motion))) if len(_blinks(take.motion)) else np.nan,
        "nods_per_listening_minute": _ratio(
            np.count_nonzero(listening[nods]), np.count_nonzero(listening) / FRAME_RATE / 60
        ),
        "head_speed_ratio": _ratio(_speed(take.motion), _speed(take.teacher)),
        "pose_spread_ratio": _ratio(take.motion[:, 52:55].std(0).mean(), take.teacher[:, 52:55].std(0).mean()),
    }


def _ratio(first: float, second: float) -> float:
    return float(first / second) if second else np.nan


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 3 or not first.std() or not second.std():
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])


def _after(flags: np.ndarray, frames: int) -> np.ndarray:
    """True where `flags` has been true for more than so many frames."""
    run, result = 0, np.zeros(len(flags), bool)
    for index, flag in enumerate(flags):
        run = run + 1 if flag else 0
        result[index] = run > frames
    return result


def _lag(mine: np.ndarray, right: np.ndarray) -> float:
    """Milliseconds by which `mine` is late, from the peak of the cross-correlation, between frames by a parabola."""
    shifts = np.arange(-5, 6)
    inner = slice(5, len(mine) - 5)
    heights = np.array([_correlation(np.roll(mine, -shift)[inner], right[inner]) for shift in shifts])
    if np.isnan(heights).any():
        return np.nan
    peak = int(np.clip(heights.argmax(), 1, len(shifts) - 2))
    before, at, after = heights[peak - 1 : peak + 2]
    bend = before - 2 * at + after
    offset = 0.5 * (before - after) / bend if bend else 0.0
    return float((shifts[peak] + offset) * 1000 / FRAME_RATE)


def _reached(mine: np.ndarray, phones: np.ndarray, wanted: list[int]) -> float:
    """Share of the runs of the wanted phones in which the lips shut, a frame to either side allowed."""
    inside = np.isin(phones, wanted)
    starts = np.flatnonzero(np.diff(inside.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(inside.astype(int), append=0) == -1)
    if not len(starts):
        return np.nan
    return float(np.mean([mine[max(0, start - 1) : end + 2].min() < _CLOSED for start, end in zip(starts, ends)]))


def _auc(rounding: np.ndarray, phones: np.ndarray) -> float:
    """Chance that a rounded vowel is rounder than a spread one."""
    rounded, spread = rounding[np.isin(phones, _ROUNDED)], rounding[np.isin(phones, _SPREAD)]
    if not len(rounded) or not len(spread):
        return np.nan
    return float((rounded[:, None] > spread[None, :]).mean() + 0.5 * (rounded[:, None] == spread[None, :]).mean())


def _blinks(motion: np.ndarray) -> list[float]:
    """Depth of each blink: the peaks above a quarter."""
    lids = motion[:, _BLINK].mean(1)
    shut = lids > 0.25
    starts = np.flatnonzero(np.diff(shut.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(shut.astype(int), append=0) == -1) + 1
    return [float(lids[start:end].max()) for start, end in zip(starts, ends)]


def _nods(pitch: np.ndarray) -> list[int]:
    """Frames in which a nod is at its lowest: down and up again by `_NOD` within 0.6 s to either side."""
    half, found = 15, []
    for frame in range(half, len(pitch) - half):
        around = pitch[frame - half : frame + half + 1]
        if pitch[frame] < around.max():
            continue
        depth = pitch[frame] - max(around[:half].min(), around[half + 1 :].min())
        if depth > _NOD and (not found or frame - found[-1] > 8):
            found.append(frame)
    return found


def _speed(motion: np.ndarray) -> float:
    """Root mean square of the head's angular step."""
    return float(np.sqrt(np.square(np.diff(motion[:, 52:55], axis=0)).mean()))
