"""The codes of a portrait: its motion and its volume of features, computed once per photo."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.fast.precision import float32_convolutions
from dystream_ros.models.released.files.conversion import sha256_of
from dystream_ros.models.released.files.masked_portrait import EncoderPictures
from dystream_ros.models.released.files.weights import renderer_file
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.tensor_file import write_tensors


@dataclass(frozen=True)
class PortraitCodes:
    """A portrait, encoded by the published networks.

    Attributes:
        code: (512,), its motion, the anchor of a conversation.
        volume: (32, 16, 64, 64), its appearance.
    """

    code: Tensor
    volume: Tensor

    def save(self, path: Path) -> None:
        """Write a `.safetensors` file."""
        write_tensors({"code": self.code, "volume": self.volume}, path)

    @classmethod
    def load(cls, path: Path) -> "PortraitCodes":
        """Read what `save` wrote.

        Raises:
            ModelError: there is no such file, or it is damaged.
        """
        if not os.path.isfile(path):  # which does not raise for too long a name
            raise ModelError(f"there is no portrait {path}; make it with `dystream convert --portrait PHOTO`")
        try:
            return cls(**load_file(str(path)))
        except (SafetensorError, TypeError) as error:
            raise ModelError(f"{path} is not a portrait of the published model: {error}") from error


def as_input(picture: NDArray[np.uint8]) -> Tensor:
    """uint8 (size, size, 3), RGB -> (1, 3, size, size) in -1 to 1."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1


@torch.inference_mode()
def encode_portrait(autoencoder: Autoencoder, pictures: EncoderPictures, masked: bool = True) -> PortraitCodes:
    """Codes of a portrait.

    Args:
        masked: the motion encoder receives eyes and mouth only, as in training; False gives it the whole crop, as one
            published script does.
    """
    motion_input = pictures.masked if masked else pictures.crop
    with float32_convolutions():
        return PortraitCodes(
            code=autoencoder.motion_encoder(as_input(motion_input))[0].clone(),
            volume=autoencoder.face_encoder(as_input(pictures.crop))[0].clone(),
        )


def cache_path(photo: Path, weights: Path, masked: bool) -> Path:
    """Path of the cached codes of a photo, named by its hash and by that of the renderer in the folder `weights`.

    Raises:
        ModelError: the folder has no renderer.
    """
    key = hashlib.sha256(photo.read_bytes())
    key.update(f"{sha256_of(renderer_file(weights))} {masked}".encode())
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return cache / "dystream_ros" / "released" / f"{key.hexdigest()[:32]}.safetensors"
