"""Sizes of the published motion generator, and the same sizes read back from a state dict."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from dystream_ros.audio.resample import MEDIA_RATE

SAMPLE_RATE = MEDIA_RATE
HOP = 640  # samples of one frame: 25 frames per second
FEATURE_HOP = 320  # samples between two features of the audio encoder: 50 Hz


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of one wav2vec 2.0 encoder (Baevski et al. 2020, "base", cut after `layers` transformer layers)."""

    width: int = 768
    layers: int = 8
    heads: int = 12
    hidden: int = 3072
    channels: int = 512
    kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    position_kernel: int = 128
    position_groups: int = 16


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of the motion generator (DyStream, arXiv 2512.24408, as published).

    `window` is the number of frames in the published loop; all but two of them are history. `noise_scale` is the
    standard deviation of the noise that the flow begins with.
    """

    motion: int = 512
    width: int = 768
    blocks: int = 12
    heads: int = 12
    hidden: int = 3072
    head_blocks: int = 6
    window: int = 96
    noise_scale: float = 1.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

    @property
    def history(self) -> int:
        """Frames of motion that the network reads: 94 as published."""
        return self.window - 2


def config_from_state(
    state: Mapping[str, torch.Tensor],
    *,
    heads: int = 12,
    encoder_heads: int = 12,
    window: int = 96,
    noise_scale: float = 1.0,
) -> GeneratorConfig:
    """Sizes of a generator from the shapes of its (normalised) state dict, which do not determine the arguments.

    Raises:
        KeyError: a key that every published checkpoint has is missing.
    """

    def count(prefix: str) -> int:
        start = len(prefix)
        return 1 + max((int(key[start:].split(".")[0]) for key in state if key.startswith(prefix)), default=-1)

    encoder = "audio_encoder_face."
    position = state[encoder + "encoder.pos_conv_embed.conv.weight"]
    layer = state[encoder + "encoder.layers.0.feed_forward.intermediate_dense.weight"]
    embed = state["face_embed.weight"]
    return GeneratorConfig(
        motion=embed.shape[1],
        width=embed.shape[0],
        blocks=count("blocks."),
        heads=heads,
        hidden=state["blocks.0.mlp.fc1.weight"].shape[0],
        head_blocks=count("diffusion_head.blocks."),
        window=window,
        noise_scale=noise_scale,
        encoder=EncoderConfig(
            width=layer.shape[1],
            layers=count(encoder + "encoder.layers."),
            heads=encoder_heads,
            hidden=layer.shape[0],
            channels=state[encoder + "feature_extractor.conv_layers.0.conv.weight"].shape[0],
            position_kernel=position.shape[2],
            position_groups=position.shape[0] // position.shape[1],
        ),
    )
