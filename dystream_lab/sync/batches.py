"""Batches for the training: segments of conversation around speech, sound with lips or with rendered mouths.

The features of all clips are computed once and stay in memory: 0.4 MB per minute of a face, and 8 MB with pictures.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.rates import HOP
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_lab.sync.lips import lips_of
from dystream_lab.sync.towers import MELS, PER_FRAME
from dystream_lab.sync.variation import vary_lips, vary_mels
from dystream_ros.models.compact.features import LogMel

FRAMES = 52  # of a segment
_TOGETHER = 16  # faces whose features are computed at once


@dataclass(frozen=True)
class Batch:
    """B segments.

    Attributes:
        mels: float32 (B, FRAMES, PER_FRAME * MELS), features of the sound.
        face: float32 (B, FRAMES, CHANNELS) lips, or uint8 (B, FRAMES, MOUTH, MOUTH) pictures of mouths.
        lips: float32 (B, FRAMES, CHANNELS), lips as the teacher moves them.
        spoken: bool (B, FRAMES), whether a phone sounds.
    """

    mels: np.ndarray
    face: np.ndarray
    lips: np.ndarray
    spoken: np.ndarray


@dataclass(frozen=True)
class Talk:
    """The face of one party in a clip.

    Attributes:
        mels: float16 (n, PER_FRAME * MELS).
        values: float16 (n, 52), coefficients.
        spoken: bool (n,).
        mouths: uint8 (n, MOUTH, MOUTH), or None.
        starts: int64 (m,), frames at which a segment may begin.
    """

    mels: np.ndarray
    values: np.ndarray
    spoken: np.ndarray
    mouths: np.ndarray | None
    starts: np.ndarray

    def segment(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """A random segment, varied: the parts of one row of a `Batch`."""
        start = int(self.starts[rng.integers(len(self.starts))])
        span = slice(start, start + FRAMES)
        values = self.values[span].astype(np.float32)
        face = lips_of(vary_lips(rng, values)) if self.mouths is None else self.mouths[span]
        return vary_mels(rng, self.mels[span].astype(np.float32)), face, lips_of(values), self.spoken[span]


class Segments:
    """Segments of talks; those of more speech are as frequent as the others."""

    def __init__(self, talks: Sequence[Talk]) -> None:
        self._talks = [talk for talk in talks if len(talk.starts)]
        self.pictures = any(talk.mouths is not None for talk in self._talks)

    def __len__(self) -> int:
        return len(self._talks)

    def batch(self, step: int, size: int) -> Batch:
        """The batch of a step, determined by its number."""
        rng = np.random.default_rng((step, 1))
        rows = [self._talks[rng.integers(len(self._talks))].segment(rng) for _ in range(size)]
        return Batch(*(np.stack(part) for part in zip(*rows, strict=True)))


def talks_of_corpus(corpus: Path, hours: float) -> Iterator[Talk]:
    """The faces of the clips to train on of a corpus, up to so many hours of conversation.

    Raises:
        FileNotFoundError, ValueError: as `ConversationDataset`; or no clip is long enough.
    """
    clips = ConversationDataset(corpus, "train")
    clips.require(FRAMES, 0)
    left = hours * 3600 * clips.frames_per_second
    waiting: list[Clip] = []
    for number, entry in enumerate(clips.entries):
        waiting += [clips.whole(number, party, lookahead=0) for party in clips.parties(number)]
        left -= entry["frames"]
        last = left <= 0 or number + 1 == len(clips)
        if last or len(waiting) >= _TOGETHER:
            rows = _mels([clip.self_audio for clip in waiting])
            for clip, mels in zip(waiting, rows):
                yield _talk(mels, clip.motion[:, :52], clip.phones != PHONE_INDEX[SILENCE])
            waiting = []
        if last:
            return


def talks_of_mouths(folder: Path, wanted: Callable[[str], bool]) -> Iterator[Talk]:
    """The rendered clips (sync.rendered) whose name is wanted.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it has no clip that is wanted.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder} with rendered mouths: make it with dystream train-sync render")
    paths = [path for path in sorted(folder.glob("*.npz")) if wanted(path.stem)]
    if not paths:
        raise ValueError(f"{folder} has no rendered clip for this part of the training; render more clips")
    for path in paths:
        with np.load(path, allow_pickle=False) as clip:
            sound = clip["sound"].astype(np.float32) / 32768.0
            yield _talk(_mels([sound])[0], clip["values"], clip["spoken"], clip["mouths"], clip["seen"])


def _mels(sounds: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Features float16 (n, PER_FRAME * MELS) of sounds (640 n,), together: the gain is computed value by value."""
    features = LogMel(MELS)
    longest = max(map(len, sounds))
    together = torch.from_numpy(np.stack([np.pad(sound, (0, longest - len(sound))) for sound in sounds]))
    with torch.inference_mode():
        mels, _ = features(together, features.initial_state(len(sounds)))
    rows = mels.unflatten(1, (-1, PER_FRAME)).flatten(2).half().numpy()
    return [row[: len(sound) // HOP] for row, sound in zip(rows, sounds)]


def _talk(
    mels: np.ndarray,
    values: np.ndarray,
    spoken: np.ndarray,
    mouths: np.ndarray | None = None,
    seen: np.ndarray | None = None,
) -> Talk:
    # A segment has a face in all of its frames, and speech in a third.
    ones = np.ones(FRAMES)
    usable = np.correlate(spoken.astype(float), ones) > FRAMES / 3
    if seen is not None:
        usable &= np.correlate(seen.astype(float), ones) > FRAMES - 0.5
    return Talk(mels, values.astype(np.float16), spoken, mouths, np.flatnonzero(usable))
