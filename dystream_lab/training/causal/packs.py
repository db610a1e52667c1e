"""Batches of a training, stored: all strategies receive the same ones, and none waits for their computation.

A pack has the batches of `batches.encoder_batch`, with all augmentation: log-mels of both parties with SPARE feature
frames after each segment, motion and phones. It is written batch by batch, and an interrupted writing continues.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.training.batches import encoder_batch
from dystream_lab.training.causal.encoders import FEATURE_MS, SPARE
from dystream_lab.training.config import TrainingConfig
from dystream_lab.whole_files import write_text
from dystream_ros.models.compact.config import MELS_PER_FRAME, CompactConfig
from dystream_ros.models.compact.motion_space import MOTION

_SETTINGS = "pack.json"


@dataclass(frozen=True)
class PackedBatch:
    """One batch.

    Attributes:
        mels: float32 (B, 4 T + SPARE, 2 mels), of the self party and of the other side by side.
        motion: float32 (B, T, 58) of the self party.
        phones: int64 (B, T), UNKNOWN_ID where they are not labelled.
    """

    mels: torch.Tensor
    motion: torch.Tensor
    phones: torch.Tensor


@dataclass(frozen=True)
class PackSettings:
    """What determines the content of a pack.

    Attributes:
        corpus: folder of the corpus.
        batches: number of batches.
        rows, frames: segments per batch and motion frames per segment.
        mels: bands.
        seed: of the segments and their augmentation.
    """

    corpus: str
    batches: int
    rows: int = 12
    frames: int = 125
    mels: int = 64
    seed: int = 0


class Batches(Protocol):
    """The batches of a training."""

    def batch(self, step: int) -> PackedBatch:
        """The batch of a step."""


class Pack:
    """The stored batches in a folder."""

    def __init__(self, folder: Path, settings: PackSettings) -> None:
        """Opens or begins a pack.

        Raises:
            ValueError: the folder has a pack with other settings.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.settings, self._folder = settings, folder
        path = folder / _SETTINGS
        if path.exists() and json.loads(path.read_text()) != asdict(settings):
            raise ValueError(
                f"{folder} has a pack of {json.loads(path.read_text())}, and {asdict(settings)} is asked for; give the "
                "same settings or another --runs folder"
            )
        rows, frames = (settings.batches, settings.rows), settings.frames
        self._mels = self._array("mels", np.float16, (*rows, MELS_PER_FRAME * frames + SPARE, 2 * settings.mels))
        self._motion = self._array("motion", np.float16, (*rows, frames, MOTION))
        self._phones = self._array("phones", np.int16, (*rows, frames))
        self._done = self._array("done", np.uint8, (settings.batches,))
        write_text(path, json.dumps(asdict(settings)) + "\n")

    def _array(self, name: str, kind: type, shape: tuple[int, ...]) -> np.ndarray:
        path = self._folder / f"{name}.npy"
        if path.exists():
            return np.lib.format.open_memmap(path, mode="r+")
        return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)

    @property
    def missing(self) -> list[int]:
        """Numbers of the batches that are not written yet."""
        return np.flatnonzero(self._done == 0).tolist()

    def write(self, dataset: ConversationDataset) -> Iterator[int]:
        """Computes and writes the missing batches; yields the number of each.

        Raises:
            ValueError: no clip of the corpus is long enough.
        """
        settings = self.settings
        config = TrainingConfig(encoder_batch=settings.rows, encoder_frames=settings.frames, seed=settings.seed)
        model = CompactConfig(lookahead_ms=SPARE * FEATURE_MS, mels=settings.mels)
        for number in self.missing:
            batch = encoder_batch(dataset, config, model, number)
            self._mels[number] = torch.cat([batch.self_mels, batch.other_mels], dim=2).numpy()
            self._motion[number] = batch.motion.numpy()
            self._phones[number] = batch.phones.numpy()
            self._done[number] = 1
            yield number

    def batch(self, number: int) -> PackedBatch:
        """Batch `number`."""
        return PackedBatch(
            torch.from_numpy(self._mels[number].astype(np.float32)),
            torch.from_numpy(self._motion[number].astype(np.float32)),
            torch.from_numpy(self._phones[number].astype(np.int64)),
        )

    def sample(self, batches: int = 30) -> PackedBatch:
        """The first batches as one, to measure scales on."""
        chosen = [self.batch(number) for number in range(min(batches, self.settings.batches))]
        return PackedBatch(
            torch.cat([one.mels for one in chosen]),
            torch.cat([one.motion for one in chosen]),
            torch.cat([one.phones for one in chosen]),
        )


class Shuffled:
    """The batches of a pack, all of them before any comes again, in an order that depends on a seed."""

    def __init__(self, pack: Pack, seed: int) -> None:
        self._pack, self._seed = pack, seed

    def batch(self, step: int) -> PackedBatch:
        """As `Batches`."""
        count = self._pack.settings.batches
        order = np.random.default_rng([self._seed, step // count]).permutation(count)
        return self._pack.batch(int(order[step % count]))
