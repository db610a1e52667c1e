"""The model folder of a trained generator: what `model:=` takes, of the family `released`."""

import dataclasses
from pathlib import Path

import torch
import yaml
from torch import Tensor

from dystream_lab.published.config import Preset
from dystream_lab.published.motions import MotionSpace
from dystream_lab.whole_files import copy, write_text
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.files.conversion import GENERATOR_FILE, RENDERER_FILE
from dystream_ros.models.released.files.model_file import FAMILY, FOLDER_SETTINGS
from dystream_ros.models.released.files.readout import READOUT_FILE, Readout
from dystream_ros.models.released.networks.configuration import SAMPLE_RATE
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.tensor_file import write_tensors

PORTRAIT_FILE = "portrait.safetensors"  # of `autoencoder.latents`


def write_model(
    folder: Path, model: MotionGenerator, preset: Preset, space: MotionSpace, readout: Readout, stage1: Path | None
) -> None:
    """Write weights, settings and readout; over latents, copy the renderer and the portrait of stage 1 beside them.

    Args:
        folder: made if missing.
        model: the trained weights.
        preset: sizes and settings.
        space: of the motion.
        readout: names the coefficients of a motion.
        stage1: folder of the autoencoder's weights, for latents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.detach().float().cpu().contiguous() for key, value in model.state_dict().items()}
    if stage1 is not None:
        state = unscaled(state, float(space.scale[0]))
    network, training = preset.network, preset.training
    metadata = {
        "heads": network.heads,
        "encoder_heads": network.encoder.heads,
        "window": network.window,
        "noise_scale": float(space.scale[0]) if stage1 is not None else 1.0,
        "causal_lookahead": training.lookahead,
        "causal_span": training.span,
    }
    write_tensors(state, folder / GENERATOR_FILE, {key: str(value) for key, value in metadata.items()})
    readout.save(folder / READOUT_FILE)
    write_text(folder / FOLDER_SETTINGS, settings_text(preset, stage1 is not None))
    if stage1 is not None:
        copy(stage1 / RENDERER_FILE, folder / RENDERER_FILE)
        if space.latents is not None:
            copy(space.latents / PORTRAIT_FILE, folder / PORTRAIT_FILE)


def unscaled(state: dict[str, Tensor], scale: float) -> dict[str, Tensor]:
    """Weights that give motion m from those that give m / scale; the noise is then multiplied by the scale too."""
    state = dict(state)
    for key in ("face_embed.weight", "anchor_embed.weight", "diffusion_head.noisy_proj.weight"):
        state[key] = state[key] / scale
    for key in ("diffusion_head.output_proj.weight", "diffusion_head.output_proj.bias"):
        state[key] = state[key] * scale
    return state


def settings_text(preset: Preset, latents: bool) -> str:
    """The model file of the folder."""
    training = preset.training
    settings: dict[str, object] = {
        "family": FAMILY,
        "weights": ".",
        "encoder": "causal",
        "lookahead": training.lookahead / SAMPLE_RATE,
        "window": training.span / 50,
        "steps": preset.steps,
        "guidance": _guidance(preset.guidance),
        "precision": "float32",
        "device": "auto",
    }
    if latents:
        settings |= {"portrait": PORTRAIT_FILE, "source": "portrait"}
    return yaml.safe_dump(settings, sort_keys=False)


def _guidance(guidance: Guidance) -> dict[str, float]:
    return {name.removesuffix("_weight"): float(value) for name, value in dataclasses.asdict(guidance).items()}


def copied(model: MotionGenerator) -> MotionGenerator:
    """A copy of a model in evaluation mode, without gradients, on the CPU."""
    with torch.no_grad():
        copy = MotionGenerator(model.config)
        copy.load_state_dict({key: value.cpu() for key, value in model.state_dict().items()})
    return copy.eval().requires_grad_(False)
