"""Writes the weights of a training in the file that the renderer of the model family `released` reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from dystream_lab.autoencoder.batches import FaceBatch
from dystream_lab.autoencoder.networks import spectral
from dystream_ros.models.released.files.conversion import RENDERER_FILE
from dystream_ros.models.released.files.state_dict import UNREAD_RENDERER_KEYS
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig
from dystream_ros.models.tensor_file import write_tensors

_NOTE = "dystream train-autoencoder, step "
_ITERATIONS = 20  # of the spectral norms, whose vectors belong to the current weights and not to their average


@torch.no_grad()
def settled(state: Mapping[str, Tensor], config: AutoencoderConfig, batches: Sequence[FaceBatch]) -> Autoencoder:
    """The networks of averaged weights, ready for use, in evaluation mode.

    The average of the weights has other statistics than the weights, so those of the batch norms are measured again,
    and the vectors of the spectral norms are iterated. The scale of the motion codes is set such that their numbers
    have a standard deviation of 1; the pictures do not change by it.
    """
    autoencoder = Autoencoder(config)
    autoencoder.load_state_dict(state)
    spectral.iterate(autoencoder, _ITERATIONS)
    norms = [layer for layer in autoencoder.modules() if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    autoencoder.train()
    codes = []
    for batch in batches:
        source = autoencoder.motion_encoder(batch.source_masked)
        target = autoencoder.motion_encoder(batch.driver_masked)
        autoencoder(autoencoder.face_encoder(batch.source), source, target)
        codes += [source, target]
    for norm in norms:
        norm.momentum = 0.1
    scale_codes(autoencoder, float(torch.cat(codes).std(0).mean().clamp(min=1e-6)))
    return autoencoder.eval().requires_grad_(False)


@torch.no_grad()
def scale_codes(autoencoder: Autoencoder, scale: float) -> None:
    """Divides all motion codes by a number, without a change of the pictures."""
    first, last = autoencoder.flow_estimator.fc[0], autoencoder.flow_estimator.fc[-1]
    autoencoder.motion_encoder.convs[-1].weight.div_(scale)
    first.weight.mul_(scale)
    last.weight.div_(scale)
    last.bias.div_(scale)
    autoencoder.face_generator.extend_layer.weight.mul_(scale)


def write(autoencoder: Autoencoder, folder: Path, step: int) -> Path:
    """Writes `renderer.safetensors` of a step of a training into a folder and returns its path."""
    path = folder / RENDERER_FILE
    state = {
        key: value.detach().to(torch.float32).contiguous().clone()
        for key, value in autoencoder.state_dict().items()
        if not UNREAD_RENDERER_KEYS.search(key)
    }
    write_tensors(state, path, {"trained": _NOTE + str(step)})
    return path


def written_step(folder: Path) -> int | None:
    """The step whose weights `write` has written into a folder; None when there are none, or others."""
    path = folder / RENDERER_FILE
    if not path.is_file():
        return None
    try:
        with safe_open(str(path), "pt") as file:
            note = (file.metadata() or {}).get("trained", "")
    except SafetensorError:
        return None
    return int(note.removeprefix(_NOTE)) if note.startswith(_NOTE) else None
