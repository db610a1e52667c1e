"""Finding a model by name or by path."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dystream_ros.models.errors import ModelError

_ASSETS = Path(__file__).resolve().parent.parent / "assets" / "models"
DEFAULT_MODEL = "compact"


@dataclass(frozen=True)
class LoadedModel:
    """A model and what a log has to say of it.

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
    return sorted(path.stem for path in _ASSETS.glob("*.safetensors"))


def load_model(name_or_path: str = DEFAULT_MODEL) -> LoadedModel:
    """Loads a shipped model by name or any by the path of its weights.

    Raises:
        ModelError: there is no such model, or its file is damaged.
    """
    from dystream_ros.models.compact import weights

    path = Path(name_or_path).expanduser()
    if path.suffix != ".safetensors":
        path = _ASSETS / f"{name_or_path}.safetensors"
        if not path.is_file():
            raise ModelError(
                f"there is no model {name_or_path!r}; shipped are {', '.join(shipped_models()) or 'none'}; "
                "or give the path of a .safetensors file"
            )
    return LoadedModel(name_or_path, weights.load(path), weights.sha256(path))
