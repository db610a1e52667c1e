"""Pictures of the published model, behind the same interface as the mesh renderer."""

import cv2
import numpy as np
import torch
from torch import Tensor

from dystream_ros.models.released.fast.captured import CapturedGraph
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.networks.autoencoder import Autoencoder, to_uint8

SOURCES = ("first", "portrait")


class ReleasedRenderer:
    """Draws one portrait from latent motions.

    Args:
        autoencoder: the published weights, copied.
        portrait: of the face to draw.
        width, height: of the images; the networks paint 512 x 512, another size is scaled.
        dtype: of the decoder.
        device: "cpu", "cuda", ...
        source: the motion that others are relative to: "first", the first one drawn, as the published renderer has
            it, or "portrait", the portrait's own, as in training.
        graphs: run on a GPU as one graph, captured here: that takes seconds.

    Raises:
        ValueError: an unknown source or dtype.
    """

    name = "released"
    draws_latents = True

    def __init__(
        self,
        autoencoder: Autoencoder,
        portrait: PortraitCodes,
        width: int = 512,
        height: int = 512,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
        source: str = "first",
        graphs: bool = True,
    ) -> None:
        if source not in SOURCES:
            raise ValueError(f"source is {source!r}; accepted are {', '.join(SOURCES)}")
        self.width, self.height, self.device = width, height, device
        self.network = FoldedRenderer(autoencoder, dtype).eval().to(device)
        self._volume = portrait.volume[None].to(device)
        self._code = portrait.code[None].to(device)
        self._from_portrait = source == "portrait"
        self._source, self._sourced = self._code.clone(), self._from_portrait
        self._target = self._code.clone()
        self._graph: CapturedGraph | None = None
        if graphs and self._volume.device.type == "cuda":
            with torch.inference_mode():
                self._graph = CapturedGraph(self._picture, self._volume.device)

    @torch.inference_mode()
    def render(self, values: np.ndarray, head_pose: np.ndarray, latent: np.ndarray | None = None) -> np.ndarray:
        """An image uint8 (height, width, 3), BGR, top row first, of a motion's latent (512,).

        The named values and the head's pose are those of the same motion; nothing is drawn from them.

        Raises:
            ValueError: there is no latent, or it has another length.
        """
        if latent is None or latent.shape != self._code.shape[1:]:
            given = "none" if latent is None else str(latent.shape)
            raise ValueError(f"this renderer draws latents of shape {tuple(self._code.shape[1:])}, got {given}")
        self._target.copy_(torch.from_numpy(np.asarray(latent, np.float32))[None])
        if not self._sourced:
            self._source.copy_(self._target)
            self._sourced = True
        image = (self._graph or self._picture)().cpu().numpy()
        if (self.width, self.height) != image.shape[1::-1]:
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return image

    def reset(self) -> None:
        """Make the next motion the first."""
        self._sourced = self._from_portrait

    def _picture(self) -> Tensor:
        """Picture uint8 (512, 512, 3), BGR, of the target, on the device."""
        image = self.network(self._volume, self._source, self._target)
        return to_uint8(image)[0].flip(0).permute(1, 2, 0).contiguous()

    def close(self) -> None:
        """Free the networks."""
        self._graph = None
        self.network.to("meta")

    def __enter__(self) -> "ReleasedRenderer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
