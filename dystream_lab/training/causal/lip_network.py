"""An encoder with its readouts of lips and phones, and what a strategy minimises."""

from typing import Protocol

import torch
from torch import nn
from torch.nn import functional as F

from dystream_lab.speech.phones import PHONES
from dystream_lab.training.causal.encoders import LookaheadEncoder
from dystream_lab.training.causal.imaginers import FlowSampler
from dystream_lab.training.causal.imagining import ImaginingEncoder
from dystream_lab.training.causal.packs import PackedBatch
from dystream_lab.training.readouts import readout_losses, readout_total, visible_gaps
from dystream_ros.models.compact.motion_space import MOTION, MotionSpace


class Learner(Protocol):
    """What is trained: `network` is kept, `loss` is minimised."""

    network: "LipNetwork"

    def loss(self, batch: PackedBatch) -> dict[str, torch.Tensor]:
        """Losses by name: `total` to minimise, the others for the progress."""


class LipNetwork(nn.Module):
    """An encoder and linear readouts of the lips and, in training, of the phones."""

    gaps: torch.Tensor

    def __init__(self, encoder: nn.Module, features: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.space = MotionSpace()
        self.lips = nn.Linear(features, len(self.space.speech_index))
        self.phones = nn.Linear(features, len(PHONES))
        self.register_buffer("gaps", visible_gaps(self.space), persistent=False)

    @property
    def network(self) -> "LipNetwork":
        """As `Learner`: itself."""
        return self

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Motion (B, T, 58) of log-mels (B, 4 T + SPARE, inputs): speech coefficients, 0 elsewhere."""
        space = self.space
        read = self.lips(self.encoder(mels)) * space.deviation[space.speech] + space.mean[space.speech]
        motion = torch.zeros(*read.shape[:2], MOTION)
        motion[..., space.speech_index] = read.clamp(space.minimum[space.speech], space.maximum[space.speech])
        return motion

    def loss(self, batch: PackedBatch) -> dict[str, torch.Tensor]:
        """As `Learner`: the errors of the readouts, and of what the encoder imagines."""
        if isinstance(self.encoder, ImaginingEncoder):
            features, imagined = self.encoder.with_loss(batch.mels)
            losses = self.read(features, batch)
            return losses | {"total": losses["total"] + imagined, "imagined": imagined}
        return self.read(self.encoder(batch.mels), batch)

    def read(self, features: torch.Tensor, batch: PackedBatch) -> dict[str, torch.Tensor]:
        """Losses of the readouts of features (B, T, features)."""
        losses = readout_losses(
            self.space, self.gaps, self.lips(features), self.phones(features), batch.motion, batch.phones
        )
        return {"total": readout_total(losses)} | losses


class TaughtNetwork(nn.Module):
    """A network that is taught the features of a trained one, and optionally the lips of the batch."""

    def __init__(self, network: LipNetwork, teacher: LipNetwork, lips: bool) -> None:
        """Sets up the student.

        Args:
            network: the student. Its readouts begin as those of the teacher, and are trained only with `lips`.
            teacher: gives the features; it is not trained.
            lips: whether the losses of the readouts are minimised besides the distance of the features.
        """
        super().__init__()
        self.network, self.with_lips = network, lips
        network.lips.load_state_dict(teacher.lips.state_dict())
        network.phones.load_state_dict(teacher.phones.state_dict())
        network.space.load_state_dict(teacher.space.state_dict())
        self.teacher = [teacher.requires_grad_(False)]  # in a list: no part of what is trained and stored

    def loss(self, batch: PackedBatch) -> dict[str, torch.Tensor]:
        """As `Learner`."""
        features = self.network.encoder(batch.mels)
        with torch.no_grad():
            aim = self.teacher[0].encoder(batch.mels)
        distance = F.mse_loss(features, aim)
        if not self.with_lips:
            return {"total": distance, "distance": distance}
        losses = self.network.read(features, batch)
        return losses | {"total": losses["total"] + distance, "distance": distance}


class SampledFeatures(nn.Module):
    """An encoder that samples the features of a better one from its own."""

    def __init__(self, encoder: LookaheadEncoder, features: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.sampler = FlowSampler(features, features)

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, 4 T + SPARE, inputs) -> features (B, T, features)."""
        return self.sampler(self.encoder(mels))


class SamplingNetwork(nn.Module):
    """A network that learns to sample the features of a trained one; the lips are read as that one reads them."""

    def __init__(self, network: LipNetwork, teacher: LipNetwork) -> None:
        """Sets up the learner; the encoder of `network` is `SampledFeatures`."""
        super().__init__()
        self.network = network
        network.lips.load_state_dict(teacher.lips.state_dict())
        network.phones.load_state_dict(teacher.phones.state_dict())
        network.space.load_state_dict(teacher.space.state_dict())
        self.teacher = [teacher.requires_grad_(False)]

    def loss(self, batch: PackedBatch) -> dict[str, torch.Tensor]:
        """As `Learner`."""
        encoder = self.network.encoder
        assert isinstance(encoder, SampledFeatures)
        with torch.no_grad():
            aim = self.teacher[0].encoder(batch.mels)
        error = encoder.sampler.loss(encoder.encoder(batch.mels), aim)
        return {"total": error, "distance": error}
