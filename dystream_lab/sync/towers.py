"""Two-tower network of the sync score: windows of sound, of lips, and of pictures of a mouth become unit vectors.

The idea of two towers trained to agree on windows of the same instant is that of SyncNet (Chung and Zisserman, "Out of
time", 2016). Sizes, inputs and loss are chosen for this project.
"""

from dataclasses import dataclass

import torch
from torch import nn

from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.sync.lips import CHANNELS
from dystream_ros.models.compact.features import FeatureState, LogMel

MELS = 40
PER_FRAME = CURVE_RATE // FRAME_RATE  # rows of log-mels in a frame of 40 ms
MOUTH = 48  # pixels, side of a picture of a mouth
_STAGES = (16, 32, 48, 64)  # channels of the convolutions over a picture; each halves its size


@dataclass(frozen=True)
class SyncConfig:
    """Sizes of the network.

    Attributes:
        window: frames of 40 ms that a vector stands for; odd. 5 in SyncNet.
        width: channels of the towers.
        vector: length of the vectors.

    Raises:
        ValueError: the window is even or less than 3, or a size is less than 1.
    """

    window: int = 5
    width: int = 160
    vector: int = 128

    def __post_init__(self) -> None:
        if self.window < 3 or self.window % 2 == 0:
            raise ValueError(f"the window is {self.window} frames; accepted are odd numbers from 3")
        if min(self.width, self.vector) < 1:
            raise ValueError(f"width {self.width} and vector {self.vector} must be at least 1")


class _Step(nn.Module):
    """Residual convolution over three frames: (B, T, C) to (B, T - 2, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.over_time = nn.Conv1d(width, width, 3)
        self.mix = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.over_time(self.norm(x).transpose(1, 2)).transpose(1, 2)
        return x[:, 1:-1] + self.mix(nn.functional.gelu(inner))


class _Windows(nn.Module):
    """Numbers of frames (B, T, C) to a unit vector per window of frames (B, T - window + 1, vector)."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.steps = nn.Sequential(*(_Step(config.width) for _ in range(config.window // 2)))
        self.out = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.vector))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.out(self.steps(x)), dim=-1)


class SoundTower(nn.Module):
    """Log-mels of frames to vectors of windows."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.features = LogMel(MELS)
        self.front = nn.Sequential(nn.Linear(PER_FRAME * MELS, config.width), nn.GELU())
        self.windows = _Windows(config)

    def mels(self, audio: torch.Tensor, state: FeatureState | None = None) -> tuple[torch.Tensor, FeatureState]:
        """Features (B, T, PER_FRAME * MELS) of audio (B, 640 T), 16 kHz, -1 to 1, and the state for what follows."""
        state = self.features.initial_state(len(audio)) if state is None else state
        with torch.no_grad():
            mels, state = self.features(audio, state)
        return mels.unflatten(1, (-1, PER_FRAME)).flatten(2), state

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Vectors (B, T - window + 1, vector) of features (B, T, PER_FRAME * MELS)."""
        return self.windows(self.front(mels))


class LipTower(nn.Module):
    """Lips of frames (sync.lips) to vectors of windows."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.front = nn.Sequential(nn.Linear(CHANNELS, config.width), nn.GELU())
        self.windows = _Windows(config)

    def forward(self, lips: torch.Tensor) -> torch.Tensor:
        """Vectors (B, T - window + 1, vector) of lips (B, T, CHANNELS)."""
        return self.windows(self.front(lips))


class MouthTower(nn.Module):
    """Grey pictures of a mouth (sync.mouths) to vectors of windows."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        sizes = zip((1, *_STAGES[:-1]), _STAGES)
        halvings = [(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.GroupNorm(4, b), nn.GELU()) for a, b in sizes]
        side = MOUTH // 2 ** len(_STAGES)
        self.picture = nn.Sequential(*(layer for of_size in halvings for layer in of_size), nn.Flatten())
        self.front = nn.Sequential(nn.Linear(_STAGES[-1] * side * side, config.width), nn.GELU())
        self.windows = _Windows(config)

    def forward(self, mouths: torch.Tensor) -> torch.Tensor:
        """Vectors (B, T - window + 1, vector) of pictures (B, T, MOUTH, MOUTH), mean 0 and deviation 1 each."""
        flat = self.picture(mouths.flatten(0, 1).unsqueeze(1))
        return self.windows(self.front(flat).unflatten(0, mouths.shape[:2]))
