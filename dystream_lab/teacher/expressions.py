"""Brows and smiles: with the own voice, before turns, in moods, while nobody speaks; cheeks; left and right."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.rates import FRAME_RATE
from dystream_lab.speech.prosody import Prosody
from dystream_lab.teacher import liveliness
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.coarticulation import smooth
from dystream_lab.teacher.head import delayed
from dystream_lab.teacher.phrases import Accent, Phrase, turns
from dystream_lab.teacher.pulses import bump, frame_times, plateau
from dystream_ros.face.arkit import ARKIT_INDEX


def add(motion: np.ndarray, name: str, values: np.ndarray) -> None:
    """Adds `values` (frames,) to a coefficient of `motion` (frames, 58), to both sides if it has sides."""
    for side in (name,) if name in ARKIT_INDEX else (name + "Left", name + "Right"):
        motion[:, ARKIT_INDEX[side]] += values


def raise_brows(motion: np.ndarray, raised: np.ndarray, outer: float = 1.0) -> None:
    """Adds `raised` (frames,) to the inner brows of `motion` (frames, 58), and the share `outer` of it to the outer."""
    add(motion, "browInnerUp", raised)
    add(motion, "browOuterUp", outer * raised)


def speak_with_brows(
    rng: np.random.Generator,
    motion: np.ndarray,
    phrases: Sequence[Phrase],
    accents: Sequence[Accent],
    prosody: Prosody,
    amount: np.ndarray,
) -> None:
    """Adds brows that follow the pitch of the own voice, rise on accents and at questions, and meet in thought.

    Args:
        rng: draws which accents and questions have a raise.
        motion: (frames, 58).
        phrases, accents, prosody: of the own speech.
        amount: (frames,), factor of the amount of expression (`liveliness.amounts`).
    """
    times = frame_times(len(motion))
    chance = rng.uniform(*B.accent_brow)
    for accent in accents:
        if rng.random() < chance * min(accent.strength, B.accent_chance_limit):
            size, length = rng.uniform(*B.accent_brow_size), rng.uniform(*B.accent_brow_length)
            size *= liveliness.at(amount, accent.time)
            start = accent.time + B.accent_lag - B.accent_nod_peak * np.mean(B.accent_nod_length)
            raise_brows(motion, size * bump(times, start, length, B.accent_brow_peak), B.accent_brow_outer)
    raised = rng.uniform(*B.brow_pitch) * amount * height(prosody, len(motion))
    raise_brows(motion, raised, B.accent_brow_outer)
    for phrase in phrases:
        if phrase.rises and not phrase.backchannel and rng.random() < B.question_brow:
            size, length = rng.uniform(*B.accent_brow_size), rng.uniform(*B.question_brow_length)
            raise_brows(motion, size * plateau(times, phrase.end - B.question_lead, length, B.question_brow_ramp))
    for start, _ in turns(phrases, B.gaze_turn_pause):
        if rng.random() < B.think_brow:
            size, length = rng.uniform(*B.think_size), rng.uniform(*B.gaze_away_length)
            add(motion, "browDown", size * plateau(times, start, length, B.think_ramp))


def height(prosody: Prosody, frames: int) -> np.ndarray:
    """Semitones by which the voice is raised (frames,), above its median and by loudness, B.brow_pitch_lag later."""
    voiced = smooth(prosody.voiced.astype(float), B.brow_pitch_window)
    above = np.clip(np.where(prosody.voiced, prosody.pitch, 0.0), 0.0, B.brow_pitch_limit)
    # an unvoiced consonant does not lower the brows: the mean is over the voiced parts of the window
    held = smooth(above, B.brow_pitch_window) / np.maximum(voiced, 0.4)
    loud = smooth(np.maximum(prosody.loudness - B.brow_loudness_from, 0.0), B.brow_pitch_window)
    return delayed(held + B.brow_loudness * loud, B.brow_pitch_lag, frames)


def ready_to_speak(rng: np.random.Generator, motion: np.ndarray, lifts: Sequence[tuple[float, float]]) -> None:
    """Adds brows that rise with some of the lifts of the head before a turn, (start, first sound) in s each."""
    times = frame_times(len(motion))
    for begin, start in lifts:
        if rng.random() < B.lift_brow:
            length = start - begin + rng.uniform(*B.brow_length)
            raise_brows(motion, rng.uniform(*B.lift_brow_size) * plateau(times, begin, length, B.brow_ramp))


def moods(rng: np.random.Generator, motion: np.ndarray) -> None:
    """Adds smiles of many seconds, moods."""
    times = frame_times(len(motion))
    at = rng.exponential(1.0 / B.mood_rate) - B.mood_before
    while at < times[-1]:
        length = rng.uniform(*B.mood_length)
        add(motion, "mouthSmile", rng.uniform(*B.mood_size) * plateau(times, at, length, B.mood_ramp))
        at += length + rng.exponential(1.0 / B.mood_rate)


def idle(
    rng: np.random.Generator, motion: np.ndarray, own: Sequence[Phrase], partner: Sequence[Phrase]
) -> tuple[list[float], list[float]]:
    """Adds small smiles and raised brows while nobody speaks; returns their starts in s."""
    times = frame_times(len(motion))
    quiet = np.ones(len(motion), bool)
    for phrase in (*own, *partner):
        quiet[max(0, int(phrase.start * FRAME_RATE)) : int((phrase.end + B.idle_after) * FRAME_RATE) + 1] = False
    smiles = _moments(rng, quiet, B.idle_smile_rate)
    brows = _moments(rng, quiet, B.idle_brow_rate)
    for start in smiles:
        size, length = rng.uniform(*B.idle_smile_size), rng.uniform(*B.smile_length)
        add(motion, "mouthSmile", size * plateau(times, start, length, B.smile_ramp))
    for start in brows:
        size, length = rng.uniform(*B.idle_brow_size), rng.uniform(*B.brow_length)
        raise_brows(motion, size * plateau(times, start, length, B.brow_ramp))
    return smiles, brows


def _moments(rng: np.random.Generator, allowed: np.ndarray, rate: float) -> list[float]:
    """Times in s, at `rate` per second where `allowed` (frames,) is true."""
    found = np.flatnonzero(allowed & (rng.random(len(allowed)) < rate / FRAME_RATE))
    return [float(frame) / FRAME_RATE for frame in found]


def limit(motion: np.ndarray) -> None:
    """Bounds what several raises of the brows, or several smiles, add up to, smoothly."""
    for name, most in (("browInnerUp", B.brow_most), ("browOuterUp", B.brow_most), ("mouthSmile", B.smile_most)):
        for side in (name,) if name in ARKIT_INDEX else (name + "Left", name + "Right"):
            values = motion[:, ARKIT_INDEX[side]]
            values /= (1.0 + (values / most) ** 4) ** 0.25


def cheeks(motion: np.ndarray) -> None:
    """Smiles raise cheeks and lower lids (Duchenne smile), and are weaker where lips are rounded."""
    for side in ("Left", "Right"):
        smile = motion[:, ARKIT_INDEX[f"mouthSmile{side}"]]
        motion[:, ARKIT_INDEX[f"cheekSquint{side}"]] += B.smile_cheeks * smile
        motion[:, ARKIT_INDEX[f"eyeSquint{side}"]] += B.smile_lids * smile
        smile *= 1.0 - B.smile_rounded * motion[:, ARKIT_INDEX["mouthPucker"]]


def uneven(rng: np.random.Generator, motion: np.ndarray, lids_closed: np.ndarray) -> None:
    """Makes the sides of `motion` (frames, 58) differ a little, as a session's face does.

    Lids that shut in a blink (`lids_closed` (frames,) is 1) still shut on both sides.
    """
    shares = rng.standard_normal(3) * (B.uneven_lids, B.uneven_smile, B.uneven_brows)
    for names, share in (
        (("mouthSmile", "cheekSquint", "eyeSquint"), shares[1]),
        (("browOuterUp", "browDown"), shares[2]),
    ):
        for name in names:
            motion[:, ARKIT_INDEX[name + "Left"]] *= 1.0 + share
            motion[:, ARKIT_INDEX[name + "Right"]] *= 1.0 - share
    shut = lids_closed >= 1.0
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        lid = motion[:, ARKIT_INDEX[f"eyeBlink{side}"]]
        lid *= np.where(shut, 1.0, 1.0 + sign * shares[0])
