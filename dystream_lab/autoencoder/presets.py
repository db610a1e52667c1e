"""Sizes and settings by name: `tiny` for tests, `small` for a CPU, `published` for a GPU."""

from dataclasses import dataclass, replace

from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig


@dataclass(frozen=True)
class Preset:
    """Sizes of the networks, and the settings to train them with."""

    network: AutoencoderConfig
    training: AutoencoderTraining


_TINY = AutoencoderConfig(
    encoder=(4, 8, 8, 8, 16), motion=32, directions=16, appearance=4, halvings=2, channels=4, depth=4, volume_blocks=1,
    warp=(16, 8, 4), condition=8, decoder=(12, 8), hidden=4, middle_blocks=1,
)  # fmt: skip
# Channels in multiples of 16, with which convolutions on a CPU are fastest.
_SMALL = AutoencoderConfig(
    encoder=(16, 16, 32, 64, 128, 128), motion=128, directions=64, appearance=16, halvings=2, channels=16, depth=4,
    volume_blocks=1, warp=(64, 32, 16, 16), condition=32, decoder=(48, 32), hidden=16, middle_blocks=2,
)  # fmt: skip
_CPU = AutoencoderTraining(
    steps=20_000, batch=8, rate=8e-4, discriminator_rate=4e-4, discriminator_betas=(0.5, 0.99), settle=0.3,
    adversarial="hinge", adversarial_weight=0.02, adversarial_from=12_000,
)  # fmt: skip
PRESETS = {
    "tiny": Preset(
        _TINY, replace(_CPU, steps=60, batch=4, rate=2e-3, warmup=5, average=0.9, adversarial_from=40, save_every=20)
    ),
    "small": Preset(_SMALL, _CPU),
    "published": Preset(
        AutoencoderConfig(),
        AutoencoderTraining(steps=312_000, adversarial_from=10_000, precision="bfloat16", save_every=2000),
    ),
}


def halved(config: AutoencoderConfig) -> AutoencoderConfig:
    """The sizes for pictures of half the size: without the first halving of the encoder and the warp's last block.

    A training at half the size takes a quarter of the time; `growing.grown` continues it at the full one.
    """
    return replace(config, encoder=config.encoder[1:], warp=config.warp[:-1])
