"""The affine map from a latent motion to named coefficients, which `dystream calibrate` fits, and its closed lips."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dystream_ros.face.arkit import ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionLayout
from dystream_ros.models.errors import ModelError
from dystream_ros.models.tensor_file import write_tensors

READOUT_FILE = "readout.safetensors"


@dataclass(frozen=True)
class Readout:
    """Coefficients and head pose from the 64 coordinates of a motion, each an affine map.

    Attributes:
        coordinates_weight, coordinates_bias: (64, motion) and (64,), motion -> coordinates.
        weight, bias: (58, 64) and (58,), coordinates -> 52 coefficients and 6 numbers of the head's pose.
        quality: (58,), correlation with the landmarker's readings of held-out pictures.
    """

    coordinates_weight: Tensor
    coordinates_bias: Tensor
    weight: Tensor
    bias: Tensor
    quality: Tensor

    def read(self, motion: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Motion (motion,) -> coefficients (52,), 0 to 1, and head pose (6,)."""
        coordinates = self.coordinates_weight.numpy() @ motion + self.coordinates_bias.numpy()
        numbers = (self.weight.numpy() @ coordinates + self.bias.numpy()).astype(np.float32)
        count = len(ARKIT_NAMES)
        return numbers[:count].clip(0, 1), numbers[count:]

    def closed_lips(self) -> tuple[Tensor, Tensor]:
        """Weight (motion, motion) and bias (motion,) of the map that zeroes speech coefficients and keeps the rest."""
        speech = list(SPEECH_INDEX)
        reading = (self.weight.double() @ self.coordinates_weight.double()).double()
        at_zero = self.weight.double() @ self.coordinates_bias.double() + self.bias.double()
        # The pseudo-inverse gives the smallest such change. Directions that hardly change the coefficients are left
        # out: removing them distorts the face.
        back = torch.linalg.pinv(reading, rtol=1e-2)[:, speech]
        weight = torch.eye(reading.shape[1], dtype=torch.float64) - back @ reading[speech]
        return weight.float(), (-back @ at_zero[speech]).float()

    def save(self, path: Path) -> None:
        """Write a `.safetensors` file."""
        write_tensors({name: getattr(self, name) for name in self.__dataclass_fields__}, path)

    @classmethod
    def load(cls, path: Path) -> "Readout":
        """Read what `save` wrote.

        Raises:
            ModelError: the file is damaged, or its shapes do not fit each other.
        """
        try:
            with safe_open(str(path), "pt") as file:
                readout = cls(**{name: file.get_tensor(name) for name in cls.__dataclass_fields__})
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{path} is damaged ({error}); write it again with `dystream calibrate` or `dystream train --family "
                "published`, or delete it, and the motion has no names"
            ) from error
        named, coordinates = len(ARKIT_NAMES) + 6, len(readout.coordinates_bias)
        shapes = [tuple(getattr(readout, name).shape) for name in ("coordinates_weight", "weight", "bias", "quality")]
        if shapes != [(coordinates, readout.size), (named, coordinates), (named,), (named,)]:
            raise ModelError(f"{path} is damaged: its shapes are {shapes}; write it again with `dystream calibrate`")
        return readout

    @property
    def size(self) -> int:
        """Numbers of a motion."""
        return self.coordinates_weight.shape[-1]


def layout_of(readout: Readout | None, latent_size: int) -> MotionLayout:
    """Layout of the named coefficients and the latent; of the latent only without a readout."""
    named = ARKIT_LAYOUT if readout else MotionLayout((), (), (), (), ())
    return MotionLayout(named.names, named.units, named.minimum, named.maximum, named.neutral, latent_size)
