"""The teacher: the motion of one party's face from the speech of both parties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.speech.laughter import envelope
from dystream_lab.speech.phones import Interval
from dystream_lab.speech.prosody import Prosody, track
from dystream_lab.teacher.articulation import EFFORT_PER_DECIBEL, EFFORT_REACH, EFFORT_SMOOTHING
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.coarticulation import at_frames, mouth_curves, smooth
from dystream_lab.teacher.eyes import blink_times, gaze_angles, lids, put_gaze
from dystream_lab.teacher.listening import Partner, add, laugh_self, listen, raise_brows
from dystream_lab.teacher.phrases import Accent, Phrase, find_accents, find_phrases
from dystream_lab.teacher.pulses import bump, drift, frame_times, plateau
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

MOTION_NAMES: tuple[str, ...] = (*ARKIT_NAMES, *POSE_NAMES)
_ROLL, _PITCH, _YAW, _X, _Y, _Z = range(len(ARKIT_NAMES), len(MOTION_NAMES))


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
    """Seconds at which the events of the motion begin, for labels, statistics and evaluation."""

    blinks: list[float]
    nods: list[float]
    smiles: list[float]
    brows: list[float]
    laughs: list[float]
    opportunities: list[float]


def teach(own: PartySpeech, partner: PartySpeech, frames: int, rng: np.random.Generator) -> tuple[np.ndarray, Events]:
    """Motion float32 (frames, 58), MOTION_NAMES order, at the instants (k + 1/2) x 40 ms, and its events."""
    prosody, partner_prosody = track(own.samples), track(partner.samples)
    phrases, partner_phrases = find_phrases(own.phones, prosody), find_phrases(partner.phones, partner_prosody)
    motion = np.zeros((frames, len(MOTION_NAMES)))
    motion[:, : len(ARKIT_NAMES)] = at_frames(mouth_curves(own.phones, frames / FRAME_RATE, effort(prosody, frames)))[
        :frames
    ]

    blinks = blink_times(rng, frames / FRAME_RATE, phrases, partner_phrases)
    closed = lids(rng, frames, blinks)
    motion[:, ARKIT_INDEX["eyeBlinkLeft"]] = motion[:, ARKIT_INDEX["eyeBlinkRight"]] = closed

    pose = _posture(rng, frames, phrases)
    _speak_with_head(rng, motion, pose, phrases, find_accents(own.phones, prosody))
    partner_events = Partner(partner_phrases, find_accents(partner.phones, partner_prosody), partner.laughs)
    responses = listen(rng, motion, pose, phrases, partner_events)
    if own.laughs:
        loudness = np.pad(envelope(own.samples, FRAME_RATE), (0, frames))[:frames]
        laugh_self(rng, motion, pose, own.laughs, loudness)
    _mood(rng, motion)
    _cheeks(motion)

    yaw, pitch = gaze_angles(rng, frames, phrases, blinks)
    turned = smooth(np.stack([yaw, pitch], 1), B.gaze_head_time, FRAME_RATE) * B.gaze_head_share
    pose[:, 2] += turned[:, 0]
    pose[:, 1] += turned[:, 1]
    # the vestibulo-ocular reflex compensates for most of the head's own motion
    put_gaze(motion, yaw - B.gaze_reflex * pose[:, 2], pitch - B.gaze_reflex * pose[:, 1])
    _lids_follow_gaze(motion, closed)

    motion[:, _ROLL : _YAW + 1] = np.deg2rad(pose[:, :3])
    motion[:, _X : _Z + 1] = pose[:, 3:]
    motion[:, : len(ARKIT_NAMES)] = np.clip(motion[:, : len(ARKIT_NAMES)], 0.0, 1.0)
    laughs = [start for start, _ in own.laughs]
    events = Events(blinks, responses.nods, responses.smiles, responses.brows, laughs, responses.opportunities)
    return motion.astype(np.float32), events


def effort(prosody: Prosody, frames: int) -> np.ndarray:
    """Factor of the mouth's opening from loudness, at CURVE_RATE: +-10 dB give about +-20 %."""
    count = frames * CURVE_RATE // FRAME_RATE
    relative = np.clip(prosody.loudness, -EFFORT_REACH, EFFORT_REACH)
    share = smooth(1.0 + EFFORT_PER_DECIBEL * relative, EFFORT_SMOOTHING)
    return np.pad(share, (0, max(0, count - len(share))), mode="edge")[:count]


