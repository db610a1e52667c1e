"""Models by name or by path, and the families that load them.

A family is a folder in `dystream_ros.models` with a module `family` that has an object `FAMILY` of the protocol
`Family`, and an entry in `FAMILIES`. A file names its family: a model file (YAML) by its key `family`, a weights file
(.safetensors) by the second word of `format` in its header, a folder of weights by a file that only this family writes.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from safetensors import SafetensorError, safe_open

from dystream_ros.engine.interfaces import Model
from dystream_ros.files import folder, regular_file, user_path
from dystream_ros.models.errors import ModelError
from dystream_ros.models.model_settings import read_settings
from dystream_ros.models.runtime import Runtime
from dystream_ros.rendering.interfaces import Renderer

_ASSETS = Path(__file__).resolve().parent.parent / "assets" / "models"
_WEIGHTS, _MODEL_FILES = ".safetensors", (".yaml", ".yml")
DEFAULT_MODEL = "compact"


class Family(Protocol):
    """Loads the models of one family. Stateless; its methods may be called from any thread."""

    def load(self, path: Path, runtime: Runtime | None) -> Model:
        """The model in a weights file, a model file or a folder.

        Args:
            runtime: prepare it to step live sessions at the least cost; None for the family's PyTorch network.

        Raises:
            ModelError: a file is missing, damaged or does not fit.
        """
        ...

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the weights, 64 hexadecimal digits. Raises `ModelError`."""
        ...

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> Renderer | None:
        """The renderer that draws this model's latents; None where a portrait draws its named coefficients.

        Args:
            width, height: of the pictures, in pixels.
            exact: compute in float32, whatever the precision in the model file.

        Raises:
            ModelError: its weights are missing, or nothing can draw this model's motions.
        """
        ...


@dataclass(frozen=True)
class Registration:
    """Location of a family, and the mark of its folders.

    Attributes:
        module: contains the object `FAMILY`; imported when a model of this family is loaded.
        folder_file: name of a file in each folder of weights of this family; "" when it has no folders.
    """

    module: str
    folder_file: str = ""


FAMILIES: dict[str, Registration] = {
    "compact": Registration("dystream_ros.models.compact.family"),
    "released": Registration("dystream_ros.models.released.family", folder_file="generator.safetensors"),
}


@dataclass(frozen=True)
class LoadedModel:
    """A model, ready for sessions, and its identity.

    Attributes:
        name: name or path as given.
        network: the model; `engine.session.Session` makes a head of it.
        weights_sha256: SHA-256 of its weights, 64 hexadecimal digits.
    """

    name: str
    network: Model
    weights_sha256: str


def shipped_models() -> list[str]:
    """Names of the models in the package."""
    return sorted(path.stem for path in _ASSETS.glob("*") if path.suffix in (_WEIGHTS, *_MODEL_FILES))


def load_model(name_or_path: str = DEFAULT_MODEL, runtime: Runtime | None = None) -> LoadedModel:
    """Loads a shipped model by name, or any model by the path of its weights file, model file or folder.

    Args:
        runtime: prepare it to step live sessions at the least cost; None for the family's PyTorch network, for batches
            and for training.

    Raises:
        ModelError: there is no such model, its family is unknown, or a file is missing or damaged.
    """
    path = find_model(name_or_path)
    family = _family_of(path)
    return LoadedModel(name_or_path, family.load(path, runtime), family.weights_sha256(path))


def open_own_renderer(name_or_path: str, width: int, height: int, exact: bool = False) -> Renderer | None:
    """The renderer that a model brings for its latents; None where a portrait draws its named coefficients.

    Args:
        width, height: of the pictures, in pixels.
        exact: compute in float32, as for the published pictures, whatever the precision in the model file.

    Raises:
        ModelError: there is no such model, its renderer's weights are missing, or nothing can draw its motions.
    """
    path = find_model(name_or_path)
    return _family_of(path).open_renderer(path, width, height, exact)


def find_model(name_or_path: str) -> Path:
    """The file or folder of a model: a shipped name, or a path, which need not exist.

    Raises:
        ModelError: it is neither; the message lists the shipped names.
    """
    path = user_path(name_or_path)
    if path.suffix in (_WEIGHTS, *_MODEL_FILES) or folder(path):
        return path
    for suffix in (_WEIGHTS, *_MODEL_FILES):
        shipped = regular_file(_ASSETS / f"{name_or_path}{suffix}")
        if shipped is not None:
            return shipped
    raise ModelError(
        f"there is no model {name_or_path[:200]!r}; shipped are {', '.join(shipped_models()) or 'none'}; "
        "or give the path of a .safetensors file, of a model file (.yaml) or of a folder of converted weights"
    )


def family_name(path: Path) -> str:
    """The family of a file or folder.

    Raises:
        ModelError: it is missing or damaged, or names no family.
    """
    if folder(path):
        for name, registration in FAMILIES.items():
            if registration.folder_file and (path / registration.folder_file).is_file():
                return name
        known = ", ".join(f"{family.folder_file} ({name})" for name, family in FAMILIES.items() if family.folder_file)
        raise ModelError(f"{path} holds no weights of a known family: none of {known}; `dystream convert` writes them")
    if regular_file(path) is None:
        raise ModelError(
            f"no weights at {path}; give the path of a .safetensors file, a model file (.yaml) or a folder"
        )
    if path.suffix == _WEIGHTS:
        return _family_of_weights(path)
    named = read_settings(path).get("family")
    if not isinstance(named, str):
        raise ModelError(f"{path} names no family; a model file has the key `family`, one of {', '.join(FAMILIES)}")
    return named


def _family_of_weights(path: Path) -> str:
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is damaged or no safetensors file ({error}); fetch or train it again") from error
    words = header.get("format", "").split()
    if len(words) < 2 or words[0] != "dystream_ros":
        raise ModelError(
            f"{path} has the format {header.get('format')!r}; accepted are weights that `dystream train` wrote "
            "('dystream_ros compact 1')"
        )
    return words[1]


def _family_of(path: Path) -> Family:
    name = family_name(path)
    if name not in FAMILIES:
        raise ModelError(f"{path} is of the family {name!r}; this version has {', '.join(FAMILIES)}")
    return cast(Family, importlib.import_module(FAMILIES[name].module).FAMILY)
