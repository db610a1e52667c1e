"""The head: posture with its shifts, breath, beats of speech, falls at ends of phrases, and lifts before turns.

A pose (frames, 6) holds roll, pitch and yaw in degrees and the place in metres, as POSE_NAMES.
"""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.speech.prosody import Prosody
from dystream_lab.teacher import liveliness
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.coarticulation import at_frames, smooth
from dystream_lab.teacher.phrases import Accent, Phrase, turns
from dystream_lab.teacher.pulses import bump, drift, frame_times, minimum_jerk, plateau, steps

_ROLL, _PITCH, _LIFT = 0, 1, 5
_QUIET = -30.0  # dB below the voice's usual level, under which nothing is a syllable


def posture(
    rng: np.random.Generator, frames: int, own: Sequence[Phrase], partner: Sequence[Phrase]
) -> tuple[np.ndarray, list[float]]:
    """A pose (frames, 6): drift, larger while speaking, breath, sway and shifts; the start of each shift in s."""
    times = frame_times(frames)
    speaking = np.zeros(frames)
    for phrase in own:
        length = phrase.end - phrase.start + B.drift_after
        speaking = np.maximum(speaking, plateau(times, phrase.start - B.drift_lead, length, B.drift_ramp))
    size = B.drift_listening + (B.drift_speaking - B.drift_listening) * speaking
    pose = np.zeros((frames, 6))
    for axis, share in enumerate(B.drift_shares):
        pose[:, axis] = share * size * drift(rng, frames, B.drift_time)
    breath = np.sin(2 * np.pi * (rng.uniform(*B.breath_rate) * times + rng.random()))
    pose[:, _PITCH] += B.breath_pitch * breath
    for axis in (3, 4, 5):
        pose[:, axis] = B.sway * drift(rng, frames, B.sway_time)
    pose[:, _LIFT] += B.breath_lift * breath
    starts = _shift_times(rng, frames / FRAME_RATE, own, partner)
    sizes = np.array([*B.shift_angles, *B.shift_place]) * rng.standard_normal((len(starts) + 1, 6))
    lengths = rng.uniform(*B.shift_time, len(starts))
    for axis in range(6):
        moves = list(zip(starts, lengths, np.diff(sizes[:, axis])))
        pose[:, axis] += sizes[0, axis] + steps(times, moves)
    return pose, starts


def _shift_times(
    rng: np.random.Generator, seconds: float, own: Sequence[Phrase], partner: Sequence[Phrase]
) -> list[float]:
    borders = [start for start, _ in turns(own, B.gaze_turn_pause)]
    borders += [end for _, end in turns(partner, B.partner_turn_pause)]
    starts = [at + rng.uniform(*B.shift_lag) for at in borders if rng.random() < B.shift_at_turn]
    at = rng.exponential(1.0 / B.shift_rate)
    while at < seconds:
        starts.append(at)
        at += rng.exponential(1.0 / B.shift_rate)
    return sorted(at for at in starts if 0.0 <= at < seconds)


def beats(
    rng: np.random.Generator,
    pose: np.ndarray,
    accents: Sequence[Accent],
    prosody: Prosody,
    amount: np.ndarray,
) -> None:
    """Adds the beats of the head to `pose`: on accents, and small ones with each syllable that stands out.

    Args:
        rng: draws which accents have a beat.
        pose: (frames, 6).
        accents: of the own speech.
        prosody: of the own speech.
        amount: (frames,), factor of the amount of expression (`liveliness.amounts`).
    """
    times = frame_times(len(pose))
    chance = rng.uniform(*B.accent_nod)
    for accent in accents:
        if rng.random() >= chance * min(accent.strength, B.accent_chance_limit):
            continue
        size = rng.uniform(*B.accent_nod_size) * min(accent.strength, B.accent_size_limit)
        size = min(size * liveliness.at(amount, accent.time), B.accent_nod_most)
        length = rng.uniform(*B.accent_nod_length)
        start = accent.time + B.accent_lag - B.accent_nod_peak * length
        pose[:, _PITCH] += size * bump(times, start, length, B.accent_nod_peak)
    pose[:, _PITCH] += rng.uniform(*B.syllable_nod) * amount * syllables(prosody, len(pose))


def syllables(prosody: Prosody, frames: int) -> np.ndarray:
    """By how many dB a syllable stands out from those around it (frames,), B.syllable_lag after it is heard."""
    loudness = np.maximum(prosody.loudness, _QUIET)
    out = smooth(loudness, B.syllable_window) - smooth(loudness, B.syllable_context)
    speech = smooth((prosody.loudness > _QUIET).astype(float), B.syllable_context)
    out = np.clip(out, -B.syllable_limit, B.syllable_limit) * np.clip(2.0 * speech - 0.5, 0.0, 1.0)
    return delayed(out, B.syllable_lag, frames)


def delayed(curve: np.ndarray, lag: float, frames: int) -> np.ndarray:
    """A curve (n,) at CURVE_RATE, `lag` s later, in the middle of each frame (frames,); it begins at 0."""
    count = frames * CURVE_RATE // FRAME_RATE
    later = np.concatenate([np.zeros(round(lag * CURVE_RATE)), curve])
    return at_frames(np.pad(later, (0, max(0, count - len(later))))[:count])


def ends_and_beginnings(
    rng: np.random.Generator, pose: np.ndarray, phrases: Sequence[Phrase], amount: np.ndarray
) -> list[tuple[float, float]]:
    """Adds falls at the ends of phrases, and a lift and an inhalation before turns.

    Returns start and first sound in s of each lift. The inhalation lifts head and shoulders; it does not part the lips,
    which move no earlier than their sound allows.
    """
    times = frame_times(len(pose))
    lifts = []
    for phrase in phrases:
        if phrase.backchannel or rng.random() >= B.fall_chance:
            continue
        size = rng.uniform(*B.fall_size) * (1.0 if phrase.falls else 0.5) * liveliness.at(amount, phrase.start)
        length = rng.uniform(*B.fall_length)
        pose[:, _PITCH] += size * plateau(times, phrase.end - B.fall_early, length, B.fall_ramp)
    for start, _ in turns(phrases, B.inhalation_pause):
        _inhale(rng, pose, times, start)
        if rng.random() < B.lift_chance:
            begin, length = start - rng.uniform(*B.lift_lead), rng.uniform(*B.lift_length)
            size = rng.uniform(*B.lift_size) * liveliness.at(amount, start)
            pose[:, _PITCH] -= size * plateau(times, begin, length, B.lift_ramp)
            lifts.append((begin, start))
    return lifts


def _inhale(rng: np.random.Generator, pose: np.ndarray, times: np.ndarray, start: float) -> None:
    full, length, out = start - B.inhalation_ends, rng.uniform(*B.inhalation), rng.uniform(*B.exhalation)
    air = minimum_jerk((times - full + length) / length) * (1.0 - minimum_jerk((times - full) / out))
    pose[:, _LIFT] += rng.uniform(*B.inhalation_lift) * air
    pose[:, _PITCH] -= rng.uniform(*B.inhalation_pitch) * air


def tilt_questions(rng: np.random.Generator, pose: np.ndarray, phrases: Sequence[Phrase]) -> None:
    """Adds a tilt of the head to own questions."""
    times = frame_times(len(pose))
    for phrase in phrases:
        if phrase.rises and not phrase.backchannel:
            size, length = rng.uniform(*B.question_tilt), rng.uniform(*B.question_tilt_length)
            pose[:, _ROLL] += size * plateau(times, phrase.end - B.question_lead, length, B.question_tilt_ramp)
