"""An hour of free running: drift, freezing, restlessness, cost per step and memory, first sixth against last sixth."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dystream_lab.corpus import events
from dystream_lab.evaluation.measures.intervals import Summary
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_lab.rates import FRAME_RATE
from dystream_ros.models.compact.model import CompactModel

_PARTS = 6
_TIMED = 500  # steps at the start and at the end whose duration is compared


def measure(
    model: CompactModel, conversations: Sequence[Conversation], sessions: int, minutes: float = 60.0
) -> Summary:
    """Changes between the first and the last sixth of a long run, over sessions with different seeds.

    All sessions receive the conversations in a loop, each from another starting point.
    """
    motion, seconds, memory = run(model, conversations, sessions, int(minutes * 60 * FRAME_RATE))
    summary = judge(motion)
    first, last = (float(np.median(part)) for part in (seconds[:_TIMED], seconds[-_TIMED:]))
    summary["hour: cost of a step, last / first"] = [last / first] * 3
    settled = memory[min(60, len(memory) - 1)]
    return summary | {"hour: memory at the end beyond that of the first minute, MiB": [memory[-1] - settled] * 3}


def run(
    model: CompactModel, conversations: Sequence[Conversation], sessions: int, frames: int
) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Motion float32 (sessions, frames, 58), step durations in s (frames,), and memory in MiB once per second."""
    own = np.concatenate([talk.self_audio for talk in conversations])
    other = np.concatenate([talk.other_audio for talk in conversations])
    hop, total = model.hop, len(own)
    starts = [total // hop * session // sessions * hop for session in range(sessions)]
    batch = model.sessions(list(range(sessions)))

    def samples_of(sound: np.ndarray, first: int, count: int) -> np.ndarray:
        return np.stack([np.take(sound, np.arange(at + first, at + first + count), mode="wrap") for at in starts])

    ahead = [samples_of(sound, 0, model.lookahead) for sound in (own, other)]
    for session in range(sessions):
        batch.prime(session, ahead[0][session], ahead[1][session])
    # Filled, so that its memory is allocated at the start and does not count as growth.
    motion = np.full((sessions, frames, model.motion_size), np.nan, np.float32)
    seconds, memory = np.empty(frames), []
    for frame in tqdm(range(frames), desc="endurance", unit="frame", leave=False, disable=None):
        first = model.lookahead + frame * hop
        sounds = samples_of(own, first, hop), samples_of(other, first, hop)
        began = time.perf_counter()
        made = batch.step(*sounds)
        seconds[frame] = time.perf_counter() - began
        for session, one in enumerate(made):
            motion[session, frame] = np.concatenate([one.values, one.head_pose])
        if frame % FRAME_RATE == 0:
            memory.append(_resident_mib())
    return motion, seconds, memory


def _resident_mib() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def judge(motion: np.ndarray) -> Summary:
    """Changes over motion (sessions, frames, 58) from its first sixth to its last.

    "drift" is the largest change of a mean, in standard deviations of the first sixth; "spread" the ratio of the
    standard deviations of head angles, and of coefficients. Limits are the minimum and maximum over sessions.
    """
    part = motion.shape[1] // _PARTS
    first, last = motion[:, :part], motion[:, -part:]
    # The lower limit keeps values that hardly move from being divided by their noise.
    deviation = np.maximum(first.std(1), 0.01)
    drift = np.abs(last.mean(1) - first.mean(1)) / deviation
    angles, face = slice(52, 55), slice(0, 52)

    def grown(numbers: slice) -> np.ndarray:
        return last[..., numbers].std(1).mean(-1) / first[..., numbers].std(1).mean(-1)

    rates = [[len(events.blinks(side[session]).starts) for side in (first, last)] for session in range(len(motion))]
    minutes = part / FRAME_RATE / 60
    values = {
        "hour: drift of the mean, deviations": drift.max(-1),
        "hour: mean head angle at the end, degrees": np.rad2deg(np.abs(last[..., angles].mean(1)).max(-1)),
        "hour: mean place of the head at the end, mm": 1000 * np.abs(last[..., 55:].mean(1)).max(-1),
        "hour: largest drift of a coefficient": np.abs(last[..., face].mean(1) - first[..., face].mean(1)).max(-1),
        "hour: spread of the head, last / first": grown(angles),
        "hour: spread of the face, last / first": grown(face),
        "hour: blinks /min, first": np.array([rate[0] / minutes for rate in rates]),
        "hour: blinks /min, last": np.array([rate[1] / minutes for rate in rates]),
    }
    return {name: [float(value.mean()), float(value.min()), float(value.max())] for name, value in values.items()}
