"""How well the score works on unseen voices and faces: known shifts, swapped sound, a still face."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.rates import FRAME_RATE, HOP
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_lab.sync.lips import lips_of
from dystream_lab.sync.measure import NoScore, measure, of_arrays
from dystream_lab.sync.score import SyncScore
from dystream_lab.sync.training import SyncNetwork

SHIFTS = (-5, -3, 0, 2, 5)  # frames: -200 to 200 ms
_SECONDS = 10  # of a recording
_MOST = 40  # recordings
Pair = tuple[np.ndarray, np.ndarray]  # sound (640 n,), and lips or mouths of n frames


def judge_lips(network: SyncNetwork, corpora: Sequence[Path]) -> dict[str, float]:
    """Figures of validation voices of corpora; see `judged`."""
    pairs = []
    for corpus in corpora:
        clips = ConversationDataset(corpus, "valid")
        for number in range(len(clips)):
            for party in clips.parties(number):
                clip = clips.whole(number, party, lookahead=0)
                pairs += _pieces(clip.self_audio, lips_of(clip.motion[:, :52]), clip.phones != PHONE_INDEX[SILENCE])
    return judged(network, pairs[:: max(1, len(pairs) // _MOST)])


def judge_mouths(network: SyncNetwork, folder: Path, faces: tuple[str, ...]) -> dict[str, float]:
    """Figures of rendered mouths of some faces; see `judged`."""
    pairs = []
    for path in sorted(folder.glob("*.npz")):
        if path.stem.endswith(faces):
            with np.load(path, allow_pickle=False) as clip:
                mouths = clip["mouths"].astype(np.float32) / 255.0
                mouths[~clip["seen"]] = np.nan
                pairs += _pieces(clip["sound"].astype(np.float32) / 32768.0, mouths, clip["spoken"])
    return judged(network, pairs[:_MOST])


def _pieces(sound: np.ndarray, face: np.ndarray, spoken: np.ndarray) -> list[Pair]:
    """The pieces of _SECONDS of a recording in which there is speech in half of the frames."""
    count = _SECONDS * FRAME_RATE
    starts = range(0, len(face) - count + 1, count)
    return [
        (sound[start * HOP : (start + count) * HOP], face[start : start + count])
        for start in starts
        if spoken[start : start + count].mean() > 0.5
    ]


def judged(network: SyncNetwork, pairs: list[Pair]) -> dict[str, float]:
    """Figures of recordings in sync; empty without a recording.

    `found`: share of SHIFTS that are found within a frame; `LSE-C`, `LSE-D`: means in sync; `swapped`, `still`: mean
    LSE-C of the sound with the next recording's face, and with a face that does not move.
    """
    if not pairs:
        return {}
    faces = [face for _, face in pairs]
    shifted = [
        abs(score.offset_ms - 1000 * shift // FRAME_RATE) <= 1000 // FRAME_RATE
        for shift in SHIFTS
        for score in _scores(network, [(sound, late(face, shift)) for sound, face in pairs])
        if score is not None
    ]
    own = [score for score in _scores(network, pairs) if score is not None]
    swapped = _scores(network, [(pair[0], face) for pair, face in zip(pairs, faces[1:] + faces[:1])])
    # The first frame may be without a face.
    still = _scores(network, [(sound, np.repeat(_shown(face), len(face), 0)) for sound, face in pairs])
    return {
        "recordings": len(own),
        "found": float(np.mean(shifted)),
        "LSE-C": float(np.mean([score.lse_c for score in own])),
        "LSE-D": float(np.mean([score.lse_d for score in own])),
        "swapped": float(np.mean([score.lse_c for score in swapped if score is not None])),
        "still": float(np.mean([score.lse_c for score in still if score is not None])),
    }


def _shown(face: np.ndarray) -> np.ndarray:
    """The first frame (1, ...) with a face of a face (n, ...)."""
    known = ~np.isnan(face).any(tuple(range(1, face.ndim)))
    return face[known.argmax()][None]


def late(face: np.ndarray, frames: int) -> np.ndarray:
    """A face (n, ...) that is late by some frames, or early; its first or last frame is held."""
    return face[np.clip(np.arange(len(face)) - frames, 0, len(face) - 1)]


def _scores(network: SyncNetwork, pairs: Sequence[Pair]) -> list[SyncScore | None]:
    return [_score(network, *pair) for pair in pairs]


def _score(network: SyncNetwork, sound: np.ndarray, face: np.ndarray) -> SyncScore | None:
    """None for a face that was found in too few pictures."""
    try:
        return measure(network, of_arrays(sound, face), "the recording")
    except NoScore:
        return None


def described(figures: dict[str, float]) -> str:
    """The figures in a line."""
    if not figures:
        return "no recording to judge by: none of the held-out faces was rendered, or none speaks in half of 10 s"
    return (
        f"{figures['recordings']:.0f} unseen recordings: shifts of up to 200 ms found within a frame "
        f"{figures['found']:.2f}; LSE-C {figures['LSE-C']:.3f}, with another face {figures['swapped']:.3f}, "
        f"with a still face {figures['still']:.3f}; LSE-D {figures['LSE-D']:.3f}"
    )
