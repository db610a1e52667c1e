"""The family `compact` for the registry of models."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from dystream_ros.engine.interfaces import Model
from dystream_ros.models.compact import weights_file
from dystream_ros.models.errors import ModelError
from dystream_ros.models.model_settings import read_settings
from dystream_ros.models.runtime import Runtime
from dystream_ros.rendering.interfaces import Renderer

if TYPE_CHECKING:  # PyTorch is imported only where it steps
    from dystream_ros.models.compact.model import CompactModel

_LOG = logging.getLogger(__name__)


class CompactFamily:
    """Loads weights that `dystream train` wrote, or a model file with `family: compact` and `weights: FILE`."""

    def load(self, path: Path, runtime: Runtime | None) -> Model:
        """A model for live sessions, by default in ONNX Runtime and without PyTorch; the PyTorch model for None.

        Raises:
            ModelError: the weights are missing, damaged or of another version, or the runtime cannot step them.
        """
        path = _weights_of(path)
        if runtime is None or runtime.backend == "torch":
            return _torch_model(path, runtime)
        # Imported here: the laboratory's models need no ONNX Runtime.
        from dystream_ros.models.compact.graph.finding import ExportUnavailable, export_to_cache, find_graph

        try:
            from dystream_ros.models.compact.graph.model import GraphModel
        except ImportError as error:
            raise ModelError(
                f"stepping {path} needs the package onnxruntime ({error}): pip install onnxruntime; "
                "or set the backend to torch"
            ) from error

        weights = weights_file.read(path)
        try:
            weights.config()
            graph = find_graph(path, weights)
        except (KeyError, TypeError, ValueError) as error:
            raise weights_file.unsuitable(path, error) from error
        if graph is None:
            try:
                graph = export_to_cache(path, weights)
            except ExportUnavailable as error:
                if runtime.backend == "onnx":
                    raise
                _LOG.warning("%s; PyTorch computes the steps, which takes three times as long", error)
                return _torch_model(path, runtime)
        return GraphModel(weights, graph, runtime)

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the weights file. Raises `ModelError`."""
        return weights_file.sha256(_weights_of(path))

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> Renderer | None:
        """None: the motion has named coefficients, which a portrait draws."""
        return None


def _torch_model(path: Path, runtime: Runtime | None) -> "CompactModel":
    try:
        import torch

        from dystream_ros.models.compact import weights
    except ImportError as error:
        raise ModelError(
            f"stepping {path} with PyTorch needs the package torch ({error}): "
            "pip install torch --index-url https://download.pytorch.org/whl/cpu"
        ) from error
    if runtime is not None:
        torch.set_num_threads(runtime.threads)
    return weights.load(path)


def _weights_of(path: Path) -> Path:
    """The weights file itself, or the one that a model file names, relative to it."""
    if path.suffix == ".safetensors":
        return path
    settings = read_settings(path)
    if set(settings) != {"family", "weights"} or not isinstance(settings["weights"], str):
        keys = ", ".join(map(str, settings))
        raise ModelError(f"{path} has the keys {keys}; accepted are family: compact and weights: FILE")
    try:
        return (path.parent / Path(settings["weights"]).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{path} names the weights {settings['weights']!r}, which are no path: {error}") from error


FAMILY = CompactFamily()
