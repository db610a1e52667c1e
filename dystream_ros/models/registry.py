"""Finding a model by name or by path."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dystream_ros.models.errors import ModelError

_ASSETS = Path(__file__).resolve().parent.parent / "assets" / "models"
DEFAULT_MODEL = "compact"
MODEL_FILES = (".yaml", ".yml")


@dataclass(frozen=True)
class LoadedModel:
    """A model and what a log has to say of it; `engine.session.Session` steps its network.

    Attributes:
        name: name or path it was asked for.
        network: the network, in evaluation mode.
        weights_sha256: hash of its weights.
    """

    name: str
    network: Any
    weights_sha256: str


def shipped_models() -> list[str]:
    """Names of the models that lie in the package."""
    return sorted(path.stem for path in _ASSETS.glob("*") if path.suffix in (".safetensors", *MODEL_FILES))


def load_model(name_or_path: str = DEFAULT_MODEL, *, live: bool = False) -> LoadedModel:
    """Loads a shipped model by name or any by the path of its weights (.safetensors) or of a model file (.yaml).

    Args:
        live: prepare it to step one session at the least cost, which takes a second.

    Raises:
        ModelError: there is no such model, or its file is damaged.
    """
    path = find_model(name_or_path)
    if _is_released(path):
        from dystream_ros.models import released

        return LoadedModel(name_or_path, released.load(path), released.weights_sha256(path))
    from dystream_ros.models.compact import weights

    network = weights.load(path)
    if live:
        network.trace()
    return LoadedModel(name_or_path, network, weights.sha256(path))


def open_own_renderer(name_or_path: str, width: int, height: int, exact: bool = False) -> Any | None:
    """The renderer that a model brings for its latents, on the portrait of its file; None where the names have to do.

    Args:
        exact: in float32, as the published pictures are computed, whatever the file says.

    Raises:
        ModelError: there is no such model, its renderer's weights are missing, or nothing can draw its motions.
    """
    path = find_model(name_or_path)
    if not _is_released(path):
        return None
    from dystream_ros.models import released

    if released.has_portrait(path):
        return released.load_renderer(path, width, height, exact=exact)
    if not released.has_names(path):
        raise ModelError(
            f"{path} names no portrait, and without one its motions can not be drawn: add `portrait: photo.jpg` to it, "
            "or name its coefficients with `dystream calibrate`"
        )
    return None


def _is_released(path: Path) -> bool:
    """Whether it is a model file of the published model, or the folder of its weights."""
    return path.is_dir() or path.suffix in MODEL_FILES


def find_model(name_or_path: str) -> Path:
    """The file or folder of a model: a shipped name, or a path, which need not exist; raises `ModelError`."""
    path = Path(name_or_path).expanduser()
    if path.suffix in (".safetensors", *MODEL_FILES) or path.is_dir():
        return path
    for suffix in (".safetensors", *MODEL_FILES):
        path = _ASSETS / f"{name_or_path}{suffix}"
        if path.is_file():
            return path
    raise ModelError(
        f"there is no model {name_or_path!r}; shipped are {', '.join(shipped_models()) or 'none'}; "
        "or give the path of a .safetensors file or of a model file (.yaml)"
    )
