"""Batches of a training run; each depends on the seed and its number alone.

A batch for the whole model has clips of conversation; a batch for the self encoder has shorter segments, mostly of
speech. Channels are augmented in every batch: leakage (leakage.py), voices cut off or swapped (`spliced`), and changes
of log-mels (variation.py).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.rates import HOP
from dystream_lab.speech.phones import PHONE_INDEX, SILENCE
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.leakage import leaked
from dystream_lab.training.variation import varied
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.features import LogMel

_ANYWHERE = 0.2  # share of the encoder's segments that are drawn from anywhere; the others contain speech
_SPLICED = 0.25  # share of the encoder's segments that change into another segment
_SPLICED_CLOSED = 0.7  # share of those that change where the lips of the second voice close
_CLOSED = [PHONE_INDEX[phone] for phone, how in ARTICULATIONS.items() if how.contact == "lips"]


@dataclass(frozen=True)
class EncoderBatch:
    """Segments for the self encoder.

    Attributes:
        self_mels, other_mels: float32 (B, lookahead / 160 + 4 T, mels), log-mels of both channels, lookahead first.
        motion: float32 (B, T, 58) of the self party.
        phones: int64 (B, T), the self party's phone at the middle of each frame; UNKNOWN_ID where it is not labelled.
    """

    self_mels: torch.Tensor
    other_mels: torch.Tensor
    motion: torch.Tensor
    phones: torch.Tensor

    def to(self, device: torch.device) -> "EncoderBatch":
        """The batch on a device."""
        return EncoderBatch(
            self.self_mels.to(device), self.other_mels.to(device), self.motion.to(device), self.phones.to(device)
        )


@dataclass(frozen=True)
class Batch:
    """Clips of conversation for the whole model.

    Attributes:
        encoder: mels, motion and phones of the clips.
        event_ages: int64 (B, T + 1, EVENTS), as `Clip.event_ages`.
    """

    encoder: EncoderBatch
    event_ages: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(self.encoder.to(device), self.event_ages.to(device))


AnyBatch: TypeAlias = Batch | EncoderBatch


def conversation_batch(
    dataset: ConversationDataset, config: TrainingConfig, model: CompactConfig, number: int, clips: int, augment: bool
) -> Batch:
    """Batch `number` of random clips of `config.frames` frames.

    Args:
        dataset: the clips of a split.
        config, model: lengths, sizes and the seed.
        number: of the batch among all batches of the run.
        clips: rows of the batch.
        augment: whether channels are augmented, or as they are in the corpus.

    Raises:
        ValueError: no clip is long enough.
    """
    rng = np.random.default_rng([config.seed, number])
    drawn = [dataset.clip(rng, config.frames, model.lookahead) for _ in range(clips)]
    own, partner = np.stack([clip.self_audio for clip in drawn]), np.stack([clip.other_audio for clip in drawn])
    motion, phones = np.stack([clip.motion for clip in drawn]), np.stack([clip.phones for clip in drawn])
    if augment:
        own = with_leaks(own, partner, phones, rng)
    self_mels, other_mels = _log_mels(own, partner, config, model, number, augment)
    encoder = EncoderBatch(self_mels, other_mels, torch.from_numpy(motion), torch.from_numpy(phones))
    return Batch(encoder, torch.from_numpy(np.stack([clip.event_ages for clip in drawn])))


def encoder_batch(
    dataset: ConversationDataset, config: TrainingConfig, model: CompactConfig, number: int
) -> EncoderBatch:
    """Batch `number` of augmented segments of `config.encoder_frames` frames; arguments as `conversation_batch`."""
    rng = np.random.default_rng([config.seed, number])

    def segment() -> Clip:
        choose = dataset.clip if rng.random() < _ANYWHERE else dataset.spoken
        return choose(rng, config.encoder_frames, model.lookahead)

    drawn = [segment() for _ in range(config.encoder_batch)]
    own, partner, motion, phones = spliced(
        np.stack([clip.self_audio for clip in drawn]),
        np.stack([clip.other_audio for clip in drawn]),
        np.stack([clip.motion for clip in drawn]),
        np.stack([clip.phones for clip in drawn]),
        rng,
    )
    own = with_leaks(own, partner, phones, rng)
    self_mels, other_mels = _log_mels(own, partner, config, model, number, augment=True)
    return EncoderBatch(self_mels, other_mels, torch.from_numpy(motion), torch.from_numpy(phones))


def with_leaks(own: np.ndarray, partner: np.ndarray, phones: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Own channels (B, n) with random leakage of the partners' channels (B, n) and of music.

    `phones` (B, T) are those of the own channels.
    """
    speaks = (phones != PHONE_INDEX[SILENCE]).any(1)
    return np.stack([leaked(rng, *row) for row in zip(own, partner, speaks)])


def spliced(
    own: np.ndarray, partner: np.ndarray, motion: np.ndarray, phones: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Segments of which a quarter change into another segment: a voice that is cut off, or replaced.

    Most change where the lips of the second voice close: the sound before the change does not predict the closure.

    Args:
        own, partner: both channels, (B, 640 T + n).
        motion: (B, T, 58).
        phones: (B, T).
        rng: draws the rows and the places.

    Returns:
        The same four arrays of the resulting segments.
    """
    given = own, partner, motion, phones
    result = own.copy(), partner.copy(), motion.copy(), phones.copy()
    for row in np.flatnonzero(rng.random(len(phones)) < _SPLICED):
        other = int(rng.integers(len(phones)))
        closed = np.isin(phones[other], _CLOSED)
        begins = np.flatnonzero(closed[1:] & ~closed[:-1]) + 1
        at = int(rng.integers(1, phones.shape[1]))
        if len(begins) and rng.random() < _SPLICED_CLOSED:
            at = int(begins[rng.integers(len(begins))])
        for made, part, unit in zip(result, given, (HOP, HOP, 1, 1)):
            made[row, at * unit :] = part[other, at * unit :]
    return result


def _log_mels(
    own: np.ndarray, partner: np.ndarray, config: TrainingConfig, model: CompactConfig, number: int, augment: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-mels of both parties' channels (B, n)."""
    with torch.no_grad():
        mels = LogMel(model.mels)
        both = [mels(torch.from_numpy(sound), mels.initial_state(len(sound)))[0] for sound in (own, partner)]
        if augment:
            draws = torch.Generator().manual_seed(config.seed * 1_000_003 + number)
            both = [varied(features, draws) for features in both]
    return both[0], both[1]
