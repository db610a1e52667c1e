"""The loss of the published motion generator (DyStream, arXiv 2512.24408, and the released trainer).

Per clip: one timestep of 1000, for target and history. Each frame of history is replaced, with probability 0.5, by its
noisy version; the result is blended over the clip towards the clean history. The anchor is a clean frame of the last
ten. Self, other (per frame) and anchor (per clip) are switched off at random. The head predicts the clean motion;
squared error, the last five frames weighted 3.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dystream_lab.published.batches import Batch
from dystream_lab.published.config import PublishedConfig
from dystream_lab.speech.phones import PHONES, UNKNOWN_ID
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder

TIMESTEPS = 1000


class Readouts(nn.Module):
    """Linear readouts of the self encoder for training from nothing: phones and motion.

    They stand in for the pre-training of wav2vec 2.0, and are not part of the model.

    Attributes:
        scale: (motion,), what the motion of the run is divided by. A checkpoint keeps it: another corpus, or a corpus
            that has grown, would give a resumed run another one.
    """

    scale: Tensor

    def __init__(self, width: int, motion: int) -> None:
        super().__init__()
        self.phones = nn.Linear(width, len(PHONES))
        self.motion = nn.Linear(width, motion)
        self.register_buffer("scale", torch.ones(motion))

    def forward(self, features: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Losses of features (B, T, width): `phones` and `readout`."""
        known = (batch.phones != UNKNOWN_ID).sum().clamp(min=1)
        logits = self.phones(features).float().flatten(0, 1)
        wrong = F.cross_entropy(logits, batch.phones.flatten(), ignore_index=UNKNOWN_ID, reduction="sum")
        return {
            "phones": wrong / known,
            "readout": (self.motion(features).float() - batch.motion).square().mean(),
        }


class PublishedLoss(nn.Module):
    """Losses of a batch: one forward pass for `DistributedDataParallel`.

    Args:
        model: the generator that is trained; its encoders run as in a stream.
        readouts: of the self encoder.
        config: settings.
    """

    def __init__(self, model: MotionGenerator, readouts: Readouts, config: PublishedConfig) -> None:
        super().__init__()
        self.model, self.readouts, self.config = model, readouts, config
        self.own, self.other = (
            CausalEncoder(encoder, config.lookahead, config.span)
            for encoder in (model.audio_encoder_face, model.audio_encoder_face_other)
        )

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Losses: `total` to minimise, the others for the log."""
        own = self.own.encode_clip(batch.self_audio, batch.self_voiced)
        if not batch.whole:
            losses = self.readouts(own, batch)
            return {"total": losses["phones"] + losses["readout"]} | _detached(losses)
        other = self.other.encode_clip(batch.other_audio, batch.other_voiced)
        losses = {"flow": self.flow(own, other, batch.motion)}
        total = losses["flow"]
        if self.config.auxiliary:
            losses |= self.readouts(own, batch)
            total = total + self.config.auxiliary * (losses["phones"] + losses["readout"])
        return {"total": total} | _detached(losses)

    def flow(self, own: Tensor, other: Tensor, motion: Tensor) -> Tensor:
        """Weighted squared error () of the clean motion that the head predicts.

        Args:
            own, other: features (B, T, encoder width).
            motion: (B, T, motion).
        """
        model, config = self.model, self.config
        rows, frames, _ = motion.shape
        like = motion.new_zeros
        timestep = torch.randint(1, TIMESTEPS + 1, (rows,), device=motion.device)
        sigma = (timestep / TIMESTEPS)[:, None, None]
        given_self, given_other = (_switches(like(rows, frames, 1), config.drop) for _ in range(2))
        given_anchor = _switches(like(rows, 1, 1), config.drop)
        chosen = torch.randint(frames - config.anchor_frames, frames, (rows,), device=motion.device)
        anchor = model.anchor_embed(motion[torch.arange(rows, device=motion.device), chosen])[:, None] * given_anchor
        audio = model.fuse_given(own, other, given_self, given_other)
        history = corrupted_history(motion, sigma, config.corruption)
        outputs = model.outputs(history[:, :-1], audio[:, 1:], anchor)  # for frames 1 to T - 1
        target = motion[:, 1:].expand(config.draws, -1, -1, -1)
        noisy = (1 - sigma) * target + sigma * torch.randn(target.shape, device=motion.device)
        # Half a timestep more, so that rounding does not give the timestep below.
        time = model.time_embed((timestep.float() + 0.5) / TIMESTEPS)[:, None]
        predicted = model.diffusion_head(noisy, time, outputs.expand(config.draws, -1, -1, -1))
        error = (predicted.float() - target).square().mean((0, 1, 3))  # (T - 1,)
        return (error * frame_weights(len(error), config, error.device)).mean()


def corrupted_history(motion: Tensor, sigma: Tensor, probability: float) -> Tensor:
    """The history (B, T, motion) that the network receives of a true motion (B, T, motion).

    Args:
        sigma: noise level (B, 1, 1) of the clip.
        probability: that a frame is replaced by its noisy version. The first frame of the clip is taken from the
            result, the last from the truth, those between are blends.
    """
    noisy = (1 - sigma) * motion + sigma * torch.randn_like(motion)
    replaced = torch.rand(*motion.shape[:2], 1, device=motion.device) < probability
    share = torch.linspace(1.0, 0.0, motion.shape[1], device=motion.device)[:, None]
    return torch.where(replaced, share * noisy + (1 - share) * motion, motion)


def frame_weights(frames: int, config: PublishedConfig, device: torch.device) -> Tensor:
    """Weights (frames,) of a clip's predicted frames."""
    weights = torch.ones(frames, device=device)
    weights[-config.last_frames :] = config.last_weight
    return weights


def _switches(like: Tensor, drop: float) -> Tensor:
    """1 with probability 1 - drop, else 0, shaped as `like`."""
    return (torch.rand_like(like) >= drop).to(like.dtype)


def _detached(losses: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in losses.items()}


def encoder_weights(model: MotionGenerator) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs of the same weight in the self and in the other encoder."""
    yield from zip(model.audio_encoder_face.parameters(), model.audio_encoder_face_other.parameters(), strict=True)
