"""Stage 1 of the published model as one module."""

import torch
from torch import Tensor, nn

from dystream_ros.models.released.networks.appearance_encoder import AppearanceEncoder
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig
from dystream_ros.models.released.networks.face_generator import FaceGenerator
from dystream_ros.models.released.networks.flow_estimator import FlowEstimator
from dystream_ros.models.released.networks.motion_encoder import MotionEncoder


class Autoencoder(nn.Module):
    """Motion encoder, appearance encoder, flow estimator and warping decoder; names are those of the state dict.

    Args:
        config: sizes; the published ones by default. Shapes in docstrings are those of the published sizes.
    """

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        self.motion_encoder = MotionEncoder(config)
        self.flow_estimator = FlowEstimator(config.motion, config.directions)
        self.face_encoder = AppearanceEncoder(config)
        self.face_generator = FaceGenerator(config)

    def forward(self, volume: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Volume of the portrait, source and target motion (B, 512) -> picture (B, 3, 512, 512) in -1 to 1."""
        return self.face_generator(self.flow_estimator(source, target), volume)


def to_uint8(image: Tensor) -> Tensor:
    """-1 to 1 -> 0 to 255, clipped and truncated (not rounded), as published."""
    return (((image + 1) / 2).clamp(0, 1) * 255).to(torch.uint8)
