"""The family `compact` for the registry of models."""

from pathlib import Path

from dystream_ros.models.compact import weights
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.rendering.interfaces import Renderer


class CompactFamily:
    """Loads weights that `dystream train` wrote."""

    def load(self, path: Path, live: bool) -> CompactModel:
        """A compact model in evaluation mode; `live` traces its step for one session. Raises `ModelError`."""
        network = weights.load(path)
        if live:
            network.trace(weights.sha256(path))
        return network

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the weights file. Raises `ModelError`."""
        return weights.sha256(path)

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> Renderer | None:
        """None: the motion is named, and a portrait draws it."""
        return None


FAMILY = CompactFamily()
