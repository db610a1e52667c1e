"""Finds the graph file of weights: beside them, in the package or in the cache; exports it if there is none."""

import logging
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from dystream_ros import __version__
from dystream_ros.models.compact.graph import file
from dystream_ros.models.compact.graph.file import GraphFile
from dystream_ros.models.compact.weights_file import WeightsFile, read
from dystream_ros.models.errors import ModelError

_LOG = logging.getLogger(__name__)
_SHIPPED = Path(__file__).resolve().parents[3] / "assets" / "models"


class ExportUnavailable(ModelError):
    """No graph can be exported here, but PyTorch can step the weights."""


def find_graph(weights_path: Path, weights: WeightsFile) -> GraphFile | None:
    """The graph file that fits weights; None when none is stored. A damaged or unsuitable one is passed over."""
    wanted = weights.architecture_sha256()
    for path in _stored(weights_path, wanted):
        try:
            found = file.read(path)
        except ModelError as error:
            _LOG.warning("%s", error)
            continue
        if found.architecture_sha256 == wanted:
            return found
    return None


def export_to_cache(weights_path: Path, weights: WeightsFile) -> GraphFile:
    """Exports the graph of weights, and keeps it for the next time. Raises as `export_graph`."""
    check_exporter(weights_path)
    _LOG.warning("%s has no graph beside it; it is exported once, which takes about 20 s", weights_path)
    made = export_graph(weights_path, weights)
    try:
        made.write(_cached(made.architecture_sha256))
    except (OSError, RuntimeError) as error:
        _LOG.warning("the graph of %s cannot be kept for the next time: %s", weights_path, error)
    return made


def write_graph(weights_path: Path, path: Path | None = None, again: bool = False) -> Path:
    """Writes the graph file of weights: one of the same architecture if it is stored, else it is exported.

    Args:
        path: where it is written; beside the weights when None.
        again: export it in any case.

    Returns:
        The path of the file. Raises as `export_graph`, and OSError if the file cannot be written.
    """
    weights = read(weights_path)
    found = None if again else find_graph(weights_path, weights)
    graph = found or export_graph(weights_path, weights, together=True)
    path = path or file.beside(weights_path)
    graph.write(path)
    return path


def export_graph(weights_path: Path, weights: WeightsFile, together: bool = False) -> GraphFile:
    """Exports the graph of weights with PyTorch.

    Args:
        together: also export what steps several heads as one batch.

    Raises:
        ExportUnavailable: a package of the exporter is missing, or it failed.
        ModelError: PyTorch is missing, or the weights do not fit.
    """
    check_exporter(weights_path)
    from dystream_ros.models.compact import weights as torch_weights
    from dystream_ros.models.compact.graph.export import TOGETHER, export

    network = torch_weights.load(weights_path)
    try:
        return export(network, weights.architecture_sha256(), TOGETHER if together else ())
    except Exception as error:  # the exporter raises kinds of its own, without a common base
        raise ExportUnavailable(
            f"the graph of {weights_path} cannot be exported: {type(error).__name__}: {error}"
        ) from error


def check_exporter(weights_path: Path) -> None:
    """Checks that what exports the graph of weights is installed. Raises as `export_graph`."""
    if find_spec("torch") is None:
        raise ModelError(
            f"{weights_path} has no graph beside it, and exporting one needs torch: where torch is installed, run "
            f"`dystream export {weights_path.name}`, and copy {file.beside(weights_path).name} beside the weights"
        )
    from dystream_ros.models.compact.graph.export import missing_packages

    if missing := missing_packages():
        raise ExportUnavailable(
            f"{weights_path} has no graph beside it, and exporting one needs {', '.join(missing)}: "
            f"pip install {' '.join(missing)}"
        )


def _stored(weights_path: Path, architecture: str) -> Iterator[Path]:
    """Graph files that exist and may fit, the nearest first."""
    shipped = sorted(_SHIPPED.glob(f"*{file.SUFFIX}"))
    for path in (file.beside(weights_path), *shipped):
        if os.path.isfile(path):
            yield path
    try:
        cached = _cached(architecture)
    except RuntimeError:
        return  # the user has no home folder
    if os.path.isfile(cached):  # unlike Path.is_file, False for a folder that may not be read
        yield cached


def _cached(architecture: str) -> Path:
    """Graph file in the user's cache; those of other versions of this package are not used.

    Raises:
        RuntimeError: the user has no home folder.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "dystream_ros" / "graphs" / f"{__version__}-{file.FORMAT}-{architecture[:32]}{file.SUFFIX}"
