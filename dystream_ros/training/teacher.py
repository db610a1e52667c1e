"""The teacher: the motion of one party's face, from what both parties say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.training.behaviour import BEHAVIOUR as B
from dystream_ros.training.brows import raise_brows
from dystream_ros.training.coarticulation import at_frames, mouth_curves, smooth
from dystream_ros.training.eyes import blink_times, gaze_angles, lids, put_gaze
from dystream_ros.training.laughter import envelope
from dystream_ros.training.listening import Partner, add, laugh_self, listen
from dystream_ros.training.phones import Interval
from dystream_ros.training.phrases import Accent, Phrase, find_accents, find_phrases
from dystream_ros.training.prosody import RATE, Prosody, track
from dystream_ros.training.pulses import FPS, bump, drift, frame_times, plateau

MOTION_NAMES: tuple[str, ...] = (*ARKIT_NAMES, *POSE_NAMES)
_ROLL, _PITCH, _YAW, _X, _Y, _Z = range(len(ARKIT_NAMES), len(MOTION_NAMES))


@dataclass(frozen=True)
class PartySpeech:
    """What one party says in a clip: clean samples (n,) at 16 kHz, its timed phones in order, and its laughs.

    A laugh is (start, end) in seconds; its sound has no phones.
    """

    samples: np.ndarray
    phones: Sequence[Interval]
    laughs: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Events:
    """What the teacher decided, in seconds, for statistics and evaluation."""

    blinks: list[float]
    nods: list[float]
    smiles: list[float]
    brows: list[float]
    laughs: list[float]
    opportunities: list[float]


def teach(own: PartySpeech, partner: PartySpeech, frames: int, rng: np.random.Generator) -> tuple[np.ndarray, Events]:
    """Motion float32 (frames, 58) in the order of MOTION_NAMES, of the instants (k + 1/2) x 40 ms, and its events."""
    prosody, heard = track(own.samples), track(partner.samples)
    phrases, heard_phrases = find_phrases(own.phones, prosody), find_phrases(partner.phones, heard)
    motion = np.zeros((frames, len(MOTION_NAMES)))
    motion[:, : len(ARKIT_NAMES)] = at_frames(mouth_curves(own.phones, frames / FPS, effort(prosody, frames)))[:frames]

    blinks = blink_times(rng, frames / FPS, phrases, heard_phrases)
    closed = lids(rng, frames, blinks)
    motion[:, ARKIT_INDEX["eyeBlinkLeft"]] = motion[:, ARKIT_INDEX["eyeBlinkRight"]] = closed

    pose = _posture(rng, frames, phrases)
    _speak_with_head(rng, motion, pose, phrases, find_accents(own.phones, prosody))
    partner_does = Partner(heard_phrases, find_accents(partner.phones, heard), partner.laughs)
    responses = listen(rng, motion, pose, phrases, partner_does)
    if own.laughs:
        loudness = np.pad(envelope(own.samples, FPS), (0, frames))[:frames]
        laugh_self(rng, motion, pose, own.laughs, loudness)
    _mood(rng, motion)
    _cheeks(motion)

    yaw, pitch = gaze_angles(rng, frames, phrases, blinks)
    turned = smooth(np.stack([yaw, pitch], 1), 0.9, FPS) * B.gaze_head_share
    pose[:, 2] += turned[:, 0]
    pose[:, 1] += turned[:, 1]
    # eyes keep the partner in sight against the head's own motion, as far as the reflex is good (about 0.9)
    put_gaze(motion, yaw - 0.9 * pose[:, 2], pitch - 0.9 * pose[:, 1])
    _lids_follow_gaze(motion, closed)

    motion[:, _ROLL : _YAW + 1] = np.deg2rad(pose[:, :3])
    motion[:, _X : _Z + 1] = pose[:, 3:]
    motion[:, : len(ARKIT_NAMES)] = np.clip(motion[:, : len(ARKIT_NAMES)], 0.0, 1.0)
    laughs = [start for start, _ in own.laughs]
    events = Events(blinks, responses.nods, responses.smiles, responses.brows, laughs, responses.opportunities)
    return motion.astype(np.float32), events


def effort(prosody: Prosody, frames: int) -> np.ndarray:
    """Opening of the mouth against usual, from loudness: +-10 dB give about +-20 %, at the rate of mouth curves."""
    count = frames * RATE // FPS
    relative = np.clip(prosody.loudness, -10.0, 10.0)
    share = smooth(1.0 + 0.02 * relative, 0.25)
    return np.pad(share, (0, max(0, count - len(share))), mode="edge")[:count]


def _posture(rng: np.random.Generator, frames: int, phrases: Sequence[Phrase]) -> np.ndarray:
    """Pose (frames, 6), degrees and metres: drift that grows while speaking, breathing, sway."""
    times = frame_times(frames)
    speaking = np.zeros(frames)
    for phrase in phrases:
        speaking = np.maximum(speaking, plateau(times, phrase.start - 0.05, phrase.end - phrase.start + 0.9, 0.6))
    size = B.drift_listening + (B.drift_speaking - B.drift_listening) * speaking
    pose = np.zeros((frames, 6))
    for axis, share in ((0, 0.55), (1, 0.6), (2, 1.0)):
        pose[:, axis] = share * size * drift(rng, frames, B.drift_time)
    breath = np.sin(2 * np.pi * (rng.uniform(*B.breath_rate) * times + rng.random()))
    pose[:, 1] += B.breath_pitch * breath
    for axis in (3, 4, 5):
        pose[:, axis] = B.sway * drift(rng, frames, 2.5)
    pose[:, 5] += 0.001 * breath
    return pose


def _speak_with_head(
    rng: np.random.Generator,
    motion: np.ndarray,
    pose: np.ndarray,
    phrases: Sequence[Phrase],
    accents: Sequence[Accent],
) -> None:
    """Beats of head and brows on accents; brows and a tilt for questions."""
    times = frame_times(len(motion))
    nod_chance, brow_chance = rng.uniform(*B.accent_nod), rng.uniform(*B.accent_brow)
    for accent in accents:
        start = accent.time + B.accent_lag - 0.4 * B.accent_nod_length
        if rng.random() < nod_chance * min(accent.strength, 1.6):
            size = rng.uniform(*B.accent_nod_size) * min(accent.strength, 1.5)
            pose[:, 1] += size * bump(times, start, B.accent_nod_length)
        if rng.random() < brow_chance * min(accent.strength, 1.6):
            raised = rng.uniform(*B.accent_brow_size) * bump(times, start, rng.uniform(0.5, 0.9), 0.35)
            raise_brows(motion, raised, 0.7)
    for phrase in phrases:
        if phrase.rises and not phrase.backchannel:
            start = phrase.end - 0.2  # not before the rise of the pitch can be heard
            if rng.random() < B.question_brow:
                raised = rng.uniform(*B.accent_brow_size) * plateau(times, start, rng.uniform(1.0, 1.9), 0.32)
                raise_brows(motion, raised)
            pose[:, 0] += rng.uniform(*B.question_tilt) * plateau(times, start, rng.uniform(1.4, 2.6), 0.6)


def _mood(rng: np.random.Generator, motion: np.ndarray) -> None:
    """Friendly spells of many seconds."""
    times = frame_times(len(motion))
    at = rng.exponential(1.0 / B.mood_rate) - 10.0
    while at < times[-1]:
        length = rng.uniform(*B.mood_length)
        add(motion, "mouthSmile", rng.uniform(*B.mood_size) * plateau(times, at, length, 1.2))
        at += length + rng.exponential(1.0 / B.mood_rate)


def _cheeks(motion: np.ndarray) -> None:
    """A smile lifts cheeks and lower lids (the Duchenne smile), and yields where lips are rounded."""
    for side in ("Left", "Right"):
        smile = motion[:, ARKIT_INDEX[f"mouthSmile{side}"]]
        motion[:, ARKIT_INDEX[f"cheekSquint{side}"]] += 0.7 * smile
        motion[:, ARKIT_INDEX[f"eyeSquint{side}"]] += 0.45 * smile
        smile *= 1.0 - 0.4 * motion[:, ARKIT_INDEX["mouthPucker"]]


def _lids_follow_gaze(motion: np.ndarray, closed: np.ndarray) -> None:
    """Upper lids sink a little with a downward gaze; never near a blink's depth."""
    for side in ("Left", "Right"):
        sunk = 0.25 * motion[:, ARKIT_INDEX[f"eyeLookDown{side}"]]
        motion[:, ARKIT_INDEX[f"eyeBlink{side}"]] = np.maximum(closed, np.where(closed > 0, closed, sunk))
