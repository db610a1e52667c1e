"""Reads converted weights: the generator and the autoencoder."""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files.conversion import GENERATOR_FILE, RENDERER_FILE
from dystream_ros.models.released.files.state_dict import UNREAD_GENERATOR_KEYS, UNREAD_RENDERER_KEYS, load_state
from dystream_ros.models.released.networks.autoencoder import Autoencoder
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
    if not path.is_file():
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
    with safe_open(str(path), "pt") as file:
        metadata = file.metadata()
    state = load_file(str(path))
    sizes = {name: int(metadata[name]) for name in ("heads", "encoder_heads", "window")}
    generator = MotionGenerator(config_from_state(state, **sizes)).eval().requires_grad_(False)
    load_state(generator, state, UNREAD_GENERATOR_KEYS)
    return generator


def load_autoencoder(folder: Path) -> Autoencoder:
    """The autoencoder of a folder that `dystream convert` wrote; otherwise as `load_generator`."""
    autoencoder = Autoencoder().eval().requires_grad_(False)
    load_state(autoencoder, load_file(str(renderer_file(folder))), UNREAD_RENDERER_KEYS)
    return autoencoder
