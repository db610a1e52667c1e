"""Random changes of lips and pictures in training: other faces, readers, lights and cameras move otherwise.

The teacher has one way of articulation. Its gains, offsets and coefficients are varied, so that the network relies on
when lips move more than on how far, and on no single coefficient.
"""

import numpy as np
import torch
from torch import nn

from dystream_lab.sync.towers import MELS, MOUTH, PER_FRAME
from dystream_ros.face.aperture import aperture, aperture_weights
from dystream_ros.face.arkit import ARKIT_INDEX, SPEECH_INDEX

_GAIN = (0.55, 1.5)
_OWN_GAIN = (0.7, 1.4)  # of each coefficient
_MISSING = 0.12  # probability that a face does not have a coefficient
_OFFSET = 0.06
_NOISE = 0.02
_READ = 0.3  # probability of a face as the reader of videos gives it: the gap is that of jawOpen alone
_SMOOTH = 0.3
_HISS = 0.3
_JAW, _CLOSE = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]


def vary_lips(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Another face's coefficients (T, 52) that say the same, of coefficients (T, 52)."""
    values = values.copy()
    if rng.random() < _READ:
        gap = np.clip(aperture(values), 0.0, 1.0)
        values[:, _CLOSE] = 0.0
        rest = values @ aperture_weights() - values[:, _JAW]
        values[:, _JAW] = np.clip(gap - rest, 0.0, 1.0)
    gains = np.ones(values.shape[1], np.float32)
    speech = list(SPEECH_INDEX)
    gains[speech] = np.exp(rng.uniform(*np.log(_OWN_GAIN), len(speech)))
    gains *= np.exp(rng.uniform(*np.log(_GAIN)))
    # jawOpen and mouthClose together make the gap: one without the other would be another mouth.
    gains[_CLOSE] = gains[_JAW]
    missing = rng.random(values.shape[1]) < _MISSING
    missing[[_JAW, _CLOSE]] = False
    values *= np.where(missing, 0.0, gains)
    values[:, speech] += rng.uniform(0.0, _OFFSET) * rng.random(len(speech)) * (rng.random(len(speech)) < 0.3)
    if rng.random() < _SMOOTH:
        inner = 0.25 * values[:-2] + 0.5 * values[1:-1] + 0.25 * values[2:]
        values[1:-1] = inner
    if rng.random() < 0.5:
        values[:, speech] += rng.uniform(0.0, _NOISE) * rng.standard_normal((len(values), len(speech)))
    return np.clip(values, 0.0, 1.0).astype(np.float32)


def vary_mels(rng: np.random.Generator, mels: np.ndarray) -> np.ndarray:
    """Features (T, PER_FRAME * MELS) of the sound through another microphone, sometimes with a noise floor.

    The corpus has rooms, codecs and noises; a unit of the features is 13 dB (models.compact.features).
    """
    bands = np.tile(np.linspace(-1.0, 1.0, MELS), PER_FRAME)
    other = mels + rng.uniform(-0.3, 0.3) + rng.uniform(-0.4, 0.4) * bands
    if rng.random() < _HISS:
        other = np.logaddexp(3.0 * other, 3.0 * rng.uniform(-3.5, -1.2)) / 3.0
    return other.clip(-4.0, 3.0).astype(np.float32)


def vary_mouths(rng: torch.Generator, mouths: torch.Tensor) -> torch.Tensor:
    """Pictures (B, T, MOUTH, MOUTH), 0 to 1, of mouths under other lights and cameras; one change per row of the batch.

    Shift, scale, turn and mirror of the crop; gamma, contrast and a gradient of light; blur and noise.
    """
    count = len(mouths)

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, generator=rng)

    angle, scale = uniform(-0.14, 0.14), uniform(0.85, 1.18)
    mirror = torch.where(uniform(0.0, 1.0) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    right = torch.stack([cos * mirror, -sin, uniform(-0.16, 0.16)], 1)
    down = torch.stack([sin * mirror, cos, uniform(-0.16, 0.16)], 1)
    place = torch.stack([right, down], 1)  # (B, 2, 3)
    grid = nn.functional.affine_grid(place, [count, 1, MOUTH, MOUTH], align_corners=False)
    moved = nn.functional.grid_sample(mouths, grid, padding_mode="border", align_corners=False)
    across = torch.linspace(-1, 1, MOUTH)
    slope = uniform(-0.35, 0.35)[:, None, None] * across[:, None] + uniform(-0.35, 0.35)[:, None, None] * across[None]
    lit = moved.clamp(0.0, 1.0).pow(uniform(0.6, 1.6)[:, None, None, None]) * (1.0 + slope)[:, None]
    blurred = nn.functional.avg_pool2d(lit, 3, stride=1, padding=1, count_include_pad=False)
    share = (uniform(-0.5, 1.0).clamp(min=0.0))[:, None, None, None]
    soft = lit + share * (blurred - lit)
    noise = uniform(0.0, 0.03)[:, None, None, None] * torch.randn(soft.shape, generator=rng)
    return soft + noise


def normalised(mouths: torch.Tensor) -> torch.Tensor:
    """Pictures (..., MOUTH, MOUTH) with mean 0 and deviation 1 each; a picture without contrast becomes 0."""
    mean = mouths.mean((-2, -1), keepdim=True)
    deviation = mouths.std((-2, -1), keepdim=True)
    return (mouths - mean) / deviation.clamp(min=0.02)
