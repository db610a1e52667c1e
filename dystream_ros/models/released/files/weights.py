"""Reads converted weights: the generator and the autoencoder."""

import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files.conversion import GENERATOR_FILE, RENDERER_FILE
from dystream_ros.models.released.files.state_dict import UNREAD_GENERATOR_KEYS, UNREAD_RENDERER_KEYS, load_state
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.autoencoder_configuration import autoencoder_config_from_state
from dystream_ros.models.released.networks.configuration import config_from_state
from dystream_ros.models.released.networks.generator import MotionGenerator


def generator_file(folder: Path) -> Path:
    """The motion generator's weights in a folder that `dystream convert` wrote. Raises ModelError without them."""
    return _converted(folder, GENERATOR_FILE)


def renderer_file(folder: Path) -> Path:
    """The autoencoder's weights in a folder that `dystream convert` wrote. Raises ModelError without them."""
    return _converted(folder, RENDERER_FILE)


def _converted(folder: Path, name: str) -> Path:
    path = folder / name
    if not os.path.isfile(path):  # which does not raise for too long a name
        raise ModelError(
            f"{folder} has no {name}: download the published checkpoints with `dystream fetch`, then convert them with "
            f"`dystream convert --checkpoint last.ckpt --renderer epoch=0-step=312000.ckpt -o {folder}`"
        )
    return path


def load_generator(folder: Path) -> MotionGenerator:
    """The motion generator of a folder that `dystream convert` wrote, in evaluation mode, without gradients.

    Raises:
        ModelError: the folder lacks it.
        ValueError: its weights do not fit.
    """
    path = generator_file(folder)
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
        state = load_file(str(path))
        sizes = {name: int(metadata[name]) for name in ("heads", "encoder_heads", "window")}
        noise_scale = float(metadata.get("noise_scale", 1.0))
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"{path} is damaged ({type(error).__name__}: {error}); write it with `dystream convert`"
        ) from error
    generator = MotionGenerator(config_from_state(state, **sizes, noise_scale=noise_scale)).eval().requires_grad_(False)
    load_state(generator, state, UNREAD_GENERATOR_KEYS)
    return generator


def causal_sizes(folder: Path) -> tuple[int, int] | None:
    """Lookahead in samples and span in features of the causal encoders that a folder's generator was trained with.

    None for weights that were not trained with causal encoders, as the published ones.

    Raises:
        ModelError: the folder lacks the generator, or its file is damaged.
    """
    path = generator_file(folder)
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
        if "causal_lookahead" not in metadata:
            return None
        return int(metadata["causal_lookahead"]), int(metadata["causal_span"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({type(error).__name__}: {error}); train it again") from error


def load_autoencoder(folder: Path) -> Autoencoder:
    """The autoencoder of a folder that `dystream convert` or `dystream train-autoencoder` wrote, in evaluation mode.

    Its sizes are those of the weights.

    Raises:
        ModelError: the folder lacks it, or the file is damaged.
        ValueError: its weights do not fit.
    """
    path = renderer_file(folder)
    try:
        state = load_file(str(path))
        config = autoencoder_config_from_state(state)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"{path} is damaged ({type(error).__name__}: {error}); write it with `dystream convert`, or train it with "
            "`dystream train-autoencoder`"
        ) from error
    autoencoder = Autoencoder(config).eval().requires_grad_(False)
    load_state(autoencoder, state, UNREAD_RENDERER_KEYS)
    return autoencoder
