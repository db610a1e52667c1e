"""Corruption of the motion history in training, against exposure bias: in free running the model receives its own past.

The drift is a smooth random error whose target decays back to the truth, so that the model learns to correct a wrong
past gently. Optionally, frames are replaced by samples of the model itself (the two forward passes of MotionStreamer,
arXiv 2503.15451).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.compact.motion_space import MotionSpace
from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles


@dataclass(frozen=True)
class Corruption:
    """How the fed-back motion is corrupted in training.

    Attributes:
        drift: largest amplitude of the slow error, in standard deviations of each value.
        correlation: frame-to-frame correlation of the noise that drives the error, and of the error with its last
            value. The error is as smooth as motion, so that the speed of the past stays visible. With white noise the
            head learned to react late to its position and swung like a pendulum (docs/decisions.md).
        recovery: share of the error that remains in the target after one frame.
        lip_noise: error of fed-back lips, in standard deviations.
        lip_drop: share of clips whose fed-back lips are replaced by noise, so that the model reads the lips from the
            sound.
        own: largest share of a clip's frames whose past is sampled from the model in a first forward pass. Adds half
            of the cost of a step.
        drop: share of clips without self, other or anchor condition, each (classifier-free guidance).
    """

    drift: float = 0.5
    correlation: float = 0.95
    recovery: float = 0.93
    lip_noise: float = 0.5
    lip_drop: float = 0.5
    own: float = 0.0
    drop: float = 0.1


def corrupted(motion: torch.Tensor, space: MotionSpace, settings: Corruption) -> tuple[torch.Tensor, torch.Tensor]:
    """A corrupted history (B, T, 58) of a true motion (B, T, 58), and the slow part (B, T, 58) of its error.

    Speech coefficients have white noise or are replaced by noise; the others have the slow error and a jitter of at
    most 0.3 of a usual step, so that steps of the history stay distinct from motion.
    """
    rows, frames, size = motion.shape
    deviation = space.deviation
    slow = _smooth_noise(rows, frames, size, settings.correlation)
    slow = slow * deviation * settings.drift * torch.rand(rows, 1, 1).square()
    jitter = torch.randn(rows, frames, size) * space.step * 0.3 * torch.rand(rows, 1, 1)
    lips = motion + torch.randn(rows, frames, size) * deviation * settings.lip_noise * torch.rand(rows, 1, 1)
    dropped = space.mean + deviation * torch.randn(rows, frames, size)
    lips = torch.where(torch.rand(rows, 1, 1) < settings.lip_drop, dropped, lips)
    return torch.where(space.speech, lips, motion + slow + jitter), slow


@torch.no_grad()
def partly_sampled(
    model: CompactModel,
    history: torch.Tensor,
    condition_after: Callable[[torch.Tensor], torch.Tensor],
    largest_share: float,
) -> torch.Tensor:
    """A history (B, T, 58) in which random frames are replaced by samples of the model, given that history.

    Args:
        model: draws the samples.
        history: (B, T, 58).
        condition_after: the condition (B, T, width) of every frame after a history (B, T, 58).
        largest_share: upper limit of the share of replaced frames; each clip draws its own share.
    """
    rows, frames, size = history.shape
    modulated = model.head.condition_modulations(condition_after(history))
    angles = sampling_angles(model.config.steps)

    def estimate(sample: torch.Tensor, index: int) -> torch.Tensor:
        level = torch.full((rows, 1), noise_level(angles[index]))
        return model.head(sample, model.head.time_modulations(level), modulated)

    noise = model.space.tempered(torch.randn(rows, frames, size), model.config)
    sampled = model.space.motion(multistep_sample(estimate, noise, angles), delayed(history, 1))
    chosen = torch.rand(rows, frames, 1) < largest_share * torch.rand(rows, 1, 1)
    return torch.where(chosen, sampled.to(history.dtype), history)


def delayed(clip: torch.Tensor, frames: int) -> torch.Tensor:
    """A clip (B, T, D) delayed by some frames; its first frame is repeated at the start."""
    return torch.cat([clip[:, :1].expand(-1, frames, -1), clip[:, :-frames]], dim=1)


def _smooth_noise(rows: int, frames: int, size: int, correlation: float) -> torch.Tensor:
    """Noise (B, T, D) of unit variance: white noise filtered twice by the same first-order filter."""
    rate = (1 - correlation**2) ** 0.5
    innovation = rate * torch.randn(rows, frames, size)
    noise, value = torch.randn(2, rows, size)
    made = []
    for frame in range(frames):
        noise = correlation * noise + innovation[:, frame]
        value = correlation * value + rate**2 / (1 + correlation**2) ** 0.5 * noise
        made.append(value)
    return torch.stack(made, dim=1)
