"""The family `released` for the registry of models."""

from pathlib import Path

import torch

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files import loading
from dystream_ros.models.released.files.model_file import read_model_file
from dystream_ros.models.released.files.readout import READOUT_FILE
from dystream_ros.models.released.files.weights import generator_file
from dystream_ros.models.released.streaming.model import ReleasedModel
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer
from dystream_ros.models.runtime import Runtime


class ReleasedFamily:
    """Loads a model file (YAML), or a folder of weights that `dystream convert` wrote, with every setting's default."""

    def load(self, path: Path, runtime: Runtime | None) -> ReleasedModel:
        """A model ready for sessions, in PyTorch; of the runtime it uses `threads`.

        Raises:
            ModelError: the weights are not converted yet, or a setting or another file is missing or wrong.
        """
        if runtime is not None:
            torch.set_num_threads(runtime.threads)
        return loading.load(path)

    def weights_sha256(self, path: Path) -> str:
        """SHA-256 of the motion generator's weights, 64 hexadecimal digits. Raises as `load`."""
        return loading.weights_sha256(path)

    def open_renderer(self, path: Path, width: int, height: int, exact: bool) -> ReleasedRenderer | None:
        """The renderer of the portrait that a model file names; None when it names none and the motion is named.

        Args:
            width, height: of the pictures, in pixels.
            exact: compute in float32, as for the published pictures, whatever the precision in the model file.

        Raises:
            ModelError: the weights are not converted yet, or the model has neither a portrait nor named coefficients.
        """
        file = read_model_file(path)
        generator_file(file.weights)  # checked first: missing weights matter more than a missing portrait
        if file.portrait is not None:
            return loading.load_renderer(path, width, height, exact=exact)
        if not (file.weights / READOUT_FILE).is_file():
            raise ModelError(
                f"{path} names no portrait, and its motions have no named coefficients, so nothing can draw them: "
                "add `portrait: photo.jpg` to a model file, or name the coefficients with `dystream calibrate`"
            )
        return None


FAMILY = ReleasedFamily()
