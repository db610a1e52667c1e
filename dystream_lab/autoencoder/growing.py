"""Continues at the full size of the pictures what was trained at half of it."""

import math
import re

import torch
from torch import Tensor, nn

from dystream_lab.autoencoder.presets import halved
from dystream_ros.models.released.networks.autoencoder_configuration import (
    AutoencoderConfig,
    autoencoder_config_from_state,
)

_BLOCK = re.compile(r"^motion_encoder\.convs\.(\d+)\.")
_FIRST = "motion_encoder.convs.0."
_AFTER_WARP = ("face_generator.gn.", "face_generator.conv2.")


def starting_weights(state: dict[str, Tensor], config: AutoencoderConfig) -> dict[str, Tensor]:
    """The weights of a state dict that networks of these sizes begin with.

    Weights of the same sizes are all taken. Of those for pictures of half the size (`presets.halved`) the blocks of the
    motion encoder move up by one. The new block below them only halves the picture at first, and the new last block of
    the warp only enlarges it, where their numbers of channels allow; otherwise they and the layers beside them remain
    random. The other weights are convolutions that fit any size of picture.

    Raises:
        ValueError: the sizes are neither these nor half of them.
    """
    found = autoencoder_config_from_state(state)
    if found == config:
        return dict(state)
    if found != halved(config):
        raise ValueError(
            f"the weights to begin with are for {found.image} pixels and other sizes than {config.image} pixels need; "
            "begin with a run of the same preset, of the same size or of half of it (--half)"
        )
    taken = {}
    for key, value in state.items():
        match = _BLOCK.match(key)
        if key.startswith((_FIRST, *_AFTER_WARP)):
            continue
        if match:
            key = f"motion_encoder.convs.{int(match[1]) + 1}." + key[match.end() :]
        taken[key] = value
    if config.encoder[0] == config.encoder[1]:
        taken |= {key: value for key, value in state.items() if key.startswith(_FIRST)}
        taken |= _halving(config.encoder[0])
    if config.warp[-1] == config.warp[-2]:
        taken |= {key: value for key, value in state.items() if key.startswith(_AFTER_WARP)}
        taken |= _enlarging(config)
    return taken


def _halving(channels: int) -> dict[str, Tensor]:
    """Weights with which a block of the motion encoder halves its blurred input: its shortcut times sqrt(2) alone."""
    shortcut = math.sqrt(2 * channels) * torch.eye(channels)[..., None, None]
    return {
        "motion_encoder.convs.1.skip.1.weight": shortcut,
        "motion_encoder.convs.1.conv2.1.weight": torch.zeros(channels, channels, 3, 3),
    }


def _enlarging(config: AutoencoderConfig) -> dict[str, Tensor]:
    """Weights with which the last block of the warp returns its enlarged input: its shortcut alone."""
    block, channels = f"face_generator.resblock{config.growths}.", config.warp[-1]
    shape = (channels, channels, 3, 3, 3)
    return {
        block + "skip_layer.weight": nn.init.dirac_(torch.empty(shape)),
        block + "conv2.weight": torch.zeros(shape),
    }
