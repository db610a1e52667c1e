"""Validation in free running: a live session receives its own past motion on held-out conversations."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_NAMES

MEASURES = ("free_lips", "free_gain", "free_silent", "free_spread")
_VALUES = len(ARKIT_NAMES)


def held_out_clips(dataset: ConversationDataset, number: int, frames: int) -> list[Clip]:
    """Beginnings of the first clips of a split, party 0 as the face; shorter where a clip is."""
    entries = dataset.entries[:number]
    length = min(frames, *(entry["frames"] for entry in entries))
    return [dataset.view(entry["id"], 0, 0, length, lookahead=0) for entry in entries]


def free_running(model: Model, clips: Sequence[Clip]) -> dict[str, float]:
    """Measures of a model's motion beside the true one.

    Returns:
        free_lips: correlation of the aperture of the lips with the true one while the party speaks.
        free_gain: its standard deviation relative to the true one.
        free_silent: mean aperture while the party is silent, a share of the rig's full opening; 0 is closed.
        free_spread: standard deviation of head pose and eyes relative to the true one; below 1 is too calm.
    """
    own, other = (np.stack([getattr(clip, f"{party}_audio") for clip in clips]) for party in ("self", "other"))
    made = stream(model, own, other, list(range(len(clips)))).reshape(-1, _VALUES + 6)
    true = np.concatenate([clip.motion for clip in clips])
    speaks = np.concatenate([clip.phones for clip in clips]) != PHONE_INDEX[SILENCE]
    lips, true_lips = aperture(made[:, :_VALUES]), aperture(true[:, :_VALUES])
    eyes_and_head = [index for index, name in enumerate(ARKIT_NAMES) if name.startswith("eye")]
    eyes_and_head += list(range(_VALUES, _VALUES + 6))
    moving = [index for index in eyes_and_head if true[:, index].std() > 1e-4]
    spread = made[:, moving].std(0) / true[:, moving].std(0) if moving else np.full(1, np.nan)
    return {
        "free_lips": _correlation(lips[speaks], true_lips[speaks]),
        "free_gain": float(lips[speaks].std() / max(true_lips[speaks].std(), 1e-6)) if speaks.any() else np.nan,
        "free_silent": float(lips[~speaks].mean()) if (~speaks).any() else np.nan,
        "free_spread": float(np.median(spread)),
    }


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 2 or first.std() < 1e-6 or second.std() < 1e-6:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
