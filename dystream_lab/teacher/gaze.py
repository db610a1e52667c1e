"""Where the eyes look, and how they and the head get there: saccades of the main sequence, and turns of the head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import FRAME_RATE
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.phrases import Phrase, turns
from dystream_lab.teacher.pulses import steps

Span = tuple[float, float]
_LARGE = 4.0  # degrees; smaller saccades are those of a fixation
_SHARP = 30.0  # degrees of the shift for which gaze_head_time holds its second value


@dataclass(frozen=True)
class Gaze:
    """The targets of a session.

    Attributes:
        starts: s at which a saccade begins (n,), always in the middle of a frame.
        yaw, pitch: degrees of the line of sight from then on, (n,), to the own left and down; 0 is the partner's face.
    """

    starts: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Degrees of each saccade (n,)."""
        return np.hypot(np.diff(self.yaw, prepend=0.0), np.diff(self.pitch, prepend=0.0))

    def shifts(self) -> list[tuple[float, float]]:
        """Start in s and size in degrees of each saccade beyond a fixation."""
        return [(float(at), float(size)) for at, size in zip(self.starts, self.sizes) if size > _LARGE]


def look(rng: np.random.Generator, seconds: float, own: Sequence[Phrase]) -> Gaze:
    """The gaze of a session: at the partner with small saccades, away as turns are planned and at other times."""
    own_turns = turns(own, B.gaze_turn_pause)
    spans = _aversions(rng, seconds, own_turns)
    changes: list[tuple[float, float, float]] = []  # start, yaw, pitch; the last one that has begun holds
    away = [(rng.choice([-1.0, 1.0]) * (B.gaze_yaw_least + abs(rng.normal(0.0, B.gaze_yaw))),
             rng.normal(B.gaze_pitch_mean, B.gaze_pitch)) for _ in spans]  # fmt: skip
    edges = sorted({edge for span in spans for edge in span})
    at = 0.0
    while at < seconds:  # small saccades of fixation, between the partner's eyes and mouth
        changes.append(
            (at, rng.normal(0.0, B.fixation_size), rng.normal(0.0, B.fixation_pitch_share * B.fixation_size))
        )
        at += rng.exponential(B.fixation_interval) + B.fixation_shortest
    small = np.array(changes)
    starts = np.unique(_in_frames(np.concatenate([small[:, 0], [edge for edge in edges if 0.0 <= edge < seconds]])))
    last = np.searchsorted(_in_frames(small[:, 0]), starts, side="right") - 1
    yaw, pitch = small[last, 1], small[last, 2]
    for (start, end), (aside, down) in zip(spans, away):
        inside = (starts >= _in_frames(start)) & (starts < _in_frames(end))
        yaw[inside], pitch[inside] = aside + small[last[inside], 1], down + small[last[inside], 2]
    return Gaze(starts, yaw, pitch)


def sight(gaze: Gaze, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and pitch (n,) in degrees of the line of sight at `times` (n,) in s."""
    lengths = B.saccade_least + B.saccade_degree * gaze.sizes
    return tuple(
        steps(times, list(zip(gaze.starts, lengths, np.diff(angles, prepend=0.0)))) for angles in (gaze.yaw, gaze.pitch)
    )  # type: ignore[return-value]


def head_part(gaze: Gaze, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and pitch (n,) in degrees that the head contributes to the gaze at `times` (n,) in s."""
    short, long = B.gaze_head_time
    lengths = short + (long - short) * np.clip(gaze.sizes / _SHARP, 0.0, 1.0)
    turned = []
    for angles in (gaze.yaw, gaze.pitch):
        beyond = np.sign(angles) * np.maximum(np.abs(angles) - B.gaze_head_from, 0.0)
        targets = B.gaze_head_small * angles + B.gaze_head_large * beyond
        moves = list(zip(gaze.starts + B.gaze_head_lag, lengths, np.diff(targets, prepend=0.0)))
        turned.append(steps(times, moves))
    return turned[0], turned[1]


def _in_frames(seconds: np.ndarray | float) -> np.ndarray:
    """The middle of the frame in which a time lies: a saccade of under 40 ms is over in the next one."""
    return (np.floor(np.asarray(seconds) * FRAME_RATE) + 0.5) / FRAME_RATE


def _aversions(rng: np.random.Generator, seconds: float, own_turns: Sequence[Span]) -> list[Span]:
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
            spans.append((at, end))
        at += length
    return spans
