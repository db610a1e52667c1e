"""The family `compact` for the registry of models."""

from pathlib import Path

import yaml

from dystream_ros.models.compact import weights
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.errors import ModelError
from dystream_ros.rendering.interfaces import Renderer


class CompactFamily:
    """Loads weights that `dystream train` wrote, or a model file with `family: compact` and `weights: FILE`."""

    def load(self, path: Path, live: bool) -> CompactModel:
        """A compact model in evaluation mode; `live` traces its step for one session. Raises `ModelError`."""
        path = _weights_of(path)
        network = weights.load(path)
        if live:
            network.trace(weights.sha256(path))
        return network

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the weights file. Raises `ModelError`."""
        return weights.sha256(_weights_of(path))

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> Renderer | None:
        """None: the motion has named coefficients, which a portrait draws."""
        return None


def _weights_of(path: Path) -> Path:
    """The weights file itself, or the one that a model file names, relative to it."""
    if path.suffix == ".safetensors":
        return path
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    if set(settings) != {"family", "weights"} or not isinstance(settings["weights"], str):
        raise ModelError(f"{path} has the keys {', '.join(settings)}; accepted are family: compact and weights: FILE")
    return (path.parent / Path(settings["weights"]).expanduser()).resolve()


FAMILY = CompactFamily()
