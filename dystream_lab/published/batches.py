"""Batches of a training run of the published generator; each depends on the seed and its number alone."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch.utils.data import Dataset

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.published.config import PublishedConfig
from dystream_lab.published.motions import MotionSpace
from dystream_lab.published.voicing import Voicing, gated
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP

_ANYWHERE = 0.2  # share of the encoder's clips that are drawn from anywhere; the others contain speech


@dataclass(frozen=True)
class Batch:
    """Clips of conversation.

    Attributes:
        self_audio, other_audio: float32 (B, 640 T + lookahead), gated.
        self_voiced, other_voiced: float32 (B, 2 T + lookahead / 320), 1 where the party speaks.
        motion: float32 (B, T, motion), divided by the scale of the motion space.
        phones: int64 (B, T), the self party's phone at the middle of each frame; UNKNOWN_ID where it is not labelled.
        whole: whether it is for the whole model, or for the self encoder alone.
    """

    self_audio: torch.Tensor
    other_audio: torch.Tensor
    self_voiced: torch.Tensor
    other_voiced: torch.Tensor
    motion: torch.Tensor
    phones: torch.Tensor
    whole: bool = True

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved = {name: value.to(device) for name, value in values.items() if isinstance(value, torch.Tensor)}
        return Batch(**values | moved)


class ClipBatches(Dataset[Batch]):
    """The batch of each step of one process.

    Args:
        dataset: the clips of a split.
        space: of the motion.
        voicing: of the corpus.
        config: lengths and the seed.
        processes: of the run.
    """

    def __init__(
        self,
        dataset: ConversationDataset,
        space: MotionSpace,
        voicing: Voicing,
        config: PublishedConfig,
        processes: Processes | None = None,
    ) -> None:
        self._dataset, self._space, self._voicing = dataset, space, voicing
        self._config, self._processes = config, processes or Processes()

    def __getitem__(self, step: int) -> Batch:
        config = self._config
        rng = np.random.default_rng([config.seed, step * self._processes.count + self._processes.rank])
        whole = step >= config.encoder_steps
        clips = []
        for _ in range(config.batch):
            choose = self._dataset.clip if whole or rng.random() < _ANYWHERE else self._dataset.spoken
            clips.append(choose(rng, config.frames, config.lookahead))
        return self._joined(clips, whole)

    def clips(self, number: int) -> Batch:
        """`number` random clips, always the same, for validation."""
        rng = np.random.default_rng(self._config.seed)
        config = self._config
        return self._joined([self._dataset.clip(rng, config.frames, config.lookahead) for _ in range(number)], True)

    def _joined(self, clips: list[Clip], whole: bool) -> Batch:
        tracks: list[list[torch.Tensor]] = []
        for other in (False, True):
            passed = [self._passed(clip, other) for clip in clips]
            tracks.append([torch.from_numpy(np.stack(part)) for part in zip(*passed)])
        (own, own_voiced), (partner, partner_voiced) = tracks
        motion = torch.from_numpy(np.stack([self._space.of(clip) for clip in clips]).astype(np.float32))
        phones = torch.from_numpy(np.stack([clip.phones for clip in clips]))
        return Batch(own, partner, own_voiced, partner_voiced, motion, phones, whole)

    def _passed(self, clip: Clip, other: bool) -> tuple[np.ndarray, np.ndarray]:
        """A party's track of a clip as a live session passes it, and whether it speaks in each unit, float32."""
        sound = clip.other_audio if other else clip.self_audio
        units = self._voicing.units(clip.clip)[1 - clip.party if other else clip.party]
        first = clip.start * HOP // FEATURE_HOP
        voiced = units[first : first + len(sound) // FEATURE_HOP]
        before = int(units[first - 1]) if first else 0
        return gated(sound, voiced, before), voiced.astype(np.float32)
