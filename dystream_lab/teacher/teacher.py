"""The teacher: the motion of one party's face from the speech of both parties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.speech.laughter import envelope
from dystream_lab.speech.phones import Interval
from dystream_lab.speech.prosody import Prosody, track
from dystream_lab.teacher import expressions, gaze, head, liveliness
from dystream_lab.teacher.articulation import (
    EFFORT_PER_DECIBEL,
    EFFORT_PER_TILT,
    EFFORT_REACH,
    EFFORT_SMOOTHING,
    EFFORT_TILT_REACH,
    EFFORT_TILT_TIME,
    EFFORT_USUAL_TILT,
)
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.coarticulation import at_frames, mouth_curves, smooth
from dystream_lab.teacher.eyes import blink_times, lids, lids_follow_gaze, put_gaze
from dystream_lab.teacher.listening import Partner, Responses, laugh_self, listen
from dystream_lab.teacher.phrases import Phrase, find_accents, find_phrases
from dystream_lab.teacher.pulses import frame_times
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

MOTION_NAMES: tuple[str, ...] = (*ARKIT_NAMES, *POSE_NAMES)
_LEAST_VOICED = 0.05  # share of voiced speech in the window of the tilt below which it counts less
_COEFFICIENTS = slice(0, len(ARKIT_NAMES))
_ANGLES, _PLACE = slice(len(ARKIT_NAMES), len(ARKIT_NAMES) + 3), slice(len(ARKIT_NAMES) + 3, len(MOTION_NAMES))


@dataclass(frozen=True)
class PartySpeech:
    """The speech of one party in a clip.

    Attributes:
        samples: clean, (n,), 16 kHz.
        phones: timed, in order.
        laughs: (start, end) in s; laughs have no phones.
    """

    samples: np.ndarray
    phones: Sequence[Interval]
    laughs: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Events:
    """Seconds at which the events of the motion begin, for labels, statistics and evaluation; kinds of the nods."""

    blinks: list[float]
    nods: list[float]
    nod_kinds: list[str]
    smiles: list[float]
    brows: list[float]
    laughs: list[float]
    opportunities: list[float]
    shifts: list[float]


def teach(own: PartySpeech, partner: PartySpeech, frames: int, rng: np.random.Generator) -> tuple[np.ndarray, Events]:
    """Motion float32 (frames, 58), MOTION_NAMES order, at the instants (k + 1/2) x 40 ms, and its events."""
    prosody, heard = track(own.samples), track(partner.samples)
    phrases, partner_phrases = find_phrases(own.phones, prosody), find_phrases(partner.phones, heard)
    accents = find_accents(own.phones, prosody)
    amount = liveliness.amounts(phrases, partner_phrases, frames)
    motion = np.zeros((frames, len(MOTION_NAMES)))
    curves = mouth_curves(own.phones, frames / FRAME_RATE, effort(prosody, frames))
    motion[:, _COEFFICIENTS] = at_frames(curves)[:frames]

    pose, shifts = head.posture(rng, frames, phrases, partner_phrases)
    head.beats(rng, pose, accents, prosody, amount)
    lifts = head.ends_and_beginnings(rng, pose, phrases, amount)
    head.tilt_questions(rng, pose, phrases)
    expressions.speak_with_brows(rng, motion, phrases, accents, prosody, amount)
    expressions.ready_to_speak(rng, motion, lifts)
    partner_events = Partner(partner_phrases, find_accents(partner.phones, heard), partner.laughs)
    responses = listen(rng, motion, pose, phrases, partner_events, amount)
    if own.laughs:
        loudness = np.pad(envelope(own.samples, FRAME_RATE), (0, frames))[:frames]
        laugh_self(rng, motion, pose, own.laughs, loudness)
    expressions.moods(rng, motion)
    smiles, brows = expressions.idle(rng, motion, phrases, partner_phrases)
    expressions.limit(motion)
    expressions.cheeks(motion)
    blinks = _look(rng, motion, pose, phrases, partner_phrases)

    motion[:, _ANGLES], motion[:, _PLACE] = np.deg2rad(pose[:, :3]), pose[:, 3:]
    motion[:, _COEFFICIENTS] = np.clip(motion[:, _COEFFICIENTS], 0.0, 1.0)
    return motion.astype(np.float32), _events(blinks, responses, own.laughs, shifts, smiles, brows)


def _look(
    rng: np.random.Generator,
    motion: np.ndarray,
    pose: np.ndarray,
    own: Sequence[Phrase],
    partner: Sequence[Phrase],
) -> list[float]:
    """Adds gaze, the head's part of it, blinks and lids to `motion` and `pose`; returns the times of blinks."""
    frames = len(motion)
    times, seconds = frame_times(frames), frames / FRAME_RATE
    targets = gaze.look(rng, seconds, own)
    yaw, pitch = gaze.sight(targets, times)
    turned = gaze.head_part(targets, times)
    pose[:, 2] += turned[0]
    pose[:, 1] += turned[1]
    # the vestibulo-ocular reflex compensates for most of the head's own motion
    put_gaze(motion, yaw - B.gaze_reflex * pose[:, 2], pitch - B.gaze_reflex * pose[:, 1])
    blinks = blink_times(rng, seconds, own, partner, targets.shifts())
    closed = lids(rng, frames, blinks)
    lids_follow_gaze(motion, closed)
    expressions.uneven(rng, motion, closed)
    return blinks


def _events(
    blinks: list[float],
    made: Responses,
    laughs: Sequence[tuple[float, float]],
    shifts: list[float],
    smiles: list[float],
    brows: list[float],
) -> Events:
    return Events(
        blinks=blinks,
        nods=made.nods,
        nod_kinds=made.nod_kinds,
        smiles=sorted([*made.smiles, *smiles]),
        brows=sorted([*made.brows, *brows]),
        laughs=[start for start, _ in laughs],
        opportunities=made.opportunities,
        shifts=shifts,
    )


def effort(prosody: Prosody, frames: int) -> np.ndarray:
    """Factor of the mouth's opening at CURVE_RATE, from the voice's effort and the loudness of its syllables.

    The effort is that of the spectral tilt over EFFORT_TILT_TIME, which no level of a recording changes.
    """
    count = frames * CURVE_RATE // FRAME_RATE
    relative = np.clip(prosody.loudness, -EFFORT_REACH, EFFORT_REACH)
    share = smooth(1.0 + EFFORT_PER_DECIBEL * relative, EFFORT_SMOOTHING) * (1.0 + EFFORT_PER_TILT * tilt(prosody))
    return np.pad(share, (0, max(0, count - len(share))), mode="edge")[:count]


def tilt(prosody: Prosody) -> np.ndarray:
    """Spectral tilt beyond the usual one (n,) in dB at CURVE_RATE, within EFFORT_TILT_REACH; 0 far from any voice."""
    known = np.isfinite(prosody.tilt)
    beyond = np.where(known, np.nan_to_num(prosody.tilt) - EFFORT_USUAL_TILT, 0.0)
    weight = smooth(known.astype(float), EFFORT_TILT_TIME)
    mean = smooth(beyond, EFFORT_TILT_TIME) / np.maximum(weight, _LEAST_VOICED)
    return np.clip(mean, -EFFORT_TILT_REACH, EFFORT_TILT_REACH)
