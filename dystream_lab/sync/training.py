"""Contrastive training of the towers: a window of the face is to find its window of sound, and the reverse.

The choices are the windows within REACH of the same segment, as in SyncNet's shifted negatives, and one window of each
other segment: a softmax over similarities, after Chung et al., "Perfect match" (2019), and InfoNCE (van den Oord et al.
2018).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from dystream_lab.sync.batches import Batch, Segments
from dystream_lab.sync.score import REACH
from dystream_lab.sync.towers import LipTower, MouthTower, SoundTower, SyncConfig
from dystream_lab.sync.variation import normalised, vary_mouths
from dystream_lab.training.state_file import below, optimiser_tensors, read_state, restore_optimiser, write_state

BATCH = 16
MOUTH_BATCH = 8
_RATE = 2e-3
_WARMUP = 100  # steps
_SILENT = 0.1  # weight of a window without speech: all windows of silence look alike
_COLDEST = 40.0  # largest inverse temperature
_FOLLOW = 2.0  # weight of the agreement of pictures with the vectors of their lips


class SyncNetwork(nn.Module):
    """The towers; `mouths` is None until pictures are trained."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.config = config
        self.sound = SoundTower(config)
        self.lips = LipTower(config)
        self.mouths: MouthTower | None = None


@dataclass(frozen=True)
class Step:
    """Loss of a step, and the share of speaking windows whose own sound is the nearest of all choices."""

    loss: float
    found: float


def contrast(
    face: torch.Tensor, sound: torch.Tensor, weights: torch.Tensor, coldness: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss, and the share of windows found among the choices, weighted; both scalars.

    Args:
        face, sound: unit vectors (B, T, vector) of the same windows.
        weights: (B, T), 0 to 1.
        coldness: inverse temperature.
    """
    loss, found = face.new_zeros(()), face.new_zeros(())
    for one, other in ((face, sound), (sound, face)):
        within = coldness * one @ other.transpose(1, 2)  # (B, T, T)
        time = torch.arange(within.shape[1])
        within = within.masked_fill((time[:, None] - time[None]).abs() > REACH, -torch.inf)
        across = coldness * torch.einsum("btv,ctv->btc", one, other)  # other segments at the same place
        across = across.masked_fill(torch.eye(len(one), dtype=torch.bool)[:, None], -torch.inf)
        choices = torch.cat([within, across], 2).flatten(0, 1)
        right = time.repeat(len(one))
        weight = weights.flatten() / weights.sum()
        loss = loss + (weight * nn.functional.cross_entropy(choices, right, reduction="none")).sum() / 2
        found = found + (weight * (choices.argmax(1) == right)).sum() / 2
    return loss, found


def window_weights(spoken: torch.Tensor, window: int) -> torch.Tensor:
    """Weights (B, T - window + 1) of windows: 1 where any frame of `spoken` (B, T) speaks."""
    return torch.where(spoken.unfold(1, window, 1).any(2), 1.0, _SILENT)


class Trainer:
    """Trains the towers of sound and lips, or that of pictures with the other two fixed; resumable.

    Args:
        network: to train.
        segments: with lips or with pictures.
        steps: length of the training.
        seed: of batches.
        batch: segments in a step; None for BATCH, or MOUTH_BATCH of pictures.
    """

    def __init__(
        self,
        network: SyncNetwork,
        segments: Segments,
        steps: int,
        seed: int = 0,
        batch: int | None = None,
    ) -> None:
        self.network, self.segments, self.steps, self.seed = network, segments, steps, seed
        self._batch = batch or (MOUTH_BATCH if segments.pictures else BATCH)
        self.step = 0
        self.coldness = nn.Parameter(torch.tensor(2.5))  # logarithm of the inverse temperature
        trained = network.mouths if segments.pictures else network
        assert trained is not None  # the caller adds the tower
        self._trained = [*trained.parameters(), self.coldness]
        self._optimiser = torch.optim.AdamW(self._trained, lr=_RATE, betas=(0.9, 0.98), weight_decay=0.01)

    def train(self) -> Iterator[Step]:
        """The remaining steps."""
        while self.step < self.steps:
            for group in self._optimiser.param_groups:
                group["lr"] = self._rate()
            number = self.seed * 1_000_003 + self.step
            batch = self.segments.batch(number, self._batch)
            loss, found = self._of_mouths(batch, number) if self.segments.pictures else self._of_lips(batch)
            self._optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self._trained, 1.0)
            self._optimiser.step()
            self.step += 1
            yield Step(float(loss.detach()), float(found))

    def _rate(self) -> float:
        """Linear warm-up, then a line down to a fiftieth."""
        if self.step < _WARMUP:
            return _RATE * (self.step + 1) / _WARMUP
        return _RATE * max(0.02, 1.0 - (self.step - _WARMUP) / max(1, self.steps - _WARMUP))

    def _cold(self) -> torch.Tensor:
        return self.coldness.exp().clamp(max=_COLDEST)

    def _of_lips(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        sound = self.network.sound(torch.from_numpy(batch.mels))
        face = self.network.lips(torch.from_numpy(batch.face))
        return contrast(face, sound, self._weights(batch), self._cold())

    def _of_mouths(self, batch: Batch, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures are to find the sound, and to give the vectors of the lips that they show."""
        with torch.no_grad():
            sound = self.network.sound(torch.from_numpy(batch.mels))
            lips = self.network.lips(torch.from_numpy(batch.lips))
        pictures = torch.from_numpy(batch.face).float() / 255.0
        varied = normalised(vary_mouths(torch.Generator().manual_seed(number), pictures))
        assert self.network.mouths is not None
        face = self.network.mouths(varied)
        weights = self._weights(batch)
        loss, found = contrast(face, sound, weights, self._cold())
        apart = (weights * (1.0 - (face * lips).sum(2))).sum() / weights.sum()
        return loss + _FOLLOW * apart, found

    def _weights(self, batch: Batch) -> torch.Tensor:
        return window_weights(torch.from_numpy(batch.spoken), self.network.config.window)

    def save(self, path: Path) -> None:
        """Writes what resuming needs; an interrupted write leaves the previous file unchanged."""
        tensors = {f"network.{key}": value for key, value in self.network.state_dict().items()}
        tensors |= optimiser_tensors(self._optimiser, "optimiser.")
        write_state(path, tensors | {"coldness": self.coldness}, {"step": self.step, "seed": self.seed})

    def restore(self, path: Path) -> None:
        """Brings the trainer to the state of a file of `save`.

        Raises:
            ValueError: it was written with other sizes or another seed, or beside other towers of sound and lips; or it
                is damaged.
        """
        tensors, content = read_state(path)
        if (seed := content.get("seed", self.seed)) != self.seed:
            raise ValueError(f"{path} was begun with the seed {seed}, now it is {self.seed}; give another --run folder")
        for name, value in self.network.named_parameters():
            # Pictures learn the vectors of their lips: those of other weights would be restored over these.
            if not value.requires_grad and not torch.equal(tensors.get(f"network.{name}", value), value):
                raise ValueError(
                    f"{path} was begun beside other weights of sound and lips; delete it to train the pictures again"
                )
        try:
            self.network.load_state_dict(below(tensors, "network."))
        except RuntimeError as error:
            raise ValueError(
                f"{path} was begun with other sizes; give the same options or another --run folder"
            ) from error
        self.coldness.data.copy_(tensors["coldness"])
        restore_optimiser(self._optimiser, tensors, "optimiser.")
        self.step = content["step"]