def _posture(rng: np.random.Generator, frames: int, phrases: Sequence[Phrase]) -> np.ndarray:
    """Pose (frames, 6), degrees and metres: drift that is larger while speaking, breathing, sway."""
    times = frame_times(frames)
    speaking = np.zeros(frames)
    for phrase in phrases:
        length = phrase.end - phrase.start + B.drift_after
        speaking = np.maximum(speaking, plateau(times, phrase.start - B.drift_lead, length, B.drift_ramp))
    size = B.drift_listening + (B.drift_speaking - B.drift_listening) * speaking
    pose = np.zeros((frames, 6))
    for axis, share in enumerate(B.drift_shares):
        pose[:, axis] = share * size * drift(rng, frames, B.drift_time)
    breath = np.sin(2 * np.pi * (rng.uniform(*B.breath_rate) * times + rng.random()))
    pose[:, 1] += B.breath_pitch * breath
    for axis in (3, 4, 5):
        pose[:, axis] = B.sway * drift(rng, frames, B.sway_time)
    pose[:, 5] += B.breath_lift * breath
    return pose


def _speak_with_head(
    rng: np.random.Generator,
    motion: np.ndarray,
    pose: np.ndarray,
    phrases: Sequence[Phrase],
    accents: Sequence[Accent],
) -> None:
    """Adds beats of head and brows on accents, and raised brows and a tilt for questions."""
    times = frame_times(len(motion))
    nod_chance, brow_chance = rng.uniform(*B.accent_nod), rng.uniform(*B.accent_brow)
    for accent in accents:
        start = accent.time + B.accent_lag - B.accent_nod_peak * B.accent_nod_length
        stronger = min(accent.strength, B.accent_chance_limit)
        if rng.random() < nod_chance * stronger:
            size = rng.uniform(*B.accent_nod_size) * min(accent.strength, B.accent_size_limit)
            pose[:, 1] += size * bump(times, start, B.accent_nod_length, B.accent_nod_peak)
        if rng.random() < brow_chance * stronger:
            size, length = rng.uniform(*B.accent_brow_size), rng.uniform(*B.accent_brow_length)
            raise_brows(motion, size * bump(times, start, length, B.accent_brow_peak), B.accent_brow_outer)
    for phrase in phrases:
        if phrase.rises and not phrase.backchannel:
            start = phrase.end - B.question_lead
            if rng.random() < B.question_brow:
                size, length = rng.uniform(*B.accent_brow_size), rng.uniform(*B.question_brow_length)
                raise_brows(motion, size * plateau(times, start, length, B.question_brow_ramp))
            size, length = rng.uniform(*B.question_tilt), rng.uniform(*B.question_tilt_length)
            pose[:, 0] += size * plateau(times, start, length, B.question_tilt_ramp)


def _mood(rng: np.random.Generator, motion: np.ndarray) -> None:
    """Adds smiles of many seconds, moods."""
    times = frame_times(len(motion))
    at = rng.exponential(1.0 / B.mood_rate) - B.mood_before
    while at < times[-1]:
        length = rng.uniform(*B.mood_length)
        add(motion, "mouthSmile", rng.uniform(*B.mood_size) * plateau(times, at, length, B.mood_ramp))
        at += length + rng.exponential(1.0 / B.mood_rate)


def _cheeks(motion: np.ndarray) -> None:
    """Smiles raise cheeks and lower lids (Duchenne smile), and are weaker where lips are rounded."""
    for side in ("Left", "Right"):
        smile = motion[:, ARKIT_INDEX[f"mouthSmile{side}"]]
        motion[:, ARKIT_INDEX[f"cheekSquint{side}"]] += B.smile_cheeks * smile
        motion[:, ARKIT_INDEX[f"eyeSquint{side}"]] += B.smile_lids * smile
        smile *= 1.0 - B.smile_rounded * motion[:, ARKIT_INDEX["mouthPucker"]]


def _lids_follow_gaze(motion: np.ndarray, closed: np.ndarray) -> None:
    """Lowers the upper lids a little with a downward gaze, much less than a blink."""
    for side in ("Left", "Right"):
        sunk = B.gaze_lids * motion[:, ARKIT_INDEX[f"eyeLookDown{side}"]]
        motion[:, ARKIT_INDEX[f"eyeBlink{side}"]] = np.maximum(closed, np.where(closed > 0, closed, sunk))
