"""Folders of untrained models as `dystream train --family published --preset tiny` writes them."""

from pathlib import Path

import numpy as np
import torch

from dystream_lab.autoencoder import export
from dystream_lab.autoencoder.presets import PRESETS as AUTOENCODERS
from dystream_lab.published.config import PRESETS
from dystream_lab.published.folder import PORTRAIT_FILE, write_model
from dystream_lab.published.initial import random_weights
from dystream_lab.published.motions import NAMED, MotionSpace, named_readout
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.files.readout import Readout
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.generator import MotionGenerator


def write_named(folder: Path) -> Path:
    """A model over named coefficients, which a portrait of the package shows."""
    space = MotionSpace(np.full(NAMED, 0.2, np.float32))
    return _written(folder / "model", space, named_readout(space), None)


def write_latent(folder: Path) -> Path:
    """A model over the motion codes of an autoencoder, which draws its own pictures of 64 pixels."""
    torch.manual_seed(1)
    network = AUTOENCODERS["tiny"].network
    autoencoder = Autoencoder(network).eval().requires_grad_(False)
    export.write(autoencoder, folder / "stage1", 1)
    PortraitCodes(torch.randn(network.motion), torch.randn(network.volume)).save(folder / "latents" / PORTRAIT_FILE)
    weight, bias = autoencoder.flow_estimator.affine()
    named = 0.1 * torch.randn(NAMED, len(bias))
    readout = Readout(weight, bias, named, torch.full((NAMED,), 0.3), torch.ones(NAMED))
    space = MotionSpace(np.full(network.motion, 2.0, np.float32), folder / "latents")
    return _written(folder / "model", space, readout, folder / "stage1")


def _written(folder: Path, space: MotionSpace, readout: Readout, stage1: Path | None) -> Path:
    torch.manual_seed(0)
    preset = PRESETS["tiny"].with_motion(space.size)
    model = MotionGenerator(preset.network).eval().requires_grad_(False)
    random_weights(model)
    write_model(folder, model, preset, space, readout, stage1)
    return folder
